"""Whether a deal's calls hold what must be heard."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sop.deals.conditions import Heard
from sop.deals.facts import CallFact, DealFacts, EventFact
from sop.deals.judgement import Judgement, day, since
from sop.deals.reasons import Code, Reason, Value

Fit = Literal["yes", "perhaps", "no"]


@dataclass(frozen=True, slots=True)
class _Candidate:
    """An event of the right name: how well it fits, and the first thing that keeps it from fitting surely."""

    event: EventFact
    fit: Fit
    code: Code = Code.HEARD


def judge_heard(condition: Heard, facts: DealFacts, now: datetime) -> Judgement:
    """Met with enough turns that surely fit; unknown where doubtful ones or unheard calls could make up the rest."""
    first = since(facts.counted_from(now), condition.within_days)
    roles = _Roles.of(facts) if condition.roles else _ANYBODY
    named = [event for event in facts.events if event.event in condition.events]
    recent = [event for event in named if first is None or event.at >= first]
    candidates = [_candidate(condition, event, roles) for event in recent]
    sure = _ordered(each.event for each in candidates if each.fit == "yes")
    perhaps = [each for each in candidates if each.fit == "perhaps"]
    if _turns(sure) >= condition.min_count:
        return Judgement("met", _heard(sure), sure)
    calls = [call for call in facts.calls if first is None or call.at >= first]
    unheard = [call for call in calls if not call.heard and roles.may_fit(call.contact, condition.roles)]
    if unheard or _turns([*sure, *(each.event for each in perhaps)]) >= condition.min_count:
        return _unknown(condition, perhaps, calls, len(unheard))
    return _not_met(condition, facts, sure, candidates, calls, named)


class _Roles:
    """Who was spoken to in each call, as far as it is known."""

    def __init__(self, contact_of: dict[str, str | None], role_of: dict[str, str | None]) -> None:
        self._contact_of = contact_of
        self._role_of = role_of

    @classmethod
    def of(cls, facts: DealFacts) -> _Roles:
        return cls(
            {call.id: call.contact for call in facts.calls},
            {contact.id: contact.role for contact in facts.contacts},
        )

    def fit(self, call: str, wanted: tuple[str, ...]) -> Fit:
        """Whether the contact of the call plays one of the parts ``wanted``; any part where none is."""
        return self._fit_of(self._contact_of.get(call), wanted)

    def may_fit(self, contact: str | None, wanted: tuple[str, ...]) -> bool:
        return self._fit_of(contact, wanted) != "no"

    def _fit_of(self, contact: str | None, wanted: tuple[str, ...]) -> Fit:
        if not wanted:
            return "yes"
        role = None if contact is None else self._role_of.get(contact)
        if role is None or role == "unknown":
            return "perhaps"
        return "yes" if role in wanted else "no"


_ANYBODY = _Roles({}, {})
"""Where nothing is asked of who was spoken to, nobody is looked up."""


def _candidate(condition: Heard, event: EventFact, roles: _Roles) -> _Candidate:
    checks = _checks(condition, event, roles)
    for wanted in ("no", "perhaps"):
        for fit, code in checks:
            if fit == wanted:
                return _Candidate(event, fit, code)
    return _Candidate(event, "yes")


def _checks(condition: Heard, event: EventFact, roles: _Roles) -> tuple[tuple[Fit, Code], ...]:
    speaker: Fit = "yes"
    if condition.speaker is not None and event.speaker != condition.speaker:
        speaker = "perhaps" if event.speaker == "unknown" else "no"
    slot: Fit = "yes"
    if condition.slot is not None and event.slot(condition.slot) is None:
        slot = "perhaps" if event.added else "no"
    role = roles.fit(event.call, condition.roles)
    is_sure = not event.doubtful and event.confidence >= condition.min_confidence
    return (
        (speaker, Code.SAID_BY_OTHER if speaker == "no" else Code.SPEAKER_UNKNOWN),
        (slot, Code.WITHOUT_SLOT if slot == "no" else Code.SLOT_UNREAD),
        (role, Code.OTHER_ROLE if role == "no" else Code.ROLE_UNKNOWN),
        ("yes" if is_sure else "perhaps", Code.PERHAPS),
    )


def _heard(sure: Sequence[EventFact]) -> Reason:
    calls = len({event.call for event in sure})
    return Reason(Code.HEARD, {"count": _turns(sure), "calls": calls, "day": day(sure[-1].at)})


def _unknown(condition: Heard, perhaps: list[_Candidate], calls: list[CallFact], unheard: int) -> Judgement:
    if not perhaps:
        heard = sum(call.heard for call in calls)
        return Judgement("unknown", Reason(Code.UNHEARD_CALLS, {"calls": heard, "unheard": unheard}))
    best = max(perhaps, key=lambda each: (each.event.confidence, each.event.order))
    told: dict[str, Value] = {"day": day(best.event.at)}
    if best.code is Code.PERHAPS:
        told["percent"] = round(100 * best.event.confidence)
    if best.code is Code.SLOT_UNREAD:
        told["slot"] = condition.slot or ""
    return Judgement("unknown", Reason(best.code, told), _ordered(each.event for each in perhaps))


def _not_met(
    condition: Heard,
    facts: DealFacts,
    sure: Sequence[EventFact],
    candidates: list[_Candidate],
    calls: list[CallFact],
    named: list[EventFact],
) -> Judgement:
    """The nearest to being met is told: too few, then what a heard event lacks, then one too long ago."""
    if sure:
        reason = Reason(Code.TOO_FEW, {"count": _turns(sure), "needed": condition.min_count})
        return Judgement("not_met", reason, tuple(sure))
    for code in (Code.OTHER_ROLE, Code.WITHOUT_SLOT, Code.SAID_BY_OTHER):
        short = _ordered(each.event for each in candidates if each.fit == "no" and each.code is code)
        if short:
            return Judgement("not_met", Reason(code, _lack(condition, code)), short)
    earlier = _ordered(event for event in named if not event.doubtful)
    if condition.within_days is not None and earlier:
        last = earlier[-1]
        reason = Reason(Code.TOO_LONG_AGO, {"day": day(last.at), "days": condition.within_days})
        return Judgement("not_met", reason, (last,))
    return Judgement("not_met", _silence(condition, facts, calls))


def _lack(condition: Heard, code: Code) -> dict[str, Value]:
    if code is Code.OTHER_ROLE:
        return {"roles": condition.roles}
    if code is Code.WITHOUT_SLOT:
        return {"slot": condition.slot or ""}
    return {"speaker": condition.speaker or "unknown"}


def _silence(condition: Heard, facts: DealFacts, calls: list[CallFact]) -> Reason:
    if not facts.calls:
        return Reason(Code.NO_CALLS)
    if not calls:
        return Reason(Code.NO_CALLS_SINCE, {"days": condition.within_days or 0})
    minutes = round(sum(call.duration_ms for call in calls if call.heard) / 60_000)
    return Reason(Code.NOBODY_SAID, {"calls": len(calls), "minutes": minutes})


def _turns(events: Iterable[EventFact]) -> int:
    return len({(event.call, event.turn) for event in events})


def _ordered(events: Iterable[EventFact]) -> tuple[EventFact, ...]:
    return tuple(sorted(events, key=lambda event: event.order))
