"""A call's scorecard: the criteria's verdicts become steps, points and a score with its interval.

For required steps that apply, let P be the points surely earned, U those that can't be told, T all points.
Then::

    score = 100 P / (T - U)      low = 100 P / T      high = 100 (P + U) / T

There is no score when less than a third of T could be judged; the interval is still told. An optional step
that is met adds its points to P and T; one that is perhaps met raises ``high`` alone.

An ``auto_fail`` step of which something surely was not done makes all three 0; of which perhaps something was not
done, ``low`` alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from sop.canonical import content_hash
from sop.criteria import NOTHING, Verdict
from sop.demand import Demand, call_demand
from sop.events import Tagging
from sop.facts import CallFacts, TurnSpan
from sop.hearing import Certainty, Hearing
from sop.procedure import Sop
from sop.reasons import Reason, ReasonCode, Value
from sop.scorecard import Scorecard, StepResult
from sop.steps import Line, hundredths, judge_step, waived

MIN_JUDGED = Fraction(1, 3)
"""A score that rests on less of the points than this would say more of the recording than of the rep."""

__all__ = ["CallFacts", "Scorecard", "StepResult", "TurnSpan", "score"]


def score(sop: Sop, tagging: Tagging, facts: CallFacts) -> Scorecard:
    """The scorecard of a call; the same arguments, in whatever order the events come, give the same card.

    Raises:
        SopError: an event's turn is not a turn of the call.
    """
    hearing = Hearing(tagging, facts, sop.event_speakers)
    asked = call_demand(sop.not_applicable, hearing)
    refusal = _refusal(sop, facts, asked)
    if refusal is not None:
        return _card(sop, [waived(step, refusal) for step in sop.steps], refusal.reason)
    lines: dict[str, Line] = {}
    for step in sop.steps:
        lines[step.id] = judge_step(step, hearing, lines, asked)
    return _with_auto_fail(_card(sop, list(lines.values()), None), list(lines.values()))


def _refusal(sop: Sop, facts: CallFacts, asked: Demand) -> Verdict | None:
    """Why the call is not scored, with what was heard that says so."""
    limit = sop.not_applicable.shorter_than_s
    if limit is not None and facts.duration_ms < limit * 1000:
        params: dict[str, Value] = {"duration_s": facts.duration_ms // 1000, "limit_s": limit}
        return Verdict(NOTHING, NOTHING, Reason(ReasonCode.CALL_TOO_SHORT, params))
    if facts.language not in sop.languages:
        params = {"language": facts.language, "languages": tuple(sop.languages)}
        return Verdict(NOTHING, NOTHING, Reason(ReasonCode.OTHER_LANGUAGE, params))
    return asked.verdict if asked.certainty is Certainty.NO else None


def _with_auto_fail(card: Scorecard, lines: Sequence[Line]) -> Scorecard:
    """The card after the steps that fail a call: 0 where one surely lacks something, down to 0 where it may."""
    lacking = {line.step.id: line.lacking for line in lines if line.step.auto_fail}
    failed = next((name for name, certainty in lacking.items() if certainty is Certainty.YES), None)
    if failed is not None:
        return replace(card, score=0.0, low=0.0, high=0.0, reason=Reason(ReasonCode.AUTO_FAILED, {"step": failed}))
    if Certainty.MAYBE in lacking.values() and card.low is not None:
        return replace(card, low=0.0)
    return card


def _card(sop: Sop, lines: Sequence[Line], refusal: Reason | None) -> Scorecard:
    counted = [line for line in lines if line.result.outcome != "not_applicable"]
    required = [line for line in counted if line.step.required]
    extra = [line for line in counted if not line.step.required]
    earned = sum((line.earned for line in counted), NOTHING)
    bonus = sum((line.earned for line in extra), NOTHING)
    perhaps = sum((line.unknown for line in extra), NOTHING)
    unknown = sum((line.unknown for line in required), NOTHING)
    total = sum((Fraction(line.step.points) for line in required), NOTHING)
    judged = total - unknown
    return Scorecard(
        sop_name=sop.name,
        sop_hash=content_hash(sop),
        score=_percent(earned, judged + bonus) if _enough(judged, total) else None,
        low=_percent(earned, total + bonus) if total else None,
        high=_percent(earned + unknown + perhaps, total + bonus + perhaps) if total else None,
        points=hundredths(earned),
        judged_points=hundredths(judged + bonus),
        reason=refusal or _why_no_score(total, judged),
        steps=tuple(line.result for line in lines),
    )


def _why_no_score(total: Fraction, judged: Fraction) -> Reason | None:
    if not total:
        return Reason(ReasonCode.NOTHING_APPLIES)
    if not judged:
        return Reason(ReasonCode.NOTHING_JUDGED)
    if _enough(judged, total):
        return None
    percent = int(100 * judged / total)
    return Reason(ReasonCode.TOO_LITTLE_JUDGED, {"percent": percent, "needed": int(100 * MIN_JUDGED)})


def _enough(judged: Fraction, total: Fraction) -> bool:
    return judged > 0 and judged >= MIN_JUDGED * total


def _percent(part: Fraction, whole: Fraction) -> float:
    return float(round(100 * part / whole, 1))
