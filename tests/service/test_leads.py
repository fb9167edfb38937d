"""Leads that change hands: claimed, given back, expired, called, converted, and who may see what of them."""

from __future__ import annotations

import time
import uuid
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

from fakes import FakeEngines
from fakes_leads import NOW, PHONE, add_lead, by, get, happened, hours, owner_of, people, set_pool, told, viewer
from fakes_web import add_call
from models.calls import Call
from models.database import Database
from models.opportunities import Account, Contact, Opportunity
from models.records import Change
from service.calls.ingest import CallDetails
from service.jobs.worker import Worker, in_background
from service.leads import claiming, conversion, queries
from service.leads.assignment import assign, grade_and_assign
from service.leads.contacting import phone_owner
from service.leads.expiry import expire, expire_some, warn
from service.leads.filters import LeadFilters
from service.leads.grading import regrade_number, regrade_recording
from service.leads.history import Actor
from service.leads.notices import list_notices, mark_read, unread
from service.leads.refusals import LeadRefused
from service.leads.suspicion import suspicious_conversions
from service.people.viewer import OPERATOR
from service.records.scope import visible_contacts
from service.settings import Settings
from sop.deals.periods import Period
from sop.deals.points_rules import Checks


@pytest.fixture(autouse=True)
def _people(database: Database) -> None:
    people(database)


def claim(database: Database, who: str, lead_id: uuid.UUID, now=NOW) -> None:
    with database.transaction() as session:
        claiming.claim(session, by(database, who, now), lead_id)


def refused(database: Database, who: str, act, lead_id: uuid.UUID, *args, now=NOW) -> str:
    actor = by(database, who, now)
    with pytest.raises(LeadRefused) as error, database.transaction() as session:
        act(session, actor, lead_id, *args)
    return error.value.code


def test_a_claimed_lead_is_the_reps_until_it_is_due(database: Database) -> None:
    """Owner, clock and state are set, the history and the audit trail tell of it."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    held = get(database, lead)
    assert (owner_of(database, lead), held.state, held.owned_since) == ("Ben", "assigned", NOW)
    assert held.due_at == NOW + hours(24)
    assert happened(database, lead) == ["claimed"]
    with database.transaction() as session:
        changed = set(session.scalars(select(Change.field).where(Change.noun == "lead", Change.noun_id == str(lead))))
    assert {"owner_id", "state", "due_at"} <= changed


def test_who_is_later_is_told_who_has_it(database: Database) -> None:
    """The second claim changes nothing and names the owner."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    actor = by(database, "Cleo")
    with (
        pytest.raises(LeadRefused, match="Ben has this lead since 2026-11-13 09:00"),
        database.transaction() as session,
    ):
        claiming.claim(session, actor, lead)
    assert owner_of(database, lead) == "Ben"
    assert refused(database, "Ben", claiming.claim, lead) == "yours"


def test_nobody_claims_a_number_that_another_has(database: Database) -> None:
    """The same person under a second id is refused to others, by claim, word and rule; who has the first gets it."""
    set_pool(database, "assignment: [{id: all, reps: [cleo@example.com]}]")
    first, second, third = add_lead(database), add_lead(database, "Again"), add_lead(database, "Third")
    claim(database, "Ben", first)
    assert refused(database, "Cleo", claiming.claim, second) == "number_taken"
    cleo = viewer(database, "Cleo").user_id
    assert cleo is not None
    assert refused(database, "Anna", assign, second, cleo) == "number_taken"
    with database.transaction() as session:
        assert grade_and_assign(session, [second, third], now=NOW) == 0
    claim(database, "Ben", second)


def test_nobody_holds_more_than_their_capacity(database: Database) -> None:
    """A full pool refuses the next claim and takes it again once a lead was given back."""
    set_pool(database, "pool: {capacity: 2, teams: [{team: West, capacity: 1}]}")
    leads = [add_lead(database, f"Lead {i}", phone=f"+4477009003{i:02}") for i in range(4)]
    claim(database, "Ben", leads[0])
    claim(database, "Ben", leads[1])
    assert refused(database, "Ben", claiming.claim, leads[2]) == "full"
    claim(database, "Eli", leads[2])
    assert refused(database, "Eli", claiming.claim, leads[3]) == "full"
    with database.transaction() as session:
        claiming.release(session, by(database, "Ben"), leads[0])
    claim(database, "Ben", leads[3])


