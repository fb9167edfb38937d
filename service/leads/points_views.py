"""What is shown of performance points: frozen values that pages, API and commands answer with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sop.deals.facts import EventFact
from sop.deals.periods import Period
from sop.deals.points_rules import PointsRules
from sop.deals.points_sentences import SuspicionReason
from sop.procedure import Wording


@dataclass(frozen=True, slots=True)
class PointsLine:
    """Points of one stage of one deal. ``share`` in (0, 1] is the rep's part; ``evidence`` is of their own calls."""

    opportunity: str
    account: str
    name: str
    stage: str
    stage_title: Wording
    at: datetime
    points: float
    share: float
    grade: str | None
    evidence: tuple[EventFact, ...]

    def to_json(self) -> dict[str, Any]:
        return {
            "opportunity": self.opportunity,
            "account": self.account,
            "name": self.name,
            "stage": self.stage,
            "verified_at": self.at.isoformat(),
            "points": self.points,
            "share": round(self.share, 4),
            "lead_grade": self.grade,
            "evidence": [
                {
                    "call": event.call,
                    "event": event.event,
                    "start_ms": event.start_ms,
                    "end_ms": event.end_ms,
                    "speaker": event.speaker,
                    "quote": event.quote,
                }
                for event in self.evidence
            ],
        }


@dataclass(frozen=True, slots=True)
class RepPoints:
    """What one rep earned in a period; ``lines`` oldest first."""

    user_id: uuid.UUID
    name: str
    team: str | None
    total: float
    lines: tuple[PointsLine, ...]

    def to_json(self) -> dict[str, Any]:
        return {"rep": self.name, "team": self.team, "points": self.total, "lines": [e.to_json() for e in self.lines]}


@dataclass(frozen=True, slots=True)
class SuspiciousConversion:
    """A conversion of a lead with what is odd about it, at least one thing. ``stages`` are titles by id."""

    lead_id: uuid.UUID
    lead: str
    opportunity: str
    rep: str
    converted_at: datetime
    reasons: tuple[SuspicionReason, ...]
    stages: Mapping[str, Wording]

    def to_json(self) -> dict[str, Any]:
        return {
            "lead": str(self.lead_id),
            "name": self.lead,
            "opportunity": self.opportunity,
            "rep": self.rep,
            "converted_at": self.converted_at.isoformat(),
            "reasons": [reason.to_json() for reason in self.reasons],
        }


@dataclass(frozen=True, slots=True)
class PointsReport:
    """The points of the people whose work the viewer sees, most first, and the suspicious conversions of theirs."""

    period: Period
    rules: PointsRules
    people: tuple[RepPoints, ...]
    suspicious: tuple[SuspiciousConversion, ...]

    @property
    def total(self) -> float:
        return round(sum(person.total for person in self.people), 2)

    def to_json(self) -> dict[str, Any]:
        return {
            "period": self.period.name,
            "from": self.period.start.isoformat(),
            "until": self.period.end.isoformat(),
            "people": [person.to_json() for person in self.people],
            "suspicious": [conversion.to_json() for conversion in self.suspicious],
        }
