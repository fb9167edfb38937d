"""Discounts that a rep promised in a deal's calls: said outright, or shown by a price that falls."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sop.deals.facts import EventFact

PROMISING = frozenset({"price_discussion", "objection_handling", "closing"})
"""Events in which a rep gives a discount."""
QUOTING = frozenset({"price_discussion", "closing"})
"""Events in which a rep names the price itself."""
SAME_THING = 0.5
"""A price that is at most half of the last one, or at least twice as much, is the price of something else: a part
payment, a smaller order, a unit."""


@dataclass(frozen=True, slots=True)
class PricePromise:
    """A discount in one turn: ``cut`` is the fraction taken off where it can be told, ``told`` is how it was said.

    Of a fallen price ``before`` is what the rep had named earlier, in ``earlier``.
    """

    event: EventFact
    cut: float | None
    told: str
    before: str | None = None
    earlier: EventFact | None = None

    @property
    def at(self) -> datetime:
        return moment(self.event)


def moment(event: EventFact) -> datetime:
    """When the event was said."""
    return event.at + timedelta(milliseconds=event.start_ms)


def price_promises(events: Iterable[EventFact], amount: float | None = None) -> tuple[PricePromise, ...]:
    """What the rep surely promised, in order of time; ``amount`` is the deal's, for sums whose share is not said."""
    said = sorted(
        (each for each in events if each.speaker == "rep" and not each.doubtful and each.event in PROMISING),
        key=lambda event: event.order,
    )
    price: tuple[float, EventFact] | None = None
    found: list[PricePromise] = []
    for event in said:
        quote = _quote(event)
        outright = _outright(event, price[0] if price else amount)
        if outright is not None:
            found.append(outright)
        if quote is None or (price is not None and not _comparable(event, price)):
            continue
        if price is not None and quote < price[0] and outright is None:
            found.append(_fall(event, quote, price))
        price = (quote, event)
    return tuple(found)


def _quote(event: EventFact) -> float | None:
    """The largest sum that the rep names as a price; the smaller ones in a breath are parts of it."""
    if event.event not in QUOTING:
        return None
    return max((number for number in _numbers(event, "amount") if number > 0), default=None)


def _comparable(event: EventFact, price: tuple[float, EventFact]) -> bool:
    quote = _quote(event) or 0.0
    currencies = {_currency(event), _currency(price[1])} - {None}
    return len(currencies) < 2 and SAME_THING < quote / price[0] < 1 / SAME_THING


def _currency(event: EventFact) -> str | None:
    slot = event.slot("currency")
    return None if slot is None else str(slot.value)


def _outright(event: EventFact, price: float | None) -> PricePromise | None:
    shares = [number for number in _numbers(event, "discount") if 0 < number <= 1]
    if shares:
        return PricePromise(event, max(shares), f"{100 * max(shares):g} %")
    sums = [number for number in _numbers(event, "amount_off") if number > 0]
    if not sums:
        return None
    share = max(sums) / price if price else None
    return PricePromise(event, share, f"{max(sums):,.15g}")


def _fall(event: EventFact, quote: float, price: tuple[float, EventFact]) -> PricePromise:
    before, earlier = price
    return PricePromise(event, 1 - quote / before, f"{quote:,.15g}", f"{before:,.15g}", earlier)


def _numbers(event: EventFact, name: str) -> Sequence[float]:
    values = (slot.value for slot in event.slots if slot.name == name)
    return [float(value) for value in values if isinstance(value, int | float)]
