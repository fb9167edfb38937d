"""Reviews of a call's earlier transcripts, carried over to the one that counts."""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.calls import Call, StoredTranscript, StoredTurn
from models.people import User
from models.reviews import EventReview
from service.calls.views import OrphanedReview
from service.reviews.counting import THERE


def carry_reviews(session: Session, recording_id: uuid.UUID) -> None:
    """Apply what people said of a call to the transcript that counts now; once, however often it is called.

    A review goes to the turn of the same channel that shares most time with the turn it was given on. Where there is
    none it stays where it is, and :func:`orphans` finds it. Of several that meet in a turn the newest counts.
    """
    counting = session.scalars(
        select(StoredTranscript)
        .join(Call, Call.id == StoredTranscript.call_id)
        .where(Call.recording_id == recording_id)
        .order_by(StoredTranscript.counted_at.desc(), StoredTranscript.id)
        .limit(1)
    ).first()
    if counting is None:
        return
    said = _said(session, counting.call_id)
    if all(review.transcript_id == counting.id for review, _ in said):
        return
    turns = _turns(session, counting.id)
    newest: dict[tuple[int, str], tuple[EventReview, StoredTurn]] = {}
    for review, _ in said:
        turn = _turn_of(review, counting.id, turns)
        if turn is not None:
            newest.setdefault((turn.position, review.event), (review, turn))
    known = _known(session, counting.id)
    for review, turn in newest.values():
        if review.transcript_id != counting.id and (turn.position, review.id) not in known:
            session.add(_carried(review, counting.id, turn))


def orphans(session: Session, call_id: uuid.UUID, transcript_id: uuid.UUID) -> tuple[OrphanedReview, ...]:
    """What people said of turns that the transcript has no counterpart of, in order of time."""
    said = [(review, name) for review, name in _said(session, call_id) if review.transcript_id != transcript_id]
    if not said:
        return ()
    turns = _turns(session, transcript_id)
    lost: dict[tuple[uuid.UUID, int, str], OrphanedReview | None] = {}
    for review, name in said:
        place = (review.transcript_id, review.turn, review.event)
        if place not in lost:
            is_lost = review.verdict != "withdrawn" and _turn_of(review, transcript_id, turns) is None
            lost[place] = _orphan(review, name) if is_lost else None
    return tuple(sorted((found for found in lost.values() if found), key=lambda found: found.start_ms))


def turn_at(turns: Iterable[StoredTurn], channel: int, start_ms: int, end_ms: int) -> StoredTurn | None:
    """The turn of this channel that shares most time with a stretch, the first of equals; None if none shares any."""
    shared = [
        (min(turn.end_ms, end_ms) - max(turn.start_ms, start_ms), -turn.position, turn)
        for turn in turns
        if turn.channel == channel
    ]
    best = max(shared, key=lambda item: item[:2], default=None)
    return best[2] if best and best[0] > 0 else None


def _said(session: Session, call_id: uuid.UUID) -> Sequence[Row[EventReview, str]]:
    """What was said of a call, of whichever transcript, and by whom, the newest first; not what was carried over."""
    return session.execute(
        select(EventReview, User.name)
        .outerjoin(User, User.id == EventReview.reviewed_by_id)
        .where(EventReview.call_id == call_id, EventReview.carried_from_id.is_(None))
        .order_by(EventReview.reviewed_at.desc(), EventReview.id)
    ).all()


def _turns(session: Session, transcript_id: uuid.UUID) -> list[StoredTurn]:
    query = select(StoredTurn).where(StoredTurn.transcript_id == transcript_id).order_by(StoredTurn.position)
    return list(session.scalars(query))


def _turn_of(review: EventReview, transcript_id: uuid.UUID, turns: Sequence[StoredTurn]) -> StoredTurn | None:
    if review.transcript_id == transcript_id:
        return next((turn for turn in turns if turn.position == review.turn), None)
    return turn_at(turns, review.channel, review.start_ms, review.end_ms)


def _known(session: Session, transcript_id: uuid.UUID) -> set[tuple[int, uuid.UUID]]:
    """What has been carried over already: the turn, and the review it came from."""
    query = select(EventReview.turn, EventReview.carried_from_id).where(
        EventReview.transcript_id == transcript_id, EventReview.carried_from_id.is_not(None)
    )
    return {(turn, origin) for turn, origin in session.execute(query) if origin is not None}


def _carried(review: EventReview, transcript_id: uuid.UUID, turn: StoredTurn) -> EventReview:
    return EventReview(
        call_id=review.call_id,
        transcript_id=transcript_id,
        turn=turn.position,
        event=review.event,
        verdict=review.verdict,
        said=review.said,
        probability=review.probability,
        weights_hash=review.weights_hash,
        language=review.language,
        speaker=review.speaker,
        channel=turn.channel,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        turn_text=turn.text,
        chosen=review.chosen,
        reviewed_by_id=review.reviewed_by_id,
        reviewed_at=review.reviewed_at,
        carried_from_id=review.id,
    )


def _orphan(review: EventReview, name: str | None) -> OrphanedReview:
    return OrphanedReview(
        event=review.event,
        is_there=review.verdict in THERE,
        start_ms=review.start_ms,
        end_ms=review.end_ms,
        speaker=review.speaker,
        text=review.turn_text,
        reviewed_by=name,
        reviewed_at=review.reviewed_at,
    )
