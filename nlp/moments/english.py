"""Words for days and times in English. Pure; see :mod:`nlp.moments.moment` for what they mean together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

from nlp.moments import days
from nlp.moments.days import Days, Part
from nlp.moments.english_clocks import clock_pieces, part_pieces
from nlp.moments.english_words import (
    COUNT,
    FOLLOWS,
    MONTH,
    ORDINAL_UNITS,
    ORDINALS,
    WEEKDAY,
    month_number,
    ordinal,
    small_number,
    weekday_number,
)
from nlp.moments.pieces import PartOfDay, Piece

_LARGE_ORDINAL = "|".join(word.replace(" ", r"[\s-]") for word, value in ORDINALS.items() if value > 9)
_SMALL_ORDINAL = "|".join(ORDINAL_UNITS)
_DAY_NUMBER = rf"\d{{1,2}}(?:st|nd|rd|th)|(?:{_LARGE_ORDINAL})|(?:{_SMALL_ORDINAL})"
_BY = r"(?:(?:no later than|by|before|until|till|within)\s+)?"

_Maker = Callable[[re.Match[str], date], Days | None]


def pieces(text: str, today: date) -> list[Piece]:
    """All words for days and times in a turn, in the order of their kinds; they may overlap."""
    return [*_day_pieces(text, today), *clock_pieces(text), *part_pieces(text)]


def _day_pieces(text: str, today: date) -> Iterator[Piece]:
    for pattern, maker, narrows in _forms():
        for match in pattern.finditer(text):
            made = maker(match, today)
            if (
                made is not None
                and not made.is_one
                and re.match(r"no later|by|before|until|till|within", match.group(), re.I)
            ):
                made = Days(min(today, made.first), made.last)
            evening: PartOfDay | None = "evening" if match.group().lower().endswith("tonight") else None
            yield Piece(match.start(), match.end(), "day", made, narrows, _bare_weekday(match), part=evening)


def _bare_weekday(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    qualified = groups.get("which") or groups.get("after") or groups.get("weekon")
    return None if qualified or not groups.get("weekday") else weekday_number(groups["weekday"])


def _one(day: date | None) -> Days | None:
    return days.one(day) if day else None


def _counted(match: re.Match[str], today: date) -> Days | None:
    named = re.sub(r"\s+", " ", match["day"].lower())
    ahead = {"yesterday": -1, "tomorrow": 1, "day after tomorrow": 2, "tomorrow week": 8}.get(named, 0)
    return _one(days.later(today, ahead))


def _weekday(match: re.Match[str], today: date) -> Days | None:
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


def _day_number(match: re.Match[str], today: date) -> Days | None:
    number, of = ordinal(match["day"]), (match["of"] or "").lower()
    if of:
        return _one(days.day_of(today, number, 1 if of == "next" else 0))
    return _one(days.day_of_month(today, number))


def _day_of_month(match: re.Match[str], today: date) -> Days | None:
    year = int(match["year"]) if match["year"] else None
    return _one(days.day_of_named(today, month_number(match["month"]), ordinal(match["day"]), year))


def _nth_weekday(match: re.Match[str], today: date) -> Days | None:
    """The third Monday of a month: of the one that is named, or the next to come."""
    nth, weekday = match["nth"].lower(), weekday_number(match["day"])
    if match["month"]:
        starts = [days.day_of_named(today, month_number(match["month"]), 1, today.year + ahead) for ahead in (0, 1)]
    else:
        first = 1 if match["of"] == "next" else 0
        starts = [days.day_of(today, 1, ahead) for ahead in range(first, first + 2)]
    found = (days.nth_weekday(start, weekday, ORDINALS.get(nth)) for start in starts if start)
    return _one(next((day for day in found if day and day >= today), None))


def _named_month(match: re.Match[str], today: date) -> Days | None:
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


def _stretch(match: re.Match[str], today: date) -> Days | None:
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


def _weekend(match: re.Match[str], today: date) -> Days | None:
    which = (match["which"] or "").lower()
    return days.weekend(today, {"next": 1, "last": -1}.get(which, 0))


def _later(match: re.Match[str], today: date) -> Days | None:
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


def _vague(match: re.Match[str], today: date) -> Days | None:
    return None


def _today(match: re.Match[str], today: date) -> Days | None:
    return _one(today)


@cache
def _forms() -> tuple[tuple[re.Pattern[str], _Maker, bool], ...]:
    year = r"(?:,?\s+(?P<year>20\d\d))?"
    month = rf"(?P<month>{MONTH})\b\.?"
    unit = r"(?P<unit>week|month|quarter|year)"
    span = r"minutes?|mins?|hours?|days?|(?:working|business)\s+days?|weeks?|fortnights?|months?|years?"
    guard = r"(?!\s+(?:floor|draft|version|quarter|time|one|thing|option|year|call|page|place)\b)"
    forms: tuple[tuple[str, _Maker, bool], ...] = (
        (rf"\b{_BY}(?:the\s+)?(?P<day>day\s+after\s+tomorrow|tomorrow(?:\s+week)?|today|yesterday)\b", _counted, False),
        (r"\b(?:later\s+)?(?P<day>tonight|this(?=\s+(?:morning|afternoon|evening|lunchtime)\b))", _counted, False),
        (
            rf"\b{_BY}(?<!every )(?<!each )(?<!\ba )(?P<weekon>a\s+week\s+(?:on|from)\s+)?(?:the\s+)?(?:(?P<which>next"
            rf"|this|last|coming|following)\s+(?:coming\s+)?)?"
            rf"(?P<weekday>{WEEKDAY})(?!s\b)\b(?:\s+(?P<after>(?:of\s+)?next\s+week|this\s+week|week\b"
            rf"|after\s+next))?",
            _weekday,
            False,
        ),
        (
            rf"\b{_BY}(?:on\s+)?(?:the\s+)(?P<day>{_DAY_NUMBER})\s+of\s+(?P<of>this|next)\s+month\b",
            _day_number,
            True,
        ),
        (
            rf"\b{_BY}(?:on\s+)?the\s+(?P<nth>first|second|third|fourth|last)\s+(?P<day>{WEEKDAY})\b"
            rf"(?:\s+(?:of|in)\s+(?:(?P<of>this|next|the)\s+month|{month}))?",
            _nth_weekday,
            False,
        ),
        (rf"\b{_BY}(?:the\s+)?(?P<day>{_DAY_NUMBER})\s+(?:of\s+)?{month}{year}", _day_of_month, True),
        (
            rf"\b{_BY}(?<!\d ){month}\s+(?:the\s+)?(?P<day>\d{{1,2}}(?:st|nd|rd|th)?(?![\d:,]\d)"
            rf"|{_DAY_NUMBER})\b{year}",
            _day_of_month,
            True,
        ),
        (rf"\b(?:by|before|until|till)\s+the\s+(?P<day>{_DAY_NUMBER})\b(?P<of>){guard}", _day_number, True),
        (rf"\b(?:the\s+)?(?P<day>\d{{1,2}}(?:st|nd|rd|th))\b(?P<of>){guard}", _day_number, True),
        (rf"\bthe\s+(?P<day>{_LARGE_ORDINAL})\b(?P<of>){guard}", _day_number, True),
        (
            rf"\b(?:(?<=on )|(?<=from )|(?<=for )|(?<=day ))the\s+(?P<day>{_SMALL_ORDINAL})\b(?P<of>)"
            rf"(?!\s+(?:{_SMALL_ORDINAL})\b){FOLLOWS}",
            _day_number,
            True,
        ),
        (rf"\b(?P<part>)(?:in|by|until|till|before|during)\s+{month}{year}(?!\s+\d)", _named_month, False),
        (
            rf"\b(?P<part>)the\s+(?P<nth>first|second|third|fourth)\s+week\s+(?:of|in)\s+{month}{year}",
            _named_month,
            False,
        ),
        (
            rf"\b{_BY}(?:the\s+)?(?:very\s+)?(?P<part>end|beginning|start|early|late|mid|middle)(?:\s+of"
            rf"|\s+in)?[\s-]+{month}{year}",
            _named_month,
            False,
        ),
        (
            rf"\b{_BY}(?:the\s+)?(?:very\s+)?(?P<part>end|beginning|start|early|late|later|mid|middle)"
            rf"(?:\s+(?:of|in|on))?[\s-]+"
            rf"(?P<which>the\s+next|the|this|next|last|the\s+following)\s+{unit}\b",
            _stretch,
            False,
        ),
        (
            rf"\b(?P<part>end|middle|start)\s+of\s+(?P<which>){unit}\b",
            lambda match, today: _stretch_of_this(match, today),
            False,
        ),
        (
            rf"\b{_BY}(?P<which>this|next|last|the\s+following|the\s+coming)\s+{unit}(?P<part>)\b(?!['’]s)",
            _stretch,
            False,
        ),
        (rf"\b{_BY}{unit}[\s-]end\b", lambda match, today: _unit_end(match, today), False),
        (r"\b(?:(?P<which>next|this|last|the|over\s+the)\s+)weekend\b", _weekend, False),
        (
            r"\b(?:by\s+|before\s+)?(?:the\s+)?(?:end\s+of\s+(?:the\s+day|day|play|business)|eod|cob"
            r"|close\s+of\s+(?:business|play))(?:\s+today)?\b",
            _today,
            False,
        ),
        (
            r"\blater\s+(?:on\s+)?today\b|\bright\s+after\s+(?:this|the)\s+(?:call|meeting)\b"
            r"|\bafter\s+this\s+(?:call|meeting)\b",
            _today,
            False,
        ),
        (
            rf"(?<!days )(?<!times )(?<!once )(?<!twice )\b(?:in|within|inside|over\s+the\s+next)\s+(?:about\s+"
            rf"|the\s+next\s+)?(?P<n>{COUNT})\s+(?P<unit>{span})\b(?:['’]s?\s+time)?(?!\s+(?:we|of)\b)",
            _later,
            False,
        ),
        (
            rf"\b(?P<n>{COUNT})\s+(?P<unit>days?|weeks?|fortnights?|months?)\s+(?:from\s+(?:now|today)|today)\b",
            _later,
            False,
        ),
        (
            rf"\b(?:in|within|over)\s+(?:the\s+next\s+)?(?:an?\s+)?(?:couple\s+of|couple|few"
            rf"|the\s+next\s+few)\s+(?:{span})\b",
            _vague,
            False,
        ),
        (
            r"\b(?:after|before|over|until)\s+(?:the\s+)?(?:christmas|xmas|easter|thanksgiving|new\s+year"
            r"|holidays?|summer|diwali|eid)\b",
            _vague,
            False,
        ),
    )
    return tuple((re.compile(pattern, re.I), maker, narrows) for pattern, maker, narrows in forms)


def _stretch_of_this(match: re.Match[str], today: date) -> Days | None:
    """ "End of month", said without an article, of the one that runs."""
    part, unit = _part(match["part"]), match["unit"].lower()
    made = {"week": days.week(today, 0, part), "month": days.month(today, 0, part), "year": days.year(today, 0, part)}
    return made.get(unit, days.quarter(today, 0)).from_day(today)


def _unit_end(match: re.Match[str], today: date) -> Days | None:
    unit = match["unit"].lower()
    if unit == "week":
        return days.weekend(today)
    made = {"month": days.month(today, 0, "last"), "year": days.year(today, 0, "last")}
    return made.get(unit, days.quarter(today, 0)).from_day(today)
