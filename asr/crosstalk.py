"""Tells a channel's own speech from the other party's, heard faintly through the line.

Crosstalk lies some 30 dB below the voice it comes from; people who speak at once differ by less than 20 dB.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from itertools import accumulate

import numpy as np
from numpy.typing import NDArray

from asr.levels import louder, noise_floor_db
from asr.regions import FRAME_MS, Region, inside, merged, runs
from asr.transcript import Word

MARGIN_DB = 20.0
SMOOTH_FRAMES = 20
MIN_GAP_MS = 300
MIN_SPEECH_MS = 250
ABOVE_NOISE_DB = 6.0
MIN_SOUND_MS = 80
RUN_GAP_MS = 500
TELLING_MS = 600
LIKENESS = 0.5
"""Of the echoes of ``TELLING_MS`` in development calls, 99 in 100 are liker; of other voices as faint, one in five."""
LAG_FRAMES = 30
STEADY_DB = 0.5

Levels = NDArray[np.float32]
"""`(frames,)` in dB; see :func:`asr.levels.frame_levels_db`."""


def drowned(own_db: Levels, other_db: Levels, other_speech: Sequence[Region], from_ms: int = 0) -> NDArray[np.bool_]:
    """By frames of a channel, where the other party speaks so much louder that what is heard here is its echo.

    Only speech drowns: beside music or a ring-back tone, all that is said counts. No frame before ``from_ms`` is told.
    """
    under = outshone(own_db, other_db) & inside(other_speech, own_db.size)
    under[: from_ms // FRAME_MS] = False
    return _like(under, own_db, other_db)


def outshone(own_db: Levels, other_db: Levels) -> NDArray[np.bool_]:
    """By frames of a channel, where the other is so much louder that it would be heard here as an echo."""
    return np.asarray(smoothed(other_db) - smoothed(own_db) > MARGIN_DB, dtype=np.bool_)


def _like(under: NDArray[np.bool_], own_db: Levels, other_db: Levels) -> NDArray[np.bool_]:
    """Without the stretches that are no echo: an echo grows louder and fainter with what it comes from."""
    sounding = under & louder(own_db, noise_floor_db(own_db) + ABOVE_NOISE_DB)
    kept = under.copy()
    for stretch in runs(under):
        first, last = stretch.start_ms // FRAME_MS, stretch.end_ms // FRAME_MS
        if sounding[first:last].sum() * FRAME_MS >= TELLING_MS:
            kept[first:last] = likeness(own_db[first:last], other_db[max(first - LAG_FRAMES, 0) : last]) >= LIKENESS
    return kept


def likeness(own_db: Levels, other_db: Levels) -> float:
    """The highest correlation of two loudness curves, in [-1, 1], at any lag that the longer, other one has room for.

    A curve without ups and downs tells nothing, and is taken for a copy.
    """
    if own_db.std() < STEADY_DB:
        return 1.0
    mine = own_db.astype(np.float64) - own_db.mean(dtype=np.float64)
    best = -1.0
    for lag in range(other_db.size - own_db.size + 1):
        theirs = other_db[lag : lag + own_db.size].astype(np.float64)
        theirs -= theirs.mean()
        spread = np.sqrt(np.dot(theirs, theirs) * np.dot(mine, mine))
        best = max(best, float(np.dot(theirs, mine) / max(spread, 1e-9)))
    return best


def own_speech(regions: Sequence[Region], own_db: Levels, under: NDArray[np.bool_]) -> list[Region]:
    """The parts of a channel's speech that the other channel does not drown; sorted, inside ``regions``.

    Beside what is drowned, a part counts only with a sound of its own: the rest is the silence around an echo.

    Args:
        regions: where the channel speaks, from the start of the call.
        own_db: loudness of the channel.
        under: where it is drowned, see :func:`drowned`.
    """
    kept: list[Region] = []
    sounding = louder(own_db, noise_floor_db(own_db) + ABOVE_NOISE_DB) & ~under
    for region in regions:
        first, last = region.start_ms // FRAME_MS, -(-region.end_ms // FRAME_MS)
        if not under[first:last].any():
            kept.append(region)
            continue
        free = runs(~under[first:last], first)
        parts = [region.between(max(r.start_ms, region.start_ms), min(r.end_ms, region.end_ms)) for r in free]
        kept.extend(
            part
            for part in merged(parts, MIN_GAP_MS)
            if part.duration_ms >= MIN_SPEECH_MS
            and sounding[part.start_ms // FRAME_MS : part.end_ms // FRAME_MS].sum() * FRAME_MS >= MIN_SOUND_MS
        )
    return kept


def crosstalk_words(
    words: Mapping[int, Sequence[Word]], levels_db: Mapping[int, Levels]
) -> dict[int, tuple[Word, ...]]:
    """By channel, the words that another channel says at the same time and much louder.

    When half of the words between two pauses are drowned, so are the rest. Words are in order of their start.
    """
    found: dict[int, tuple[Word, ...]] = {}
    for channel, own in words.items():
        under: set[int] = set()
        for other in words:
            if other != channel:
                under |= set(_drowned(own, words[other], levels_db[channel], levels_db[other]))
        lost = {i for run in _runs(own) for i in run if 2 * len(under & set(run)) >= len(run)}
        found[channel] = tuple(w for i, w in enumerate(own) if i in under | lost)
    return found


def smoothed(levels_db: Levels) -> Levels:
    """The mean power over a fifth of a second around each frame, in dB."""
    if levels_db.size == 0:
        return levels_db
    weights = np.ones(SMOOTH_FRAMES)
    power = np.convolve(10 ** (levels_db.astype(np.float64) / 10), weights)
    mean = power / np.convolve(np.ones(levels_db.size), weights)
    start = SMOOTH_FRAMES // 2
    # The convolution leaves rounding errors of either sign where all is silent.
    kept = np.maximum(mean[start : start + levels_db.size], 1e-12)
    return (10 * np.log10(kept)).astype(np.float32)


def _runs(words: Sequence[Word]) -> Iterator[range]:
    """Indexes of words that follow each other without a pause."""
    start = 0
    for i in range(1, len(words) + 1):
        if i == len(words) or words[i].start_ms - words[i - 1].end_ms >= RUN_GAP_MS:
            yield range(start, i)
            start = i


def _drowned(own: Sequence[Word], others: Sequence[Word], own_db: Levels, other_db: Levels) -> Iterator[int]:
    """Indexes of own words that another's word overlaps and drowns."""
    starts = [word.start_ms for word in others]
    latest_ends = list(accumulate((word.end_ms for word in others), max))
    for i, word in enumerate(own):
        before = bisect_left(starts, word.end_ms)
        if before and latest_ends[before - 1] > word.start_ms:
            first = word.start_ms // FRAME_MS
            last = max(word.end_ms // FRAME_MS, first + 1)
            mine, theirs = own_db[first:last], other_db[first:last]
            if mine.size and theirs.size and theirs.mean() - mine.mean() > MARGIN_DB:
                yield i
