"""Work over many calls with a row of its own: asked for, followed, stopped, and ended."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TypeVar

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from models.database import Database
from models.sops import ENDED_STATES, Backtest, Rescoring
from service.jobs import queue
from service.people.viewer import Viewer
from service.sops.versions import require_editor

Run = Backtest | Rescoring
R = TypeVar("R", Backtest, Rescoring)


class Stopped(Exception):
    """A person asked for the work to end."""


@dataclass(frozen=True, slots=True)
class RunView:
    """How far a run is. ``fraction`` is in [0, 1]; ``state_reason`` says why it stopped or failed."""

    id: uuid.UUID
    state: str
    state_reason: str | None
    calls_done: int
    calls_total: int
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None

    @property
    def fraction(self) -> float:
        """The part of the calls that is done."""
        if self.state == "done":
            return 1.0
        return min(1.0, self.calls_done / self.calls_total) if self.calls_total else 0.0

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.state in ENDED_STATES

    @classmethod
    def of(cls, run: Run) -> RunView:
        return cls(
            run.id,
            run.state,
            run.state_reason,
            run.calls_done,
            run.calls_total,
            run.created_at,
            run.started_at,
            run.finished_at,
        )


def add(session: Session, viewer: Viewer, run: R) -> R:
    """Store a run and queue its job, in one transaction.

    Raises:
        NotAllowed: the viewer may not change SOPs.
    """
    require_editor(viewer)
    run.id, run.asked_by_id = uuid.uuid4(), viewer.user_id
    session.add(run)
    session.flush()
    queue.defer_run(session, "backtest" if isinstance(run, Backtest) else "rescore", run.id)
    return run


def ask_to_stop(session: Session, run: Run) -> None:
    """Ask a run to end: at once where it waits, else with the next calls."""
    run.stop_asked = True
    if run.state == "waiting":
        end(session, type(run), run.id, "stopped")


def begin(session: Session, kind: type[R], run_id: uuid.UUID) -> R | None:
    """The run, its row locked and marked as running; None when it has ended or is to end.

    One that was under way is begun again, as after the death of its worker.
    """
    run = session.scalars(select(kind).where(kind.id == run_id).with_for_update()).one_or_none()
    if run is None or run.state in ENDED_STATES:
        return None
    if run.stop_asked:
        end(session, kind, run_id, "stopped")
        return None
    run.state = "running"
    run.started_at = run.started_at or datetime.now(UTC)
    return run


def tell_progress(database: Database, kind: type[Run], run_id: uuid.UUID, done: int, total: int) -> None:
    """Write how far the run is.

    Raises:
        Stopped: a person asked for its end.
    """
    with database.transaction() as session:
        told = update(kind).where(kind.id == run_id).values(calls_done=done, calls_total=total)
        if session.scalar(told.returning(kind.stop_asked)):
            raise Stopped


def end(session: Session, kind: type[Run], run_id: uuid.UUID, state: str, reason: str | None = None) -> None:
    """Write how a run ended."""
    values = {"state": state, "state_reason": reason, "finished_at": datetime.now(UTC)}
    session.execute(update(kind).where(kind.id == run_id, kind.state.not_in(ENDED_STATES)).values(values))


def count_failure(session: Session, kind: type[Run], run_id: uuid.UUID) -> int:
    """A try of the run raised; how often that has happened."""
    raised = update(kind).where(kind.id == run_id).values(failures=kind.failures + 1)
    return session.scalars(raised.returning(kind.failures)).one()
