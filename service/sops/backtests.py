"""Back-tests with a row of their own: started from a page, followed while they run, found again by their address."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import false, select
from sqlalchemy.orm import Session

from models.database import Database
from models.people import User
from models.sops import Backtest, SopVersion
from nlp.tagging.tagger import Tagger
from service.people.viewer import OPERATOR, Viewer
from service.sops import runs
from service.sops.backtest import backtest
from service.sops.checking import checked
from service.sops.runs import RunView, Stopped
from service.sops.versions import UnknownSop, current_version, find_version, may_edit, parsed
from sop.document import content_hash

_PROGRESS_EVERY_S = 0.5


@dataclass(frozen=True, slots=True)
class BacktestView:
    """A back-test as pages and the API show it; ``report`` is None until it is done.

    ``against`` names the version it is compared with, such as ``en-b2b@2``.
    """

    run: RunView
    name: str
    document: str
    content_hash: str
    against: str | None
    against_id: uuid.UUID | None
    tag: bool
    report: dict[str, Any] | None


def start(
    session: Session, viewer: Viewer, document: str, against: str | None = None, *, tag: bool = False
) -> BacktestView:
    """Queue a back-test of a document against a version, by default the current one of its name, if there is one.

    Raises:
        NotAllowed: the viewer may not.
        SopError: the document has mistakes.
        UnknownSop: there is no version ``against``.
    """
    sop = checked(document)
    version = find_version(session, viewer, against) if against else _current(session, sop.name)
    test = Backtest(
        name=sop.name,
        document=document,
        content_hash=content_hash(sop),
        against_id=version.id if version else None,
        tag=tag,
    )
    runs.add(session, viewer, test)
    session.refresh(test)
    return _view(test, version)


def get(session: Session, viewer: Viewer, test_id: uuid.UUID) -> BacktestView | None:
    """A back-test that this viewer asked for; an admin sees all, for they see every call."""
    row = session.execute(_query(viewer).where(Backtest.id == test_id)).one_or_none()
    return _view(*row) if row else None


def newest(session: Session, viewer: Viewer, name: str, limit: int = 10) -> list[BacktestView]:
    """The back-tests of an SOP that this viewer may see, newest first."""
    query = _query(viewer).where(Backtest.name == name).order_by(Backtest.created_at.desc(), Backtest.id)
    return [_view(*row) for row in session.execute(query.limit(limit))]


def stop(session: Session, viewer: Viewer, test_id: uuid.UUID) -> bool:
    """Ask a back-test to end. False when the viewer sees no such one."""
    row = session.execute(_query(viewer).where(Backtest.id == test_id)).one_or_none()
    if row is None:
        return False
    runs.ask_to_stop(session, row[0])
    return True


def run(database: Database, test_id: uuid.UUID, check: Callable[[], None], tagger: Callable[[], Tagger]) -> None:
    """Do a back-test; one that has ended is left alone, one whose worker died begins again.

    ``check`` is called often; what it raises goes through.
    """
    with database.transaction() as session:
        asked = runs.begin(session, Backtest, test_id)
        if asked is None:
            return
        viewer = _viewer(session, asked)
        draft = checked(asked.document)
        version = session.get(SopVersion, asked.against_id) if asked.against_id else None
        against = parsed(version.document) if version else None
    told = 0.0

    def progress(done: int, total: int) -> None:
        nonlocal told
        check()
        if time.monotonic() - told >= _PROGRESS_EVERY_S:
            told = time.monotonic()
            runs.tell_progress(database, Backtest, test_id, done, total)

    try:
        found = backtest(database, viewer, draft, against, progress, tagger=tagger() if asked.tag else None)
    except Stopped:
        with database.transaction() as session:
            runs.end(session, Backtest, test_id, "stopped")
        return
    with database.transaction() as session:
        row = session.get_one(Backtest, test_id)
        row.report, row.calls_done, row.calls_total = found.to_json(), found.calls, found.calls
        session.flush()
        runs.end(session, Backtest, test_id, "done")


def _viewer(session: Session, test: Backtest) -> Viewer:
    if test.asked_by_id is None:
        return OPERATOR
    return Viewer.of(session.get_one(User, test.asked_by_id))


def _query(viewer: Viewer) -> Any:
    query = select(Backtest, SopVersion).outerjoin(SopVersion, SopVersion.id == Backtest.against_id)
    if not may_edit(viewer):
        return query.where(false())
    # A report tells of the calls that whoever asked may see.
    return query if viewer.role == "admin" else query.where(Backtest.asked_by_id == viewer.user_id)


def _view(test: Backtest, against: SopVersion | None) -> BacktestView:
    return BacktestView(
        run=RunView.of(test),
        name=test.name,
        document=test.document,
        content_hash=test.content_hash,
        against=f"{against.name}@{against.number}" if against else None,
        against_id=test.against_id,
        tag=test.tag,
        report=test.report,
    )


def _current(session: Session, name: str) -> SopVersion | None:
    try:
        return current_version(session, name)
    except UnknownSop:
        return None
