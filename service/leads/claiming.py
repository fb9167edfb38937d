"""A lead changes hands: claimed, given back, taken back, marked invalid. Each is one transaction under row locks."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.leads import Lead, LeadEvent
from models.people import User
from service.leads.history import LOST, OPEN_STATES, Actor, change, locked
from service.leads.holding import holdings, lock_holders, refuse_full
from service.leads.notices import tell
from service.leads.refusals import LeadRefused
from service.leads.rules import pool_rules
from service.people.viewer import Viewer
from sop.deals.leads import due_at, kept_away_until
from sop.deals.pool import Limits

UNDO_S = 60
"""How long a claim can be taken back as if it had not been made."""

_LONGEST_REASON = 300


def claim(session: Session, actor: Actor, lead_id: uuid.UUID) -> Lead:
    """Take a lead out of a public pool.

    Of several who claim one lead at the same time the first gets it; the others are told who has it.

    Raises:
        LeadRefused: ``taken``, ``number_taken``, ``yours``, ``full``, ``kept_away``, ``closed``, ``not_a_seller`` or
            ``missing``.
    """
    viewer = actor.viewer
    if viewer.user_id is None or viewer.role == "admin":
        raise LeadRefused("not_a_seller")
    lock_holders(session, [viewer.user_id])
    lock_number(session, lead_id)
    lead, actor = locked(session, lead_id), actor.settled()
    if lead.owner_id is None and lead.team_id not in (None, viewer.team_id):
        raise LeadRefused("missing")
    _refuse_held(session, lead, viewer)
    refuse_number(session, lead, viewer.user_id)
    limits = pool_rules(session).limits
    until = kept_away_until(limits, lost_at(session, lead.id, viewer.user_id), actor.now)
    if until is not None:
        raise LeadRefused("kept_away", until_at=until)
    refuse_full(holdings(session, limits, [viewer.user_id]))
    change(session, actor, lead, "claimed", **owned_by(limits, viewer.user_id, actor.now))
    return lead


def owned_by(limits: Limits, user_id: uuid.UUID, now: datetime) -> dict[str, Any]:
    """What changes of a lead that somebody gets."""
    due = due_at(limits, now, None)
    return {"owner_id": user_id, "owned_since": now, "due_at": due, "last_action_at": None, "state": "assigned"}


def in_pool() -> dict[str, Any]:
    """What changes of a lead that flows back into the public pool."""
    return {"owner_id": None, "owned_since": None, "due_at": None, "last_action_at": None, "state": "new"}


def lost_at(session: Session, lead_id: uuid.UUID, user_id: uuid.UUID) -> datetime | None:
    """When somebody last lost a lead, because it expired or went back."""
    query = (
        select(LeadEvent.at)
        .where(LeadEvent.lead_id == lead_id, LeadEvent.from_owner_id == user_id, LeadEvent.kind.in_(LOST))
        .order_by(LeadEvent.at.desc())
        .limit(1)
    )
    return session.scalar(query)


def undo_claim(session: Session, actor: Actor, lead_id: uuid.UUID) -> Lead:
    """Give a lead back as if it had never been claimed: it can be claimed again at once.

    Raises:
        LeadRefused: ``too_late`` after :data:`UNDO_S` seconds or a call, ``not_owner``, ``closed`` or ``missing``.
    """
    lead, actor = _locked_own(session, actor.viewer, lead_id), actor.settled()
    newest = session.scalars(
        select(LeadEvent).where(LeadEvent.lead_id == lead.id).order_by(LeadEvent.at.desc()).limit(1)
    ).one_or_none()
    was_claimed = newest is not None and newest.kind == "claimed" and newest.actor_id == actor.viewer.user_id
    if not was_claimed or lead.owned_since is None or actor.now - lead.owned_since > timedelta(seconds=UNDO_S):
        raise LeadRefused("too_late", seconds=UNDO_S)
    change(session, actor, lead, "undone", **in_pool())
    return lead


def release(session: Session, actor: Actor, lead_id: uuid.UUID, reason: str = "") -> Lead:
    """Give a lead back into the public pool; by its owner, or by a manager of theirs, who takes it back.

    Who lost it so can't claim it again for a while. An invalid lead goes back as a new one.

    Raises:
        LeadRefused: ``not_owner``, ``in_pool``, ``closed`` or ``missing``.
    """
    viewer = actor.viewer
    lead, actor = _locked_own(session, viewer, lead_id, also_invalid=True), actor.settled()
    is_own = lead.owner_id == viewer.user_id
    if lead.owner_id is None and lead.state != "invalid":
        raise LeadRefused("in_pool")
    if not is_own and lead.owner_id is not None:
        params = {"lead": lead.name, "by": viewer.name, "reason": reason, "at": actor.now.isoformat()}
        tell(session, [lead.owner_id], "lead_taken_back", params, f"/leads/{lead.id}")
    kind = "reopened" if lead.state == "invalid" else "released" if is_own else "taken_back"
    change(session, actor, lead, kind, _short(reason), **in_pool())
    return lead


def mark_invalid(session: Session, actor: Actor, lead_id: uuid.UUID, reason: str) -> Lead:
    """Close a lead that is none: a wrong number, the same twice. It leaves its owner's pool.

    Raises:
        LeadRefused: ``no_reason``, ``not_owner``, ``closed`` or ``missing``.
    """
    if not reason.strip():
        raise LeadRefused("no_reason")
    lead, actor = _locked_own(session, actor.viewer, lead_id), actor.settled()
    change(session, actor, lead, "invalid", _short(reason), **in_pool() | {"state": "invalid"})
    return lead


def qualify(session: Session, actor: Actor, lead_id: uuid.UUID) -> Lead:
    """Note that a lead is worth pursuing. That is no action: only calls keep it from flowing back.

    Raises:
        LeadRefused: ``not_owner``, ``in_pool``, ``closed`` or ``missing``.
    """
    lead, actor = _locked_own(session, actor.viewer, lead_id), actor.settled()
    if lead.owner_id is None:
        raise LeadRefused("in_pool")
    if lead.state != "qualified":
        change(session, actor, lead, "qualified", state="qualified")
    return lead


def may_act(session: Session, viewer: Viewer, lead: Lead) -> bool:
    """Whether the lead is the viewer's, or of someone whose work they decide about."""
    if viewer.role == "admin" or (lead.owner_id is not None and lead.owner_id == viewer.user_id):
        return True
    if viewer.role != "manager" or viewer.team_id is None:
        return False
    if lead.owner_id is None:
        return lead.team_id in (None, viewer.team_id)
    return session.scalar(select(User.team_id).where(User.id == lead.owner_id)) == viewer.team_id


