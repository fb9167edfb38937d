"""Leads that reps take and give back: who gets one, how many, and when a claim no longer counts."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from fakes_leads import NOW, add_lead, by, claim, get, happened, hours, owner_of, refused, set_pool, viewer
from models.database import Database
from models.records import Change
from service.leads import claiming, queries
from service.leads.assignment import assign, grade_and_assign
from service.leads.refusals import LeadRefused

pytestmark = pytest.mark.usefixtures("sellers")


def test_a_claimed_lead_is_the_reps_until_it_is_due(database: Database) -> None:
    """Owner, clock and state are set, the history and the audit trail tell of it."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    held = get(database, lead)
    assert (owner_of(database, lead), held.state, held.owned_since) == ("Ben", "assigned", NOW)
    assert held.due_at == NOW + hours(24)
    assert happened(database, lead) == ["claimed"]
    with database.transaction() as session:
        changed = set(session.scalars(select(Change.field).where(Change.noun == "lead", Change.noun_id == str(lead))))
    assert {"owner_id", "state", "due_at"} <= changed


def test_who_is_later_is_told_who_has_it(database: Database) -> None:
    """The second claim changes nothing and names the owner."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    actor = by(database, "Cleo")
    with (
        pytest.raises(LeadRefused, match="Ben has this lead since 2026-11-13 09:00"),
        database.transaction() as session,
    ):
        claiming.claim(session, actor, lead)
    assert owner_of(database, lead) == "Ben"
    assert refused(database, "Ben", claiming.claim, lead) == "yours"


def test_nobody_claims_a_number_that_another_has(database: Database) -> None:
    """The same person under a second id is refused to others, by claim, word and rule; who has the first gets it."""
    set_pool(database, "assignment: [{id: all, reps: [cleo@example.com]}]")
    first, second, third = add_lead(database), add_lead(database, "Again"), add_lead(database, "Third")
    claim(database, "Ben", first)
    assert refused(database, "Cleo", claiming.claim, second) == "number_taken"
    cleo = viewer(database, "Cleo").user_id
    assert cleo is not None
    assert refused(database, "Anna", assign, second, cleo) == "number_taken"
    with database.transaction() as session:
        assert grade_and_assign(session, [second, third], now=NOW) == 0
    claim(database, "Ben", second)


def test_nobody_holds_more_than_their_capacity(database: Database) -> None:
    """A full pool refuses the next claim and takes it again once a lead was given back."""
    set_pool(database, "pool: {capacity: 2, teams: [{team: West, capacity: 1}]}")
    leads = [add_lead(database, f"Lead {i}", phone=f"+4477009003{i:02}") for i in range(4)]
    claim(database, "Ben", leads[0])
    claim(database, "Ben", leads[1])
    assert refused(database, "Ben", claiming.claim, leads[2]) == "full"
    claim(database, "Eli", leads[2])
    assert refused(database, "Eli", claiming.claim, leads[3]) == "full"
    with database.transaction() as session:
        claiming.release(session, by(database, "Ben"), leads[0])
    claim(database, "Ben", leads[3])


def test_who_lost_a_lead_is_kept_away_from_it(database: Database) -> None:
    """Given back it can be claimed by others at once, by who gave it back only after the days of the rules."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    with database.transaction() as session:
        claiming.release(session, by(database, "Ben"), lead, "wrong timing")
    assert owner_of(database, lead) is None
    assert refused(database, "Ben", claiming.claim, lead, now=NOW + timedelta(days=13)) == "kept_away"
    claim(database, "Cleo", lead)
    with database.transaction() as session:
        claiming.release(session, by(database, "Cleo"), lead)
    claim(database, "Ben", lead, NOW + timedelta(days=15))


def test_a_claim_can_be_undone_for_a_moment(database: Database) -> None:
    """An undone claim costs nothing; after a minute, or after a call, there is none to undo."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    with database.transaction() as session:
        claiming.undo_claim(session, by(database, "Ben", NOW + timedelta(seconds=20)), lead)
    claim(database, "Ben", lead, NOW + timedelta(seconds=30))
    late = NOW + timedelta(seconds=30 + claiming.UNDO_S + 1)
    assert refused(database, "Ben", claiming.undo_claim, lead, now=late) == "too_late"
    assert happened(database, lead) == ["claimed", "undone", "claimed"]


def test_an_invalid_lead_leaves_all_pools_until_a_manager_opens_it(database: Database) -> None:
    """It needs a reason; nobody can claim it; a manager's word brings it back as a new one."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert refused(database, "Ben", claiming.mark_invalid, lead, " ") == "no_reason"
    with database.transaction() as session:
        claiming.mark_invalid(session, by(database, "Ben", NOW + hours(1)), lead, "wrong number")
        assert queries.list_pool(session, viewer(database, "Cleo")).total == 0
    assert refused(database, "Cleo", claiming.claim, lead) == "closed"
    with database.transaction() as session:
        claiming.release(session, by(database, "Anna", NOW + hours(2)), lead)
    assert happened(database, lead)[-1] == "reopened"
    claim(database, "Cleo", lead)
