"""Stored calls as scoring takes them: turns, key events and observations in pages, without their words."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, cast

from sqlalchemy import ColumnElement, Row, Select, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlalchemy.orm import Session, aliased

from models.calls import Call, Recording, StoredTurn
from models.scores import Analysis, SopVersion, StoredKeyEvent, StoredScorecard
from service.calls import newest
from service.calls.context import context_columns, to_context
from service.calls.roles import Party, speaker_of
from service.calls.store import CardReading
from service.pipeline import roles_known
from service.reviews.counting import words
from service.sops.own_events import readable
from sop.events import Speaker
from sop.listening import Listening, listening
from sop.procedure import Sop
from sop.trial import RawEvent, RawTurn, TriedCall

PAGE = 250
_SPEAKERS: Mapping[str, Speaker] = {"r": "rep", "c": "customer", "u": "unknown"}

_analysis = aliased(Analysis)
# The version that an analysis was made for: its first scorecard was stored with it.
_tagged_for = (
    select(StoredScorecard.sop_version_id)
    .where(StoredScorecard.analysis_id == newest.analysis.c.id)
    .order_by(StoredScorecard.created_at, StoredScorecard.id)
    .limit(1)
    .scalar_subquery()
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is loaded besides turns and key events."""

    before: Sop | None
    after: Sop
    observations: bool = True
    reviews: bool = True


@dataclass(frozen=True, slots=True)
class StoredCall:
    """A call, and what a scorecard of it is made of. ``transcript_id`` is the transcript that counts."""

    tried: TriedCall
    reading: CardReading
    transcript_id: uuid.UUID


@dataclass
class Tagged:
    """What analyses made for one version say to the procedures of a trial, worked out once a version."""

    session: Session
    wanted: Wanted
    _known: dict[uuid.UUID | None, tuple[Listening, Listening]] = field(default_factory=dict)

    def of(self, version_id: uuid.UUID | None) -> tuple[Listening, Listening]:
        if version_id not in self._known:
            document = self.session.scalar(select(SopVersion.document).where(SopVersion.id == version_id))
            made_for = readable(document) if document else None
            after = listening(self.wanted.after, made_for)
            before = listening(self.wanted.before, made_for) if self.wanted.before else after
            self._known[version_id] = (before, after)
        return self._known[version_id]


def count_calls(session: Session, conditions: Sequence[ColumnElement[bool]]) -> int:
    """How many analyzed calls meet the conditions on :class:`models.calls.Call` and what counts of it."""
    query = newest.joined(select(func.count())).where(newest.analysis.c.id.is_not(None), *conditions)
    return session.scalar(query) or 0


def pages(
    session: Session,
    wanted: Wanted,
    conditions: Sequence[ColumnElement[bool]],
    after: uuid.UUID | None = None,
    size: int = PAGE,
) -> Iterator[list[StoredCall]]:
    """The analyzed calls that meet the conditions, by id from ``after`` on, ``size`` at a time."""
    tagged = Tagged(session, wanted)
    while True:
        rows = session.execute(_page(conditions, after, size, wanted)).all()
        if not rows:
            return
        yield _calls(session, rows, wanted, tagged)
        after = rows[-1].id


def load_calls(session: Session, wanted: Wanted, ids: Collection[uuid.UUID]) -> list[StoredCall]:
    """The analyzed ones of these calls, by id."""
    return [call for page in pages(session, wanted, [Call.id.in_(ids)]) for call in page]


def _page(
    conditions: Sequence[ColumnElement[bool]], after: uuid.UUID | None, size: int, wanted: Wanted
) -> Select[*tuple[Any, ...]]:
    columns = select(
        Call.id,
        Recording.sha256,
        newest.transcript.c.id.label("transcript_id"),
        newest.transcript.c.weights_hash,
        newest.transcript.c.language,
        newest.transcript.c.duration_ms,
        newest.transcript.c.notes,
        newest.transcript.c.role_confidence,
        newest.rep_party.label("rep_party"),
        newest.analysis.c.id.label("analysis_id"),
        _analysis.tagger_hash,
        _tagged_for.label("tagged_for"),
        Call.rep_id,
        Call.opportunity_id,
        *context_columns(),
        *((_analysis.observations,) if wanted.observations else ()),
    )
    query = newest.joined(columns).join(_analysis, _analysis.id == newest.analysis.c.id).where(*conditions)
    if after is not None:
        query = query.where(Call.id > after)
    return query.order_by(Call.id).limit(size)


