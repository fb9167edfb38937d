"""The measures of the customer's reaction (客户反馈): approval, objections, questions, engagement."""

from __future__ import annotations

from sop.criteria import ALL, NOTHING
from sop.hearing import Certainty
from sop.measured import HALF, Measured, graded, idle, shares, telling, unread, untold
from sop.passages import SURE, Passages
from sop.reasons import ReasonCode
from sop.skill import OBJECTIONS


def approval(place: Passages) -> Measured:
    """1 where the customer approves, one half where nothing is said of it."""
    silent = _nobody(place)
    if silent is not None:
        return silent
    found = place.heard(("customer_approval",), place.replies)
    sure = [item.evidence for item in found if item.certainty is Certainty.YES]
    if sure:
        return graded(ALL, ALL, ReasonCode.APPROVED, shown=sure)
    if found:
        return graded(HALF, ALL, ReasonCode.PERHAPS_APPROVED, shown=[item.evidence for item in found])
    return graded(HALF, HALF, ReasonCode.NOT_APPROVED)


def objections(place: Passages) -> Measured:
    """1 where no objection follows, one half with one stretch of them, 0 with more."""
    silent = _nobody(place)
    if silent is not None:
        return silent
    found = place.heard(OBJECTIONS, place.replies)
    count = place.hearing.stretch_count
    surely = count(item.evidence for item in found if item.certainty is Certainty.YES)
    perhaps = count(item.evidence for item in found)
    low, high = (max(NOTHING, 1 - HALF * stretches) for stretches in (perhaps, surely))
    if not found:
        return graded(ALL, ALL, ReasonCode.NOT_OBJECTED)
    code = ReasonCode.OBJECTED if surely else ReasonCode.PERHAPS_OBJECTED
    params = {"count": surely} if surely else None
    return graded(low, high, code, params, [item.evidence for item in found])


def questions(place: Passages) -> Measured:
    """1 where the customer asks, one half where not: who wants to know more is interested."""
    silent = _nobody(place)
    if silent is not None:
        return silent
    found = place.seen("customer_question", place.replies)
    sure = [item for item in found if item.confidence >= SURE]
    if sure:
        params = {"count": len({item.turn for item in sure})}
        return graded(ALL, ALL, ReasonCode.ASKED_BACK, params, [item.evidence for item in sure])
    if found:
        return graded(HALF, ALL, ReasonCode.ASKED_BACK, {"count": len(found)}, [item.evidence for item in found])
    return unread(place, place.replies) or graded(HALF, HALF, ReasonCode.NOT_ASKED_BACK)


def engagement(place: Passages) -> Measured:
    """The share of replies that are neither listless nor turn away."""
    silent = _nobody(place)
    if silent is not None:
        return silent
    replies = place.seen("reply", place.replies)
    if place.noted is None:
        return untold(ReasonCode.NOT_MEASURED)
    if not replies:
        return idle(ReasonCode.NO_REPLY)
    away = {item.turn for item in place.seen("disengaged", place.replies)}
    items = [(item, item.turn not in away) for item in replies]
    params = {"engaged": sum(good for _, good in items), "total": len(items)}
    return graded(*shares(items), ReasonCode.ENGAGED, params, telling(items))


def _nobody(place: Passages) -> Measured | None:
    """What to say where no turn of the customer's follows; None where one does."""
    if place.replies:
        return None
    cut = place.hearing.facts.truncated
    return untold(ReasonCode.CUSTOMER_UNHEARD) if cut else idle(ReasonCode.NO_REPLY)
