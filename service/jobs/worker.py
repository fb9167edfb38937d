"""Workers: take jobs from the queue, give back what they cannot finish, and rescue the jobs of the dead."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime

import procrastinate
import structlog
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision

from models.database import Database
from service.engines import Engines, LazyEngines
from service.jobs import stages
from service.jobs.queue import STAGES
from service.settings import Settings

log = structlog.get_logger(__name__)

MAX_ATTEMPTS = 3
"""Tries of a stage that raises."""

MAX_DEATHS = 8
"""Workers that may die over one job, by accident or because of it, before it is given up."""

HEARTBEAT_S = 3.0
DEAD_AFTER_S = 15.0
"""A worker silent for this long is dead: five missed heartbeats."""

_RETRY_WAIT_S = 5


class Interrupted(Exception):
    """The worker is asked to stop in the middle of a job; the job goes back to the queue."""


class _Retry(BaseRetryStrategy):
    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision | None:
        if isinstance(exception, Interrupted):
            return RetryDecision(retry_at=datetime.now(UTC))
        if job.attempts + 1 >= MAX_ATTEMPTS:
            return None
        return RetryDecision(retry_in={"seconds": _RETRY_WAIT_S * (job.attempts + 1)})


class Worker:
    """Runs jobs of the given queues in the calling thread until stopped.

    ``concurrency`` jobs run at once, each with its share of the cores.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        *,
        queues: Sequence[str] = STAGES,
        concurrency: int = 1,
        engines: Engines | None = None,
    ) -> None:
        self._database = database
        self._queues = list(queues)
        self._concurrency = concurrency
        self._desk = stages.Desk(settings, database, engines or LazyEngines(settings, concurrency), self._check)
        self._stopping = threading.Event()

    def run(self) -> None:
        """Work until :meth:`stop` is called or, in the main thread, SIGINT or SIGTERM comes."""
        asyncio.run(self._run())

    def stop(self) -> None:
        """Ask the worker, from any thread, to give back its jobs and end."""
        self._stopping.set()

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Interrupted

    async def _run(self) -> None:
        app = self._app()
        async with app.open_async():
            self._listen_to_signals()
            worker = asyncio.create_task(
                app.run_worker_async(
                    queues=self._queues,
                    concurrency=self._concurrency,
                    install_signal_handlers=False,
                    fetch_job_polling_interval=1.0,
                    update_heartbeat_interval=HEARTBEAT_S,
                    stalled_worker_timeout=DEAD_AFTER_S,
                )
            )
            others = [
                asyncio.create_task(self._rescue_forever(app)),
                asyncio.create_task(self._stop_when_asked(worker)),
            ]
            try:
                await asyncio.wait({worker})
                if not worker.cancelled() and (error := worker.exception()):
                    raise error
            finally:
                for task in others:
                    task.cancel()

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)

    async def _stop_when_asked(self, worker: asyncio.Task[None]) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(0.2)
        worker.cancel()

    def _app(self) -> procrastinate.App:
        # kwargs: one connection a job to acknowledge with, one that listens, a few to spare.
        connector = procrastinate.PsycopgConnector(conninfo=self._database.conninfo, min_size=1, max_size=6)
        app = procrastinate.App(connector=connector)
        for name in STAGES:
            app.task(name=name, queue=name, pass_context=True, retry=_Retry())(self._task(name))
        return app

    def _task(self, name: str):  # type: ignore[no-untyped-def]
        run = getattr(self._desk, name)

        def task(context: procrastinate.JobContext, recording_id: str) -> None:
            attempts = context.job.attempts + 1
            try:
                run(uuid.UUID(recording_id))
            except Interrupted:
                self._desk.requeue(uuid.UUID(recording_id))
                raise
            except Exception as error:
                log.exception("job failed", stage=name, recording_id=recording_id, attempts=attempts)
                if attempts >= MAX_ATTEMPTS:
                    reason = f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}"
                    self._desk.give_up(uuid.UUID(recording_id), f"{name} failed {attempts} times ({reason})")
                raise

        return task

    async def _rescue_forever(self, app: procrastinate.App) -> None:
        while True:
            try:
                await self._rescue(app)
            except Exception:
                log.exception("could not look for the jobs of dead workers")
            await asyncio.sleep(HEARTBEAT_S)

    async def _rescue(self, app: procrastinate.App) -> None:
        for job in await app.job_manager.get_stalled_jobs(seconds_since_heartbeat=DEAD_AFTER_S):
            recording_id = uuid.UUID(str(job.task_kwargs["recording_id"]))
            if job.attempts + 1 >= MAX_DEATHS:
                # It may be this recording that kills workers: don't let it kill the next one.
                await app.job_manager.finish_job(job=job, status=procrastinate.jobs.Status.FAILED, delete_job=False)
                await asyncio.to_thread(
                    self._desk.give_up,
                    recording_id,
                    f"the worker died {MAX_DEATHS} times at {job.task_name}",
                )
                continue
            log.warning("taking over the job of a dead worker", job=job.id, recording_id=str(recording_id))
            await app.job_manager.retry_job(job=job, retry_at=datetime.now(UTC))


@contextlib.contextmanager
def in_background(worker: Worker) -> Iterator[Worker]:
    """Run a worker in a thread while the block lasts; its unfinished jobs go back to the queue."""
    thread = threading.Thread(target=worker.run, name="clearcall-worker", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(timeout=60)
