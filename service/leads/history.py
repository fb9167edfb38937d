"""Changes of leads, written down: in their own history, and field by field in the audit trail."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.leads import Lead, LeadEvent
from service.leads.refusals import LeadRefused
from service.people.viewer import Viewer
from service.records.audit import Line, Via, record_all

OPEN_STATES = ("new", "assigned", "contacted", "qualified")
"""The states of leads that are held or wait for someone; the others are closed."""

LOST = ("expired", "released", "taken_back")
"""What happened to a lead that somebody lost."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who does something, which way it came in, and when; ``is_live``: whenever it really is done."""

    viewer: Viewer
    via: Via
    now: datetime
    is_live: bool = False

    @classmethod
    def at_once(cls, viewer: Viewer, via: Via) -> Actor:
        """Someone who acts now."""
        return cls(viewer, via, datetime.now(UTC), True)

    def settled(self) -> Actor:
        """The same once all locks are held: while waiting for them others may have acted later and come first."""
        return replace(self, now=datetime.now(UTC)) if self.is_live else self


def locked(session: Session, lead_id: uuid.UUID) -> Lead:
    """The lead as it stands now, for this transaction alone until it ends.

    Raises:
        LeadRefused: ``missing``.
    """
    query = select(Lead).where(Lead.id == lead_id, Lead.deleted_at.is_(None))
    # What an earlier look of this session kept would hide what another transaction did since.
    lead = session.scalars(query.with_for_update().execution_options(populate_existing=True)).one_or_none()
    if lead is None:
        raise LeadRefused("missing")
    return lead


def change(session: Session, actor: Actor, lead: Lead, kind: str, reason: str | None = None, **values: Any) -> None:
    """Set ``values`` of a lead and write down what happened; ``kind`` names it in the history."""
    lines = [Line("lead", str(lead.id), name, getattr(lead, name), value) for name, value in values.items()]
    event = LeadEvent(
        lead_id=lead.id,
        at=actor.now,
        kind=kind,
        actor_id=actor.viewer.user_id,
        from_owner_id=lead.owner_id,
        to_owner_id=values.get("owner_id", lead.owner_id),
        reason=reason,
    )
    for name, value in values.items():
        setattr(lead, name, value)
    session.add(event)
    session.flush()
    record_all(session, actor.viewer.user_id, actor.via, lines)
