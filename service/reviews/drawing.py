"""Drawing turns at random for people to judge, each with a known chance. Pure; the same seed draws the same turns.

Half of a sample are hits (turns the tagger says show an event), spread evenly over events and languages. The other half
are not: a uniform draw from all turns that could show the event and are not called present, and, as many, a draw from
those the tagger was in doubt about, near its threshold, where most of what it misses lies. A turn in doubt can come by
either draw, so its chance is ``1 - (1 - a)(1 - b)``.
"""

from __future__ import annotations

import random
import uuid
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from itertools import accumulate
from types import MappingProxyType
from typing import Any

from nlp.evaluation.quality import Population, Said

_LETTERS = {"r": "rep", "c": "customer", "u": "unknown"}

Places = Mapping[uuid.UUID, Collection[tuple[str, int]]]
"""Events and turns by transcript."""


@cache
def _letters(who: frozenset[str]) -> frozenset[str]:
    return frozenset(letter for letter, name in _LETTERS.items() if name in who or name == "unknown")


@dataclass(frozen=True, slots=True)
class Heard:
    """A key event as the tagger told it."""

    is_doubtful: bool
    probability: float


@dataclass(frozen=True, slots=True)
class CallFrame:
    """A call to draw from.

    ``speakers`` has a letter for each turn (r, c, u); ``events`` says who can show each event; ``heard`` is what the
    tagger heard, by event and turn.
    """

    call_id: uuid.UUID
    analysis_id: uuid.UUID
    transcript_id: uuid.UUID
    language: str
    team: str
    speakers: str
    events: Mapping[str, frozenset[str]]
    heard: Mapping[tuple[str, int], Heard]

    def letters(self, event: str) -> frozenset[str]:
        """The letters of those who can show ``event``; of an unknown role anything is possible."""
        who = self.events.get(event)
        return _letters(who) if who else frozenset()

    def able(self, event: str) -> int:
        """How many turns could show ``event``."""
        return sum(self.speakers.count(letter) for letter in self.letters(event))

    def others(self, event: str, done: Collection[tuple[str, int]]) -> list[int]:
        """The turns that could show ``event``, are not called present, and are not ``done``."""
        letters, left_out = self.letters(event), self.left_out(done)
        able = (turn for turn, letter in enumerate(self.speakers) if letter in letters)
        return [turn for turn in able if (event, turn) not in left_out]

    def left_out(self, done: Collection[tuple[str, int]]) -> set[tuple[str, int]]:
        """The events and turns that could be and are not among the others: called present, or ``done``."""
        hits = {place for place, told in self.heard.items() if not told.is_doubtful}
        return {(event, turn) for event, turn in hits.union(done) if self.speakers[turn] in self.letters(event)}


@dataclass(frozen=True, slots=True)
class Drawn:
    """A turn to judge for an event, and the chance it had. ``probability`` is the tagger's, None if it kept none."""

    frame: CallFrame
    turn: int
    event: str
    said: Said
    probability: float | None
    chance: float


@dataclass(frozen=True, slots=True)
class Stratum:
    """How many turns of an event and language got this answer of the tagger, and the chance each had."""

    event: str
    language: str
    said: Said
    size: int
    chance: float

    def to_json(self) -> dict[str, Any]:
        return {
            "event": self.event,
            "language": self.language,
            "said": self.said,
            "size": self.size,
            "probability": self.chance,
        }


@dataclass(frozen=True, slots=True)
class Sample:
    """Turns in the order to judge them in, hits and others mixed."""

    drawn: tuple[Drawn, ...]
    strata: tuple[Stratum, ...]


@dataclass(slots=True)
class _Cell:
    """One event in one language: its hits, its doubts, and by call how many turns are no hits."""

    present: list[tuple[int, int]] = field(default_factory=list)
    doubtful: list[tuple[int, int]] = field(default_factory=list)
    others: dict[int, int] = field(default_factory=dict)


_Key = tuple[str, str]


def populations(frames: Sequence[CallFrame]) -> dict[tuple[str, str, str], Population]:
    """How many turns the tagger called what, by event, language and team."""
    counts: defaultdict[tuple[str, str, str], list[int]] = defaultdict(lambda: [0, 0, 0])
    for frame in frames:
        for event in frame.events:
            count = counts[event, frame.language, frame.team]
            count[2] += frame.able(event)
        for event, _, told in _told(frame):
            count = counts[event, frame.language, frame.team]
            count[1 if told.is_doubtful else 0] += 1
            count[2] -= 1
    return {key: Population(*count) for key, count in counts.items()}


def _told(frame: CallFrame) -> Iterator[tuple[str, int, Heard]]:
    """What was heard of events that the call's SOP knows, on turns of those who can show them."""
    for (event, turn), told in frame.heard.items():
        if frame.speakers[turn] in frame.letters(event):
            yield event, turn, told


