"""The words of a turn as hash buckets: short runs of characters and of syllables (zh) or of words (en). Pure."""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr.syllables import coarse_syllable, is_han
from asr.transcript import Language
from nlp.text.folding import fold

LEXICAL_BUCKETS = 32768
_WORD = re.compile(r"[a-z]+(?:['’][a-z]+)*|\d+")


def lexical_buckets(
    text: str, language: Language, count: int = LEXICAL_BUCKETS, *, by_sound: bool = True
) -> NDArray[np.int64]:
    """Distinct hash buckets, ascending: of character 1-3-grams (zh) or word 1-2-grams (en).

    Every number is one symbol, so that the head learns "a number", not a price. ``by_sound`` adds syllable 2-3-grams
    (zh), in which what is easily misheard is one: much of a turn is known again where other characters were written.
    """
    grams = _chinese_grams(text, by_sound) if language == "zh" else _english_grams(text)
    buckets = {zlib.crc32(f"{language}:{gram}".encode()) % count for gram in grams}
    return np.array(sorted(buckets), dtype=np.int64)


def _chinese_grams(text: str, by_sound: bool) -> Iterator[str]:
    symbols = re.sub(r"\d+", "0", "".join(char for char in fold(text) if char.isalnum()))
    for size in (1, 2, 3):
        yield from ("".join(gram) for gram in _runs(symbols, size))
    sounds = [coarse_syllable(symbol) if is_han(symbol) else symbol for symbol in symbols] if by_sound else []
    for size in (2, 3):
        yield from ("s:" + " ".join(gram) for gram in _runs(sounds, size))


def _runs(symbols: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    return (symbols[start : start + size] for start in range(len(symbols) - size + 1))


def _english_grams(text: str) -> Iterator[str]:
    words = ["0" if word.isdigit() else word for word in _WORD.findall(fold(text))]
    yield from words
    for left, right in pairwise(words):
        yield f"{left} {right}"
