"""The books: configuration documents as they stand, and who changed what when."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Identity, Index, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Moment, Table, one_of

CONFIGURATION_KINDS = ("pipeline", "linking", "pool", "points", "mapping")
VIAS = ("web", "api", "cli", "import", "job")


class Configuration(Table):
    """A YAML document that stands in for the shipped one of the same kind and name."""

    __tablename__ = "configurations"
    __table_args__ = (one_of("kind", CONFIGURATION_KINDS),)

    kind: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    document: Mapped[str]
    changed_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    changed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class Change(Table):
    """One line of the audit trail: a field of a thing went from ``old`` to ``new``.

    ``noun`` says what kind of thing ("opportunity"), ``noun_id`` which. An empty ``field`` is the thing as a whole:
    ``old`` is null where it was made, ``new`` where it was removed. ``actor_id`` is null for the system and the
    operator at the command line. ``batch_id`` is shared by all changes of one import. Rows are never changed.
    """

    __tablename__ = "changes"
    __table_args__ = (
        one_of("via", VIAS),
        Index("ix_changes_noun", "noun", "noun_id", "id"),
        Index("ix_changes_at", "at"),
        Index("ix_changes_batch_id", "batch_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    actor_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    via: Mapped[str]
    noun: Mapped[str]
    noun_id: Mapped[str]
    field: Mapped[str] = mapped_column(server_default="")
    old: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    new: Mapped[Any] = mapped_column(JSONB(none_as_null=True), nullable=True)
    batch_id: Mapped[uuid.UUID | None]
