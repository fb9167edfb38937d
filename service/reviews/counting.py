"""The reviews that count: of each turn and event a person's last word, unless it was taken back."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import ColumnElement, FromClause, ScalarSelect, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import Session, aliased

from models.people import User
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.reviews.marks import Word

THERE = ("confirmed", "missed")
"""The verdicts that say that a turn shows an event."""


def words(session: Session, transcripts: Collection[uuid.UUID]) -> dict[uuid.UUID, tuple[Word, ...]]:
    """What people say of the turns of each transcript, in order of turns."""
    if not transcripts:
        return {}
    newest = (
        select(EventReview, User.name)
        .outerjoin(User, User.id == EventReview.reviewed_by_id)
        .where(EventReview.transcript_id.in_(transcripts))
        .ext(distinct_on(EventReview.transcript_id, EventReview.turn, EventReview.event))
        .order_by(
            EventReview.transcript_id,
            EventReview.turn,
            EventReview.event,
            EventReview.reviewed_at.desc(),
            EventReview.id,
        )
    )
    found: defaultdict[uuid.UUID, list[Word]] = defaultdict(list)
    for review, name in session.execute(newest):
        if review.verdict != "withdrawn":
            found[review.transcript_id].append(word_of(review, name))
    return {transcript: tuple(said) for transcript, said in found.items()}


def word_of(review: EventReview, name: str | None) -> Word:
    """A stored review as a value; ``name`` is who gave it."""
    return Word(
        turn=review.turn,
        event=review.event,
        is_there=review.verdict in THERE,
        speaker=review.speaker,
        start_ms=review.start_ms,
        end_ms=review.end_ms,
        text=review.turn_text,
        by=name,
        at=review.reviewed_at,
    )


def counting_verdict(transcript_id: Any, turn: Any, event: Any) -> ScalarSelect[str]:
    """The last verdict on a turn and event, as SQL; null where nobody said anything."""
    return (
        select(EventReview.verdict)
        .where(EventReview.transcript_id == transcript_id, EventReview.turn == turn, EventReview.event == event)
        .order_by(EventReview.reviewed_at.desc(), EventReview.id)
        .limit(1)
        .scalar_subquery()
    )


def is_heard(transcript_id: Any) -> ColumnElement[bool]:
    """Whether a key event counts as present: not in doubt and not rejected, or confirmed by a person."""
    verdict = counting_verdict(transcript_id, StoredKeyEvent.turn, StoredKeyEvent.event)
    verdict = verdict.correlate_except(EventReview)
    return (verdict.in_(THERE)) | (StoredKeyEvent.doubtful.is_(False) & (verdict.is_distinct_from("rejected")))


def is_added(event: str, transcript_id: Any, source: FromClause) -> ColumnElement[bool]:
    """Whether a person says that some turn of the transcript shows ``event``; ``source`` holds ``transcript_id``."""
    return (
        select(EventReview.id)
        .where(EventReview.transcript_id == transcript_id, EventReview.event == event, says_there())
        .correlate(source)
        .exists()
    )


def says_there() -> ColumnElement[bool]:
    """Whether a review counts and says that its turn shows its event."""
    later = aliased(EventReview)
    overruled = (
        select(later.id)
        .where(
            later.transcript_id == EventReview.transcript_id,
            later.turn == EventReview.turn,
            later.event == EventReview.event,
            later.reviewed_at > EventReview.reviewed_at,
        )
        .exists()
    )
    return EventReview.verdict.in_(THERE) & ~overruled


def is_unheard(analysis_id: Any) -> ColumnElement[bool]:
    """Whether the analysis has no key event, present or doubtful, where a review says that there is one."""
    return ~(
        select(StoredKeyEvent.event)
        .where(
            StoredKeyEvent.analysis_id == analysis_id,
            StoredKeyEvent.turn == EventReview.turn,
            StoredKeyEvent.event == EventReview.event,
        )
        .exists()
    )
