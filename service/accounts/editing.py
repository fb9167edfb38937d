"""What people may change of accounts and contacts."""

from __future__ import annotations

import uuid

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from models.opportunities import DECISION_ROLES, Account, Contact, Opportunity, OpportunityContact
from service.people.viewer import Viewer, own_or_team
from service.records.audit import record
from service.records.scope import changeable_opportunities


class AccountEditError(Exception):
    """A change that cannot be made; the message says why."""


def changeable_contacts(viewer: Viewer) -> ColumnElement[bool]:
    """The contacts this viewer may change: those of an account they own or have a deal of their own with."""
    if viewer.role == "admin":
        return Contact.deleted_at.is_(None)
    dealt = select(Opportunity.account_id).where(changeable_opportunities(viewer))
    owned = select(Account.id).where(own_or_team(viewer, Account.owner_id), Account.deleted_at.is_(None))
    return Contact.deleted_at.is_(None) & or_(Contact.account_id.in_(dealt), Contact.account_id.in_(owned))


def may_change(session: Session, viewer: Viewer, account_id: uuid.UUID) -> bool:
    """Whether this viewer may change the contacts of an account."""
    query = select(Contact.id).where(Contact.account_id == account_id, changeable_contacts(viewer)).limit(1)
    return session.scalar(query) is not None


def set_decision_role(session: Session, viewer: Viewer, contact_id: uuid.UUID, role: str) -> bool:
    """Say which part a contact has in buying; whether it is one they may change.

    Raises:
        AccountEditError: there is no such role.
    """
    _check(role)
    contact = session.scalars(
        select(Contact).where(changeable_contacts(viewer), Contact.id == contact_id).with_for_update()
    ).one_or_none()
    if contact is None:
        return False
    if contact.decision_role != role:
        before, contact.decision_role = contact.decision_role, role
        record(session, viewer.user_id, "web", "contact", str(contact.id), "decision_role", before, role)
    return True


def set_role_in_deal(session: Session, viewer: Viewer, external_id: str, contact_id: uuid.UUID, role: str) -> bool:
    """Say which part a contact has in one deal; whether it is one they may change.

    Raises:
        AccountEditError: there is no such role.
    """
    _check(role)
    deal = session.execute(
        select(Opportunity.id, Opportunity.account_id)
        .where(changeable_opportunities(viewer), Opportunity.external_id == external_id)
        .with_for_update(of=Opportunity)
    ).one_or_none()
    if deal is None:
        return False
    part = session.get(OpportunityContact, (deal.id, contact_id))
    if part is None:
        known = select(Contact.id).where(
            Contact.id == contact_id, Contact.account_id == deal.account_id, Contact.deleted_at.is_(None)
        )
        if session.scalar(known) is None:
            return False
        part = OpportunityContact(opportunity_id=deal.id, contact_id=contact_id, decision_role="unknown")
        session.add(part)
    if part.decision_role != role:
        before, part.decision_role = part.decision_role, role
        field = f"contacts.{contact_id}.decision_role"
        record(session, viewer.user_id, "web", "opportunity", str(deal.id), field, before, role)
    session.flush()
    return True


def _check(role: str) -> None:
    if role not in DECISION_ROLES:
        raise AccountEditError(f"decision_role: expected one of {', '.join(DECISION_ROLES)}, got {role!r}")
