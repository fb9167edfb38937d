"""Gaps of stored deals: what the calls verify, what is missing, and the sums of reps and teams."""

from __future__ import annotations

import uuid
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, update

from fakes_web import viewer_of
from judging import NOW, PRIYA, facts_of, gap_named, review, undone
from models.calls import Call
from models.database import Database
from models.opportunities import Opportunity, StageChange
from models.scores import StoredKeyEvent, StoredScorecard
from service.opportunities.figures import groups
from service.opportunities.gaps import deal_gaps
from service.opportunities.verdicts import judged_anew
from service.people.viewer import OPERATOR
from service.records.pipelines import pipelines
from service.sops.publishing import publish as publish_sop
from sop.deals.gap import Gap
from sop.deals.wording import explain_verdict


def test_the_demo_shows_its_gap(demo: Database) -> None:
    """OPP-1002 claims negotiate and lacks a need and who decides; OPP-1006 close is supported."""
    with demo.transaction() as session:
        gap = gap_named(session, "OPP-1002").gap
        assert (gap.claimed, gap.verified, gap.stages, gap.at_risk) == ("negotiate", "needs", 2, Decimal("25600.00"))
        assert [verdict.condition.id for verdict in gap.missing] == [
            "heard-customer_need-by-customer",
            "heard-decision_process-by-customer",
        ]
        assert gap_named(session, "OPP-1006").gap.stages == 0


def test_what_people_said_of_events_counts(demo: Database) -> None:
    """A rejected event is gone, a confirmed doubt is sure, a missed one is there; the last word counts."""
    with undone(demo) as session:
        gap = gap_named(session, "OPP-1002").gap
        assert gap.verified == "needs"
        review(session, "en-demo-001", 5, "customer_need", "missed")
        assert gap_named(session, "OPP-1002").gap.verified == "proposal"
        review(session, "en-demo-001", 5, "customer_need", "withdrawn")
        assert gap_named(session, "OPP-1002").gap.verified == "needs"
        for turn in _turns(session, "OPP-1002", "next_step"):
            review(session, *turn, "next_step", "rejected")
        assert gap_named(session, "OPP-1002").gap.verified == "qualify"


def _turns(session: Any, deal: str, name: str) -> list[tuple[str, int]]:
    found = facts_of(session, OPERATOR, deal)
    calls = {str(call.id): call.external_id for call in session.scalars(select(Call))}
    return [(calls[each.call], each.turn) for each in found.events if each.event == name]


def test_doubt_is_unknown(demo: Database) -> None:
    """Where all events that meet a gate are in doubt, the gap says what it could be."""
    with undone(demo) as session:
        session.execute(
            update(StoredKeyEvent).where(StoredKeyEvent.event == "customer_need").values(doubtful=True, confidence=0.4)
        )
        gap = gap_named(session, "OPP-1006").gap
        assert (gap.verified, gap.possible, gap.stages, gap.unsure) == ("needs", "won", 3, 3)


def test_gates_of_the_sop_that_judged_the_calls(demo: Database) -> None:
    """What an SOP wants heard before a stage holds the deals whose calls it judged, and no others."""
    with undone(demo) as session:
        assert gap_named(session, "OPP-1006").gap.stages == 0
        document = (Path("sop") / "shipped" / "en-b2b.yaml").read_text("utf-8")
        gates = "gates:\n  - {stage: needs, needs: [competitor], within_days: 30}\n"
        version, _ = publish_sop(session, f"{document}\n{gates}", OPERATOR)
        session.execute(update(StoredScorecard).values(sop_version_id=version.id))
        gap = gap_named(session, "OPP-1006").gap
        assert gap.verified == "qualify"
        assert [verdict.condition.id for verdict in gap.missing] == ["heard-competitor-within-30"]


def test_a_skipped_stage_of_a_stored_deal(demo: Database) -> None:
    """A jump in the stage history shows with the day it was made."""
    with undone(demo) as session:
        deal = session.scalar(select(Opportunity.id).where(Opportunity.external_id == "OPP-1002"))
        moves = (("qualify", 30), ("proposal", 9))
        rows = [
            {
                "id": uuid.uuid4(),
                "opportunity_id": deal,
                "stage": s,
                "changed_at": NOW - timedelta(days=d),
                "source": "api",
            }
            for s, d in moves
        ]
        session.execute(delete(StageChange).where(StageChange.opportunity_id == deal))
        session.execute(insert(StageChange), rows)
        (violation,) = gap_named(session, "OPP-1002").violations
        assert (violation.kind, violation.reason.params["stage"]) == ("skipped_stage", "needs")


