"""What is known of a stored deal: facts from the tables, as much of them as the viewer may see."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import delete, select, update

from databases import statements_sent
from fakes_web import viewer_of
from judging import HELEN, NOW, PRIYA, TOM, facts_of, gap_named, undone
from models.database import Database
from models.opportunities import Approval, Collaborator, Contact, DoneAction, Opportunity, OpportunityContact
from models.people import User
from service.opportunities.facts import deal_facts
from service.opportunities.gaps import deal_gap, deal_gaps
from service.people.viewer import OPERATOR


def test_facts_are_read_whole(demo: Database) -> None:
    """Calls in their own clock, who called whom, and every event with its seconds and slots."""
    with demo.transaction() as session:
        facts = facts_of(session, OPERATOR, "OPP-1002")
    assert [call.at.isoformat() for call in facts.calls] == [
        "2026-10-06T10:30:00+01:00",
        "2026-10-21T14:00:00+01:00",
        "2026-11-04T11:30:00+00:00",
    ]
    assert {(call.rep_name, call.rep_function, call.heard) for call in facts.calls} == {("Tom Becker", "account", True)}
    named = {contact.id: contact.name for contact in facts.contacts}
    assert {named[call.contact or ""] for call in facts.calls} == {"Martin Doyle"}
    quotes = [event for event in facts.events if event.slot("amount") and event.speaker == "rep"]
    assert {64_000, 71_000} <= {event.slot("amount").value for event in quotes}  # type: ignore[union-attr]
    assert all(0 <= event.start_ms < event.end_ms and event.quote for event in facts.events)


def test_few_statements_however_many_deals(demo: Database) -> None:
    """All deals take as many statements as one."""
    counts = []
    for names in (["OPP-1002"], None):
        with demo.transaction() as session, statements_sent(demo) as sent:
            ids = None
            if names:
                ids = list(session.scalars(select(Opportunity.id).where(Opportunity.external_id.in_(names))))
                sent.clear()
            deal_facts(session, OPERATOR, ids)
            counts.append(len(sent))
    assert counts[0] == counts[1] <= 12


def test_calls_one_may_not_see_are_unknown(demo: Database) -> None:
    """A rep sees of another's calls only that they were: what they hold is unknown, so nothing is called absent."""
    lin = viewer_of(demo, "zhao.peng@example.com")
    with demo.transaction() as session:
        facts = facts_of(session, lin, "OPP-1005")
        seen = [call for call in facts.calls if call.heard]
        hidden = [call for call in facts.calls if not call.heard]
        assert (len(seen), len(hidden)) == (1, 1)
        assert (hidden[0].rep, hidden[0].rep_name, hidden[0].contact) == (None, None, None)
        assert {event.call for event in facts.events} == {seen[0].id}
        gap = gap_named(session, "OPP-1005", lin).gap
        assert {verdict.outcome for result in gap.gates for verdict in result.verdicts} == {"met", "unknown"}
        tom = viewer_of(demo, TOM)
        assert deal_gap(session, tom, "OPP-1006", NOW) is None
        assert {deal.external_id for deal in deal_gaps(session, tom, NOW)} == {"OPP-1002"}


def test_records_beside_calls(demo: Database) -> None:
    """Collaborators, contacts with their part in this deal, approvals and actions become facts."""
    with undone(demo) as session:
        deal = session.scalars(select(Opportunity).where(Opportunity.external_id == "OPP-1006")).one()
        helen, priya = (session.scalars(select(User).where(User.email == mail)).one() for mail in (HELEN, PRIYA))
        for shipped_with_the_demo in (delete(Collaborator), delete(OpportunityContact)):
            session.execute(shipped_with_the_demo)
        session.execute(update(Contact).values(decision_role="unknown"))
        boss = Contact(account_id=deal.account_id, name="Ada Bell", decision_role="influencer", phone="+441632960999")
        session.add_all([boss, Collaborator(opportunity_id=deal.id, user_id=helen.id, function="delivery")])
        session.add(Collaborator(opportunity_id=deal.id, user_id=priya.id, function="solution"))
        session.flush()
        session.add(OpportunityContact(opportunity_id=deal.id, contact_id=boss.id, decision_role="decision_maker"))
        session.add(DoneAction(opportunity_id=deal.id, action="trial", done_by_id=helen.id, done_at=NOW))
        asked = Approval(opportunity_id=deal.id, kind="discount", requested_by_id=priya.id, requested_at=NOW)
        granted = NOW + timedelta(hours=1)
        asked.state, asked.decided_by_id, asked.decided_at = "approved", helen.id, granted
        session.add(asked)
        deal.fields, deal.source = {"budget": "90000", "empty": ""}, "fair"
        session.flush()
        facts, trial = facts_of(session, OPERATOR, "OPP-1006"), str(helen.id)
    assert {(name, function) for _, name, function in facts.collaborators} == {
        ("Helen Marsh", "delivery"),
        ("Priya Nair", "solution"),
    }
    assert {call.rep_function for call in facts.calls} == {"solution"}
    assert {contact.name: contact.role for contact in facts.contacts} == {
        "Alan Pryce": None,
        "Ada Bell": "decision_maker",
    }
    assert [(each.state, each.at) for each in facts.approvals] == [("requested", NOW), ("approved", granted)]
    assert [(each.action, each.by) for each in facts.actions] == [("trial", trial)]
    assert dict(facts.fields) == {"budget": "90000", "source": "fair"}


def test_a_shared_number_is_the_main_contacts(demo: Database) -> None:
    """Of two contacts with one number a call was with the deal's main one; others of the account are not the deal's."""
    with undone(demo) as session:
        deal = session.scalars(select(Opportunity).where(Opportunity.external_id == "OPP-1006")).one()
        main = session.get(Contact, deal.contact_id)
        session.add(Contact(account_id=deal.account_id, name="Zoe", phone=main.phone))
        session.add(Contact(account_id=deal.account_id, name="Never Called", phone="+441632960111"))
        session.flush()
        facts = facts_of(session, OPERATOR, "OPP-1006")
        assert {call.contact for call in facts.calls} == {str(main.id)}
        assert [contact.name for contact in facts.contacts] == ["Alan Pryce"]
