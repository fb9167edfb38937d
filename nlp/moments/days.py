"""Days as people name them, counted from a day: weekdays, parts of months, so many weeks on. Pure.

The rules by which ambiguous days are told:

- a weekday alone is the next one to come, never today; 这周三 and 下周三 are the Wednesdays of this week and of the
  next (weeks begin on Monday), and so is "next Wednesday"; "this Wednesday" is the next one, which may be today;
- a day of the month that is past belongs to the next month, a month that is past to the next year;
- the beginning of a month is its first ten days, the middle the 11th to the 20th, the end its last five days; the
  beginning of a week is Monday and Tuesday, its end Thursday and Friday; the weekend is Saturday and Sunday;
- a stretch that has begun already begins today.
"""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

Part = Literal["first", "middle", "last", "all"]

_WEEK = 7
_LATEST_YEAR = 9000
"""So that no arithmetic leaves the calendar."""


@dataclass(frozen=True, slots=True)
class Days:
    """The days from ``first`` to ``last``, both included."""

    first: date
    last: date

    @property
    def is_one(self) -> bool:
        """Whether it is a single day."""
        return self.first == self.last

    def from_day(self, today: date) -> Days:
        """What is left of a stretch from ``today`` on; one that is over stays as it is."""
        return replace(self, first=max(self.first, today)) if self.last >= today else self


def one(day: date) -> Days:
    """A single day."""
    return Days(day, day)


def later(today: date, days: int) -> date:
    """The day so many days on (or back), kept inside the calendar."""
    at = min(max(today.toordinal() + days, 1), date(_LATEST_YEAR, 12, 31).toordinal())
    return date.fromordinal(at)


def working_days_later(today: date, days: int) -> date:
    """The day so many days from Monday to Friday on; holidays are not known."""
    day = today
    for _ in range(min(days, 400)):
        day = later(day, 1)
        while day.weekday() >= 5:
            day = later(day, 1)
    return day


def months_later(today: date, months: int) -> date:
    """The same day of the month so many months on, or the last day of a shorter month."""
    year, month = _month(today, months)
    return date(year, month, min(today.day, monthrange(year, month)[1]))


def weekday_to_come(today: date, weekday: int, *, or_today: bool = False) -> date:
    """The next day of that name (0 is Monday)."""
    ahead = (weekday - today.weekday()) % _WEEK
    return later(today, ahead if ahead or or_today else _WEEK)


def weekday_of(today: date, weekday: int, weeks: int) -> date:
    """That day of the week ``weeks`` after this one, which may be past."""
    return later(today, weekday - today.weekday() + _WEEK * weeks)


def week(today: date, weeks: int, part: Part = "all") -> Days:
    """The week ``weeks`` after this one, or a part of it."""
    first, last = {"first": (0, 1), "middle": (2, 2), "last": (3, 4), "all": (0, 6)}[part]
    return Days(weekday_of(today, first, weeks), weekday_of(today, last, weeks)).from_day(today)


def weekend(today: date, weeks: int = 0) -> Days:
    """Saturday and Sunday of the week ``weeks`` after this one."""
    return Days(weekday_of(today, 5, weeks), weekday_of(today, 6, weeks)).from_day(today)


def month(today: date, months: int, part: Part = "all") -> Days:
    """The month ``months`` after this one, or a part of it."""
    return _part_of_month(*_month(today, months), part).from_day(today)


def named_month(today: date, number: int, part: Part = "all", year: int | None = None) -> Days:
    """The month of that number: this year's, next year's when that is past, or that of a given year."""
    days = _part_of_month(year or today.year, number, part)
    if year is None and days.last < today:
        days = _part_of_month(today.year + 1, number, part)
    return days.from_day(today)


def quarter(today: date, quarters: int) -> Days:
    """The three months ``quarters`` after this quarter."""
    months = 3 * quarters - (today.month - 1) % 3
    first, last = _month(today, months), _month(today, months + 2)
    return Days(date(*first, 1), _part_of_month(*last, "all").last).from_day(today)


def year(today: date, years: int, part: Part = "all") -> Days:
    """The year ``years`` after this one; its beginning is January, its middle June and July, its end December."""
    number = min(today.year + years, _LATEST_YEAR)
    first, last = {"first": (1, 1), "middle": (6, 7), "last": (12, 12), "all": (1, 12)}[part]
    return Days(date(number, first, 1), _part_of_month(number, last, "all").last).from_day(today)


def day_of_month(today: date, day: int) -> date | None:
    """The next such day, today included; None when there is none in this month or the next."""
    this = _date(today.year, today.month, day)
    return this if this and this >= today else _date(*_month(today, 1), day)


def day_of(today: date, day: int, months: int) -> date | None:
    """That day of the month ``months`` after this one; None when it has no such day."""
    return _date(*_month(today, months), day)


def day_of_named(today: date, month: int, day: int, year: int | None = None) -> date | None:
    """The 5th of March: this year's, next year's when that is past, or that of a given year."""
    found = _date(year or today.year, month, day)
    if year is None and found and found < today:
        return _date(today.year + 1, month, day)
    return found


def nth_weekday(start: date, weekday: int, nth: int | None) -> date | None:
    """The first, second … such day of the month that begins at ``start``, the last for None."""
    named = [day for day in (later(start, ahead) for ahead in range(31)) if day.weekday() == weekday]
    named = [day for day in named if day.month == start.month]
    if nth is None:
        return named[-1]
    return named[nth - 1] if nth <= len(named) else None


def _month(today: date, months: int) -> tuple[int, int]:
    years, number = divmod(today.month - 1 + months, 12)
    return min(today.year + years, _LATEST_YEAR), number + 1


def _part_of_month(year: int, month: int, part: Part) -> Days:
    end = date(year, month, monthrange(year, month)[1])
    return {
        "first": Days(date(year, month, 1), date(year, month, 10)),
        "middle": Days(date(year, month, 11), date(year, month, 20)),
        "last": Days(end - timedelta(days=4), end),
        "all": Days(date(year, month, 1), end),
    }[part]


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None