def test_who_lost_a_lead_is_kept_away_from_it(database: Database) -> None:
    """Given back it can be claimed by others at once, by who gave it back only after the days of the rules."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    with database.transaction() as session:
        claiming.release(session, by(database, "Ben"), lead, "wrong timing")
    assert owner_of(database, lead) is None
    assert refused(database, "Ben", claiming.claim, lead, now=NOW + timedelta(days=13)) == "kept_away"
    claim(database, "Cleo", lead)
    with database.transaction() as session:
        claiming.release(session, by(database, "Cleo"), lead)
    claim(database, "Ben", lead, NOW + timedelta(days=15))


def test_a_claim_can_be_undone_for_a_moment(database: Database) -> None:
    """An undone claim costs nothing; after a minute, or after a call, there is none to undo."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    with database.transaction() as session:
        claiming.undo_claim(session, by(database, "Ben", NOW + timedelta(seconds=20)), lead)
    claim(database, "Ben", lead, NOW + timedelta(seconds=30))
    late = NOW + timedelta(seconds=30 + claiming.UNDO_S + 1)
    assert refused(database, "Ben", claiming.undo_claim, lead, now=late) == "too_late"
    assert happened(database, lead) == ["claimed", "undone", "claimed"]


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


def test_overdue_leads_flow_back_with_a_notice(database: Database) -> None:
    """What was not called in time is in the pool again; the rep and their manager are told, once."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert expire(database, now=NOW + hours(23)) == ()
    assert told(database, "Ben") == ["lead_due_soon"]
    gone = expire(database, now=NOW + hours(24))
    assert [(one.lead, one.owner) for one in gone] == [("Ellen", "Ben")]
    assert owner_of(database, lead) is None
    assert happened(database, lead) == ["claimed", "expired"]
    assert told(database, "Ben") == ["lead_due_soon", "lead_expired"]
    assert told(database, "Anna") == ["lead_expired_of"]
    assert expire(database, now=NOW + hours(25)) == ()
    assert refused(database, "Ben", claiming.claim, lead, now=NOW + hours(25)) == "kept_away"


def test_a_warning_is_given_once(database: Database) -> None:
    """However often the job runs before a lead is due, its owner reads one line."""
    claim(database, "Ben", add_lead(database))
    for hour in (21, 22, 23):
        with database.transaction() as session:
            warn(session, Actor(OPERATOR, "job", NOW + hours(hour)))
    assert told(database, "Ben") == ["lead_due_soon"]


def call(database: Database, settings: Settings, name: str, who: str, at=NOW, **details) -> uuid.UUID:
    said = CallDetails(rep_email=f"{who.lower()}@example.com", customer_phone=PHONE, started_at=at, **details)
    return add_call(
        database, settings, name, ["Good morning, this is Ben.", "Yes?"], said, [["opening"], ["customer_need"]]
    )


def test_a_call_to_ones_lead_keeps_it(database: Database, settings: Settings) -> None:
    """The call counts as an action: the state moves on and the clock starts again from the call."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "first", "Ben", NOW + hours(2))
    held = get(database, lead)
    assert (held.state, held.last_action_at, held.due_at) == (
        "contacted",
        NOW + hours(2),
        NOW + hours(2) + timedelta(days=7),
    )
    call(database, settings, "second", "Ben", NOW + hours(5))
    assert get(database, lead).due_at == NOW + hours(5) + timedelta(days=7)
    assert sorted(happened(database, lead)) == ["called", "called", "claimed"]
    assert expire(database, now=NOW + timedelta(days=6)) == ()


def test_a_call_from_before_the_claim_buys_no_time(database: Database, settings: Settings) -> None:
    """An old recording brought in later is in the history and leaves the clock alone."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "old", "Ben", NOW - hours(30))
    held = get(database, lead)
    assert (held.state, held.last_action_at, held.due_at) == ("assigned", None, NOW + hours(24))


def test_a_call_to_anothers_lead_is_told(database: Database, settings: Settings) -> None:
    """Owner and manager get a notice, once; the lead stays with its owner and its clock goes on."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    call(database, settings, "trespass", "Eli", NOW + hours(1))
    assert told(database, "Ben") == ["lead_contacted"]
    assert told(database, "Anna") == ["lead_contacted"]
    assert told(database, "Eli") == []
    assert get(database, lead).due_at == NOW + hours(24)
    call(database, settings, "trespass", "Eli", NOW + hours(1))  # the same file again
    assert told(database, "Ben") == ["lead_contacted"]


