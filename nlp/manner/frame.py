"""A transcript as the measures of manner see it: stretches of talk, how sure its words and roles are. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field

from asr.transcript import Language, Transcript, Turn
from nlp.text.evidence import spoken_at
from nlp.text.sentences import Sentence
from nlp.text.tokens import count_spoken_units
from sop.observations import Observation

QUOTE_LENGTH = 80
"""Characters of an observation's quote; a turn can be read in the transcript."""


@dataclass(frozen=True, slots=True)
class Frame:
    """A transcript with what all measures ask of it.

    ``stretches`` are its turns by index, consecutive ones of a known speaker together, each unknown one alone;
    ``units`` are the spoken units (words, or Chinese characters) of each turn.
    """

    transcript: Transcript
    stretches: tuple[tuple[int, ...], ...] = field(init=False)
    units: tuple[int, ...] = field(init=False)

    def __post_init__(self) -> None:
        stretches: list[list[int]] = []
        last = ""
        for index, turn in enumerate(self.transcript.turns):
            if turn.speaker != last or turn.speaker == "unknown":
                stretches.append([])
            stretches[-1].append(index)
            last = turn.speaker
        object.__setattr__(self, "stretches", tuple(tuple(stretch) for stretch in stretches))
        units = tuple(count_spoken_units(turn.text, self.transcript.language) for turn in self.transcript.turns)
        object.__setattr__(self, "units", units)

    @property
    def language(self) -> Language:
        return self.transcript.language

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.transcript.turns

    @property
    def both_heard(self) -> bool:
        """Whether each party speaks, on a channel that carries sound: without both nothing is told of an exchange."""
        silent = any(note.startswith("empty_channel") for note in self.transcript.notes)
        return not silent and {"rep", "customer"} <= {turn.speaker for turn in self.turns}

    @property
    def separate_channels(self) -> bool:
        """Whether speaking at once can be heard: on one channel for all it is one voice or the other."""
        return self.transcript.channels >= 2 and "identical_channels" not in self.transcript.notes

    def word_sureness(self, index: int) -> float:
        """Confidence of the turn's words and of who says them, in [0, 1]."""
        return min(1.0, max(0.0, self.turns[index].confidence)) * self.transcript.role_confidence

    def said(self, kind: str, index: int, value: float, sentence: Sentence | None = None) -> Observation:
        """An observation of the words of a turn, or of one of its sentences."""
        return self._observed(kind, index, value, self.word_sureness(index), sentence)

    def timed(self, kind: str, index: int, value: float, sentence: Sentence | None = None) -> Observation:
        """An observation of when somebody speaks, which does not depend on the words being right."""
        return self._observed(kind, index, value, self.transcript.role_confidence, sentence)

    def _observed(
        self, kind: str, index: int, value: float, confidence: float, sentence: Sentence | None
    ) -> Observation:
        turn = self.turns[index]
        start_ms, end_ms = (turn.start_ms, turn.end_ms) if sentence is None else spoken_at(turn, sentence)
        text = turn.text.strip() if sentence is None else sentence.text
        quote = text if len(text) <= QUOTE_LENGTH else f"{text[: QUOTE_LENGTH - 1]}…"
        return Observation(kind, index, start_ms, end_ms, turn.speaker, quote, value, confidence)
