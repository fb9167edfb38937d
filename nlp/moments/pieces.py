"""The words that moments are made of: days, times and parts of the day, at their place in a text. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from nlp.moments.days import Days

PartOfDay = Literal["night", "morning", "noon", "afternoon", "evening", "am", "pm"]


@dataclass(frozen=True, slots=True)
class Clock:
    """A time as it was said: an hour from 0 to 24, which may be of the morning or the afternoon.

    ``minute`` is negative before the hour: a quarter to four is -15.
    """

    hour: int
    minute: int = 0
    part: PartOfDay | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """One word or phrase of a moment, at ``[start, end)``: a day, a time or a part of a day.

    ``days`` is None in a "day" that is vague; ``narrows`` marks a day that another one before it only accompanies
    ("Wednesday the nineteenth"); ``weekday`` (0 is Monday) one of which only that was said. ``until`` ends a range
    of times. A ``bare`` time ("ten") is none unless a day stands beside it.
    """

    start: int
    end: int
    kind: Literal["day", "clock", "part"]
    days: Days | None = None
    narrows: bool = False
    weekday: int | None = None
    clock: Clock | None = None
    until: Clock | None = None
    part: PartOfDay | None = None
    bare: bool = False