def draw(
    frames: Sequence[CallFrame],
    size: int,
    seed: int,
    event: str | None = None,
    language: str | None = None,
    judged: Places = MappingProxyType({}),
) -> Sample:
    """Draw ``size`` turns, fewer where there are not as many, or where both draws hit the same one.

    ``event`` and ``language`` limit it; turns in ``judged`` were judged before and are not drawn again.
    """
    cells = _cells(frames, event, language, judged)
    rng = random.Random(f"{seed}:order")
    of_hits = _allocated(size - size // 2, {key: len(cell.present) for key, cell in cells.items()}, rng)
    left = size - sum(of_hits.values())
    of_doubts = _allocated(left // 2, {key: len(cell.doubtful) for key, cell in cells.items()}, rng)
    left -= sum(of_doubts.values())
    of_others = _allocated(left, {key: sum(cell.others.values()) for key, cell in cells.items()}, rng)
    drawn: list[Drawn] = []
    strata: list[Stratum] = []
    for key, cell in cells.items():
        found, about = _draw_cell(frames, key, cell, (of_hits[key], of_doubts[key], of_others[key]), seed, judged)
        drawn.extend(found)
        strata.extend(about)
    rng.shuffle(drawn)
    return Sample(tuple(drawn), tuple(strata))


def _cells(frames: Sequence[CallFrame], event: str | None, language: str | None, judged: Places) -> dict[_Key, _Cell]:
    cells: defaultdict[_Key, _Cell] = defaultdict(_Cell)
    for index, frame in enumerate(frames):
        if language not in (None, frame.language):
            continue
        done = judged.get(frame.transcript_id, ())
        left_out = Counter(name for name, _ in frame.left_out(done))
        for name in frame.events if event is None else {event} & set(frame.events):
            cells[name, frame.language].others[index] = frame.able(name) - left_out[name]
        for name, turn, told in _told(frame):
            if event in (None, name) and (name, turn) not in done:
                cell = cells[name, frame.language]
                (cell.doubtful if told.is_doubtful else cell.present).append((index, turn))
    for cell in cells.values():
        cell.present.sort()
        cell.doubtful.sort()
    return {key: cells[key] for key in sorted(cells)}


def _allocated(budget: int, room: Mapping[_Key, int], rng: random.Random) -> dict[_Key, int]:
    """As evenly as there is room; who gets the odd ones is left to chance."""
    given = dict.fromkeys(room, 0)
    open_keys = [key for key in room if room[key]]
    rng.shuffle(open_keys)
    while budget > 0 and open_keys:
        for key in open_keys[:budget]:
            given[key] += 1
        budget -= min(budget, len(open_keys))
        open_keys = [key for key in open_keys if given[key] < room[key]]
    return given


def _draw_cell(
    frames: Sequence[CallFrame],
    key: _Key,
    cell: _Cell,
    wanted: tuple[int, int, int],
    seed: int,
    judged: Places,
) -> tuple[list[Drawn], list[Stratum]]:
    """Three draws without replacement: of hits, of doubts, and of all that is no hit."""
    hits, doubts, others = wanted
    event, language = key
    rng = random.Random(f"{seed}:{event}:{language}")
    total = sum(cell.others.values())
    of_hits = _share(hits, len(cell.present))
    uniform = _share(others, total)
    of_doubts = 1 - (1 - uniform) * (1 - _share(doubts, len(cell.doubtful)))
    chosen = rng.sample(cell.present, hits)
    near = rng.sample(cell.doubtful, doubts)
    either = {*near, *_spread(frames, event, cell, rng.sample(range(total), others), judged)}
    chances: dict[Said, float] = {"present": of_hits, "doubtful": of_doubts, "absent": uniform}
    drawn = [_drawn(frames[index], turn, event, chances) for index, turn in (*chosen, *sorted(either))]
    sizes: dict[Said, int] = {
        "present": len(cell.present),
        "doubtful": len(cell.doubtful),
        "absent": total - len(cell.doubtful),
    }
    return drawn, [Stratum(event, language, said, size, chances[said]) for said, size in sizes.items()]


def _share(part: int, whole: int) -> float:
    return part / whole if whole else 0.0


def _spread(
    frames: Sequence[CallFrame], event: str, cell: _Cell, ranks: Sequence[int], judged: Places
) -> list[tuple[int, int]]:
    """The call and turn of each rank, counted through all calls in order."""
    indexes = list(cell.others)
    ends = list(accumulate(cell.others.values()))
    found = []
    for rank in ranks:
        place = bisect_right(ends, rank)
        index = indexes[place]
        others = frames[index].others(event, judged.get(frames[index].transcript_id, ()))
        found.append((index, others[rank - (ends[place - 1] if place else 0)]))
    return found


def _drawn(frame: CallFrame, turn: int, event: str, chances: Mapping[Said, float]) -> Drawn:
    told = frame.heard.get((event, turn))
    said: Said = "absent" if told is None else "doubtful" if told.is_doubtful else "present"
    return Drawn(frame, turn, event, said, told.probability if told else None, chances[said])
