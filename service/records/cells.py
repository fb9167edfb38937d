"""The cells of one row as values: every reader refuses what it can't read, naming the column."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, tzinfo
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache

from service.opportunities.phones import e164
from service.records.nouns import FIELDS
from service.records.reasons import CellError
from sop.procedure import Wording

MOST_CHARACTERS = 500

_CENT = Decimal("0.01")
_LARGEST_AMOUNT = Decimal("99999999999999.99")
_YEARS = range(1900, 3000)
_CURRENCY = re.compile("[A-Z]{3}")
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_GROUPED = re.compile(r"-?\d{1,3}(,\d{3})+(\.\d+)?")

cached_phone = lru_cache(maxsize=100_000)(e164)


@dataclass(frozen=True, slots=True)
class Form:
    """How moments and numbers are written, where not as ISO 8601 and plain decimals.

    ``dates`` are formats of :func:`datetime.datetime.strptime`; ``zone`` is that of moments without an offset.
    """

    dates: tuple[str, ...] = ()
    zone: tzinfo = UTC
    decimal: str | None = None


PLAIN = Form()


@dataclass(frozen=True, slots=True)
class Cells:
    """The cells of a row by column. A column that is not there was not given; an empty one clears."""

    values: Mapping[str, str]
    form: Form = PLAIN

    def __contains__(self, column: str) -> bool:
        return column in self.values

    def text(self, column: str) -> str | None:
        """The cell's text, or None if it is empty or not there."""
        value = self.values.get(column)
        if not value:
            return None
        if len(value) > MOST_CHARACTERS:
            raise CellError("too_long", column, characters=len(value), most=MOST_CHARACTERS)
        return value

    def need(self, column: str) -> str:
        """The cell's text, which must be there."""
        value = self.text(column)
        if value is None:
            raise CellError("empty", column)
        return value

    def choice(self, column: str, options: Sequence[str]) -> str | None:
        """One of ``options``."""
        value = self.text(column)
        if value is not None and value not in options:
            raise CellError("choice", column, options=", ".join(options), value=value)
        return value

    def named(self, column: str, titles: Mapping[str, Wording]) -> str | None:
        """A key of ``titles``, given as such or by what it is called."""
        value = self.text(column)
        return None if value is None else named(column, value, titles)

    def phone(self, column: str) -> str | None:
        """A phone number in E.164 form."""
        return cached_phone(self.text(column))

    def email(self, column: str) -> str | None:
        """An e-mail address in lower case."""
        value = self.text(column)
        if value is not None and not _EMAIL.fullmatch(value):
            raise CellError("no_email", column, value=value)
        return value.lower() if value else None

    def currency(self, column: str) -> str | None:
        """A currency's three letters (ISO 4217)."""
        value = (self.text(column) or "").upper()
        if value and not _CURRENCY.fullmatch(value):
            raise CellError("no_currency", column, value=value)
        return value or None

    def amount(self, column: str) -> Decimal | None:
        """An amount of money, in whole cents."""
        value = self.text(column)
        if value is None:
            return None
        try:
            amount = Decimal(self._plain(value))
        except InvalidOperation:
            raise CellError("no_number", column, value=value) from None
        if not amount.is_finite() or not 0 <= amount <= _LARGEST_AMOUNT:
            raise CellError("out_of_range", column, value=value)
        # As the database would round it, or every import would find it changed.
        return amount.quantize(_CENT, ROUND_HALF_UP)

    def moment(self, column: str) -> datetime | None:
        """A moment with its time zone."""
        value = self.text(column)
        moment = None if value is None else _moment(value, self.form)
        if value is not None and moment is None:
            raise CellError("no_time", column, value=value, example=self._example("2026-10-09T14:20:00+08:00"))
        if moment is not None and moment.year not in _YEARS:
            raise CellError("out_of_range", column, value=value or "")
        return moment

    def day(self, column: str) -> date | None:
        """A day; of a moment the day where its clock stands."""
        value = self.text(column)
        day = None if value is None else _day(value, self.form)
        if value is not None and day is None:
            raise CellError("no_day", column, value=value, example=self._example("2026-11-06"))
        if day is not None and day.year not in _YEARS:
            raise CellError("out_of_range", column, value=value or "")
        return day

    def pairs(self, column: str) -> tuple[tuple[str, str], ...]:
        """What is listed as ``who:what; who:what``."""
        found: list[tuple[str, str]] = []
        for part in (self.text(column) or "").replace("；", ";").replace("：", ":").split(";"):
            who, colon, what = (piece.strip() for piece in part.rpartition(":"))
            if not part.strip():
                continue
            if not colon or not who or not what:
                raise CellError("no_pairs", column, value=part.strip())
            found.append((who, what))
        return tuple(dict.fromkeys(found))

    def fields(self) -> dict[str, str]:
        """The further fields that are given, by name; empty ones are to be cleared."""
        return {column[len(FIELDS) :]: self.text(column) or "" for column in self.values if column.startswith(FIELDS)}

    def _plain(self, value: str) -> str:
        if self.form.decimal:
            value = value.strip("¥￥£$€ ")
        if self.form.decimal == ",":
            value = value.replace(".", "").replace("\u202f", "").replace(" ", "").replace(",", ".")
        elif self.form.decimal == "." and _GROUPED.fullmatch(value):
            value = value.replace(",", "")
        return value

    def _example(self, usual: str) -> str:
        if not self.form.dates:
            return usual
        return datetime(2026, 10, 9, 14, 20, tzinfo=UTC).strftime(self.form.dates[0])


def named(column: str, value: str, titles: Mapping[str, Wording]) -> str:
    """The key of ``titles`` that ``value`` is, or is the title of.

    Raises:
        CellError: there is none.
    """
    if value in titles:
        return value
    folded = value.casefold()
    for key, title in titles.items():
        if folded in (key.casefold(), title.zh.casefold(), title.en.casefold()):
            return key
    raise CellError("choice", column, options=", ".join(titles), value=value)


@lru_cache(maxsize=10_000)
def _moment(value: str, form: Form) -> datetime | None:
    for attempt in ("", *form.dates):
        try:
            moment = datetime.strptime(value, attempt) if attempt else datetime.fromisoformat(value)
        except ValueError:
            continue
        return moment if moment.tzinfo else moment.replace(tzinfo=form.zone)
    return None


@lru_cache(maxsize=10_000)
def _day(value: str, form: Form) -> date | None:
    try:
        return date.fromisoformat(value)
    except ValueError:
        moment = _moment(value, form)
    return None if moment is None else moment.date()
