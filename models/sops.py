"""The versions of SOPs, and what is run with them over stored calls: back-tests and re-scoring."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, declared_attr, mapped_column

from models.table import Created, Id, Moment, Table, one_of

SOP_STATES = ("draft", "published", "retired")
DRAFT_NUMBER = 0
RUN_STATES = ("waiting", "running", "done", "stopped", "failed")
ENDED_STATES = ("done", "stopped", "failed")


class SopVersion(Created, Table):
    """A text of an SOP, known by ``content_hash``.

    Published versions count from 1 and are immutable, which a trigger of the database holds: all that may still
    happen to one is to be retired. A draft has number 0, so that there is one at most of each name; it may have
    mistakes, and then its ``content_hash`` is empty. A version scores calls that began at ``effective_from`` or later;
    null is ever since.
    """

    __tablename__ = "sop_versions"
    __table_args__ = (
        UniqueConstraint("name", "number"),
        Index("ix_sop_versions_content_hash", "name", "content_hash"),
        one_of("state", SOP_STATES),
        CheckConstraint("(state = 'draft') = (number = 0)", name="draft_number"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    number: Mapped[int]
    document: Mapped[str]
    content_hash: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="published")
    created_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    updated_at: Mapped[Moment | None]
    published_at: Mapped[Moment | None]
    published_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    effective_from: Mapped[Moment | None]
    retired_at: Mapped[Moment | None]
    retired_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))


class _Run(Created):
    """Work over many calls: how far it is, and how it ended.

    ``state_reason`` says why it stopped or failed; ``stop_asked`` is a person's wish that it end; ``failures``
    counts tries that raised. ``asked_by_id`` is null for the operator at the command line.
    """

    @declared_attr
    def asked_by_id(cls) -> Mapped[uuid.UUID | None]:  # noqa: N805 - SQLAlchemy calls it with the class
        return mapped_column(ForeignKey("users.id"), index=True)

    state: Mapped[str] = mapped_column(server_default="waiting")
    state_reason: Mapped[str | None]
    stop_asked: Mapped[bool] = mapped_column(server_default="false")
    calls_total: Mapped[int] = mapped_column(server_default="0")
    calls_done: Mapped[int] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    started_at: Mapped[Moment | None]
    finished_at: Mapped[Moment | None]


class Rescoring(_Run, Table):
    """Past calls scored by a version, from their stored key events.

    It goes through the calls that began at ``since`` or later (null: all) by their ids and has come to
    ``last_call_id``. ``scored`` calls got a card, ``skipped`` ones had it or can have none.
    """

    __tablename__ = "rescorings"
    __table_args__ = (one_of("state", RUN_STATES),)

    id: Mapped[Id]
    version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sop_versions.id"), index=True)
    since: Mapped[Moment | None]
    last_call_id: Mapped[uuid.UUID | None]
    scored: Mapped[int] = mapped_column(server_default="0")
    skipped: Mapped[int] = mapped_column(server_default="0")


class Backtest(_Run, Table):
    """A draft tried on the calls that whoever asked may see; ``report`` is what came of it.

    ``document`` is the text that was tried, whatever has become of the draft since. ``against_id`` is the version it
    is compared with; null where there was none. ``tag`` asks for events the stored analyses don't know.
    """

    __tablename__ = "backtests"
    __table_args__ = (one_of("state", RUN_STATES),)

    id: Mapped[Id]
    name: Mapped[str]
    document: Mapped[str]
    content_hash: Mapped[str]
    against_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("sop_versions.id"), index=True)
    tag: Mapped[bool] = mapped_column(server_default="false")
    report: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
