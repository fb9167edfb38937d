"""Jobs of dead workers: put back into the queue, or ended when it may be they that kill workers."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Container
from datetime import UTC, datetime
from typing import cast

import procrastinate
import structlog
from procrastinate.jobs import Job, Status

from service.jobs.queue import EXPIRE, RUN_TASKS, RunTask
from service.jobs.stages import Desk

log = structlog.get_logger(__name__)

MAX_DEATHS = 8
"""Workers that may die over one recording, by accident or because of it, before it is given up."""

DEAD_AFTER_S = 15.0
"""A worker silent for this long is dead: five missed heartbeats."""


async def rescue(app: procrastinate.App, desk: Desk, at_work: Container[uuid.UUID]) -> None:
    """Put the jobs of dead workers back into the queue; those of ``at_work`` are well, however late their heartbeats.

    ``at_work`` are the recordings and runs of the worker that asks.
    """
    for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
        if job.task_name == EXPIRE:
            await _end(app, job)  # the next one comes in a few minutes and finds the same leads
            continue
        is_run = job.task_name in RUN_TASKS
        what = uuid.UUID(str(job.task_kwargs["run_id" if is_run else "recording_id"]))
        if what in at_work:
            continue
        is_given_up = await asyncio.to_thread(_give_up_run if is_run else _give_up, desk, job.task_name, what)
        if is_given_up:
            await _end(app, job)
            continue
        log.warning("taking over the job of a dead worker", job=job.id, task=job.task_name, id=str(what))
        await app.job_manager.retry_job(job=job, retry_at=datetime.now(UTC))


async def _end(app: procrastinate.App, job: Job) -> None:
    await app.job_manager.finish_job(job=job, status=Status.FAILED, delete_job=False)


def _give_up(desk: Desk, stage: str, recording: uuid.UUID) -> bool:
    """Count a death; a recording over which too many workers died must not kill the next one."""
    deaths = desk.count_death(recording)
    if deaths < MAX_DEATHS:
        return False
    desk.give_up(recording, f"the worker died {deaths} times at {stage}")
    return True


def _give_up_run(desk: Desk, task: str, run: uuid.UUID) -> bool:
    told = f"the worker died {MAX_DEATHS} times at {task}"
    return desk.fail_run(cast(RunTask, task), run, told, MAX_DEATHS)
