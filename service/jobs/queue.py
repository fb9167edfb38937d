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

RunTask = Literal["backtest", "rescore"]
RUN_TASKS: tuple[RunTask, ...] = ("backtest", "rescore")
"""Work over many calls, in the queue "analyze"."""

EXPIRE = "expire_leads"
EXPIRE_CRON = "*/5 * * * *"
"""The job that lets overdue leads flow back, in the queue "analyze", every five minutes."""

# A call that is transcribed is finished before the next one is begun: results appear one by one
# instead of all at the end of the night.
_PRIORITY: dict[Stage, int] = {"transcribe": 0, "analyze": 10}

# Somebody waits for a back-test, and nobody for a page of past calls.
_RUN_PRIORITY: dict[RunTask, int] = {"backtest": 20, "rescore": -10}

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
    return _defer(session, stage, stage, _PRIORITY[stage], "recording_id", recording_id)


def defer_run(session: Session, task: RunTask, run_id: uuid.UUID) -> bool:
    """Put the job of a run over many calls into the queue within the session's transaction, once while it waits."""
    return _defer(session, task, "analyze", _RUN_PRIORITY[task], "run_id", run_id)


def _defer(session: Session, name: str, queue: str, priority: int, key: str, row_id: uuid.UUID) -> bool:
    try:
        with session.begin_nested():
            # Asking for the connection sets the savepoint: without it a refused job would undo the caller's work.
            connection = session.connection().connection.driver_connection
            task = _deferrer.configure_task(
                name,
                queue=queue,
                priority=priority,
                lock=str(row_id),
                queueing_lock=f"{name}:{row_id}",
                connection=connection,
            )
            task.defer(**{key: str(row_id)})
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
