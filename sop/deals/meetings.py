"""Who was in a deal's calls: colleagues by their function, contacts by their part in the decision."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sop.deals.conditions import SpokenTo, TookPart
from sop.deals.facts import CallFact, DealFacts
from sop.deals.judgement import Judgement, day, since
from sop.deals.reasons import Code, Reason, Value


def judge_took_part(condition: TookPart, facts: DealFacts) -> Judgement:
    """Met by a conversation, an action or an approval of somebody of that function; a place on the team is not one."""
    moments = participations(condition.function, facts)
    if moments:
        names = tuple(sorted({name for _, name in moments}))
        return Judgement("met", Reason(Code.TOOK_PART, {"names": names, "day": day(max(at for at, _ in moments))}))
    members = _members(condition.function, facts)
    unheard = [call for call in facts.calls if not call.heard and _may_be(call, condition.function, members)]
    nameless = [call for call in facts.calls if call.is_conversation and call.rep is None and not call.rep_function]
    if unheard or nameless:
        return Judgement("unknown", Reason(Code.COLLEAGUE_UNKNOWN, {"unheard": len(unheard) + len(nameless)}))
    if members:
        named = tuple(sorted(members.values()))
        return Judgement("not_met", Reason(Code.NAMED_ONLY, {"names": named, "calls": len(facts.calls)}))
    told: dict[str, Value] = {"function": condition.function, "calls": len(facts.calls)}
    return Judgement("not_met", Reason(Code.NOBODY_TOOK_PART, told))


def participations(function: str, facts: DealFacts) -> tuple[tuple[datetime, str], ...]:
    """When colleagues of that function took part, and who (a name, or an id where it is not known); in no order."""
    members = _members(function, facts)
    talked = (
        (call.at, call.rep_name or members.get(call.rep or "") or call.rep or function)
        for call in facts.calls
        if call.is_conversation and (call.rep_function == function or call.rep in members)
    )
    acted = (
        *((action.at, action.by) for action in facts.actions),
        *((approval.at, approval.by) for approval in facts.approvals if approval.state != "requested"),
    )
    return (*talked, *((at, members[by]) for at, by in acted if by is not None and by in members))


def judge_spoken_to(condition: SpokenTo, facts: DealFacts, now: datetime) -> Judgement:
    """Met by a conversation with a contact of that part; unknown where a call may have been one."""
    wanted = {contact.id: contact.name for contact in facts.contacts if contact.role == condition.decision_role}
    others = {contact.id for contact in facts.contacts if contact.role not in (None, "unknown")} - wanted.keys()
    talks = [call for call in facts.calls if call.is_conversation and call.contact in wanted]
    first = since(facts.counted_from(now), condition.within_days)
    recent = [call for call in talks if first is None or call.at >= first]
    if recent:
        told: dict[str, Value] = {"names": _names(recent, wanted), "day": day(max(call.at for call in recent))}
        return Judgement("met", Reason(Code.SPOKEN_TO, told))
    unsure = [
        call
        for call in facts.calls
        if (first is None or call.at >= first)
        and call.contact not in others
        and not (call.heard and (call.contact in wanted or not call.duration_ms))
    ]
    if unsure:
        return Judgement("unknown", Reason(Code.CONTACT_UNKNOWN, {"unheard": len(unsure)}))
    return Judgement("not_met", _never(condition, facts, wanted, talks))


def _never(condition: SpokenTo, facts: DealFacts, wanted: dict[str, str], talks: list[CallFact]) -> Reason:
    if talks:
        last, days = max(call.at for call in talks), condition.within_days or 0
        return Reason(Code.SPOKEN_LONG_AGO, {"names": _names(talks, wanted), "day": day(last), "days": days})
    if wanted:
        return Reason(Code.NEVER_SPOKEN_TO, {"names": tuple(sorted(wanted.values())), "calls": len(facts.calls)})
    return Reason(Code.NO_SUCH_CONTACT, {"role": condition.decision_role})


def _names(calls: Iterable[CallFact], wanted: dict[str, str]) -> tuple[str, ...]:
    return tuple(sorted({wanted[call.contact] for call in calls if call.contact is not None}))


def _members(function: str, facts: DealFacts) -> dict[str, str]:
    return {user: name for user, name, role in facts.collaborators if role == function}


def _may_be(call: CallFact, function: str, members: dict[str, str]) -> bool:
    """Whether an unheard call may have been held by somebody of that function."""
    if call.rep is None:
        return call.rep_function in (None, function)
    return call.rep in members or call.rep_function == function
