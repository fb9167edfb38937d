"""Words and their times from an alignment of tokens with the sound, as Whisper's cross-attention gives it.

The method is that of Whisper's reference implementation (``whisper/timing.py``): a word starts where the path through
the attention jumps to its first token.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np

from asr.transcript import Word

STEP_MS = 20
"""One position of the encoder's output."""

_PREPENDED = "\"'“¿([{-"
_APPENDED = "\"'.。,，!！?？:：”)]}、"


class Alignment(Protocol):
    """What CTranslate2 answers for one clip: (token, position) pairs, and a probability for every token."""

    alignments: Sequence[tuple[int, int]]
    text_token_probs: Sequence[float]


class WordSplitter(Protocol):
    """The part of a tokenizer that knows which tokens are one word."""

    eot: int

    def split_to_word_tokens(self, tokens: list[int]) -> tuple[list[str], list[list[int]]]:
        """The words and, for each, its tokens."""
        ...


def aligned_words(alignment: Alignment, tokens: list[int], splitter: WordSplitter) -> tuple[Word, ...]:
    """The words of one clip, with times from its start; ``confidence`` is the mean probability of a word's tokens."""
    texts, groups = splitter.split_to_word_tokens([*tokens, splitter.eot])
    text_at = np.array([pair[0] for pair in alignment.alignments])
    time_at = np.array([pair[1] for pair in alignment.alignments])
    jumps = np.pad(np.diff(text_at), (1, 0), constant_values=1).astype(bool)
    times_ms = time_at[jumps] * STEP_MS
    borders = np.concatenate([[0], np.cumsum([len(group) for group in groups[:-1]])])
    words: list[Word] = []
    for text, first, last in zip(texts, borders, borders[1:], strict=False):
        confidence = float(np.mean(alignment.text_token_probs[first:last]))
        words.append(Word(text, int(times_ms[first]), int(times_ms[last]), min(max(confidence, 0.0), 1.0)))
    return tuple(joined_words(words))


def mean_log_probability(alignment: Any) -> float:
    """Mean log probability of the tokens where nothing is forbidden, at most 0."""
    return float(np.log(np.maximum(alignment.text_token_probs, np.finfo(np.float32).tiny)).mean())


def joined_words(words: Sequence[Word]) -> list[Word]:
    """Punctuation joined to the word it belongs to, and parts of one Latin word to each other.

    A Latin word begins with a space, as the recognizer writes it; what begins without one goes on.
    """
    joined: list[Word] = []
    opening: Word | None = None
    for word in words:
        if opening is not None:
            word = _together(opening, word)
            opening = None
        if word.text.strip() in _PREPENDED and word.text.startswith(" "):
            opening = word
        elif joined and _continues(joined[-1].text, word.text):
            joined.append(_together(joined.pop(), word))
        else:
            joined.append(word)
    return joined if opening is None else [*joined, opening]


def _continues(before: str, text: str) -> bool:
    if not text.strip() or text in _APPENDED:
        return True
    # Latin text without a space before it goes on: "40" ",000", "twenty" "-five".
    return before[-1:].isascii() and text[0].isascii() and not text[0].isspace()


def _together(a: Word, b: Word) -> Word:
    if not b.text.strip("".join((_APPENDED, " "))):
        return Word(a.text + b.text, a.start_ms, max(a.end_ms, a.start_ms), a.confidence)
    confidence = (a.confidence * len(a.text) + b.confidence * len(b.text)) / max(len(a.text) + len(b.text), 1)
    return Word(a.text + b.text, a.start_ms, b.end_ms, confidence)
