"""How much of what was heard is enough to judge gaps: for a list of thousands of deals the rest need not be read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sop.deals.conditions import Condition, Heard, leaves
from sop.deals.judgement import since
from sop.deals.pipeline import Pipeline


@dataclass(frozen=True, slots=True)
class Sufficiency:
    """Which events conditions can tell apart, and how many of one sort are enough.

    Events of one name, speaker and doubt, with a value in the same of ``slots``, in calls between the same two of
    ``days`` ago (and, with ``by_call``, in the same call) differ by their confidence only: the ``most`` surest of them
    meet whatever all of them would, and the latest one tells how long ago the last was.
    """

    events: frozenset[str]
    most: int
    days: tuple[int, ...]
    slots: tuple[str, ...]
    by_call: bool

    def stretch(self, at: datetime, now: datetime) -> int:
        """Between which of ``days`` ago ``at`` lies: how many of them it is within."""
        return sum(1 for days in self.days if (first := since(now, days)) is not None and at >= first)


def sufficiency(pipelines: Iterable[Pipeline], further: Iterable[Condition] = ()) -> Sufficiency:
    """What is enough for the gates of these pipelines and ``further`` conditions."""
    criteria = (condition for pipeline in pipelines for stage in pipeline.stages for condition in stage.criteria)
    heard = [leaf for leaf in leaves([*criteria, *further]) if isinstance(leaf, Heard)]
    return Sufficiency(
        events=frozenset(event for each in heard for event in each.events),
        most=max((each.min_count for each in heard), default=1),
        days=tuple(sorted({each.within_days for each in heard if each.within_days is not None})),
        slots=tuple(sorted({each.slot for each in heard if each.slot is not None})),
        by_call=any(each.roles for each in heard),
    )
