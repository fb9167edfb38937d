"""How many leads reps hold and may hold, and the lock under which that can't change."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.leads import Lead
from models.people import Team, User
from service.leads.history import OPEN_STATES
from service.leads.refusals import LeadRefused
from service.leads.views import Holding
from sop.deals.pool import Limits


def lock_holders(session: Session, user_ids: Collection[uuid.UUID]) -> None:
    """Wait until nobody else gives these people leads, and let nobody until this transaction ends.

    Always before a lead is locked, and in the order of ids: two who want the same never wait for each other.
    """
    query = select(User.id).where(User.id.in_(user_ids)).order_by(User.id)
    session.execute(query.with_for_update(key_share=True)).all()


def holdings(session: Session, limits: Limits, user_ids: Collection[uuid.UUID]) -> tuple[Holding, ...]:
    """What each of these people holds and may hold, by name; those who were deactivated are left out."""
    held = (
        select(func.count())
        .select_from(Lead)
        .where(Lead.owner_id == User.id, Lead.deleted_at.is_(None), Lead.state.in_(OPEN_STATES))
        .correlate(User)
        .scalar_subquery()
    )
    query = (
        select(User.id, User.name, Team.name.label("team"), held.label("holds"))
        .outerjoin(Team, Team.id == User.team_id)
        .where(User.id.in_(user_ids), User.deactivated_at.is_(None))
        .order_by(User.name, User.id)
    )
    return tuple(Holding(row.id, row.name, row.holds, limits.capacity_of(row.team)) for row in session.execute(query))


def refuse_full(found: Sequence[Holding]) -> None:
    """Refuse to give a lead to someone who may hold none more.

    Raises:
        LeadRefused: ``full``.
    """
    for holding in found:
        if not holding.free:
            raise LeadRefused("full", name=holding.name, holds=holding.holds, capacity=holding.capacity)
