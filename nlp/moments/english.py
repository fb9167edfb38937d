"""Words for days and times in English. Pure; see :mod:`nlp.moments.moment` for what they mean together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

from nlp.moments.days import Days
from nlp.moments.english_clocks import clock_pieces, part_pieces
from nlp.moments.english_days import (
    counted,
    day_number,
    day_of_month,
    later,
    named_month,
    nth_weekday,
    of_today,
    stretch,
    stretch_of_this,
    unit_end,
    vague,
    weekday,
    weekend,
)
from nlp.moments.english_words import (
    COUNT,
    FOLLOWS,
    MONTH,
    ORDINAL_UNITS,
    ORDINALS,
    WEEKDAY,
    weekday_number,
)
from nlp.moments.pieces import PartOfDay, Piece

_LARGE_ORDINAL = "|".join(word.replace(" ", r"[\s-]") for word, value in ORDINALS.items() if value > 9)
_SMALL_ORDINAL = "|".join(ORDINAL_UNITS)
_DAY_NUMBER = rf"\d{{1,2}}(?:st|nd|rd|th)|(?:{_LARGE_ORDINAL})|(?:{_SMALL_ORDINAL})"
_BY = r"(?:(?:no later than|by|before|until|till|within)\s+)?"
_YEAR = r"(?:,?\s+(?P<year>20\d\d))?"
_MONTH = rf"(?P<month>{MONTH})\b\.?"
_UNIT = r"(?P<unit>week|month|quarter|year)"
_SPAN = r"minutes?|mins?|hours?|days?|(?:working|business)\s+days?|weeks?|fortnights?|months?|years?"
_GUARD = r"(?!\s+(?:floor|draft|version|quarter|time|one|thing|option|year|call|page|place)\b)"

_Form = tuple[str, Callable[[re.Match[str], date], Days | None], bool]
"""How it is said, which days it means, and whether it narrows what is said beside it."""


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


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Days | None], bool], ...]:
    forms = (
        *_named_days(),
        *_dates(),
        *_day_numbers(),
        *_months(),
        *_stretches(),
        *_within_today(),
        *_counts(),
        *_vague(),
    )
    return tuple((re.compile(pattern, re.I), maker, narrows) for pattern, maker, narrows in forms)


def _named_days() -> tuple[_Form, ...]:
    """Days by their own names, and days of weeks."""
    return (
        (rf"\b{_BY}(?:the\s+)?(?P<day>day\s+after\s+tomorrow|tomorrow(?:\s+week)?|today|yesterday)\b", counted, False),
        (r"\b(?:later\s+)?(?P<day>tonight|this(?=\s+(?:morning|afternoon|evening|lunchtime)\b))", counted, False),
        (
            rf"\b{_BY}(?<!every )(?<!each )(?<!\ba )(?P<weekon>a\s+week\s+(?:on|from)\s+)?(?:the\s+)?(?:(?P<which>next"
            rf"|this|last|coming|following)\s+(?:coming\s+)?)?"
            rf"(?P<weekday>{WEEKDAY})(?!s\b)\b(?:\s+(?P<after>(?:of\s+)?next\s+week|this\s+week|week\b"
            rf"|after\s+next))?",
            weekday,
            False,
        ),
    )


def _dates() -> tuple[_Form, ...]:
    """Days of months that are named."""
    return (
        (
            rf"\b{_BY}(?:on\s+)?(?:the\s+)(?P<day>{_DAY_NUMBER})\s+of\s+(?P<of>this|next)\s+month\b",
            day_number,
            True,
        ),
        (
            rf"\b{_BY}(?:on\s+)?the\s+(?P<nth>first|second|third|fourth|last)\s+(?P<day>{WEEKDAY})\b"
            rf"(?:\s+(?:of|in)\s+(?:(?P<of>this|next|the)\s+month|{_MONTH}))?",
            nth_weekday,
            False,
        ),
        (rf"\b{_BY}(?:the\s+)?(?P<day>{_DAY_NUMBER})\s+(?:of\s+)?{_MONTH}{_YEAR}", day_of_month, True),
        (
            rf"\b{_BY}(?<!\d ){_MONTH}\s+(?:the\s+)?(?P<day>\d{{1,2}}(?:st|nd|rd|th)?(?![\d:,]\d)"
            rf"|{_DAY_NUMBER})\b{_YEAR}",
            day_of_month,
            True,
        ),
    )


def _day_numbers() -> tuple[_Form, ...]:
    """Days of the month that runs, or of the next."""
    return (
        (rf"\b(?:by|before|until|till)\s+the\s+(?P<day>{_DAY_NUMBER})\b(?P<of>){_GUARD}", day_number, True),
        (rf"\b(?:the\s+)?(?P<day>\d{{1,2}}(?:st|nd|rd|th))\b(?P<of>){_GUARD}", day_number, True),
        (rf"\bthe\s+(?P<day>{_LARGE_ORDINAL})\b(?P<of>){_GUARD}", day_number, True),
        (
            rf"\b(?:(?<=on )|(?<=from )|(?<=for )|(?<=day ))the\s+(?P<day>{_SMALL_ORDINAL})\b(?P<of>)"
            rf"(?!\s+(?:{_SMALL_ORDINAL})\b){FOLLOWS}",
            day_number,
            True,
        ),
    )


def _months() -> tuple[_Form, ...]:
    """Months and their parts."""
    return (
        (rf"\b(?P<part>)(?:in|by|until|till|before|during)\s+{_MONTH}{_YEAR}(?!\s+\d)", named_month, False),
        (
            rf"\b(?P<part>)the\s+(?P<nth>first|second|third|fourth)\s+week\s+(?:of|in)\s+{_MONTH}{_YEAR}",
            named_month,
            False,
        ),
        (
            rf"\b{_BY}(?:the\s+)?(?:very\s+)?(?P<part>end|beginning|start|early|late|mid|middle)(?:\s+of"
            rf"|\s+in)?[\s-]+{_MONTH}{_YEAR}",
            named_month,
            False,
        ),
    )


def _stretches() -> tuple[_Form, ...]:
    """Weeks, months, quarters, years and their parts."""
    return (
        (
            rf"\b{_BY}(?:the\s+)?(?:very\s+)?(?P<part>end|beginning|start|early|late|later|mid|middle)"
            rf"(?:\s+(?:of|in|on))?[\s-]+"
            rf"(?P<which>the\s+next|the|this|next|last|the\s+following)\s+{_UNIT}\b",
            stretch,
            False,
        ),
        (
            rf"\b(?P<part>end|middle|start)\s+of\s+(?P<which>){_UNIT}\b",
            stretch_of_this,
            False,
        ),
        (
            rf"\b{_BY}(?P<which>this|next|last|the\s+following|the\s+coming)\s+{_UNIT}(?P<part>)\b(?!['’]s)",
            stretch,
            False,
        ),
        (rf"\b{_BY}{_UNIT}[\s-]end\b", unit_end, False),
        (r"\b(?:(?P<which>next|this|last|the|over\s+the)\s+)weekend\b", weekend, False),
    )


def _within_today() -> tuple[_Form, ...]:
    """What is over before the day is."""
    return (
        (
            r"\b(?:by\s+|before\s+)?(?:the\s+)?(?:end\s+of\s+(?:the\s+day|day|play|business)|eod|cob"
            r"|close\s+of\s+(?:business|play))(?:\s+today)?\b",
            of_today,
            False,
        ),
        (
            r"\blater\s+(?:on\s+)?today\b|\bright\s+after\s+(?:this|the)\s+(?:call|meeting)\b"
            r"|\bafter\s+this\s+(?:call|meeting)\b",
            of_today,
            False,
        ),
    )


def _counts() -> tuple[_Form, ...]:
    """So much later."""
    return (
        (
            rf"(?<!days )(?<!times )(?<!once )(?<!twice )\b(?:in|within|inside|over\s+the\s+next)\s+(?:about\s+"
            rf"|the\s+next\s+)?(?P<n>{COUNT})\s+(?P<unit>{_SPAN})\b(?:['’]s?\s+time)?(?!\s+(?:we|of)\b)",
            later,
            False,
        ),
        (
            rf"\b(?P<n>{COUNT})\s+(?P<unit>days?|weeks?|fortnights?|months?)\s+(?:from\s+(?:now|today)|today)\b",
            later,
            False,
        ),
    )


def _vague() -> tuple[_Form, ...]:
    """Words for days that name none."""
    return (
        (
            rf"\b(?:in|within|over)\s+(?:the\s+next\s+)?(?:an?\s+)?(?:couple\s+of|couple|few"
            rf"|the\s+next\s+few)\s+(?:{_SPAN})\b",
            vague,
            False,
        ),
        (
            r"\b(?:after|before|over|until)\s+(?:the\s+)?(?:christmas|xmas|easter|thanksgiving|new\s+year"
            r"|holidays?|summer|diwali|eid)\b",
            vague,
            False,
        ),
    )
