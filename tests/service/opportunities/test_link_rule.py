"""The rule that links a call to its deal: by number, owner and time, and what it leaves to a person."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, select

from linking import AT, PHONE, add_deal, bring, link
from models.database import Database
from models.links import CallLink
from models.opportunities import Collaborator, Contact, OpportunityContact
from models.records import Change
from service.opportunities.relinking import link_unlinked, relink
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings


def test_the_rule_links_a_call_that_comes_in_and_says_why(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The number leads to the rep's deal; the reason and the other candidate are kept, and the audit trail has it."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        add_deal(session, "D-2", "lin")
    call = bring(database, settings)
    found = link(database, call)
    assert (found.opportunity, found.by) == ("D-2", "rule")
    assert found.why is not None
    assert found.why.en == "the number is that of a contact of the deal, the rep owns it, it was open at the time"
    assert [candidate.opportunity for candidate in found.candidates] == ["D-2", "D-1"]
    with database.transaction() as session:
        stored = session.scalars(select(CallLink)).one()
        assert [each["rank"] for each in stored.candidates] == [1, 2]
        change = session.scalars(select(Change).where(Change.noun == "call")).one()
        assert (change.noun_id, change.old, change.new) == (str(call), None, str(stored.opportunity_id))


def test_a_number_in_another_spelling_leads_to_the_same_deal(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """Without its country code, as a dialler may tell it."""
    with database.transaction() as session:
        add_deal(session, "D-1")
    assert link(database, bring(database, settings, customer_phone="0154 0000 0101")).opportunity == "D-1"


def test_contacts_of_a_deal_and_of_its_account_lead_to_it(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A further contact of the deal counts as its own, anybody else at the account comes after; the deleted don't."""
    with database.transaction() as session:
        first, second = (add_deal(session, name, phone=f"+86154000002{name[-1]}0") for name in ("D-1", "D-2"))
        people_of = [Contact(account_id=first.account_id, name=name, phone=PHONE) for name in ("Ma", "Wu")]
        people_of[1].deleted_at = AT
        session.add_all(people_of)
        session.flush()
        session.add(OpportunityContact(opportunity_id=second.id, contact_id=people_of[0].id))
    found = link(database, bring(database, settings))
    assert [(each.opportunity, each.match) for each in found.candidates] == [("D-2", "contact"), ("D-1", "account")]


def test_a_number_of_two_accounts_is_left_to_a_person(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """The call has no deal and says why; both are offered. A second run writes nothing."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao", "A")
        add_deal(session, "D-2", "zhao", "B")
    found = link(database, bring(database, settings))
    assert found.opportunity is None
    assert found.why is not None
    assert found.why.zh == "不同客户的几个商机同样符合，留给人来定"
    assert {candidate.opportunity for candidate in found.candidates} == {"D-1", "D-2"}
    with database.transaction() as session:
        assert relink(session, OPERATOR, dry_run=False).ambiguous == 1
        assert session.scalar(select(func.count()).select_from(CallLink)) == 1


def test_an_import_links_the_calls_that_waited_for_their_deal(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A deal that comes later than its call is found; a second run finds nothing new."""
    call = bring(database, settings)
    assert link(database, call).opportunity is None
    with database.transaction() as session:
        add_deal(session, "D-1", created_at=AT + timedelta(days=14))
        assert link_unlinked(session) == 1
        assert link_unlinked(session) == 0
    assert link(database, call).opportunity == "D-1"


def test_a_reps_upload_opens_only_deals_they_work_on(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A number can be claimed: a colleague's deal stays closed, at ingest and in later runs; a collaborator's opens."""
    with database.transaction() as session:
        deal = add_deal(session, "D-1", "zhao")
    call = bring(database, settings, people["lin"])
    with database.transaction() as session:
        assert link_unlinked(session) == 0
        assert relink(session, OPERATOR, dry_run=False).moved == 0
        session.add(Collaborator(opportunity_id=deal.id, user_id=people["lin"].user_id, function="solution"))
        session.flush()
        assert link_unlinked(session) == 1
    assert link(database, call).opportunity == "D-1"
