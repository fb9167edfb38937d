"""A stored transcript as it is read: what the machine made, and a person's word on its roles."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self, cast

from sqlalchemy import Row, select
from sqlalchemy.orm import Session, selectinload

from asr.transcript import Language, Speaker, Transcript, Turn, Word
from models.calls import RoleCorrection, StoredTranscript
from models.people import User
from service.calls import roles
from service.calls.roles import Party
from service.calls.views import RemovedText, RolesView, SpokenTurn, SpokenWord


@dataclass(frozen=True, slots=True)
class Correction:
    """A person's word on the roles of a transcript. ``rep_party`` is empty where there is none."""

    rep_party: str = ""
    at: datetime | None = None
    by_id: uuid.UUID | None = None

    @classmethod
    def of(cls, row: Row[*tuple[Any, ...]]) -> Self:
        """That of a line of :func:`service.calls.newest.rows`."""
        return cls(row.rep_party, row.corrected_at, row.corrected_by_id)


@dataclass(frozen=True, slots=True)
class Reading:
    """What a transcript says to a person: the turns as they are to be read, and what was not believed."""

    roles: RolesView
    turns: tuple[SpokenTurn, ...]
    removed: tuple[RemovedText, ...]


def reading(session: Session, transcript_id: uuid.UUID, correction: Correction) -> Reading:
    """A stored transcript, read as a person said who the rep is."""
    query = select(StoredTranscript).where(StoredTranscript.id == transcript_id)
    stored = session.scalars(query.options(selectinload(StoredTranscript.turns))).one()
    machine = to_transcript(stored)
    read = read_by(machine, correction.rep_party)
    by = session.scalar(select(User.name).where(User.id == correction.by_id)) if correction.by_id else None
    removed = (RemovedText(r["channel"], r["start_ms"], r["end_ms"], r["text"], r["reason"]) for r in stored.removed)
    return Reading(
        roles=_roles(machine, read, correction, by),
        turns=tuple(_spoken(position, turn) for position, turn in enumerate(read.turns)),
        removed=tuple(sorted(removed, key=lambda text: (text.start_ms, text.end_ms, text.channel))),
    )


def _roles(machine: Transcript, read: Transcript, correction: Correction, by: str | None) -> RolesView:
    named = Party.parse(correction.rep_party) if correction.rep_party else None
    rep = roles.rep_of(read)
    swap = roles.swap(machine, named)
    return RolesView(
        confidence=read.role_confidence,
        are_known=all(turn.speaker != "unknown" for turn in read.turns),
        voices=tuple(party.voice for party in roles.parties(machine) if party.voice is not None),
        rep_voice=rep.voice if rep else None,
        correction=_kind(roles.rep_of(machine), named) if named else None,
        corrected_by=by if named else None,
        corrected_at=correction.at if named else None,
        swap=swap.to_json() if swap else None,
    )


def _kind(told: Party | None, named: Party) -> Literal["swapped", "confirmed", "named"]:
    if told is None:
        return "named"
    return "confirmed" if named == told else "swapped"


def _spoken(position: int, turn: Turn) -> SpokenTurn:
    return SpokenTurn(
        position=position,
        speaker=turn.speaker,
        channel=turn.channel,
        voice=turn.voice,
        start_ms=turn.start_ms,
        end_ms=turn.end_ms,
        text=turn.text,
        confidence=turn.confidence,
        words=tuple(SpokenWord(word.text, word.start_ms, word.end_ms, word.confidence) for word in turn.words),
    )


def to_transcript(stored: StoredTranscript) -> Transcript:
    """The stored rows as the machine made them."""
    return Transcript(
        duration_ms=stored.duration_ms,
        language=cast(Language, stored.language),
        channels=stored.channels,
        turns=tuple(
            Turn(
                speaker=cast(Speaker, turn.speaker),
                channel=turn.channel,
                start_ms=turn.start_ms,
                end_ms=turn.end_ms,
                text=turn.text,
                confidence=turn.confidence,
                words=tuple(Word(*word) for word in turn.words),
                voice=turn.voice,
            )
            for turn in stored.turns
        ),
        notes=tuple(stored.notes),
        role_confidence=stored.role_confidence,
    )


def read_by(machine: Transcript, rep_party: str) -> Transcript:
    """The transcript with the rep that a person named; the machine's answer where ``rep_party`` is empty."""
    return roles.with_rep(machine, Party.parse(rep_party) if rep_party else None)


def rep_party(session: Session, transcript_id: uuid.UUID) -> str:
    """The rep that a person named last in a transcript; empty where the machine's answer counts."""
    newest = (
        select(RoleCorrection.rep_party)
        .where(RoleCorrection.transcript_id == transcript_id)
        .order_by(RoleCorrection.corrected_at.desc(), RoleCorrection.id)
        .limit(1)
    )
    return session.scalar(newest) or ""
