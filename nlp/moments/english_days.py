"""Which days words for days mean in English: a match of :mod:`nlp.moments.english` and today, to days."""

from __future__ import annotations

import re
from datetime import date

from nlp.moments import days
from nlp.moments.days import Days, Part
from nlp.moments.english_words import ORDINALS, month_number, ordinal, small_number, weekday_number


def _one(day: date | None) -> Days | None:
    return days.one(day) if day else None


def counted(match: re.Match[str], today: date) -> Days | None:
    """Yesterday, tomorrow, tomorrow week."""
    named = re.sub(r"\s+", " ", match["day"].lower())
    ahead = {"yesterday": -1, "tomorrow": 1, "day after tomorrow": 2, "tomorrow week": 8}.get(named, 0)
    return _one(days.later(today, ahead))


def weekday(match: re.Match[str], today: date) -> Days | None:
    """Friday: the one to come, or that of a week."""
    number, which = weekday_number(match["weekday"]), (match["which"] or "").lower()
    after = re.sub(r"\s+", " ", (match["after"] or "").lower())
    to_come = days.weekday_to_come(today, number, or_today=which == "this")
    if after in ("next week", "of next week") or (which == "next" and not after):
        return _one(days.weekday_of(today, number, 1))
    if which == "last":
        return _one(days.later(to_come, -7))
    if after == "this week":
        return _one(days.weekday_of(today, number, 0))
    return _one(days.later(to_come, 7 if after in ("week", "after next") or match["weekon"] else 0))


def day_number(match: re.Match[str], today: date) -> Days | None:
    """The fifth, of this month or the next."""
    number, of = ordinal(match["day"]), (match["of"] or "").lower()
    if of:
        return _one(days.day_of(today, number, 1 if of == "next" else 0))
    return _one(days.day_of_month(today, number))


def day_of_month(match: re.Match[str], today: date) -> Days | None:
    """The fifth of March."""
    year = int(match["year"]) if match["year"] else None
    return _one(days.day_of_named(today, month_number(match["month"]), ordinal(match["day"]), year))


def nth_weekday(match: re.Match[str], today: date) -> Days | None:
    """The third Monday of a month: of the one that is named, or the next to come."""
    nth, weekday = match["nth"].lower(), weekday_number(match["day"])
    if match["month"]:
        starts = [days.day_of_named(today, month_number(match["month"]), 1, today.year + ahead) for ahead in (0, 1)]
    else:
        first = 1 if match["of"] == "next" else 0
        starts = [days.day_of(today, 1, ahead) for ahead in range(first, first + 2)]
    found = (days.nth_weekday(start, weekday, ORDINALS.get(nth)) for start in starts if start)
    return _one(next((day for day in found if day and day >= today), None))


def named_month(match: re.Match[str], today: date) -> Days | None:
    """March, the end of March, the second week of March."""
    year = int(match["year"]) if match["year"] else None
    month = month_number(match["month"])
    if nth := match.groupdict().get("nth"):
        first = days.day_of_named(today, month, 7 * ORDINALS[nth.lower()] - 6, year)
        return Days(first, days.later(first, 6)) if first else None
    return days.named_month(today, month, _part(match["part"]), year)


def _part(text: str | None) -> Part:
    word = (text or "").lower()
    if word.startswith(("end", "late")):
        return "last"
    return "first" if word.startswith(("beg", "start", "early")) else "middle" if word.startswith("mid") else "all"


def stretch(match: re.Match[str], today: date) -> Days | None:
    """This, next or last week, month, quarter or year, or its beginning, middle or end."""
    ahead = {"last": -1, "next": 1, "following": 1, "coming": 1}.get((match["which"] or "").lower().split()[-1:][0], 0)
    part, unit = _part(match["part"]), match["unit"].lower()
    if unit == "week":
        return days.week(today, ahead, part)
    if unit == "month":
        return days.month(today, ahead, part)
    if unit == "quarter":
        return days.quarter(today, ahead)
    return days.year(today, ahead, part).from_day(today)


def weekend(match: re.Match[str], today: date) -> Days | None:
    """This, next or last weekend."""
    which = (match["which"] or "").lower()
    return days.weekend(today, {"next": 1, "last": -1}.get(which, 0))


def later(match: re.Match[str], today: date) -> Days | None:
    """ "in two weeks", "within three working days", "ten days from now"."""
    many, unit = small_number(match["n"]), re.sub(r"\s+", " ", match["unit"].lower())
    if many is None:
        return None
    if "day" in unit and unit not in ("day", "days"):
        day = days.working_days_later(today, many)
    elif unit.startswith(("month", "year")):
        day = days.months_later(today, many * (12 if unit.startswith("year") else 1))
    elif unit.startswith(("minute", "hour", "min")):
        day = today
    else:
        day = days.later(today, many * (14 if unit.startswith("fortnight") else 7 if unit.startswith("week") else 1))
    return Days(today, day) if re.match("within|inside|over", match.group(), re.I) and day > today else _one(day)


def vague(match: re.Match[str], today: date) -> Days | None:
    """Some day: words for days that name none."""
    return None


def of_today(match: re.Match[str], today: date) -> Days | None:
    """What is said of times within this day."""
    return _one(today)


def stretch_of_this(match: re.Match[str], today: date) -> Days | None:
    """ "End of month", said without an article, of the one that runs."""
    part, unit = _part(match["part"]), match["unit"].lower()
    made = {"week": days.week(today, 0, part), "month": days.month(today, 0, part), "year": days.year(today, 0, part)}
    return made.get(unit, days.quarter(today, 0)).from_day(today)


def unit_end(match: re.Match[str], today: date) -> Days | None:
    """Week-end, month-end, year-end."""
    unit = match["unit"].lower()
    if unit == "week":
        return days.weekend(today)
    made = {"month": days.month(today, 0, "last"), "year": days.year(today, 0, "last")}
    return made.get(unit, days.quarter(today, 0)).from_day(today)