def require_may_act(session: Session, viewer: Viewer, lead: Lead) -> None:
    """Refuse those whose lead it is not.

    Raises:
        LeadRefused: ``not_owner`` for a lead of a pool that is open to them, ``missing`` for others.
    """
    if not may_act(session, viewer, lead):
        is_open = lead.owner_id is None and lead.team_id in (None, viewer.team_id)
        raise LeadRefused("not_owner" if is_open else "missing")


def _locked_own(session: Session, viewer: Viewer, lead_id: uuid.UUID, *, also_invalid: bool = False) -> Lead:
    lead = locked(session, lead_id)
    require_may_act(session, viewer, lead)
    if lead.state not in OPEN_STATES and not (also_invalid and lead.state == "invalid" and viewer.role != "rep"):
        raise LeadRefused("closed", state=lead.state)
    return lead


def _refuse_held(session: Session, lead: Lead, viewer: Viewer) -> None:
    if lead.state not in OPEN_STATES:
        raise LeadRefused("closed", state=lead.state)
    if lead.owner_id == viewer.user_id:
        raise LeadRefused("yours")
    if lead.owner_id is not None:
        owner = session.scalar(select(User.name).where(User.id == lead.owner_id)) or ""
        raise LeadRefused("taken", owner=owner, since_at=lead.owned_since or lead.created_at)


def lock_number(session: Session, lead_id: uuid.UUID) -> None:
    """Lock all leads of the lead's number: two of them must not go to two reps at once."""
    phone = select(Lead.phone).where(Lead.id == lead_id).scalar_subquery()
    same = select(Lead.id).where(Lead.phone == phone, Lead.deleted_at.is_(None)).order_by(Lead.id)
    session.execute(same.with_for_update()).all()


def refuse_number(session: Session, lead: Lead, holder_id: uuid.UUID) -> None:
    """Nobody contacts a lead of somebody else, under whatever id.

    Raises:
        LeadRefused: ``number_taken``.
    """
    others = (
        select(User.name)
        .join(Lead, Lead.owner_id == User.id)
        .where(Lead.phone == lead.phone, Lead.owner_id != holder_id, Lead.state.in_(OPEN_STATES))
        .where(Lead.id != lead.id, Lead.deleted_at.is_(None))
        .limit(1)
    )
    owner = session.scalar(others) if lead.phone else None
    if owner is not None:
        raise LeadRefused("number_taken", owner=owner)


def _short(reason: str) -> str | None:
    return reason.strip()[:_LONGEST_REASON] or None
