"""The voices of one channel: vectors of short windows, collected block by block, and the voice of every word."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from asr.clustering import ClusterOptions, Labels, Vectors, centres, clusters
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.regions import Region
from asr.transcript import Word

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
BATCH = 16
"""Windows embedded between two looks at whether the work goes on."""
_SENTENCE_ENDS = (".", "?", "!", "。", "？", "！", "…")
_CLOSING = "\"'”’)）」』"


class VoiceEmbedder(Protocol):
    """Turns a clip of one speaker into a vector that is near for the same voice and far for another."""

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hexadecimal) of the learned parameters."""
        ...

    def embed(self, clips: Sequence[Mono]) -> Vectors:
        """(len(clips), dim) float32, each row of L2 norm 1. A clip's vector does not depend on the others."""
        ...


@dataclass(frozen=True, slots=True)
class VoiceOptions:
    """How voices are told apart.

    Vectors are taken of windows of ``window_ms`` every ``hop_ms``, none shorter than ``least_ms``. The chance of a
    change of voice between two words is ``change`` in running speech, ``change_after_pause`` where ``pause_ms`` or
    more part them, and ``change_after_sentence`` where a sentence ends.
    """

    window_ms: int = 1_500
    hop_ms: int = 1_000
    least_ms: int = 500
    change: float = 0.01
    change_after_pause: float = 0.2
    change_after_sentence: float = 0.4
    pause_ms: int = 500
    clusters: ClusterOptions = field(default_factory=ClusterOptions)


class VoiceTrack:
    """What is kept of one channel to tell its voices apart: some 200 numbers for each second of speech."""

    def __init__(self, embedder: VoiceEmbedder, options: VoiceOptions) -> None:
        self._embedder = embedder
        self._options = options
        self._windows: list[Region] = []
        self._vectors: list[Vectors] = []

    def hear(self, regions: Sequence[Region], samples: Mono, offset_ms: int, check: Callable[[], None]) -> None:
        """Take the vectors of the next stretch of the channel.

        Args:
            regions: where someone speaks, in milliseconds of the call.
            samples: the channel from ``offset_ms`` on.
            offset_ms: where ``samples`` begin in the call.
            check: called often; what it raises stops the work.
        """
        spans = windows(regions, self._options)
        for first in range(0, len(spans), BATCH):
            check()
            part = spans[first : first + BATCH]
            edges = [((s.start_ms - offset_ms) * SAMPLES_PER_MS, (s.end_ms - offset_ms) * SAMPLES_PER_MS) for s in part]
            self._vectors.append(self._embedder.embed([samples[start:end] for start, end in edges]))
        self._windows.extend(spans)

    def words_by_voice(self, words: Sequence[Word], voices: int | None) -> dict[int, tuple[Word, ...]]:
        """The words of each voice; see :func:`voices_of_words`."""
        vectors = np.concatenate(self._vectors) if self._vectors else np.zeros((0, 1), dtype=np.float32)
        numbers = voices_of_words(words, self._windows, vectors, voices, self._options)
        return {
            number: tuple(word for word, own in zip(words, numbers, strict=True) if own == number)
            for number in sorted(set(numbers))
        }


