"""One step judged: its criteria's verdicts, whether it was demanded at all, and the points."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sop.criteria import ALL, NOTHING, Order, Verdict, judge
from sop.demand import ASKED, Demand, step_demand
from sop.dimension_scoring import Manner, judge_dimensions
from sop.events import Evidence
from sop.hearing import Certainty, Hearing, in_order
from sop.procedure import Criterion, Step
from sop.reasons import Reason, ReasonCode, Value
from sop.scorecard import CriterionResult, Outcome, StepResult


@dataclass(frozen=True, slots=True)
class Line:
    """A step's result, its exact points (``earned`` surely, ``unknown`` perhaps), and if it was demanded.

    ``lacking`` says whether one of its points that were to be covered was not.
    """

    step: Step
    result: StepResult
    earned: Fraction = NOTHING
    unknown: Fraction = NOTHING
    demanded: Certainty = Certainty.YES
    lacking: Certainty = Certainty.NO


def judge_step(step: Step, hearing: Hearing, earlier: Mapping[str, Line], call: Demand = ASKED) -> Line:
    """The line of ``step``; ``earlier`` are the lines of the steps above it, by id, ``call`` says if it is scored."""
    demand = step_demand(step, hearing, call)
    verdicts = [judge(criterion, hearing, _order(criterion, hearing, earlier)) for criterion in step.criteria]
    pairs = list(zip(step.criteria, verdicts, strict=True))
    criteria = tuple(_criterion_result(criterion, verdict) for criterion, verdict in pairs)
    applying = [(criterion, verdict) for criterion, verdict in pairs if verdict.applicable]
    if not applying:
        idle = demand.verdict if demand.certainty is Certainty.NO else verdicts[0]
        return waived(step, idle, criteria, Certainty.NO)
    judged = _Judged(step, hearing, criteria, demand.certainty, _places(applying, hearing))
    verdict = _joined(applying)
    if verdict.low == ALL:
        return judged.line(verdict)
    if demand.certainty is Certainty.NO:
        return waived(step, demand.verdict, criteria, demand.certainty)
    if not step.required:
        return judged.optional(verdict)
    if demand.certainty is Certainty.MAYBE:
        told = verdict if verdict.high > verdict.low else demand.verdict
        verdict = Verdict(verdict.low, ALL, told.reason, told.evidence, told.confidence)
    return judged.line(verdict)


def waived(
    step: Step,
    verdict: Verdict,
    criteria: tuple[CriterionResult, ...] = (),
    demanded: Certainty = Certainty.NO,
) -> Line:
    """A line that counts nowhere, for the reason of ``verdict``."""
    plain = Verdict(NOTHING, NOTHING, verdict.reason, verdict.evidence, verdict.confidence)
    nothing = Manner(NOTHING, NOTHING)
    return Line(step, _step_result(step, "not_applicable", plain, criteria, nothing), demanded=demanded)


@dataclass(frozen=True, slots=True)
class _Judged:
    """A step that counts, with all its lines have in common; ``places`` are where it was done."""

    step: Step
    hearing: Hearing
    criteria: tuple[CriterionResult, ...]
    demanded: Certainty
    places: tuple[Evidence, ...]

    def line(self, verdict: Verdict) -> Line:
        """What was covered says how the step came out, its dimensions what it earned."""
        manner = judge_dimensions(self.step.dimensions, verdict, self.places, self.hearing)
        result = _step_result(self.step, _outcome(verdict), verdict, self.criteria, manner)
        maximum = Fraction(self.step.points)
        lacking = Certainty.NO if verdict.low == ALL else Certainty.MAYBE if verdict.high == ALL else Certainty.YES
        unknown = maximum * (manner.high - manner.low)
        return Line(self.step, result, maximum * manner.low, unknown, self.demanded, lacking)

    def optional(self, verdict: Verdict) -> Line:
        """An optional step that is not surely met: unknown if it may be, else nobody's concern."""
        if verdict.high == ALL:
            return self.line(Verdict(NOTHING, ALL, verdict.reason, verdict.evidence, verdict.confidence))
        undone = Verdict(NOTHING, NOTHING, Reason(ReasonCode.OPTIONAL_NOT_DONE), verdict.evidence)
        return waived(self.step, undone, self.criteria, self.demanded)


def _places(applying: Sequence[tuple[Criterion, Verdict]], hearing: Hearing) -> tuple[Evidence, ...]:
    """Where the step was done, surely or perhaps: its evidence, and of answers those that were given."""
    found: set[Evidence] = set()
    for criterion, verdict in applying:
        if verdict.high > NOTHING:
            found.update(verdict.evidence)
            if criterion.answers:
                found.update(item.evidence for item in hearing.occurrences(criterion.any_of, criterion.speakers))
    return in_order(found)


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


def _step_result(
    step: Step, outcome: Outcome, verdict: Verdict, criteria: tuple[CriterionResult, ...], manner: Manner
) -> StepResult:
    maximum = Fraction(step.points)
    return StepResult(
        step_id=step.id,
        title=step.title,
        outcome=outcome,
        required=step.required,
        points=hundredths(maximum * manner.low),
        unknown_points=hundredths(maximum * (manner.high - manner.low)),
        max_points=step.points,
        confidence=verdict.confidence,
        reason=verdict.reason,
        evidence=verdict.evidence,
        criteria=criteria,
        dimensions=manner.dimensions,
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
