"""Leads: people who might buy, whose they are, and how they went from one to another."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Created, Id, Moment, SoftDeleted, Table, one_of

LEAD_STATES = ("new", "assigned", "contacted", "qualified", "converted", "invalid")
LEAD_GRADES = ("A", "B", "C", "D")


class Lead(Created, SoftDeleted, Table):
    """A person who might buy. ``phone`` is in E.164 form; ``external_id`` is the CRM's own id.

    Without an owner it lies in the public pool, of ``team_id`` or, where that is null, of everyone. ``due_at`` is
    when it flows back there. ``opportunity_id`` is what it became.
    """

    __tablename__ = "leads"
    __table_args__ = (
        one_of("state", LEAD_STATES),
        one_of("grade", LEAD_GRADES),
        Index("uq_leads_external_id", "external_id", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index("ix_leads_due_at", "due_at", postgresql_where=text("owner_id IS NOT NULL")),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None]
    name: Mapped[str]
    company: Mapped[str | None]
    phone: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None]
    source: Mapped[str | None]
    title: Mapped[str | None]
    state: Mapped[str] = mapped_column(server_default="new")
    grade: Mapped[str | None]
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("teams.id"), index=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    owned_since: Mapped[Moment | None]
    due_at: Mapped[Moment | None]
    last_action_at: Mapped[Moment | None]
    fields: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    opportunity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("opportunities.id"), index=True)


class LeadEvent(Table):
    """Something happened to a lead ("claimed", "returned"); ``actor_id`` is null where the system did it."""

    __tablename__ = "lead_events"
    __table_args__ = (Index("ix_lead_events_lead_id", "lead_id", "at"),)

    id: Mapped[Id]
    lead_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("leads.id"))
    at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    kind: Mapped[str]
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    from_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    to_owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    reason: Mapped[str | None]
