"""Leads: what one is worth, whose turn it is to get it, and until when they keep it. Pure; the clock is an argument."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from sop.deals.pool import GRADES, Act, AssignmentRule, FieldTest, Grading, How, LeadGrade, Limits
from sop.deals.pool_sentences import LeadReason

FULL = 100.0

Part = Literal["source", "completeness", "actions"]


@dataclass(frozen=True, slots=True)
class LeadCall:
    """A call with the lead's number. ``answered`` is None while nobody knows whether people spoke in it."""

    at: datetime
    answered: bool | None
    events: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class LeadFacts:
    """All that grading and assignment know of a lead. ``fields`` holds what is known, by name, without empty texts."""

    source: str | None = None
    fields: Mapping[str, str] = field(default_factory=dict)
    calls: tuple[LeadCall, ...] = ()
    grade: str | None = None


@dataclass(frozen=True, slots=True)
class GradePart:
    """One part of a grade: ``score`` in [0, 100], its ``weight``, and why."""

    part: Part
    score: float
    weight: float
    reason: LeadReason

    def to_json(self) -> dict[str, Any]:
        return {"part": self.part, "score": self.score, "weight": self.weight, **self.reason.to_json()}


@dataclass(frozen=True, slots=True)
class GradeResult:
    """A grade with its ``score`` in [0, 100] and the parts it was told from."""

    grade: LeadGrade
    score: float
    parts: tuple[GradePart, ...]


@dataclass(frozen=True, slots=True)
class Candidate:
    """Someone who could get a lead: what they hold, what they may hold, and when the rule last gave them one."""

    id: str
    holds: int
    capacity: int
    last_given_at: datetime | None = None


def grade(grading: Grading, lead: LeadFacts) -> GradeResult:
    """What a lead is worth: the weighted mean of its parts, as a letter."""
    parts = (
        _source_part(grading, lead),
        _completeness_part(grading, lead),
        _actions_part(grading, lead),
    )
    total = sum(part.weight for part in parts)
    score = sum(part.score * part.weight for part in parts) / total if total else 0.0
    reached = sum(score < limit for limit in grading.limits)
    return GradeResult(GRADES[reached], round(score, 1), parts)


def _source_part(grading: Grading, lead: LeadFacts) -> GradePart:
    weight = grading.source_weight
    if not lead.source:
        return GradePart("source", 0.0, weight, LeadReason("no_source"))
    wanted = lead.source.casefold()
    for source in grading.sources:
        if wanted in {name.casefold() for name in (source.name, *source.also)}:
            reason = LeadReason("source", {"source": lead.source, "worth": source.worth})
            return GradePart("source", source.worth, weight, reason)
    reason = LeadReason("other_source", {"source": lead.source, "worth": grading.other_source})
    return GradePart("source", grading.other_source, weight, reason)


def _completeness_part(grading: Grading, lead: LeadFacts) -> GradePart:
    known = tuple(name for name in grading.complete if lead.fields.get(name))
    missing = tuple(name for name in grading.complete if name not in known)
    score = FULL * len(known) / len(grading.complete) if grading.complete else FULL
    code = "complete" if not missing else "partly_complete" if known else "nothing_known"
    reason = LeadReason(code, {"known": known, "missing": missing})
    return GradePart("completeness", score, grading.completeness_weight, reason)


def _actions_part(grading: Grading, lead: LeadFacts) -> GradePart:
    earned = sum(act.worth for act in grading.acts if count(act, lead.calls) >= act.at_least)
    called, answered = len(lead.calls), sum(call.answered is True for call in lead.calls)
    wanted = {event for act in grading.acts for event in act.events}
    heard = tuple(sorted({event for call in lead.calls for event in call.events if event in wanted}))
    code = "not_called" if not called else "heard" if heard else "called"
    reason = LeadReason(code, {"called": called, "answered": answered, "events": heard})
    return GradePart("actions", min(earned, FULL), grading.actions_weight, reason)


def count(act: Act, calls: Sequence[LeadCall]) -> int:
    """In how many calls an act was done."""
    if act.kind == "called":
        return len(calls)
    if act.kind == "answered":
        return sum(call.answered is True for call in calls)
    return sum(bool(call.events.intersection(act.events)) for call in calls)


def rule_for(rules: Sequence[AssignmentRule], lead: LeadFacts) -> AssignmentRule | None:
    """The first rule whose tests the lead passes."""
    return next((rule for rule in rules if all(passes(test, lead) for test in rule.tests)), None)


def passes(test: FieldTest, lead: LeadFacts) -> bool:
    """Whether the lead passes; a field that is not known passes no test."""
    value = {"source": lead.source, "grade": lead.grade}.get(test.field) or lead.fields.get(test.field)
    if not value:
        return False
    folded = value.strip().casefold()
    is_one = folded in {wanted.casefold() for wanted in test.values}
    return is_one or any(folded.startswith(prefix.casefold()) for prefix in test.prefixes)


def choose(how: How, candidates: Sequence[Candidate]) -> Candidate | None:
    """Whose turn it is; None when all are full.

    Round robin: who has waited longest since the rule last gave them one. Least loaded: who holds fewest, then who
    has waited longest. Ties go by the order of ``candidates``, so that the same question has the same answer.
    """
    free = [candidate for candidate in candidates if candidate.holds < candidate.capacity]
    if not free:
        return None

    def waited(candidate: Candidate) -> tuple[bool, float]:
        last = candidate.last_given_at
        return (last is not None, last.timestamp() if last else 0.0)

    if how == "least_loaded":
        return min(free, key=lambda candidate: (candidate.holds, *waited(candidate)))
    return min(free, key=waited)


def due_at(limits: Limits, owned_since: datetime, last_action_at: datetime | None) -> datetime:
    """When a lead flows back: so long after the last call since it has its owner, else so long after it came."""
    if last_action_at is not None and last_action_at >= owned_since:
        return last_action_at + timedelta(days=limits.action_days)
    return owned_since + timedelta(hours=limits.first_contact_hours)


def kept_away_until(limits: Limits, lost_at: datetime | None, now: datetime) -> datetime | None:
    """Until when someone who lost a lead at ``lost_at`` can't claim it; None when they can."""
    if lost_at is None:
        return None
    until = lost_at + timedelta(days=limits.keep_away_days)
    return until if until > now else None
