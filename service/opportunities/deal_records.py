"""What people have put on record for one deal: approvals and actions done; for its page."""

from __future__ import annotations

import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session

from models.opportunities import Approval, DoneAction, Opportunity
from models.people import User
from service.people.viewer import Viewer
from service.records.scope import changeable_opportunities


@dataclass(frozen=True, slots=True)
class Note:
    """A person's word: ``who`` is None for the operator."""

    id: uuid.UUID
    kind: str
    state: str
    who: str | None
    at: datetime
    text: str | None = None


def may_change(session: Session, viewer: Viewer, deal: uuid.UUID) -> bool:
    """Whether the viewer may change this deal."""
    query = select(Opportunity.id).where(Opportunity.id == deal, changeable_opportunities(viewer))
    return session.scalar(query) is not None


def own_requests(session: Session, viewer: Viewer, deal: uuid.UUID) -> frozenset[str]:
    """The kinds of approval that the viewer asked for and nobody has decided on."""
    query = select(Approval.kind).where(
        Approval.opportunity_id == deal, Approval.state == "requested", Approval.requested_by_id == viewer.user_id
    )
    return frozenset(session.scalars(query))


def approvals_of(session: Session, deal: uuid.UUID) -> tuple[Note, ...]:
    """The approvals of a deal, the newest first; who decided, or asked where nobody has decided."""
    by = func.coalesce(Approval.decided_by_id, Approval.requested_by_id)
    at = func.coalesce(Approval.decided_at, Approval.requested_at)
    query = (
        select(Approval.id, Approval.kind, Approval.state, User.name, at, Approval.note)
        .outerjoin(User, User.id == by)
        .where(Approval.opportunity_id == deal)
        .order_by(at.desc())
    )
    return tuple(_notes(session, query))


def done_actions_of(session: Session, deal: uuid.UUID) -> dict[str, Note]:
    """The last time that each action was done."""
    query = (
        select(DoneAction.id, DoneAction.action, literal("done"), User.name, DoneAction.done_at, DoneAction.note)
        .outerjoin(User, User.id == DoneAction.done_by_id)
        .where(DoneAction.opportunity_id == deal)
        .order_by(DoneAction.done_at)
    )
    return {note.kind: note for note in _notes(session, query)}


def _notes(session: Session, query: Select[*tuple[Any, ...]]) -> Iterable[Note]:
    for row in session.execute(query):
        yield Note(*row)
