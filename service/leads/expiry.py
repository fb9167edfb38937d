"""Leads that nobody called in time flow back into the public pool; who lost one, or soon will, is told."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.database import Database
from models.leads import Lead
from models.people import User
from service.leads.assignment import assign_by_rules
from service.leads.claiming import in_pool
from service.leads.history import OPEN_STATES, Actor, change
from service.leads.notices import managers_of, tell
from service.leads.rules import pool_rules
from service.people.viewer import OPERATOR
from service.records.audit import Via

_AT_ONCE = 200
"""Leads that one transaction lets go of: their locks are held until it ends."""


@dataclass(frozen=True, slots=True)
class Expired:
    """A lead that flowed back, and from whom."""

    lead_id: uuid.UUID
    lead: str
    owner: str


def expire(database: Database, via: Via = "job", now: datetime | None = None) -> tuple[Expired, ...]:
    """Let go of all leads that are overdue, warn of those that soon will be, and give out what the pool holds by rule.

    A lead that somebody works on at this very moment is left for the next time; one that was called meanwhile is not
    overdue any more.
    """
    actor = Actor(OPERATOR, via, now or datetime.now(UTC), is_live=now is None)
    found: list[Expired] = []
    while True:
        with database.transaction() as session:
            gone = expire_some(session, actor)
        found.extend(gone)
        if len(gone) < _AT_ONCE:
            break
    with database.transaction() as session:
        warn(session, actor)
    with database.transaction() as session:
        assign_by_rules(session, actor)
    return tuple(found)


def expire_some(session: Session, actor: Actor, most: int = _AT_ONCE) -> tuple[Expired, ...]:
    """Let go of at most so many overdue leads, the longest overdue first."""
    overdue = (
        select(Lead)
        .where(
            Lead.owner_id.is_not(None),
            Lead.due_at <= actor.now,
            Lead.state.in_(OPEN_STATES),
            Lead.deleted_at.is_(None),
        )
        .order_by(Lead.due_at, Lead.id)
        .limit(most)
        .with_for_update(skip_locked=True)
        .execution_options(populate_existing=True)
    )
    leads, actor = session.scalars(overdue).all(), actor.settled()
    return tuple(_let_go(session, actor, lead) for lead in leads)


def _let_go(session: Session, actor: Actor, lead: Lead) -> Expired:
    assert lead.owner_id is not None
    assert lead.due_at is not None
    owner = session.scalar(select(User.name).where(User.id == lead.owner_id)) or ""
    reason = "no_action" if lead.last_action_at else "no_contact"
    params = {"lead": lead.name, "owner": owner, "due_at": lead.due_at.isoformat(), "reason": reason}
    tell(session, [lead.owner_id], "lead_expired", params, f"/leads/{lead.id}")
    tell(session, managers_of(session, [lead.owner_id]), "lead_expired_of", params, f"/leads/{lead.id}")
    change(session, actor, lead, "expired", reason, **in_pool())
    return Expired(lead.id, lead.name, owner)


def warn(session: Session, actor: Actor) -> int:
    """Tell owners of leads that will flow back in a few hours, once of each; how many leads there are."""
    hours = pool_rules(session).limits.warn_hours
    soon = select(Lead).where(
        Lead.owner_id.is_not(None),
        Lead.due_at > actor.now,
        Lead.due_at <= actor.now + timedelta(hours=hours),
        Lead.state.in_(OPEN_STATES),
        Lead.deleted_at.is_(None),
    )
    leads = session.scalars(soon.order_by(Lead.due_at, Lead.id)).all()
    for lead in leads:
        assert lead.owner_id is not None
        assert lead.due_at is not None
        params = {"lead": lead.name, "due_at": lead.due_at.isoformat()}
        tell(session, [lead.owner_id], "lead_due_soon", params, f"/leads/{lead.id}")
    return len(leads)
