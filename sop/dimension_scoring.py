"""The verdict on a step in its dimensions, and the share of its points that they come to together.

A dimension is the mean of its measures that can be told. A step is the weighted mean of the dimensions that apply::

    share = sum(weight * share of dimension) / sum(weight)        over the dimensions that apply

Of a step that was not done there is nothing to judge: it earns 0, whatever else was said. One that was perhaps done may
earn nothing. What can't be told at all lies between 0 and 1, and is never counted as missed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sop import attitude, reaction, skill
from sop.criteria import ALL, NOTHING, Verdict
from sop.dimension_results import DimensionResult, MeasureResult
from sop.dimensions import Dimension
from sop.events import Evidence
from sop.hearing import Hearing
from sop.measured import Measured, idle, untold
from sop.outcomes import Outcome
from sop.passages import Passages, passages
from sop.reasons import Reason, ReasonCode

MEASURING: Mapping[str, Mapping[str, Callable[[Passages], Measured]]] = {
    "skill": {
        "open_questions": skill.open_questions,
        "listening": skill.listening,
        "monologue": skill.monologue,
        "answering": skill.answering,
        "interruptions": skill.interruptions,
        "pace": skill.pace,
    },
    "attitude": {
        "courtesy": attitude.courtesy,
        "wording": attitude.wording,
        "empathy": attitude.empathy,
        "patience": attitude.patience,
        "interruptions": skill.interruptions,
    },
    "reaction": {
        "approval": reaction.approval,
        "objections": reaction.objections,
        "questions": reaction.questions,
        "engagement": reaction.engagement,
    },
}
"""How each measure of :data:`sop.dimensions.MEASURES` is taken; points covered are judged by the criteria."""


@dataclass(frozen=True, slots=True)
class Manner:
    """A step's share of its points, surely ``low`` and at most ``high``, and what it is made of."""

    low: Fraction
    high: Fraction
    dimensions: tuple[DimensionResult, ...] = ()


def judge_dimensions(
    dimensions: Sequence[Dimension], covered: Verdict, places: Iterable[Evidence], hearing: Hearing
) -> Manner:
    """A step in its ``dimensions``: ``covered`` is the verdict of its criteria, ``places`` are where it was done.

    Without dimensions points covered are all there is.
    """
    if not dimensions:
        return Manner(covered.low, covered.high)
    blocked, place = _place(covered, tuple(places), hearing)
    judged: list[tuple[Dimension, Measured, tuple[MeasureResult, ...]]] = []
    for dimension in dimensions:
        if dimension.name == "points":
            judged.append((dimension, _covered(covered), ()))
            continue
        measured = {name: blocked or MEASURING[dimension.name][name](place) for name in dimension.measures}
        results = () if blocked else tuple(_measure_result(name, item) for name, item in measured.items())
        judged.append((dimension, _joined(list(measured.values())), results))
    low, high = _blended([(dimension, whole) for dimension, whole, _ in judged], covered)
    return Manner(low, high, tuple(_result(*item) for item in judged))


def _place(covered: Verdict, places: Sequence[Evidence], hearing: Hearing) -> tuple[Measured | None, Passages]:
    """Where to look, and, instead of any measure, why there is nothing to see."""
    place = passages(places, hearing)
    if covered.high == NOTHING:
        return idle(ReasonCode.STEP_MISSED), place
    if not hearing.facts.roles_known:
        return untold(ReasonCode.SPEAKERS_UNTOLD), place
    return (None if places else untold(ReasonCode.STEP_UNLOCATED)), place


def _covered(covered: Verdict) -> Measured:
    return Measured(
        covered.low, covered.high, covered.reason, confidence=covered.confidence, told=covered.high - covered.low < ALL
    )


def _joined(measured: Sequence[Measured]) -> Measured:
    """The mean of what can be told; a single measure keeps its own words."""
    applying = [item for item in measured if item.applicable]
    told = [item for item in applying if item.told]
    if not applying:
        return measured[0] if len({item.reason.code for item in measured}) == 1 else idle(ReasonCode.NOTHING_OBSERVED)
    if not told:
        return applying[0]
    if len(told) == 1:
        return told[0]
    low = sum((item.low for item in told), NOTHING) / len(told)
    high = sum((item.high for item in told), NOTHING) / len(told)
    sureness = [item.confidence for item in told if item.confidence is not None]
    reason = Reason(ReasonCode.MEASURES_JOINED, {"told": len(told)})
    return Measured(low, high, reason, confidence=min(sureness, default=None))


def _blended(judged: Sequence[tuple[Dimension, Measured]], covered: Verdict) -> tuple[Fraction, Fraction]:
    applying = [(Fraction(dimension.weight), whole) for dimension, whole in judged if whole.applicable]
    if covered.high == NOTHING or not applying:
        return covered.low, covered.high
    weights = sum((weight for weight, _ in applying), NOTHING)
    low = sum((weight * whole.low for weight, whole in applying), NOTHING) / weights
    high = sum((weight * whole.high for weight, whole in applying), NOTHING) / weights
    return (NOTHING if covered.low == NOTHING else low), high


def _result(dimension: Dimension, whole: Measured, measures: tuple[MeasureResult, ...]) -> DimensionResult:
    return DimensionResult(
        name=dimension.name,
        weight=dimension.weight,
        outcome=_outcome(whole),
        low=_rounded(whole.low),
        high=_rounded(whole.high),
        confidence=whole.confidence,
        reason=whole.reason,
        measures=measures,
    )


def _measure_result(name: str, item: Measured) -> MeasureResult:
    return MeasureResult(
        measure=name,
        outcome=_outcome(item),
        low=_rounded(item.low),
        high=_rounded(item.high),
        confidence=item.confidence,
        reason=item.reason,
        evidence=item.evidence,
    )


def _outcome(item: Measured) -> Outcome:
    if not item.applicable:
        return "not_applicable"
    if item.low == ALL:
        return "met"
    return "unknown" if item.high > item.low else "missed"


def _rounded(share: Fraction) -> float:
    return round(float(share), 4)
