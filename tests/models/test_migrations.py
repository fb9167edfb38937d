"""Migrations on databases that hold data: older ones come up to date, and the newest step can be taken back."""

from __future__ import annotations

import uuid

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import text

import models
from models.database import Database

IDS = {name: uuid.uuid4() for name in ("recording", "call", "transcript", "analysis", "sop", "card")}

# A scored call as version 0001 stored it.
ROWS = (
    "INSERT INTO recordings (id, sha256, file_name, path, size_bytes) VALUES (:recording, 'ab', 'a.wav', 'ab/ab', 1)",
    "INSERT INTO calls (id, recording_id, started_at) VALUES (:call, :recording, now())",
    "INSERT INTO transcripts (id, call_id, weights_hash, language, channels, duration_ms)"
    " VALUES (:transcript, :call, 'w', 'en', 2, 1000)",
    "INSERT INTO turns (transcript_id, position, speaker, channel, start_ms, end_ms, text, confidence, words)"
    " VALUES (:transcript, 0, 'rep', 0, 0, 900, 'Hello.', 0.9, '[]')",
    "INSERT INTO analyses (id, call_id, transcript_id, tagger_hash) VALUES (:analysis, :call, :transcript, 't')",
    "INSERT INTO key_events (analysis_id, position, event, doubtful, turn, start_ms, end_ms, speaker, quote,"
    " confidence) VALUES (:analysis, 0, 'opening', false, 0, 0, 900, 'rep', 'Hello.', 0.9)",
    "INSERT INTO sop_versions (id, name, number, document, content_hash) VALUES (:sop, 's', 1, 'x', 'h')",
    "INSERT INTO scorecards (id, call_id, analysis_id, sop_version_id, recording_hash, sop_hash, weights_hash, points,"
    " judged_points) VALUES (:card, :call, :analysis, :sop, 'ab', 'h', 'w+t', 1, 1)",
)


def move(database: Database, revision: str, *, up: bool) -> None:
    """Run the migrations to a revision."""
    config = Config()
    config.set_main_option("script_location", f"{models.__path__[0]}/migrations")
    with database.engine.connect() as connection:
        config.attributes["connection"] = connection
        (command.upgrade if up else command.downgrade)(config, revision)
        connection.commit()


@pytest.fixture
def old(database: Database) -> Database:
    """A database of version 0001 with a scored call."""
    move(database, "0001", up=False)
    with database.transaction() as session:
        for row in ROWS:
            session.execute(text(row), IDS)
    return database


def test_a_database_of_the_first_version_comes_up_to_date(old: Database) -> None:
    """What it held is there, read as it always was: roles certain, no voices, nobody's correction."""
    move(old, "head", up=True)
    with old.transaction() as session:
        row = session.execute(
            text(
                "SELECT t.role_confidence, u.voice, u.speaker, a.rep_party, s.rep_party, r.rep_channel"
                " FROM transcripts t JOIN turns u ON u.transcript_id = t.id JOIN analyses a ON a.transcript_id = t.id"
                " JOIN scorecards s ON s.analysis_id = a.id CROSS JOIN recordings r"
            )
        ).one()
        assert tuple(row) == (1.0, None, "rep", "", "", None)
        assert session.scalar(text("SELECT count(*) FROM role_corrections")) == 0
        assert session.scalars(text("SELECT slots FROM key_events")).all() == [[]]


def test_the_newest_step_can_be_taken_back(old: Database) -> None:
    """Back on the first version, readings of a corrected call are gone and the machine's are there; up again works."""
    move(old, "head", up=True)
    other = {**IDS, "analysis": uuid.uuid4(), "card": uuid.uuid4()}
    with old.transaction() as session:
        for row in ROWS:
            if row.startswith("INSERT INTO key_events"):
                session.execute(text(row), other)
            elif row.startswith(("INSERT INTO analyses", "INSERT INTO scorecards")):
                session.execute(
                    text(row.replace("(id,", "(rep_party, id,").replace("VALUES (", "VALUES ('1', ")), other
                )
        correction = "INSERT INTO role_corrections (id, transcript_id, rep_party) VALUES (:card, :transcript, '1')"
        session.execute(text(correction), other)
    move(old, "0001", up=False)
    with old.transaction() as session:
        for table in ("analyses", "key_events", "scorecards", "turns"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 1, table
    move(old, "head", up=True)
