"""How dates, durations, money and numbers are written for a reader."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale
from babel.dates import format_date, format_interval, format_skeleton
from babel.numbers import format_currency, format_decimal, format_percent

from service.clock import clock


def time_zone(name: str | None) -> tzinfo | None:
    """The IANA time zone of this name, or None when there is none."""
    if not name:
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


_LOCALES = {"zh": "zh_Hans_CN", "en": "en_GB"}


@dataclass(frozen=True, slots=True)
class Formats:
    """Formats for one reader: their language and their time zone."""

    language: str
    zone: tzinfo

    @property
    def tag(self) -> str:
        """The BCP 47 tag of these formats, for browsers."""
        return _LOCALES[self.language].replace("_", "-")

    def moment(self, at: datetime) -> str:
        """Day and time, short, in the reader's zone; the year only when it is not this one."""
        local = at.astimezone(self.zone)
        skeleton = "MMMEd" if local.year == datetime.now(self.zone).year else "yMMMd"
        return f"{format_skeleton(skeleton, local.date(), locale=self._locale)} {local:%H:%M}"

    def there(self, at: datetime, utc_offset_minutes: int) -> str:
        """The same moment by the clock of the place it happened at: ``2026-10-06 10:30 UTC+01:00``."""
        zone = timezone(timedelta(minutes=utc_offset_minutes))
        sign = "-" if utc_offset_minutes < 0 else "+"
        hours, minutes = divmod(abs(utc_offset_minutes), 60)
        return f"{at.astimezone(zone):%Y-%m-%d %H:%M} UTC{sign}{hours:02}:{minutes:02}"

    def day(self, day: date | datetime) -> str:
        """A day, medium length."""
        if isinstance(day, datetime):
            day = day.astimezone(self.zone).date()
        return str(format_date(day, "medium", locale=self._locale))

    def short_day(self, day: date | datetime) -> str:
        """Month and day."""
        if isinstance(day, datetime):
            day = day.astimezone(self.zone).date()
        return str(format_skeleton("MMMd", day, locale=self._locale))

    def month(self, day: date) -> str:
        """The month and year of a day."""
        return str(format_skeleton("yMMMM", day, locale=self._locale))

    def weekday(self, day: date) -> str:
        """Month and day with the day of the week; the year only when it is not this one."""
        return str(format_skeleton(f"{self._year(day)}MMMEd", day, locale=self._locale))

    def days(self, first: date, last: date) -> str:
        """From a day to a day, both included."""
        skeleton = f"{self._year(first) or self._year(last)}MMMd"
        return str(format_interval(first, last, skeleton, locale=self._locale))

    def _year(self, day: date) -> str:
        """The part of a skeleton that tells the year, where it is not this one."""
        return "" if day.year == datetime.now(self.zone).year else "y"

    def clock(self, ms: int | None) -> str:
        """A duration or a place in a recording; a dash when it is not known."""
        return "–" if ms is None else clock(ms)

    def money(self, amount: Decimal | None, currency: str | None) -> str:
        """An amount without cents when it has none; a dash when it is not known."""
        if amount is None:
            return "–"
        if not currency:
            return self.number(float(amount), 2 if amount % 1 else 0)
        pattern = "¤#,##0.00" if amount % 1 else "¤#,##0"
        return str(format_currency(amount, currency, pattern, locale=self._locale, currency_digits=False))

    def number(self, value: float, decimals: int = 0) -> str:
        """A number with at most ``decimals`` decimals."""
        pattern = "#,##0" + ("." + "#" * decimals if decimals else "")
        return str(format_decimal(value, pattern, locale=self._locale))

    def percent(self, fraction: float) -> str:
        """A fraction of 1 in whole per cent."""
        return str(format_percent(fraction, "#,##0%", locale=self._locale))

    def score(self, value: float | None) -> str:
        """A score as it is shown: whole points; a dash when nothing could be judged."""
        return "–" if value is None else self.number(round(value))

    def points(self, value: float) -> str:
        return self.number(value, 1)

    @property
    def _locale(self) -> Locale:
        return Locale.parse(_LOCALES[self.language])
