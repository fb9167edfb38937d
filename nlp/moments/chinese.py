"""Words for days and times in Mandarin. Pure; see :mod:`nlp.moments.moment` for what they mean together."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache

from nlp.moments import days
from nlp.moments.days import Days, Part
from nlp.moments.pieces import Clock, PartOfDay, Piece
from nlp.text.folding import fold
from nlp.text.numerals import chinese_value

_DIGIT = "零〇一二两三四五六七八九十廿"
_N = rf"(?:\d{{1,3}}|[{_DIGIT}]{{1,3}})"
_WEEK = r"(?:周|星期|礼拜)"
_WEEKDAYS = {name: i for i, names in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7")) for name in names}
_BOUND = r"(?:之前|以前|前|之内|以内|内|之后|以后|后)?"
_WEEKS = {"上上": -2, "上": -1, "": 0, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_PARTS: dict[str, Part] = {
    "初": "first", "头": "first", "上旬": "first", "中": "middle", "中旬": "middle",
    "底": "last", "末": "last", "尾": "last", "下旬": "last", "": "all",
}  # fmt: skip
_PART_OF_DAY: dict[str, PartOfDay] = {
    "凌晨": "night", "半夜": "night", "清晨": "morning", "清早": "morning", "一早": "morning", "大早": "morning",
    "早上": "morning", "早晨": "morning", "上午": "morning", "早": "morning", "中午": "noon", "晌午": "noon",
    "前晌": "morning", "后晌": "afternoon",
    "午后": "afternoon", "下午": "afternoon", "傍晚": "evening", "晚上": "evening", "晚": "evening", "夜里": "evening",
}  # fmt: skip
_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨": -1, "今天": 0, "今儿": 0, "今日": 0, "今": 0, "当天": 0,
    "明天": 1, "明儿": 1, "明日": 1, "明朝": 1, "明": 1, "后天": 2, "后": 2, "后儿": 2, "大后天": 3, "大后儿": 3,
}  # fmt: skip
_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}

_Maker = Callable[[re.Match[str], date], Days | None]


def pieces(text: str, today: date) -> list[Piece]:
    """All words for days and times in a turn, in the order of their kinds; they may overlap."""
    folded = fold(text)
    heard = folded if len(folded) == len(text) else text
    return [*_day_pieces(heard, today), *_clock_pieces(heard), *_part_pieces(heard)]


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
                narrows=bool(match.re.groupindex.get("day")) and maker is _day_in_month,
            )


def _bare_weekday(match: re.Match[str]) -> int | None:
    groups = match.groupdict()
    return None if groups.get("weeks") else _WEEKDAYS.get(groups.get("weekday") or "")


def _clock_pieces(text: str) -> Iterator[Piece]:
    for match in _CLOCK.finditer(text):
        first = _clock(match["h"], match["m"])
        if first is None or (match["h"] in ("一", "1") and not match["m"] and not _surely_one(text, match)):
            continue
        until = _clock(match["h2"], match["m2"]) if match["h2"] else None
        if until and match["p2"]:
            until = Clock(until.hour, until.minute, _PART_OF_DAY[match["p2"]])
        yield Piece(match.start(), match.end(), "clock", clock=first, until=until)


def _surely_one(text: str, match: re.Match[str]) -> bool:
    """Whether 一点 is one o'clock and not "a little"."""
    return bool(
        re.search(r"(?:午|[天晨日一二三四五六]|早上|晚上|[今明昨][早晚])$", text[: match.start()])
    ) or match.group().endswith(("钟", "前", "后"))


def _part_pieces(text: str) -> Iterator[Piece]:
    for match in _PART.finditer(text):
        yield Piece(match.start(), match.end(), "part", part=_PART_OF_DAY[match[1]])


def _number(text: str) -> int | None:
    if text.isdecimal():
        return int(text)
    value = chinese_value(text.replace("廿", "二十"))
    return int(value) if value is not None and value == int(value) else None


def _clock(hour: str, minute: str | None) -> Clock | None:
    value = _number(hour)
    if value is None or value > 24:
        return None
    named = {"半": 30, "一刻": 15, "三刻": 45, "整": 0}
    minutes = (
        0
        if not minute
        else named.get(minute)
        if minute in named
        else _number(minute.rstrip("分").lstrip("零〇") or "0")
    )
    return Clock(value, minutes) if minutes is not None and minutes < 60 else None


def _one(day: date | None) -> Days | None:
    return days.one(day) if day else None


