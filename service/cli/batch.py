"""Many recordings to the end: ingest, work, watch, report."""

from __future__ import annotations

import contextlib
import time
import uuid
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.progress import Progress, TaskID
from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calls import Call, Recording
from models.database import Database
from service.calls import queries
from service.calls.ingest import Ingested, IngestError, Source, ingest
from service.calls.progress import Progress as RecordingProgress
from service.cli.console import Failure, bars
from service.engines import LazyEngines
from service.jobs.worker import Worker, in_background
from service.people.viewer import OPERATOR
from service.settings import Settings

_POLL_S = 0.3
# Shares of the time a recording takes, to make one bar of its stages.
_STAGE_START = {"queued": 0.0, "transcribing": 0.0, "analyzing": 0.95}
_STAGE_SHARE = {"queued": 0.0, "transcribing": 0.95, "analyzing": 0.05}


def run_batch(
    settings: Settings, database: Database, sources: Sequence[Source], *, concurrency: int = 1
) -> Iterator[dict[str, Any]]:
    """Bring all sources in, process them, and yield one result each as soon as it is known.

    A file that cannot be read is a failed result; the others go on.
    """
    waiting: dict[uuid.UUID, list[tuple[Source, Ingested]]] = defaultdict(list)
    for source in sources:
        item = _ingest(settings, database, source)
        if isinstance(item, str):
            yield _failed(source, item)
        else:
            waiting[item.recording_id].append((source, item))
    with bars() as progress:
        engines = LazyEngines(settings, concurrency, _weights_bar(progress))
        worker = Worker(settings, database, concurrency=concurrency, engines=engines)
        idle = all(state.finished for state, _, _ in _states(database, set(waiting)))
        with contextlib.nullcontext() if idle else in_background(worker):
            for recording_id in _finished(database, set(waiting), progress, worker):
                with database.transaction() as session:
                    results = [_result(session, source, item) for source, item in waiting[recording_id]]
                yield from results


def _ingest(settings: Settings, database: Database, source: Source) -> Ingested | str:
    try:
        file = source.path.open("rb")
    except OSError as error:
        return f"can't be read ({error.strerror})"
    with file:
        try:
            return ingest(database, settings, OPERATOR, file, source.path.name, source.details)
        except IngestError as error:
            return str(error)


def _weights_bar(progress: Progress) -> Any:
    task: TaskID | None = None

    def report(fraction: float) -> None:
        nonlocal task
        if task is None:
            task = progress.add_task("Preparing the weights", total=1.0, note="once")
        progress.update(task, completed=fraction)

    return report


def _states(database: Database, wanted: set[uuid.UUID]) -> list[tuple[RecordingProgress, str, int]]:
    query = (
        select(
            Call.id,
            Recording.id,
            Recording.state,
            Recording.progress,
            Recording.state_reason,
            Recording.file_name,
            Recording.duration_ms,
            Recording.deleted_at,
        )
        .join(Recording, Recording.id == Call.recording_id)
        .where(Recording.id.in_(wanted))
        .order_by(Recording.created_at, Recording.id)
    )
    with database.transaction() as session:
        return [(_progress(row), row.file_name, row.duration_ms or 1) for row in session.execute(query)]


def _progress(row: Any) -> RecordingProgress:
    state = RecordingProgress(row[0], row[1], row.state, row.progress, row.state_reason)
    return replace(state, state="failed") if row.deleted_at else state


def _finished(database: Database, wanted: set[uuid.UUID], progress: Progress, worker: Worker) -> Iterator[uuid.UUID]:
    """Show how far the recordings are, and yield each when it is finished.

    Raises:
        Failure: the worker cannot work.
    """
    overall = progress.add_task(f"{len(wanted)} recordings", total=1.0, note="")
    tasks: dict[uuid.UUID, TaskID] = {}
    told: set[uuid.UUID] = set()
    while len(told) < len(wanted):
        states = _states(database, wanted)
        total = sum(duration for _, _, duration in states)
        done = sum(_fraction(state) * duration for state, _, duration in states)
        finished = [state.recording_id for state, _, _ in states if state.finished]
        progress.update(overall, completed=done / total if total else 1.0, note=f"{len(finished)}/{len(wanted)}")
        for state, name, _ in states:
            _show(progress, tasks, state, name)
        yield from (recording_id for recording_id in finished if recording_id not in told)
        told |= set(finished)
        if worker.failure:
            raise Failure(str(worker.failure)) from worker.failure
        if worker.hindrance and len(told) < len(wanted):
            left = len(wanted) - len(told)
            raise Failure(f"{worker.hindrance}; {left} recordings wait in the queue for the next run")
        if len(told) < len(wanted):
            time.sleep(_POLL_S)


def _fraction(state: RecordingProgress) -> float:
    if state.finished:
        return 1.0
    return _STAGE_START[state.state] + _STAGE_SHARE[state.state] * state.progress


def _show(progress: Progress, tasks: dict[uuid.UUID, TaskID], state: RecordingProgress, name: str) -> None:
    """A bar for each recording that is worked on; it goes when the recording is finished."""
    if state.state in ("transcribing", "analyzing"):
        if state.recording_id not in tasks:
            tasks[state.recording_id] = progress.add_task(f"  {name}", total=1.0, note=state.state)
        progress.update(tasks[state.recording_id], completed=_fraction(state), note=state.state)
    elif state.finished and state.recording_id in tasks:
        progress.remove_task(tasks.pop(state.recording_id))


def _failed(source: Source, reason: str | None) -> dict[str, Any]:
    return {
        "file": str(source.path),
        "call_id": None,
        "recording_id": None,
        "state": "failed",
        "reason": reason,
        "duplicate_of": None,
        "language": None,
        "duration_ms": None,
        "sop": None,
        "score": None,
        "low": None,
        "high": None,
        "events": {},
    }


def _result(session: Session, source: Source, item: Ingested) -> dict[str, Any]:
    detail = queries.get_call(session, OPERATOR, item.call_id) if item.call_id else None
    if detail is None:
        return _failed(source, "the call was deleted")
    call, card = detail.call, detail.scorecard
    return {
        **_failed(source, call.state_reason),
        "call_id": str(call.id),
        "recording_id": str(call.recording_id),
        "state": call.state,
        "duplicate_of": item.reason if item.status == "duplicate" else None,
        "language": call.language,
        "duration_ms": call.duration_ms,
        "sop": f"{card.sop_name} v{card.sop_number}" if card else None,
        "score": call.score,
        "low": call.low,
        "high": call.high,
        "events": dict(Counter(mark.event for mark in detail.events if not mark.doubtful)),
    }


def line(result: dict[str, Any]) -> str:
    """One result for people: file, state, score and interval, or the reason."""
    name = Path(result["file"]).name
    if result["state"] == "scored":
        score = "no score" if result["score"] is None else f"{result['score']:.0f}"
        span = "" if result["low"] is None else f" [{result['low']:.0f}–{result['high']:.0f}]"
        told = f"scored {score}{span} · {result['language']} · {sum(result['events'].values())} key events"
    elif result["state"] == "no_speech":
        told = "no speech"
    else:
        told = f"{result['state']}: {result['reason']}"
    again = f" ({result['duplicate_of']})" if result["duplicate_of"] else ""
    return f"{name}: {told}{again}"
