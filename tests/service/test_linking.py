"""Calls and opportunities in the database: the rule at ingest, a person's word that stays, and the simulator."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime, timedelta
from threading import Thread
from time import sleep
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, event, func, select, text, update
from sqlalchemy.orm import Session

from fakes import tone, wav
from models.calls import Call, Recording
from models.database import Database
from models.links import CallLink
from models.opportunities import Account, Collaborator, Contact, Opportunity, OpportunityContact
from models.people import User
from models.records import Change
from service.calls.changes import reprocess
from service.calls.finding import find_call
from service.calls.ingest import CallDetails, ingest
from service.main import create_app
from service.opportunities.link_views import LinkView
from service.opportunities.linking import LinkError, get_link, link_settings, release_link, set_link
from service.opportunities.relinking import link_unlinked, relink
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR, Viewer
from service.records.configurations import save
from service.records.scope import NotAllowed
from service.settings import Settings
from sop.deals.linking import LinkingSettings

PHONE = "+8615400000101"
AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


@pytest.fixture
def people(database: Database) -> dict[str, Viewer]:
    """Two reps and the manager of a team, and a rep of another."""
    with database.transaction() as session:
        made = {
            name: add_user(session, NewUser(name, f"{name}@example.com", role, team))
            for name, role, team in (
                ("lin", "rep", "East"),
                ("zhao", "rep", "East"),
                ("chen", "manager", "East"),
                ("tom", "rep", "West"),
            )
        }
        return {name: Viewer.of(user) for name, user in made.items()}


def add_deal(session: Session, name: str, owner: str | None = "lin", account: str = "A", **more: Any) -> Opportunity:
    """A deal opened 30 days before the call, with a contact of its own whose number is ``phone``."""
    phone = more.pop("phone", PHONE)
    found = session.scalars(select(Account).where(Account.name == account)).one_or_none()
    if found is None:
        found = Account(name=account)
        session.add(found)
        session.flush()
    contact = Contact(account_id=found.id, name=f"of {name}", phone=phone)
    session.add(contact)
    session.flush()
    user = session.scalars(select(User.id).where(User.email == f"{owner}@example.com")).one_or_none()
    given = {"stage": "needs", "outcome": "open", "created_at": AT - timedelta(days=30), **more}
    deal = Opportunity(external_id=name, name=name, account_id=found.id, contact_id=contact.id, owner_id=user, **given)
    session.add(deal)
    session.flush()
    return deal


def bring(
    database: Database, settings: Settings, viewer: Viewer = OPERATOR, sound: float = 300.0, **details: Any
) -> uuid.UUID:
    """A recording of a call by Lin comes in; the same ``sound`` is the same recording."""
    given = {"rep_email": "lin@example.com", "customer_phone": PHONE, "started_at": AT, **details}
    done = ingest(database, settings, viewer, io.BytesIO(wav(tone(1.0, hz=sound))), "a.wav", CallDetails(**given))
    assert done.call_id is not None
    return done.call_id


def link(database: Database, call: uuid.UUID, viewer: Viewer = OPERATOR) -> LinkView:
    """The link of a call as the viewer sees it."""
    with database.transaction() as session:
        found = get_link(session, viewer, call)
    assert found is not None
    return found


def test_the_rule_links_a_call_that_comes_in_and_says_why(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The number leads to the rep's deal; the reason and the other candidate are kept, and the audit trail has it."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        add_deal(session, "D-2", "lin")
    call = bring(database, settings)
    found = link(database, call)
    assert (found.opportunity, found.by) == ("D-2", "rule")
    assert found.why is not None
    assert found.why.en == "the number is that of a contact of the deal, the rep owns it, it was open at the time"
    assert [candidate.opportunity for candidate in found.candidates] == ["D-2", "D-1"]
    with database.transaction() as session:
        stored = session.scalars(select(CallLink)).one()
        assert [each["rank"] for each in stored.candidates] == [1, 2]
        change = session.scalars(select(Change).where(Change.noun == "call")).one()
        assert (change.noun_id, change.old, change.new) == (str(call), None, str(stored.opportunity_id))


def test_a_number_in_another_spelling_leads_to_the_same_deal(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Without its country code, as a dialler may tell it."""
    with database.transaction() as session:
        add_deal(session, "D-1")
    assert link(database, bring(database, settings, customer_phone="0154 0000 0101")).opportunity == "D-1"


