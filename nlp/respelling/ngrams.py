"""How likely a word is after the two before it: counts of three words in a row, smoothed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TypeVar

START = -1
"""Stands twice before the first word."""
END = -2
"""Stands after the last word."""
UNKNOWN = -3
"""A word that was never counted."""

Pair = tuple[int, int]
Triple = tuple[int, int, int]
History = TypeVar("History", int, Pair)


@dataclass(frozen=True)
class Trigrams:
    """Counts of words, pairs and triples of words in a row, words being numbers.

    ``words`` counts every word and :data:`END`.
    """

    words: Mapping[int, int]
    pairs: Mapping[Pair, int]
    triples: Mapping[Triple, int]

    @classmethod
    def counted(cls, runs: Iterable[Sequence[int]]) -> Trigrams:
        """The counts of ``runs`` of words, each with :data:`START` and :data:`END` around it."""
        words: Counter[int] = Counter()
        pairs: Counter[Pair] = Counter()
        triples: Counter[Triple] = Counter()
        for run in runs:
            padded = [START, START, *run, END]
            words.update(padded[2:])
            pairs.update(list(pairwise(padded))[1:])
            triples.update(zip(padded, padded[1:], padded[2:], strict=False))
        return cls(words, pairs, triples)

    def probability(self, before: Pair, word: int) -> float:
        """P(word | two words before), in [0, 1]; 0 for words that were never counted.

        Witten-Bell smoothing (Witten & Bell 1991, method C): a history that was followed by n words, t different ones,
        leaves t / (n + t) to what is likely after the shorter history.
        """
        likely = self.words.get(word, 0) / self._total
        last = before[1]
        if last in self._after_word:
            followed, kinds = self._after_word[last]
            likely = (self.pairs.get((last, word), 0) + kinds * likely) / (followed + kinds)
        if before in self._after_pair:
            followed, kinds = self._after_pair[before]
            likely = (self.triples.get((*before, word), 0) + kinds * likely) / (followed + kinds)
        return likely

    @cached_property
    def _total(self) -> int:
        """Words counted, and one for each different one: what those that were never counted would get."""
        return sum(self.words.values()) + len(self.words)

    @cached_property
    def _after_word(self) -> dict[int, tuple[int, int]]:
        """How many words followed each word, and how many different ones."""
        return _histories((pair[0], count) for pair, count in self.pairs.items())

    @cached_property
    def _after_pair(self) -> dict[Pair, tuple[int, int]]:
        """The same of pairs."""
        return _histories((triple[:2], count) for triple, count in self.triples.items())


def _histories(counts: Iterable[tuple[History, int]]) -> dict[History, tuple[int, int]]:
    followed: Counter[History] = Counter()
    kinds: Counter[History] = Counter()
    for history, count in counts:
        followed[history] += count
        kinds[history] += 1
    return {history: (count, kinds[history]) for history, count in followed.items()}
