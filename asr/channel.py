"""One channel of a call in the making: the sound that waits, and what is known of the sound that is done."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from asr import chunks, crosstalk, second_opinion
from asr.chunks import Packing, Window
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.regions import Region, merged
from asr.transcript import Word
from asr.vad import SpeechDetector

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
HOLD_MS = 1_000
"""Speech that ends nearer to the end of a block may go on in the next."""

HELD_MS = 90_000
"""A window that began longer ago is not held back for the next block."""


@dataclass(slots=True)
class Channel:
    """What is kept of one channel: samples not yet worked on, the loudness curve, where it speaks and sounds, words.

    Where it speaks is settled up to ``settled_ms``; windows are made up to ``waiting_from_ms``, which is never later.
    """

    waiting: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    waiting_from_ms: int = 0
    settled_ms: int = 0
    levels_db: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    speech: list[Region] = field(default_factory=list)
    sounds: list[Region] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    @property
    def end_ms(self) -> int:
        """How far it has been read."""
        return self.waiting_from_ms + self.waiting.size // SAMPLES_PER_MS

    def hear(self, detector: SpeechDetector) -> None:
        """Find the speech in what is not settled."""
        at = self.settled_ms
        before = [r.between(r.start_ms, min(r.end_ms, at)) for r in self.speech if r.start_ms < at]
        found = detector.regions(self.waiting[(at - self.waiting_from_ms) * SAMPLES_PER_MS :])
        self.speech = before + [r.between(r.start_ms + at, r.end_ms + at) for r in found]

    def settle(self, last: bool, max_ms: int) -> None:
        """Settle what no later block can change."""
        unsettled = [r for r in self.speech if r.end_ms > self.settled_ms]
        end_ms = self.end_ms
        self.settled_ms = end_ms if last else last_pause_ms(unsettled, self.settled_ms, end_ms, self.levels_db, max_ms)

    def let_go(self, until_ms: int) -> None:
        """Forget the samples before a time."""
        self.waiting = self.waiting[(until_ms - self.waiting_from_ms) * SAMPLES_PER_MS :].copy()
        self.waiting_from_ms = until_ms
        self.settled_ms = max(self.settled_ms, until_ms)

    def drowned(self, other: Channel | None) -> NDArray[np.bool_]:
        """Where the other channel, if there is one, drowns this one, from where its samples wait."""
        if other is None:
            return np.zeros(self.levels_db.size, dtype=np.bool_)
        return crosstalk.drowned(self.levels_db, other.levels_db, other.speech, self.waiting_from_ms)

    def windows(self, number: int, under: NDArray[np.bool_], packing: Packing) -> list[Window]:
        """What is said in what is settled and waits; ``under`` is where the channel is :meth:`drowned`."""
        first_ms, last_ms = self.waiting_from_ms, self.settled_ms
        speech = [r for r in self.speech if r.end_ms > first_ms and r.start_ms < last_ms]
        waiting = [r.between(max(r.start_ms, first_ms), min(r.end_ms, last_ms)) for r in speech]
        own = crosstalk.own_speech(waiting, self.levels_db, under)
        return chunks.pack(own, number, self.levels_db, packing)

    def overlooked(
        self, number: int, windows: Sequence[Window], other: Channel | None, packing: Packing
    ) -> list[Window]:
        """Windows of what is as loud as speech in what waits, and neither speech nor in the windows of speech.

        No sound is heard with speech, so that ``windows``, those of speech, stay as they are. ``other`` is the other
        channel, if there is one.
        """
        heard = merged([part for window in windows for part in window.parts], 0)
        span = Region(self.waiting_from_ms, self.end_ms)
        if other is None:
            outshone = np.zeros(self.levels_db.size, dtype=np.bool_)
        else:
            outshone = crosstalk.outshone(self.levels_db, other.levels_db)
        sounds = second_opinion.overlooked(self.waiting, span, self.levels_db, self.speech, heard, outshone)
        return [window for sound in sounds for window in chunks.pack([sound], number, self.levels_db, packing)]


def last_pause_ms(regions: list[Region], start_ms: int, end_ms: int, levels_db: Mono, max_ms: int) -> int:
    """Where a block that goes on can be cut: in silence, or at the quietest place of a long stretch."""
    if not regions or regions[-1].end_ms < end_ms - HOLD_MS:
        return max(end_ms - HOLD_MS, start_ms)
    return chunks.split(regions[-1], levels_db, max_ms)[-1].start_ms


def unfinished_ms(windows: Sequence[Window], overlooked: Sequence[Window], settled_ms: int) -> int:
    """Where the last window begins, which what comes next may join, or an overlooked sound that may go on.

    The end of what is settled where that is long ago, or nothing is unfinished.
    """
    begun_ms = next((window.start_ms for window in reversed(windows) if not window.doubtful), settled_ms)
    if begun_ms < settled_ms - HELD_MS:
        begun_ms = settled_ms
    return min([begun_ms, *(sound.start_ms for sound in overlooked if sound.end_ms > settled_ms)])


def clip(samples: Mono, window: Window, offset_ms: int) -> Mono:
    """What is heard in a window, its parts end to end; the samples begin at ``offset_ms`` of the call."""
    places = [((part.start_ms - offset_ms), (part.end_ms - offset_ms)) for part in window.parts]
    return np.concatenate([samples[start * SAMPLES_PER_MS : end * SAMPLES_PER_MS] for start, end in places])
