"""Dates and times in what was said, counted from the moment of the call: 下周三下午三点, "the 25th at ten". Pure.

A moment's value is what was said and no more, in ISO 8601:

- a day ``2026-11-25``, with a time ``2026-11-25T15:00+08:00`` by the clock of the place of the call;
- an interval, both ends included, where days or a part of a day were named: ``2026-11-26/2026-11-30`` for the end
  of November, ``2026-11-25T12:00+08:00/2026-11-25T18:00+08:00`` for an afternoon;
- a time alone, ``T15:00``, where no day was said, now or before;
- None for what is no more than vague (过两天, "in a few days"), and for all days where the call's start is not known.

Days are told by the rules of :mod:`nlp.moments.days`. "By", "before", 之前 and 之内 make of an interval one that begins
with the call; of a single day or a time they change nothing: it is the last one that will do. The morning is from 6 to
12, noon from 11 to 14, the afternoon from 12 to 18, the evening from 18 to 23, the small hours from 0 to 6. An hour
without its part of the day has the part named before where it fits ("tomorrow evening? – Make it eight"), else it
lies in business hours: 1 to 6 are in the afternoon, 7 to 12 in the morning and at noon; on the day of the call what
is past in the morning is in the evening. A time or a part of a day without a day is of the day named before, if
there is one, and a weekday alone is one of the week named before ("next week? – Tuesday"). No value lies before the
day of the call unless the words say so (昨天, "last week").
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from asr.transcript import Language
from nlp.moments import chinese, english
from nlp.moments.days import Days, later, one
from nlp.moments.pieces import Clock, PartOfDay, Piece

PART_HOURS: dict[str, tuple[int, int]] = {
    "night": (0, 6),
    "morning": (6, 12),
    "noon": (11, 14),
    "afternoon": (12, 18),
    "evening": (18, 23),
}

_SOME_DAY = date(2001, 1, 1)
"""Stands in for the day of a call that is not known; what is counted from it is thrown away."""
_BETWEEN: dict[Language, re.Pattern[str]] = {
    "zh": re.compile(r"[\s的]*"),
    "en": re.compile(
        r"[\s,]*(?:(?:at|around|about|between|by|before|after|until|till|from|on|in|the|say|of|for)\s+){0,3}", re.I
    ),
}


@dataclass(frozen=True, slots=True)
class Before:
    """What was named before a moment: a day, a part of the day, the Monday of a week."""

    day: date | None = None
    part: PartOfDay | None = None
    week: date | None = None


NOTHING_BEFORE = Before()


@dataclass(frozen=True, slots=True)
class Moment:
    """``text[start:end]`` of a turn and when it means; ``then`` is what a time said next belongs to."""

    start: int
    end: int
    text: str
    value: str | None
    then: Before = NOTHING_BEFORE
    last_day: date | None = None


def find_moments(
    text: str, language: Language, started_at: datetime | None = None, before: Before = NOTHING_BEFORE
) -> tuple[Moment, ...]:
    """The moments named in a turn, in order, none inside another.

    Args:
        text: the turn's.
        language: that of the call.
        started_at: when the call began, with its time zone.
        before: the day and part of the day that were the subject when the turn began.
    """
    today = started_at.date() if started_at else _SOME_DAY
    parser = chinese.pieces if language == "zh" else english.pieces
    found: list[Moment] = []
    for group in _groups(text, language, parser(text, today)):
        moment = _moment(text, group, started_at, before)
        found.append(moment)
        before = moment.then
    return tuple(found)


def disjoint(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces in order of their start; of those that overlap the one that begins first, then the longest."""
    kept: list[Piece] = []
    for piece in sorted(pieces, key=lambda piece: (piece.start, -piece.end)):
        if not kept or piece.start >= kept[-1].end:
            kept.append(piece)
    return kept


def _groups(text: str, language: Language, pieces: Iterable[Piece]) -> list[list[Piece]]:
    """Pieces that make one moment together: a day, a part of it and a time, in any order."""
    groups: list[list[Piece]] = []
    for piece in disjoint(pieces):
        group = groups[-1] if groups else []
        beside = group and _BETWEEN[language].fullmatch(text, group[-1].end, piece.start)
        if beside and _completes(group, piece):
            group.append(piece)
        else:
            groups.append([piece])
    return [group for group in groups if not all(piece.bare for piece in group)]


def _completes(group: list[Piece], piece: Piece) -> bool:
    if group[-1].bare and piece.start - group[-1].end > len(" on "):
        return False
    kinds = {other.kind for other in group}
    return piece.kind not in kinds or (piece.narrows and group[-1].kind == "day" and not group[-1].narrows)