def _counted(match: re.Match[str], today: date) -> Days | None:
    return _one(days.later(today, _DAYS[match["day"].removesuffix("个")]))


def _weekday(match: re.Match[str], today: date) -> Days | None:
    weeks, day = match["weeks"] or "", match["weekday"]
    if day == "末":
        return days.weekend(today, _WEEKS[weeks])
    number = _WEEKDAYS[day]
    return _one(days.weekday_of(today, number, _WEEKS[weeks]) if weeks else days.weekday_to_come(today, number))


def _whole_week(match: re.Match[str], today: date) -> Days | None:
    part = match["part"] or ""
    return days.week(today, _WEEKS[match["weeks"]], _PARTS.get(part, "all"))


def _day_in_month(match: re.Match[str], today: date) -> Days | None:
    number = _number(match["day"])
    if number is None:
        return None
    if match["month"]:
        month = _number(match["month"])
        year = int(match["year"]) if match["year"] else today.year + 1 if match["next"] else None
        return _one(days.day_of_named(today, month, number, year)) if month and month <= 12 else None
    if match["months"]:
        return _one(days.day_of(today, number, _WEEKS[match["months"]]))
    return _one(days.day_of_month(today, number))


def _named_month(match: re.Match[str], today: date) -> Days | None:
    number = _number(match["month"])
    if not number or number > 12:
        return None
    year = int(match["year"]) if match["year"] else today.year + 1 if match["next"] else None
    return days.named_month(today, number, _PARTS[match["part"] or ""], year)


def _counted_month(match: re.Match[str], today: date) -> Days | None:
    months, part = match["months"] or "", _PARTS[match["part"] or ""]
    found = days.month(today, _WEEKS[months], part)
    return days.month(today, 1, part) if not months and found.last < today else found


def _quarter(match: re.Match[str], today: date) -> Days | None:
    return days.quarter(today, _WEEKS[match["weeks"]])


def _counted_year(match: re.Match[str], today: date) -> Days | None:
    years = {"今": 0, "明": 1, "后": 2, "去": -1, "": 0}[match["year"] or ""]
    return days.year(today, years, _PARTS[match["part"] or ""]).from_day(today)


def _later(match: re.Match[str], today: date) -> Days | None:
    """三天后, 两周之内, 一个月以后, 五个工作日内."""
    half, unit = match["half"], match["unit"]
    many = 0 if match["n"] == "半" else _number(match["n"])
    if many is None:
        return None
    if unit == "工作日":
        day = days.working_days_later(today, many)
    elif unit == "月":
        day = days.later(days.months_later(today, many), 15 if half or match["n"] == "半" else 0)
    elif unit == "年":
        day = days.months_later(today, 12 * many + (6 if half or match["n"] == "半" else 0))
    else:
        day = days.later(today, _UNITS[unit] * many)
    return Days(today, day) if match["bound"].endswith("内") else _one(day)


def _vague(match: re.Match[str], today: date) -> Days | None:
    return None


def _today(match: re.Match[str], today: date) -> Days | None:
    return _one(today)


