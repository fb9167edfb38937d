"""How loud a channel is, frame by frame, and how alike two channels are."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from asr.regions import FRAME_MS

SAMPLE_RATE_HZ = 16_000
FRAME_SAMPLES = SAMPLE_RATE_HZ * FRAME_MS // 1000
SILENCE_DB = -100.0
"""Level given to digital silence."""
FLOOR_PERCENTILE = 10
FLOOR_FRAMES = 10
FLOOR_STEP_DB = 2.0
LOWEST_FLOOR_DB = -70.0
"""Under this a line's noise is not heard, and clicks of coders would stand out of it."""

Mono = NDArray[np.float32]
"""`(samples,)` float32 in [-1, 1] at 16 kHz."""
Channels = NDArray[np.float32]
"""`(channels, samples)` float32 in [-1, 1] at 16 kHz."""


def frame_levels_db(samples: Mono) -> NDArray[np.float32]:
    """Root mean square of each frame of ``FRAME_MS`` in dB; an incomplete last frame is left out."""
    frames = samples[: samples.size // FRAME_SAMPLES * FRAME_SAMPLES].reshape(-1, FRAME_SAMPLES)
    power = np.mean(np.square(frames, dtype=np.float64), axis=1)
    levels: NDArray[np.float32] = (10 * np.log10(np.maximum(power, 10 ** (SILENCE_DB / 10)))).astype(np.float32)
    return levels


def noise_floor_db(levels_db: NDArray[np.float32]) -> float:
    """The noise level in steps of ``FLOOR_STEP_DB``, so that a sound more in a call moves no border elsewhere."""
    return max(round(noise_level_db(levels_db) / FLOOR_STEP_DB) * FLOOR_STEP_DB, LOWEST_FLOOR_DB)


def noise_level_db(levels_db: NDArray[np.float32]) -> float:
    """The level of a channel's noise, from its frames: a tenth of the time is not louder for a tenth of a second.

    Digital silence is left out, as lines that send nothing in pauses have their noise only beside speech. Where
    nothing pauses (music, a tone, a short block of speech) the floor is near the sound itself: nothing stands out.
    """
    heard = levels_db[levels_db > SILENCE_DB + 1]
    if heard.size == 0:
        return LOWEST_FLOOR_DB
    width = min(FLOOR_FRAMES, heard.size)
    steady = np.convolve(heard, np.full(width, 1 / width), mode="valid")
    return float(np.percentile(steady, FLOOR_PERCENTILE))


def louder(levels_db: NDArray[np.float32], than_db: float) -> NDArray[np.bool_]:
    """The frames around which most of a twentieth of a second lies over a level; one click does not."""
    over = np.pad((levels_db > than_db).astype(np.int8), 2)
    return np.asarray(sum(over[i : i + levels_db.size] for i in range(5)) >= 3, dtype=np.bool_)


@dataclass(frozen=True, slots=True)
class Likeness:
    """Running products of two channels, enough to tell a copy from a second party."""

    first: float = 0.0
    second: float = 0.0
    product: float = 0.0

    def plus(self, audio: Channels) -> Likeness:
        """With one more block of two channels."""
        a, b = audio[0], audio[1]
        return Likeness(
            self.first + float(np.dot(a, a)),
            self.second + float(np.dot(b, b)),
            self.product + float(np.dot(a, b)),
        )

    @property
    def identical(self) -> bool:
        """Whether both carry one signal: correlation over 0.98 at levels less than 6 dB apart.

        Crosstalk correlates as well, but lies some 30 dB down.
        """
        if self.first <= 0.0 or self.second <= 0.0:
            return False
        correlation = self.product / np.sqrt(self.first * self.second)
        return bool(correlation > 0.98 and 0.25 < self.first / self.second < 4.0)
