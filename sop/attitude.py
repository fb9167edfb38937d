"""The measures of attitude (沟通态度): courtesy, wording, acknowledging, not leaving a complaint in silence."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from sop.criteria import ALL, NOTHING
from sop.events import Evidence
from sop.hearing import Certainty
from sop.measured import HALF, Measured, falling, graded, idle, unread
from sop.observations import Observation
from sop.passages import SURE, Passages
from sop.reasons import ReasonCode
from sop.skill import OBJECTIONS

PROMPT_MS, ABANDONED_MS = 2_000, 6_000
"""A pause to think shows respect; six seconds after a complaint nobody seems to be there."""


def courtesy(place: Passages) -> Measured:
    """1 with any courteous wording, one half without: plain talk is not rude, and more of it is not kinder."""
    found = place.seen("courtesy", place.of_rep)
    sure = [item for item in found if item.confidence >= SURE]
    if sure:
        return graded(ALL, ALL, ReasonCode.COURTEOUS, shown=[_surest(sure).evidence])
    if found:
        return graded(HALF, ALL, ReasonCode.COURTEOUS, shown=[_surest(found).evidence])
    return unread(place, place.of_rep) or graded(HALF, HALF, ReasonCode.NOT_COURTEOUS)


def wording(place: Passages) -> Measured:
    """1 without blaming or dismissive wording, one half with one turn of it, 0 with more."""
    found = place.seen("blame", place.of_rep)
    turns = {item.turn for item in found}
    sure = {item.turn for item in found if item.confidence >= SURE}
    if not found:
        return unread(place, place.of_rep) or graded(ALL, ALL, ReasonCode.NOT_BLAMING)
    low, high = (max(NOTHING, 1 - HALF * len(blamed)) for blamed in (turns, sure))
    return graded(low, high, ReasonCode.BLAMING, {"count": len(turns)}, [item.evidence for item in found])


def empathy(place: Passages) -> Measured:
    """The share of objections and complaints around the step that the rep's next words acknowledge."""
    raised = [item.evidence for item in place.heard(OBJECTIONS, place.around) if item.certainty is Certainty.YES]
    raised += [item.evidence for item in place.seen("complaint", place.around) if item.confidence >= SURE]
    answers = {turns: moment for moment in raised if (turns := _next_of_rep(place, moment))}
    if not answers:
        return unread(place, place.around) or idle(ReasonCode.NOTHING_TO_ACKNOWLEDGE)
    low = high = 0
    ignored: list[Evidence] = []
    done: list[Evidence] = []
    for turns, moment in answers.items():
        found = place.seen("empathy", turns)
        sure = any(item.confidence >= SURE for item in found)
        low += sure
        high += sure or bool(found) or not place.readable(turns)
        (done if sure else ignored).append(_surest(found).evidence if sure else moment)
    params = {"done": low, "total": len(answers)}
    shares = Fraction(low, len(answers)), Fraction(high, len(answers))
    return graded(*shares, ReasonCode.ACKNOWLEDGED, params, ignored or done)


def patience(place: Passages) -> Measured:
    """How promptly the rep speaks after a complaint, at the worst: at once up to two seconds, 0 from six."""
    waits = [item for item in place.seen("silence", place.around) if item.confidence >= SURE]
    if not waits:
        return unread(place, place.around) or idle(ReasonCode.NO_COMPLAINT)
    longest = max(waits, key=lambda item: (item.value, -item.start_ms))
    share = falling(longest.value, PROMPT_MS, ABANDONED_MS)
    params = {"seconds": round(longest.value / 1000, 1)}
    return graded(share, share, ReasonCode.SILENCE_AFTER_COMPLAINT, params, [longest.evidence])


def _next_of_rep(place: Passages, moment: Evidence) -> frozenset[int]:
    """The turns of the rep's next stretch after ``moment``; none where the rep says nothing more."""
    facts = place.hearing.facts
    for turn in range(moment.turn + 1, len(facts.turns)):
        if facts.turns[turn].speaker == "rep":
            number = facts.stretches[turn]
            return frozenset(t for t in range(turn, len(facts.turns)) if facts.stretches[t] == number)
    return frozenset()


def _surest(found: Sequence[Observation]) -> Observation:
    """The first of the surest of ``found``, which are in order of time."""
    return max(found, key=lambda item: item.confidence)
