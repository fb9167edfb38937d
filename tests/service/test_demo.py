"""The demo's people, opportunities and recordings."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from models.database import Database
from models.leads import Lead, LeadEvent
from models.opportunities import Collaborator, Contact, Opportunity, OpportunityContact, StageChange
from models.people import User
from models.records import Change
from service.accounts.editing import set_decision_role, set_role_in_deal
from service.demo.loading import DemoError, load, logins
from service.people.queries import NewUser, add_user, user_by_email
from service.people.viewer import OPERATOR, Viewer
from service.records import configurations
from service.records.importing import import_file
from service.records.mapping_document import FieldMapping
from service.records.pipelines import publish as publish_pipeline
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


def test_a_home_of_an_earlier_version_gets_what_it_lacks(database: Database) -> None:
    """Leads, parts in the decision and colleagues of deals that an older demo did not know are there afterwards."""
    load(database)
    with database.transaction() as session:
        before = _whole(session)
        for table in (LeadEvent, Lead, Collaborator, OpportunityContact, Change):
            session.execute(delete(table))
        spoken = select(Opportunity.contact_id)
        session.execute(delete(Contact).where(Contact.id.not_in(spoken)))
        session.execute(update(Contact).values(title=None, decision_role="unknown"))
    load(database)
    with database.transaction() as session:
        assert _whole(session) == before


def test_what_a_person_changed_in_the_demo_stays(database: Database) -> None:
    """Loaded again, neither fields, parts, colleagues nor leads are as the demo wants them where a person had a say."""
    load(database)
    with database.transaction() as session:
        admin = Viewer.of(user_by_email(session, "sam.ortiz@example.com"))
        wish = "opportunity_id,amount,stage,collaborators\nOPP-1002,1,proposal,\nOPP-1006,2,needs,\n"
        report = import_file(session, admin, wish.encode(), "x.csv", FieldMapping("opportunities"), is_partial=True)
        assert report.updated == 2
        deal = session.scalars(select(Opportunity).where(Opportunity.external_id == "OPP-1002")).one()
        for part in session.scalars(select(OpportunityContact).where(OpportunityContact.opportunity_id == deal.id)):
            assert set_role_in_deal(session, admin, "OPP-1002", part.contact_id, "unknown")
        contact = session.scalars(select(Contact).where(Contact.id == deal.contact_id)).one()
        assert set_decision_role(session, admin, contact.id, "unknown")
        gone = session.scalars(select(Lead).where(Lead.external_id == "L-2001")).one()
        gone.deleted_at, gone.name = datetime.now(UTC), "Somebody"
        before = _whole(session)
    load(database)
    with database.transaction() as session:
        assert _whole(session) == before
        assert session.scalar(select(func.count()).select_from(Lead).where(Lead.external_id == "L-2001")) == 1


def _whole(session: Session) -> list[list[tuple[Any, ...]]]:
    """Deals, leads, contacts, their parts and the colleagues, by their names."""
    deal = Opportunity.external_id
    queries = (
        select(deal, Opportunity.amount, Opportunity.stage).order_by(deal),
        select(Lead.external_id, Lead.name, Lead.state, Lead.deleted_at).order_by(Lead.external_id),
        select(Contact.name, Contact.title, Contact.decision_role).order_by(Contact.name),
        select(deal, Contact.name, OpportunityContact.decision_role)
        .join(OpportunityContact, OpportunityContact.opportunity_id == Opportunity.id)
        .join(Contact, Contact.id == OpportunityContact.contact_id)
        .order_by(deal, Contact.name),
        select(deal, Collaborator.function, User.email)
        .join(Collaborator, Collaborator.opportunity_id == Opportunity.id)
        .join(User, User.id == Collaborator.user_id)
        .order_by(deal, User.email),
        select(LeadEvent.kind, func.count()).group_by(LeadEvent.kind).order_by(LeadEvent.kind),
        select(StageChange.stage, StageChange.changed_at).order_by(StageChange.changed_at, StageChange.stage),
    )
    return [[tuple(row) for row in session.execute(query)] for query in queries]


def test_the_demo_refuses_a_home_with_real_people(database: Database) -> None:
    """Its passwords are public, so it does not move in with other users."""
    with database.transaction() as session:
        add_user(session, NewUser("Real", "real@company.com", "admin"))
    with pytest.raises(DemoError, match="set CLEARCALL_HOME to another folder"):
        load(database)


def test_the_demo_says_where_its_deals_do_not_fit(database: Database) -> None:
    """In a home whose pipeline has lost a stage of the demo's deals one line tells the stage, and nothing is loaded."""
    document = configurations.shipped("pipeline")["default"]
    document = document.replace("- id: close\n", "- id: signing\n").replace("en: Close}", "en: Signing}")
    with database.transaction() as session:
        publish_pipeline(session, OPERATOR, document)
    with pytest.raises(DemoError, match=r"opportunities\.csv: line \d+: stage: .*'close'"):
        load(database)
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(User)) == 0
