"""What a call does to the lead of its number: for its owner, for another, for one who had it before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from fakes_leads import NOW, add_lead, call, claim, get, happened, hours, told
from models.database import Database
from service.leads.expiry import expire
from service.settings import Settings

pytestmark = pytest.mark.usefixtures("sellers")


def test_a_call_to_ones_lead_keeps_it(database: Database, settings: Settings) -> None:
    """The call counts as an action: the state moves on and the clock starts again from the call."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "first", "Ben", NOW + hours(2))
    held = get(database, lead)
    assert (held.state, held.last_action_at, held.due_at) == (
        "contacted",
        NOW + hours(2),
        NOW + hours(2) + timedelta(days=7),
    )
    call(database, settings, "second", "Ben", NOW + hours(5))
    assert get(database, lead).due_at == NOW + hours(5) + timedelta(days=7)
    assert sorted(happened(database, lead)) == ["called", "called", "claimed"]
    assert expire(database, now=NOW + timedelta(days=6)) == ()


def test_a_call_from_before_the_claim_buys_no_time(database: Database, settings: Settings) -> None:
    """An old recording brought in later is in the history and leaves the clock alone."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "old", "Ben", NOW - hours(30))
    held = get(database, lead)
    assert (held.state, held.last_action_at, held.due_at) == ("assigned", None, NOW + hours(24))


def test_a_call_to_anothers_lead_is_told(database: Database, settings: Settings) -> None:
    """Owner and manager get a notice, once; the lead stays with its owner and its clock goes on."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "trespass", "Eli", NOW + hours(1))
    assert told(database, "Ben") == ["lead_contacted"]
    assert told(database, "Anna") == ["lead_contacted"]
    assert told(database, "Eli") == []
    assert get(database, lead).due_at == NOW + hours(24)
    call(database, settings, "trespass", "Eli", NOW + hours(1))  # the same file again
    assert told(database, "Ben") == ["lead_contacted"]


def test_a_call_is_judged_by_when_it_was_held(database: Database, settings: Settings) -> None:
    """Processed after the lead flowed back, the owner's call is theirs, a colleague's was on their ground, and a later
    one is from the pool; none brings the lead back."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert len(expire(database, now=NOW + hours(25))) == 1
    call(database, settings, "in time", "Ben", NOW + hours(2))
    call(database, settings, "trespass", "Eli", NOW + hours(3))
    call(database, settings, "too late", "Ben", NOW + hours(26))
    assert sorted(happened(database, lead)) == ["called", "called_by_other", "called_from_pool", "claimed", "expired"]
    assert told(database, "Ben").count("lead_contacted") == 1
    free = get(database, lead)
    assert (free.owner_id, free.last_action_at, free.state) == (None, None, "new")


def test_a_former_owners_call_is_theirs_though_another_has_the_lead(database: Database, settings: Settings) -> None:
    """What Ben did while the lead was his is no trespass on Cleo, who has it now; her clock goes on."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    expire(database, now=NOW + hours(25))
    claim(database, "Cleo", lead, NOW + hours(30))
    call(database, settings, "late", "Ben", NOW + hours(2))
    assert "called" in happened(database, lead)
    assert told(database, "Cleo") == []
    assert get(database, lead).due_at == NOW + hours(54)


def test_an_owners_call_from_when_another_had_the_lead_was_no_action(database: Database, settings: Settings) -> None:
    """Cleo called while Ben had the lead: that she has it now makes it no call of an owner, and Ben is told."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    expire(database, now=NOW + hours(25))
    claim(database, "Cleo", lead, NOW + hours(30))
    call(database, settings, "early", "Cleo", NOW + hours(2))
    assert "called_by_other" in happened(database, lead)
    assert "called" not in happened(database, lead)
    assert told(database, "Ben").count("lead_contacted") == 1
    assert get(database, lead).due_at == NOW + hours(54)
