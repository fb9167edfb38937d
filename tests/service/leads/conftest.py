"""The people of the tests of leads."""

from __future__ import annotations

import pytest

from fakes_leads import people
from models.database import Database


@pytest.fixture
def sellers(database: Database) -> None:
    """Two teams with their managers and reps, and an admin."""
    people(database)
