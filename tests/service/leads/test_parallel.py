"""Leads under real parallel transactions: threads with connections of their own on the embedded PostgreSQL."""

from __future__ import annotations

import threading
import time
import uuid
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from itertools import pairwise

import pytest
from sqlalchemy import func, select, text

from fakes_leads import NOW, PHONE, add_lead, by, get, happened, hours, owner_of, set_pool, viewer
from models.calls import Call, Recording
from models.database import Database
from models.leads import Lead, LeadEvent
from models.people import User
from service.leads import claiming
from service.leads.assignment import assign, assign_by_rules
from service.leads.contacting import lead_contacted
from service.leads.conversion import convert
from service.leads.expiry import expire, expire_some
from service.leads.history import Actor
from service.leads.refusals import LeadRefused
from service.people.viewer import OPERATOR

pytestmark = pytest.mark.usefixtures("sellers")

_PATIENCE_S = 20


def at_once(acts: Sequence[Callable[[], str]]) -> list[str]:
    """Do all at the same moment, each in a thread; what each answered."""
    barrier = threading.Barrier(len(acts))

    def run(act: Callable[[], str]) -> str:
        barrier.wait(_PATIENCE_S)
        return act()

    with ThreadPoolExecutor(len(acts)) as threads:
        return list(threads.map(run, acts))


def attempt(database: Database, act: Callable[..., object], actor: Actor, *args: object) -> str:
    """Do it in a transaction of its own; "done", or the refusal."""
    try:
        with database.transaction() as session:
            act(session, actor, *args)
    except LeadRefused as error:
        return f"{error.code} {error.params.get('owner', '')}".strip()
    return "done"


def is_waiting(database: Database) -> bool:
    """Whether some transaction waits for a lock of another."""
    with database.transaction() as session:
        return bool(session.scalar(text("SELECT count(*) FROM pg_locks WHERE NOT granted")))


def wait_until_blocked(database: Database, beside: Future[str]) -> None:
    """Return once the other transaction waits for a lock."""
    end = time.monotonic() + _PATIENCE_S
    while not is_waiting(database):
        assert not beside.done(), f"it did not wait: {beside.result()}"
        assert time.monotonic() < end
        time.sleep(0.02)


def test_of_two_claims_one_wins_and_the_other_is_told(database: Database) -> None:
    """While one claim is not committed the other waits; then it learns who has the lead."""
    lead = add_lead(database)
    ben, cleo = by(database, "Ben"), by(database, "Cleo")
    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as session:
            claiming.claim(session, ben, lead)
            other = threads.submit(attempt, database, claiming.claim, cleo, lead)
            wait_until_blocked(database, other)
        assert other.result(_PATIENCE_S) == "taken Ben"
    assert owner_of(database, lead) == "Ben"


def test_a_claim_that_fails_lets_the_next_one_win(database: Database) -> None:
    """Whoever waits for a transaction that is rolled back gets the lead."""
    lead = add_lead(database)
    ben, cleo = by(database, "Ben"), by(database, "Cleo")
    with ThreadPoolExecutor(1) as threads:
        with suppress(ZeroDivisionError), database.transaction() as session:
            claiming.claim(session, ben, lead)
            other = threads.submit(attempt, database, claiming.claim, cleo, lead)
            wait_until_blocked(database, other)
            raise ZeroDivisionError
        assert other.result(_PATIENCE_S) == "done"
    assert owner_of(database, lead) == "Cleo"


def test_every_race_for_a_lead_has_one_winner(database: Database) -> None:
    """Three reps race for ten leads: each goes to one, and both others hear that one's name."""
    actors = {name: by(database, name) for name in ("Ben", "Cleo", "Eli")}
    for i in range(10):
        lead = add_lead(database, f"L{i}", phone=f"+4477009006{i:02}")
        answers = at_once(
            [lambda actor=actor, lead=lead: attempt(database, claiming.claim, actor, lead) for actor in actors.values()]
        )
        winner = owner_of(database, lead)
        assert winner is not None
        assert sorted(answers) == sorted(["done", f"taken {winner}", f"taken {winner}"])
        assert answers[list(actors).index(winner)] == "done"
        assert happened(database, lead) == ["claimed"]


def test_parallel_claims_never_exceed_the_capacity(database: Database) -> None:
    """One rep claims eight leads at once while the manager assigns them two more: three places, three leads."""
    set_pool(database, "pool: {capacity: 3}")
    leads = [add_lead(database, f"L{i}", phone=f"+4477009007{i:02}") for i in range(10)]
    ben, anna = by(database, "Ben"), by(database, "Anna")
    to = viewer(database, "Ben").user_id
    claims = [lambda lead=lead: attempt(database, claiming.claim, ben, lead) for lead in leads[:8]]
    given = [lambda lead=lead: attempt(database, assign, anna, lead, to) for lead in leads[8:]]
    answers = at_once([*claims, *given])
    assert sorted(answers) == ["done"] * 3 + ["full"] * 7
    assert sum(owner_of(database, lead) == "Ben" for lead in leads) == 3


