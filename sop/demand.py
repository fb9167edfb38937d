"""Whether something is asked of a call at all: the conditions of a step, and those of the whole procedure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sop.applicability import is_among
from sop.criteria import NOTHING, Verdict
from sop.events import Evidence
from sop.facts import CallContext
from sop.hearing import Certainty, Hearing
from sop.procedure import Condition, NotApplicable, Step
from sop.reasons import Reason, ReasonCode


@dataclass(frozen=True, slots=True)
class Demand:
    """Whether it is asked, and what to say where it is not, or perhaps not."""

    certainty: Certainty
    verdict: Verdict


ASKED = Demand(Certainty.YES, Verdict(NOTHING, NOTHING, Reason(ReasonCode.NEEDS_EVENT, {"events": ()})))


def step_demand(step: Step, hearing: Hearing, call: Demand = ASKED) -> Demand:
    """Whether ``when`` of the step holds in a call of which ``call`` says whether anything is asked."""
    parts = [*_by_events(step.when, hearing), *_by_context(step.when, hearing.facts.context), call]
    return min(parts, key=lambda part: part.certainty)


def call_demand(refusal: NotApplicable, hearing: Hearing) -> Demand:
    """Whether a call is to be scored at all, by what is heard in it and whether it is a follow-up.

    An exception must be heard at least in doubt to be one: that nothing of it is heard leaves no doubt, even where
    somebody or the end of the call is missing from the recording.
    """
    parts = [ASKED]
    if refusal.heard:
        found = hearing.occurrences(refusal.heard, hearing.speakers_of(refusal.heard))
        unheard = not hearing.facts.not_listened_for.isdisjoint(refusal.heard)
        heard = max((item.certainty for item in found), default=Certainty.MAYBE if unheard else Certainty.NO)
        evidence = tuple(item.evidence for item in found if item.certainty is heard)
        parts.append(_part(Certainty(Certainty.YES - heard), ReasonCode.CALL_EXCUSED, refusal.heard, evidence))
    if refusal.follow_up:
        parts.append(_follow_up(False, hearing.facts.context.follow_up, ReasonCode.FOLLOW_UP_CALL))
    return min(parts, key=lambda part: part.certainty)


def _by_events(when: Condition, hearing: Hearing) -> Iterator[Demand]:
    if when.heard:
        certainty, evidence = hearing.heard(when.heard)
        yield _part(certainty, ReasonCode.NEEDS_EVENT, when.heard, evidence)
    if when.not_heard:
        heard, evidence = hearing.heard(when.not_heard)
        yield _part(Certainty(Certainty.YES - heard), ReasonCode.EXCUSED, when.not_heard, evidence)


def _part(certainty: Certainty, code: ReasonCode, events: tuple[str, ...], evidence: tuple[Evidence, ...]) -> Demand:
    if certainty is Certainty.MAYBE:
        code = ReasonCode.CONDITION_DOUBTFUL
    sureness = max((item.confidence for item in evidence), default=None)
    return Demand(certainty, Verdict(NOTHING, NOTHING, Reason(code, {"events": events}), evidence, sureness))


def _by_context(when: Condition, context: CallContext) -> Iterator[Demand]:
    if when.follow_up is not None:
        code = ReasonCode.FOLLOW_UPS_ONLY if when.follow_up else ReasonCode.FIRST_CALLS_ONLY
        yield _follow_up(when.follow_up, context.follow_up, code)
    if when.directions:
        other = Reason(
            ReasonCode.OTHER_DIRECTION, {"direction": context.direction or "", "directions": when.directions}
        )
        yield _plain(is_among(context.direction, when.directions), other, "direction")
    if when.stages:
        other = Reason(ReasonCode.OTHER_STAGE, {"stage": context.stage or "", "stages": when.stages})
        yield _plain(is_among(context.stage, when.stages), other, "stage")


def _follow_up(wanted: bool, known: bool | None, code: ReasonCode) -> Demand:
    if known is None:
        return _plain(Certainty.MAYBE, Reason(code), "follow_up")
    return _plain(Certainty.YES if known is wanted else Certainty.NO, Reason(code), "follow_up")


def _plain(certainty: Certainty, reason: Reason, fact: str) -> Demand:
    if certainty is Certainty.MAYBE:
        reason = Reason(ReasonCode.CONTEXT_UNKNOWN, {"fact": fact})
    return Demand(certainty, Verdict(NOTHING, NOTHING, reason))
