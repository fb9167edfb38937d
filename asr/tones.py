"""Tones of a line: ring-back, busy and dialling tones, beeps.

A speech detector that has just heard a voice takes them for one.

A tone is one or two frequencies that stay where they are (ITU-T Q.23, E.180). A vowel is that for a moment, too, so
this tells stretches, not frames.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr.levels import FRAME_SAMPLES, Mono

WINDOW_SAMPLES = 512
PEAK_BINS = 3
"""The main lobe of a Hann window, and what the edge of a tone adds."""
PURE = 0.97
"""Of the power, in one or two peaks."""
STEADY_FRAMES = 6
FRAMES_AT_ONCE = 4096


def tonal(samples: Mono, loud: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Which of the loud frames belong to a steady tone or two, for ``STEADY_FRAMES`` or more.

    Args:
        samples: of a channel.
        loud: by frames of :data:`asr.regions.FRAME_MS`; no other is looked at.
    """
    places = np.flatnonzero(loud)
    pure, peaks = np.zeros(loud.size, dtype=np.bool_), np.zeros(loud.size, dtype=np.int32)
    for start in range(0, places.size, FRAMES_AT_ONCE):
        some = places[start : start + FRAMES_AT_ONCE]
        pure[some], peaks[some] = _pure(samples, some)
    if loud.size < STEADY_FRAMES:
        return np.zeros(loud.size, dtype=np.bool_)
    runs = np.lib.stride_tricks.sliding_window_view(pure, STEADY_FRAMES).all(axis=1)
    places_of = np.lib.stride_tricks.sliding_window_view(peaks, STEADY_FRAMES)
    steady = runs & (places_of.max(axis=1) - places_of.min(axis=1) <= 1)
    return np.asarray(np.convolve(steady, np.ones(STEADY_FRAMES)) > 0, dtype=np.bool_)


def _pure(samples: Mono, places: NDArray[np.intp]) -> tuple[NDArray[np.bool_], NDArray[np.intp]]:
    """Of frames: whether their power lies in one or two peaks, and the bin of the higher one."""
    around = (WINDOW_SAMPLES - FRAME_SAMPLES) // 2
    padded = np.pad(samples, (around, WINDOW_SAMPLES))
    cut = np.lib.stride_tricks.sliding_window_view(padded, WINDOW_SAMPLES)[places * FRAME_SAMPLES]
    power = np.square(np.abs(np.fft.rfft(cut * np.hanning(WINDOW_SAMPLES), axis=1)))
    total = power.sum(axis=1)
    bins = np.arange(power.shape[1])
    first = power.argmax(axis=1)
    for peak in (first, None):
        at = power.argmax(axis=1) if peak is None else peak
        power = np.where(np.abs(bins - at[:, None]) <= PEAK_BINS, 0.0, power)
    return power.sum(axis=1) <= (1 - PURE) * total, first
