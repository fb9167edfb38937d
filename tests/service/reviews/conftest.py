"""People of two teams, and a call that they may review."""

from __future__ import annotations

import uuid

import pytest

from fakes_web import add_call
from models.database import Database
from reviewing import EVENTS, PEOPLE, TEXTS
from service.calls.ingest import CallDetails
from service.people.queries import NewUser, add_user
from service.people.viewer import Viewer
from service.settings import Settings


@pytest.fixture
def people(database: Database) -> dict[str, Viewer]:
    with database.transaction() as session:
        return {
            name: Viewer.of(add_user(session, NewUser(name, f"{name}@example.com", role, team)))
            for name, role, team in PEOPLE
        }


@pytest.fixture
def call_id(database: Database, settings: Settings, people: dict[str, Viewer]) -> uuid.UUID:
    """A call of ana's; the customer's approval in it is in doubt."""
    return add_call(database, settings, "a", TEXTS, CallDetails(rep_email="ana@example.com"), EVENTS)
