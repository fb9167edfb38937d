"""Recordings, the calls they hold, and who said what when."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, SmallInteger, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import JSONB, TSVECTOR
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.opportunities import Opportunity
from models.people import User
from models.table import Counted, Created, Id, Moment, SoftDeleted, Table, one_of

STATES = ("queued", "transcribing", "analyzing", "scored", "no_speech", "failed")
FINISHED_STATES = ("scored", "no_speech", "failed")
DIRECTIONS = ("inbound", "outbound", "unknown")
SPEAKERS = ("rep", "customer", "unknown")


class Recording(Created, SoftDeleted, Table):
    """A file of sound, known by its content.

    ``path`` is relative to the home's ``recordings`` folder and is made from the hash, never from
    the name a user gave. ``state_reason`` is one line a person can act on; ``progress`` is the
    fraction of the running stage, in [0, 1]. ``failures`` of stages and ``worker_deaths`` are counted
    until one ends well. ``rep_channel`` is the channel of the rep where this recording has another than the
    settings say; on one channel it means nothing.
    """

    __tablename__ = "recordings"
    __table_args__ = (
        one_of("state", STATES),
        Index("uq_recordings_sha256", "sha256", unique=True, postgresql_where=text("deleted_at IS NULL")),
        Index("ix_recordings_state", "state"),
        CheckConstraint("rep_channel IN (0, 1)", name="rep_channel"),
    )

    id: Mapped[Id]
    sha256: Mapped[str]
    file_name: Mapped[str]
    path: Mapped[str]
    size_bytes: Mapped[int] = mapped_column(BigInteger)
    format: Mapped[str | None]
    codec: Mapped[str | None]
    sample_rate_hz: Mapped[int | None]
    channels: Mapped[int | None]
    duration_ms: Mapped[int | None]
    rep_channel: Mapped[int | None] = mapped_column(SmallInteger)
    uploaded_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    state: Mapped[str] = mapped_column(server_default="queued")
    state_reason: Mapped[str | None]
    progress: Mapped[float] = mapped_column(server_default="0")
    failures: Mapped[int] = mapped_column(server_default="0")
    worker_deaths: Mapped[int] = mapped_column(server_default="0")
    finished_at: Mapped[Moment | None]


class Call(Created, SoftDeleted, Table):
    """A conversation. ``utc_offset_minutes`` keeps the caller's own clock beside ``started_at``."""

    __tablename__ = "calls"
    __table_args__ = (one_of("direction", DIRECTIONS), Index("ix_calls_started_at", "started_at"))

    id: Mapped[Id]
    recording_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("recordings.id"), unique=True)
    external_id: Mapped[str | None] = mapped_column(index=True)
    rep_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    opportunity_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("opportunities.id"), index=True)
    customer_phone: Mapped[str | None] = mapped_column(index=True)
    direction: Mapped[str] = mapped_column(server_default="unknown")
    started_at: Mapped[Moment]
    utc_offset_minutes: Mapped[int] = mapped_column(server_default="0")
    sop_name: Mapped[str | None]

    recording: Mapped[Recording] = relationship(lazy="raise")
    rep: Mapped[User | None] = relationship(lazy="raise")
    opportunity: Mapped[Opportunity | None] = relationship(lazy="raise")


class StoredTranscript(Created, Counted, Table):
    """One transcription of a call by one set of weights. A rerun with others is a new row; the last counts.

    ``removed`` lists what the guards took out, with the reason. ``role_confidence`` is how sure the speakers'
    roles are, in [0, 1].
    """

    __tablename__ = "transcripts"
    __table_args__ = (UniqueConstraint("call_id", "weights_hash"),)

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    weights_hash: Mapped[str]
    language: Mapped[str]
    channels: Mapped[int]
    duration_ms: Mapped[int]
    notes: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    removed: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
    role_confidence: Mapped[float] = mapped_column(server_default="1")

    turns: Mapped[list[StoredTurn]] = relationship(lazy="raise", order_by="StoredTurn.position")


class StoredTurn(Table):
    """One speaker's stretch.

    ``words`` holds ``[text, start_ms, end_ms, confidence]`` quadruples: words are only ever read
    with their turn, and a row each would make the largest table of all for nothing.
    ``terms`` indexes the text for search: word tokens, and character bigrams for Chinese.
    ``voice`` numbers the voices that were told apart on one channel, from 0.
    """

    __tablename__ = "turns"
    __table_args__ = (one_of("speaker", SPEAKERS), Index("ix_turns_terms", "terms", postgresql_using="gin"))

    transcript_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transcripts.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    speaker: Mapped[str]
    channel: Mapped[int]
    voice: Mapped[int | None] = mapped_column(SmallInteger)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    text: Mapped[str]
    confidence: Mapped[float]
    words: Mapped[list[Any]] = mapped_column(JSONB)
    terms: Mapped[str | None] = mapped_column(TSVECTOR, deferred=True)


class RoleCorrection(Table):
    """A person's word on who the rep of a transcript is; of several the newest counts.

    ``rep_party`` is the rep's channel ("1"), with the voice where voices were told apart ("0.1"), or empty
    where the person withdrew what they had said. ``corrected_by_id`` is null for the operator at the command
    line. A word given on an earlier transcript of the call is carried over to a new one: ``carried_from_id``.
    """

    __tablename__ = "role_corrections"
    __table_args__ = (Index("ix_role_corrections_transcript_id", "transcript_id", "corrected_at"),)

    id: Mapped[Id]
    transcript_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transcripts.id"))
    rep_party: Mapped[str]
    corrected_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    # The time of the statement: that of the transaction is earlier than the wait for the recording's lock.
    corrected_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    carried_from_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("role_corrections.id"))
