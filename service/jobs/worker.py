"""Workers: take jobs from the queue, and give back what they cannot finish."""

from __future__ import annotations

import asyncio
import contextlib
import signal
import threading
import time
import uuid
from collections.abc import Callable, Coroutine, Iterator, Sequence
from typing import Any

import procrastinate
import structlog
from procrastinate.jobs import Job
from procrastinate.retry import BaseRetryStrategy, RetryDecision
from procrastinate.worker import Worker as QueueWorker

from asr.remote import RemoteError
from models.database import Database
from service.engines import Engines, LazyEngines
from service.jobs import rescue, stages
from service.jobs.queue import EXPIRE, EXPIRE_CRON, RUN_TASKS, STAGES, RunTask
from service.settings import Settings

log = structlog.get_logger(__name__)

MAX_FAILURES = 3
"""Tries of a stage that raises."""

HEARTBEAT_S = 3.0

PATIENCE_S = 120.0
"""How long a speech server may be out of reach before the worker says that it is hindered."""

_RETRY_WAIT_S = 5
_LONGEST_RETRY_WAIT_S = 60
_LONGEST_PAUSE_S = 30.0


class Interrupted(Exception):
    """The worker is asked to stop in the middle of a job; the job goes back to the queue."""


class _Retry(BaseRetryStrategy):
    """A job that raises always runs again: the worker itself ends those that failed too often."""

    def get_retry_decision(self, *, exception: BaseException, job: Job) -> RetryDecision:
        wait = 0 if isinstance(exception, Interrupted) else _RETRY_WAIT_S
        if isinstance(exception, RemoteError) and exception.fault != "clip":
            wait = min(wait * 2 ** min(job.attempts, 10), _LONGEST_RETRY_WAIT_S)
        return RetryDecision(retry_in={"seconds": wait})


