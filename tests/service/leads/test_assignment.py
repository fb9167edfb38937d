"""Leads given out: by rules in turn, and by managers within their team."""

from __future__ import annotations

import pytest

from fakes_leads import NOW, add_lead, by, hours, owner_of, refused, set_pool, told, viewer
from models.database import Database
from service.leads.assignment import assign, grade_and_assign
from service.leads.expiry import expire

pytestmark = pytest.mark.usefixtures("sellers")

RULES = """
pool: {capacity: 2}
assignment:
  - {id: kent, when: [{field: region, is: [Kent]}], team: East, how: round_robin}
  - {id: web, when: [{field: source, is: [website]}, {field: grade, is: [C, D]}],
     reps: [eli@example.com], how: least_loaded}
"""


def test_rules_give_leads_out_in_turn_and_never_beyond_capacity(database: Database) -> None:
    """Round robin takes turns; who is full gets none; what nobody can get, or no rule fits, stays in the pool."""
    set_pool(database, RULES)
    kent = [add_lead(database, f"K{i}", phone=f"+4477009004{i:02}", fields={"region": "kent"}) for i in range(5)]
    web = add_lead(database, "Web", phone="+447700900420", source="Website")
    none = add_lead(database, "None", phone="+447700900421", source="radio")
    with database.transaction() as session:
        assert grade_and_assign(session, [*kent, web, none], now=NOW) == 5
    owners = [owner_of(database, lead) for lead in kent]
    assert owners.count("Ben") == owners.count("Cleo") == 2
    assert owners.count(None) == 1
    assert (owner_of(database, web), owner_of(database, none)) == ("Eli", None)
    assert told(database, "Eli") == ["lead_assigned"]


def test_a_lead_that_expired_is_not_given_to_the_same_rep_by_rule(database: Database) -> None:
    """The rules run again after leads flowed back, and pass by who just lost one."""
    set_pool(database, "assignment: [{id: all, reps: [ben@example.com]}]")
    lead = add_lead(database)
    with database.transaction() as session:
        grade_and_assign(session, [lead], now=NOW)
    assert owner_of(database, lead) == "Ben"
    expire(database, now=NOW + hours(25))
    assert owner_of(database, lead) is None


def test_managers_assign_within_their_team(database: Database) -> None:
    """A manager gives leads of their team and of the pool to their people; a rep gives none; the admin to all."""
    lead = add_lead(database)
    ben, eli = viewer(database, "Ben").user_id, viewer(database, "Eli").user_id
    assert ben is not None
    assert eli is not None
    assert refused(database, "Cleo", assign, lead, ben) == "not_manager"
    assert refused(database, "Anna", assign, lead, eli) == "not_in_team"
    with database.transaction() as session:
        assign(session, by(database, "Anna"), lead, ben)
    assert refused(database, "Dora", assign, lead, eli) == "missing"
    with database.transaction() as session:
        assign(session, by(database, "Ada"), lead, eli)
    assert owner_of(database, lead) == "Eli"
    assert told(database, "Ben") == ["lead_assigned", "lead_given_away"]
    ada = viewer(database, "Ada").user_id
    assert ada is not None
    assert refused(database, "Ada", assign, lead, ada) == "not_a_seller"
