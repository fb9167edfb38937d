"""Finding one call by what a person calls it."""

from __future__ import annotations

import uuid

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.calls import Call
from service.people.viewer import Viewer, visible_calls


def find_call(session: Session, viewer: Viewer, name: str) -> uuid.UUID | None:
    """The id of the call with this id, or with this name in the system it came from.

    None where the viewer sees no such call, or several of that name.
    """
    try:
        wanted = Call.id == uuid.UUID(name)
    except ValueError:
        wanted = Call.external_id == name
    found = session.scalars(select(Call.id).where(wanted, visible_calls(viewer)).limit(2)).all()
    return found[0] if len(found) == 1 else None
