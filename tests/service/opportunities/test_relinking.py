"""Calls linked anew: what other settings would move, whose calls, and at what cost."""

from __future__ import annotations

from datetime import timedelta

import pytest

from databases import statements_sent
from linking import AT, PHONE, add_deal, bring, link
from models.calls import Call, Recording
from models.database import Database
from service.opportunities.linking import link_settings
from service.opportunities.relinking import relink
from service.people.viewer import OPERATOR, Viewer
from service.records.configurations import save
from service.records.scope import NotAllowed
from service.settings import Settings
from sop.deals.linking import LinkingSettings


def test_the_simulator_tells_what_another_setting_would_move_and_moves_nothing(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """With five days instead of fourteen the call loses its deal; only a run with such settings takes it away."""
    with database.transaction() as session:
        add_deal(session, "D-1", created_at=AT + timedelta(days=10))
    call = bring(database, settings, external_id="K-1")
    with database.transaction() as session:
        told = relink(session, OPERATOR, LinkingSettings(opened_after_days=5))
        assert [(move.external_id, move.from_opportunity, move.to_opportunity) for move in told.moves] == [
            ("K-1", "D-1", None)
        ]
        assert relink(session, OPERATOR).moved == 0
    assert link(database, call).opportunity == "D-1"
    with database.transaction() as session:
        save(session, people["chen"], "linking", "default", "opened_after_days: 5")
        assert link_settings(session).opened_after_days == 5
        assert relink(session, people["chen"], dry_run=False).moved == 1
        assert relink(session, people["chen"], dry_run=False).moved == 0
    found = link(database, call)
    assert (found.opportunity, found.by, found.why.en if found.why else "") == (None, "rule", "no deal fits")


def test_reps_relink_nothing_and_managers_only_their_team(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Another team's calls are not counted."""
    bring(database, settings)
    bring(database, settings, sound=500.0, rep_email="tom@example.com")
    with database.transaction() as session:
        assert relink(session, people["chen"]).calls == 1
        assert relink(session, OPERATOR).calls == 2
        with pytest.raises(NotAllowed):
            relink(session, people["lin"])


def test_many_calls_take_few_statements(database: Database, settings: Settings, people: dict[str, Viewer]) -> None:
    """The simulator asks as often for a hundred calls as for one."""
    with database.transaction() as session:
        add_deal(session, "D-1")
    call = bring(database, settings)
    with database.transaction() as session:
        first = session.get_one(Call, call)
        for number in range(100):
            recording = Recording(sha256=f"{number:064}", file_name="b.wav", path=f"b/{number}", size_bytes=1)
            session.add(recording)
            session.flush()
            session.add(
                Call(recording_id=recording.id, rep_id=first.rep_id, customer_phone=PHONE, started_at=first.started_at)
            )
    with statements_sent(database) as sent, database.transaction() as session:
        assert relink(session, OPERATOR).moved == 100
    assert len(sent) < 20
