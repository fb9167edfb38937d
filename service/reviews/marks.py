"""Key events as a person who reviewed them left them. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from service.calls.views import EventMark


@dataclass(frozen=True, slots=True)
class Word:
    """A person's word on whether a turn (counted from 0) shows an event; ``by`` is None for the operator."""

    turn: int
    event: str
    is_there: bool
    speaker: str
    start_ms: int
    end_ms: int
    text: str
    by: str | None
    at: datetime


def judged(marks: Iterable[EventMark], words: Iterable[Word]) -> tuple[EventMark, ...]:
    """What the machine heard with what people say of it, in order of time.

    A rejected event stays, with that verdict, and so does a confirmed one, which is no longer in doubt. One that the
    machine did not hear is added over its whole turn.
    """
    said = {(word.turn, word.event): word for word in words}
    read = [_told(mark, said.get((mark.turn, mark.event))) for mark in marks]
    heard = {(mark.turn, mark.event) for mark in read}
    added = [_added(word) for place, word in said.items() if word.is_there and place not in heard]
    return tuple(sorted([*read, *added], key=lambda mark: mark.start_ms)) if added else tuple(read)


def _told(mark: EventMark, word: Word | None) -> EventMark:
    if word is None:
        return mark
    verdict = replace(mark, verdict="rejected", reviewed_by=word.by, reviewed_at=word.at)
    return replace(verdict, verdict="confirmed", doubtful=False) if word.is_there else verdict


def _added(word: Word) -> EventMark:
    return EventMark(
        event=word.event,
        doubtful=False,
        turn=word.turn,
        start_ms=word.start_ms,
        end_ms=word.end_ms,
        speaker=word.speaker,
        quote=word.text,
        confidence=1.0,
        verdict="missed",
        reviewed_by=word.by,
        reviewed_at=word.at,
    )
