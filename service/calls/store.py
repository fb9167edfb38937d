"""Storing what the pipeline finds, and reading back what the next stage needs."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from sqlalchemy import insert, literal, literal_column, select, update
from sqlalchemy.dialects.postgresql import TSVECTOR, array
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.orm import Session, selectinload
from sqlalchemy.sql import func

from asr.recording import Transcription
from asr.transcript import Language, Transcript, Turn
from models.calls import Call, Recording, StoredTranscript, StoredTurn
from models.scores import (
    Analysis,
    CallMetric,
    SopVersion,
    StoredKeyEvent,
    StoredScorecard,
    StoredStepResult,
)
from models.table import Table
from nlp.text.tokens import search_terms
from service.calls.context import context_of
from service.calls.reading import read_by, rep_party, to_transcript
from service.pipeline import Review
from sop.events import KeyEvent
from sop.facts import CallContext
from sop.scorecard import Scorecard, StepResult


@dataclass(frozen=True, slots=True)
class LoadedTranscript:
    """A stored transcript as a value, with where it belongs.

    ``rep_party`` is the rep that a person named and the transcript is read by; empty where nobody did.
    ``started_at`` is when the call began, by the clock of its place; ``context`` what else is known of it.
    """

    call_id: uuid.UUID
    transcript_id: uuid.UUID
    recording_hash: str
    weights_hash: str
    sop_name: str | None
    rep_party: str
    started_at: datetime
    transcript: Transcript
    context: CallContext


def count_transcript(session: Session, recording_id: uuid.UUID, weights_hash: str) -> bool:
    """Make the transcript of these weights the one that counts. False when there is none with words in it."""
    spoken = select(StoredTurn).where(StoredTurn.transcript_id == StoredTranscript.id).exists()
    call_id = select(Call.id).where(Call.recording_id == recording_id).scalar_subquery()
    found = session.execute(
        update(StoredTranscript)
        .where(StoredTranscript.call_id == call_id, StoredTranscript.weights_hash == weights_hash, spoken)
        .values(counted_at=func.now())
        .returning(StoredTranscript.id)
    )
    return found.first() is not None


def add_transcript(session: Session, recording_id: uuid.UUID, transcription: Transcription, weights_hash: str) -> None:
    """Store a transcript and its searchable turns; storing the same one again changes nothing."""
    transcript = transcription.transcript
    session.execute(update(Recording).where(Recording.id == recording_id).values(duration_ms=transcript.duration_ms))
    call_id = session.scalars(select(Call.id).where(Call.recording_id == recording_id)).one()
    transcript_id, is_new = _counted(
        session,
        StoredTranscript,
        ("call_id", "weights_hash"),
        {
            "call_id": call_id,
            "weights_hash": weights_hash,
            "language": transcript.language,
            "channels": transcript.channels,
            "duration_ms": transcript.duration_ms,
            "notes": list(transcript.notes),
            "removed": [asdict(removed) for removed in transcription.removed],
            "role_confidence": transcript.role_confidence,
        },
    )
    if is_new:
        for position, turn in enumerate(transcript.turns):
            session.execute(insert(StoredTurn).values(_turn_row(transcript_id, position, turn, transcript.language)))


def _counted(
    session: Session, table: type[Table], key: Sequence[str], values: dict[str, Any]
) -> tuple[uuid.UUID, bool]:
    """Insert a row, or let the one of the same key count again; its id, and whether it is new."""
    row: Any = session.execute(
        upsert(table)
        .values(id=uuid.uuid4(), **values)
        .on_conflict_do_update(index_elements=key, set_={"counted_at": func.now()})
        # PostgreSQL leaves xmax at 0 on a row that was inserted.
        .returning(literal_column("id"), literal_column("xmax = 0"))
    ).one()
    return row[0], row[1]


def _turn_row(transcript_id: uuid.UUID, position: int, turn: Turn, language: Language) -> dict[str, Any]:
    terms = sorted(set(search_terms(turn.text, language)))
    return {
        "transcript_id": transcript_id,
        "position": position,
        "speaker": turn.speaker,
        "channel": turn.channel,
        "voice": turn.voice,
        "start_ms": turn.start_ms,
        "end_ms": turn.end_ms,
        "text": turn.text,
        "confidence": turn.confidence,
        "words": [[w.text, w.start_ms, w.end_ms, round(w.confidence, 4)] for w in turn.words],
        "terms": func.array_to_tsvector(array(terms)) if terms else literal("").cast(TSVECTOR),
    }


def latest_transcript(session: Session, recording_id: uuid.UUID) -> LoadedTranscript | None:
    """The transcript of a recording that counts, its roles as a person says; None when it has none yet."""
    row = session.execute(
        select(StoredTranscript, Call, Recording.sha256)
        .join(Call, Call.id == StoredTranscript.call_id)
        .join(Recording, Recording.id == Call.recording_id)
        .where(Recording.id == recording_id)
        .order_by(StoredTranscript.counted_at.desc(), StoredTranscript.id)
        .options(selectinload(StoredTranscript.turns))
        .limit(1)
    ).first()
    if row is None:
        return None
    stored, call, recording_hash = row
    named = rep_party(session, stored.id)
    return LoadedTranscript(
        call_id=call.id,
        transcript_id=stored.id,
        recording_hash=recording_hash,
        weights_hash=stored.weights_hash,
        sop_name=call.sop_name,
        rep_party=named,
        started_at=call.started_at.astimezone(timezone(timedelta(minutes=call.utc_offset_minutes))),
        transcript=read_by(to_transcript(stored), named),
        context=context_of(session, call.id),
    )


def add_review(
    session: Session, loaded: LoadedTranscript, review: Review, tagger_hash: str, version: SopVersion
) -> None:
    """Store key events, metrics and the scorecard of a transcript; once for the same hashes."""
    analysis_id = _add_analysis(session, loaded, review, tagger_hash)
    weights_hash = f"{loaded.weights_hash}+{tagger_hash}"
    reading = CardReading(loaded.call_id, analysis_id, loaded.recording_hash, weights_hash, loaded.rep_party)
    add_scorecard(session, reading, version, review.scorecard)


@dataclass(frozen=True, slots=True)
class CardReading:
    """What a scorecard is of: an analysis of a call, and the hashes of what made it."""

    call_id: uuid.UUID
    analysis_id: uuid.UUID
    recording_hash: str
    weights_hash: str
    rep_party: str


def add_scorecard(session: Session, reading: CardReading, version: SopVersion, card: Scorecard) -> None:
    """Store a card by a version; the one that is stored already counts again and stays as it is."""
    scorecard_id, is_new = _counted(
        session,
        StoredScorecard,
        ("call_id", "recording_hash", "sop_hash", "weights_hash", "rep_party"),
        {
            **asdict(reading),
            "sop_version_id": version.id,
            "sop_hash": version.content_hash,
            "score": card.score,
            "low": card.low,
            "high": card.high,
            "points": card.points,
            "judged_points": card.judged_points,
            "reason": card.reason.to_json() if card.reason else None,
        },
    )
    if is_new:
        rows = [_step_row(scorecard_id, i, step) for i, step in enumerate(card.steps)]
        session.execute(insert(StoredStepResult), rows)


def _add_analysis(session: Session, loaded: LoadedTranscript, review: Review, tagger_hash: str) -> uuid.UUID:
    analysis_id, is_new = _counted(
        session,
        Analysis,
        ("transcript_id", "tagger_hash", "rep_party"),
        {
            "call_id": loaded.call_id,
            "transcript_id": loaded.transcript_id,
            "tagger_hash": tagger_hash,
            "rep_party": loaded.rep_party,
            "observations": None if review.observations is None else [seen.to_json() for seen in review.observations],
        },
    )
    if not is_new:
        return analysis_id
    if events := _event_rows(analysis_id, review.tagging.present, review.tagging.doubtful):
        session.execute(insert(StoredKeyEvent), events)
    metrics = [
        {"analysis_id": analysis_id, "metric": name, "value": value}
        for name, value in review.metrics.to_json().items()
        if value is not None
    ]
    if metrics:
        session.execute(insert(CallMetric), metrics)
    return analysis_id


def _event_rows(
    analysis_id: uuid.UUID, present: Sequence[KeyEvent], doubtful: Sequence[KeyEvent]
) -> list[dict[str, Any]]:
    heard = [(event, False) for event in present] + [(event, True) for event in doubtful]
    heard.sort(key=lambda pair: (pair[0].evidence.start_ms, pair[0].evidence.turn, pair[0].event))
    return [
        {
            "analysis_id": analysis_id,
            "position": position,
            "event": event.event,
            "doubtful": doubt,
            "turn": event.evidence.turn,
            "start_ms": event.evidence.start_ms,
            "end_ms": event.evidence.end_ms,
            "speaker": event.evidence.speaker,
            "quote": event.evidence.quote,
            "confidence": event.evidence.confidence,
            "slots": [slot.to_json() for slot in event.slots],
        }
        for position, (event, doubt) in enumerate(heard)
    ]


def _step_row(scorecard_id: uuid.UUID, position: int, result: StepResult) -> dict[str, Any]:
    document = {"dimensions": [], **result.to_json()}
    document["step"] = document.pop("step_id")
    return {"scorecard_id": scorecard_id, "position": position, **document}
