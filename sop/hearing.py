"""What can be said of a call, three-valued: heard for sure, perhaps, or not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import IntEnum

from sop.events import EVENT_SPEAKERS, Evidence, Tagging
from sop.facts import CallFacts
from sop.problems import Problem, SopError
from sop.procedure import default_speakers
from sop.reasons import Reason, ReasonCode
from sop.repetition import count_new, plain_words


class Certainty(IntEnum):
    """Ordered: ``min`` joins conditions that must all hold, ``max`` those of which one is enough."""

    NO = 0
    MAYBE = 1
    YES = 2


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One event at one place, and how sure it is that it counts (MAYBE or YES)."""

    evidence: Evidence
    certainty: Certainty


@dataclass(frozen=True, slots=True)
class Window:
    """The stretches in which an answer may come: surely by the answering side, or perhaps by it.

    ``complete`` is False when the recording ends before the window does.
    """

    sure: frozenset[int]
    possible: frozenset[int]
    complete: bool


@dataclass(frozen=True, slots=True)
class Hearing:
    """A call's events and facts, and what scoring asks of them. No answer depends on the events' order.

    ``speakers`` says who can show each event.

    Raises:
        SopError: an event's turn is not a turn of the call.
    """

    tagging: Tagging
    facts: CallFacts
    speakers: Mapping[str, frozenset[str]] = field(default_factory=lambda: EVENT_SPEAKERS)

    def __post_init__(self) -> None:
        for name, events in (("present", self.tagging.present), ("doubtful", self.tagging.doubtful)):
            for index, event in enumerate(events):
                if not 0 <= event.evidence.turn < len(self.facts.turns):
                    message = f"turn {event.evidence.turn} is not one of the call's {len(self.facts.turns)} turns"
                    raise SopError([Problem(f"tagging.{name}[{index}].turn", None, message)])

    def occurrences(self, events: Iterable[str], speakers: frozenset[str]) -> tuple[Occurrence, ...]:
        """Where one of ``events`` was said by one of ``speakers``, or perhaps was, in order of time."""
        wanted = frozenset(events)
        found: set[Occurrence] = set()
        for certainty, tagged in (
            (Certainty.YES, self.tagging.present),
            (Certainty.MAYBE, self.tagging.doubtful),
        ):
            for event in tagged:
                if event.event in wanted:
                    weakened = min(certainty, self._said_by(event.evidence, speakers))
                    if weakened is not Certainty.NO:
                        found.add(Occurrence(event.evidence, weakened))
        return tuple(sorted(found, key=lambda item: (evidence_order(item.evidence), item.certainty)))

    def _said_by(self, evidence: Evidence, speakers: frozenset[str]) -> Certainty:
        speaker = self.facts.speaker_of(evidence.speaker)
        if speaker in speakers or speakers >= {"rep", "customer"}:
            return Certainty.YES
        return Certainty.MAYBE if speaker == "unknown" else Certainty.NO

    def heard(self, events: tuple[str, ...]) -> tuple[Certainty, tuple[Evidence, ...]]:
        """Whether any of ``events`` occurs in the call, and where."""
        speakers = self.speakers_of(events)
        found = self.occurrences(events, speakers)
        if found:
            surest = max(item.certainty for item in found)
            return surest, tuple(item.evidence for item in found if item.certainty is surest)
        return (Certainty.MAYBE if self.blind(events, speakers) else Certainty.NO), ()

    def speakers_of(self, events: Iterable[str]) -> frozenset[str]:
        """Everyone who can show one of ``events``."""
        return default_speakers(events, self.speakers)

    def blind(self, events: tuple[str, ...], speakers: frozenset[str], *, to_end: bool = True) -> Reason | None:
        """Why not hearing ``events`` of ``speakers`` proves nothing; None when their absence is certain.

        ``to_end`` says that the event might have come in the part that a truncated recording lacks.
        """
        if unheard := tuple(event for event in events if event in self.facts.not_listened_for):
            return Reason(ReasonCode.NOT_LISTENED_FOR, {"events": unheard})
        silent = sorted(speakers - self.facts.speakers)
        if not self.facts.roles_known or (silent and "unknown" in self.facts.speakers):
            return Reason(ReasonCode.ROLES_UNKNOWN, {"events": events})
        if silent:
            return Reason(ReasonCode.SPEAKER_NOT_HEARD, {"speaker": silent[0], "events": events})
        if self.facts.truncated and to_end:
            return Reason(ReasonCode.RECORDING_CUT, {"events": events})
        return None

    def stretch(self, evidence: Evidence) -> int:
        """The number of the stretch of talk in which it was said."""
        return self.facts.stretches[evidence.turn]

    def stretch_count(self, found: Iterable[Evidence]) -> int:
        """In how many stretches of talk something was said: saying it twice in one breath counts once."""
        return len({self.stretch(evidence) for evidence in found})

    def new_count(self, found: Iterable[Evidence]) -> int:
        """:meth:`stretch_count`, but a rep who says a sentence again word for word says nothing new."""
        return count_new((self.stretch(evidence), self._sentence(evidence)) for evidence in found)

    def _sentence(self, evidence: Evidence) -> str | int:
        """What a rep's sentence says; for others, who repeat themselves for no points, the stretch itself."""
        by_rep = self.facts.speaker_of(evidence.speaker) == "rep"
        return (plain_words(evidence.quote) if by_rep else "") or self.stretch(evidence)

    def window(self, turn: int, speakers: frozenset[str], size: int) -> Window:
        """The next ``size`` stretches of ``speakers`` after ``turn``; unknown speakers do not use it up."""
        sure: set[int] = set()
        possible: set[int] = set()
        for index in range(turn + 1, len(self.facts.turns)):
            stretch = self.facts.stretches[index]
            speaker = self.facts.speaker_of(self.facts.turns[index].speaker)
            if stretch == self.facts.stretches[turn] or not (speaker in speakers or speaker == "unknown"):
                continue
            if speaker == "unknown":
                possible.add(stretch)
            elif len(sure) == size and stretch not in sure:
                return Window(frozenset(sure), frozenset(possible), complete=True)
            else:
                sure.add(stretch)
        return Window(frozenset(sure), frozenset(possible), complete=len(sure) == size)


def evidence_order(evidence: Evidence) -> tuple[int, int, int, str, str, float]:
    """A total order of evidence by time."""
    return (
        evidence.start_ms,
        evidence.turn,
        evidence.end_ms,
        evidence.speaker,
        evidence.quote,
        evidence.confidence,
    )


def in_order(found: Iterable[Evidence]) -> tuple[Evidence, ...]:
    """Evidence in order of time, each once."""
    return tuple(sorted(set(found), key=evidence_order))
