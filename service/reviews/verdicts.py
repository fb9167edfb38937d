"""A person's word on a key event of a turn: given, changed, and taken back."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from models.calls import Call, StoredTurn
from models.reviews import EventReview
from models.scores import Analysis, SopVersion, StoredKeyEvent, StoredScorecard
from service.calls import newest
from service.calls.changes import locked_recording
from service.calls.roles import Party, speaker_of
from service.people.viewer import Viewer, visible_calls
from service.sops.own_events import readable
from sop.events import EVENT_SPEAKERS

Verdict = Literal["confirmed", "rejected", "missed", "withdrawn"]


class ReviewError(Exception):
    """A review that this call cannot take; the message names the field and what can be asked."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a person says: whether ``turn`` (from 0) shows ``event``. "confirmed" and "missed" say that it does."""

    turn: int
    event: str
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Origin:
    """Out of which sample a turn came before the person, and the chance it had, in (0, 1]."""

    sample_id: uuid.UUID
    chosen: Literal["sampled_hit", "sampled_non_hit"]
    probability: float


@dataclass(frozen=True, slots=True)
class Reviewed:
    """What counts now, and what counted ``before``: said again, that takes the change back."""

    turn: int
    event: str
    verdict: Verdict
    before: Verdict


@dataclass(frozen=True, slots=True)
class _Place:
    """A turn as it is read, and what the machine told of an event in it; ``told`` is None where it heard none."""

    call_id: uuid.UUID
    turn: StoredTurn
    speaker: str
    language: str
    tagger_hash: str
    told: StoredKeyEvent | None


def review_event(
    session: Session, viewer: Viewer, call_id: uuid.UUID, wish: Wish, origin: Origin | None = None
) -> Reviewed | None:
    """Note what a person says of an event of a turn. None when the viewer sees no such call.

    Whoever may see a call may review it. Analysis and score stay as the machine made them; saying again on the page
    what counts already changes nothing.

    Raises:
        ReviewError: the call is not analyzed, there is no such turn or event, or its speaker cannot show the event.
    """
    if locked_recording(session, viewer, call_id) is None:
        return None
    row = session.execute(newest.rows([visible_calls(viewer), Call.id == call_id])).one()
    if row.analysis_id is None:
        raise ReviewError("this call is not analyzed yet, so there are no key events to review")
    turn = session.get(StoredTurn, (row.transcript_id, wish.turn))
    if turn is None:
        raise ReviewError(f"turn: there is no turn {wish.turn} in this call; turns count from 0")
    place = _place(session, row, turn, wish.event)
    before = _before(session, row.transcript_id, wish)
    if wish.verdict != "withdrawn" and place.told is None:
        _check(event_speakers(session, row.scorecard_id), wish, place.speaker)
    verdict = _verdict(wish, place)
    if verdict != before or origin is not None:
        session.add(_row(viewer, place, wish.event, verdict, origin))
        session.flush()
    return Reviewed(wish.turn, wish.event, verdict, before)


def event_speakers(session: Session, scorecard_id: uuid.UUID | None) -> Mapping[str, frozenset[str]]:
    """The events that a call can be reviewed for, and who can show each: those of the SOP that scored it."""
    document = session.scalar(
        select(SopVersion.document)
        .join(StoredScorecard, StoredScorecard.sop_version_id == SopVersion.id)
        .where(StoredScorecard.id == scorecard_id)
    )
    return speakers_of(document)


def speakers_of(document: str | None) -> Mapping[str, frozenset[str]]:
    """Who can show each event of an SOP; of one that this version of Clearcall cannot read, the built-in events."""
    sop = readable(document) if document else None
    return sop.event_speakers if sop else EVENT_SPEAKERS


def can_show(speakers: frozenset[str], speaker: str) -> bool:
    """Whether a turn of ``speaker`` can show an event of ``speakers``; where the role is not known, anything can."""
    return speaker == "unknown" or speaker in speakers


def _check(events: Mapping[str, frozenset[str]], wish: Wish, speaker: str) -> None:
    if wish.event not in events:
        raise ReviewError(f"event: {wish.event!r} is not an event of this call's SOP; those are {', '.join(events)}")
    if not can_show(events[wish.event], speaker):
        whose = " or ".join(sorted(events[wish.event]))
        raise ReviewError(f"event: {wish.event} is shown by the {whose}, and turn {wish.turn} is the {speaker}'s")


def _verdict(wish: Wish, place: _Place) -> Verdict:
    """What is there was missed if the machine said absent, and is confirmed if it did not."""
    if wish.verdict in ("rejected", "withdrawn"):
        return wish.verdict
    return "confirmed" if place.told else "missed"


def _before(session: Session, transcript_id: uuid.UUID, wish: Wish) -> Verdict:
    last: Any = session.scalar(
        select(EventReview.verdict)
        .where(
            EventReview.transcript_id == transcript_id,
            EventReview.turn == wish.turn,
            EventReview.event == wish.event,
        )
        .order_by(EventReview.reviewed_at.desc(), EventReview.id)
        .limit(1)
    )
    return last or "withdrawn"


def _place(session: Session, row: Row[*tuple[Any, ...]], turn: StoredTurn, event: str) -> _Place:
    told = session.scalars(
        select(StoredKeyEvent)
        .where(
            StoredKeyEvent.analysis_id == row.analysis_id,
            StoredKeyEvent.turn == turn.position,
            StoredKeyEvent.event == event,
        )
        .order_by(StoredKeyEvent.confidence.desc())
    ).first()
    tagger_hash = session.scalars(select(Analysis.tagger_hash).where(Analysis.id == row.analysis_id)).one()
    rep = row.rep_party
    speaker = speaker_of(Party(turn.channel, turn.voice), Party.parse(rep)) if rep else turn.speaker
    return _Place(row.id, turn, speaker, row.language, tagger_hash, told)


def _row(viewer: Viewer, place: _Place, event: str, verdict: Verdict, origin: Origin | None) -> EventReview:
    turn, told = place.turn, place.told
    return EventReview(
        call_id=place.call_id,
        transcript_id=turn.transcript_id,
        turn=turn.position,
        event=event,
        verdict=verdict,
        said="absent" if told is None else "doubtful" if told.doubtful else "present",
        probability=told.confidence if told else None,
        weights_hash=place.tagger_hash,
        language=place.language,
        speaker=place.speaker,
        channel=turn.channel,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        turn_text=turn.text,
        chosen=origin.chosen if origin else "page",
        sample_id=origin.sample_id if origin else None,
        sampling_probability=origin.probability if origin else None,
        reviewed_by_id=viewer.user_id,
    )
