"""Two scorecards of one call, side by side: lines by step, and the differences in words. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from service.calls.scoresheet import Scoresheet, StepLine, scoresheet
from service.calls.views import ScorecardView, StepView
from service.sops.cards import SopCard
from service.sops.changes import card_changes
from sop.scorecard import Scorecard, StepResult


@dataclass(frozen=True, slots=True)
class PairRow:
    """A step under both; None where one of them has no such step."""

    step: str
    old: StepLine | None
    new: StepLine | None

    @property
    def is_changed(self) -> bool:
        """Whether it came out otherwise, or is worth something else."""
        if self.old is None or self.new is None:
            return True
        before, after = self.old, self.new
        return (before.outcome, before.points, before.max_points) != (after.outcome, after.points, after.max_points)


@dataclass(frozen=True, slots=True)
class Pair:
    """Both cards; ``said`` are the differences in words, empty where there are none."""

    old: Scoresheet
    new: Scoresheet
    rows: tuple[PairRow, ...]
    said: str

    @property
    def unchanged(self) -> int:
        """How many steps came out as before."""
        return sum(not row.is_changed for row in self.rows)


def paired(old: SopCard, new: SopCard, language: str) -> Pair:
    """``old`` beside ``new`` in words of ``language``; steps in the new one's order, those that are gone last."""
    before, after = sheet_of(old, language), sheet_of(new, language)
    lines_before, lines_after = _lines(old, before), _lines(new, after)
    order = dict.fromkeys([*lines_after, *lines_before])
    rows = tuple(PairRow(step, lines_before.get(step), lines_after.get(step)) for step in order)
    return Pair(before, after, rows, card_changes(old, new, language))


def sheet_of(card: SopCard, language: str) -> Scoresheet:
    """The card as the lines a person reads."""
    return scoresheet(_view(card.card, card.number, card.document), language)


def _lines(card: SopCard, sheet: Scoresheet) -> dict[str, StepLine]:
    return {step.step_id: line for step, line in zip(card.card.steps, sheet.lines, strict=True)}


def _view(card: Scorecard, number: int, document: str) -> ScorecardView:
    return ScorecardView(
        sop_name=card.sop_name,
        sop_number=number,
        document=document,
        score=card.score,
        low=card.low,
        high=card.high,
        reason=card.reason.to_json() if card.reason else None,
        steps=tuple(_step_view(step) for step in card.steps),
        recording_hash="",
        sop_hash=card.sop_hash,
        weights_hash="",
        scored_at=datetime.min.replace(tzinfo=UTC),
    )


def _step_view(step: StepResult) -> StepView:
    document = step.to_json()
    return StepView(
        step=step.step_id,
        title=document["title"],
        outcome=step.outcome,
        points=step.points,
        max_points=step.max_points,
        confidence=step.confidence,
        reason=document["reason"],
        evidence=tuple(document["evidence"]),
        criteria=tuple(document["criteria"]),
        dimensions=tuple(document["dimensions"]),
    )
