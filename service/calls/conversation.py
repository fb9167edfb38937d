"""A transcript as the lines a person reads along with the sound."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from service.calls.views import EventMark, SpokenTurn, SpokenWord
from sop.events import EVENTS

DOUBTFUL_WORD = 0.45
"""Words heard with less confidence are underlined."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a turn's text: a word with its time, or what stands between words (``start_ms`` is None)."""

    text: str
    start_ms: int | None = None
    end_ms: int | None = None
    is_doubtful: bool = False


@dataclass(frozen=True, slots=True)
class TurnLine:
    """A turn as it is shown, with the key events heard in it."""

    position: int
    speaker: str
    start_ms: int
    end_ms: int
    pieces: tuple[Piece, ...]
    events: tuple[EventMark, ...]


def conversation(turns: Iterable[SpokenTurn], events: Iterable[EventMark]) -> tuple[TurnLine, ...]:
    """The turns with their events, in order."""
    heard: defaultdict[int, list[EventMark]] = defaultdict(list)
    for event in events:
        heard[event.turn].append(event)
    return tuple(
        TurnLine(
            position=turn.position,
            speaker=turn.speaker,
            start_ms=turn.start_ms,
            end_ms=turn.end_ms,
            pieces=pieces(turn.text, turn.words),
            events=tuple(heard[turn.position]),
        )
        for turn in turns
    )


def pieces(text: str, words: Sequence[SpokenWord]) -> tuple[Piece, ...]:
    """``text`` cut at its words. Joined again the pieces are ``text``, whatever the words are.

    A word that the text does not hold (it was corrected, or folded) has no piece of its own.
    """
    found: list[Piece] = []
    at = 0
    for word in words:
        spoken = word.text.strip()
        place = text.find(spoken, at) if spoken else -1
        if place < 0:
            continue
        if place > at:
            found.append(Piece(text[at:place]))
        found.append(Piece(spoken, word.start_ms, word.end_ms, word.confidence < DOUBTFUL_WORD))
        at = place + len(spoken)
    if at < len(text):
        found.append(Piece(text[at:]))
    return tuple(found)


def tally(events: Iterable[EventMark]) -> tuple[tuple[str, int], ...]:
    """How often each present event was heard, in the order of the guide; events of one's own come last."""
    counts = Counter(event.event for event in events if not event.doubtful)
    own = sorted(set(counts) - set(EVENTS))
    return tuple((event, counts[event]) for event in (*EVENTS, *own) if counts[event])


def channel_speakers(turns: Iterable[SpokenTurn], channels: int) -> tuple[str, ...]:
    """Who speaks on each channel: the one with most turns there, "unknown" on a silent one."""
    counts = [Counter[str]() for _ in range(channels)]
    for turn in turns:
        if turn.channel < channels:
            counts[turn.channel][turn.speaker] += 1
    return tuple(count.most_common(1)[0][0] if count else "unknown" for count in counts)
