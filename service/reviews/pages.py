"""The pages of the quality card: the card, and a sample to judge turn by turn."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from itertools import groupby
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, HTTPException, Request, status
from fastapi.responses import RedirectResponse, Response
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.calls.conversation import TurnLine, channel_speakers, conversation
from service.calls.pages import called
from service.calls.queries import get_call
from service.calls.views import CallRow
from service.people.viewer import Viewer
from service.reviews import samples
from service.reviews.api import require_overview
from service.reviews.quality import QualityCard, QualityRow, quality_card
from service.reviews.samples import SampleError
from service.reviews.views import ItemView, SampleView
from service.sops.own_events import titles_to
from service.web.rendering import reader, render

router = APIRouter(include_in_schema=False)

SIZES = (20, 50, 100)
_AROUND = 2
"""Turns shown before and after the one to judge."""


@dataclass(frozen=True, slots=True)
class _Question:
    """One turn to judge, with what was said around it."""

    item: ItemView
    call: CallRow
    who: str
    lines: tuple[TurnLine, ...]
    line: TurnLine
    channel_speakers: tuple[str, ...]


@router.get("/quality")
def quality_page(request: Request, viewer: SignedInViewer, session: Transaction) -> Response:
    """The quality card."""
    require_overview(viewer)
    card = quality_card(session, viewer)
    return render(
        request,
        "quality/card.html",
        viewer,
        {**_card_context(session, viewer, card), **_titles(request, viewer, session)},
    )


@router.post("/quality/samples", dependencies=[Depends(check_csrf)])
def draw_sample(
    request: Request,
    viewer: SignedInViewer,
    session: Transaction,
    size: Annotated[int, Form(ge=2, le=samples.LARGEST)] = samples.DEFAULT_SIZE,
    event: Annotated[str, Form(max_length=100)] = "",
    language: Annotated[str, Form(pattern="^(zh|en)?$")] = "",
) -> Response:
    """Draw a sample and go to its first turn; the card says so when nothing is left to draw."""
    require_overview(viewer)
    try:
        sample_id = samples.draw(session, viewer, size, event or None, language or None)
    except SampleError:
        context = _card_context(session, viewer, quality_card(session, viewer))
        context |= {"nothing_left": True, **_titles(request, viewer, session)}
        return render(request, "quality/card.html", viewer, context)
    return RedirectResponse(f"/quality/samples/{sample_id}", status.HTTP_303_SEE_OTHER)


@router.get("/quality/samples/{sample_id}")
def sample_page(
    request: Request, viewer: SignedInViewer, session: Transaction, sample_id: uuid.UUID, item: int | None = None
) -> Response:
    """The next turn of a sample without an answer, or the one asked for; at the end what was answered."""
    require_overview(viewer)
    sample = samples.get_sample(session, viewer, sample_id)
    if sample is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    context = {"sample": sample, "question": _question(session, viewer, sample, item), "last": _last(sample, item)}
    return render(request, "quality/sample.html", viewer, context | _titles(request, viewer, session))


def _titles(request: Request, viewer: Viewer, session: Session) -> dict[str, Any]:
    """The titles of the events of one's own, for the templates."""
    return {"own_titles": titles_to(session, reader(request, viewer).language)}


def _card_context(session: Session, viewer: Viewer, card: QualityCard) -> dict[str, Any]:
    return {
        "card": card,
        "sections": [(language, list(rows)) for language, rows in groupby(card.rows, key=_language)],
        "events": list(dict.fromkeys(row.figures.event for row in card.rows)),
        "open_sample": samples.unfinished(session, viewer),
        "sizes": SIZES,
        "nothing_left": False,
    }


def _language(row: QualityRow) -> str:
    return row.figures.language


def _question(session: Session, viewer: Viewer, sample: SampleView, position: int | None) -> _Question | None:
    asked = next((item for item in sample.items if item.position == position), None)
    item = asked or next(iter(sample.open), None)
    detail = get_call(session, viewer, item.call_id) if item else None
    if item is None or detail is None:
        return None
    near = [turn for turn in detail.turns if abs(turn.position - item.turn) <= _AROUND]
    lines = conversation(near, (), detail.call.language)
    return _Question(
        item=item,
        call=detail.call,
        who=called(detail.call),
        lines=lines,
        line=next(line for line in lines if line.position == item.turn),
        channel_speakers=channel_speakers(detail.turns, detail.channels or 1),
    )


def _last(sample: SampleView, position: int | None) -> ItemView | None:
    """The turn that an undo goes back to: the last one answered before the one that is shown."""
    now = position if position is not None else next((item.position for item in sample.open), None)
    before = [item for item in sample.items if item.answer and (now is None or item.position < now)]
    return before[-1] if before else None
