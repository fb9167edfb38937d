"""Leads that become deals: what is made, which calls come along, and what is refused."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select

from fakes_leads import NOW, PHONE, add_lead, by, call, claim, get, hours, refused, viewer
from fakes_web import add_call
from models.calls import Call
from models.database import Database
from models.opportunities import Account, Contact, Opportunity
from service.calls.ingest import CallDetails
from service.leads import conversion
from service.leads.contacting import phone_owner
from service.leads.expiry import expire
from service.leads.suspicion import suspicious_conversions
from service.records.scope import visible_contacts
from service.settings import Settings
from sop.deals.periods import Period
from sop.deals.points_rules import Checks

pytestmark = pytest.mark.usefixtures("sellers")


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
