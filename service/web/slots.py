"""The slots of a key event as a reader sees them: ¥320,000 · −20% · Wed 26 Nov, 15:00 · Demo. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal

from nlp.moments.moment import PART_HOURS
from service.web.formats import Formats
from service.web.translation import Translator
from sop.events import Slot


@dataclass(frozen=True, slots=True)
class ShownSlot:
    """What is shown of a slot: its ``name`` is the key of its icon's label, ``said`` are the words of the call."""

    name: str
    text: str
    said: str


def shown_slots(slots: Iterable[Slot], formats: Formats, t: Translator) -> tuple[ShownSlot, ...]:
    """In the order they were said, each once; an amount takes its currency along.

    Days and times are those of the place of the call, as they were said there. A slot without a value is shown in the
    words of the call.
    """
    listed = list(slots)
    shown: dict[tuple[str, str], ShownSlot] = {}
    for slot in listed:
        if slot.name != "currency":
            text = _text(slot, listed, formats, t)
            shown.setdefault((slot.name, text), ShownSlot(slot.name, text, slot.text))
    return tuple(shown.values())


def _text(slot: Slot, listed: Iterable[Slot], formats: Formats, t: Translator) -> str:
    value = slot.value
    if value is None:
        return t("slots.vague", text=slot.text)
    if slot.name in ("amount", "amount_off") and isinstance(value, int | float):
        money = formats.money(Decimal(str(value)), _currency(slot, listed))
        return money if slot.name == "amount" else f"−{money}"
    if slot.name == "discount" and isinstance(value, int | float):
        return f"−{formats.percent(value)}"
    if slot.name == "when":
        return _when(str(value), formats, t)
    key = f"slots.{slot.name}s.{value}"
    return t(key) if key in t else str(value)


def _currency(amount: Slot, listed: Iterable[Slot]) -> str | None:
    """The currency said within the words of the amount."""
    inside = (s for s in listed if s.name == "currency" and amount.start <= s.start and s.end <= amount.end)
    return next((str(slot.value) for slot in inside), None)


def _when(value: str, formats: Formats, t: Translator) -> str:
    """An ISO 8601 value of :mod:`nlp.moments.moment`."""
    first, _, last = value.partition("/")
    if first.startswith("T"):
        return f"{time.fromisoformat(first):%H:%M}"
    if not last:
        return _point(first, formats)
    if "T" not in first:
        return formats.days(date.fromisoformat(first), date.fromisoformat(last))
    start, end = datetime.fromisoformat(first), datetime.fromisoformat(last)
    hours = (start.hour, end.hour)
    part = next((part for part, named in PART_HOURS.items() if hours == named and not start.minute + end.minute), None)
    if part:
        return t(f"slots.parts.{part}", day=formats.weekday(start.date()))
    return f"{_point(first, formats)}–{end:%H:%M}"


def _point(value: str, formats: Formats) -> str:
    if "T" not in value:
        return formats.weekday(date.fromisoformat(value))
    moment = datetime.fromisoformat(value)
    return f"{formats.weekday(moment.date())}, {moment:%H:%M}"
