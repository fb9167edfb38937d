"""A person's word on the deal of a call: it stays, can be taken back, and reaches only what they see."""

from __future__ import annotations

from threading import Thread
from time import sleep

import pytest
from sqlalchemy import delete, func, select, text, update

from linking import AT, add_deal, bring, link
from models.calls import Call
from models.database import Database
from models.links import CallLink
from models.opportunities import Opportunity
from models.records import Change
from service.calls.changes import reprocess
from service.opportunities.linking import LinkError, get_link, release_link, set_link
from service.opportunities.relinking import link_unlinked, relink
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings


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
