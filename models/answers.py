"""What people say of what was found in a deal: of violations of its pipeline, and of its next steps."""

from __future__ import annotations

import uuid

from sqlalchemy import ForeignKey, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Id, Moment, Table, one_of

VIOLATION_STATES = ("explained", "accepted", "resolved")
NEXT_STEP_STATES = ("kept", "missed", "dropped")


class ViolationAnswer(Table):
    """A person's answer to a violation, known by its ``key``; of several the newest counts."""

    __tablename__ = "violation_answers"
    __table_args__ = (
        one_of("state", VIOLATION_STATES),
        Index("ix_violation_answers_key", "opportunity_id", "key", "answered_at"),
    )

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"))
    key: Mapped[str]
    state: Mapped[str]
    text: Mapped[str | None]
    answered_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    answered_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())


class NextStepMark(Table):
    """A person's word on what became of a next step, known by its ``key``; of several the newest counts."""

    __tablename__ = "next_step_marks"
    __table_args__ = (
        one_of("state", NEXT_STEP_STATES),
        Index("ix_next_step_marks_key", "opportunity_id", "key", "marked_at"),
    )

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"))
    key: Mapped[str]
    state: Mapped[str]
    marked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    marked_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
