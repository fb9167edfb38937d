"""Gaps of stored deals: facts from the tables, sums, answers, the API and the command line."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Connection, delete, event, insert, select, update
from typer.testing import CliRunner

from databases import Demo
from fakes_web import viewer_of
from models.answers import ViolationAnswer
from models.calls import Call
from models.database import Database
from models.opportunities import (
    Approval,
    Collaborator,
    Contact,
    DoneAction,
    Opportunity,
    OpportunityContact,
    StageChange,
)
from models.people import User
from models.records import Change
from models.reviews import EventReview
from models.scores import StoredKeyEvent, StoredScorecard
from service.calls import newest
from service.cli import app, deals
from service.main import create_app
from service.opportunities.answers import AnswerError, UnknownViolation, answer, answers
from service.opportunities.facts import deal_facts
from service.opportunities.figures import groups
from service.opportunities.gaps import DealProof, deal_gap, deal_gaps
from service.opportunities.verdicts import judged_anew
from service.people.queries import user_by_email
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR, Viewer
from service.records.configurations import shipped
from service.records.pipelines import pipelines, publish
from service.records.scope import NotAllowed
from service.settings import Settings
from service.sops.publishing import publish as publish_sop
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap
from sop.deals.wording import explain_verdict

NOW = datetime(2026, 11, 13, 9, tzinfo=UTC)
HELEN, TOM, PRIYA = "helen.marsh@example.com", "tom.becker@example.com", "priya.nair@example.com"
LONG_AGO = date(2020, 1, 1)
CLOSE_PASSED = f"close_date_passed:{LONG_AGO}"


@pytest.fixture(scope="module")
def shared(scored_demo: Demo) -> tuple[Database, dict[str, uuid.UUID]]:
    """The demo, scored from gold; what a test changes it takes back."""
    with scored_demo.database.transaction() as session:
        # The API and the command judge by the clock on the wall.
        silent = update(Opportunity).where(Opportunity.external_id == "OPP-1004")
        session.execute(silent.values(expected_close=LONG_AGO))
    return scored_demo.database, scored_demo.calls


@pytest.fixture
def demo(shared: tuple[Database, dict[str, uuid.UUID]]) -> Database:
    """The demo's database."""
    return shared[0]


@contextmanager
def undone(database: Database) -> Iterator[Any]:
    """A transaction that leaves nothing behind."""
    with database.transaction() as session:
        yield session
        session.rollback()


def facts_of(session: Any, viewer: Viewer, name: str) -> DealFacts:
    """What is known of a deal by the CRM's id."""
    found = session.scalar(select(Opportunity.id).where(Opportunity.external_id == name))
    return deal_facts(session, viewer, [found])[found]


def gap_named(session: Any, name: str, viewer: Viewer = OPERATOR) -> DealProof:
    """The gap of a deal that is there."""
    found = deal_gap(session, viewer, name, NOW)
    assert found is not None
    return found


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


def test_facts_are_read_whole(demo: Database) -> None:
    """Calls in their own clock, who called whom, and every event with its seconds and slots."""
    with demo.transaction() as session:
        facts = facts_of(session, OPERATOR, "OPP-1002")
    assert [call.at.isoformat() for call in facts.calls] == [
        "2026-10-06T10:30:00+01:00",
        "2026-10-21T14:00:00+01:00",
        "2026-11-04T11:30:00+00:00",
    ]
    assert {(call.rep_name, call.rep_function, call.heard) for call in facts.calls} == {("Tom Becker", "account", True)}
    named = {contact.id: contact.name for contact in facts.contacts}
    assert {named[call.contact or ""] for call in facts.calls} == {"Martin Doyle"}
    quotes = [event for event in facts.events if event.slot("amount") and event.speaker == "rep"]
    assert {64_000, 71_000} <= {event.slot("amount").value for event in quotes}  # type: ignore[union-attr]
    assert all(0 <= event.start_ms < event.end_ms and event.quote for event in facts.events)


def test_few_statements_however_many_deals(demo: Database) -> None:
    """All deals take as many statements as one."""
    counts = []
    for names in (["OPP-1002"], None):
        with demo.transaction() as session, counted(demo) as sent:
            ids = None
            if names:
                ids = list(session.scalars(select(Opportunity.id).where(Opportunity.external_id.in_(names))))
                sent.clear()
            deal_facts(session, OPERATOR, ids)
            counts.append(len(sent))
    assert counts[0] == counts[1] <= 12


