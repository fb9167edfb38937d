"""One channel of a call in the making: the sound that waits, and what is known of the sound that is done."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from asr import chunks, crosstalk
from asr.chunks import Packing, Region, Window
from asr.levels import SAMPLE_RATE_HZ, Mono
from asr.transcript import Word
from asr.vad import SpeechDetector

SAMPLES_PER_MS = SAMPLE_RATE_HZ // 1000
HOLD_MS = 1_000
"""Speech that ends nearer to the end of a block may go on in the next."""


@dataclass(slots=True)
class Channel:
    """What is kept of one channel: samples not yet worked on, the loudness curve, where it speaks and sounds, words."""

    waiting: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    waiting_from_ms: int = 0
    levels_db: Mono = field(default_factory=lambda: np.zeros(0, dtype=np.float32))
    speech: list[Region] = field(default_factory=list)
    sounds: list[Region] = field(default_factory=list)
    words: list[Word] = field(default_factory=list)

    def hear(self, detector: SpeechDetector) -> None:
        """Find the speech in what is waiting."""
        offset = self.waiting_from_ms
        before = [Region(r.start_ms, min(r.end_ms, offset)) for r in self.speech if r.start_ms < offset]
        found = [Region(r.start_ms + offset, r.end_ms + offset) for r in detector.regions(self.waiting)]
        self.speech = before + found

    def drowned(self, other: Channel | None) -> NDArray[np.bool_]:
        """Where the other channel, if there is one, drowns this one."""
        if other is None:
            return np.zeros(self.levels_db.size, dtype=np.bool_)
        return crosstalk.drowned(self.levels_db, other.levels_db, other.speech)


def last_pause_ms(regions: list[Region], start_ms: int, end_ms: int, levels_db: Mono, packing: Packing) -> int:
    """Where a block that goes on can be cut: in silence, or at the quietest place of a long stretch."""
    if not regions or regions[-1].end_ms < end_ms - HOLD_MS:
        return max(end_ms - HOLD_MS, start_ms)
    return chunks.split(regions[-1], levels_db, packing.max_ms)[-1].start_ms


def clip(samples: Mono, window: Window, offset_ms: int) -> Mono:
    """What is heard in a window, its parts end to end; the samples begin at ``offset_ms`` of the call."""
    places = [((part.start_ms - offset_ms), (part.end_ms - offset_ms)) for part in window.parts]
    return np.concatenate([samples[start * SAMPLES_PER_MS : end * SAMPLES_PER_MS] for start, end in places])
