"""Which accounts, contacts and leads a viewer may see, and what of the records they may change.

Accounts and contacts are seen through deals: who sees a deal sees whom it is with. An account or contact that no deal
names yet is its owner's, or everybody's where it has none.
"""

from __future__ import annotations

import uuid
from dataclasses import replace

from sqlalchemy import ColumnElement, or_, select, true
from sqlalchemy.orm import Session

from models.leads import Lead
from models.opportunities import Account, Contact, Opportunity, OpportunityContact
from models.people import User
from service.people.viewer import Viewer, own_or_team, visible_opportunities


class NotAllowed(Exception):
    """This viewer may see the record and not change it; the message says who may."""


def is_editor(viewer: Viewer) -> bool:
    """Whether the viewer decides for others: an admin or a manager."""
    return viewer.role in ("admin", "manager")


def require_editor(viewer: Viewer, what: str) -> None:
    """Refuse reps.

    Raises:
        NotAllowed: only managers and admins may do ``what`` ("change pipelines").
    """
    if not is_editor(viewer):
        raise NotAllowed(f"only managers and admins may {what}")


def as_team(viewer: Viewer) -> Viewer:
    """A rep with the eyes of their team: whose customers a new deal of theirs may be with."""
    return replace(viewer, role="manager") if viewer.role == "rep" and viewer.team_id else viewer


def visible_accounts(viewer: Viewer) -> ColumnElement[bool]:
    """The accounts this viewer may see, as a condition on :class:`models.opportunities.Account`."""
    if viewer.role == "admin":
        return Account.deleted_at.is_(None)
    seen = select(Opportunity.account_id).where(visible_opportunities(viewer))
    dealt = select(Opportunity.id).where(Opportunity.account_id == Account.id, Opportunity.deleted_at.is_(None))
    nobodys = Account.owner_id.is_(None) & ~dealt.exists()
    return Account.deleted_at.is_(None) & or_(own_or_team(viewer, Account.owner_id), Account.id.in_(seen), nobodys)


def visible_contacts(viewer: Viewer) -> ColumnElement[bool]:
    """The contacts this viewer may see, as a condition on :class:`models.opportunities.Contact`."""
    if viewer.role == "admin":
        return Contact.deleted_at.is_(None)
    accounts = select(Account.id).where(visible_accounts(viewer))
    named = (
        select(OpportunityContact.contact_id)
        .join(Opportunity, Opportunity.id == OpportunityContact.opportunity_id)
        .where(visible_opportunities(viewer))
    )
    return Contact.deleted_at.is_(None) & or_(Contact.account_id.in_(accounts), Contact.id.in_(named))


def visible_leads(viewer: Viewer) -> ColumnElement[bool]:
    """The leads this viewer may see: their own and their team's, and those of the pools that are open to them."""
    if viewer.role == "admin":
        return Lead.deleted_at.is_(None)
    of_team = or_(Lead.team_id.is_(None), Lead.team_id == viewer.team_id) if viewer.team_id else Lead.team_id.is_(None)
    return Lead.deleted_at.is_(None) & or_(own_or_team(viewer, Lead.owner_id), Lead.owner_id.is_(None) & of_team)


def changeable_opportunities(viewer: Viewer) -> ColumnElement[bool]:
    """The opportunities this viewer may change: theirs, or their team's; having had a call with one is not enough."""
    if viewer.role == "admin":
        return Opportunity.deleted_at.is_(None)
    mine = own_or_team(viewer, Opportunity.owner_id)
    if viewer.role == "manager":
        mine = or_(mine, Opportunity.owner_id.is_(None) & visible_opportunities(viewer))
    return Opportunity.deleted_at.is_(None) & mine


def may_own(session: Session, viewer: Viewer, owner_id: uuid.UUID | None) -> bool:
    """Whether the viewer may give a record to this owner: an admin to all, a manager within the team, a rep to
    themselves; None is nobody."""
    if viewer.role == "admin":
        return True
    if owner_id is None:
        return viewer.role == "manager"
    if owner_id == viewer.user_id:
        return True
    if viewer.role != "manager" or viewer.team_id is None:
        return False
    return session.scalar(select(User.team_id).where(User.id == owner_id)) == viewer.team_id


def everything() -> ColumnElement[bool]:
    """No limit: for the operator."""
    return true()
