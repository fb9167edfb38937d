"""The demo's deals with their past, their people on both sides, brought in once: what people changed since stays.

A home that an earlier version made gets what that version did not have yet.
"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import delete, literal, or_, select
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from models.opportunities import Collaborator, Contact, Opportunity, OpportunityContact, StageChange
from models.people import User
from models.records import Change
from service.demo.tables import missing, rows_of
from service.opportunities.importing import import_opportunities

_OF_IMPORT = StageChange.source == "import"
_UNKNOWN = "unknown"


def add_deals(session: Session, text: str, calls: list[dict[str, Any]]) -> None:
    """The deals that this home never had, each with the stages it went through.

    Raises:
        ValueError: a row does not fit, as the home's pipelines are others by now.
    """
    report = import_opportunities(session, missing(session, Opportunity, "opportunity_id", text), "opportunities.csv")
    if report.bad:
        raise ValueError(f"opportunities.csv: line {report.bad[0].line}: {report.bad[0].reason}")
    added = {result.id for result in report.results if result.state == "added"}
    _add_stage_history(session, [call for call in calls if call["opportunity_id"] in added])


def _add_stage_history(session: Session, calls: list[dict[str, Any]]) -> None:
    """What the CRM said when each call was held; the import only knows the stage of today."""
    deals = _deals(session)
    last: dict[str, str] = {}
    for call in sorted(calls, key=lambda call: datetime.fromisoformat(call["started_at"])):
        name, stage = call["opportunity_id"], call["opportunity"]["stage"]
        if last.get(name) == stage:
            continue
        last[name] = stage
        if stage == deals[name].stage:
            session.execute(delete(StageChange).where(StageChange.opportunity_id == deals[name].id, _OF_IMPORT))
        moment = datetime.fromisoformat(call["started_at"])
        session.add(StageChange(opportunity_id=deals[name].id, stage=stage, changed_at=moment, source="demo"))
        session.flush()


def add_customers(session: Session, text: str) -> None:
    """The people whom the calls name, with their parts in the decision; most were never spoken to."""
    deals = _deals(session)
    for row in rows_of(text):
        deal = deals.get(row["opportunity_id"])
        contact = _contact(session, deal, row) if deal else None
        if deal is None or contact is None or _is_changed(session, "opportunity", deal.id, "contacts"):
            continue
        part = session.get(OpportunityContact, (deal.id, contact.id))
        if part is None or part.decision_role == _UNKNOWN:
            session.merge(
                OpportunityContact(opportunity_id=deal.id, contact_id=contact.id, decision_role=row["decision_role"])
            )
            session.flush()


def _contact(session: Session, deal: Opportunity, row: Mapping[str, str]) -> Contact | None:
    """The contact of a row, with what an earlier version did not know; None where a person took or named them away."""
    at_account = (Contact.account_id == deal.account_id) & (Contact.name == row["name"])
    contact = session.scalars(select(Contact).where(at_account).order_by(Contact.deleted_at.is_not(None))).first()
    if contact is None:
        if _is_renamed(session, row["name"]):
            return None
        contact = Contact(account_id=deal.account_id, name=row["name"])
        session.add(contact)
        session.flush()
    if contact.title is None and not _is_changed(session, "contact", contact.id, "title"):
        contact.title = row["title"]
    if contact.decision_role in (None, _UNKNOWN) and not _is_changed(session, "contact", contact.id, "decision_role"):
        contact.decision_role = row["decision_role"]
    session.flush()
    return contact if contact.deleted_at is None else None


def add_collaborators(session: Session, text: str) -> None:
    """Who else works on the deals."""
    deals, people = _deals(session), dict(session.execute(select(User.email, User.id)).all())
    for row in rows_of(text):
        deal = deals.get(row["opportunity_id"])
        if deal is not None and not _is_changed(session, "opportunity", deal.id, "collaborators"):
            member = Collaborator(opportunity_id=deal.id, user_id=people[row["email"]], function=row["function"])
            session.merge(member)
    session.flush()


def _deals(session: Session) -> dict[str, Opportunity]:
    found = session.scalars(select(Opportunity).where(Opportunity.deleted_at.is_(None)))
    return {deal.external_id: deal for deal in found}


def _is_changed(session: Session, noun: str, id_: uuid.UUID, field: str) -> bool:
    """Whether somebody changed the field, or a part of it, since the demo brought it in."""
    by_somebody = or_(Change.actor_id.is_not(None), Change.old.is_not(None))
    named = or_(Change.field == field, Change.field.startswith(f"{field}."))
    query = select(Change.id).where(Change.noun == noun, Change.noun_id == str(id_), named, by_somebody).limit(1)
    return session.scalar(query) is not None


def _is_renamed(session: Session, name: str) -> bool:
    """Whether a contact was once called that."""
    renamed = (Change.noun == "contact") & (Change.field == "name") & (Change.old == literal(name, JSONB))
    return session.scalar(select(Change.id).where(renamed).limit(1)) is not None
