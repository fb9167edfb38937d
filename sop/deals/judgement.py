"""What became of one thing that was asked of a deal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Literal

from sop.deals.facts import EventFact
from sop.deals.reasons import Reason


@dataclass(frozen=True, slots=True)
class Judgement:
    """The outcome, why, and the events it was judged by, in order of time."""

    outcome: Literal["met", "not_met", "unknown"]
    reason: Reason
    evidence: tuple[EventFact, ...] = ()


def since(until: datetime, within_days: int | None) -> datetime | None:
    """The first moment that still counts, days being 24 hours on any clock; None for however long ago."""
    return None if within_days is None else until.astimezone(UTC) - timedelta(days=within_days)


def day(at: datetime) -> str:
    """The day of a moment by its own clock, ISO 8601."""
    return at.date().isoformat()
