"""One step judged: its criteria's verdicts, whether it was demanded at all, and the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sop.criteria import ALL, NOTHING, Order, Verdict, judge
from sop.events import Evidence
from sop.hearing import Certainty, Hearing, in_order
from sop.procedure import Criterion, Step
from sop.reasons import Reason, ReasonCode, Value
from sop.scorecard import CriterionResult, Outcome, StepResult


@dataclass(frozen=True, slots=True)
class Line:
    """A step's result, its exact points (``earned`` surely, ``unknown`` perhaps), and if it was demanded."""

    step: Step
    result: StepResult
    earned: Fraction = NOTHING
    unknown: Fraction = NOTHING
    demanded: Certainty = Certainty.YES


def judge_step(step: Step, hearing: Hearing, earlier: Mapping[str, Line]) -> Line:
    """The line of ``step``; ``earlier`` are the lines of the steps above it, by id."""
    demand = _demand(step, hearing)
    verdicts = [judge(criterion, hearing, _order(criterion, hearing, earlier)) for criterion in step.criteria]
    pairs = list(zip(step.criteria, verdicts, strict=True))
    criteria = tuple(_criterion_result(criterion, verdict) for criterion, verdict in pairs)
    applying = [(criterion, verdict) for criterion, verdict in pairs if verdict.applicable]
    if not applying:
        idle = demand.verdict if demand.certainty is Certainty.NO else verdicts[0]
        return waived(step, idle, criteria, Certainty.NO)
    verdict = _joined(applying)
    if verdict.low == ALL:
        return _line(step, verdict, criteria, demand.certainty)
    if demand.certainty is Certainty.NO:
        return waived(step, demand.verdict, criteria, demand.certainty)
    if not step.required:
        return _optional(step, verdict, criteria, demand.certainty)
    if demand.certainty is Certainty.MAYBE:
        told = verdict if verdict.high > verdict.low else demand.verdict
        verdict = Verdict(verdict.low, ALL, told.reason, told.evidence, told.confidence)
    return _line(step, verdict, criteria, demand.certainty)


def waived(
    step: Step,
    verdict: Verdict,
    criteria: tuple[CriterionResult, ...] = (),
    demanded: Certainty = Certainty.NO,
) -> Line:
    """A line that counts nowhere, for the reason of ``verdict``."""
    plain = Verdict(NOTHING, NOTHING, verdict.reason, verdict.evidence, verdict.confidence)
    return Line(step, _step_result(step, "not_applicable", plain, criteria), demanded=demanded)


@dataclass(frozen=True, slots=True)
class _Demand:
    """Whether ``when`` holds, and what to say of a step for which it does not, or perhaps not."""

    certainty: Certainty
    verdict: Verdict


def _demand(step: Step, hearing: Hearing) -> _Demand:
    certainty, code = Certainty.YES, ReasonCode.NEEDS_EVENT
    blamed: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    if step.when.heard:
        blamed = step.when.heard
        certainty, evidence = hearing.heard(blamed)
    if step.when.not_heard:
        heard, where = hearing.heard(step.when.not_heard)
        absent = Certainty(Certainty.YES - heard)
        if absent < certainty:
            certainty, blamed, evidence, code = absent, step.when.not_heard, where, ReasonCode.EXCUSED
    if certainty is Certainty.MAYBE:
        code = ReasonCode.CONDITION_DOUBTFUL
    sureness = max((item.confidence for item in evidence), default=None)
    return _Demand(certainty, Verdict(NOTHING, NOTHING, Reason(code, {"events": blamed}), evidence, sureness))


def _order(criterion: Criterion, hearing: Hearing, earlier: Mapping[str, Line]) -> Order | None:
    """What must come before; None where nothing has to, or where the step that should is not demanded."""
    if criterion.after_step is None:
        return None
    first = earlier[criterion.after_step]
    if first.demanded is Certainty.NO:
        return None
    found = [item for c in first.step.criteria for item in hearing.occurrences(c.any_of, c.speakers)]
    sure = [item.evidence.start_ms for item in found if item.certainty is Certainty.YES]
    blind = any(hearing.blind(c.any_of, c.speakers, to_end=False) for c in first.step.criteria)
    floor = Certainty.MAYBE if blind or first.demanded is Certainty.MAYBE else Certainty.NO
    possible = [item.evidence.start_ms for item in found]
    return Order(first.step.id, min(sure, default=None), min(possible, default=None), floor)


