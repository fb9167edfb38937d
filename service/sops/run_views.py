"""Back-tests and re-scorings as pages show them."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ColumnElement, select, true
from sqlalchemy.orm import Session

from models.calls import Call
from models.people import User
from models.sops import Backtest, Rescoring, SopVersion
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.sops.versions import may_edit

RECENT = 8


@dataclass(frozen=True, slots=True)
class RunView:
    """Work over many calls: how far it is and how it ended. ``done`` and ``total`` count calls."""

    id: uuid.UUID
    kind: Literal["backtest", "rescoring"]
    name: str
    number: int
    state: str
    reason: str | None
    done: int
    total: int
    at: datetime
    finished_at: datetime | None
    by: str | None

    @property
    def address(self) -> str:
        """The page that shows it."""
        return f"/backtests/{self.id}" if self.kind == "backtest" else f"/sops/{self.name}/{self.number}"


@dataclass(frozen=True, slots=True)
class BacktestView:
    """A back-test with what was tried, beside which version, and what came of it."""

    run: RunView
    document: str
    against: SopVersion | None
    report: dict[str, Any] | None


def recent_runs(session: Session, viewer: Viewer) -> tuple[RunView, ...]:
    """The newest that the viewer may see."""
    tested = session.execute(
        select(Backtest, User.name)
        .outerjoin(User, User.id == Backtest.asked_by_id)
        .where(_visible_backtests(viewer))
        .order_by(Backtest.created_at.desc())
        .limit(RECENT)
    )
    found = [_backtest(row, by) for row, by in tested] + _rescorings(session, viewer, true())
    return tuple(sorted(found, key=lambda run: run.at, reverse=True)[:RECENT])


def find_backtest(session: Session, viewer: Viewer, backtest_id: uuid.UUID) -> BacktestView | None:
    """A back-test; None when the viewer may see none of this id: it holds what whoever asked for it may see."""
    found = session.execute(
        select(Backtest, User.name, SopVersion)
        .outerjoin(User, User.id == Backtest.asked_by_id)
        .outerjoin(SopVersion, SopVersion.id == Backtest.against_id)
        .where(Backtest.id == backtest_id, _visible_backtests(viewer))
    ).one_or_none()
    if found is None:
        return None
    row, by, against = found
    return BacktestView(_backtest(row, by), row.document, against, row.report)


def find_rescoring(session: Session, viewer: Viewer, rescoring_id: uuid.UUID) -> RunView | None:
    """A re-scoring of an SOP; None when the viewer may see none of this id."""
    return next(iter(_rescorings(session, viewer, Rescoring.id == rescoring_id)), None)


def latest_rescoring(session: Session, viewer: Viewer, version_id: uuid.UUID) -> RunView | None:
    """The newest by a version."""
    return next(iter(_rescorings(session, viewer, Rescoring.version_id == version_id)), None)


def call_names(session: Session, viewer: Viewer, ids: Collection[uuid.UUID]) -> dict[str, str]:
    """What calls go by, by their ids; those that the viewer may not see are not among them."""
    rows = session.execute(newest.rows([Call.id.in_(ids), visible_calls(viewer)])) if ids else ()
    return {str(row.id): row.account or row.customer_phone or row.file_name for row in rows}


def _visible_backtests(viewer: Viewer) -> ColumnElement[bool]:
    return true() if viewer.role == "admin" else Backtest.asked_by_id == viewer.user_id


def _rescorings(session: Session, viewer: Viewer, condition: ColumnElement[bool]) -> list[RunView]:
    if not may_edit(viewer):
        return []
    rows = session.execute(
        select(Rescoring, SopVersion, User.name)
        .join(SopVersion, SopVersion.id == Rescoring.version_id)
        .outerjoin(User, User.id == Rescoring.asked_by_id)
        .where(condition)
        .order_by(Rescoring.created_at.desc())
        .limit(RECENT)
    )
    return [
        RunView(
            id=row.id,
            kind="rescoring",
            name=version.name,
            number=version.number,
            state=row.state,
            reason=row.state_reason,
            done=row.calls_done,
            total=row.calls_total,
            at=row.created_at,
            finished_at=row.finished_at,
            by=by,
        )
        for row, version, by in rows
    ]


def _backtest(row: Backtest, by: str | None) -> RunView:
    return RunView(
        id=row.id,
        kind="backtest",
        name=row.name,
        number=0,
        state=row.state,
        reason=row.state_reason,
        done=row.calls_done,
        total=row.calls_total,
        at=row.created_at,
        finished_at=row.finished_at,
        by=by,
    )
