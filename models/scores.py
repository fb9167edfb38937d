"""What was heard in a call and what it earned: analyses, key events, metrics, scorecards."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.sops import SopVersion
from models.table import Counted, Created, Id, Table, one_of

__all__ = ["Analysis", "CallMetric", "SopVersion", "StoredKeyEvent", "StoredScorecard", "StoredStepResult"]

STEP_OUTCOMES = ("met", "missed", "unknown", "not_applicable")


class Analysis(Created, Counted, Table):
    """One reading of a transcript by one tagger. A rerun with other weights is a new row.

    ``rep_party`` is the rep that a person named (see :class:`models.calls.RoleCorrection`), empty where the
    speakers are read as the machine told them. ``observations`` are those of :mod:`sop.observations`, as their
    ``to_json`` writes them; null where the manner of the call was never measured.
    """

    __tablename__ = "analyses"
    __table_args__ = (UniqueConstraint("transcript_id", "tagger_hash", "rep_party"),)

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    transcript_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("transcripts.id"), index=True)
    tagger_hash: Mapped[str]
    rep_party: Mapped[str] = mapped_column(server_default="")
    observations: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))

    key_events: Mapped[list[StoredKeyEvent]] = relationship(lazy="raise", order_by="StoredKeyEvent.position")
    metrics: Mapped[list[CallMetric]] = relationship(lazy="raise")


class StoredKeyEvent(Table):
    """A key event with the seconds that prove it. ``doubtful`` ones are neither present nor absent.

    ``slots`` are those of :class:`sop.events.Slot`, as its ``to_json`` writes them.
    """

    __tablename__ = "key_events"
    __table_args__ = (
        one_of("speaker", ("rep", "customer", "unknown")),
        Index("ix_key_events_event", "event", "doubtful"),
    )

    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    event: Mapped[str]
    doubtful: Mapped[bool]
    turn: Mapped[int]
    start_ms: Mapped[int]
    end_ms: Mapped[int]
    speaker: Mapped[str]
    quote: Mapped[str]
    confidence: Mapped[float]
    slots: Mapped[list[Any]] = mapped_column(server_default="[]")


class CallMetric(Table):
    """One number about a conversation ("talk_ratio"); a metric that can't be told has no row."""

    __tablename__ = "call_metrics"

    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id"), primary_key=True)
    metric: Mapped[str] = mapped_column(primary_key=True)
    value: Mapped[float]


class StoredScorecard(Created, Counted, Table):
    """A call's score under one SOP version, with the three hashes that make it repeatable.

    ``rep_party`` is that of the analysis: another rep is another score. ``score``, ``low`` and ``high`` are
    0-100, or null when nothing could be judged.
    """

    __tablename__ = "scorecards"
    __table_args__ = (
        UniqueConstraint(
            "call_id", "recording_hash", "sop_hash", "weights_hash", "rep_party", name="uq_scorecards_reading"
        ),
    )

    id: Mapped[Id]
    call_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("calls.id"), index=True)
    analysis_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("analyses.id"), index=True)
    sop_version_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("sop_versions.id"), index=True)
    recording_hash: Mapped[str]
    sop_hash: Mapped[str]
    weights_hash: Mapped[str]
    rep_party: Mapped[str] = mapped_column(server_default="")
    score: Mapped[float | None]
    low: Mapped[float | None]
    high: Mapped[float | None]
    points: Mapped[float]
    judged_points: Mapped[float]
    reason: Mapped[dict[str, Any] | None]

    steps: Mapped[list[StoredStepResult]] = relationship(lazy="raise", order_by="StoredStepResult.position")
    sop_version: Mapped[SopVersion] = relationship(lazy="raise")


class StoredStepResult(Table):
    """What one step of the SOP earned, why, and the evidence to play.

    ``unknown_points`` of ``max_points`` can't be told; ``criteria`` are the step's own points in the
    form of :meth:`sop.scorecard.CriterionResult.to_json`, ``dimensions`` its other sides in theirs.
    """

    __tablename__ = "step_results"
    __table_args__ = (one_of("outcome", STEP_OUTCOMES),)

    scorecard_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("scorecards.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    step: Mapped[str]
    title: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    required: Mapped[bool]
    points: Mapped[float]
    unknown_points: Mapped[float]
    max_points: Mapped[float]
    confidence: Mapped[float | None]
    reason: Mapped[dict[str, Any]]
    evidence: Mapped[list[Any]] = mapped_column(JSONB)
    criteria: Mapped[list[Any]] = mapped_column(JSONB)
    dimensions: Mapped[list[Any]] = mapped_column(JSONB, server_default="[]")
