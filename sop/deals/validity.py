"""How long a judged gap stays true while nothing but time passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sop.deals.conditions import Condition, Heard, SpokenTo, leaves
from sop.deals.facts import DealFacts
from sop.deals.pipeline import Pipeline

_END_OF_TIME = datetime.max.replace(tzinfo=UTC)


def valid_until(pipeline: Pipeline, facts: DealFacts, now: datetime) -> datetime | None:
    """The last moment at which the gap judged at ``now`` is still the deal's, if nothing else changes.

    None for ever: no condition counts days, or the deal is closed and they are counted back from its close.
    """
    close = facts.counted_from(_END_OF_TIME)
    if facts.outcome != "open" and close <= now:
        return None
    moments = {call.at for call in facts.calls} | {event.at for event in facts.events}
    ends = (at.astimezone(UTC) + timedelta(days=days) for days in _windows(pipeline, facts) for at in moments)
    found = [end for end in ends if end >= now]
    if facts.outcome != "open":
        found.append(close)
    return min(found, default=None)


def _windows(pipeline: Pipeline, facts: DealFacts) -> set[int]:
    """The days that conditions look back."""
    asked: list[Condition] = [condition for stage in pipeline.stages for condition in stage.criteria]
    asked.extend(condition for _, condition in facts.guards)
    timed = (each for each in leaves(asked) if isinstance(each, Heard | SpokenTo))
    return {each.within_days for each in timed if each.within_days is not None}
