"""The person who asks, and the rule of what they may see.

Every query takes a viewer. A rep sees the calls they made, a manager those of their team's reps, an
admin all. What a viewer may not see does not exist for them.
"""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Literal, cast
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import ColumnElement, false, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute

from models.calls import Call
from models.opportunities import Opportunity
from models.people import User

Role = Literal["admin", "manager", "rep"]


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who asks. ``user_id`` is None only for the operator at the command line."""

    user_id: uuid.UUID | None
    name: str
    email: str
    role: Role
    team_id: uuid.UUID | None = None
    locale: str | None = None
    time_zone: str | None = None

    @classmethod
    def of(cls, user: User) -> Viewer:
        return cls(user.id, user.name, user.email, cast(Role, user.role), user.team_id, user.locale, user.time_zone)

    @property
    def zone(self) -> ZoneInfo:
        """The clock by which their days begin; UTC where they have none."""
        try:
            return ZoneInfo(self.time_zone or "UTC")
        except (ZoneInfoNotFoundError, ValueError):
            return ZoneInfo("UTC")


OPERATOR = Viewer(None, "operator", "", "admin")
"""Whoever can run commands on the machine already holds every file: they see all."""


def visible_calls(viewer: Viewer) -> ColumnElement[bool]:
    """The calls this viewer may see, as a condition on :class:`models.calls.Call`."""
    return Call.deleted_at.is_(None) & own_or_team(viewer, Call.rep_id)


def visible_opportunities(viewer: Viewer) -> ColumnElement[bool]:
    """The opportunities this viewer may see: those they own, and those they have a call with."""
    if viewer.role == "admin":
        return Opportunity.deleted_at.is_(None)
    called = select(Call.opportunity_id).where(visible_calls(viewer), Call.opportunity_id.is_not(None))
    return Opportunity.deleted_at.is_(None) & or_(own_or_team(viewer, Opportunity.owner_id), Opportunity.id.in_(called))


def visible_people(viewer: Viewer) -> ColumnElement[bool]:
    """The users whose work this viewer may see, as a condition on :class:`models.people.User`."""
    if viewer.role == "admin":
        return true()
    if viewer.role == "manager" and viewer.team_id is not None:
        return or_(User.team_id == viewer.team_id, User.id == viewer.user_id)
    return User.id == viewer.user_id if viewer.user_id else false()


def own_or_team(viewer: Viewer, owner: InstrumentedAttribute[uuid.UUID | None]) -> ColumnElement[bool]:
    """Whether ``owner``, a column of user ids, is someone whose work the viewer may see."""
    if viewer.role == "admin":
        return true()
    return owner.in_(select(User.id).where(visible_people(viewer)))
