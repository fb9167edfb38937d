"""Reviewed calls as a corpus for training, in the form of ``nlp/corpus/GUIDE.md``.

Nobody reviews a call whole: people judge some events of some turns. A call with any review is written whole all the
same, since a turn is understood by its neighbours, and every turn says what of it is a person's word: ``reviewed``
lists the events that were judged in it. ``events`` holds what counts after review, so what is in ``events`` but not in
``reviewed`` is the tagger's own guess, and what was in doubt is in neither. Who trains on it weighs only what
``reviewed`` lists. Events of one's own are under ``own_events``, for a corpus knows only those of the guide.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.reviews import EventReview
from service.calls import newest
from service.calls.queries import get_call
from service.calls.views import CallDetail
from service.people.viewer import Viewer, visible_calls
from service.reviews.counting import words
from service.reviews.marks import Word
from sop.events import EVENTS


def reviewed_calls(session: Session, viewer: Viewer) -> Iterator[dict[str, Any]]:
    """The calls that this viewer sees and somebody reviewed, one corpus line each, oldest review first."""
    first = (
        newest.joined(select(EventReview.call_id, newest.transcript.c.id.label("transcript_id")))
        .join(EventReview, EventReview.transcript_id == newest.transcript.c.id)
        .where(visible_calls(viewer))
        .order_by(EventReview.reviewed_at, EventReview.id)
    )
    transcripts: dict[uuid.UUID, uuid.UUID] = {}
    for row in session.execute(first):
        transcripts.setdefault(row.call_id, row.transcript_id)
    said = words(session, set(transcripts.values()))
    for call_id, transcript_id in transcripts.items():
        detail = get_call(session, viewer, call_id)
        if detail is not None and transcript_id in said:
            yield _line(detail, said[transcript_id])


def _line(detail: CallDetail, said: tuple[Word, ...]) -> dict[str, Any]:
    judged: defaultdict[int, set[str]] = defaultdict(set)
    for word in said:
        judged[word.turn].add(word.event)
    heard: defaultdict[int, set[str]] = defaultdict(set)
    for mark in detail.events:
        if mark.is_present:
            heard[mark.turn].add(mark.event)
    return {
        "call_id": str(detail.call.id),
        "language": detail.call.language,
        "turns": [
            {
                "speaker": turn.speaker,
                "text": turn.text,
                "events": [event for event in EVENTS if event in heard[turn.position]],
                **_own(heard[turn.position]),
                "reviewed": sorted(judged[turn.position]),
            }
            for turn in detail.turns
        ],
    }


def _own(heard: set[str]) -> dict[str, list[str]]:
    own = sorted(heard.difference(EVENTS))
    return {"own_events": own} if own else {}
