"""The job queue (Procrastinate) and how a job enters it in the caller's own transaction."""

from __future__ import annotations

import uuid
from typing import Literal

import procrastinate
from procrastinate.exceptions import AlreadyEnqueued
from procrastinate.schema import SchemaManager
from sqlalchemy import text
from sqlalchemy.orm import Session

from models.database import Database

Stage = Literal["transcribe", "analyze"]
STAGES: tuple[Stage, ...] = ("transcribe", "analyze")

# A call that is transcribed is finished before the next one is begun: results appear one by one
# instead of all at the end of the night.
_PRIORITY: dict[Stage, int] = {"transcribe": 0, "analyze": 10}

_SCHEMA_LOCK = 0x5175657565  # "Queue"

# Defers only on connections it is handed, so it never opens a pool of its own.
_deferrer = procrastinate.App(connector=procrastinate.SyncPsycopgConnector())


def ensure_schema(database: Database) -> None:
    """Create the queue's tables on first use; safe when several processes do it at once."""
    with database.engine.begin() as connection:
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _SCHEMA_LOCK})
        if connection.scalar(text("SELECT to_regclass('procrastinate_jobs')")) is None:
            driver = connection.connection.driver_connection
            assert driver is not None
            driver.execute(SchemaManager.get_schema())


def defer(session: Session, stage: Stage, recording_id: uuid.UUID) -> bool:
    """Put a stage's job into the queue within the session's transaction.

    A recording has at most one waiting job a stage and at most one running job at all. Returns
    False when the job was already waiting.
    """
    try:
        with session.begin_nested():
            # Asking for the connection sets the savepoint: without it a refused job would undo the caller's work.
            connection = session.connection().connection.driver_connection
            task = _deferrer.configure_task(
                stage,
                queue=stage,
                priority=_PRIORITY[stage],
                lock=str(recording_id),
                queueing_lock=f"{stage}:{recording_id}",
                connection=connection,
            )
            task.defer(recording_id=str(recording_id))
    except AlreadyEnqueued:
        return False
    return True


def has_job(session: Session, recording_id: uuid.UUID) -> bool:
    """Whether a job for this recording waits or runs."""
    found = session.scalar(
        text(
            "SELECT 1 FROM procrastinate_jobs WHERE args->>'recording_id' = :id AND status IN ('todo', 'doing') LIMIT 1"
        ),
        {"id": str(recording_id)},
    )
    return found is not None