def windows(regions: Sequence[Region], options: VoiceOptions) -> list[Region]:
    """The stretches to take vectors of: sorted, inside the regions, the last one of each ending with it."""
    found: list[Region] = []
    for region in regions:
        last = max(region.end_ms - options.window_ms, region.start_ms)
        starts = [*range(region.start_ms, last - options.hop_ms // 2, options.hop_ms), last]
        found.extend(Region(start, min(start + options.window_ms, region.end_ms)) for start in starts)
    return [window for window in found if window.duration_ms >= options.least_ms]


def voices_of_words(
    words: Sequence[Word],
    heard: Sequence[Region],
    vectors: Vectors,
    voices: int | None = 2,
    options: VoiceOptions | None = None,
) -> list[int]:
    """The voice of each word, numbered from 0 in order of their first words.

    Args:
        words: in order of their start.
        heard: the windows that ``vectors`` were taken of.
        vectors: (len(heard), dim), unit rows.
        voices: how many to expect, None to find out. Fewer are found where no more can be told apart.
        options: thresholds.
    """
    chosen = options or VoiceOptions()
    # Hold music and noise have windows too, but no words: they would pass for a voice of their own.
    spoken = _spoken(words, heard)
    heard, vectors = [heard[i] for i in spoken], vectors[spoken]
    labels = clusters(vectors, voices, chosen.clusters)
    if not words or len(np.unique(labels)) < 2:
        return [0] * len(words)
    scores = _word_scores(words, heard, _evidence(vectors, labels), chosen)
    changes = [_change_chance(a, b, chosen) for a, b in pairwise(words)]
    return _numbered(_likeliest_path(scores, changes))


def _spoken(words: Sequence[Word], heard: Sequence[Region]) -> list[int]:
    """Indexes of the windows in which a word has its middle."""
    middles = np.sort(np.array([(word.start_ms + word.end_ms) / 2 for word in words]))
    return [
        i
        for i, window in enumerate(heard)
        if np.searchsorted(middles, window.start_ms) < np.searchsorted(middles, window.end_ms)
    ]


def _evidence(vectors: Vectors, labels: Labels) -> NDArray[np.float64]:
    """(windows, voices): log likelihoods, up to a constant a row.

    The difference of the cosines to two centres is taken as normal, around another mean for each voice and with one
    variance (Fisher's linear discriminant): the log odds are the difference times distance of the means / variance.
    """
    cosines = (vectors @ centres(vectors, labels).T).astype(np.float64)
    voices = cosines.shape[1]
    scales = [_scale(cosines, labels, a, b) for a in range(voices) for b in range(a + 1, voices)]
    return cosines / max(float(np.mean(scales)), 1e-3)


def _scale(cosines: NDArray[np.float64], labels: Labels, a: int, b: int) -> float:
    nearer = cosines[:, a] - cosines[:, b]
    first, second = nearer[labels == a], nearer[labels == b]
    variance = (first.var() * len(first) + second.var() * len(second)) / (len(first) + len(second))
    return float(variance / max(first.mean() - second.mean(), 1e-3))


def _word_scores(
    words: Sequence[Word], heard: Sequence[Region], evidence: NDArray[np.float64], options: VoiceOptions
) -> NDArray[np.float64]:
    """(words, voices): the evidence of the windows around a word, the nearer the more, by the time the word takes."""
    middles = np.array([(window.start_ms + window.end_ms) / 2 for window in heard])
    rows = np.zeros((len(words), evidence.shape[1]))
    for i, word in enumerate(words):
        away = np.abs(middles - (word.start_ms + word.end_ms) / 2)
        weights = np.maximum(1 - away / (options.window_ms / 2), 0.0)
        if not weights.any():
            weights = (away == away.min()).astype(np.float64)
        share = min(max(word.end_ms - word.start_ms, 100) / options.window_ms, 1.0)
        rows[i] = weights @ evidence / weights.sum() * share
    return rows


def _change_chance(before: Word, word: Word, options: VoiceOptions) -> float:
    if before.text.rstrip().rstrip(_CLOSING).endswith(_SENTENCE_ENDS):
        return options.change_after_sentence
    return options.change_after_pause if word.start_ms - before.end_ms >= options.pause_ms else options.change


def _likeliest_path(scores: NDArray[np.float64], changes: Sequence[float]) -> list[int]:
    """Viterbi's algorithm; ``changes[i]`` is the chance of a change of voice after word i."""
    voices = scores.shape[1]
    same = np.eye(voices, dtype=bool)
    best = scores[0].copy()
    origins: list[Labels] = []
    for row, chance in zip(scores[1:], changes, strict=True):
        moved = best[:, None] + np.where(same, np.log(1 - chance), np.log(chance / (voices - 1)))
        origins.append(moved.argmax(axis=0))
        best = moved.max(axis=0) + row
    path = [int(best.argmax())]
    for origin in reversed(origins):
        path.append(int(origin[path[-1]]))
    return path[::-1]


def _numbered(path: Sequence[int]) -> list[int]:
    numbers = {voice: number for number, voice in enumerate(dict.fromkeys(path))}
    return [numbers[voice] for voice in path]
