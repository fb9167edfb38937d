"""The app, and the people who may ask it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient

from callers import PEOPLE
from models.database import Database
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.settings import Settings


@pytest.fixture
def client(database: Database, settings: Settings) -> Iterator[TestClient]:
    """The app, not signed in."""
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield client


@pytest.fixture
def tokens(database: Database) -> dict[str, dict[str, str]]:
    """The header that signs each person in."""
    with database.transaction() as session:
        return {
            name: {
                "Authorization": "Bearer "
                + new_api_token(
                    session,
                    add_user(session, NewUser(name, f"{name}@example.com", role, team, "correct horse")),
                    "test",
                )
            }
            for name, role, team in PEOPLE
        }
