"""What a search of Whisper's decoder comes to, before its words have times."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from asr.recognition import Heard, compression_ratio

MAX_TOKENS = 448
"""More Whisper never writes."""
TOKENS_PER_SECOND = 9


class Search(Protocol):
    """What CTranslate2 answers for one clip."""

    sequences_ids: Sequence[list[int]]
    scores: Sequence[float]
    no_speech_prob: float


class TextTokens(Protocol):
    """The part of a tokenizer that makes text of tokens."""

    eot: int

    def decode(self, tokens: list[int]) -> str:
        """The text of the tokens."""
        ...


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """The text of a clip: ``tokens`` without the special ones, and ``avg_logprob``, their mean log probability."""

    tokens: list[int]
    text: str
    avg_logprob: float
    no_speech_prob: float


def max_tokens(duration_ms: int) -> int:
    """Enough for the fastest speaker; a loop ends there instead of at Whisper's own limit."""
    return 12 + duration_ms * TOKENS_PER_SECOND // 1000


def best_of(result: Search, tokenizer: TextTokens) -> Hypothesis:
    """The likeliest text that was found."""
    tokens = list(result.sequences_ids[0])
    spoken = [token for token in tokens if token < tokenizer.eot]
    return Hypothesis(
        tokens=spoken,
        text=str(tokenizer.decode(spoken)).strip(),
        avg_logprob=result.scores[0] * len(tokens) / (len(tokens) + 1),
        no_speech_prob=result.no_speech_prob,
    )


def without_words(found: Hypothesis) -> Heard:
    """The answer as far as it is known without times."""
    ratio = compression_ratio(found.text) if found.text else 0.0
    return Heard((), found.avg_logprob, found.no_speech_prob, ratio)
