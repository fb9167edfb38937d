"""The decision chain: of each contact how close they are, whether they approve, whether they accept the price.

All of it is told from the calls with that contact. What was not heard is unknown, never none: a contact was never
spoken to only where every call of the deal is heard and with somebody known.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Literal

from sop.deals.facts import CallFact, ContactFact, DealFacts, EventFact
from sop.deals.objections import answer_of
from sop.deals.statements import Statement, say

Level = Literal["none", "low", "medium", "high", "unknown"]
Trend = Literal["up", "flat", "down", "unknown"]
Spoken = Literal["yes", "never", "unknown"]

LEVELS: tuple[Level, ...] = ("none", "low", "medium", "high")
_PRICE_TALK = ("price_discussion", "price_objection")
_AGAINST = ("objection", "price_objection")


@dataclass(frozen=True, slots=True)
class ChainSettings:
    """Days: calls of the last ``window_days`` make closeness; the trend is against ``trend_days`` earlier."""

    window_days: int = 90
    trend_days: int = 30
    recent_days: int = 14
    answer_turns: int = 3


@dataclass(frozen=True, slots=True)
class Aspect:
    """One side of a contact: a level, how it went against the time before, why, and the words that show it."""

    level: Level
    trend: Trend
    reason: Statement
    evidence: tuple[EventFact, ...] = ()


@dataclass(frozen=True, slots=True)
class Link:
    """One contact in the chain. ``calls`` are those with them that were heard, by time."""

    contact: ContactFact
    spoken: Spoken
    calls: tuple[CallFact, ...]
    last_at: datetime | None
    closeness: Aspect
    approval: Aspect
    price: Aspect


@dataclass(frozen=True, slots=True)
class Decider:
    """Somebody of whom the customer says that they decide: the ``role`` of a slot ("cfo"), and where it was said."""

    role: str
    evidence: tuple[EventFact, ...]


@dataclass(frozen=True, slots=True)
class Chain:
    """The contacts, those with a known part in the decision first; who decides by what was said; calls that tell of
    nobody because they are unheard or of an unknown person."""

    links: tuple[Link, ...]
    deciders: tuple[Decider, ...]
    untold_calls: int

    @property
    def never_spoken(self) -> tuple[ContactFact, ...]:
        """The contacts nobody has ever spoken to."""
        return tuple(link.contact for link in self.links if link.spoken == "never")


_ROLE_ORDER = ("decision_maker", "champion", "influencer", "procurement", "user", "blocker", "unknown", None)


def decision_chain(facts: DealFacts, now: datetime, settings: ChainSettings = ChainSettings()) -> Chain:
    """The decision chain of a deal at ``now``, or at its close where that was earlier."""
    known = facts.as_of(now)
    at = known.counted_from(now)
    links = [_link(contact, known, at, settings) for contact in known.contacts]
    links.sort(key=lambda link: (_ROLE_ORDER.index(link.contact.role), link.contact.name, link.contact.id))
    return Chain(tuple(links), _deciders(known), len(_untold(known)))


def _untold(facts: DealFacts) -> list[CallFact]:
    """Calls that may have been with any contact, or held anything."""
    return [call for call in facts.calls if call.contact is None and (call.is_conversation or not call.heard)]


def _link(contact: ContactFact, facts: DealFacts, at: datetime, settings: ChainSettings) -> Link:
    calls = sorted((call for call in facts.calls if call.contact == contact.id), key=lambda call: (call.at, call.id))
    heard = [call for call in calls if call.is_conversation]
    unknown = len(_untold(facts)) + sum(not call.heard for call in calls)
    spoken: Spoken = "yes" if heard else "unknown" if unknown else "never"
    return Link(
        contact=contact,
        spoken=spoken,
        calls=tuple(heard),
        last_at=heard[-1].at if heard else None,
        closeness=_closeness(heard, unknown, at, settings),
        approval=_said(facts, heard, unknown, _approval),
        price=_said(facts, heard, unknown, lambda events: _price(events, settings.answer_turns)),
    )


def _closeness(heard: Sequence[CallFact], unknown: int, at: datetime, settings: ChainSettings) -> Aspect:
    """Frequency (0-3) + recency (0-3) + both ways (0-1): to 2 low, to 4 medium, above high."""
    if not heard:
        if unknown:
            return Aspect("unknown", "unknown", say("close_unheard", calls=unknown))
        return Aspect("none", "flat", say("close_never"))
    points = _points(heard, at, settings)
    before_at = at - timedelta(days=settings.trend_days)
    before = _points([call for call in heard if call.at <= before_at], before_at, settings)
    return Aspect(_level_of(points), _trend(before, points), _close_reason(heard, at, settings))


def _points(calls: Sequence[CallFact], at: datetime, settings: ChainSettings) -> int:
    inside = [call for call in calls if at - call.at <= timedelta(days=settings.window_days)]
    if not inside:
        return 0
    often = 1 if len(inside) == 1 else 2 if len(inside) <= 3 else 3
    quiet = at - max(call.at for call in inside)
    recent = sum(quiet <= timedelta(days=settings.recent_days * times) for times in (1, 2, 4))
    return often + recent + ({"inbound", "outbound"} <= {call.direction for call in inside})


def _level_of(points: int) -> Level:
    return "none" if points == 0 else "low" if points <= 2 else "medium" if points <= 4 else "high"


def _close_reason(heard: Sequence[CallFact], at: datetime, settings: ChainSettings) -> Statement:
    ago = (at - heard[-1].at).days
    inside = [call for call in heard if at - call.at <= timedelta(days=settings.window_days)]
    if not inside:
        return say("close_past", ago=ago)
    both = {"inbound", "outbound"} <= {call.direction for call in inside}
    code = "close_both_ways" if both else "close_calls"
    return say(code, days=settings.window_days, calls=len(inside), ago=ago)


def _trend(before: int, now: int) -> Trend:
    return "up" if now > before else "down" if now < before else "flat"


def _said(
    facts: DealFacts, heard: Sequence[CallFact], unknown: int, judge: Callable[[Sequence[EventFact]], Aspect]
) -> Aspect:
    """What the words with one contact show, with the trend against their calls before the last one that tells."""
    if not heard:
        return Aspect("unknown", "unknown", say("unheard" if unknown else "not_spoken"))
    ids = {call.id for call in heard}
    events = sorted((event for event in facts.events if event.call in ids), key=lambda event: event.order)
    found = judge(events)
    if found.level == "none" and unknown:
        return replace(found, level="unknown", trend="unknown", reason=say("unheard"))
    if not found.evidence or found.level == "unknown":
        return found
    last = max(found.evidence, key=lambda event: event.order).at
    before = judge([event for event in events if event.at < last])
    if before.level == "unknown" or not before.evidence:
        return found
    return replace(found, trend=_trend(LEVELS.index(before.level), LEVELS.index(found.level)))


def _approval(events: Sequence[EventFact]) -> Aspect:
    """Approvals against objections of the customer: high where twice as many and the last word is none of these."""
    sure = [event for event in events if not event.doubtful and event.speaker == "customer"]
    good = [event for event in sure if event.event == "customer_approval"]
    bad = [event for event in sure if event.event in _AGAINST]
    evidence = tuple(sorted((*good, *bad), key=lambda event: event.order))
    if not good:
        if any(event.event == "customer_approval" for event in events):
            return Aspect("unknown", "unknown", say("doubtful"), evidence)
        return Aspect("none", "unknown", say("approval_none", bad=len(bad)), evidence)
    if len(good) < len(bad):
        return Aspect("low", "unknown", say("approval_counts", good=len(good), bad=len(bad)), evidence)
    is_last_bad = evidence[-1].event in _AGAINST
    is_high = len(good) >= 2 and len(good) >= 2 * len(bad) and not is_last_bad
    code = "approval_last_word" if is_last_bad else "approval_counts"
    level: Level = "high" if is_high else "medium"
    return Aspect(level, "unknown", say(code, good=len(good), bad=len(bad)), evidence)


def _price(events: Sequence[EventFact], answer_turns: int) -> Aspect:
    """High: approved in the same call after the last talk of the price; medium: no objection, or the last one
    answered; low: one left unanswered; none: several, and nothing after them."""
    sure = [event for event in events if not event.doubtful]
    talk = [event for event in sure if event.event in _PRICE_TALK]
    if not talk:
        is_perhaps = any(event.event in _PRICE_TALK for event in events)
        return Aspect("unknown", "unknown", say("doubtful" if is_perhaps else "price_not_discussed"))
    last = talk[-1]
    approved = [event for event in sure if event.event == "customer_approval" and _follows(event, last)]
    if approved:
        return Aspect("high", "unknown", say("price_accepted"), (last, approved[0]))
    objections = [event for event in talk if event.event == "price_objection"]
    if not objections:
        return Aspect("medium", "unknown", say("price_discussed"), (last,))
    answer = answer_of(objections[-1], events, answer_turns)
    if answer is not None and answer.doubtful:
        return Aspect("unknown", "unknown", say("doubtful"), (objections[-1], answer))
    if answer is not None:
        return Aspect("medium", "unknown", say("price_answered"), (objections[-1], answer))
    left = [event for event in objections if answer_of(event, events, answer_turns) is None]
    if len(left) == 1:
        return Aspect("low", "unknown", say("price_open"), tuple(left))
    return Aspect("none", "unknown", say("price_refused", bad=len(left)), tuple(left))


def _follows(event: EventFact, other: EventFact) -> bool:
    return event.call == other.call and event.speaker == "customer" and event.turn > other.turn


def _deciders(facts: DealFacts) -> tuple[Decider, ...]:
    """Who the customer says decides, by role, the first said first."""
    found: dict[str, list[EventFact]] = {}
    for event in sorted(facts.events, key=lambda event: event.order):
        if event.event == "decision_process" and not event.doubtful:
            for slot in event.slots:
                if slot.name == "role" and isinstance(slot.value, str):
                    found.setdefault(slot.value, []).append(event)
    return tuple(Decider(role, tuple(said)) for role, said in found.items())
