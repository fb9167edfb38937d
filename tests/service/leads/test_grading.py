"""Grades of leads: they follow what was heard in the calls."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from fakes_leads import NOW, PHONE, add_lead, call, claim, get, hours, set_pool, viewer
from models.calls import Call
from models.database import Database
from service.leads import queries
from service.leads.assignment import grade_and_assign
from service.leads.grading import regrade_number, regrade_recording
from service.settings import Settings

pytestmark = pytest.mark.usefixtures("sellers")

GRADED_BY_CALLS = """
grading:
  weights: {actions: 1}
  actions: [{action: heard, events: [customer_need], worth: 100}]
"""


def test_grades_follow_the_calls(database: Database, settings: Settings) -> None:
    """A lead that was called and heard a need is worth more than before, and the page says why."""
    lead = add_lead(database, source="website")
    with database.transaction() as session:
        grade_and_assign(session, [lead], now=NOW)
    before = get(database, lead).grade
    claim(database, "Ben", lead)
    call(database, settings, "graded", "Ben", NOW + hours(1))
    with database.transaction() as session:
        regrade_number(session, PHONE)
        detail = queries.get_lead(session, viewer(database, "Ben"), lead)
    assert detail is not None
    assert (before, detail.grade.grade, get(database, lead).grade) == ("C", "B", "B")
    actions = next(part for part in detail.grade.parts if part.part == "actions")
    assert actions.reason.params == {"called": 1, "answered": 1, "events": ("customer_need",)}


def test_a_call_is_graded_once_it_is_heard(database: Database, settings: Settings) -> None:
    """A recording that was analyzed gives the lead of its number the grade that follows from it."""
    set_pool(database, GRADED_BY_CALLS)
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "told", "Ben", NOW + hours(1))
    assert get(database, lead).grade == "D"
    with database.transaction() as session:
        recording = session.scalars(select(Call.recording_id)).one()
        assert regrade_recording(session, recording) == 1
    assert get(database, lead).grade == "A"
