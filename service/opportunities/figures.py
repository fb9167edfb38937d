"""What sets of deals come to: counts, money by currency, sums by rep and by team, and which deals come first."""

from __future__ import annotations

import uuid
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, Protocol, TypeVar

from sop.deals.gap import Gap

Money = tuple[tuple[str | None, Decimal], ...]
"""Sums by currency (None: none given); never added up, nor compared, as nothing here knows rates of exchange."""


class Counted(Protocol):
    """A deal that can be counted: its owner and team by id and name, what it is worth, and its gap if it has one."""

    @property
    def external_id(self) -> str: ...
    @property
    def owner_id(self) -> uuid.UUID | None: ...
    @property
    def owner(self) -> str | None: ...
    @property
    def team_id(self) -> uuid.UUID | None: ...
    @property
    def team(self) -> str | None: ...
    @property
    def amount(self) -> Decimal | None: ...
    @property
    def currency(self) -> str | None: ...
    @property
    def gap(self) -> Gap | None: ...


Deal = TypeVar("Deal", bound=Counted)


@dataclass(frozen=True, slots=True)
class Figures:
    """What a set of deals comes to. ``stages`` is the sum of their gaps; ``currencies`` are those in which a deal says
    what it is worth, in order of their codes, also where the money comes to nothing, which ``amount`` and ``at_risk``
    leave out."""

    deals: int
    with_gap: int
    stages: int
    amount: Money
    at_risk: Money
    currencies: tuple[str | None, ...]

    @property
    def share(self) -> float:
        """How many of the deals have a gap, in [0, 1]."""
        return self.with_gap / self.deals if self.deals else 0.0

    @property
    def is_of_several_currencies(self) -> bool:
        return len(self.amount) > 1


@dataclass(frozen=True, slots=True)
class Group:
    """The deals of a rep or a team; without a name those that nobody owns, or whose owners are of no team."""

    id: uuid.UUID | None
    name: str | None
    figures: Figures


def figures(deals: Sequence[Counted]) -> Figures:
    """What the deals come to."""
    return Figures(
        deals=len(deals),
        with_gap=sum(_stages(deal) > 0 for deal in deals),
        stages=sum(map(_stages, deals)),
        amount=sums((deal.currency, deal.amount) for deal in deals),
        at_risk=sums((deal.currency, _at_risk(deal)) for deal in deals),
        currencies=tuple(sorted({deal.currency for deal in deals if deal.amount is not None}, key=lambda c: c or "")),
    )


def sums(amounts: Iterable[tuple[str | None, Decimal | None]]) -> Money:
    """Amounts by currency, the one of most deals first; without those that come to nothing."""
    found: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    deals: Counter[str | None] = Counter()
    for currency, amount in amounts:
        if amount:
            found[currency] += amount
            deals[currency] += 1
    return tuple(sorted(((c, s) for c, s in found.items() if s), key=lambda pair: (-deals[pair[0]], pair[0] or "")))


def groups(deals: Iterable[Counted], by: Literal["rep", "team"]) -> tuple[Group, ...]:
    """The deals by owner or by the owner's team, those with the largest share of gaps first."""
    members: defaultdict[tuple[uuid.UUID | None, str | None], list[Counted]] = defaultdict(list)
    for deal in deals:
        members[(deal.owner_id, deal.owner) if by == "rep" else (deal.team_id, deal.team)].append(deal)
    found = (Group(id_, name, figures(own)) for (id_, name), own in members.items())
    return tuple(sorted(found, key=lambda each: (-each.figures.share, -each.figures.stages, each.name or "")))


def most_at_risk(deals: Sequence[Deal]) -> list[Deal]:
    """The deals with the most money at risk first, then those with the widest gap, then the largest.

    Money is compared within its currency only: a deal counts by its share of the largest sum of its own currency.
    """
    at_risk, amount = _share_of_largest(deals, _at_risk), _share_of_largest(deals, lambda deal: deal.amount)
    return sorted(deals, key=lambda deal: (-at_risk(deal), -_stages(deal), -amount(deal), deal.external_id))


def widest(deals: Sequence[Deal]) -> list[Deal]:
    """The deals with the widest gap first, then those with the most money at risk, as above."""
    return sorted(most_at_risk(deals), key=lambda deal: -_stages(deal))


def _share_of_largest(
    deals: Iterable[Counted], money_of: Callable[[Counted], Decimal | None]
) -> Callable[[Counted], Decimal]:
    """For each deal its sum as a share, in [0, 1], of the largest one of its currency; 0 where it has none."""
    largest: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for deal in deals:
        largest[deal.currency] = max(largest[deal.currency], money_of(deal) or Decimal(0))
    return lambda deal: max((money_of(deal) or Decimal(0)) / (largest[deal.currency] or 1), Decimal(0))


def _stages(deal: Counted) -> int:
    return deal.gap.stages if deal.gap else 0


def _at_risk(deal: Counted) -> Decimal | None:
    return deal.gap.at_risk if deal.gap else None