def _calls(session: Session, rows: Sequence[Row[*tuple[Any, ...]]], wanted: Wanted, tagged: Tagged) -> list[StoredCall]:
    turns = _turns(session, {row.transcript_id: row.rep_party for row in rows})
    events = _events(session, [row.analysis_id for row in rows])
    said = _reviews(session, [row.transcript_id for row in rows]) if wanted.reviews else {}
    return [
        _call(row, turns.get(row.transcript_id, ()), events[row.analysis_id], said.get(row.transcript_id, {}), tagged)
        for row in rows
    ]


def _call(
    row: Row[*tuple[Any, ...]],
    turns: tuple[RawTurn, ...],
    events: Sequence[RawEvent],
    said: Mapping[tuple[int, str], bool],
    tagged: Tagged,
) -> StoredCall:
    before, after = tagged.of(row.tagged_for)
    context = to_context(row)
    # Who a person named as the rep is no guess.
    confidence = 1.0 if row.rep_party else row.role_confidence
    tried = TriedCall(
        call_id=str(row.id),
        duration_ms=row.duration_ms,
        language=row.language,
        turns=turns,
        events=tuple(events),
        roles_known=roles_known(confidence, (speaker for speaker, _, _ in turns)),
        truncated="truncated" in row.notes,
        context=context,
        observations=getattr(row, "observations", None),
        groups=(_text(row.rep_id), context.team, _text(row.opportunity_id)),
        reviews=said,
        before=before,
        after=after,
    )
    weights_hash = f"{row.weights_hash}+{row.tagger_hash}"
    reading = CardReading(row.id, row.analysis_id, row.sha256, weights_hash, row.rep_party)
    return StoredCall(tried, reading, row.transcript_id)


def _turns(session: Session, reps: Mapping[uuid.UUID, str]) -> dict[uuid.UUID, tuple[RawTurn, ...]]:
    """The turns of transcripts, given with the rep in each that a person named, or empty."""
    query = (
        select(
            StoredTurn.transcript_id,
            func.string_agg(func.left(StoredTurn.speaker, 1), aggregate_order_by(literal(""), StoredTurn.position)),
            *(
                func.array_agg(aggregate_order_by(column, StoredTurn.position))
                for column in (StoredTurn.start_ms, StoredTurn.end_ms, StoredTurn.channel, StoredTurn.voice)
            ),
        )
        .where(StoredTurn.transcript_id.in_(list(reps)))
        .group_by(StoredTurn.transcript_id)
    )
    found = {}
    for transcript_id, letters, starts, ends, channels, voices in session.execute(query):
        rep = reps[transcript_id]
        if rep:
            speakers: Iterator[Speaker] = (
                speaker_of(Party(channel, voice), _party(rep)) for channel, voice in zip(channels, voices, strict=True)
            )
        else:
            speakers = (_SPEAKERS[letter] for letter in letters)
        found[transcript_id] = tuple(zip(speakers, starts, ends, strict=True))
    return found


def _events(session: Session, analyses: Sequence[uuid.UUID]) -> Mapping[uuid.UUID, list[RawEvent]]:
    query = (
        select(
            StoredKeyEvent.analysis_id,
            StoredKeyEvent.event,
            StoredKeyEvent.doubtful,
            StoredKeyEvent.turn,
            StoredKeyEvent.start_ms,
            StoredKeyEvent.end_ms,
            StoredKeyEvent.speaker,
            StoredKeyEvent.quote,
            StoredKeyEvent.confidence,
        )
        .where(StoredKeyEvent.analysis_id.in_(analyses))
        .order_by(StoredKeyEvent.analysis_id, StoredKeyEvent.position)
    )
    found: defaultdict[uuid.UUID, list[RawEvent]] = defaultdict(list)
    for analysis_id, *event in session.execute(query):
        found[analysis_id].append(cast(RawEvent, tuple(event)))
    return found


def _reviews(session: Session, transcripts: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[tuple[int, str], bool]]:
    return {
        transcript: {(word.turn, word.event): word.is_there for word in said}
        for transcript, said in words(session, transcripts).items()
    }


@lru_cache(maxsize=64)
def _party(rep: str) -> Party:
    return Party.parse(rep)


def _text(value: uuid.UUID | None) -> str | None:
    return None if value is None else str(value)
