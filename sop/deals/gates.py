"""Whether what is known of a deal lets it leave a stage: met, not met or unknown, and why.

Absence is *not met* only where everything was listened to: with calls that nobody heard, or with words that are only
perhaps there, it is *unknown*. More evidence never undoes what is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sop.deals.conditions import (
    ActionDone,
    AllOf,
    AnyOf,
    Approved,
    Condition,
    FieldFilled,
    Heard,
    SpokenTo,
    TookPart,
)
from sop.deals.facts import DealFacts, EventFact
from sop.deals.hearing import judge_heard
from sop.deals.judgement import Judgement
from sop.deals.meetings import judge_spoken_to, judge_took_part
from sop.deals.pipeline import Stage
from sop.deals.reasons import Code, Reason

GateOutcome = Literal["met", "not_met", "unknown"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What became of a condition.

    ``evidence`` is what it was judged by, in order of time: what meets it, or what perhaps does, or what falls short.
    ``parts`` are the verdicts of an ``any`` or ``all``.
    """

    condition: Condition
    outcome: GateOutcome
    reason: Reason
    evidence: tuple[EventFact, ...] = ()
    parts: tuple[Verdict, ...] = ()


@dataclass(frozen=True, slots=True)
class GateResult:
    """A stage's gate: met where every verdict is, or there is none; not met where one is not; else unknown."""

    stage: Stage
    verdicts: tuple[Verdict, ...]
    outcome: GateOutcome


def judge(condition: Condition, facts: DealFacts, now: datetime) -> Verdict:
    """Whether the deal meets the condition. Days are counted back from :meth:`DealFacts.counted_from`."""
    if isinstance(condition, AnyOf | AllOf):
        return _combined(condition, tuple(judge(part, facts, now) for part in condition.conditions))
    found = _judgement(condition, facts, now)
    return Verdict(condition, found.outcome, found.reason, found.evidence)


def gate(stage: Stage, facts: DealFacts, now: datetime, further: Sequence[Condition] = ()) -> GateResult:
    """Whether the deal may leave the stage, ``further`` conditions included."""
    verdicts = tuple(judge(condition, facts, now) for condition in conditions_of(stage, further))
    return GateResult(stage, verdicts, _least(verdict.outcome for verdict in verdicts))


def conditions_of(stage: Stage, further: Sequence[Condition] = ()) -> tuple[Condition, ...]:
    """All that must hold to leave the stage, each once: its criteria, its participants, its approval, ``further``."""
    approval = () if stage.approval is None else (Approved(stage.approval),)
    found = (*stage.criteria, *map(TookPart, stage.participants), *approval, *further)
    asked: dict[str, Condition] = {}
    for condition in found:
        asked.setdefault(condition.id, condition)
    return tuple(asked.values())


def _judgement(condition: Condition, facts: DealFacts, now: datetime) -> Judgement:
    match condition:
        case Heard():
            return judge_heard(condition, facts, now)
        case SpokenTo():
            return judge_spoken_to(condition, facts, now)
        case TookPart():
            return judge_took_part(condition, facts)
        case FieldFilled():
            return _judge_field(condition, facts)
        case ActionDone():
            return _judge_action(condition, facts)
        case Approved():
            return _judge_approval(condition, facts)
        case _:
            raise TypeError(condition)


def _judge_field(condition: FieldFilled, facts: DealFacts) -> Judgement:
    if not facts.is_filled(condition.field):
        return Judgement("not_met", Reason(Code.EMPTY))
    return Judgement("met", Reason(Code.FILLED, {"value": facts.value_of(condition.field)}))


def _judge_action(condition: ActionDone, facts: DealFacts) -> Judgement:
    done = [each.at for each in facts.actions if each.action == condition.action]
    if not done:
        return Judgement("not_met", Reason(Code.NOT_DONE))
    return Judgement("met", Reason(Code.DONE, {"day": max(done).date().isoformat()}))


def _judge_approval(condition: Approved, facts: DealFacts) -> Judgement:
    steps = [each for each in facts.approvals if each.kind == condition.kind]
    granted = [each.at for each in steps if each.state == "approved"]
    if granted:
        return Judgement("met", Reason(Code.APPROVED, {"day": min(granted).date().isoformat()}))
    if not steps:
        return Judgement("not_met", Reason(Code.NOT_ASKED))
    last = max(steps, key=lambda each: (each.at, each.state))
    code = Code.REJECTED if last.state == "rejected" else Code.REQUESTED
    return Judgement("not_met", Reason(code, {"day": last.at.date().isoformat()}))


def _combined(condition: AnyOf | AllOf, parts: tuple[Verdict, ...]) -> Verdict:
    outcomes = [part.outcome for part in parts]
    outcome = _least(outcomes) if isinstance(condition, AllOf) else _best(outcomes)
    counts = {"met": outcomes.count("met"), "unknown": outcomes.count("unknown"), "total": len(parts)}
    if outcome == "met":
        code = Code.ALL_MET if isinstance(condition, AllOf) else Code.SOME_UNMET
    elif outcome == "unknown":
        code = Code.SOME_UNKNOWN
    else:
        code = Code.SOME_UNMET if counts["met"] else Code.NONE_MET
    told = {event: None for part in parts if part.outcome == outcome for event in part.evidence}
    evidence = tuple(sorted(told, key=lambda event: event.order))
    return Verdict(condition, outcome, Reason(code, counts), evidence, parts)


def _least(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    found = set(outcomes)
    return "not_met" if "not_met" in found else "unknown" if "unknown" in found else "met"


def _best(outcomes: Iterable[GateOutcome]) -> GateOutcome:
    found = set(outcomes)
    return "met" if "met" in found else "unknown" if "unknown" in found else "not_met"
