"""Text folded for comparison that still knows where each character came from. Pure."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from nlp.text.folding import fold

_APOSTROPHES = str.maketrans("’‘＇", "'''")


@dataclass(frozen=True, slots=True)
class Folded:
    """``text[i]`` came from ``original[starts[i]:ends[i]]``; ``starts`` and ``ends`` never fall."""

    text: str
    starts: tuple[int, ...]
    ends: tuple[int, ...]

    def original(self, start: int, end: int) -> tuple[int, int]:
        """Where ``text[start:end]``, which is not empty, stands in the original."""
        return self.starts[start], self.ends[end - 1]


@lru_cache(maxsize=4096)
def folded(text: str, keep_case: bool = False) -> Folded:
    """Width, script and, unless ``keep_case``, case made one; a letter stays together with its accents.

    Each character is folded by itself, so that the same word folds the same way wherever it stands.
    """
    pieces = [
        (character, start, start + len(cluster))
        for start, cluster in _clusters(text)
        for character in _folded_cluster(cluster, keep_case)
    ]
    return Folded(
        "".join(character for character, _, _ in pieces),
        tuple(start for _, start, _ in pieces),
        tuple(end for _, _, end in pieces),
    )


def _clusters(text: str) -> Iterator[tuple[int, str]]:
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not unicodedata.combining(text[place]):
            yield start, text[start:place]
            start = place


@lru_cache(maxsize=65_536)
def _folded_cluster(cluster: str, keep_case: bool) -> str:
    plain = unicodedata.normalize("NFKC", cluster.translate(_APOSTROPHES))
    # Only Chinese characters have a script to fold, and they have no case.
    return plain if keep_case and plain.upper() != plain.lower() else fold(plain)
