"""What people say of the machine's key events, and the samples that the app offers them for it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, SmallInteger, UniqueConstraint, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Created, Id, Moment, Table, one_of

VERDICTS = ("confirmed", "rejected", "missed", "withdrawn")
SAID = ("present", "doubtful", "absent")
CHOICES = ("page", "sampled_hit", "sampled_non_hit")
ANSWERS = ("yes", "no", "skip")


class EventReview(Table):
    """A person's word on whether a turn shows an event; of several the newest counts, and none is ever changed.

    ``confirmed``: it does, as the machine said (perhaps in doubt); ``missed``: it does, and the machine said absent;
    ``rejected``: it does not, whatever the machine said; ``withdrawn`` takes back what was said before. ``said``,
    ``probability`` (in [0, 1], null where the machine kept none) and ``weights_hash`` are the machine's answer at
    that time, ``turn_text`` and ``speaker`` what the person read. ``chosen`` is how the turn came before the person;
    out of a sample, ``sampling_probability`` is the chance it had. ``reviewed_by_id`` is null for the operator at the
    command line. A word given on another transcript of the call is carried over: ``carried_from_id``.
    """

    __tablename__ = "event_reviews"
    __table_args__ = (
        one_of("verdict", VERDICTS),
        one_of("said", SAID),
        one_of("chosen", CHOICES),
        Index("ix_event_reviews_turn", "transcript_id", "turn", "event", "reviewed_at"),
        Index("ix_event_reviews_weights_hash", "weights_hash"),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    transcript_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transcripts.id"))
    turn: Mapped[int]
    event: Mapped[str]
    verdict: Mapped[str]
    said: Mapped[str]
    probability: Mapped[float | None]
    weights_hash: Mapped[str]
    language: Mapped[str]
    speaker: Mapped[str]
    channel: Mapped[int] = mapped_column(SmallInteger)
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    turn_text: Mapped[str]
    chosen: Mapped[str] = mapped_column(server_default="page")
    sample_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("review_samples.id"), index=True)
    sampling_probability: Mapped[float | None]
    reviewed_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    # The time of the statement: that of the transaction is earlier than the wait for the recording's lock.
    reviewed_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    carried_from_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("event_reviews.id"))


class ReviewSample(Created, Table):
    """Turns drawn at random for one person to judge; the same seed on the same calls draws the same turns.

    It was drawn from the calls that ``asked_by_id`` sees. ``strata`` lists for each event, language and answer of the
    machine how many turns there were and with which probability each was drawn.
    """

    __tablename__ = "review_samples"

    id: Mapped[Id]
    asked_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    seed: Mapped[int]
    size: Mapped[int]
    event: Mapped[str | None]
    language: Mapped[str | None]
    weights_hash: Mapped[str]
    strata: Mapped[list[Any]] = mapped_column(JSONB)


class ReviewSampleItem(Table):
    """One turn of a sample, and the event it is to be judged for. ``answer`` is null until a person gives one."""

    __tablename__ = "review_sample_items"
    __table_args__ = (
        one_of("said", SAID),
        one_of("answer", ANSWERS),
        UniqueConstraint("sample_id", "analysis_id", "turn", "event"),
    )

    sample_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("review_samples.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id"))
    turn: Mapped[int]
    event: Mapped[str]
    said: Mapped[str]
    probability: Mapped[float | None]
    sampling_probability: Mapped[float]
    answer: Mapped[str | None]
    answered_at: Mapped[Moment | None]
