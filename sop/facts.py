"""What scoring must know of a call besides its key events."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Protocol

from sop.events import Speaker
from sop.observations import Observation


class Spoken(Protocol):
    """A turn of any transcript."""

    @property
    def speaker(self) -> Speaker:
        """Who speaks."""

    @property
    def start_ms(self) -> int:
        """From when, in milliseconds."""

    @property
    def end_ms(self) -> int:
        """Until when, in milliseconds."""


@dataclass(frozen=True, slots=True)
class TurnSpan:
    """Who spoke from when to when, in milliseconds from the start of the recording."""

    speaker: Speaker
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True)
class CallContext:
    """What is known of a call that can't be heard in it; None is unknown, and never counts as no.

    ``direction`` is inbound or outbound, ``stage`` that of the call's opportunity, ``team`` the rep's, ``call_type`` a
    word of the company's. ``follow_up`` says whether an earlier call was about the same.
    """

    direction: str | None = None
    stage: str | None = None
    team: str | None = None
    call_type: str | None = None
    follow_up: bool | None = None


@dataclass(frozen=True, slots=True)
class CallFacts:
    """The frame of a call. ``turns`` are all its turns in the transcript's order; events point into them.

    ``roles_known`` is False when the speakers in the transcript are guesses; ``truncated`` when the
    recording ends before the call did. Both turn absences into unknowns.
    """

    duration_ms: int
    language: str
    turns: tuple[TurnSpan, ...]
    roles_known: bool = True
    truncated: bool = False
    observations: tuple[Observation, ...] | None = None
    """What was measured of how the call was spoken; None where it never was."""
    context: CallContext = CallContext()
    not_listened_for: frozenset[str] = frozenset()
    """Events that the call was not tagged for: not hearing them says nothing."""
    stretches: tuple[int, ...] = field(init=False, repr=False, compare=False)
    """For each turn the number of its stretch: consecutive turns of one known speaker are one stretch."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "stretches", tuple(self._number_stretches()))

    @classmethod
    def from_turns(
        cls,
        turns: Iterable[Spoken],
        *,
        duration_ms: int,
        language: str,
        roles_known: bool = True,
        truncated: bool = False,
        observations: tuple[Observation, ...] | None = None,
        context: CallContext = CallContext(),
    ) -> CallFacts:
        """The facts of a transcript, from its turns."""
        spans = tuple(TurnSpan(turn.speaker, turn.start_ms, turn.end_ms) for turn in turns)
        return cls(duration_ms, language, spans, roles_known, truncated, observations, context)

    @property
    def first_word_ms(self) -> int:
        """When the first turn starts; ringing before it is not the rep's time. 0 for a silent call."""
        return min((turn.start_ms for turn in self.turns), default=0)

    @property
    def last_word_ms(self) -> int:
        """When the last turn ends; 0 for a silent call."""
        return max((turn.end_ms for turn in self.turns), default=0)

    @property
    def speakers(self) -> frozenset[str]:
        """Everyone heard: a subset of rep, customer, unknown."""
        return frozenset(self.speaker_of(turn.speaker) for turn in self.turns)

    def speaker_of(self, speaker: str) -> str:
        """``speaker``, or "unknown" where roles are guesses."""
        return speaker if self.roles_known else "unknown"

    def _number_stretches(self) -> Iterable[int]:
        number, last = -1, ""
        for turn in self.turns:
            speaker = self.speaker_of(turn.speaker)
            if speaker != last or speaker == "unknown":
                number += 1
            last = speaker
            yield number
