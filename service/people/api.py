"""The JSON API of people: who am I, and whom do I see."""

from __future__ import annotations

import uuid

from fastapi import APIRouter
from pydantic import BaseModel

from service.access import SignedInViewer, Transaction
from service.people import queries

router = APIRouter(prefix="/api", tags=["people"])


class Person(BaseModel):
    """A user as others see them."""

    id: uuid.UUID | None
    name: str
    email: str
    role: str
    team: str | None = None


@router.get("/me")
def me(viewer: SignedInViewer) -> Person:
    """The viewer of this request."""
    return Person(id=viewer.user_id, name=viewer.name, email=viewer.email, role=viewer.role)


@router.get("/users")
def users(viewer: SignedInViewer, session: Transaction) -> list[Person]:
    """The users whose work the viewer may see."""
    return [
        Person(id=u.id, name=u.name, email=u.email, role=u.role, team=u.team.name if u.team else None)
        for u in queries.list_users(session, viewer)
    ]
