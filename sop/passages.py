"""Where in a call a step was done, and the customer's turns that react to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from sop.events import Evidence
from sop.hearing import Hearing, Occurrence
from sop.observations import Observation

JOINED_STRETCHES = 6
"""Evidence no more than so many stretches of talk apart is one passage: three exchanges."""

REACTING_STRETCHES = 3
"""So many of the customer's next stretches of talk are taken for the reaction."""

SURE = 0.5
"""An observation of less confidence may or may not be so."""


@dataclass(frozen=True, slots=True)
class Passages:
    """The turns in which a step was done (``own``), in which the customer reacted (``replies``), and all ``around``.

    What the customer says right before is around it: what is answered.

    ``of_rep`` are the rep's turns among the own ones. ``noted`` holds the observations by kind and turn; None where
    nothing was measured.
    """

    hearing: Hearing
    own: frozenset[int]
    of_rep: frozenset[int]
    replies: frozenset[int]
    around: frozenset[int]
    noted: Mapping[str, Mapping[int, Sequence[Observation]]] | None

    def seen(self, kind: str, turns: frozenset[int]) -> tuple[Observation, ...]:
        """Observations of ``kind`` in ``turns``, each once, in order of time."""
        by_turn = self._of(kind)
        return tuple(sorted({item for turn in turns for item in by_turn.get(turn, ())}, key=_order))

    def everywhere(self, kind: str) -> tuple[Observation, ...]:
        """Observations of ``kind`` in the whole call, in whatever order they came, perhaps more than once."""
        return tuple(item for items in self._of(kind).values() for item in items)

    def _of(self, kind: str) -> Mapping[int, Sequence[Observation]]:
        return {} if self.noted is None else self.noted.get(kind, {})

    def heard(self, events: Iterable[str], turns: frozenset[int]) -> tuple[Occurrence, ...]:
        """Key events in ``turns`` by whoever can show them, sure and doubtful ones."""
        names = tuple(events)
        found = self.hearing.occurrences(names, self.hearing.speakers_of(names))
        return tuple(item for item in found if item.evidence.turn in turns)

    def readable(self, turns: frozenset[int]) -> bool:
        """Whether wordings missing from ``turns`` are truly missing: at least half of what is said is surely heard."""
        by_turn = self._of("speech")
        speech = {item for turn in turns for item in by_turn.get(turn, ())}
        said = sum(item.value for item in speech)
        return said > 0 and 2 * sum(item.value for item in speech if item.confidence >= SURE) >= said


def noted(hearing: Hearing) -> Mapping[str, Mapping[int, Sequence[Observation]]] | None:
    """A call's observations by kind and turn."""
    if hearing.facts.observations is None:
        return None
    kinds: dict[str, dict[int, list[Observation]]] = {}
    for item in hearing.facts.observations:
        kinds.setdefault(item.kind, {}).setdefault(item.turn, []).append(item)
    return kinds


def passages(places: Iterable[Evidence], hearing: Hearing) -> Passages:
    """The passages around ``places``: evidence close together, the talk between, and the replies.

    What the customer says as evidence answers the rep's stretch before, which is part of the passage.
    """
    stretches = hearing.facts.stretches
    members: dict[int, list[int]] = {}
    for turn, number in enumerate(stretches):
        members.setdefault(number, []).append(turn)
    groups = list(_groups(sorted({stretches[place.turn] for place in places})))
    own: set[int] = set()
    replies: set[int] = set()
    before: set[int] = set()
    for index, (first, last) in enumerate(groups):
        until = groups[index + 1][0] if index + 1 < len(groups) else len(members)
        begin = first - 1 if first and _speaker(hearing, members, first) == "customer" else first
        own.update(turn for number in range(begin, last + 1) for turn in members[number])
        if begin and _speaker(hearing, members, begin - 1) == "customer":
            before.update(members[begin - 1])
        reacting = [n for n in range(first + 1, until) if _speaker(hearing, members, n) == "customer"]
        later = [n for n in reacting if n > last][:REACTING_STRETCHES]
        replies.update(turn for n in reacting if n <= last or n in later for turn in members[n])
    around = frozenset(own | replies | before)
    of_rep = frozenset(turn for turn in own if hearing.facts.turns[turn].speaker == "rep")
    return Passages(hearing, frozenset(own), of_rep, frozenset(replies), around, noted(hearing))


def _groups(numbers: list[int]) -> Iterator[tuple[int, int]]:
    first = last = -1
    for number in numbers:
        if first >= 0 and number - last > JOINED_STRETCHES:
            yield first, last
            first = number
        first = number if first < 0 else first
        last = number
    if first >= 0:
        yield first, last


def _speaker(hearing: Hearing, members: Mapping[int, list[int]], number: int) -> str:
    return hearing.facts.speaker_of(hearing.facts.turns[members[number][0]].speaker)


def _order(item: Observation) -> tuple[int, int, int, float, float, str]:
    return item.start_ms, item.turn, item.end_ms, item.value, item.confidence, item.quote
