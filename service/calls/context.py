"""What is known of a call that can't be heard in it: direction, stage, team, and whether it follows up on another."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, Row, and_, case, or_, select
from sqlalchemy.orm import Session, aliased

from models.calls import Call, Recording
from models.opportunities import Opportunity, StageChange
from models.people import Team, User
from sop.facts import CallContext

_UNANSWERED = ("no_speech", "failed")


def context_columns() -> tuple[ColumnElement[Any], ...]:
    """What :func:`to_context` reads, as columns of a query over :class:`models.calls.Call`."""
    return (
        Call.direction.label("context_direction"),
        _stage().label("context_stage"),
        _team().label("context_team"),
        _follows_up().label("context_follow_up"),
    )


def to_context(row: Row[*tuple[Any, ...]]) -> CallContext:
    """The context in a row of :func:`context_columns`; no call has a type yet."""
    return CallContext(
        direction=None if row.context_direction == "unknown" else row.context_direction,
        stage=row.context_stage,
        team=row.context_team,
        follow_up=row.context_follow_up,
    )


def context_of(session: Session, call_id: uuid.UUID) -> CallContext:
    """The context of one call."""
    return to_context(session.execute(select(*context_columns()).where(Call.id == call_id)).one())


def _stage() -> ColumnElement[Any]:
    """The opportunity's stage when the call began; that of today where no change of it was ever noted.

    Null where the first change noted came after the call: what it was before is unknown.
    """
    of_call = StageChange.opportunity_id == Call.opportunity_id
    then = (
        select(StageChange.stage)
        .where(of_call, StageChange.changed_at <= Call.started_at)
        .order_by(StageChange.changed_at.desc(), StageChange.id)
        .limit(1)
        .correlate(Call)
        .scalar_subquery()
    )
    now = select(Opportunity.stage).where(Opportunity.id == Call.opportunity_id).correlate(Call).scalar_subquery()
    was_noted = select(StageChange.id).where(of_call).correlate(Call).exists()
    return case((was_noted, then), else_=now)


def _team() -> ColumnElement[Any]:
    return (
        select(Team.name)
        .join(User, User.team_id == Team.id)
        .where(User.id == Call.rep_id)
        .correlate(Call)
        .scalar_subquery()
    )


def _follows_up() -> ColumnElement[Any]:
    """Whether people spoke in an earlier call of the same opportunity or number; null where neither is known."""
    earlier, recording = aliased(Call), aliased(Recording)

    def is_there(link: ColumnElement[bool]) -> ColumnElement[bool]:
        return (
            select(earlier.id)
            .join(recording, recording.id == earlier.recording_id)
            .where(
                link,
                earlier.started_at < Call.started_at,
                earlier.deleted_at.is_(None),
                recording.state.not_in(_UNANSWERED),
            )
            .correlate(Call)
            .exists()
        )

    same = or_(
        is_there(earlier.opportunity_id == Call.opportunity_id), is_there(earlier.customer_phone == Call.customer_phone)
    )
    unknown = and_(Call.opportunity_id.is_(None), Call.customer_phone.is_(None))
    return case((unknown, None), else_=same)
