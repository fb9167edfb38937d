"""Calls that an older version of Clearcall analyzed: told, and queued to be analyzed again from their transcripts."""

from __future__ import annotations

import uuid

from sqlalchemy import Integer, Select, cast, exists, func, select, update
from sqlalchemy.orm import Session

from models.calls import Call, Recording
from models.scores import Analysis
from service import pipeline
from service.calls import newest
from service.jobs import queue

_VERSION_IN_HASH = "^[^-]*-([0-9]+)"
"""A tagger's hash is its weights, the version of the pipeline, and what else it read by, with dashes between."""


def count_outdated(session: Session) -> int:
    """How many scored calls were read by an older version: slots and events that it did not know are missing there."""
    return session.scalar(select(func.count()).select_from(_outdated().subquery())) or 0


def analyze_outdated(session: Session) -> int:
    """Queue the analysis of all these calls; returns how many. Transcripts and what people said of them stay."""
    recordings = list(session.scalars(_outdated()))
    session.execute(
        update(Recording)
        .where(Recording.id.in_(recordings))
        .values(state="analyzing", state_reason=None, progress=0.0, failures=0, worker_deaths=0, finished_at=None)
    )
    for recording in recordings:
        queue.defer(session, "analyze", recording)
    return len(recordings)


def _outdated() -> Select[*tuple[uuid.UUID]]:
    version = cast(func.substring(Analysis.tagger_hash, _VERSION_IN_HASH), Integer)
    old = exists().where(Analysis.id == newest.analysis.c.id, version < pipeline.VERSION)
    kept = Recording.deleted_at.is_(None) & Call.deleted_at.is_(None)
    return newest.joined(select(Recording.id)).where(Recording.state == "scored", kept, old)