@contextmanager
def counted(database: Database) -> Iterator[list[str]]:
    """The statements sent to the database meanwhile."""
    sent: list[str] = []

    def count(_connection: Connection, _cursor: object, statement: str, *_rest: object) -> None:
        sent.append(statement)

    event.listen(database.engine, "before_cursor_execute", count)
    yield sent
    event.remove(database.engine, "before_cursor_execute", count)


def test_calls_one_may_not_see_are_unknown(demo: Database) -> None:
    """A rep sees of another's calls only that they were: what they hold is unknown, so nothing is called absent."""
    lin = viewer_of(demo, "zhao.peng@example.com")
    with demo.transaction() as session:
        facts = facts_of(session, lin, "OPP-1005")
        seen = [call for call in facts.calls if call.heard]
        hidden = [call for call in facts.calls if not call.heard]
        assert (len(seen), len(hidden)) == (1, 1)
        assert (hidden[0].rep, hidden[0].rep_name, hidden[0].contact) == (None, None, None)
        assert {event.call for event in facts.events} == {seen[0].id}
        gap = gap_named(session, "OPP-1005", lin).gap
        assert {verdict.outcome for result in gap.gates for verdict in result.verdicts} == {"met", "unknown"}
        tom = viewer_of(demo, TOM)
        assert deal_gap(session, tom, "OPP-1006", NOW) is None
        assert {deal.external_id for deal in deal_gaps(session, tom, NOW)} == {"OPP-1002"}


def test_what_people_said_of_events_counts(demo: Database) -> None:
    """A rejected event is gone, a confirmed doubt is sure, a missed one is there; the last word counts."""
    with undone(demo) as session:
        gap = gap_named(session, "OPP-1002").gap
        assert gap.verified == "needs"
        _review(session, "en-demo-001", 5, "customer_need", "missed")
        assert gap_named(session, "OPP-1002").gap.verified == "proposal"
        _review(session, "en-demo-001", 5, "customer_need", "withdrawn")
        assert gap_named(session, "OPP-1002").gap.verified == "needs"
        for turn in _turns(session, "OPP-1002", "next_step"):
            _review(session, *turn, "next_step", "rejected")
        assert gap_named(session, "OPP-1002").gap.verified == "qualify"


def _turns(session: Any, deal: str, name: str) -> list[tuple[str, int]]:
    found = facts_of(session, OPERATOR, deal)
    calls = {str(call.id): call.external_id for call in session.scalars(select(Call))}
    return [(calls[each.call], each.turn) for each in found.events if each.event == name]


def _review(session: Any, call: str, turn: int, name: str, verdict: str) -> None:
    query = newest.joined(select(Call.id, newest.transcript.c.id.label("transcript"))).where(Call.external_id == call)
    row = session.execute(query).one()
    session.add(
        EventReview(
            call_id=row.id,
            transcript_id=row.transcript,
            turn=turn,
            event=name,
            verdict=verdict,
            said="absent",
            weights_hash="gold",
            language="en",
            speaker="customer",
            channel=1,
            start_ms=1000,
            end_ms=2000,
            turn_text="We lost a load in July.",
        )
    )
    session.flush()


def test_doubt_is_unknown(demo: Database) -> None:
    """Where all events that meet a gate are in doubt, the gap says what it could be."""
    with undone(demo) as session:
        session.execute(
            update(StoredKeyEvent).where(StoredKeyEvent.event == "customer_need").values(doubtful=True, confidence=0.4)
        )
        gap = gap_named(session, "OPP-1006").gap
        assert (gap.verified, gap.possible, gap.stages, gap.unsure) == ("needs", "won", 3, 3)


def test_records_beside_calls(demo: Database) -> None:
    """Collaborators, contacts with their part in this deal, approvals and actions become facts."""
    with undone(demo) as session:
        deal = session.scalars(select(Opportunity).where(Opportunity.external_id == "OPP-1006")).one()
        helen, priya = (session.scalars(select(User).where(User.email == mail)).one() for mail in (HELEN, PRIYA))
        for shipped_with_the_demo in (delete(Collaborator), delete(OpportunityContact)):
            session.execute(shipped_with_the_demo)
        session.execute(update(Contact).values(decision_role="unknown"))
        boss = Contact(account_id=deal.account_id, name="Ada Bell", decision_role="influencer", phone="+441632960999")
        session.add_all([boss, Collaborator(opportunity_id=deal.id, user_id=helen.id, function="delivery")])
        session.add(Collaborator(opportunity_id=deal.id, user_id=priya.id, function="solution"))
        session.flush()
        session.add(OpportunityContact(opportunity_id=deal.id, contact_id=boss.id, decision_role="decision_maker"))
        session.add(DoneAction(opportunity_id=deal.id, action="trial", done_by_id=helen.id, done_at=NOW))
        asked = Approval(opportunity_id=deal.id, kind="discount", requested_by_id=priya.id, requested_at=NOW)
        granted = NOW + timedelta(hours=1)
        asked.state, asked.decided_by_id, asked.decided_at = "approved", helen.id, granted
        session.add(asked)
        deal.fields, deal.source = {"budget": "90000", "empty": ""}, "fair"
        session.flush()
        facts, trial = facts_of(session, OPERATOR, "OPP-1006"), str(helen.id)
    assert {(name, function) for _, name, function in facts.collaborators} == {
        ("Helen Marsh", "delivery"),
        ("Priya Nair", "solution"),
    }
    assert {call.rep_function for call in facts.calls} == {"solution"}
    assert {contact.name: contact.role for contact in facts.contacts} == {
        "Alan Pryce": None,
        "Ada Bell": "decision_maker",
    }
    assert [(each.state, each.at) for each in facts.approvals] == [("requested", NOW), ("approved", granted)]
    assert [(each.action, each.by) for each in facts.actions] == [("trial", trial)]
    assert dict(facts.fields) == {"budget": "90000", "source": "fair"}


