"""Who sees what of a lead: pools of teams, masked numbers, whose a number is, and notices."""

from __future__ import annotations

import pytest

from fakes_leads import NOW, PHONE, add_lead, claim, hours, refused, viewer
from models.database import Database
from service.leads import claiming, conversion, queries
from service.leads.contacting import phone_owner
from service.leads.expiry import expire
from service.leads.filters import LeadFilters
from service.leads.notices import list_notices, mark_read, unread

pytestmark = pytest.mark.usefixtures("sellers")


def test_pools_of_other_teams_do_not_exist(database: Database) -> None:
    """A lead of a team's pool is claimed by that team only, and seen by no other."""
    east = viewer(database, "Ben").team_id
    lead = add_lead(database, "Hidden", team_id=east, phone="+447700900355")
    assert refused(database, "Eli", claiming.claim, lead) == "missing"
    with database.transaction() as session:
        assert queries.get_lead(session, viewer(database, "Eli"), lead) is None
        assert queries.get_lead(session, viewer(database, "Cleo"), lead) is not None


def test_numbers_are_masked_until_a_lead_is_claimed(database: Database) -> None:
    """A rep can't read, search or guess the number of a lead that is nobody's; its owner and managers can."""
    lead = add_lead(
        database, email="ellen@example.com", fields={"note": "ring 07700 900 301 or mail e@x.org", "region": "Kent"}
    )
    ben, anna = viewer(database, "Ben"), viewer(database, "Anna")
    with database.transaction() as session:
        row = queries.list_pool(session, ben).rows[0]
        assert PHONE not in (row.phone or "")
        assert row.email == "e****@example.com"
        detail = queries.get_lead(session, ben, lead)
        assert detail is not None
        assert "900" not in detail.fields["note"]
        assert "@" not in detail.fields["note"]
        assert detail.fields["region"] == "Kent"
        assert queries.list_pool(session, ben, LeadFilters(text="7700900301")).total == 0
        assert queries.list_pool(session, anna).rows[0].phone == PHONE
    claim(database, "Ben", lead)
    with database.transaction() as session:
        assert queries.list_leads(session, ben).rows[0].phone == PHONE
        assert queries.list_leads(session, ben, LeadFilters(text="7700900301")).total == 1


def test_who_sees_which_leads(database: Database) -> None:
    """A rep their own, a manager their team's, an admin all; another's lead does not exist for a rep."""
    mine, other = add_lead(database, "Mine"), add_lead(database, "Other", phone="+447700900302")
    claim(database, "Ben", mine)
    claim(database, "Eli", other)
    with database.transaction() as session:
        seen = {
            name: {row.name for row in queries.list_leads(session, viewer(database, name)).rows}
            for name in ("Ben", "Cleo", "Anna", "Dora", "Ada")
        }
        assert queries.get_lead(session, viewer(database, "Cleo"), mine) is None
    assert seen == {"Ben": {"Mine"}, "Cleo": set(), "Anna": {"Mine"}, "Dora": {"Other"}, "Ada": {"Mine", "Other"}}
    for act, args in (
        (claiming.release, ()),
        (claiming.mark_invalid, ("no",)),
        (claiming.qualify, ()),
        (conversion.convert, ()),
    ):
        assert refused(database, "Cleo", act, mine, *args) == "missing"
        assert refused(database, "Dora", act, mine, *args) == "missing"


def test_a_number_tells_whose_it_is_and_no_more(database: Database) -> None:
    """A rep reads the owner's name of another's lead, and gets no way to it."""
    lead = add_lead(database)
    with database.transaction() as session:
        assert phone_owner(session, viewer(database, "Eli"), "07700 900301").ownership == "incomplete"
        assert phone_owner(session, viewer(database, "Eli"), "+44 7700 900399").ownership == "unknown"
        assert phone_owner(session, viewer(database, "Eli"), "+44 7700 900301").ownership == "pool"
    claim(database, "Ben", lead)
    with database.transaction() as session:
        other = phone_owner(session, viewer(database, "Eli"), "+44 (0)7700 900301")
        assert (other.ownership, other.owner, other.lead_id) == ("other", "Ben", None)
        assert phone_owner(session, viewer(database, "Ben"), PHONE).ownership == "own"
        team = phone_owner(session, viewer(database, "Anna"), PHONE)
        assert (team.ownership, team.lead_id) == ("team", lead)


def test_notices_are_read_once(database: Database) -> None:
    """A viewer counts and reads their own lines only."""
    claim(database, "Ben", add_lead(database))
    expire(database, now=NOW + hours(25))
    ben, cleo = viewer(database, "Ben"), viewer(database, "Cleo")
    with database.transaction() as session:
        assert (unread(session, ben), unread(session, cleo)) == (1, 0)
        (line,) = list_notices(session, ben)
        assert mark_read(session, cleo, line.id) == 0
        assert mark_read(session, ben, line.id) == 1
        assert unread(session, ben) == 0
