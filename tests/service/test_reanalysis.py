"""Calls that an older version analyzed are told, and analyzed again by this one."""

from __future__ import annotations

import uuid

from sqlalchemy import select, text, update

from fakes_web import add_call
from models.calls import Recording
from models.database import Database
from models.scores import Analysis
from service import pipeline
from service.calls.reanalysis import analyze_outdated, count_outdated
from service.settings import Settings

LINES = ["Hello, it's Tom from Northlamp.", "Hello."]


def _read_by(database: Database, call: uuid.UUID, tagger_hash: str) -> None:
    """The call's analysis as one of that tagger's."""
    with database.transaction() as session:
        session.execute(update(Analysis).where(Analysis.call_id == call).values(tagger_hash=tagger_hash))


def test_only_what_an_older_version_read_is_queued_once(database: Database, settings: Settings) -> None:
    """One call of an older version, one of this, one of a tagger that tells no version: the first alone waits."""
    hashes = (f"w-{pipeline.VERSION - 1}-names1", f"w-{pipeline.VERSION}", "unknown")
    for name, tagger_hash in zip(("old", "new", "other"), hashes, strict=True):
        _read_by(database, add_call(database, settings, name, LINES), tagger_hash)
    with database.transaction() as session:
        assert (count_outdated(session), analyze_outdated(session), analyze_outdated(session)) == (1, 1, 0)
        states = session.scalars(select(Recording.state).order_by(Recording.state)).all()
        assert states == ["analyzing", "scored", "scored"]
        jobs = "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'analyze' AND status = 'todo'"
        assert session.scalar(text(jobs)) == 1
