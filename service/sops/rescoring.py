"""Past calls scored by a version: from stored key events, a page of calls a transaction, each call once."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from models.calls import Call, Recording
from models.database import Database
from models.scores import StoredScorecard
from models.sops import Rescoring, SopVersion
from service.calls import newest
from service.calls.store import add_scorecard
from service.jobs import queue
from service.people.viewer import OPERATOR, Viewer, visible_calls
from service.settings import Settings
from service.sops import runs
from service.sops.runs import RunView
from service.sops.stored_calls import PAGE, StoredCall, Wanted, count_calls, pages
from service.sops.versions import NotAllowed, parsed, require_editor, sop_for
from sop.procedure import Sop
from sop.trial import card_of, tagging_of


@dataclass(frozen=True, slots=True)
class RescoringView:
    """A re-scoring as pages and the API show it. ``skipped`` calls had a card of the version, or are for another."""

    run: RunView
    sop: str
    version_id: uuid.UUID
    since: datetime | None
    scored: int
    skipped: int


def start(session: Session, viewer: Viewer, version: SopVersion, since: datetime | None = None) -> RescoringView:
    """Queue the re-scoring of the calls that began at ``since`` or later, by default all; of everybody's.

    One of the same version that waits or runs already and asks for as much is not begun twice.

    Raises:
        NotAllowed: the viewer may not, or the version is a draft: a draft scores no call.
    """
    if version.state != "published":
        raise NotAllowed(f"{version.name} is {version.state}: only a published version scores calls")
    under_way = select(Rescoring).where(
        Rescoring.version_id == version.id,
        Rescoring.since.is_(None) if since is None else Rescoring.since == since,
        Rescoring.state.in_(("waiting", "running")),
    )
    job = session.scalars(under_way).first()
    if job is None:
        job = runs.add(session, viewer, Rescoring(version_id=version.id, since=since))
        session.refresh(job)
    return _view(job, version)


def get(session: Session, rescoring_id: uuid.UUID) -> RescoringView | None:
    """How far a re-scoring is."""
    query = select(Rescoring, SopVersion).join(SopVersion, SopVersion.id == Rescoring.version_id)
    row = session.execute(query.where(Rescoring.id == rescoring_id)).one_or_none()
    return _view(*row) if row else None


def of_version(session: Session, version: SopVersion) -> list[RescoringView]:
    """The re-scorings by a version, newest first."""
    query = select(Rescoring).where(Rescoring.version_id == version.id)
    return [_view(job, version) for job in session.scalars(query.order_by(Rescoring.created_at.desc(), Rescoring.id))]


def stop(session: Session, viewer: Viewer, rescoring_id: uuid.UUID) -> bool:
    """Ask a re-scoring to end; what it has scored stays. False when there is none.

    Raises:
        NotAllowed: the viewer may not.
    """
    require_editor(viewer)
    job = session.get(Rescoring, rescoring_id)
    if job is None:
        return False
    runs.ask_to_stop(session, job)
    return True


def run(database: Database, settings: Settings, rescoring_id: uuid.UUID, size: int = PAGE) -> None:
    """Score the next page of calls and queue the job for the one after it; one that has ended is left alone.

    Cards, progress and the next job are written in one transaction: whatever kills the worker, it goes on where it
    was, and recordings that came in meanwhile are not kept waiting.
    """
    with database.transaction() as session:
        job = runs.begin(session, Rescoring, rescoring_id)
        if job is None:
            return
        version = session.get_one(SopVersion, job.version_id)
        if version.state != "published":
            runs.end(session, Rescoring, rescoring_id, "stopped", f"{version.name} v{version.number} is retired")
            return
        sop = parsed(version.document)
        conditions = _conditions(job, sop)
        if job.last_call_id is None:
            job.calls_total = count_calls(session, conditions)
        wanted = Wanted(None, sop, observations=any(step.dimensions for step in sop.steps), reviews=False)
        page = next(pages(session, wanted, conditions, job.last_call_id, size), None)
        if page is None:
            job.calls_done = job.calls_total = job.scored + job.skipped
            session.flush()
            runs.end(session, Rescoring, rescoring_id, "done")
            return
        scored = _score(session, settings, page, version, sop)
        job.failures = 0
        job.scored += scored
        job.skipped += len(page) - scored
        job.calls_done = job.scored + job.skipped
        job.last_call_id = page[-1].reading.call_id
        queue.defer_run(session, "rescore", rescoring_id)


def _conditions(job: Rescoring, sop: Sop) -> list[ColumnElement[bool]]:
    conditions = [visible_calls(OPERATOR), newest.transcript.c.language.in_(sop.languages)]
    if job.since is not None:
        conditions.append(Call.started_at >= job.since)
    return conditions


def _score(session: Session, settings: Settings, page: Sequence[StoredCall], version: SopVersion, sop: Sop) -> int:
    """Score the calls of a page that this version is to score and has not scored yet; how many these were."""
    ids = [call.reading.call_id for call in page]
    _lock(session, ids)
    # A card of the same content that is stored counts again: it says what scoring would.
    same = (StoredScorecard.call_id.in_(ids), StoredScorecard.sop_hash == version.content_hash)
    again = update(StoredScorecard).where(*same).values(counted_at=func.now())
    have = set(session.scalars(again.returning(StoredScorecard.analysis_id)))
    calls = {call.id: call for call in session.scalars(select(Call).where(Call.id.in_(ids)))}
    scored = 0
    for stored in page:
        tried, call = stored.tried, calls[stored.reading.call_id]
        if stored.reading.analysis_id in have or not _is_for(session, settings, stored, call, version):
            continue
        card = card_of(sop, tagging_of(tried.events), tried.facts, tried.after)
        add_scorecard(session, stored.reading, version, card)
        scored += 1
    return scored


def _lock(session: Session, ids: Sequence[uuid.UUID]) -> None:
    """No call of these is analyzed meanwhile; taken in one order, as whoever else takes several."""
    query = select(Recording.id).join(Call, Call.recording_id == Recording.id).where(Call.id.in_(ids))
    session.execute(query.order_by(Recording.id).with_for_update(of=Recording))


def _is_for(session: Session, settings: Settings, stored: StoredCall, call: Call, version: SopVersion) -> bool:
    """Whether a call is held to this SOP, and not to a later version: a person, or another SOP, may say otherwise."""
    tried = stored.tried
    chosen, _ = sop_for(session, settings, tried.language, call.sop_name, call.started_at, tried.context)
    return chosen.name == version.name and chosen.number <= version.number


def _view(job: Rescoring, version: SopVersion) -> RescoringView:
    return RescoringView(
        run=RunView.of(job),
        sop=f"{version.name}@{version.number}",
        version_id=version.id,
        since=job.since,
        scored=job.scored,
        skipped=job.skipped,
    )
