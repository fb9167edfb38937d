"""Words that hardly any call says: where two turns of a call share one, they speak of the same thing, often by name.

A term is a word of Latin letters or two Chinese characters in a row. Terms are kept as hashes, never as text. Pure.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from asr.transcript import Language
from nlp.text.folding import fold

TERMS = 1 << 20
"""Different hashes."""

Terms = NDArray[np.int64]
"""Distinct hashes of a turn's terms, ascending."""
_RUN = re.compile(r"[a-z]+(?:['’][a-z]+)*|[\u3400-\u4dbf\u4e00-\u9fff]{2,}")
_OWNED = re.compile(r"['’]s$")


def terms(text: str, language: Language) -> Terms:
    """The terms of a turn."""
    said = {term for run in _RUN.findall(fold(text)) for term in _cut(run)}
    return np.array(sorted({zlib.crc32(f"{language}:{term}".encode()) % TERMS for term in said}), dtype=np.int64)


def _cut(run: str) -> list[str]:
    return [_OWNED.sub("", run)] if run.isascii() or "’" in run else [run[i : i + 2] for i in range(len(run) - 1)]


def call_counts(calls: Iterable[Sequence[Terms]]) -> NDArray[np.int64]:
    """(TERMS,): how many of the calls, each given by its turns, say a term."""
    counts = np.zeros(TERMS, dtype=np.int64)
    for turns in calls:
        counts[together(turns)] += 1
    return counts


def together(turns: Sequence[Terms]) -> Terms:
    """The terms of all the turns."""
    return np.unique(np.concatenate(turns)) if turns else np.zeros(0, dtype=np.int64)


def sharing(turns: Sequence[Terms], common: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """(turns, turns): whether two different turns share a term that is not ``common``, (TERMS,)."""
    rare = [own[~common[own]] for own in turns]
    every = together(rare)
    said = np.zeros((len(turns), len(every)), dtype=np.float32)
    for row, own in enumerate(rare):
        said[row, np.searchsorted(every, own)] = 1.0
    shared: NDArray[np.bool_] = (said @ said.T) > 0
    np.fill_diagonal(shared, False)
    return shared
