"""Lines for people about what happened without them, until they have read them."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from models.notices import Notice
from models.people import User
from service.leads.views import NoticeView
from service.people.viewer import Viewer

SHOWN = 100
"""The newest notices that a page lists."""


def tell(
    session: Session, users: Iterable[uuid.UUID], kind: str, params: Mapping[str, Any], href: str | None = None
) -> None:
    """Leave each of ``users`` a line; one of the same kind and ``params`` is left once."""
    wanted = list(dict.fromkeys(users))
    same = select(Notice.user_id).where(Notice.user_id.in_(wanted), Notice.kind == kind, Notice.params == dict(params))
    known = set(session.scalars(same)) if wanted else set()
    session.add_all(
        Notice(user_id=user, kind=kind, params=dict(params), href=href) for user in wanted if user not in known
    )


def managers_of(session: Session, user_ids: Collection[uuid.UUID]) -> list[uuid.UUID]:
    """The managers of the teams of these users."""
    teams = select(User.team_id).where(User.id.in_(user_ids), User.team_id.is_not(None))
    managers = select(User.id).where(User.role == "manager", User.team_id.in_(teams), User.deactivated_at.is_(None))
    return list(session.scalars(managers.order_by(User.id)))


def unread(session: Session, viewer: Viewer) -> int:
    """How many lines the viewer has not read."""
    query = select(func.count()).where(Notice.user_id == viewer.user_id, Notice.read_at.is_(None))
    return session.scalar(query) or 0


def list_notices(session: Session, viewer: Viewer, size: int = SHOWN) -> tuple[NoticeView, ...]:
    """The viewer's own lines, newest first."""
    found = session.scalars(
        select(Notice).where(Notice.user_id == viewer.user_id).order_by(Notice.created_at.desc(), Notice.id).limit(size)
    )
    return tuple(
        NoticeView(one.id, one.kind, one.params, one.href, one.created_at, one.read_at is not None) for one in found
    )


def mark_read(session: Session, viewer: Viewer, notice_id: uuid.UUID | None = None) -> int:
    """Note that the viewer has read a line, or all of them; how many were new."""
    query = update(Notice).where(Notice.user_id == viewer.user_id, Notice.read_at.is_(None))
    if notice_id is not None:
        query = query.where(Notice.id == notice_id)
    return len(session.scalars(query.values(read_at=datetime.now(UTC)).returning(Notice.id)).all())
