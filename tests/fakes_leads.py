"""People and leads for the tests of leads."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from fakes_web import add_call
from models.database import Database
from models.leads import Lead, LeadEvent
from models.notices import Notice
from models.people import User
from service.calls.ingest import CallDetails
from service.leads import claiming
from service.leads.history import Actor
from service.leads.refusals import LeadRefused
from service.people.queries import NewUser, add_user, user_by_email
from service.people.viewer import OPERATOR, Viewer
from service.records.audit import Via
from service.records.configurations import save
from service.settings import Settings

NOW = datetime(2026, 11, 13, 9, 0, tzinfo=UTC)
PHONE = "+447700900301"


def people(database: Database, password: str | None = None) -> None:
    """Two teams: Anna manages the reps Ben and Cleo, Dora the rep Eli; Ada is the admin."""
    with database.transaction() as session:
        for name, role, team in (
            ("Ada", "admin", None),
            ("Anna", "manager", "East"),
            ("Ben", "rep", "East"),
            ("Cleo", "rep", "East"),
            ("Dora", "manager", "West"),
            ("Eli", "rep", "West"),
        ):
            add_user(session, NewUser(name, f"{name.lower()}@example.com", role, team, password))


def viewer(database: Database, name: str) -> Viewer:
    """One of :func:`people` by name."""
    with database.transaction() as session:
        return Viewer.of(user_by_email(session, f"{name.lower()}@example.com"))


def by(database: Database, name: str, now: datetime = NOW, via: Via = "web") -> Actor:
    """One of :func:`people`, who does something at ``now``."""
    return Actor(viewer(database, name), via, now)


def add_lead(database: Database, name: str = "Ellen", **values: Any) -> uuid.UUID:
    """A lead of the public pool, or as ``values`` say."""
    with database.transaction() as session:
        lead = Lead(name=name, **{"phone": PHONE, "company": f"{name} Ltd", **values})
        session.add(lead)
        session.flush()
        return lead.id


def lead_id(database: Database, external_id: str) -> uuid.UUID:
    """A lead by the CRM's id."""
    with database.transaction() as session:
        return session.scalars(select(Lead.id).where(Lead.external_id == external_id)).one()


def get(database: Database, lead_id: uuid.UUID) -> Lead:
    """The lead as it stands."""
    with database.transaction() as session:
        return session.get_one(Lead, lead_id)


def owner_of(database: Database, lead_id: uuid.UUID) -> str | None:
    """The name of who has a lead."""
    with database.transaction() as session:
        return session.scalar(select(User.name).join(Lead, Lead.owner_id == User.id).where(Lead.id == lead_id))


def happened(database: Database, lead_id: uuid.UUID) -> list[str]:
    """What happened to a lead, oldest first."""
    with database.transaction() as session:
        query = select(LeadEvent.kind).where(LeadEvent.lead_id == lead_id).order_by(LeadEvent.at, LeadEvent.id)
        return list(session.scalars(query))


def told(database: Database, name: str) -> list[str]:
    """The kinds of the notices somebody got, oldest first."""
    with database.transaction() as session:
        query = select(Notice.kind).join(User, User.id == Notice.user_id).where(User.name == name)
        return list(session.scalars(query.order_by(Notice.created_at, Notice.kind)))


def set_pool(database: Database, text: str) -> None:
    """Let other rules count."""
    with database.transaction() as session:
        save(session, OPERATOR, "pool", "default", text, "cli")


def hours(n: float) -> timedelta:
    return timedelta(hours=n)


def claim(database: Database, who: str, lead_id: uuid.UUID, now: datetime = NOW) -> None:
    """Somebody takes a lead."""
    with database.transaction() as session:
        claiming.claim(session, by(database, who, now), lead_id)


def refused(
    database: Database, who: str, act: Callable[..., object], lead_id: uuid.UUID, *args: object, now: datetime = NOW
) -> str:
    """The code by which somebody is refused to do something with a lead; it fails where they are not."""
    actor = by(database, who, now)
    with pytest.raises(LeadRefused) as error, database.transaction() as session:
        act(session, actor, lead_id, *args)
    return error.value.code


def call(
    database: Database, settings: Settings, name: str, who: str, at: datetime = NOW, **details: object
) -> uuid.UUID:
    """A call of somebody to :data:`PHONE`, in which a need is heard."""
    said = CallDetails(rep_email=f"{who.lower()}@example.com", customer_phone=PHONE, started_at=at, **details)
    return add_call(
        database, settings, name, ["Good morning, this is Ben.", "Yes?"], said, [["opening"], ["customer_need"]]
    )
