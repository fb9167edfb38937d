"""The demo's people, opportunities and recordings."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import func, select

from models.database import Database
from models.opportunities import Opportunity, StageChange
from models.people import User
from service.demo.loading import DemoError, load, logins
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.sops.publishing import publish
from service.sops.versions import current_version, shipped, vocabularies
from sop.document import dump, parse
from sop.procedure import Vocabulary


def test_loading_twice_is_loading_once(database: Database) -> None:
    """Fifteen recordings that exist, seven people, six opportunities, however often it is loaded."""
    for _ in range(2):
        sources = load(database)
        assert len(sources) == 15
        assert all(source.path.is_file() for source in sources)
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 7
        assert session.scalar(select(func.count()).select_from(Opportunity)) == 6
    assert [role for role, *_ in logins()] == ["admin", "manager", "manager", "rep", "rep", "rep", "rep"]


def test_the_stage_history_ends_where_the_crm_is_today(database: Database) -> None:
    """Each opportunity's last stage change is its present stage, and it moved before."""
    load(database)
    with database.transaction() as session:
        for deal in session.scalars(select(Opportunity)):
            changes = select(StageChange.stage).where(StageChange.opportunity_id == deal.id)
            stages = list(session.scalars(changes.order_by(StageChange.changed_at)))
            assert stages[-1] == deal.stage
            assert len(stages) == len(set(stages)) >= 2


def test_the_demo_knows_its_names(database: Database) -> None:
    """Its SOPs are the shipped ones with the names of its own company; what somebody published since stays."""
    for _ in range(2):
        load(database)
    config = Settings()
    with database.transaction() as session:
        words = vocabularies(session, config, None)
        assert {"北灯冷链", "蓝霜"} <= set(words["zh"])
        assert {"Northlamp", "Frostmere"} <= set(words["en"])
        for name, document in shipped().items():
            version = current_version(session, name)
            assert version.number == 2
            assert replace(parse(version.document), vocabulary=Vocabulary()) == parse(document)
        own = dump(replace(parse(shipped()["en-b2b"]), vocabulary=Vocabulary(("Tallow",))))
        publish(session, own, OPERATOR)
    load(database)
    with database.transaction() as session:
        assert vocabularies(session, config, None)["en"] == ("Tallow",)


def test_the_demo_refuses_a_home_with_real_people(database: Database) -> None:
    """Its passwords are public, so it does not move in with other users."""
    with database.transaction() as session:
        add_user(session, NewUser("Real", "real@company.com", "admin"))
    with pytest.raises(DemoError, match="set CLEARCALL_HOME to another folder"):
        load(database)
