"""People and leads for the tests of leads."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from models.database import Database
from models.leads import Lead, LeadEvent
from models.notices import Notice
from models.people import User
from service.leads.history import Actor
from service.people.queries import NewUser, add_user, user_by_email
from service.people.viewer import OPERATOR, Viewer
from service.records.audit import Via
from service.records.configurations import save

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
