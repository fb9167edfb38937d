"""A reviewed call: who says what of its key events, and what is asked and shown of it."""

from __future__ import annotations

import uuid
from collections.abc import Sequence

from sqlalchemy import select

from asr.transcript import Transcript
from models.calls import Call
from models.database import Database
from models.reviews import EventReview
from service.calls.filters import CallFilters
from service.calls.queries import get_call, list_calls
from service.calls.store import latest_transcript
from service.calls.views import CallDetail, EventMark
from service.people.viewer import OPERATOR, Viewer
from service.reviews.quality import QualityRow, quality_card
from service.reviews.verdicts import Reviewed, Verdict, Wish, review_event

TEXTS = ["Good morning, this is Tom.", "Yes?", "Do you want to sign today?", "That is too expensive.", "I see."]
EVENTS = [["opening"], [], ["closing"], ["price_objection", "customer_approval"], []]
PEOPLE = [
    ("ana", "rep", "North"),
    ("abe", "rep", "North"),
    ("meg", "manager", "North"),
    ("sue", "manager", "South"),
    ("sam", "admin", None),
]


def review(
    database: Database, call_id: uuid.UUID, turn: int, event: str, verdict: Verdict, viewer: Viewer = OPERATOR
) -> Reviewed | None:
    with database.transaction() as session:
        return review_event(session, viewer, call_id, Wish(turn, event, verdict))


def shown(database: Database, call_id: uuid.UUID) -> CallDetail:
    with database.transaction() as session:
        detail = get_call(session, OPERATOR, call_id)
    assert detail is not None
    return detail


def mark(detail: CallDetail, event: str) -> EventMark:
    return next(mark for mark in detail.events if mark.event == event)


def found(database: Database, *events: str) -> int:
    with database.transaction() as session:
        return list_calls(session, OPERATOR, CallFilters(events=events)).total


def rows(database: Database) -> Sequence[EventReview]:
    with database.transaction() as session:
        return session.scalars(select(EventReview).order_by(EventReview.reviewed_at)).all()


def row_of(database: Database, event: str, viewer: Viewer = OPERATOR) -> QualityRow:
    with database.transaction() as session:
        card = quality_card(session, viewer)
    return next(row for row in card.rows if row.figures.event == event)


def stored_transcript(database: Database, call_id: uuid.UUID) -> Transcript:
    """The transcript of a call that counts."""
    with database.transaction() as session:
        loaded = latest_transcript(session, session.get_one(Call, call_id).recording_id)
    assert loaded is not None
    return loaded.transcript
