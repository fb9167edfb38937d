"""What was agreed to happen next, when and by whom, and what later calls tell of it.

Only a call shows itself: a step to talk is kept by a call on its day, give or take the grace, late within some days,
missed after them; where no day was said it is never missed. What happens elsewhere (an e-mail, a visit) is kept where a
later call speaks of it, and unknown where none does. A call that has not been heard makes what it could decide unknown.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal

from sop.deals.due_dates import Due, local_day
from sop.deals.facts import CallFact, DealFacts, EventFact
from sop.deals.statements import CHANNEL_LABELS, Statement, say
from sop.deals.step_folding import SaidStep, steps_said
from sop.deals.step_ways import family_of

State = Literal["open", "due", "kept", "late", "missed", "unknown", "dropped"]
Owner = Literal["ours", "theirs", "unknown"]

_OWNERS: Mapping[str, Owner] = {"rep": "ours", "customer": "theirs", "unknown": "unknown"}
_MENTIONS: Mapping[str, tuple[str, ...]] = {
    "quote": ("price_discussion", "price_objection", "closing"),
    "contract": ("closing",),
    "demo": ("customer_approval", "objection", "price_objection"),
    "trial": ("customer_approval", "objection", "price_objection"),
    "visit": ("customer_approval", "objection", "price_objection"),
    "meeting": ("customer_approval", "objection", "price_objection"),
}
"""Events of a later call that show that something was there to speak of."""


@dataclass(frozen=True, slots=True)
class StepSettings:
    """Days: a call keeps a step up to ``grace_days`` before and after it is due; up to ``late_days`` after it is
    late; a step without a day is due within ``undated_days``."""

    grace_days: int = 1
    late_days: int = 7
    undated_days: int = 7


@dataclass(frozen=True, slots=True)
class StepMark:
    """A person's word on what became of a step; ``by`` is their name, None for the operator, and ``id`` what it is
    taken back by, where it is stored."""

    state: Literal["kept", "missed", "dropped"]
    at: datetime
    by: str | None = None
    id: str | None = None


@dataclass(frozen=True, slots=True)
class NextStep:
    """Something one side said it would do.

    ``key`` stays the same when the call is analyzed again and the same is heard. ``owner_name`` is the rep's or the
    contact's, where known; ``rep`` is the user id of the rep of its call. ``is_agreed``: the other side took it up.
    ``quotes`` are by time; ``shown_by`` is the call that decided the ``state``, ``shown_quotes`` what was said of it
    there. ``mark`` is a person's word, which counts.
    """

    key: str
    call: str
    said_at: datetime
    owner: Owner
    owner_name: str | None
    channel: str | None
    due: Due
    is_agreed: bool
    quotes: tuple[EventFact, ...]
    state: State
    reason: Statement
    shown_by: str | None = None
    shown_quotes: tuple[EventFact, ...] = ()
    mark: StepMark | None = None
    rep: str | None = None

    @property
    def is_marked(self) -> bool:
        """Whether a person said what became of it."""
        return self.mark is not None

    @property
    def is_pending(self) -> bool:
        """Whether somebody still has to do it."""
        return self.state in ("open", "due")

    def is_overdue(self, today: date) -> bool:
        """Whether it is pending and its last day is past."""
        return self.is_pending and self.due.last < today


@dataclass(frozen=True, slots=True)
class _Found:
    state: State
    reason: Statement
    call: str | None = None
    quotes: tuple[EventFact, ...] = ()


def next_steps(
    facts: DealFacts,
    now: datetime,
    marks: Mapping[str, StepMark] | None = None,
    settings: StepSettings = StepSettings(),
) -> tuple[NextStep, ...]:
    """The next steps of a deal as they stand at ``now``, oldest first.

    ``marks`` are what people said of some, by key, whatever the calls tell.
    """
    known = facts.as_of(now)
    steps = [_judged(step, key, known, now, settings) for key, step in _keyed(known, settings)]
    return tuple(_marked(step, (marks or {}).get(step.key)) for step in steps)


def _keyed(facts: DealFacts, settings: StepSettings) -> Iterable[tuple[str, SaidStep]]:
    """Each step with its key: call, side and day, and a number where these are not enough."""
    seen: dict[str, int] = {}
    for step in steps_said(facts.events, settings.undated_days):
        day = step.due.first.isoformat() if step.due.is_said else "undated"
        key = f"{step.said.call}/{_OWNERS[step.speaker]}/{day}"
        seen[key] = seen.get(key, 0) + 1
        yield (key if seen[key] == 1 else f"{key}/{seen[key]}"), step


def _marked(step: NextStep, mark: StepMark | None) -> NextStep:
    if mark is None:
        return step
    return replace(step, state=mark.state, reason=say("step_marked"), shown_by=None, shown_quotes=(), mark=mark)


def _judged(step: SaidStep, key: str, facts: DealFacts, now: datetime, settings: StepSettings) -> NextStep:
    found = _Judgement(step, facts, now, settings).found()
    call = next((call for call in facts.calls if call.id == step.said.call), None)
    return NextStep(
        key=key,
        call=step.said.call,
        said_at=step.said.at,
        owner=_OWNERS[step.speaker],
        owner_name=_owner_name(step, call, facts),
        channel=step.channel,
        due=step.due,
        is_agreed=step.is_agreed,
        quotes=step.quotes,
        state=found.state,
        reason=found.reason,
        shown_by=found.call,
        shown_quotes=found.quotes,
        rep=call.rep if call else None,
    )


def _owner_name(step: SaidStep, call: CallFact | None, facts: DealFacts) -> str | None:
    if call is None:
        return None
    if step.speaker == "rep":
        return call.rep_name
    return next((person.name for person in facts.contacts if person.id == call.contact), None)


class _Judgement:
    """One step against the calls that came after it."""

    def __init__(self, step: SaidStep, facts: DealFacts, now: datetime, settings: StepSettings) -> None:
        self.step, self.facts, self.settings = step, facts, settings
        self.zone = step.said.at.tzinfo
        self.today = local_day(now, self.zone)
        self.closed = local_day(facts.counted_from(now), self.zone) if facts.outcome != "open" else None
        self.later = sorted(
            (call for call in facts.calls if call.at > step.said.at and call.id != step.said.call),
            key=lambda call: (call.at, call.id),
        )
        self.first_day = step.due.first - timedelta(days=settings.grace_days)
        self.last_day = step.due.last + timedelta(days=settings.grace_days)
        self.end = step.due.last + timedelta(days=max(settings.late_days, settings.grace_days))

    def found(self) -> _Found:
        """The state and why."""
        family = family_of(self.step.channel)
        found = None
        if family != "send":
            found = self._kept_by_call()
        if found is None and family == "talk":
            found = (self._late() if self.step.due.is_said else None) or self._unheard(self.first_day)
        elif found is None:
            found = self._mentioned() or self._unheard(self.step.due.first)
        return found or self._pending() or self._after(family == "talk")

    def _day(self, call: CallFact) -> date:
        return local_day(call.at, self.zone)

    def _kept_by_call(self) -> _Found | None:
        """By a call on its days; where no day was said, by any until it would be missed."""
        last_day = self.last_day if self.step.due.is_said else self.end
        for call in self.later:
            if call.is_conversation and self.first_day <= self._day(call) <= last_day:
                return _Found("kept", say("step_kept_call", day=_shown(self._day(call))), call.id)
        return None

    def _late(self) -> _Found | None:
        """Late where a call came after the grace; missed where the other side had to make it."""
        for call in self.later:
            day = self._day(call)
            if not call.is_conversation or day <= self.last_day:
                continue
            if self._may_be_later_unheard(day):
                return None
            days = (day - self.step.due.last).days
            if _is_by_the_other(call, self.step):
                rang = "step_missed_rang" if self.step.speaker == "rep" else "step_missed_chased"
                return _Found("missed", say(rang, day=_shown(self.step.due.last), days=days), call.id)
            if day <= self.end:
                return _Found("late", say("step_late", day=_shown(day), days=days), call.id)
            return None
        return None

    def _may_be_later_unheard(self, before: date) -> bool:
        return any(not call.heard and self.first_day <= self._day(call) <= before for call in self.later)

    def _unheard(self, since: date) -> _Found | None:
        for call in self.later:
            if not call.heard and since <= self._day(call) <= self.end:
                return _Found("unknown", say("step_unheard", day=_shown(self._day(call))), call.id)
        return None

    def _mentioned(self) -> _Found | None:
        days = {call.id: self._day(call) for call in self.later if call.is_conversation}
        speaking = (
            event
            for event in self.facts.events
            if not event.doubtful
            and _speaks_of(event, self.step)
            and days.get(event.call, date.min) >= self.step.due.first
        )
        first = min(speaking, key=lambda event: event.order, default=None)
        if first is None:
            return None
        return _Found("kept", say("step_kept_mentioned", day=_shown(days[first.call])), first.call, (first,))

    def _pending(self) -> _Found | None:
        due, settings = self.step.due, self.settings
        if self.closed is not None and self.closed < self.today and due.last <= self.today:
            return None
        if self.today > self.end:
            return None
        days = (self.today - due.last).days
        if days > 0:
            return _Found("due", say("step_overdue", day=_shown(due.last), days=days))
        reason = say("step_open", day=_shown(due.last))
        if not due.is_said:
            reason = say("step_undated", day=_shown(due.last), days=settings.undated_days)
        return _Found("due" if days == 0 else "open", reason)

    def _after(self, is_talk: bool) -> _Found:
        """Nothing was heard, and it is too late to hear of it."""
        due, channel = self.step.due, self.step.channel
        if self.closed is not None and self.closed <= self.end:
            return _Found("unknown", say("step_closed", day=_shown(self.closed)))
        if is_talk and not due.is_said:
            return _Found("unknown", say("step_undated_over", days=self._quiet_days(due.first)))
        if is_talk:
            return _Found("missed", say("step_missed", day=_shown(due.last), days=self._quiet_days(due.last)))
        if channel is None:
            return _Found("unknown", say("step_vague" if not due.is_said else "step_untold", day=_shown(due.last)))
        return _Found("unknown", say("step_unshown", channel=CHANNEL_LABELS[channel], day=_shown(due.last)))

    def _quiet_days(self, since: date) -> int:
        """Days from ``since`` to the next conversation, or to today."""
        days = [self._day(call) for call in self.later if call.is_conversation and self._day(call) > since]
        return (min([*days, self.today]) - since).days


def _is_by_the_other(call: CallFact, step: SaidStep) -> bool:
    return call.direction == {"rep": "inbound", "customer": "outbound"}.get(step.speaker)


def _speaks_of(event: EventFact, step: SaidStep) -> bool:
    if step.channel is None:
        return False
    if event.event in _MENTIONS.get(step.channel, ()):
        return True
    return any(slot.name == "channel" and slot.value == step.channel for slot in event.slots)


def _shown(day: date) -> str:
    return day.isoformat()
