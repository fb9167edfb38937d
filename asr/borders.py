"""Puts the borders of words where the sound begins and ends.

The recognizer's attention says which part of the sound a word is, not where it starts to the hundredth of a second: a
word after a pause often begins inside the pause. Loudness knows better, so borders beside a pause are moved to it.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr.chunks import Window
from asr.levels import louder, noise_floor_db
from asr.regions import FRAME_MS, Region, merged, runs
from asr.transcript import Word

ABOVE_NOISE_DB = 6.0
PAUSE_MS = 150
"""A shorter silence is part of a word: the closure of a plosive."""
MIN_SOUND_MS = 40
SOUNDING_SHARE = 0.25
SOUNDING_MS = 150
"""A word that sounds for less of its length, and less in all, may belong after a pause; see :func:`_after_pauses`."""
UNEXPLAINED_MS = 80
"""So much of a sound before its first word belongs to another word."""
REACH_MS = 600
"""A border is moved out by no more: what sounds further away is something else."""

Levels = NDArray[np.float32]


def sounds(span: Region, levels_db: Levels, under: NDArray[np.bool_] | None = None) -> list[Region]:
    """The stretches of a span in which a channel itself sounds; sorted, parted by pauses.

    Args:
        span: the part of the call to look at; the noise is measured there.
        levels_db: loudness of the channel by frames of ``FRAME_MS``, from the start of the call.
        under: where another party's echo is all that is heard, see :func:`asr.crosstalk.drowned`; None in mono.
    """
    first, last = span.start_ms // FRAME_MS, -(-span.end_ms // FRAME_MS)
    own_db = levels_db[first:last]
    loud = louder(own_db, noise_floor_db(own_db) + ABOVE_NOISE_DB)
    if under is not None:
        loud &= ~under[first:last]
    found = [Region(max(r.start_ms, span.start_ms), min(r.end_ms, span.end_ms)) for r in runs(loud, first)]
    return [sound for sound in merged(found, PAUSE_MS) if sound.duration_ms >= MIN_SOUND_MS]


def within(heard: Sequence[Region], window: Window) -> list[Region]:
    """The parts of a channel's sorted sounds that are heard in a window."""
    found: list[Region] = []
    for part in window.parts:
        first = bisect_right(heard, part.start_ms, key=lambda sound: sound.end_ms)
        last = bisect_left(heard, part.end_ms, key=lambda sound: sound.start_ms)
        found += [Region(max(s.start_ms, part.start_ms), min(s.end_ms, part.end_ms)) for s in heard[first:last]]
    return found


def snapped(words: Sequence[Word], heard: Sequence[Region]) -> tuple[Word, ...]:
    """The same words with borders beside a pause moved to where the sound begins or ends.

    A word that spans a pause keeps the side with more of it, unless it is silent there. Words stay in order, overlap
    no more than before, and lie where they lay or within ``heard``.

    Args:
        words: in order of their start.
        heard: the sounds of the channel, sorted and apart, see :func:`sounds`.
    """
    return tuple(_widened(_narrowed(_after_pauses(words, heard), heard), heard))


def _after_pauses(words: Sequence[Word], heard: Sequence[Region]) -> list[Word]:
    """Words moved over the pause that they were put before: the attention of a first word begins where the last ended.

    That is so where a word itself is almost silent, and the next sound begins before its own first word.
    """
    moved = list(words)
    for i, (word, following) in enumerate(pairwise(words)):
        own_ms = sum(max(min(s.end_ms, word.end_ms) - max(s.start_ms, word.start_ms), 0) for s in heard)
        later = next((s for s in heard if word.start_ms < s.start_ms and following.start_ms < s.end_ms), None)
        if later is None or own_ms >= min(SOUNDING_SHARE * (word.end_ms - word.start_ms), SOUNDING_MS):
            continue
        if following.start_ms - later.start_ms >= UNEXPLAINED_MS:
            moved[i] = replace(word, start_ms=later.start_ms, end_ms=following.start_ms)
    return moved


def _narrowed(words: Sequence[Word], heard: Sequence[Region]) -> list[Word]:
    """Every word cut to the sound that most of it lies in; one that lies in none stays."""
    narrow: list[Word] = []
    for word in words:
        parts = [Region(max(s.start_ms, word.start_ms), min(s.end_ms, word.end_ms)) for s in heard]
        main = max((part for part in parts if part.duration_ms > 0), key=lambda p: p.duration_ms, default=None)
        narrow.append(word if main is None else replace(word, start_ms=main.start_ms, end_ms=main.end_ms))
    return _ordered(narrow)


def _ordered(words: list[Word]) -> list[Word]:
    """Starts brought back into order: a word never starts after the next one."""
    for i in range(len(words) - 2, -1, -1):
        if words[i].start_ms > words[i + 1].start_ms:
            words[i] = replace(words[i], start_ms=words[i + 1].start_ms)
    return words


def _widened(words: Sequence[Word], heard: Sequence[Region]) -> list[Word]:
    """Words drawn out to the borders of their sound where no other word has that part of it."""
    wide: list[Word] = []
    for i, word in enumerate(words):
        before_ms = max((earlier.end_ms for earlier in wide), default=0)
        after_ms = words[i + 1].start_ms if i + 1 < len(words) else None
        sound = next((s for s in heard if s.start_ms <= word.start_ms < s.end_ms), None)
        if sound and before_ms <= sound.start_ms and word.start_ms - sound.start_ms <= REACH_MS:
            word = replace(word, start_ms=sound.start_ms)
        sound = next((s for s in heard if s.start_ms < word.end_ms <= s.end_ms), None)
        free = sound and (after_ms is None or sound.end_ms <= after_ms)
        if sound and free and sound.end_ms - word.end_ms <= REACH_MS:
            word = replace(word, end_ms=sound.end_ms)
        wide.append(word)
    return wide
