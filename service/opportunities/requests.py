"""Approvals and must-do actions of a deal: asked for, decided, done. Each change is in the audit trail."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from models.opportunities import Approval, DoneAction, Opportunity
from service.people.viewer import Viewer, visible_opportunities
from service.records.audit import Via, record
from service.records.scope import NotAllowed, changeable_opportunities, require_editor

MAX_NAME = 40
MAX_NOTE = 500


class RequestError(Exception):
    """What cannot be asked for or decided; the message says why."""


def request_approval(
    session: Session, viewer: Viewer, external_id: str, kind: str, note: str | None = None, via: Via = "web"
) -> bool:
    """Ask for an approval; False when the viewer sees no such deal.

    Raises:
        NotAllowed: the deal is not the viewer's or their team's.
        RequestError: this kind is asked for already, or kind or note is too long.
    """
    _check("kind", kind)
    deal = _changeable(session, viewer, external_id)
    if deal is None:
        return False
    if note and len(note) > MAX_NOTE:
        raise RequestError(f"note: {len(note)} characters, at most {MAX_NOTE} are kept; shorten it")
    if _open(session, deal, kind) is not None:
        raise RequestError(f"kind: {kind!r} is asked for already and not decided")
    session.add(Approval(opportunity_id=deal, kind=kind, requested_by_id=viewer.user_id, note=note))
    session.flush()
    record(session, viewer.user_id, via, "opportunity", deal, f"approvals.{kind}", None, "requested")
    return True


def decide_approval(
    session: Session,
    viewer: Viewer,
    external_id: str,
    kind: str,
    state: str,
    via: Via = "web",
    note: str | None = None,
) -> bool:
    """Approve or refuse what was asked for; False when the viewer sees no such deal.

    A ``note`` takes the place of the one that was asked with.

    Raises:
        NotAllowed: the viewer is no manager or admin, the deal is not their team's, or they grant what they asked for
            themselves (which admins may).
        RequestError: nothing of this kind is asked for, or the state is neither approved nor rejected.
    """
    require_editor(viewer, "decide on approvals")
    if state not in ("approved", "rejected"):
        raise RequestError(f"state: expected approved or rejected, got {state[:MAX_NAME]!r}")
    deal = _changeable(session, viewer, external_id)
    if deal is None:
        return False
    asked = _open(session, deal, kind)
    if asked is None:
        raise RequestError(f"kind: {kind[:MAX_NAME]!r} is not asked for; somebody may have decided already")
    if state == "approved" and _is_own(viewer, asked):
        raise NotAllowed("you asked for this approval yourself: another manager of the team or an admin grants it")
    asked.state, asked.decided_by_id, asked.decided_at = state, viewer.user_id, datetime.now(UTC)
    asked.note = note or asked.note
    session.flush()
    record(session, viewer.user_id, via, "opportunity", deal, f"approvals.{kind}", "requested", state)
    return True


def _is_own(viewer: Viewer, asked: Approval) -> bool:
    return viewer.role != "admin" and asked.requested_by_id == viewer.user_id


def do_action(
    session: Session,
    viewer: Viewer,
    external_id: str,
    action: str,
    note: str | None = None,
    via: Via = "web",
    done_at: datetime | None = None,
) -> bool:
    """Put on record that an action was done, now or at ``done_at``; False when the viewer sees no such deal.

    Told twice for the same moment it is on record once.

    Raises:
        NotAllowed: the deal is not the viewer's or their team's.
        RequestError: the action's name is empty or too long, or ``done_at`` lies in the future.
    """
    _check("action", action)
    if done_at is not None and done_at > datetime.now(UTC):
        raise RequestError(f"done_at: {done_at.isoformat()} lies in the future; tell an action once it is done")
    deal = _changeable(session, viewer, external_id)
    if deal is None:
        return False
    row = {"opportunity_id": deal, "action": action, "done_by_id": viewer.user_id, "note": note}
    if done_at is not None:
        row["done_at"] = done_at
    made = insert(DoneAction).values(id=uuid.uuid4(), **row).on_conflict_do_nothing().returning(DoneAction.id)
    if session.scalar(made) is None:
        return True
    record(session, viewer.user_id, via, "opportunity", deal, f"actions.{action}", None, "done")
    return True


def undo_action(session: Session, viewer: Viewer, external_id: str, done: uuid.UUID, via: Via = "web") -> bool:
    """Take a record of an action back, named by its id: the same request sent twice takes back no other.

    Returns:
        Whether the viewer sees the deal. A record that is gone already stays gone.

    Raises:
        NotAllowed: the deal is not the viewer's or their team's.
    """
    deal = _changeable(session, viewer, external_id)
    if deal is None:
        return False
    query = select(DoneAction).where(DoneAction.opportunity_id == deal, DoneAction.id == done)
    named = session.scalars(query).one_or_none()
    if named is not None:
        session.delete(named)
        session.flush()
        record(session, viewer.user_id, via, "opportunity", deal, f"actions.{named.action}", "done", None)
    return True


def is_requested(session: Session, viewer: Viewer, external_id: str, kind: str) -> bool:
    """Whether an approval is asked for and not decided, of a deal the viewer may change.

    Raises:
        NotAllowed: the deal is not the viewer's or their team's.
    """
    deal = _changeable(session, viewer, external_id)
    return deal is not None and _open(session, deal, kind) is not None


def require_changeable(session: Session, viewer: Viewer, external_id: str) -> None:
    """Refuse who may see a deal and not change it.

    Raises:
        NotAllowed: the deal is not the viewer's or their team's.
    """
    _changeable(session, viewer, external_id)


def _check(field: str, name: str) -> None:
    if not name.strip() or len(name) > MAX_NAME:
        raise RequestError(f"{field}: expected a name of 1 to {MAX_NAME} characters")


def _open(session: Session, deal: uuid.UUID, kind: str) -> Approval | None:
    query = select(Approval).where(
        Approval.opportunity_id == deal, Approval.kind == kind, Approval.state == "requested"
    )
    return session.scalars(query.with_for_update()).one_or_none()


def _changeable(session: Session, viewer: Viewer, external_id: str) -> uuid.UUID | None:
    """The deal, locked so that what is asked and decided follows one another."""
    named = Opportunity.external_id == external_id
    seen = session.scalar(select(Opportunity.id).where(visible_opportunities(viewer), named).with_for_update())
    if seen is None:
        return None
    mine = select(Opportunity.id).where(changeable_opportunities(viewer), Opportunity.id == seen)
    if session.scalar(mine) is None:
        raise NotAllowed("only the owner of a deal, their manager and admins may change it")
    return seen
