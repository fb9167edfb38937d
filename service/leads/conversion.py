"""A lead becomes an opportunity: account and contact are found or made, and its calls come along."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session

from models.calls import Call
from models.leads import Lead
from models.opportunities import Account, Contact, Opportunity, OpportunityContact, StageChange
from models.people import User
from service.leads.claiming import require_may_act
from service.leads.history import OPEN_STATES, Actor, change, locked
from service.leads.refusals import LeadRefused
from service.opportunities import linking
from service.records.audit import Line, record_all
from service.records.pipelines import DEFAULT_PIPELINE, pipelines
from service.records.scope import as_team, visible_accounts


@dataclass(frozen=True, slots=True)
class Conversion:
    """What a lead shall become. Without ``opportunity_id`` the opportunity gets one, without ``name`` the lead's.

    Without ``stage`` it begins in the first of its pipeline.
    """

    opportunity_id: str | None = None
    name: str | None = None
    amount: Decimal | None = None
    currency: str | None = None
    pipeline: str = DEFAULT_PIPELINE
    stage: str | None = None


def convert(session: Session, actor: Actor, lead_id: uuid.UUID, wish: Conversion = Conversion()) -> Opportunity:
    """Make an opportunity of a lead; its owner owns it, and the calls of their team with its number belong to it.

    Raises:
        LeadRefused: ``not_owner``, ``in_pool``, ``closed``, ``no_pipeline``, ``no_stage``, ``taken_id``, ``missing``.
    """
    _lock_calls(session, lead_id)
    lead, actor = locked(session, lead_id), actor.settled()
    require_may_act(session, actor.viewer, lead)
    if lead.state not in OPEN_STATES:
        raise LeadRefused("closed", state=lead.state)
    if lead.owner_id is None:
        raise LeadRefused("in_pool")
    stage, external_id = _stage(session, wish), _free_id(session, lead, wish)
    account = _account(session, actor, lead)
    contact = _contact(session, actor, lead, account)
    opportunity = Opportunity(
        external_id=external_id,
        name=wish.name or lead.company or lead.name,
        account_id=account.id,
        contact_id=contact.id,
        owner_id=lead.owner_id,
        amount=wish.amount,
        currency=(wish.currency or "").upper() or None,
        pipeline=wish.pipeline,
        stage=stage,
        outcome="open",
        source=lead.source,
        created_at=actor.now,
        fields=dict(lead.fields),
    )
    session.add(opportunity)
    session.flush()
    session.add(OpportunityContact(opportunity_id=opportunity.id, contact_id=contact.id))
    session.add(StageChange(opportunity_id=opportunity.id, stage=stage, changed_at=actor.now, source="lead"))
    made = {"external_id": external_id, "name": opportunity.name, "stage": stage, "lead": str(lead.id)}
    _write_down(session, actor, "opportunity", opportunity.id, made)
    values: dict[str, Any] = {"state": "converted", "opportunity_id": opportunity.id, "due_at": None}
    change(session, actor, lead, "converted", external_id, **values)
    _carry_calls(session, actor, lead, opportunity)
    return opportunity


def _stage(session: Session, wish: Conversion) -> str:
    known = pipelines(session)
    if wish.pipeline not in known:
        raise LeadRefused("no_pipeline", pipeline=wish.pipeline, known=", ".join(known))
    stages = [stage.id for stage in known[wish.pipeline].open_stages]
    stage = wish.stage or stages[0]
    if stage not in stages:
        raise LeadRefused("no_stage", pipeline=wish.pipeline, stage=stage, known=", ".join(stages))
    return stage


def _free_id(session: Session, lead: Lead, wish: Conversion) -> str:
    wanted = (wish.opportunity_id or "").strip() or f"LEAD-{lead.external_id or lead.id.hex[:10]}"
    taken = select(Opportunity.id).where(Opportunity.external_id == wanted, Opportunity.deleted_at.is_(None))
    if session.scalar(taken) is None:
        return wanted
    if wish.opportunity_id:
        raise LeadRefused("taken_id", id=wanted)
    return f"LEAD-{lead.id.hex}"


def _account(session: Session, actor: Actor, lead: Lead) -> Account:
    """The account of that name that the actor's team sees; of several of the CRM the one that was there first.

    Where it is another team's the lead gets one of its own, with an id to tell them apart: its people would be seen
    through the deal.
    """
    name = lead.company or lead.name
    named = select(Account).where(Account.name == name, visible_accounts(as_team(actor.viewer)))
    named = named.order_by(Account.created_at, Account.id).limit(1)
    for external_id in (None, f"LEAD-{lead.id.hex}"):
        known = session.scalars(named).one_or_none()
        if known is not None:
            return known
        values = {"id": uuid.uuid4(), "external_id": external_id, "name": name, "owner_id": lead.owner_id}
        insert = upsert(Account).values(values).on_conflict_do_nothing().returning(Account.id)
        made = session.scalar(insert)
        if made is not None:
            _write_down(session, actor, "account", made, {"name": name})
    return session.scalars(named).one()


def _contact(session: Session, actor: Actor, lead: Lead, account: Account) -> Contact:
    of_account = select(Contact).where(Contact.account_id == account.id, Contact.deleted_at.is_(None))
    same = Contact.phone == lead.phone if lead.phone else Contact.name == lead.name
    known = session.scalars(of_account.where(same).order_by(Contact.created_at, Contact.id).limit(1)).one_or_none()
    if known is not None:
        return known
    contact = Contact(account_id=account.id, name=lead.name, phone=lead.phone, email=lead.email, title=lead.title)
    session.add(contact)
    session.flush()
    _write_down(session, actor, "contact", contact.id, {"name": lead.name, "phone": lead.phone})
    return contact


def _write_down(session: Session, actor: Actor, noun: str, noun_id: uuid.UUID, made: dict[str, Any]) -> None:
    record_all(session, actor.viewer.user_id, actor.via, [Line(noun, str(noun_id), "", None, made)])


def _lock_calls(session: Session, lead_id: uuid.UUID) -> None:
    """Lock the calls that may come along; before the lead is, as a call that comes in is locked before its leads."""
    phone = select(Lead.phone).where(Lead.id == lead_id).scalar_subquery()
    free = select(Call.id).where(Call.customer_phone == phone, Call.opportunity_id.is_(None)).order_by(Call.id)
    session.execute(free.with_for_update()).all()


def _carry_calls(session: Session, actor: Actor, lead: Lead, opportunity: Opportunity) -> None:
    """Link the calls with the lead's number that belong to no deal yet, unless a person said that they shall not.

    Only those of the owner's team: a call opens its deal to its rep. A lead without a number has none.
    """
    if lead.phone is None:
        return
    team = select(User.team_id).where(User.id == lead.owner_id).scalar_subquery()
    mates = select(User.id).where((User.team_id == team) | (User.id == lead.owner_id))
    free = select(Call.id).where(
        Call.customer_phone == lead.phone,
        Call.opportunity_id.is_(None),
        Call.deleted_at.is_(None),
        Call.rep_id.in_(mates),
    )
    for call_id in session.scalars(free.order_by(Call.id)).all():
        call = linking.locked_call(session, call_id)
        if call is not None and not linking.is_bound(call):
            by, via = actor.viewer.user_id, actor.via
            linking.note(session, call, opportunity.id, {"by": linking.PERSON}, (), made_by=by, via=via)
