"""A call with a number: an action of the lead's owner, or somebody else on ground that is not theirs."""

from __future__ import annotations

import uuid
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.leads import Lead, LeadEvent
from models.opportunities import Contact, Opportunity, OpportunityContact
from models.people import User
from service.leads.grading import regrade_number
from service.leads.history import OPEN_STATES, Actor, change
from service.leads.notices import managers_of, tell
from service.leads.rules import pool_rules
from service.leads.views import PhoneOwner
from service.opportunities.phones import e164
from service.people.viewer import OPERATOR, Viewer, visible_people
from service.records.scope import visible_leads
from sop.deals.leads import due_at

CALLED, TRESPASSED, FROM_POOL = "called", "called_by_other", "called_from_pool"
CALL_KINDS = (CALLED, TRESPASSED, FROM_POOL)
"""What a call was to a lead; the ``reason`` of such an event is the call's id."""


def lead_contacted(session: Session, call: Call) -> None:
    """Note a call with the leads of its number.

    The owner's own call is an action: the lead stays theirs for so many days more. A call of somebody else is told
    to the owner and their managers. Noted once, however often it is asked for.
    """
    if call.customer_phone is None or call.rep_id is None:
        return
    leads = session.scalars(
        select(Lead)
        .where(Lead.phone == call.customer_phone, Lead.state.in_(OPEN_STATES), Lead.deleted_at.is_(None))
        .order_by(Lead.id)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()
    actor = Actor.at_once(OPERATOR, "job")
    for lead in leads:
        if not _is_noted(session, lead, call):
            _note(session, actor, lead, call)
    if leads:
        regrade_number(session, call.customer_phone)


def _is_noted(session: Session, lead: Lead, call: Call) -> bool:
    noted = select(LeadEvent.id).where(
        LeadEvent.lead_id == lead.id, LeadEvent.kind.in_(CALL_KINDS), LeadEvent.reason == str(call.id)
    )
    return session.scalar(noted) is not None


def _note(session: Session, actor: Actor, lead: Lead, call: Call) -> None:
    """What the call was to the lead when it was held, however long afterwards it was processed."""
    holder = _holder(session, lead, call.started_at)
    if lead.owner_id == call.rep_id and holder in (None, call.rep_id):
        _count_action(session, actor, lead, call)
    elif holder is None:
        if lead.owner_id is None:
            change(session, actor, lead, FROM_POOL, str(call.id))
    elif holder == call.rep_id:
        _write_down(session, actor, lead, CALLED, call, holder)
    else:
        _write_down(session, actor, lead, TRESPASSED, call, holder)
        _tell_of_trespass(session, lead, call, holder)


def _holder(session: Session, lead: Lead, at: datetime) -> uuid.UUID | None:
    """Who had the lead at that moment, as far as its history tells; None for nobody."""
    if lead.owner_id is not None and (lead.owned_since is None or at >= lead.owned_since):
        return lead.owner_id
    events = select(LeadEvent).where(LeadEvent.lead_id == lead.id)
    before = events.where(LeadEvent.at <= at).order_by(LeadEvent.at.desc(), LeadEvent.id.desc()).limit(1)
    if (last := session.scalars(before).one_or_none()) is not None:
        return last.to_owner_id
    after = session.scalars(events.order_by(LeadEvent.at, LeadEvent.id).limit(1)).one_or_none()
    return None if after is None else after.from_owner_id


def _write_down(session: Session, actor: Actor, lead: Lead, kind: str, call: Call, holder: uuid.UUID) -> None:
    """Put the call in the lead's history with who had the lead then; the lead itself stays as it is."""
    session.add(
        LeadEvent(
            lead_id=lead.id,
            at=actor.now,
            kind=kind,
            actor_id=actor.viewer.user_id,
            from_owner_id=holder,
            to_owner_id=lead.owner_id,
            reason=str(call.id),
        )
    )
    session.flush()


def _count_action(session: Session, actor: Actor, lead: Lead, call: Call) -> None:
    """A call from before the lead was theirs is kept in the history, and buys no time."""
    since = lead.owned_since or lead.created_at
    if call.started_at < since:
        change(session, actor, lead, CALLED, str(call.id))
        return
    last = max(lead.last_action_at or call.started_at, call.started_at)
    due = due_at(pool_rules(session).limits, since, last)
    state = "contacted" if lead.state in ("new", "assigned") else lead.state
    change(session, actor, lead, CALLED, str(call.id), last_action_at=last, due_at=due, state=state)


def _tell_of_trespass(session: Session, lead: Lead, call: Call, holder: uuid.UUID) -> None:
    caller = session.scalar(select(User.name).where(User.id == call.rep_id)) or ""
    owner = session.scalar(select(User.name).where(User.id == holder)) or ""
    params = {"lead": lead.name, "by": caller, "owner": owner, "at": call.started_at.isoformat(), "call": str(call.id)}
    tell(session, [holder, *managers_of(session, [holder])], "lead_contacted", params, f"/leads/{lead.id}")


def phone_owner(session: Session, viewer: Viewer, phone: str) -> PhoneOwner:
    """Whose a number is, for whoever is about to call it: a name, and nothing of the lead that they may not see.

    A number without its country code that is nobody's as it stands may still be somebody's: it is "incomplete".
    """
    number = e164(phone)
    if number is None:
        return PhoneOwner("unknown")
    lead = session.execute(
        select(Lead.id, Lead.owner_id, Lead.owned_since, User.name, User.team_id)
        .outerjoin(User, User.id == Lead.owner_id)
        .where(Lead.phone == number, Lead.state.in_(OPEN_STATES), Lead.deleted_at.is_(None))
        .order_by(Lead.owner_id.is_(None), Lead.owned_since, Lead.id)
        .limit(1)
    ).one_or_none()
    if lead is None:
        return _deal_owner(session, number)
    seen = session.scalar(select(Lead.id).where(Lead.id == lead.id, visible_leads(viewer)))
    if lead.owner_id is None:
        return PhoneOwner("pool", lead_id=seen)
    if lead.owner_id == viewer.user_id:
        return PhoneOwner("own", lead.name, lead.owned_since, seen)
    is_seen = session.scalar(select(User.id).where(User.id == lead.owner_id, visible_people(viewer)))
    return PhoneOwner("team" if is_seen else "other", lead.name, lead.owned_since, seen)


def _deal_owner(session: Session, number: str) -> PhoneOwner:
    """The owner of an open deal with a contact of this number, its main one or another."""
    having = select(Contact.id).where(Contact.phone == number, Contact.deleted_at.is_(None))
    others = select(OpportunityContact.opportunity_id).where(OpportunityContact.contact_id.in_(having))
    found = session.execute(
        select(User.name, Opportunity.created_at)
        .join(User, User.id == Opportunity.owner_id)
        .where(
            or_(Opportunity.contact_id.in_(having), Opportunity.id.in_(others)),
            Opportunity.outcome == "open",
            Opportunity.deleted_at.is_(None),
        )
        .order_by(Opportunity.created_at.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        return PhoneOwner("unknown" if number.startswith("+") else "incomplete")
    return PhoneOwner("deal", found.name, found.created_at)
