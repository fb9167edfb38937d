"""Months and quarters, by a clock that is so many minutes ahead of UTC."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Literal, Self

PeriodKind = Literal["month", "quarter"]
PERIOD_KINDS: tuple[PeriodKind, ...] = ("month", "quarter")

_NAME = re.compile(r"(\d{4})-(?:(\d{2})|Q([1-4]))")
_YEARS = range(1970, 2200)
_MONTHS = 12
_QUARTER = 3


@dataclass(frozen=True, slots=True)
class Period:
    """``months`` (1 or 3) months from ``month`` (1 to 12) of ``year`` on, by the clock of ``utc_offset_minutes``."""

    year: int
    month: int
    months: int
    utc_offset_minutes: int = 0

    @classmethod
    def named(cls, name: str, utc_offset_minutes: int = 0) -> Self:
        """The period called ``2026-11`` or ``2026-Q4``.

        Raises:
            ValueError: it is called neither way.
        """
        found = _NAME.fullmatch(name.strip().upper())
        month = int(found[2] or _QUARTER * (int(found[3]) - 1) + 1) if found else 0
        if found is None or not 1 <= month <= _MONTHS or int(found[1]) not in _YEARS:
            raise ValueError(f"period: {name!r} is neither a month like 2026-11 nor a quarter like 2026-Q4")
        return cls(int(found[1]), month, 1 if found[2] else _QUARTER, utc_offset_minutes)

    @classmethod
    def containing(cls, at: datetime, kind: PeriodKind, utc_offset_minutes: int = 0) -> Self:
        """The month or quarter in which ``at`` falls."""
        local = at.astimezone(timezone(timedelta(minutes=utc_offset_minutes)))
        months = 1 if kind == "month" else _QUARTER
        first = (local.month - 1) // months * months + 1
        return cls(local.year, first, months, utc_offset_minutes)

    @property
    def name(self) -> str:
        """What it is called in an address."""
        if self.months == 1:
            return f"{self.year}-{self.month:02}"
        return f"{self.year}-Q{(self.month - 1) // _QUARTER + 1}"

    @property
    def start(self) -> datetime:
        """Its first moment."""
        zone = timezone(timedelta(minutes=self.utc_offset_minutes))
        return datetime(self.year, self.month, 1, tzinfo=zone)

    @property
    def end(self) -> datetime:
        """The first moment after it."""
        return self.moved(1).start

    def moved(self, periods: int) -> Self:
        """The period so many periods later, or earlier."""
        months = self.year * _MONTHS + self.month - 1 + periods * self.months
        year, month = divmod(months, _MONTHS)
        return type(self)(year, month + 1, self.months, self.utc_offset_minutes)

    def __contains__(self, at: object) -> bool:
        return isinstance(at, datetime) and self.start <= at < self.end
