"""What a recognizer is asked and what it answers; adapters stand behind :class:`Recognizer`."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from asr.levels import Mono
from asr.transcript import Language, Word


@dataclass(frozen=True, slots=True)
class Heard:
    """The answer for one clip.

    Word times count from the start of the clip, and a word keeps the space before it that the recognizer
    wrote (English) or none (Mandarin). ``avg_logprob`` is the mean log probability of the tokens, at most 0;
    ``no_speech_prob`` is in [0, 1]; ``compression_ratio`` is that of :func:`compression_ratio`.
    """

    words: tuple[Word, ...]
    avg_logprob: float
    no_speech_prob: float
    compression_ratio: float

    @property
    def text(self) -> str:
        """The words as one string."""
        return "".join(word.text for word in self.words).strip()


class Recognizer(Protocol):
    """Speech to words. Clips are 16 kHz float32, at most 29 s each."""

    @property
    def lanes(self) -> int:
        """How many batches can be asked for at the same time, from as many threads."""
        ...

    def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
        """How likely each language is, summed over the clips; only the order matters."""
        ...

    def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
        """One answer per clip, in the order of the clips; an answer does not depend on its neighbours.

        ``vocabulary`` holds names and words that may well be said, the most important first.
        """
        ...


def compression_ratio(text: str) -> float:
    """Bytes over zlib-compressed bytes; above about 2.4 a text goes round in circles (Whisper's own test)."""
    encoded = text.encode()
    return len(encoded) / len(zlib.compress(encoded))