def test_a_call_is_judged_by_when_it_was_held(database: Database, settings: Settings) -> None:
    """Processed after the lead flowed back, the owner's call is theirs, a colleague's was on their ground, and a later
    one is from the pool; none brings the lead back."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert len(expire(database, now=NOW + hours(25))) == 1
    call(database, settings, "in time", "Ben", NOW + hours(2))
    call(database, settings, "trespass", "Eli", NOW + hours(3))
    call(database, settings, "too late", "Ben", NOW + hours(26))
    assert sorted(happened(database, lead)) == ["called", "called_by_other", "called_from_pool", "claimed", "expired"]
    assert told(database, "Ben").count("lead_contacted") == 1
    free = get(database, lead)
    assert (free.owner_id, free.last_action_at, free.state) == (None, None, "new")


def test_a_former_owners_call_is_theirs_though_another_has_the_lead(database: Database, settings: Settings) -> None:
    """What Ben did while the lead was his is no trespass on Cleo, who has it now; her clock goes on."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    expire(database, now=NOW + hours(25))
    claim(database, "Cleo", lead, NOW + hours(30))
    call(database, settings, "late", "Ben", NOW + hours(2))
    assert "called" in happened(database, lead)
    assert told(database, "Cleo") == []
    assert get(database, lead).due_at == NOW + hours(54)


def test_an_owners_call_from_when_another_had_the_lead_was_no_action(database: Database, settings: Settings) -> None:
    """Cleo called while Ben had the lead: that she has it now makes it no call of an owner, and Ben is told."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    expire(database, now=NOW + hours(25))
    claim(database, "Cleo", lead, NOW + hours(30))
    call(database, settings, "early", "Cleo", NOW + hours(2))
    assert "called_by_other" in happened(database, lead)
    assert "called" not in happened(database, lead)
    assert told(database, "Ben").count("lead_contacted") == 1
    assert get(database, lead).due_at == NOW + hours(54)


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


def test_an_invalid_lead_leaves_all_pools_until_a_manager_opens_it(database: Database) -> None:
    """It needs a reason; nobody can claim it; a manager's word brings it back as a new one."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    assert refused(database, "Ben", claiming.mark_invalid, lead, " ") == "no_reason"
    with database.transaction() as session:
        claiming.mark_invalid(session, by(database, "Ben", NOW + hours(1)), lead, "wrong number")
        assert queries.list_pool(session, viewer(database, "Cleo")).total == 0
    assert refused(database, "Cleo", claiming.claim, lead) == "closed"
    with database.transaction() as session:
        claiming.release(session, by(database, "Anna", NOW + hours(2)), lead)
    assert happened(database, lead)[-1] == "reopened"
    claim(database, "Cleo", lead)


def test_a_lead_becomes_a_deal_and_its_calls_come_along(database: Database, settings: Settings) -> None:
    """Account, contact and opportunity are made once; calls of the owner's team go with it, another team's do not."""
    lead = add_lead(database, email="ellen@example.com", title="Owner", source="website", external_id="L-7")
    claim(database, "Ben", lead)
    own = call(database, settings, "own", "Ben", NOW + hours(1))
    mate = call(database, settings, "mate", "Cleo", NOW + hours(2))
    stranger = call(database, settings, "stranger", "Eli", NOW + hours(3))
    with database.transaction() as session:
        made = conversion.convert(session, by(database, "Ben", NOW + hours(4)), lead)
        assert (made.external_id, made.stage, made.source) == ("LEAD-L-7", "qualify", "website")
    with database.transaction() as session:
        deal = session.scalars(select(Opportunity)).one()
        linked = set(session.scalars(select(Call.id).where(Call.opportunity_id == deal.id)))
        account, contact = session.scalars(select(Account)).one(), session.scalars(select(Contact)).one()
    assert linked == {own, mate}
    assert stranger not in linked
    assert (account.name, contact.phone, contact.title) == ("Ellen Ltd", PHONE, "Owner")
    assert (get(database, lead).state, get(database, lead).opportunity_id, get(database, lead).due_at) == (
        "converted",
        deal.id,
        None,
    )
    assert refused(database, "Ben", conversion.convert, lead) == "closed"
    assert expire(database, now=NOW + timedelta(days=30)) == ()