def note_call(session, who: uuid.UUID, at) -> None:
    recording = Recording(id=uuid.uuid4(), sha256=uuid.uuid4().hex, file_name="a.wav", path="a", size_bytes=1)
    session.add(recording)
    session.flush()
    call = Call(id=uuid.uuid4(), recording_id=recording.id, rep_id=who, customer_phone=PHONE, started_at=at)
    session.add(call)
    session.flush()
    lead_contacted(session, call)


def test_a_lead_that_is_called_at_this_moment_does_not_expire(database: Database) -> None:
    """Expiry passes by a lead whose call is being stored, and finds it not overdue afterwards."""
    lead, ben = add_lead(database), by(database, "Ben")
    with database.transaction() as session:
        claiming.claim(session, ben, lead)
    assert ben.viewer.user_id is not None
    with database.transaction() as session:
        note_call(session, ben.viewer.user_id, NOW + hours(23))
        assert expire(database, now=NOW + hours(25)) == ()
    assert expire(database, now=NOW + hours(25)) == ()
    assert owner_of(database, lead) == "Ben"


def test_a_call_that_comes_while_a_lead_expires_finds_it_in_the_pool(database: Database) -> None:
    """The call waits for the expiry, and then is no action of anybody's lead: it can't bring the lead back."""
    lead, ben = add_lead(database), by(database, "Ben")
    with database.transaction() as session:
        claiming.claim(session, ben, lead)
    who = ben.viewer.user_id
    assert who is not None

    def called() -> str:
        with database.transaction() as session:
            note_call(session, who, NOW + hours(25))
        return "noted"

    with ThreadPoolExecutor(1) as threads:
        with database.transaction() as session:
            assert len(expire_some(session, Actor(OPERATOR, "job", NOW + hours(25)))) == 1
            call = threads.submit(called)
            wait_until_blocked(database, call)
        assert call.result(_PATIENCE_S) == "noted"
    assert owner_of(database, lead) is None
    assert set(happened(database, lead)) == {"claimed", "expired", "called_from_pool"}
    assert get(database, lead).last_action_at is None


def test_a_conversion_beats_an_expiry_that_waits_for_it(database: Database) -> None:
    """A lead that becomes a deal while it is overdue stays a deal."""
    lead, ben = add_lead(database), by(database, "Ben")
    with database.transaction() as session:
        claiming.claim(session, ben, lead)
    with database.transaction() as session:
        convert(session, by(database, "Ben", NOW + hours(25)), lead)
        assert expire(database, now=NOW + hours(25)) == ()
    assert expire(database, now=NOW + hours(25)) == ()
    assert get(database, lead).state == "converted"


def test_two_who_give_leads_out_by_rule_give_none_twice(database: Database) -> None:
    """Parallel runs of the rules share the pool between them and respect the capacity of each rep."""
    set_pool(database, "pool: {capacity: 4}\nassignment: [{id: east, team: East}]")
    leads = [add_lead(database, f"L{i}", phone=f"+4477009008{i:02}") for i in range(12)]
    operator = Actor(OPERATOR, "job", NOW)
    at_once([lambda: attempt(database, assign_by_rules, operator) for _ in range(4)])
    owners = [owner_of(database, lead) for lead in leads]
    assert (owners.count("Ben"), owners.count("Cleo"), owners.count(None)) == (4, 4, 4)
    assert all(happened(database, lead) in (["assigned"], []) for lead in leads)


def test_everything_at_once_leaves_an_unbroken_history(database: Database) -> None:
    """Claims, returns, assignments, expiries and calls of many threads: no deadlock, nobody over capacity, and each
    lead's history is a chain in which every owner lost it before the next one got it."""
    set_pool(database, "pool: {capacity: 3, keep_away_days: 0}")
    leads = [add_lead(database, f"L{i}", phone=PHONE if i < 2 else f"+4477009009{i:02}") for i in range(6)]
    viewers = [viewer(database, name) for name in ("Ben", "Cleo", "Eli")]
    anna = viewer(database, "Anna")

    def churn(turn: int) -> str:
        for step in range(8):
            lead, one = leads[(turn + step) % len(leads)], viewers[(turn * step) % 3]
            actor = Actor.at_once(one, "web")
            attempt(database, claiming.claim, actor, lead)
            if step % 3 == turn % 3:
                attempt(database, claiming.release, actor, lead)
            if step % 4 == 1:
                attempt(database, assign, Actor.at_once(anna, "web"), lead, viewers[0].user_id)
            if step % 4 == 2 and one.user_id is not None:
                with database.transaction() as session:
                    note_call(session, one.user_id, NOW)
            if step % 4 == 3:
                expire(database)
        return "ended"

    assert at_once([lambda turn=turn: churn(turn) for turn in range(6)]) == ["ended"] * 6
    with database.transaction() as session:
        held = select(User.name, func.count()).join(Lead, Lead.owner_id == User.id).group_by(User.name)
        assert all(count <= 3 for _, count in session.execute(held))
        for lead_id in leads:
            events = session.scalars(select(LeadEvent).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.at)).all()
            assert all(before.to_owner_id == after.from_owner_id for before, after in pairwise(events))
            last = events[-1].to_owner_id if events else None
            assert session.get_one(Lead, lead_id).owner_id == last
