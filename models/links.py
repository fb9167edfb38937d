"""Which opportunity a call was said to belong to, by the rule or by a person, and why."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, func, text
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Id, Moment, Table


class CallLink(Table):
    """A call was linked; the row that nothing superseded is in force, and ``calls.opportunity_id`` repeats it.

    Without an opportunity the call belongs to none. ``made_by_id`` is null where the rule said so. ``candidates`` are
    the opportunities (at most five) it chose from, best first.
    """

    __tablename__ = "call_links"
    __table_args__ = (
        Index("uq_call_links_in_force", "call_id", unique=True, postgresql_where=text("superseded_at IS NULL")),
        Index("ix_call_links_call_id", "call_id", "made_at"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"))
    opportunity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("opportunities.id"), index=True)
    made_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    made_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    reason: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    candidates: Mapped[list[Any]] = mapped_column(server_default="[]")
    superseded_at: Mapped[Moment | None]