def _joined(applying: Sequence[tuple[Criterion, Verdict]]) -> Verdict:
    """The verdicts of a step's criteria as one; a single one keeps its own words."""
    verdicts = [verdict for _, verdict in applying]
    if len(verdicts) == 1:
        return verdicts[0]
    low = _weighted([(Fraction(criterion.weight), verdict.low) for criterion, verdict in applying])
    high = _weighted([(Fraction(criterion.weight), verdict.high) for criterion, verdict in applying])
    met = [verdict for verdict in verdicts if verdict.low == ALL]
    unknown = [verdict for verdict in verdicts if verdict.low < verdict.high]
    params: dict[str, Value] = {"met": len(met), "unknown": len(unknown), "total": len(verdicts)}
    if low == ALL:
        code, shown = ReasonCode.CRITERIA_MET, met
    elif unknown:
        code, shown = ReasonCode.CRITERIA_UNKNOWN, unknown
    else:
        code, shown = ReasonCode.CRITERIA_MISSED, [verdict for verdict in verdicts if verdict.low != ALL]
    sureness = [verdict.confidence for verdict in shown if verdict.confidence is not None]
    evidence = in_order(evidence for verdict in shown for evidence in verdict.evidence)
    return Verdict(low, high, Reason(code, params), evidence, min(sureness, default=None))


def _weighted(shares: Sequence[tuple[Fraction, Fraction]]) -> Fraction:
    return sum((weight * share for weight, share in shares), NOTHING) / sum(weight for weight, _ in shares)


def _optional(step: Step, verdict: Verdict, criteria: tuple[CriterionResult, ...], demanded: Certainty) -> Line:
    """An optional step that is not surely met: unknown if it may be, else nobody's concern."""
    if verdict.high == ALL:
        whole = Verdict(NOTHING, ALL, verdict.reason, verdict.evidence, verdict.confidence)
        return _line(step, whole, criteria, demanded)
    undone = Verdict(NOTHING, NOTHING, Reason(ReasonCode.OPTIONAL_NOT_DONE), verdict.evidence)
    return waived(step, undone, criteria, demanded)


def _line(step: Step, verdict: Verdict, criteria: tuple[CriterionResult, ...], demanded: Certainty) -> Line:
    maximum = Fraction(step.points)
    result = _step_result(step, _outcome(verdict), verdict, criteria)
    return Line(step, result, maximum * verdict.low, maximum * (verdict.high - verdict.low), demanded)


def _step_result(step: Step, outcome: Outcome, verdict: Verdict, criteria: tuple[CriterionResult, ...]) -> StepResult:
    maximum = Fraction(step.points)
    return StepResult(
        step_id=step.id,
        title=step.title,
        outcome=outcome,
        required=step.required,
        points=hundredths(maximum * verdict.low),
        unknown_points=hundredths(maximum * (verdict.high - verdict.low)),
        max_points=step.points,
        confidence=verdict.confidence,
        reason=verdict.reason,
        evidence=verdict.evidence,
        criteria=criteria,
    )


def _criterion_result(criterion: Criterion, verdict: Verdict) -> CriterionResult:
    return CriterionResult(
        criterion_id=criterion.id,
        title=criterion.title,
        outcome=_outcome(verdict) if verdict.applicable else "not_applicable",
        low=round(float(verdict.low), 4),
        high=round(float(verdict.high), 4),
        confidence=verdict.confidence,
        reason=verdict.reason,
        evidence=verdict.evidence,
    )


def _outcome(verdict: Verdict) -> Outcome:
    if verdict.low == ALL:
        return "met"
    return "unknown" if verdict.high > verdict.low else "missed"


def hundredths(points: Fraction) -> float:
    """Points as a card shows them, with two decimals."""
    return round(float(points), 2)
