"""The score of one call against one SOP: frozen values and their JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sop.dimension_results import DimensionResult, MeasureResult
from sop.events import Evidence
from sop.json_reading import evidence, field_in, list_in, number_in, number_or_none, reason_in, rounded
from sop.outcomes import OUTCOMES, Outcome, outcome_in
from sop.procedure import Wording
from sop.reasons import Reason

__all__ = ["OUTCOMES", "CriterionResult", "DimensionResult", "MeasureResult", "Outcome", "Scorecard", "StepResult"]


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """How far one criterion is met: surely to ``low``, at most to ``high`` (in [0, 1], rounded to 4 digits).

    ``evidence`` is what the reason speaks of, in order of time: what earned the points when met, what cost
    them (a late opening, an unanswered objection) when missed, what is doubtful when unknown. ``confidence``
    in [0, 1] is how sure the evidence is; None where there is none, for an absence has no probability.
    """

    criterion_id: str
    title: Wording
    outcome: Outcome
    low: float
    high: float
    confidence: float | None
    reason: Reason
    evidence: tuple[Evidence, ...]

    def to_json(self) -> dict[str, Any]:
        """The object in a step's ``criteria``."""
        return {
            "criterion_id": self.criterion_id,
            "title": _wording_to_json(self.title),
            "outcome": self.outcome,
            "low": self.low,
            "high": self.high,
            "confidence": rounded(self.confidence),
            "reason": self.reason.to_json(),
            "evidence": [item.to_json() for item in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of the scorecard.

    ``points`` were surely earned, ``unknown_points`` can't be told, the rest of ``max_points`` was missed.
    The outcome says what was covered: met when all of it was, unknown when some can't be told, otherwise missed, even
    if part of the points was earned. Where not applicable, ``max_points`` is what the step would be worth
    and counts nowhere. With ``dimensions`` the points also depend on how it was done: a step that is met may earn
    less than all of them. Without, what was covered is all that counts.
    """

    step_id: str
    title: Wording
    outcome: Outcome
    required: bool
    points: float
    unknown_points: float
    max_points: float
    confidence: float | None
    reason: Reason
    evidence: tuple[Evidence, ...]
    criteria: tuple[CriterionResult, ...]
    dimensions: tuple[DimensionResult, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object in the scorecard's ``steps``."""
        return {
            "step_id": self.step_id,
            "title": _wording_to_json(self.title),
            "outcome": self.outcome,
            "required": self.required,
            "points": self.points,
            "unknown_points": self.unknown_points,
            "max_points": self.max_points,
            "confidence": rounded(self.confidence),
            "reason": self.reason.to_json(),
            "evidence": [item.to_json() for item in self.evidence],
            "criteria": [criterion.to_json() for criterion in self.criteria],
            "dimensions": [dimension.to_json() for dimension in self.dimensions],
        }


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A call's score in [0, 100] with one decimal, and the interval [low, high] it lies in.

    ``score`` is ``points`` earned of the ``judged_points``. ``low`` counts all that is unknown as missed,
    ``high`` as earned. ``score`` is None when too little could be judged, ``low`` and ``high`` when nothing
    applied; then ``reason`` says why. It also says which step failed the whole call, where all three are 0 whatever the
    points; otherwise it is None.
    """

    sop_name: str
    sop_hash: str
    score: float | None
    low: float | None
    high: float | None
    points: float
    judged_points: float
    reason: Reason | None
    steps: tuple[StepResult, ...]

    def to_json(self) -> dict[str, Any]:
        """The ``scorecard`` of ``clearcall analyze --json``."""
        return {
            "sop_name": self.sop_name,
            "sop_hash": self.sop_hash,
            "score": self.score,
            "low": self.low,
            "high": self.high,
            "points": self.points,
            "judged_points": self.judged_points,
            "reason": None if self.reason is None else self.reason.to_json(),
            "steps": [step.to_json() for step in self.steps],
        }

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Scorecard:
        """Read what :meth:`to_json` wrote; unknown keys are ignored.

        Raises:
            SopError: a field is missing or of the wrong type.
        """
        return cls(
            sop_name=field_in(document, "sop_name", str, "scorecard"),
            sop_hash=field_in(document, "sop_hash", str, "scorecard"),
            score=number_or_none(document, "score", "scorecard"),
            low=number_or_none(document, "low", "scorecard"),
            high=number_or_none(document, "high", "scorecard"),
            points=number_in(document, "points", "scorecard"),
            judged_points=number_in(document, "judged_points", "scorecard"),
            reason=None if document.get("reason") is None else reason_in(document, "scorecard"),
            steps=list_in(document, "steps", "scorecard", _step),
        )


def _step(document: Any, where: str) -> StepResult:
    return StepResult(
        step_id=field_in(document, "step_id", str, where),
        title=_wording(document, where),
        outcome=outcome_in(document, where),
        required=field_in(document, "required", bool, where),
        points=number_in(document, "points", where),
        unknown_points=number_in(document, "unknown_points", where),
        max_points=number_in(document, "max_points", where),
        confidence=number_or_none(document, "confidence", where),
        reason=reason_in(document, where),
        evidence=list_in(document, "evidence", where, evidence),
        criteria=list_in(document, "criteria", where, _criterion),
        # Cards of before there were dimensions have none.
        dimensions=list_in(document, "dimensions", where, DimensionResult.from_json)
        if document.get("dimensions")
        else (),
    )


def _criterion(document: Any, where: str) -> CriterionResult:
    return CriterionResult(
        criterion_id=field_in(document, "criterion_id", str, where),
        title=_wording(document, where),
        outcome=outcome_in(document, where),
        low=number_in(document, "low", where),
        high=number_in(document, "high", where),
        confidence=number_or_none(document, "confidence", where),
        reason=reason_in(document, where),
        evidence=list_in(document, "evidence", where, evidence),
    )


def _wording(document: Any, where: str) -> Wording:
    title = field_in(document, "title", dict, where)
    return Wording(field_in(title, "zh", str, f"{where}.title"), field_in(title, "en", str, f"{where}.title"))


def _wording_to_json(wording: Wording) -> dict[str, str]:
    return {"zh": wording.zh, "en": wording.en}