@cache
def _forms() -> tuple[tuple[re.Pattern[str], _Maker], ...]:
    no_number = rf"(?<![\d{_DIGIT}每几半])"
    year = r"(?:(?:(?P<year>20\d\d)年|(?P<next>明年)|今年)的?)?"
    forms: tuple[tuple[str, _Maker], ...] = (
        (
            rf"(?P<day>大前天|大后天|大后儿|[前昨今明后当]天|[今明后]儿个?|[今明]日|明朝(?=[早上下中晚])){_BOUND}",
            _counted,
        ),
        (r"(?P<day>[今明昨后])(?=[早晚](?![会餐饭]))", _counted),
        (
            rf"{no_number}(?P<weeks>上上|上|下下|下|这|本)?个?{_WEEK}(?P<weekday>[一二三四五六日天末1-7])"
            rf"(?![一二三四五六七八九十]?[次遍个岁期])(?!年|月){_BOUND}",
            _weekday,
        ),
        (
            rf"(?P<weeks>上上|上|下下|下|这|本)"
            rf"(?:一)?个?{_WEEK}(?P<part>[初中底头尾])?(?![一二三四五六日天末边]){_BOUND}",
            _whole_week,
        ),
        (rf"(?<![{_DIGIT}\d]){_WEEK}内", lambda match, today: days.week(today, 0)),
        (
            rf"(?:{year}(?P<month>{_N})月份?|(?P<months>上|下下|下|这|本|当)个?月)?的?(?<![\d{_DIGIT}第])"
            rf"(?P<day>{_N})[号日]"
            rf"(?![码线楼店机院仓门库房])(?:之前|以前|前|之后|以后|后)?",
            _day_in_month,
        ),
        (
            rf"{year}{no_number}(?P<month>{_N})月(?P<months>)(?P<day>\d{{1,2}}|[{_DIGIT}]{{1,3}})"
            rf"(?![号日个天月年\d{_DIGIT}])",
            _day_in_month,
        ),
        (
            rf"{year}{no_number}(?P<month>{_N})月份?(?P<part>[上中下]旬|[初中底末])?(?!\d"
            rf"|[{_DIGIT}]{{1,3}}[号日]){_BOUND}",
            _named_month,
        ),
        (
            rf"(?P<months>上|下下|下|这|本)个?月份?(?P<part>[上中下]旬|[初中底末头尾])?(?!\d"
            rf"|[{_DIGIT}]{{1,3}}[号日]){_BOUND}",
            _counted_month,
        ),
        (rf"(?P<months>)(?<![{_DIGIT}\d个])月(?P<part>[初中底末]){_BOUND}", _counted_month),
        (rf"(?P<months>)(?<![{_DIGIT}\d月])(?P<part>[上中下]旬){_BOUND}", _counted_month),
        (rf"(?P<weeks>上|下下|下|这|本)个?季度(?:[初中底末])?{_BOUND}", _quarter),
        (rf"(?P<year>[今明后去])年(?:年?(?P<part>[初中底末]))?(?!\d|[{_DIGIT}]{{1,3}}月){_BOUND}", _counted_year),
        (rf"(?<![{_DIGIT}\d今明后去])(?P<year>)年(?P<part>[底末]){_BOUND}", _counted_year),
        (
            rf"(?P<n>\d{{1,3}}|[{_DIGIT}]{{1,3}}|半)个?(?P<half>半)?(?P<unit>工作日|天|周|星期|礼拜|月|年)"
            r"(?P<bound>之后|以后|过后|后|之内|以内|内)",
            _later,
        ),
        (r"过(?:个)?(?:[几两]|[一两三四五六七八九][两三四五六七八九])(?:天|周|个?星期|个?礼拜|个月)", _vague),
        (
            r"这(?:[几两三]|两三)天[内]?|(?:过|这)(?:一)?段时间|过一?阵子?"
            r"|[两三四五六七八][三四五六七八九]天[之以]?[内后]",
            _vague,
        ),
        (
            r"(?:年|节|国庆|春节|元旦|五一|中秋|清明|端午|冬至|双十一|圣诞|假期)(?:放假)?(?:[前后]一天|当天|那天|之前|之后|以后|以前|前"
            r"|后|回来)",
            _vague,
        ),
        (r"(?P<n>半|\d{1,3}|[" + _DIGIT + r"]{1,3})个?半?(?:分钟|小时|钟头)(?:之后|以后|后|之内|以内|内)", _today),
        (r"(?:今天)?(?:上班|下班|天黑)(?:之前|以前|前)", _today),
    )
    return tuple((re.compile(pattern), maker) for pattern, maker in forms)


_HOUR = r"\d{1,2}|二?十[一二三四五六七八九]?|[零一二两三四五六七八九]"
_MINUTE = rf"半|[一三]刻钟?|整|(?:\d{{1,2}}|[{_DIGIT}]{{2,3}})分?|[{_DIGIT}\d]分"
_PARTS_LISTED = "凌晨|早上|上午|中午|下午|傍晚|晚上"
_TIME = rf"(?P<h>{_HOUR})(?:点钟|点|[::](?=[0-5]\d))(?P<m>[0-5]\d(?!\d)分?|{_MINUTE})?"
_CLOCK = re.compile(
    rf"(?:(?<![\d{_DIGIT}.几第:])|(?<=[周期拜][一二三四五六日天])){_TIME}(?!\d|[多几]|(?![一两][个号天起定块])[{_DIGIT}])"
    rf"(?:[到至~-]+(?P<p2>{_PARTS_LISTED})?{_TIME.replace('<h>', '<h2>').replace('<m>', '<m2>')})?"
    r"(?:钟)?(?:左右)?(?:之前|以前|前|之后|以后|后)?"
)
_PART = re.compile(
    rf"({'|'.join(part for part in _PART_OF_DAY if len(part) > 1)}|(?<=[今明昨后])[早晚](?![会餐饭上]))"
    rf"(?!好|茶|饭|餐|课|班)"
)
