"""Which days words for days mean in Mandarin: a match of :mod:`nlp.moments.chinese` and today, to days."""

from __future__ import annotations

import re
from datetime import date

from nlp.moments import days
from nlp.moments.chinese_words import number
from nlp.moments.days import Days, Part

WEEKDAYS = {name: i for i, names in enumerate(("一1", "二2", "三3", "四4", "五5", "六6", "日天7")) for name in names}
_WEEKS = {"上上": -2, "上": -1, "": 0, "这": 0, "本": 0, "当": 0, "下": 1, "下下": 2}
_PARTS: dict[str, Part] = {
    "初": "first", "头": "first", "上旬": "first", "中": "middle", "中旬": "middle",
    "底": "last", "末": "last", "尾": "last", "下旬": "last", "": "all",
}  # fmt: skip
_DAYS = {
    "大前天": -3, "前天": -2, "昨天": -1, "昨": -1, "今天": 0, "今儿": 0, "今日": 0, "今": 0, "当天": 0,
    "明天": 1, "明儿": 1, "明日": 1, "明朝": 1, "明": 1, "后天": 2, "后": 2, "后儿": 2, "大后天": 3, "大后儿": 3,
}  # fmt: skip
_UNITS = {"天": 1, "日": 1, "周": 7, "星期": 7, "礼拜": 7}


def _one(day: date | None) -> Days | None:
    return days.one(day) if day else None


def counted(match: re.Match[str], today: date) -> Days | None:
    """Yesterday, tomorrow, the day after."""
    return _one(days.later(today, _DAYS[match["day"].removesuffix("个")]))


def weekday(match: re.Match[str], today: date) -> Days | None:
    """周五, 下周五: the one to come, or that of a week; 周末 the weekend."""
    weeks, day = match["weeks"] or "", match["weekday"]
    if day == "末":
        return days.weekend(today, _WEEKS[weeks])
    place = WEEKDAYS[day]
    return _one(days.weekday_of(today, place, _WEEKS[weeks]) if weeks else days.weekday_to_come(today, place))


def whole_week(match: re.Match[str], today: date) -> Days | None:
    """A week, or its beginning, middle or end."""
    part = match["part"] or ""
    return days.week(today, _WEEKS[match["weeks"]], _PARTS.get(part, "all"))


def day_in_month(match: re.Match[str], today: date) -> Days | None:
    """五号, 下个月五号, 三月五号."""
    day = number(match["day"])
    if day is None:
        return None
    if match["month"]:
        month = number(match["month"])
        year = int(match["year"]) if match["year"] else today.year + 1 if match["next"] else None
        return _one(days.day_of_named(today, month, day, year)) if month and month <= 12 else None
    if match["months"]:
        return _one(days.day_of(today, day, _WEEKS[match["months"]]))
    return _one(days.day_of_month(today, day))


def named_month(match: re.Match[str], today: date) -> Days | None:
    """三月, 明年三月底."""
    month = number(match["month"])
    if not month or month > 12:
        return None
    year = int(match["year"]) if match["year"] else today.year + 1 if match["next"] else None
    return days.named_month(today, month, _PARTS[match["part"] or ""], year)


def counted_month(match: re.Match[str], today: date) -> Days | None:
    """这个月, 下个月底; a part of a month that is over is that of the next."""
    months, part = match["months"] or "", _PARTS[match["part"] or ""]
    found = days.month(today, _WEEKS[months], part)
    return days.month(today, 1, part) if not months and found.last < today else found


def quarter(match: re.Match[str], today: date) -> Days | None:
    """上季度, 这个季度."""
    return days.quarter(today, _WEEKS[match["weeks"]])


def counted_year(match: re.Match[str], today: date) -> Days | None:
    """今年, 明年底."""
    years = {"今": 0, "明": 1, "后": 2, "去": -1, "": 0}[match["year"] or ""]
    return days.year(today, years, _PARTS[match["part"] or ""]).from_day(today)


def later(match: re.Match[str], today: date) -> Days | None:
    """三天后, 两周之内, 一个月以后, 五个工作日内."""
    half, unit = match["half"], match["unit"]
    many = 0 if match["n"] == "半" else number(match["n"])
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


def vague(match: re.Match[str], today: date) -> Days | None:
    """Some day: words for days that name none."""
    return None


def this_week(match: re.Match[str], today: date) -> Days | None:
    """周内: the week that runs."""
    return days.week(today, 0)


def of_today(match: re.Match[str], today: date) -> Days | None:
    """What is said of times within this day."""
    return _one(today)
