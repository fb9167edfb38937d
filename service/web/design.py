"""The page that shows every component in every state."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, HTTPException, Request, status
from fastapi.responses import Response

from models.calls import DIRECTIONS, STATES
from nlp.evaluation.quality import wilson
from service.access import SignedInViewer
from service.calls.conversation import Piece, RemovedLine, TurnLine
from service.calls.scoresheet import CriterionLine, EvidenceLine, StepLine
from service.calls.views import EventMark
from service.records.configurations import shipped
from service.web.rendering import render
from sop.deals.pipeline_document import parse

router = APIRouter(include_in_schema=False)


@router.get("/design")
def design_page(request: Request, viewer: SignedInViewer) -> Response:
    """The design system, for those who build pages."""
    if viewer.role != "admin":
        raise HTTPException(status.HTTP_403_FORBIDDEN)
    return render(request, "design.html", viewer, _samples())


_MARKED = (
    ("opening", "rep"),
    ("needs_discovery", "rep"),
    ("customer_need", "customer"),
    ("product_intro", "rep"),
    ("price_objection", "customer"),
    ("objection_handling", "rep"),
    ("decision_process", "customer"),
    ("next_step", "rep"),
)
_QUOTE = "三十二万？That is over what we have this year."


def _samples() -> dict[str, Any]:
    return {
        "states": STATES,
        "directions": DIRECTIONS,
        "stages": parse(shipped("pipeline")["default"]).ids,
        "scores": [(92.0, 92.0, 92.0), (71.0, 64.0, 80.0), (38.0, 21.0, 66.0), (None, 0.0, 100.0)],
        "estimates": [wilson(0.9, 40), wilson(0.0, 12)],
        "marks": [
            EventMark(event, False, i, i * 9_000, i * 9_000 + 4_000, who, _QUOTE, 0.9)
            for i, (event, who) in enumerate(_MARKED)
        ],
        "steps": [
            _step("met", 20, 1),
            _step("missed", 0, 1),
            _step("missed", 5, 4),
            _step("unknown", 0, 1),
            _step("not_applicable", 0, 0),
        ],
        "turns": _turns(),
        "removed": RemovedLine(9_200, 12_000, "rep", "Thanks for watching", "subtitle"),
        "colours": ("ink", "ink-2", "ink-3", "line", "ground", "surface", "accent", "rep", "customer"),
    }


def _step(outcome: str, points: float, evidence: int) -> StepLine:
    starts = (12_000, 48_000, 73_000, 91_000)[:evidence]
    played = tuple(EvidenceLine(i, ms, ms + 3_000, "customer", _QUOTE, 0.9) for i, ms in enumerate(starts))
    parts = (
        CriterionLine("要点 One point", "met", _QUOTE, played[:1]),
        CriterionLine("要点 Another", "missed", _QUOTE, ()),
    )
    criteria = parts if outcome == "missed" and points else ()
    return StepLine("处理异议 Objections handled", outcome, points, 20, _QUOTE, played, criteria)


def _turns() -> tuple[TurnLine, ...]:
    words = (Piece("Good", 0, 400), Piece(" "), Piece("morning", 400, 900, True), Piece("，您现在方便吗？"))
    heard = (
        EventMark("opening", False, 0, 0, 900, "rep", "Good morning", 0.94),
        EventMark("next_step", True, 0, 0, 900, "rep", "Good morning", 0.5),
    )
    return (
        TurnLine(0, "rep", 0, 3_000, words, heard),
        TurnLine(1, "customer", 3_200, 5_000, (Piece("嗯，方便。"),), ()),
        TurnLine(2, "unknown", 5_200, 6_000, (Piece("…"),), ()),
        TurnLine(3, "unknown", 6_200, 8_000, (Piece("好的。"),), (), 0),
        TurnLine(4, "unknown", 8_200, 9_000, (Piece("Fine."),), (), 1),
    )
