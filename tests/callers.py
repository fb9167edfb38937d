"""Who asks the API: people of two teams, and what they bring and send."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime

from fastapi.testclient import TestClient

from fakes import tone, wav
from models.database import Database
from service.calls.ingest import CallDetails, ingest
from service.people.viewer import OPERATOR
from service.settings import Settings

PEOPLE = [
    ("admin", "admin", None),
    ("boss", "manager", "North"),
    ("ana", "rep", "North"),
    ("abe", "rep", "North"),
    ("sue", "rep", "South"),
]
STARTED = datetime(2026, 10, 12, 9, tzinfo=UTC)


def call_of(database: Database, settings: Settings, rep: str, seconds: float = 1.0) -> uuid.UUID:
    """A queued call of a rep."""
    details = CallDetails(rep_email=f"{rep}@example.com", started_at=STARTED)
    done = ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(seconds))), f"{rep}.wav", details)
    assert done.call_id
    return done.call_id


def sign_in(client: TestClient, name: str = "ana") -> str:
    """Sign a browser in; returns the CSRF token of its pages."""
    answer = client.post("/login", data={"email": f"{name}@example.com", "password": "correct horse"})
    assert answer.status_code == 303
    page = client.get("/calls").text
    start = page.index('csrf-token" content="') + len('csrf-token" content="')
    return page[start : page.index('"', start)]
