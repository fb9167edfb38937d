"""The demo with a deal that is long overdue, and people of two teams."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from databases import Demo
from judging import LONG_AGO
from models.database import Database
from models.opportunities import Opportunity
from service.people.queries import NewUser, add_user
from service.people.viewer import Viewer


@pytest.fixture(scope="module")
def demo(scored_demo: Demo) -> Database:
    """The demo's database, scored from gold; what a test changes it takes back."""
    with scored_demo.database.transaction() as session:
        # The API and the command judge by the clock on the wall.
        silent = update(Opportunity).where(Opportunity.external_id == "OPP-1004")
        session.execute(silent.values(expected_close=LONG_AGO))
    return scored_demo.database


@pytest.fixture
def people(database: Database) -> dict[str, Viewer]:
    """Two reps and the manager of a team, and a rep of another."""
    with database.transaction() as session:
        made = {
            name: add_user(session, NewUser(name, f"{name}@example.com", role, team))
            for name, role, team in (
                ("lin", "rep", "East"),
                ("zhao", "rep", "East"),
                ("chen", "manager", "East"),
                ("tom", "rep", "West"),
            )
        }
        return {name: Viewer.of(user) for name, user in made.items()}
