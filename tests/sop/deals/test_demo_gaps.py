"""The deals of the demo, judged by the default pipeline from what the demo's calls hold."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from sop.deals.facts import CallFact, ContactFact, DealFacts, EventFact
from sop.deals.gap import Gap, truth_gap
from sop.deals.pipeline import Pipeline
from sop.deals.pipeline_document import parse
from sop.deals.wording import explain_gap, explain_verdict

ROOT = Path(__file__).parents[3]
DEMO = ROOT / "service" / "demo" / "data"
NOW = datetime(2026, 11, 13, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def line() -> Pipeline:
    """The default pipeline as it is shipped."""
    return parse((ROOT / "service" / "records" / "shipped" / "pipeline" / "default.yaml").read_text("utf-8"))


@pytest.fixture(scope="module")
def deals() -> dict[str, DealFacts]:
    """The demo's deals by the CRM's id, with all events of their calls."""
    calls = [json.loads(each) for each in (DEMO / "calls.jsonl").read_text("utf-8").splitlines()]
    with (DEMO / "opportunities.csv").open(encoding="utf-8") as file:
        return {row["opportunity_id"]: _deal(row, calls) for row in csv.DictReader(file)}


def _deal(row: dict[str, str], calls: list[dict[str, Any]]) -> DealFacts:
    own = [each for each in calls if each["opportunity_id"] == row["opportunity_id"]]
    outcome = row["outcome"]
    assert outcome in ("open", "won", "lost")
    return DealFacts(
        id=row["opportunity_id"],
        pipeline="default",
        stage=row["stage"],
        outcome=outcome,  # type: ignore[arg-type]
        amount=Decimal(row["amount"]),
        currency=row["currency"],
        created_at=datetime.fromisoformat(row["created_at"]),
        expected_close=date.fromisoformat(row["expected_close"]),
        contacts=(ContactFact("c1", row["contact_name"]),),
        calls=tuple(
            CallFact(
                each["call_id"], datetime.fromisoformat(each["started_at"]), 100_000, each["rep_email"], contact="c1"
            )
            for each in own
        ),
        events=tuple(event for each in own for event in _events(each)),
    )


def _events(call: dict[str, Any]) -> Iterator[EventFact]:
    at = datetime.fromisoformat(call["started_at"])
    for turn, said in enumerate(call["turns"]):
        for event in said["events"]:
            start = turn * 4_000
            yield EventFact(call["call_id"], at, event, said["speaker"], turn, start, start + 3_500, said["text"])


def missing(gap: Gap) -> str:
    """What the gap lacks, in English."""
    return "\n".join(explain_verdict(verdict, "en") for verdict in gap.missing)


def test_a_deal_that_claims_more_than_was_said(line: Pipeline, deals: dict[str, DealFacts]) -> None:
    """OPP-1002 claims negotiate; nobody said a need, and nobody said who decides."""
    gap = truth_gap(line, deals["OPP-1002"], NOW)
    assert (gap.claimed, gap.verified, gap.stages) == ("negotiate", "needs", 2)
    assert missing(gap) == (
        "Customer need (by the customer): nobody said one in 3 calls (5 min heard)\n"
        "Decision process (by the customer): nobody said one in 3 calls (5 min heard)"
    )
    assert gap.at_risk == Decimal("25600.00")
    assert explain_gap(gap, line, "en", "GBP") == (
        "CRM says Negotiate, the calls verify Needs: 2 stages ahead, 25,600 GBP at risk"
    )


def test_deals_whose_stage_is_supported(line: Pipeline, deals: dict[str, DealFacts]) -> None:
    """The calls of OPP-1006 reach its stage close, and those of the won OPP-1001 the order."""
    close = truth_gap(line, deals["OPP-1006"], NOW)
    assert (close.claimed, close.stages, close.at_risk) == ("close", 0, Decimal(0))
    assert explain_gap(close, line, "en").endswith("no gap")
    assert truth_gap(line, deals["OPP-1001"], NOW).stages == 0


def test_other_deals_of_the_demo(line: Pipeline, deals: dict[str, DealFacts]) -> None:
    """The silent OPP-1004 and OPP-1005 after its change of rep have no gap; the lost OPP-1003 claims nothing."""
    assert {name: truth_gap(line, deals[name], NOW).stages for name in ("OPP-1003", "OPP-1004", "OPP-1005")} == {
        "OPP-1003": 0,
        "OPP-1004": 0,
        "OPP-1005": 0,
    }


def test_what_the_first_call_of_a_deal_verified(line: Pipeline, deals: dict[str, DealFacts]) -> None:
    """After its first call OPP-1006 had a need and knew who decides, and nothing to close on."""
    early = truth_gap(line, deals["OPP-1006"].as_of(datetime(2026, 10, 31, tzinfo=UTC)), NOW)
    assert (early.verified, early.stages) == ("close", 0)
    before = truth_gap(line, deals["OPP-1006"].as_of(datetime(2026, 10, 1, tzinfo=UTC)), NOW)
    assert (before.verified, before.stages) == ("qualify", 4)
