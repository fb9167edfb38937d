"""A transcript as rules see it: texts folded once, tokens, sentences, their vectors, and who spoke when."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Language, Transcript, Turn
from nlp.rules.expressions import RuleError
from nlp.rules.text import Folded, folded
from nlp.text.sentences import Sentence, sentences
from sop.events import Tagging

if TYPE_CHECKING:
    from spacy.tokens import Doc

Encode = Callable[[Sequence[str]], NDArray[np.float32]]
"""Texts to unit vectors, (len(texts), dim), such as :meth:`nlp.encoders.encoder.Encoder.encode`."""

UNRELATED: Mapping[str, Mapping[Language, float]] = {
    "use-multilingual-3": {"zh": 0.14, "en": 0.08},
    "multilingual-e5-small-q4": {"zh": 0.865, "en": 0.807},
    "use-multilingual-3+multilingual-e5-small-q4": {"zh": 0.50, "en": 0.44},
}
"""Mean cosine of two sentences of the corpus of sales calls, by encoder and language (250 sentences of each)."""


class Proof(NamedTuple):
    """What makes a condition true of a turn: ``text[start:end]``, ``strength`` in (0, 1].

    Where the condition is not about words, the whole turn stands there and ``quoted`` is false.
    """

    start: int
    end: int
    strength: float
    quoted: bool = True


@dataclass(frozen=True)
class RuleCall:
    """One call, ready for any number of rules. Turns are in order of ``start_ms``, those without text are never hit.

    ``events`` gives each key event's turns with the confidence in them. ``encode`` is called for likeness only, once
    for each sentence; ``unrelated`` is the cosine it gives to unrelated sentences of a language (:data:`UNRELATED`).
    """

    transcript: Transcript
    encode: Encode | None = None
    unrelated: Mapping[Language, float] = field(default_factory=lambda: UNRELATED["use-multilingual-3"])
    competitors: tuple[str, ...] = ()
    events: Mapping[str, Mapping[int, float]] = field(default_factory=dict)

    @property
    def language(self) -> Language:
        return self.transcript.language

    @property
    def turns(self) -> tuple[Turn, ...]:
        return self.transcript.turns

    @cached_property
    def spoken(self) -> tuple[int, ...]:
        """The numbers of the turns that have text, in order."""
        return tuple(number for number, turn in enumerate(self.turns) if turn.text.strip())

    @cached_property
    def places(self) -> dict[int, int]:
        """Each spoken turn's place among the spoken ones, by its number."""
        return {number: place for place, number in enumerate(self.spoken)}

    def folded(self, turn: int) -> Folded:
        return folded(self.turns[turn].text)

    def cased(self, turn: int) -> Folded:
        """As :meth:`folded`, with capital letters kept."""
        return folded(self.turns[turn].text, keep_case=True)

    def doc(self, turn: int) -> Doc:
        """The tokens of the turn's :meth:`cased` text."""
        from nlp.text.pipeline import pipeline

        if turn not in self._docs:
            self._docs[turn] = pipeline(self.language, self.competitors)(self.cased(turn).text)
        return self._docs[turn]

    def sentences(self, turn: int) -> Sequence[Sentence]:
        if turn not in self._sentences:
            self._sentences[turn] = sentences(self.turns[turn].text)
        return self._sentences[turn]

    def vectors(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(len(texts), dim) unit vectors; each text is encoded once a call.

        Raises:
            RuleError: the call was made without an encoder.
        """
        if self.encode is None:
            raise RuleError("like: needs a sentence encoder; give the call one")
        missing = [text for text in dict.fromkeys(texts) if text not in self._vectors]
        if missing:
            self._vectors.update(zip(missing, self.encode(missing), strict=True))
        return np.stack([self._vectors[text] for text in texts])

    def whole(self, turn: int, strength: float = 1.0) -> Proof:
        """The turn's whole text, as a proof that is not about words."""
        text = self.turns[turn].text
        return Proof(len(text) - len(text.lstrip()), len(text.rstrip()), strength, quoted=False)

    def quote(self, turn: int, start: int, end: int) -> Proof | None:
        """``text[start:end]`` of the turn without spaces around it, as an exact proof; None if nothing is left."""
        said = self.turns[turn].text[start:end]
        begin = start + len(said) - len(said.lstrip())
        return Proof(begin, begin + len(said.strip()), 1.0) if said.strip() else None

    @cached_property
    def _docs(self) -> dict[int, Doc]:
        return {}

    @cached_property
    def _sentences(self) -> dict[int, list[Sentence]]:
        return {}

    @cached_property
    def _vectors(self) -> dict[str, NDArray[np.float32]]:
        return {}


def events_shown(tagging: Tagging) -> dict[str, dict[int, float]]:
    """The turns that show each present event, with the confidence: what ``RuleCall.events`` takes."""
    shown: dict[str, dict[int, float]] = {}
    for found in tagging.present:
        turns = shown.setdefault(found.event, {})
        turns[found.evidence.turn] = max(turns.get(found.evidence.turn, 0.0), found.evidence.confidence)
    return shown