def test_a_shared_number_is_the_main_contacts(demo: Database) -> None:
    """Of two contacts with one number a call was with the deal's main one; others of the account are not the deal's."""
    with undone(demo) as session:
        deal = session.scalars(select(Opportunity).where(Opportunity.external_id == "OPP-1006")).one()
        main = session.get(Contact, deal.contact_id)
        session.add(Contact(account_id=deal.account_id, name="Zoe", phone=main.phone))
        session.add(Contact(account_id=deal.account_id, name="Never Called", phone="+441632960111"))
        session.flush()
        facts = facts_of(session, OPERATOR, "OPP-1006")
        assert {call.contact for call in facts.calls} == {str(main.id)}
        assert [contact.name for contact in facts.contacts] == ["Alan Pryce"]


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


def test_violations_are_answered(demo: Database) -> None:
    """A rep explains, a manager accepts; the last answer counts, each is in the audit trail."""
    priya, helen = viewer_of(demo, PRIYA), viewer_of(demo, HELEN)
    with undone(demo) as session:
        assert [each.key for each in gap_named(session, "OPP-1004").violations] == [CLOSE_PASSED]
        answer(session, priya, "OPP-1004", CLOSE_PASSED, "explained", " Holiday at the dairy. ", NOW)
        answer(session, helen, "OPP-1004", CLOSE_PASSED, "accepted", None, NOW + timedelta(hours=1))
        found = gap_named(session, "OPP-1004").answers
        assert (found[CLOSE_PASSED].state, found[CLOSE_PASSED].by) == ("accepted", "Helen Marsh")
        assert len(session.scalars(select(ViolationAnswer)).all()) == 2
        trail = session.scalars(select(Change).where(Change.field == f"violation:{CLOSE_PASSED}").order_by(Change.id))
        assert [(change.old or {}).get("state") for change in trail] == [None, "explained"]


@pytest.mark.parametrize(
    ("email", "deal", "key", "state", "text", "error"),
    [
        (PRIYA, "OPP-1004", CLOSE_PASSED, "accepted", None, NotAllowed),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "explained", "  ", AnswerError),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "explained", "x" * 2001, AnswerError),
        (PRIYA, "OPP-1004", CLOSE_PASSED, "denied", "no", AnswerError),
        (PRIYA, "OPP-1004", "close_date_passed:2020-01-02", "explained", "no", UnknownViolation),
        (TOM, "OPP-1004", CLOSE_PASSED, "explained", "no", UnknownViolation),
    ],
)
def test_answers_that_are_refused(
    demo: Database, email: str, deal: str, key: str, state: str, text: str | None, error: type[Exception]
) -> None:
    """Not one's own deal, no such violation, a state there is not, an explanation without words: nothing is stored."""
    viewer = viewer_of(demo, email)
    with undone(demo) as session:
        with pytest.raises(error):
            answer(session, viewer, deal, key, state, text, NOW)
        assert session.scalars(select(ViolationAnswer)).all() == []


