"""When a next step is due, read from what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from sop.events import Slot


@dataclass(frozen=True, slots=True)
class Due:
    """The days on which a step is due, ``first`` to ``last``, by the clock of the place of its call.

    ``at`` is the moment where one was said, no part of a day. Where no day was said (``is_said`` is False) they run
    from the day of the call to a set number of days after it.
    """

    first: date
    last: date
    at: datetime | None = None
    is_said: bool = True

    def overlaps(self, other: Due) -> bool:
        """Whether some day is in both."""
        return self.first <= other.last and other.first <= self.last

    def narrowed(self, other: Due) -> Due:
        """The one that says more: a day over none, fewer days over more, a time over none."""
        if self.is_said != other.is_said:
            return self if self.is_said else other
        return min(self, other, key=lambda due: (due.last - due.first, due.at is None))


def due_of(slot: Slot) -> Due | None:
    """The days of a ``when`` slot; None where its words are too vague, or say a time without its day."""
    if not isinstance(slot.value, str):
        return None
    first, _, last = slot.value.partition("/")
    begin, end = _moment(first), _moment(last or first)
    if begin is None or end is None:
        return None
    day, last_day = _day(begin), _day(end)
    if last_day < day:
        return None
    return Due(day, last_day, begin if isinstance(begin, datetime) and begin == end else None)


def undated(at: datetime, days: int) -> Due:
    """The days of a step without any, agreed ``at``."""
    return Due(at.date(), at.date() + timedelta(days=days), is_said=False)


def local_day(at: datetime, zone: tzinfo | None) -> date:
    """The day of ``at`` by the clock of ``zone``."""
    return at.astimezone(zone).date() if zone else at.date()


def _moment(text: str) -> date | datetime | None:
    try:
        return datetime.fromisoformat(text) if "T" in text else date.fromisoformat(text)
    except ValueError:
        return None


def _day(moment: date | datetime) -> date:
    return moment.date() if isinstance(moment, datetime) else moment
