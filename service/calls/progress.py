"""How far the viewer's recordings are."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from sqlalchemy import or_, select

from models.calls import FINISHED_STATES, Call, Recording
from models.database import Database
from service.people.viewer import Viewer, visible_calls


@dataclass(frozen=True, slots=True)
class Progress:
    """Where a recording is. ``progress`` is the fraction of the running stage."""

    call_id: uuid.UUID
    recording_id: uuid.UUID
    state: str
    progress: float
    reason: str | None

    @property
    def finished(self) -> bool:
        return self.state in FINISHED_STATES

    def to_json(self) -> dict[str, Any]:
        return {
            "call_id": str(self.call_id),
            "recording_id": str(self.recording_id),
            "state": self.state,
            "progress": round(self.progress, 4),
            "reason": self.reason,
        }


def current(database: Database, viewer: Viewer, also: Collection[uuid.UUID] = ()) -> list[Progress]:
    """The visible recordings that are not finished, and those of ``also``."""
    query = (
        select(Call.id, Recording.id, Recording.state, Recording.progress, Recording.state_reason)
        .join(Recording, Recording.id == Call.recording_id)
        .where(
            visible_calls(viewer),
            or_(Recording.state.not_in(FINISHED_STATES), Recording.id.in_(list(also))),
        )
        .order_by(Recording.created_at, Recording.id)
    )
    with database.transaction() as session:
        return [Progress(*row) for row in session.execute(query)]