def test_gaps_by_rep_and_team(demo: Database) -> None:
    """How many open deals, how many with a gap, and the money by currency; only what the viewer sees is counted."""
    with demo.transaction() as session:
        deals = deal_gaps(session, OPERATOR, NOW)
        assert deals[0].external_id == "OPP-1002"
        assert {deal.outcome for deal in deals} == {"open"}
        reps = {group.name: group.figures for group in groups(deals, "rep")}
        assert (reps["Tom Becker"].deals, reps["Tom Becker"].with_gap) == (1, 1)
        assert reps["Tom Becker"].at_risk == (("GBP", Decimal("25600.00")),)
        assert (reps["Priya Nair"].deals, reps["Priya Nair"].with_gap, reps["Priya Nair"].stages) == (2, 0, 0)
        assert dict(reps["Priya Nair"].amount).keys() == {"GBP", "USD"}
        teams = {group.name: (group.figures.deals, group.figures.with_gap) for group in groups(deals, "team")}
        assert teams == {"UK & US": (3, 1), "华东": (1, 0)}
        own = groups(deal_gaps(session, viewer_of(demo, PRIYA), NOW), "rep")
        assert [group.name for group in own] == ["Priya Nair"]


def test_a_reps_gap_is_never_wider_than_what_all_see(demo: Database) -> None:
    """Seeing fewer calls makes things unknown, never absent: what could be true covers what all calls verify."""
    zhao = viewer_of(demo, "zhao.peng@example.com")
    with demo.transaction() as session:
        for name in ("OPP-1003", "OPP-1005"):
            seen, whole = gap_named(session, name, zhao), gap_named(session, name)
            order = seen.deal.pipeline.index
            assert order(seen.gap.possible) >= order(whole.gap.verified) >= order(seen.gap.verified)
            assert replace(seen.facts, calls=(), events=()) == replace(whole.facts, calls=(), events=())


@pytest.mark.parametrize("pipeline", ["default", "complex"])
@pytest.mark.parametrize("seed", range(3))
def test_enough_is_enough(demo: Database, pipeline: str, seed: int) -> None:
    """Lists read fewer events than a deal's page and come to the same gaps with the same words for what is missing."""
    chance = Random(seed)
    with undone(demo) as session:
        stages = [stage.id for stage in pipelines(session)[pipeline].stages if stage.kind == "open"]
        session.execute(update(Opportunity).values(pipeline=pipeline, stage=stages[-1]))
        for stored in session.scalars(select(StoredKeyEvent)):
            stored.confidence = chance.choice((0.3, 0.6, 0.9))
            stored.doubtful = chance.random() < 0.6
            stored.speaker = chance.choice(("rep", "customer", "customer", "unknown"))
        for call in session.scalars(select(Call)):
            call.started_at = NOW - timedelta(days=chance.choice((1, 59.5, 60.5, 100, 179, 181)))
        session.flush()
        review(session, "en-demo-001", 5, "customer_need", "missed")
        ids = list(session.scalars(select(Opportunity.id)))
        listed = judged_anew(session, OPERATOR, ids, NOW, pipelines(session)).values()
        assert len(listed) == 6
        proofs = {facts.id: gap_named(session, facts.id) for facts, _, _ in listed}
        for facts, _, gap in listed:
            assert _told(gap) == _told(proofs[facts.id].gap), facts.id
            assert set(facts.events) <= set(proofs[facts.id].facts.events)
        read = sum(len(facts.events) for facts, _, _ in listed)
        assert read < sum(len(proof.facts.events) for proof in proofs.values())


def _told(gap: Gap) -> tuple[Any, ...]:
    outcomes = [
        (result.stage.id, verdict.condition.id, verdict.outcome) for result in gap.gates for verdict in result.verdicts
    ]
    words = [explain_verdict(verdict, "en") for verdict in gap.missing if not verdict.parts]
    return gap.claimed, gap.verified, gap.possible, gap.stages, gap.unsure, gap.at_risk, outcomes, words
