"""The rule that links calls to deals, case by case: every border, every order, every tie."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml

from sop.deals.linking import CallToLink, DealToLink, LinkingSettings, choose

CASES: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "linking_cases.yaml").read_text("utf-8"))
CALLED_AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


def moment(days: str | float | None) -> datetime | None:
    """A moment so many days after the call; ``14d+1s`` is a second later than that."""
    if days is None:
        return None
    text = str(days)
    number, _, rest = text.partition("d")
    return CALLED_AT + timedelta(days=float(number), seconds=float(rest.removesuffix("s") or 0))


def deal_of(name: str, given: dict[str, Any]) -> DealToLink:
    """A deal of the table: opened 30 days before the call, open, of the account "A", with the number of the call."""
    opened = moment(given.get("opened", -30))
    assert opened is not None
    return DealToLink(
        id=name,
        account=given.get("account", "A"),
        phones=frozenset(str(number) for number in given.get("phones", ["+8615400000101"])),
        account_phones=frozenset(str(number) for number in given.get("account_phones", [])),
        owner=given.get("owner"),
        collaborators=frozenset(given.get("with", [])),
        opened_at=opened,
        closed_at=moment(given.get("closed")),
        outcome=given.get("outcome", "open"),
        activity=tuple(found for each in given.get("moved", []) if (found := moment(each))),
    )


def call_of(given: dict[str, Any]) -> CallToLink:
    """The call of the table: by "lin", with the number +86 154 0000 0101."""
    return CallToLink(given.get("phone", "+8615400000101"), given.get("rep", "lin"), CALLED_AT)


@pytest.mark.parametrize("case", CASES, ids=[case["case"] for case in CASES])
def test_the_rule_says_what_the_table_says(case: dict[str, Any]) -> None:
    """The deal the call is linked to, the order of the others and the reason are those of the table."""
    deals = [deal_of(name, given or {}) for name, given in case["deals"].items()]
    settings = replace(LinkingSettings(), **case.get("settings", {}))
    for listed in (deals, list(reversed(deals))):
        choice = choose(call_of(case.get("call", {})), listed, settings)
        assert choice.deal == case["links"]
        assert choice.verdict == case.get("verdict", "linked" if case["links"] else "nothing")
        if "order" in case:
            assert [candidate.deal for candidate in choice.candidates] == case["order"]
        for key in ("match", "person", "timing", "days"):
            if key in case:
                assert getattr(choice.candidates[0], key) == case[key]


def test_the_table_is_long_enough() -> None:
    """Forty cases at least, each with a name of its own."""
    assert len({case["case"] for case in CASES}) == len(CASES) >= 40
