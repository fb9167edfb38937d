"""The scorecards that a call has under several versions, and one that it would have under a text nobody published."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.scores import StoredScorecard
from models.sops import SopVersion
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.sops.own_events import readable
from service.sops.stored_calls import Wanted, load_calls
from sop.procedure import Sop
from sop.scorecard import Scorecard
from sop.trial import card_of, tagging_of


@dataclass(frozen=True, slots=True)
class CardRow:
    """A card of a call by the version it is of; ``is_shown`` on the one that counts."""

    id: uuid.UUID
    name: str
    number: int
    scored_at: datetime
    is_shown: bool

    @property
    def reference(self) -> str:
        """``NAME@3``."""
        return f"{self.name}@{self.number}"


@dataclass(frozen=True, slots=True)
class SopCard:
    """A scorecard and the document it is of; ``number`` is 0 for a text that nobody published."""

    card: Scorecard
    number: int
    document: str
    sop: Sop | None


def cards_of(session: Session, viewer: Viewer, call_id: uuid.UUID) -> tuple[CardRow, ...]:
    """The cards of a call's current reading, one for each version, by name and the newest version first."""
    found = session.execute(
        newest.joined(select(newest.analysis.c.id.label("analysis"), newest.scorecard.c.id.label("shown"))).where(
            Call.id == call_id, visible_calls(viewer)
        )
    ).one_or_none()
    if found is None or found.analysis is None:
        return ()
    rows = session.execute(
        select(StoredScorecard, SopVersion.name, SopVersion.number)
        .join(SopVersion, SopVersion.id == StoredScorecard.sop_version_id)
        .where(StoredScorecard.analysis_id == found.analysis)
        .order_by(SopVersion.name, SopVersion.number.desc(), StoredScorecard.counted_at.desc())
    )
    cards: dict[tuple[str, int], CardRow] = {}
    for card, name, number in rows:
        cards.setdefault((name, number), CardRow(card.id, name, number, card.created_at, card.id == found.shown))
    return tuple(cards.values())


def load_card(session: Session, row: CardRow) -> SopCard:
    """A stored card as a value."""
    stored, version = session.execute(
        select(StoredScorecard, SopVersion)
        .join(SopVersion, SopVersion.id == StoredScorecard.sop_version_id)
        .where(StoredScorecard.id == row.id)
        .options(selectinload(StoredScorecard.steps))
    ).one()
    document = {name: getattr(stored, name) for name in ("sop_hash", "score", "low", "high", "points", "reason")}
    document |= {"sop_name": version.name, "judged_points": stored.judged_points}
    card = Scorecard.from_json(document | {"steps": [_step(step) for step in stored.steps]})
    return SopCard(card, version.number, version.document, readable(version.document))


def tried_card(session: Session, viewer: Viewer, call_id: uuid.UUID, sop: Sop, document: str) -> SopCard | None:
    """The card a call would have, from its stored key events; None where the viewer sees no such analyzed call.

    What its analysis was not made for stays unknown.
    """
    if not session.scalar(select(Call.id).where(Call.id == call_id, visible_calls(viewer))):
        return None
    for call in load_calls(session, Wanted(None, sop, reviews=False), [call_id]):
        tried = call.tried
        card = card_of(sop, tagging_of(tried.events), tried.facts, tried.after)
        return SopCard(card, 0, document, sop)
    return None


def _step(step: Any) -> dict[str, Any]:
    """A stored line in the form of :meth:`sop.scorecard.StepResult.to_json`."""
    names = ("title", "outcome", "required", "points", "unknown_points", "max_points", "confidence", "reason")
    lists = ("evidence", "criteria", "dimensions")
    return {"step_id": step.step, **{name: getattr(step, name) for name in (*names, *lists)}}
