"""The score of one call against one SOP: frozen values and their JSON."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeVar, cast, get_args

from sop.events import Evidence
from sop.problems import Problem, SopError
from sop.procedure import Wording
from sop.reasons import REASON_CODES, Reason, ReasonCode

Outcome = Literal["met", "missed", "unknown", "not_applicable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)

T = TypeVar("T")


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
            "confidence": _rounded(self.confidence),
            "reason": self.reason.to_json(),
            "evidence": [evidence.to_json() for evidence in self.evidence],
        }


@dataclass(frozen=True, slots=True)
class StepResult:
    """One line of the scorecard.

    ``points`` were surely earned, ``unknown_points`` can't be told, the rest of ``max_points`` was missed.
    The outcome is met when all points were earned, unknown when some can't be told, otherwise missed, even
    if part of the points was earned. Where not applicable, ``max_points`` is what the step would be worth
    and counts nowhere.
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
            "confidence": _rounded(self.confidence),
            "reason": self.reason.to_json(),
            "evidence": [evidence.to_json() for evidence in self.evidence],
            "criteria": [criterion.to_json() for criterion in self.criteria],
        }


@dataclass(frozen=True, slots=True)
class Scorecard:
    """A call's score in [0, 100] with one decimal, and the interval [low, high] it lies in.

    ``score`` is ``points`` earned of the ``judged_points``. ``low`` counts all that is unknown as missed,
    ``high`` as earned. ``score`` is None when too little could be judged, ``low`` and ``high`` when nothing
    applied; then ``reason`` says why, otherwise it is None.
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
            sop_name=_field(document, "sop_name", str, "scorecard"),
            sop_hash=_field(document, "sop_hash", str, "scorecard"),
            score=_number_or_none(document, "score", "scorecard"),
            low=_number_or_none(document, "low", "scorecard"),
            high=_number_or_none(document, "high", "scorecard"),
            points=_number(document, "points", "scorecard"),
            judged_points=_number(document, "judged_points", "scorecard"),
            reason=None if document.get("reason") is None else _reason(document, "scorecard"),
            steps=_list(document, "steps", "scorecard", _step),
        )


def _step(document: Any, where: str) -> StepResult:
    return StepResult(
        step_id=_field(document, "step_id", str, where),
        title=_wording(document, where),
        outcome=_outcome(document, where),
        required=_field(document, "required", bool, where),
        points=_number(document, "points", where),
        unknown_points=_number(document, "unknown_points", where),
        max_points=_number(document, "max_points", where),
        confidence=_number_or_none(document, "confidence", where),
        reason=_reason(document, where),
        evidence=_list(document, "evidence", where, _evidence),
        criteria=_list(document, "criteria", where, _criterion),
    )


def _criterion(document: Any, where: str) -> CriterionResult:
    return CriterionResult(
        criterion_id=_field(document, "criterion_id", str, where),
        title=_wording(document, where),
        outcome=_outcome(document, where),
        low=_number(document, "low", where),
        high=_number(document, "high", where),
        confidence=_number_or_none(document, "confidence", where),
        reason=_reason(document, where),
        evidence=_list(document, "evidence", where, _evidence),
    )


def _evidence(document: Any, where: str) -> Evidence:
    speaker = _field(document, "speaker", str, where)
    if speaker not in ("rep", "customer", "unknown"):
        raise _error(f"{where}.speaker", f"unknown speaker {speaker!r}")
    return Evidence(
        turn=_field(document, "turn", int, where),
        start_ms=_field(document, "start_ms", int, where),
        end_ms=_field(document, "end_ms", int, where),
        speaker=cast(Literal["rep", "customer", "unknown"], speaker),
        quote=_field(document, "quote", str, where),
        confidence=_number(document, "confidence", where),
    )


def _reason(document: Any, where: str) -> Reason:
    reason = _field(document, "reason", dict, where)
    code = _field(reason, "code", str, f"{where}.reason")
    if code not in REASON_CODES:
        raise _error(f"{where}.reason.code", f"unknown reason {code!r}")
    params = _field(reason, "params", dict, f"{where}.reason")
    values = {key: tuple(value) if isinstance(value, list) else value for key, value in params.items()}
    return Reason(ReasonCode(code), values)


def _outcome(document: Any, where: str) -> Outcome:
    value = _field(document, "outcome", str, where)
    if value not in OUTCOMES:
        raise _error(f"{where}.outcome", f"unknown outcome {value!r}")
    return cast(Outcome, value)


def _wording(document: Any, where: str) -> Wording:
    title = _field(document, "title", dict, where)
    return Wording(_field(title, "zh", str, f"{where}.title"), _field(title, "en", str, f"{where}.title"))


def _wording_to_json(wording: Wording) -> dict[str, str]:
    return {"zh": wording.zh, "en": wording.en}


def _list(document: Any, key: str, where: str, read: Callable[[Any, str], T]) -> tuple[T, ...]:
    items = _field(document, key, list, where)
    return tuple(read(item, f"{where}.{key}[{index}]") for index, item in enumerate(items))


def _number(document: Any, key: str, where: str) -> float:
    return float(_field(document, key, (int, float), where))


def _number_or_none(document: Any, key: str, where: str) -> float | None:
    if isinstance(document, Mapping) and key in document and document[key] is None:
        return None
    return _number(document, key, where)


def _field(document: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    if not isinstance(document, Mapping):
        raise _error(where, "expected an object")
    if key not in document:
        raise _error(f"{where}.{key}", "missing")
    value = document[key]
    if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
        raise _error(f"{where}.{key}", f"wrong type {type(value).__name__}")
    return value


def _error(path: str, message: str) -> SopError:
    return SopError([Problem(path, None, message)])


def _rounded(confidence: float | None) -> float | None:
    return None if confidence is None else round(confidence, 4)
