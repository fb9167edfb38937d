"""When people speak: monologues, speaking into the other's turn, pace, and silence after a complaint. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from nlp.manner.frame import Frame
from nlp.manner.words import COMPLAINT, found
from nlp.metrics.call import BACK_CHANNEL_MS
from nlp.metrics.intervals import length, union
from sop.observations import Observation

LEAST_PACED_MS = 5_000
"""The pace of a shorter turn says little: it rises with the first words of a turn and then stays level (Yuan,
Liberman and Cieri, Interspeech 2006)."""

LEAST_COMPARED_MS = 20_000
"""Less of the rep's speech is no measure to compare a turn with."""

_MINUTE_MS = 60_000


def timings(frame: Frame) -> Iterator[Observation]:
    """Observations of when the parties speak."""
    yield from _paces(frame)
    if frame.both_heard:
        yield from _monologues(frame)
        yield from _silences(frame)
        if frame.separate_channels:
            yield from _interruptions(frame)


def _paces(frame: Frame) -> Iterator[Observation]:
    mine = [(index, turn) for index, turn in enumerate(frame.turns) if turn.speaker == "rep"]
    spoken_ms = length(union((turn.start_ms, turn.end_ms) for _, turn in mine))
    whole = (
        sum(frame.units[index] for index, _ in mine) * _MINUTE_MS / spoken_ms if spoken_ms >= LEAST_COMPARED_MS else 0.0
    )
    for index, turn in mine:
        if turn.end_ms - turn.start_ms >= LEAST_PACED_MS and frame.units[index]:
            pace = frame.units[index] * _MINUTE_MS / (turn.end_ms - turn.start_ms)
            yield frame.said("pace", index, pace)
            if whole:
                yield frame.said("pace_ratio", index, pace / whole)


def _monologues(frame: Frame) -> Iterator[Observation]:
    """Observed where it begins, over its whole time; back-channels of the customer leave it whole."""
    first: int | None = None
    last = 0
    order = sorted(range(len(frame.turns)), key=lambda index: frame.turns[index].start_ms)
    for index in order:
        turn = frame.turns[index]
        if turn.speaker == "rep":
            first = index if first is None else first
            last = max(last, turn.end_ms)
        elif turn.end_ms - turn.start_ms >= BACK_CHANNEL_MS and first is not None:
            yield _monologue(frame, first, last)
            first, last = None, 0
    if first is not None:
        yield _monologue(frame, first, last)


def _monologue(frame: Frame, first: int, end_ms: int) -> Observation:
    observed = frame.timed("monologue", first, end_ms - frame.turns[first].start_ms)
    return replace(observed, end_ms=end_ms)


def _interruptions(frame: Frame) -> Iterator[Observation]:
    """How long the rep speaks into a turn that the customer has well begun; back-channels of the rep's don't count."""
    theirs = [turn for turn in frame.turns if turn.speaker == "customer"]
    for index, turn in enumerate(frame.turns):
        if turn.speaker != "rep" or turn.end_ms - turn.start_ms < BACK_CHANNEL_MS:
            continue
        into = [
            min(turn.end_ms, other.end_ms) - turn.start_ms
            for other in theirs
            if other.start_ms + BACK_CHANNEL_MS <= turn.start_ms < other.end_ms
        ]
        yield frame.timed("interruption", index, max(into, default=0))


def _silences(frame: Frame) -> Iterator[Observation]:
    """The longest wait from a complaint to the rep's next word; untold where the call ends or nobody known speaks."""
    for stretch in frame.stretches:
        if frame.turns[stretch[0]].speaker != "customer":
            continue
        following = stretch[-1] + 1
        complaints = [i for i in stretch if found(frame.turns[i].text, COMPLAINT, frame.language)]
        if not complaints or following == len(frame.turns) or frame.turns[following].speaker != "rep":
            continue
        at = complaints[-1]
        waits = [frame.turns[index + 1].start_ms - frame.turns[index].end_ms for index in range(at, stretch[-1] + 1)]
        yield frame.timed("silence", at, max(0, *waits))