def test_a_lead_without_a_number_is_nobody_elses(database: Database, settings: Settings) -> None:
    """What has no number either is not its: no call comes along, no lead is the same, no number leads to it."""
    first, second = add_lead(database, "A", phone=None), add_lead(database, "B", phone=None)
    details = CallDetails(rep_email="ben@example.com", started_at=NOW + hours(1))
    add_call(database, settings, "unnumbered", ["Good morning.", "Yes?"], details, [["opening"], ["customer_need"]])
    claim(database, "Ben", first)
    claim(database, "Ben", second)
    with database.transaction() as session:
        assert phone_owner(session, viewer(database, "Eli"), "no number").ownership == "unknown"
        for lead in (first, second):
            conversion.convert(session, by(database, "Ben", NOW + hours(2)), lead)
        assert session.scalars(select(Call.opportunity_id)).one() is None
        found = suspicious_conversions(session, viewer(database, "Ada"), Checks(), Period(2026, 11, 1), NOW + hours(3))
    assert {reason.code for one in found for reason in one.reasons} == {"no_verified_call"}


def test_conversion_opens_no_account_of_another_team(database: Database) -> None:
    """A lead with the name of another team's account gets one of its own; a mate's deal shares it."""
    first, second, third = (add_lead(database, f"L{i}", company="Acme", phone=f"+4477009003{i:02}") for i in range(3))
    accounts = []
    for who, lead in (("Eli", first), ("Ben", second), ("Cleo", third)):
        claim(database, who, lead)
        with database.transaction() as session:
            accounts.append(conversion.convert(session, by(database, who), lead).account_id)
    assert accounts[0] != accounts[1]
    with database.transaction() as session:
        seen = session.scalars(select(Contact.name).where(visible_contacts(viewer(database, "Ben")))).all()
    assert "L0" not in seen
    assert accounts[1] == accounts[2]


def test_conversion_refuses_what_is_not_there(database: Database) -> None:
    """An unknown pipeline, an unknown stage and an id that is taken are named; nothing is made."""
    lead = add_lead(database)
    claim(database, "Ben", lead)
    for wish, code in (
        (conversion.Conversion(pipeline="nowhere"), "no_pipeline"),
        (conversion.Conversion(stage="won"), "no_stage"),
    ):
        assert refused(database, "Ben", conversion.convert, lead, wish) == code
    with database.transaction() as session:
        assert session.scalars(select(Account)).all() == []


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


def test_expiring_in_small_steps_loses_none(database: Database) -> None:
    """The longest overdue go first, and all go."""
    leads = [add_lead(database, f"L{i}", phone=f"+4477009005{i:02}") for i in range(5)]
    for i, lead in enumerate(leads):
        claim(database, "Ben", lead, NOW + timedelta(minutes=i))
    gone: list[str] = []
    for _ in range(3):
        with database.transaction() as session:
            gone += [one.lead for one in expire_some(session, Actor(OPERATOR, "job", NOW + hours(30)), 2)]
    assert gone == [f"L{i}" for i in range(5)]


def test_a_worker_lets_overdue_leads_flow_back_by_itself(database: Database, settings: Settings) -> None:
    """The periodic job runs once a worker is there, without anybody asking for it."""
    lead = add_lead(database)
    claim(database, "Ben", lead, datetime.now(UTC) - timedelta(days=2))
    end = time.monotonic() + 30
    with in_background(Worker(settings, database, queues=["analyze"], engines=FakeEngines())):
        while owner_of(database, lead) is not None:
            assert time.monotonic() < end, "the lead is still held"
            time.sleep(0.1)
    assert happened(database, lead) == ["claimed", "expired"]


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


GRADED_BY_CALLS = """
grading:
  weights: {actions: 1}
  actions: [{action: heard, events: [customer_need], worth: 100}]
"""