def _moment(text: str, group: list[Piece], started_at: datetime | None, before: Before) -> Moment:
    day = next((piece for piece in reversed(group) if piece.kind == "day"), None)
    timed = next((piece for piece in group if piece.clock), None)
    part = next((piece.part for piece in group if piece.part), None)
    days = _days(day, before)
    same_day = day is None or (days is not None and days.is_one and days.first == before.day)
    part_before = before.part if same_day else None
    clock = _clock(timed, part, part_before, days, started_at)
    until = _until(timed.until, clock, part) if timed and timed.until and clock else None
    value = _value(days, clock, until, part, started_at) if days else None
    if day is None and days is None and clock is not None:
        value = _iso_time(clock)
    named = part or (timed.clock.part if timed and timed.clock else None) or part_before
    start, end = group[0].start, group[-1].end
    then = _then(day, days, named, before) if started_at else Before(part=named)
    return Moment(start, end, text[start:end], value, then, days.last if days and started_at else None)


def _then(day: Piece | None, days: Days | None, part: PartOfDay | None, before: Before) -> Before:
    """What a moment said next may leave out."""
    if day is not None and (days is None or not days.is_one):
        return Before(week=_week(days))
    return Before(days.first if days else None, part, before.week)


def _clock(
    timed: Piece | None,
    part: PartOfDay | None,
    before: PartOfDay | None,
    days: Days | None,
    started_at: datetime | None,
) -> int | None:
    """Minutes after midnight of the time that was said, if one was."""
    if timed is None or timed.clock is None:
        return None
    clock = _told(timed.clock, part, before)
    is_today = started_at is not None and days == one(started_at.date())
    return _ahead(clock, started_at) if is_today and started_at and _is_open(timed, part) else clock


def _is_open(timed: Piece, part: PartOfDay | None) -> bool:
    """Whether a time may be one of the morning as well as one of the evening."""
    return part is None and timed.clock is not None and timed.clock.part is None and 0 < timed.clock.hour <= 12


def _ahead(clock: int, started_at: datetime) -> int:
    """A time on the day of the call, twelve hours later where it is past when the call begins."""
    now = started_at.hour * 60 + started_at.minute
    return clock + 720 if clock < min(now, 720) else clock


def _days(day: Piece | None, before: Before) -> Days | None:
    if day is None:
        return one(before.day) if before.day else None
    if day.weekday is not None and before.week:
        return one(later(before.week, day.weekday))
    return day.days


def _week(days: Days | None) -> date | None:
    """The Monday of a stretch that is a week to come."""
    whole = days is not None and days.first.weekday() == 0 and later(days.first, 6) == days.last
    return days.first if days and whole else None


def _value(
    days: Days, clock: int | None, until: int | None, part: PartOfDay | None, started_at: datetime | None
) -> str | None:
    """Days with what was said of the time, in minutes after midnight."""
    if started_at is None:
        return None
    if not days.is_one:
        return f"{days.first.isoformat()}/{days.last.isoformat()}"
    if clock is not None:
        first = _iso(days.first, clock, started_at)
        return f"{first}/{_iso(days.first, until, started_at)}" if until else first
    if part in PART_HOURS:
        low, high = PART_HOURS[part]
        return f"{_iso(days.first, low * 60, started_at)}/{_iso(days.first, high * 60, started_at)}"
    return days.first.isoformat()


def _iso(day: date, minutes: int, started_at: datetime) -> str:
    midnight = datetime(day.year, day.month, day.day, tzinfo=started_at.tzinfo)
    return (midnight + timedelta(minutes=minutes)).isoformat(timespec="minutes")


def _iso_time(minutes: int) -> str:
    return f"T{minutes // 60 % 24:02}:{minutes % 60:02}"


def _told(clock: Clock, part: PartOfDay | None, before: PartOfDay | None) -> int:
    """Minutes after midnight of a time, by the part of the day that was said with it or before it."""
    return _hour(clock.hour, clock.part or part, before) * 60 + clock.minute


def _until(clock: Clock, first: int, part: PartOfDay | None) -> int | None:
    """The end of a range: the first such time after its beginning; None where there is none that day."""
    end = _hour(clock.hour, clock.part or part, None) * 60 + clock.minute
    ends = (end, clock.hour * 60 + clock.minute, (clock.hour + 12) * 60 + clock.minute)
    return next((end for end in ends if first < end <= 24 * 60), None)


def _hour(hour: int, part: PartOfDay | None, before: PartOfDay | None) -> int:
    if hour > 12 or hour == 0:
        return hour
    if part is not None:
        return _in_part(hour, part)
    if before is not None:
        low, high = {"am": (0, 12), "pm": (12, 24)}.get(before) or PART_HOURS[before]
        fits = [candidate for candidate in (hour % 12, hour % 12 + 12) if low - 1 <= candidate <= high]
        if len(fits) == 1 and before not in ("am", "pm"):
            return fits[0]
    return hour + 12 if hour <= 6 else hour


def _in_part(hour: int, part: PartOfDay) -> int:
    if part in ("am", "night"):
        return hour % 12
    if part == "morning":
        return hour
    if part == "noon":
        return hour + 12 if hour < 10 else hour
    if part == "evening" and hour == 12:
        return 24
    return hour % 12 + 12
