"""Words for days and times in Mandarin. Pure; see :mod:`nlp.moments.moment` for what they mean together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

from nlp.moments.chinese_clocks import clock_pieces, part_pieces
from nlp.moments.chinese_days import (
    WEEKDAYS,
    counted,
    counted_month,
    counted_year,
    day_in_month,
    later,
    named_month,
    of_today,
    quarter,
    this_week,
    vague,
    weekday,
    whole_week,
)
from nlp.moments.chinese_words import DIGIT
from nlp.moments.days import Days
from nlp.moments.pieces import Piece
from nlp.text.folding import fold

_N = rf"(?:\d{{1,3}}|[{DIGIT}]{{1,3}})"
_WEEK = r"(?:周|星期|礼拜)"
_BOUND = r"(?:之前|以前|前|之内|以内|内|之后|以后|后)?"
_NO_NUMBER = rf"(?<![\d{DIGIT}每几半])"
_YEAR = r"(?:(?:(?P<year>20\d\d)年|(?P<next>明年)|今年)的?)?"

_Form = tuple[str, Callable[[re.Match[str], date], Days | None]]
"""How it is said, and which days it means."""


def pieces(text: str, today: date) -> list[Piece]:
    """All words for days and times in a turn, in the order of their kinds; they may overlap."""
    folded = fold(text)
    heard = folded if len(folded) == len(text) else text
    return [*_day_pieces(heard, today), *clock_pieces(heard), *part_pieces(heard)]


def _day_pieces(text: str, today: date) -> Iterator[Piece]:
    for pattern, maker in _forms():
        for match in pattern.finditer(text):
            made = maker(match, today)
            if made is not None and not made.is_one and re.search("(?:[前内]|这一?)$", match.group()):
                made = Days(min(today, made.first), made.last)
            yield Piece(
                match.start(),
                match.end(),
                "day",
                made,
                weekday=_bare_weekday(match),
                narrows=bool(match.re.groupindex.get("day")) and maker is day_in_month,
            )


def _bare_weekday(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    return None if groups.get("weeks") else WEEKDAYS.get(groups.get("weekday") or "")


@cache
def _forms() -> tuple[tuple[re.Pattern[str], Callable[[re.Match[str], date], Days | None]], ...]:
    forms = (
        *_named_days(),
        *_weeks(),
        *_dates(),
        *_months(),
        *_longer(),
        *_counts(),
        *_vague(),
        *_within_today(),
    )
    return tuple((re.compile(pattern), maker) for pattern, maker in forms)


def _named_days() -> tuple[_Form, ...]:
    """Days by their own names."""
    return (
        (
            rf"(?P<day>大前天|大后天|大后儿|[前昨今明后当]天|[今明后]儿个?|[今明]日|明朝(?=[早上下中晚])){_BOUND}",
            counted,
        ),
        (r"(?P<day>[今明昨后])(?=[早晚](?![会餐饭]))", counted),
    )


def _weeks() -> tuple[_Form, ...]:
    """Days of weeks, and weeks."""
    return (
        (
            rf"{_NO_NUMBER}(?P<weeks>上上|上|下下|下|这|本)?个?{_WEEK}(?P<weekday>[一二三四五六日天末1-7])"
            rf"(?![一二三四五六七八九十]?[次遍个岁期])(?!年|月){_BOUND}",
            weekday,
        ),
        (
            rf"(?P<weeks>上上|上|下下|下|这|本)"
            rf"(?:一)?个?{_WEEK}(?P<part>[初中底头尾])?(?![一二三四五六日天末边]){_BOUND}",
            whole_week,
        ),
        (rf"(?<![{DIGIT}\d]){_WEEK}内", this_week),
    )


def _dates() -> tuple[_Form, ...]:
    """Days of months."""
    return (
        (
            rf"(?:{_YEAR}(?P<month>{_N})月份?|(?P<months>上|下下|下|这|本|当)个?月)?的?(?<![\d{DIGIT}第])"
            rf"(?P<day>{_N})[号日]"
            rf"(?![码线楼店机院仓门库房])(?:之前|以前|前|之后|以后|后)?",
            day_in_month,
        ),
        (
            rf"{_YEAR}{_NO_NUMBER}(?P<month>{_N})月(?P<months>)(?P<day>\d{{1,2}}|[{DIGIT}]{{1,3}})"
            rf"(?![号日个天月年\d{DIGIT}])",
            day_in_month,
        ),
    )


def _months() -> tuple[_Form, ...]:
    """Months and their parts."""
    return (
        (
            rf"{_YEAR}{_NO_NUMBER}(?P<month>{_N})月份?(?P<part>[上中下]旬|[初中底末])?(?!\d"
            rf"|[{DIGIT}]{{1,3}}[号日]){_BOUND}",
            named_month,
        ),
        (
            rf"(?P<months>上|下下|下|这|本)个?月份?(?P<part>[上中下]旬|[初中底末头尾])?(?!\d"
            rf"|[{DIGIT}]{{1,3}}[号日]){_BOUND}",
            counted_month,
        ),
        (rf"(?P<months>)(?<![{DIGIT}\d个])月(?P<part>[初中底末]){_BOUND}", counted_month),
        (rf"(?P<months>)(?<![{DIGIT}\d月])(?P<part>[上中下]旬){_BOUND}", counted_month),
    )


def _longer() -> tuple[_Form, ...]:
    """Quarters and years."""
    return (
        (rf"(?P<weeks>上|下下|下|这|本)个?季度(?:[初中底末])?{_BOUND}", quarter),
        (rf"(?P<year>[今明后去])年(?:年?(?P<part>[初中底末]))?(?!\d|[{DIGIT}]{{1,3}}月){_BOUND}", counted_year),
        (rf"(?<![{DIGIT}\d今明后去])(?P<year>)年(?P<part>[底末]){_BOUND}", counted_year),
    )


def _counts() -> tuple[_Form, ...]:
    """So much later."""
    return (
        (
            rf"(?P<n>\d{{1,3}}|[{DIGIT}]{{1,3}}|半)个?(?P<half>半)?(?P<unit>工作日|天|周|星期|礼拜|月|年)"
            r"(?P<bound>之后|以后|过后|后|之内|以内|内)",
            later,
        ),
    )


def _vague() -> tuple[_Form, ...]:
    """Words for days that name none."""
    return (
        (r"过(?:个)?(?:[几两]|[一两三四五六七八九][两三四五六七八九])(?:天|周|个?星期|个?礼拜|个月)", vague),
        (
            r"这(?:[几两三]|两三)天[内]?|(?:过|这)(?:一)?段时间|过一?阵子?"
            r"|[两三四五六七八][三四五六七八九]天[之以]?[内后]",
            vague,
        ),
        (
            r"(?:年|节|国庆|春节|元旦|五一|中秋|清明|端午|冬至|双十一|圣诞|假期)(?:放假)?(?:[前后]一天|当天|那天|之前|之后|以后|以前|前"
            r"|后|回来)",
            vague,
        ),
    )


def _within_today() -> tuple[_Form, ...]:
    """What is over before the day is."""
    return (
        (r"(?P<n>半|\d{1,3}|[" + DIGIT + r"]{1,3})个?半?(?:分钟|小时|钟头)(?:之后|以后|后|之内|以内|内)", of_today),
        (r"(?:今天)?(?:上班|下班|天黑)(?:之前|以前|前)", of_today),
    )
