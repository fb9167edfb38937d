"""What is odd about the conversion of a lead. What calls can't tell is unknown, and no reason to suspect anyone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sop.deals.points_rules import Checks
from sop.deals.points_sentences import SuspicionReason

_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class LeadTalk:
    """A call with the lead's number before it was converted.

    ``answered`` is None while nobody knows whether people spoke in it; then ``duration_ms`` tells nothing either.
    """

    at: datetime
    duration_ms: int
    answered: bool | None


@dataclass(frozen=True, slots=True)
class LostLead:
    """A lead of the same number that the rep who converted had lost before, and what it is called."""

    name: str
    lost_at: datetime


@dataclass(frozen=True, slots=True)
class ClaimedStage:
    """What the deal claims and the most that its calls could verify, with how many stages lie between."""

    claimed: str
    verified: str
    stages: int


@dataclass(frozen=True, slots=True)
class Conversion:
    """A lead that became a deal, as all checks need it. ``same_phone`` names earlier conversions of its number."""

    converted_at: datetime
    owned_since: datetime | None
    talks: tuple[LeadTalk, ...] = ()
    same_phone: tuple[str, ...] = ()
    lost: tuple[LostLead, ...] = ()
    stage: ClaimedStage | None = None


def suspicions(checks: Checks, conversion: Conversion) -> tuple[SuspicionReason, ...]:
    """All that is odd about a conversion; empty where nothing is."""
    return tuple(
        reason
        for found in (_talks(checks, conversion), _haste(checks, conversion), _repeats(checks, conversion))
        for reason in found
    )


def _talks(checks: Checks, conversion: Conversion) -> Iterator[SuspicionReason]:
    talks = [talk for talk in conversion.talks if talk.at <= conversion.converted_at]
    if any(talk.answered is None for talk in talks):
        return
    answered = [talk for talk in talks if talk.answered]
    if not answered:
        yield SuspicionReason("no_verified_call", {"calls": len(talks)})
        return
    longest = max(talk.duration_ms for talk in answered)
    if longest < checks.shortest_call_s * 1000:
        yield SuspicionReason("short_calls", {"longest_s": longest // 1000, "limit_s": checks.shortest_call_s})


def _haste(checks: Checks, conversion: Conversion) -> Iterator[SuspicionReason]:
    if conversion.owned_since is not None:
        minutes = max(0, (conversion.converted_at - conversion.owned_since) // _MINUTE)
        if minutes < checks.converted_within_minutes:
            yield SuspicionReason("converted_at_once", {"minutes": minutes, "limit": checks.converted_within_minutes})
    stage = conversion.stage
    if stage is not None and stage.stages >= checks.stages_beyond:
        params: dict[str, str | int] = {"claimed": stage.claimed, "verified": stage.verified, "stages": stage.stages}
        yield SuspicionReason("claimed_beyond", params)


def _repeats(checks: Checks, conversion: Conversion) -> Iterator[SuspicionReason]:
    if conversion.same_phone:
        yield SuspicionReason("same_phone", {"others": ", ".join(conversion.same_phone)})
    since = conversion.owned_since or conversion.converted_at
    for lead in sorted(conversion.lost, key=lambda lead: lead.lost_at, reverse=True):
        days = (since - lead.lost_at).days
        if timedelta() <= since - lead.lost_at < timedelta(days=checks.recycled_within_days):
            yield SuspicionReason("recycled", {"days": days, "other": lead.name})
            return
