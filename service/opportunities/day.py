"""A rep's day: the next steps that are due today, overdue or coming, across the viewer's deals."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import or_, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.opportunities import Account, Collaborator, Opportunity
from models.people import User
from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import steps_by_deal
from service.people.viewer import Viewer, visible_opportunities
from sop.deals.next_steps import NextStep

COMING_DAYS = 14
MISSED_DAYS = 30
_SINCE = timedelta(days=366)
"""Deals without a call for longer agreed on nothing that is still to come."""


@dataclass(frozen=True, slots=True)
class DayStep:
    """A next step on its day by the viewer's clock; ``opportunity`` is the CRM's id, ``owner`` the deal's owner."""

    opportunity: str
    name: str
    account: str
    outcome: str
    owner: str | None
    day: date
    step: NextStep


@dataclass(frozen=True, slots=True)
class Day:
    """The viewer's steps, those due first first.

    ``coming`` are those of the next 14 days, ``missed`` those missed within the last 30 that nobody has answered for.
    """

    today: date
    due: tuple[DayStep, ...]
    overdue: tuple[DayStep, ...]
    coming: tuple[DayStep, ...]
    missed: tuple[DayStep, ...]


def day(session: Session, viewer: Viewer, now: datetime, owner_id: uuid.UUID | None = None) -> Day:
    """What there is to do today, in the viewer's time zone (UTC where they have none).

    A rep sees the steps of deals they own, and what they said themselves in those they work on; a manager sees those
    of the team, an admin all; ``owner_id`` narrows it to one user's. Of closed deals only what is still to come counts.
    """
    zone = viewer.zone
    today = now.astimezone(zone).date()
    user = owner_id or (viewer.user_id if viewer.role == "rep" else None)
    rows = {row.id: row for row in session.execute(_deals(viewer, now, user))}
    facts = deal_facts(session, viewer, list(rows)) if rows else {}
    steps = steps_by_deal(session, facts, now.astimezone(zone))
    found = _listed(rows, steps, zone, user)
    open_ones = [each for each in found if each.outcome == "open" or each.day >= today]
    pending = [each for each in open_ones if each.step.is_pending]
    until, since = today + timedelta(days=COMING_DAYS), today - timedelta(days=MISSED_DAYS)
    return Day(
        today=today,
        due=tuple(each for each in pending if each.day == today),
        overdue=tuple(each for each in pending if each.day < today),
        coming=tuple(each for each in pending if today < each.day <= until),
        missed=tuple(
            each
            for each in found
            if each.outcome == "open" and each.step.state == "missed" and each.step.mark is None and each.day >= since
        ),
    )


def _listed(
    rows: Mapping[uuid.UUID, Any],
    steps: Mapping[uuid.UUID, Sequence[NextStep]],
    zone: ZoneInfo,
    user: uuid.UUID | None,
) -> list[DayStep]:
    found = [
        DayStep(row.external_id, row.name, row.account, row.outcome, row.owner, _day(step, zone), step)
        for deal, row in rows.items()
        for step in steps.get(deal, ())
        if user is None or row.owner_id == user or step.rep == str(user)
    ]
    return sorted(found, key=lambda each: (each.day, each.opportunity, each.step.key))


def _day(step: NextStep, zone: ZoneInfo) -> date:
    """Its last day; by the viewer's clock where a time was said for a day."""
    if step.due.at is not None and step.due.first == step.due.last:
        return step.due.at.astimezone(zone).date()
    return step.due.last


def _deals(viewer: Viewer, now: datetime, user: uuid.UUID | None) -> Any:
    called = select(Call.opportunity_id).where(Call.started_at >= now - _SINCE, Call.deleted_at.is_(None))
    query = (
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.name,
            Opportunity.outcome,
            Opportunity.owner_id,
            Account.name.label("account"),
            User.name.label("owner"),
        )
        .join(Account, Account.id == Opportunity.account_id)
        .outerjoin(User, User.id == Opportunity.owner_id)
        .where(visible_opportunities(viewer), Opportunity.id.in_(called))
    )
    if user is None:
        return query
    works_on = select(Collaborator.opportunity_id).where(Collaborator.user_id == user)
    return query.where(or_(Opportunity.owner_id == user, Opportunity.id.in_(works_on)))
