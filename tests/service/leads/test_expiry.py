"""Leads that nobody called in time flow back, with a warning before and a notice after."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest

from fakes import FakeEngines
from fakes_leads import NOW, add_lead, claim, happened, hours, owner_of, refused, told
from models.database import Database
from service.jobs.worker import Worker, in_background
from service.leads import claiming
from service.leads.expiry import expire, expire_some, warn
from service.leads.history import Actor
from service.people.viewer import OPERATOR
from service.settings import Settings

pytestmark = pytest.mark.usefixtures("sellers")


def test_overdue_leads_flow_back_with_a_notice(database: Database) -> None:
    """What was not called in time is in the pool again; the rep and their manager are told, once."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert expire(database, now=NOW + hours(23)) == ()
    assert told(database, "Ben") == ["lead_due_soon"]
    gone = expire(database, now=NOW + hours(24))
    assert [(one.lead, one.owner) for one in gone] == [("Ellen", "Ben")]
    assert owner_of(database, lead) is None
    assert happened(database, lead) == ["claimed", "expired"]
    assert told(database, "Ben") == ["lead_due_soon", "lead_expired"]
    assert told(database, "Anna") == ["lead_expired_of"]
    assert expire(database, now=NOW + hours(25)) == ()
    assert refused(database, "Ben", claiming.claim, lead, now=NOW + hours(25)) == "kept_away"


def test_a_warning_is_given_once(database: Database) -> None:
    """However often the job runs before a lead is due, its owner reads one line."""
    claim(database, "Ben", add_lead(database))
    for hour in (21, 22, 23):
        with database.transaction() as session:
            warn(session, Actor(OPERATOR, "job", NOW + hours(hour)))
    assert told(database, "Ben") == ["lead_due_soon"]


def test_expiring_in_small_steps_loses_none(database: Database) -> None:
    """The longest overdue go first, and all go."""
    leads = [add_lead(database, f"L{i}", phone=f"+4477009005{i:02}") for i in range(5)]
    for i, lead in enumerate(leads):
        claim(database, "Ben", lead, NOW + timedelta(minutes=i))
    gone: list[str] = []
    for _ in range(3):
        with database.transaction() as session:
            gone += [one.lead for one in expire_some(session, Actor(OPERATOR, "job", NOW + hours(30)), 2)]
    assert gone == [f"L{i}" for i in range(5)]


def test_a_worker_lets_overdue_leads_flow_back_by_itself(database: Database, settings: Settings) -> None:
    """The periodic job runs once a worker is there, without anybody asking for it."""
    lead = add_lead(database)
    claim(database, "Ben", lead, datetime.now(UTC) - timedelta(days=2))
    end = time.monotonic() + 30
    with in_background(Worker(settings, database, queues=["analyze"], engines=FakeEngines())):
        while owner_of(database, lead) is not None:
            assert time.monotonic() < end, "the lead is still held"
            time.sleep(0.1)
    assert happened(database, lead) == ["claimed", "expired"]
