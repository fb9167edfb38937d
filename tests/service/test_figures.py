"""What deals come to where their money is of several currencies."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from random import Random

from service.opportunities.figures import figures, groups, most_at_risk, widest
from service.opportunities.gap_views import group_json
from sop.deals.gap import Gap


@dataclass(frozen=True)
class Made:
    """A deal with its gap."""

    external_id: str
    amount: Decimal | None
    currency: str | None
    gap: Gap | None
    owner_id: uuid.UUID | None = None
    owner: str | None = None
    team_id: uuid.UUID | None = None
    team: str | None = None


def made(name: str, currency: str | None, at_risk: float | None, stages: int = 1, amount: float = 100) -> Made:
    risk = None if at_risk is None else Decimal(str(at_risk))
    gap = Gap("b", "a", "a", stages, 0, (), risk, Decimal(str(amount)))
    return Made(name, Decimal(str(amount)), currency, gap)


def names(deals: list[Made]) -> list[str]:
    return [deal.external_id for deal in deals]


def test_the_order_does_not_depend_on_the_unit_of_a_currency() -> None:
    """A hundred yen are not more than fifty pounds: a deal counts by its share of the largest of its own currency."""
    deals = [
        made("pounds-1", "GBP", 50),
        made("pounds-2", "GBP", 20),
        made("yen-1", "JPY", 9000),
        made("yen-2", "JPY", 6300),
        made("none", "EUR", 0),
    ]
    Random(3).shuffle(deals)
    assert names(most_at_risk(deals)) == ["pounds-1", "yen-1", "yen-2", "pounds-2", "none"]
    cents = [made(each.external_id, each.currency, float((each.gap.at_risk or 0) * 100)) for each in deals if each.gap]
    assert names(most_at_risk(cents)) == ["pounds-1", "yen-1", "yen-2", "pounds-2", "none"]


def test_within_a_currency_more_money_comes_first() -> None:
    """One currency alone is ranked by its sums; with no money at risk the wider gap comes first, then the amount."""
    deals = [made("a", "CNY", 10), made("b", "CNY", 30), made("c", "CNY", None, 2), made("d", "CNY", None, 1, 900)]
    assert names(most_at_risk(deals)) == ["b", "a", "c", "d"]
    assert names(widest(deals)) == ["c", "b", "a", "d"]


def test_sums_are_told_by_currency_the_one_of_most_deals_first() -> None:
    """Nothing is added up across currencies, and no currency comes first for being small change."""
    found = figures([made("a", "JPY", 9000, amount=10_000), made("b", "GBP", 5), made("c", "GBP", 6)])
    assert found.amount == (("GBP", Decimal(200)), ("JPY", Decimal(10_000)))
    assert found.at_risk == (("GBP", Decimal(11)), ("JPY", Decimal(9000)))
    assert (found.deals, found.with_gap, found.stages, found.is_of_several_currencies) == (3, 3, 3, True)


def test_a_currency_that_comes_to_nothing_is_told_as_nothing() -> None:
    """As JSON a rep with nothing at risk has 0.00 in each currency of their deals; what no deal says is not there."""
    ben = uuid.uuid4()
    worth = {"a": ("GBP", Decimal("80.50")), "b": ("CNY", Decimal(0)), "c": ("USD", None)}
    deals = [Made(name, amount, currency, None, ben, "Ben") for name, (currency, amount) in worth.items()]
    (group,) = groups(deals, "rep")
    told = group_json(group)
    assert told["amount"] == {"GBP": "80.50", "CNY": "0.00"}
    assert told["at_risk"] == {"GBP": "0.00", "CNY": "0.00"}
    assert (group.figures.amount, group.figures.at_risk) == ((("GBP", Decimal("80.50")),), ())


def test_groups_with_the_largest_share_of_gaps_come_first() -> None:
    """One of one goes before one of two; deals of nobody are a group without a name."""
    ben, cleo = uuid.uuid4(), uuid.uuid4()
    deals = [
        Made("a", None, None, made("a", None, 1).gap, ben, "Ben"),
        Made("b", None, None, made("b", None, None, 0).gap, ben, "Ben"),
        Made("c", None, None, made("c", None, 1).gap, cleo, "Cleo"),
        Made("d", None, None, None),
    ]
    assert [(each.name, each.figures.with_gap, each.figures.deals) for each in groups(deals, "rep")] == [
        ("Cleo", 1, 1),
        ("Ben", 1, 2),
        (None, 0, 1),
    ]
