"""What endangers a deal, from what was said in its calls and what was not, each with the words that show it.

A risk is told only where it is shown: calls that nobody has heard, or signs that are doubtful, raise none. A deal that
is won has none; of one that is lost those are told that the calls showed by its close.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal

from sop.deals.due_dates import local_day
from sop.deals.facts import CallFact, DealFacts, EventFact
from sop.deals.next_steps import NextStep
from sop.deals.objections import ANSWER_TURNS, answer_of, approval_after
from sop.deals.statements import RISK_TITLES, Statement, say
from sop.procedure import Wording

Kind = Literal[
    "gone_silent",
    "close_passed",
    "missed_next_step",
    "price_objection",
    "competitor",
    "no_power",
    "single_threaded",
    "stage_stuck",
    "pushed_date",
]
Severity = Literal["low", "medium", "high"]
KINDS: tuple[Kind, ...] = (
    "gone_silent",
    "close_passed",
    "missed_next_step",
    "price_objection",
    "competitor",
    "no_power",
    "single_threaded",
    "stage_stuck",
    "pushed_date",
)
_SEVERITIES: tuple[Severity, ...] = ("high", "medium", "low")


@dataclass(frozen=True, slots=True)
class RiskSettings:
    """A deal is silent after ``silent_days`` without a call, gravely after twice as many. It is stuck ``stuck_days``
    beyond the usual time of its stage, which is ``usual_days`` where no history tells it."""

    silent_days: int = 21
    stuck_days: int = 14
    usual_days: int = 30
    answer_turns: int = ANSWER_TURNS


@dataclass(frozen=True, slots=True)
class DatePush:
    """The expected close was changed at ``at``."""

    at: datetime
    old: date
    new: date


@dataclass(frozen=True, slots=True)
class DealHistory:
    """What the records add to the calls: the stage as people call it, its usual days (None: not known), and how the
    expected close was changed."""

    stage_title: Wording
    usual_days: int | None = None
    pushes: tuple[DatePush, ...] = ()


@dataclass(frozen=True, slots=True)
class Risk:
    """One danger. ``evidence`` are the words that show it, by time; ``calls`` the ids of the calls it is told from."""

    kind: Kind
    severity: Severity
    reason: Statement
    evidence: tuple[EventFact, ...] = ()
    calls: tuple[str, ...] = ()

    @property
    def title(self) -> Wording:
        """What this kind of danger is called."""
        return RISK_TITLES[self.kind]


@dataclass(frozen=True, slots=True)
class _Deal:
    """A deal at a moment, its events in order."""

    facts: DealFacts
    at: datetime
    steps: Sequence[NextStep]
    history: DealHistory
    settings: RiskSettings
    events: tuple[EventFact, ...] = field(default=())

    @property
    def spoken(self) -> list[CallFact]:
        return sorted((c for c in self.facts.calls if c.is_conversation), key=lambda call: (call.at, call.id))

    @property
    def has_unheard(self) -> bool:
        return any(not call.heard for call in self.facts.calls)

    @property
    def today(self) -> date:
        return self.at.date()


def risks(
    facts: DealFacts,
    steps: Sequence[NextStep],
    history: DealHistory,
    now: datetime,
    settings: RiskSettings = RiskSettings(),
) -> tuple[Risk, ...]:
    """The dangers to a deal at ``now``, the gravest first; ``steps`` are those of :func:`next_steps` at ``now``.

    Days are those of the clock of ``now``.
    """
    if facts.outcome == "won":
        return ()
    known = facts.as_of(now)
    sure = (event for event in known.events if not event.doubtful)
    at = min(known.counted_from(now).astimezone(now.tzinfo), now)
    deal = _Deal(known, at, steps, history, settings, tuple(sorted(sure, key=lambda event: event.order)))
    found = list(_of_calls(deal))
    if facts.outcome == "open":
        found.extend(_of_time(deal))
    return tuple(sorted(found, key=lambda risk: (_SEVERITIES.index(risk.severity), KINDS.index(risk.kind))))


def _of_calls(deal: _Deal) -> Iterator[Risk]:
    for check in (_price_objections, _competitors, _no_power, _single_threaded, _missed_steps):
        risk = check(deal)
        if risk is not None:
            yield risk


def _of_time(deal: _Deal) -> Iterator[Risk]:
    for check in (_gone_silent, _close_passed, _stage_stuck, _pushed):
        risk = check(deal)
        if risk is not None:
            yield risk


def _gone_silent(deal: _Deal) -> Risk | None:
    """No call for some days, none agreed for later; a call that nobody heard breaks the silence, too."""
    limit = deal.settings.silent_days
    last = max((call for call in deal.facts.calls if call.is_conversation or not call.heard), key=_when, default=None)
    since = last.at if last else deal.facts.created_at
    days = (deal.at - since).days
    is_planned = any(step.is_pending and step.due.is_said and step.due.last >= deal.today for step in deal.steps)
    if days < limit or is_planned:
        return None
    severity: Severity = "high" if days >= 2 * limit or _is_past_close(deal) else "medium"
    day = local_day(since, deal.at.tzinfo).isoformat()
    if last is None:
        return Risk("gone_silent", severity, say("silent_never", days=days, day=day))
    said = [event for event in deal.events if event.call == last.id]
    return Risk("gone_silent", severity, say("silent", days=days, day=day), tuple(said[-1:]), (last.id,))


def _is_past_close(deal: _Deal) -> bool:
    return deal.facts.expected_close is not None and deal.facts.expected_close < deal.today


def _close_passed(deal: _Deal) -> Risk | None:
    close = deal.facts.expected_close
    if close is None or not _is_past_close(deal):
        return None
    days = (deal.today - close).days
    severity: Severity = "high" if days > 30 else "medium"
    return Risk("close_passed", severity, say("close_passed", day=close.isoformat(), days=days))


def _missed_steps(deal: _Deal) -> Risk | None:
    missed = [step for step in deal.steps if step.state == "missed" and step.due.last <= deal.today]
    if not missed:
        return None
    is_last = missed[-1].said_at == max(step.said_at for step in deal.steps)
    severity: Severity = "high" if is_last or len(missed) > 1 else "medium"
    return Risk(
        "missed_next_step",
        severity,
        say("missed_step", count=len(missed)),
        tuple(step.quotes[0] for step in missed),
        _different(step.call for step in missed),
    )


def _price_objections(deal: _Deal) -> Risk | None:
    """Left unanswered; or answered, and raised again in a later call, so that the answer did not settle it."""
    raised = [event for event in deal.events if event.event == "price_objection" and event.speaker == "customer"]
    calls = _different(event.call for event in raised)
    if left := [event for event in raised if _is_left(event, deal)]:
        severity: Severity = "high" if len(left) > 1 else "medium"
        said = say("price_unanswered", count=len(left))
        return Risk("price_objection", severity, said, tuple(left), _different(event.call for event in left))
    if len(calls) < 2 or approval_after(raised[-1], deal.facts.events) is not None:
        return None
    return Risk("price_objection", "medium", say("price_again", calls=len(calls)), tuple(raised), calls)


def _is_left(event: EventFact, deal: _Deal) -> bool:
    """Whether it was neither answered within the next turns nor approved later in its call, not even perhaps."""
    answer = answer_of(event, deal.facts.events, deal.settings.answer_turns)
    return answer is None and approval_after(event, deal.facts.events) is None


def _competitors(deal: _Deal) -> Risk | None:
    said = [event for event in deal.events if event.event == "competitor"]
    if not said:
        return None
    calls = _different(event.call for event in said)
    names = _different(
        str(slot.value) for event in said for slot in event.slots if slot.name == "competitor" and slot.value
    )
    turns = {(event.call, event.turn) for event in deal.events if event.event == "price_objection"}
    is_on_price = any((event.call, event.turn) in turns for event in said)
    severity: Severity = (
        "high" if is_on_price and len(calls) > 1 else "medium" if is_on_price or len(calls) > 1 else "low"
    )
    if not names:
        return Risk("competitor", severity, say("competitor_unnamed", calls=len(calls)), tuple(said), calls)
    listed = Wording("、".join(names), ", ".join(names))
    return Risk("competitor", severity, say("competitor", calls=len(calls), names=listed), tuple(said), calls)


def _no_power(deal: _Deal) -> Risk | None:
    """Nobody who decides was spoken to; graver where no call even says who does."""
    deciding = {person.id for person in deal.facts.contacts if person.role == "decision_maker"}
    spoken = deal.spoken
    if not spoken or deal.has_unheard or any(call.contact in deciding for call in spoken):
        return None
    process = tuple(event for event in deal.events if event.event == "decision_process")
    calls = _different(event.call for event in process)
    if not process:
        if any(event.event == "decision_process" for event in deal.facts.events):
            return None  # a doubtful one
        return Risk("no_power", "high", say("no_power"), (), tuple(call.id for call in spoken))
    roles = [slot for event in process for slot in event.slots if slot.name == "role"]
    if not roles:
        return Risk("no_power", "low", say("power_not_spoken"), process, calls)
    names = _different(slot.text for slot in roles)
    said = Wording("、".join(names), ", ".join(names))
    return Risk("no_power", "medium" if deciding else "low", say("decider_not_spoken", names=said), process, calls)


def _single_threaded(deal: _Deal) -> Risk | None:
    spoken = deal.spoken
    people = {call.contact for call in spoken}
    if len(spoken) < 2 or deal.has_unheard or len(people) != 1 or None in people:
        return None
    person = next((each for each in deal.facts.contacts if each.id in people), None)
    if person is None:
        return None
    knows = person.role == "decision_maker" or any(event.event == "decision_process" for event in deal.facts.events)
    severity: Severity = "low" if knows else "medium"
    reason = say("single_threaded", calls=len(spoken), name=person.name)
    return Risk("single_threaded", severity, reason, (), tuple(call.id for call in spoken))


def _stage_stuck(deal: _Deal) -> Risk | None:
    entered = max((move.at for move in deal.facts.moves), default=deal.facts.created_at)
    days = (deal.at - entered).days
    usual = deal.settings.usual_days if deal.history.usual_days is None else deal.history.usual_days
    if days <= usual + deal.settings.stuck_days:
        return None
    severity: Severity = "high" if days > 2 * (usual + deal.settings.stuck_days) else "medium"
    return Risk("stage_stuck", severity, say("stage_stuck", stage=deal.history.stage_title, days=days, usual=usual))


def _pushed(deal: _Deal) -> Risk | None:
    later = [push for push in deal.history.pushes if push.new > push.old and push.at <= deal.at]
    close = deal.facts.expected_close
    if not later or close is None:
        return None
    days = sum((push.new - push.old for push in later), timedelta()).days
    severity: Severity = "high" if len(later) > 2 else "medium" if len(later) > 1 or days > 30 else "low"
    return Risk("pushed_date", severity, say("pushed_date", count=len(later), days=days, day=close.isoformat()))


def _when(call: CallFact) -> tuple[datetime, str]:
    return call.at, call.id


def _different(words: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