def test_contacts_of_a_deal_and_of_its_account_lead_to_it(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A further contact of the deal counts as its own, anybody else at the account comes after; the deleted don't."""
    with database.transaction() as session:
        first, second = (add_deal(session, name, phone=f"+86154000002{name[-1]}0") for name in ("D-1", "D-2"))
        people_of = [Contact(account_id=first.account_id, name=name, phone=PHONE) for name in ("Ma", "Wu")]
        people_of[1].deleted_at = AT
        session.add_all(people_of)
        session.flush()
        session.add(OpportunityContact(opportunity_id=second.id, contact_id=people_of[0].id))
    found = link(database, bring(database, settings))
    assert [(each.opportunity, each.match) for each in found.candidates] == [("D-2", "contact"), ("D-1", "account")]


@pytest.mark.parametrize("again", ["rule", "import", "upload", "processing", "withdrawal of a deal"])
@pytest.mark.parametrize("wish", ["D-1", None])
def test_what_a_person_said_survives_every_rerun(
    database: Database, settings: Settings, people: dict[str, Viewer], again: str, wish: str | None
) -> None:
    """Linked to another deal, or to none: the rule, an import, a second upload and a new run leave it alone."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        add_deal(session, "D-2", "lin")
    call = bring(database, settings)
    with database.transaction() as session:
        assert set_link(session, people["chen"], call, wish)
    for _ in range(2):
        with database.transaction() as session:
            if again == "rule":
                assert relink(session, OPERATOR, dry_run=False).kept == 1
            elif again == "import":
                assert link_unlinked(session) == 0
            elif again == "processing":
                assert reprocess(session, OPERATOR, call)
            elif again == "withdrawal of a deal":
                session.execute(update(Opportunity).where(Opportunity.external_id == "D-2").values(deleted_at=AT))
                relink(session, OPERATOR, dry_run=False)
        if again == "upload":
            assert bring(database, settings) == call
            assert bring(database, settings, opportunity="D-2") == call
    found = link(database, call, people["chen"])
    assert (found.opportunity, found.by, found.person) == (wish, "person", "chen")
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(CallLink)) == 2
        assert session.scalar(select(func.count()).where(CallLink.superseded_at.is_(None))) == 1


def await_lock(database: Database) -> None:
    """Until somebody waits for a lock, for ten seconds at most."""
    waiting = text("SELECT 1 FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND datname = current_database()")
    for _ in range(500):
        with database.transaction() as session:  # what a transaction has seen of the activity stays as it was
            if session.scalar(waiting):
                return
        sleep(0.02)
    pytest.fail("nobody waits for a lock")


def test_a_word_said_while_the_rule_runs_counts(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The rule waits for the person's transaction and leaves the call alone, though it had seen it before."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        second = add_deal(session, "D-2", "lin")
    call = bring(database, settings)
    with database.transaction() as session:
        session.get_one(Opportunity, second.id).deleted_at = AT
    done: list[int] = []

    def run() -> None:
        with database.transaction() as other:
            done.append(relink(other, OPERATOR, dry_run=False).moved)

    runner = Thread(target=run)
    with database.transaction() as session:
        set_link(session, people["chen"], call, None)
        runner.start()
        await_lock(database)
    runner.join(30)
    assert done == [0]
    assert (link(database, call).opportunity, link(database, call).by) == (None, "person")


def test_a_word_taken_back_gives_the_call_to_the_rule(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The rule decides again, and goes on deciding; the audit trail names who let it."""
    with database.transaction() as session:
        add_deal(session, "D-1")
    call = bring(database, settings)
    with database.transaction() as session:
        set_link(session, people["lin"], call, None)
        assert release_link(session, people["lin"], call)
    assert (link(database, call).opportunity, link(database, call).by) == ("D-1", "rule")
    with database.transaction() as session:
        assert relink(session, OPERATOR, dry_run=False).kept == 0
        last = session.scalars(select(Change).where(Change.noun == "call").order_by(Change.id.desc()).limit(1)).one()
        assert (last.actor_id, last.new is None) == (people["lin"].user_id, False)


def test_the_opportunity_named_with_a_recording_is_kept(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """It says so, the rule only tells that it would say otherwise, and a person can change it."""
    with database.transaction() as session:
        add_deal(session, "D-1")
        add_deal(session, "D-2", phone=None)
    call = bring(database, settings, opportunity="D-2")
    with database.transaction() as session:
        done = relink(session, OPERATOR, dry_run=False)
        assert (done.moved, done.kept, done.agreeing) == (0, 1, 0)
        assert [(move.from_opportunity, move.to_opportunity) for move in done.disagreeing] == [("D-2", "D-1")]
    assert (link(database, call).opportunity, link(database, call).by) == ("D-2", "named")
    with database.transaction() as session:
        set_link(session, OPERATOR, call, "D-1")
    assert link(database, call).by == "person"


def test_links_from_before_they_were_noted_are_kept(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Nobody knows whether a person made them."""
    with database.transaction() as session:
        add_deal(session, "D-1")
        other = add_deal(session, "D-2", phone=None)
    call = bring(database, settings)
    with database.transaction() as session:
        session.execute(delete(CallLink))
        session.execute(update(Call).values(opportunity_id=other.id))
        assert relink(session, OPERATOR, dry_run=False).kept == 1
    assert (link(database, call).opportunity, link(database, call).by) == ("D-2", None)


def test_an_import_links_the_calls_that_waited_for_their_deal(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A deal that comes later than its call is found; a second run finds nothing new."""
    call = bring(database, settings)
    assert link(database, call).opportunity is None
    with database.transaction() as session:
        add_deal(session, "D-1", created_at=AT + timedelta(days=14))
        assert link_unlinked(session) == 1
        assert link_unlinked(session) == 0
    assert link(database, call).opportunity == "D-1"


def test_a_number_of_two_accounts_is_left_to_a_person(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The call has no deal and says why; both are offered. A second run writes nothing."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao", "A")
        add_deal(session, "D-2", "zhao", "B")
    found = link(database, bring(database, settings))
    assert found.opportunity is None
    assert found.why is not None
    assert found.why.zh == "不同客户的几个商机同样符合，留给人来定"
    assert {candidate.opportunity for candidate in found.candidates} == {"D-1", "D-2"}
    with database.transaction() as session:
        assert relink(session, OPERATOR, dry_run=False).ambiguous == 1
        assert session.scalar(select(func.count()).select_from(CallLink)) == 1


def test_the_simulator_tells_what_another_setting_would_move_and_moves_nothing(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """With five days instead of fourteen the call loses its deal; only a run with such settings takes it away."""
    with database.transaction() as session:
        add_deal(session, "D-1", created_at=AT + timedelta(days=10))
    call = bring(database, settings, external_id="K-1")
    with database.transaction() as session:
        told = relink(session, OPERATOR, LinkingSettings(opened_after_days=5))
        assert [(move.external_id, move.from_opportunity, move.to_opportunity) for move in told.moves] == [
            ("K-1", "D-1", None)
        ]
        assert relink(session, OPERATOR).moved == 0
    assert link(database, call).opportunity == "D-1"
    with database.transaction() as session:
        save(session, people["chen"], "linking", "default", "opened_after_days: 5")
        assert link_settings(session).opened_after_days == 5
        assert relink(session, people["chen"], dry_run=False).moved == 1
        assert relink(session, people["chen"], dry_run=False).moved == 0
    found = link(database, call)
    assert (found.opportunity, found.by, found.why.en if found.why else "") == (None, "rule", "no deal fits")


def test_reps_relink_nothing_and_managers_only_their_team(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Another team's calls are not counted."""
    bring(database, settings)
    bring(database, settings, sound=500.0, rep_email="tom@example.com")
    with database.transaction() as session:
        assert relink(session, people["chen"]).calls == 1
        assert relink(session, OPERATOR).calls == 2
        with pytest.raises(NotAllowed):
            relink(session, people["lin"])


def test_a_reps_upload_opens_only_deals_they_work_on(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A number can be claimed: a colleague's deal stays closed, at ingest and in later runs; a collaborator's opens."""
    with database.transaction() as session:
        deal = add_deal(session, "D-1", "zhao")
    call = bring(database, settings, people["lin"])
    with database.transaction() as session:
        assert link_unlinked(session) == 0
        assert relink(session, OPERATOR, dry_run=False).moved == 0
        session.add(Collaborator(opportunity_id=deal.id, user_id=people["lin"].user_id, function="solution"))
        session.flush()
        assert link_unlinked(session) == 1
    assert link(database, call).opportunity == "D-1"


def test_nobody_links_to_what_they_do_not_see(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Another's call does not exist; an unknown or hidden opportunity is refused by its id."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
    call = bring(database, settings)
    with database.transaction() as session:
        assert get_link(session, people["zhao"], call) is None
        assert not set_link(session, people["zhao"], call, "D-1")
        set_link(session, OPERATOR, call, None)
    for name in ("D-1", "D-9"):
        with database.transaction() as session, pytest.raises(LinkError, match=f"opportunity: no opportunity '{name}'"):
            set_link(session, people["lin"], call, name)
    assert link(database, call, people["lin"]).candidates == ()


def test_a_call_is_found_by_its_id_or_by_its_name(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A name that two calls share finds none."""
    first = bring(database, settings, external_id="K-1")
    with database.transaction() as session:
        assert find_call(session, OPERATOR, str(first)) == find_call(session, OPERATOR, "K-1") == first
        assert find_call(session, people["tom"], "K-1") is None
    bring(database, settings, sound=500.0, external_id="K-1")
    with database.transaction() as session:
        assert find_call(session, OPERATOR, "K-1") is None


def test_links_over_the_api(database: Database, settings: Settings, people: dict[str, Viewer]) -> None:
    """Candidates, a person's link, taking it back, and the simulator answer by JSON; what is wrong is told."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        add_deal(session, "D-2", "lin")
        token = new_api_token(session, session.get_one(User, people["chen"].user_id), "test")
        rep = new_api_token(session, session.get_one(User, people["lin"].user_id), "test")
    call = bring(database, settings)
    client = TestClient(create_app(settings, database), headers={"authorization": f"Bearer {token}"})
    found = client.get(f"/api/calls/{call}/candidates").json()
    assert [each["opportunity"] for each in found["candidates"]] == ["D-2", "D-1"]
    put = client.put(f"/api/calls/{call}/link", json={"opportunity": "D-1"})
    assert (put.json()["opportunity"], put.json()["person"]) == ("D-1", "chen")
    assert client.put(f"/api/calls/{call}/link", json={"opportunity": "D-9"}).status_code == 422
    assert client.put(f"/api/calls/{uuid.uuid4()}/link", json={"opportunity": None}).status_code == 404
    assert client.post("/api/links/simulate", json={"opened_after_days": 0}).json()["kept"] == 1
    assert client.post("/api/links/simulate", json={"opened_after_days": 900}).status_code == 422
    as_rep = {"authorization": f"Bearer {rep}"}
    assert client.post("/api/links/simulate", json={}, headers=as_rep).status_code == 403
    assert client.delete(f"/api/calls/{call}/link").json()["opportunity"] == "D-2"
    assert client.post("/api/links/run").json()["moved"] == 0


def test_many_calls_take_few_statements(database: Database, settings: Settings, people: dict[str, Viewer]) -> None:
    """The simulator asks as often for a hundred calls as for one."""
    with database.transaction() as session:
        add_deal(session, "D-1")
    call = bring(database, settings)
    with database.transaction() as session:
        first = session.get_one(Call, call)
        for number in range(100):
            recording = Recording(sha256=f"{number:064}", file_name="b.wav", path=f"b/{number}", size_bytes=1)
            session.add(recording)
            session.flush()
            session.add(
                Call(recording_id=recording.id, rep_id=first.rep_id, customer_phone=PHONE, started_at=first.started_at)
            )
    sent: list[str] = []
    event.listen(database.engine, "before_cursor_execute", lambda *given: sent.append(given[2]))
    with database.transaction() as session:
        assert relink(session, OPERATOR).moved == 100
    assert len(sent) < 20