def test_an_answer_stays_on_its_violation(demo: Database) -> None:
    """Analyzing a call again numbers its turns anew; the violation keeps its key and its answer."""
    with undone(demo) as session:
        document = shipped("pipeline")["default"].replace("stages:", "approvals: {discount: 0}\nstages:", 1)
        publish(session, OPERATOR, document)
        before = gap_named(session, "OPP-1002")
        (fallen,) = [each for each in before.violations if each.kind == "discount_without_approval"]
        assert fallen.reason.params["cut"] == "7,000"
        assert {slot.value for each in fallen.evidence for slot in each.slots if slot.name == "amount"} == {
            71_000,
            64_000,
        }
        answer(session, OPERATOR, "OPP-1002", fallen.key, "explained", "Agreed by phone.", NOW)
        session.execute(update(StoredKeyEvent).values(turn=StoredKeyEvent.turn + 3))
        after = gap_named(session, "OPP-1002")
        (again,) = [each for each in after.violations if each.kind == "discount_without_approval"]
        assert again.key == fallen.key
        assert again.evidence != fallen.evidence
        assert set(answers(session, [after.deal.id])[after.deal.id]) == {fallen.key}


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


def test_the_api(demo: Database, tmp_path: Path) -> None:
    """Gap, violations and sums as JSON, scoped to who asks; an answer is kept, a wrong one refused with its reason."""
    with demo.transaction() as session:
        tokens = {mail: new_api_token(session, user_by_email(session, mail), "test") for mail in (PRIYA, TOM)}
    heads = {mail: {"Authorization": f"Bearer {token}"} for mail, token in tokens.items()}
    with TestClient(create_app(Settings(home=tmp_path), demo)) as client:
        own = client.get("/api/opportunities/OPP-1002/gap", headers=heads[TOM]).json()
        assert (own["claimed"], own["verified"], own["at_risk"]) == ("negotiate", "needs", "25600.00")
        proven = [each for gate in own["gates"] for each in gate["verdicts"] if each["outcome"] == "met"]
        assert all(each["evidence"] or each["condition"].get("field") or each["parts"] for each in proven)
        assert {"zh", "en"} == set(own["words"])
        assert client.get("/api/opportunities/OPP-1002/gap", headers=heads[PRIYA]).status_code == 404
        listed = client.get("/api/gaps", headers=heads[TOM]).json()
        assert [each["opportunity"] for each in listed] == ["OPP-1002"]
        assert client.get("/api/gaps?by=team", headers=heads[TOM]).json()[0]["with_gap"] == 1
        assert client.get("/api/gaps?by=day", headers=heads[TOM]).status_code == 422
        (violation,) = client.get("/api/opportunities/OPP-1004/violations", headers=heads[PRIYA]).json()
        assert violation["answer"] is None
        address = f"/api/opportunities/OPP-1004/violations/{violation['key']}/answer"
        refused = client.post(address, headers=heads[PRIYA], json={"state": "accepted"})
        assert (refused.status_code, "explain it" in refused.json()["detail"]) == (403, True)
        assert client.post(address, headers=heads[PRIYA], json={"state": "explained"}).status_code == 422
        assert client.post(address, headers=heads[TOM], json={"state": "resolved"}).status_code == 404
        given = client.post(address, headers=heads[PRIYA], json={"state": "explained", "text": "Holiday."})
        assert (given.status_code, given.json()["by"]) == (200, "Priya Nair")
        (again,) = client.get("/api/opportunities/OPP-1004/violations", headers=heads[PRIYA]).json()
        assert again["answer"]["text"] == "Holiday."
    with demo.transaction() as session:
        session.execute(delete(ViolationAnswer))


def test_the_command(demo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One deal in words with its quotes, all deals, sums, JSON; an unknown deal is one line."""

    @contextmanager
    def opened(_settings: Settings) -> Iterator[Database]:
        yield demo

    monkeypatch.setattr(deals, "open_database", opened)
    run = CliRunner()
    shown = run.invoke(app, ["deals", "gap", "OPP-1002"]).output
    assert "CRM says Negotiate, the calls verify Needs: 2 stages ahead" in shown
    assert "Customer need (by the customer): nobody said one in 3 calls" in shown
    assert "2026-11-04 " in shown
    assert "通话只能证实到“需求确认”" in run.invoke(app, ["deals", "gap", "OPP-1002", "--language", "zh"]).output
    assert "Tom Becker" in run.invoke(app, ["deals", "gap", "--by", "rep"]).output
    whole = json.loads(run.invoke(app, ["deals", "gap", "--json"]).output)
    assert {each["opportunity"] for each in whole} == {"OPP-1002", "OPP-1004", "OPP-1005", "OPP-1006"}
    one = json.loads(run.invoke(app, ["deals", "gap", "OPP-1004", "--json"]).output)
    assert [each["key"] for each in one["violations"]] == [CLOSE_PASSED]
    failed = run.invoke(app, ["deals", "gap", "OPP-9999"])
    assert "no opportunity 'OPP-9999'" in str(failed.exception)


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
        _review(session, "en-demo-001", 5, "customer_need", "missed")
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