class Worker:
    """Runs jobs of the given queues in the calling thread until stopped.

    ``concurrency`` jobs run at once, each with its share of the cores. ``failure`` is what ended the
    worker by itself, None while it is well. ``hindrance`` is why no transcription comes from the speech server,
    None while it answers or may soon; recordings wait for it in the queue however long it takes.
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
        self._at_work: set[uuid.UUID] = set()
        self.failure: Exception | None = None
        self.hindrance: RemoteError | None = None
        self._unanswered_since: float | None = None

    def run(self) -> None:
        """Work until :meth:`stop` is called or, in the main thread, SIGINT or SIGTERM comes.

        When the queue cannot be reached, it waits and tries again, for ever.

        Raises:
            Exception: what :meth:`service.jobs.stages.Desk.prepare` raises: a setting is wrong.
        """
        try:
            self._desk.prepare(self._queues)
        except Exception as error:
            self.failure = error
            raise
        pause_s = 1.0
        while not self._stopping.is_set():
            try:
                asyncio.run(self._work())
                pause_s = 1.0
            except Exception:
                log.exception("the queue cannot be reached; trying again", in_s=pause_s)
            self._stopping.wait(pause_s)
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)

    def stop(self) -> None:
        """Ask the worker, from any thread, to give back its jobs and end."""
        self._stopping.set()

    def _check(self) -> None:
        if self._stopping.is_set():
            raise Interrupted

    async def _work(self) -> None:
        """Work until asked to stop, or until the connection to the queue breaks."""
        app = self._app()
        async with app.open_async():
            self._listen_to_signals()
            worker = QueueWorker(
                app=app,
                queues=self._queues,
                concurrency=self._concurrency,
                install_signal_handlers=False,
                fetch_job_polling_interval=1.0,
                update_heartbeat_interval=HEARTBEAT_S,
                stalled_worker_timeout=rescue.DEAD_AFTER_S,
            )
            working: asyncio.Task[None] = asyncio.create_task(worker.run())  # type: ignore[no-untyped-call]
            beside = [
                asyncio.create_task(_every(HEARTBEAT_S, lambda: _beat(app, worker))),
                asyncio.create_task(_every(HEARTBEAT_S, lambda: rescue.rescue(app, self._desk, self._at_work))),
                asyncio.create_task(self._stop_when_asked(working)),
            ]
            try:
                await asyncio.wait({working})
                if not working.cancelled() and (error := working.exception()):
                    raise error
            finally:
                for task in beside:
                    task.cancel()

    def _listen_to_signals(self) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                asyncio.get_running_loop().add_signal_handler(number, self.stop)

    async def _stop_when_asked(self, working: asyncio.Task[None]) -> None:
        while not self._stopping.is_set():
            await asyncio.sleep(0.2)
        working.cancel()

    def _app(self) -> procrastinate.App:
        # One connection listens, one beats, one a job acknowledges, and a few to spare.
        size = self._concurrency + 5
        connector = procrastinate.PsycopgConnector(conninfo=self._database.conninfo, min_size=1, max_size=size)
        app = procrastinate.App(connector=connector)
        for name in STAGES:
            app.task(name=name, queue=name, pass_context=True, retry=_Retry())(self._task(name))
        for run in RUN_TASKS:
            app.task(name=run, queue="analyze", pass_context=True, retry=_Retry())(self._run_task(run))
        every = app.periodic(cron=EXPIRE_CRON)
        every(app.task(name=EXPIRE, queue="analyze", queueing_lock=EXPIRE, lock=EXPIRE)(self._expire_leads))
        return app

    def _task(self, name: str) -> Callable[[procrastinate.JobContext, str], None]:
        run: Callable[[uuid.UUID], None] = getattr(self._desk, name)

        def task(_context: procrastinate.JobContext, recording_id: str) -> None:
            recording = uuid.UUID(recording_id)
            self._at_work.add(recording)
            try:
                run(recording)
                if name == "transcribe":
                    self.hindrance = self._unanswered_since = None
            except Interrupted:
                self._desk.requeue(recording)
                raise
            except RemoteError as error:
                if error.fault == "clip":
                    self._count_failure(name, recording, error)
                else:
                    self._postpone(recording, error)
            except Exception as error:
                self._count_failure(name, recording, error)
            finally:
                self._at_work.discard(recording)

        return task

    def _run_task(self, name: RunTask) -> Callable[[procrastinate.JobContext, str], None]:
        do: Callable[[uuid.UUID], None] = getattr(self._desk, name)

        def task(_context: procrastinate.JobContext, run_id: str) -> None:
            run = uuid.UUID(run_id)
            self._at_work.add(run)
            try:
                do(run)
            except Interrupted:
                self._desk.wait_again(name, run)
                raise
            except Exception as error:
                log.error("job failed", task=name, run_id=run_id, exc_info=error)
                if not self._desk.fail_run(name, run, stages.told(error), MAX_FAILURES):
                    raise
            finally:
                self._at_work.discard(run)

        return task

    def _expire_leads(self, timestamp: int) -> None:
        """The moment it was meant for is of no interest: what is overdue by now flows back."""
        del timestamp
        self._desk.expire_leads()

    def _count_failure(self, name: str, recording: uuid.UUID, error: Exception) -> None:
        """Raise the error again for another try, or give the recording up."""
        failures = self._desk.count_failure(recording)
        log.error("job failed", stage=name, recording_id=str(recording), failures=failures, exc_info=error)
        if failures < MAX_FAILURES:
            raise error
        self._desk.give_up(recording, f"{name} failed {failures} times ({stages.told(error)})")

    def _postpone(self, recording: uuid.UUID, error: RemoteError) -> None:
        """Raise the error again for another try, which is no failure of the recording."""
        log.warning("waiting for the speech server", recording_id=str(recording), reason=str(error))
        self._desk.requeue(recording, str(error))
        now = time.monotonic()
        self._unanswered_since = self._unanswered_since or now
        if error.fault == "settings" or now - self._unanswered_since >= PATIENCE_S:
            self.hindrance = error
        raise error


async def _beat(app: procrastinate.App, worker: QueueWorker) -> None:
    """Procrastinate's own heartbeat ends at its first error; this one goes on."""
    if worker.worker_id is not None:
        await app.job_manager.update_heartbeat(worker.worker_id)


async def _every(seconds: float, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Do ``work`` again and again; an error is told and does not end it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await work()
        except Exception:
            log.exception("the worker could not reach the queue")


@contextlib.contextmanager
def in_background(worker: Worker) -> Iterator[Worker]:
    """Run a worker in a thread while the block lasts; its unfinished jobs go back to the queue.

    A worker that cannot start has its :attr:`Worker.failure` set; the block goes on.
    """

    def run() -> None:
        try:
            worker.run()
        except Exception as error:
            log.error("the worker cannot start", reason=str(error))

    thread = threading.Thread(target=run, name="clearcall-worker", daemon=True)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(timeout=60)
