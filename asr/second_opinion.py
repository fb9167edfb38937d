"""A second opinion on where someone speaks: what is as loud as speech although the detector hears no voice in it.

A short word that a bad line has cut to clicks sounds like none. It is heard by itself, so that it changes nothing of
what is heard around it, and what comes of it is left to the guards.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from asr.crosstalk import LAG_FRAMES
from asr.levels import FRAME_SAMPLES, Mono, louder, noise_floor_db
from asr.regions import FRAME_MS, Region, inside, merged, outside, runs
from asr.tones import tonal

BELOW_SPEECH_DB = 20.0
"""The loudest parts of what one party says differ by less."""
SPEECH_PERCENTILE = 75
"""Of the frames of speech, pauses and margins included: the level of its louder vowels."""
ABOVE_NOISE_DB = 4.0
ALONE_ABOVE_NOISE_DB = 18.0
"""Where nothing has been said yet that a sound could be as loud as."""
MIN_SOUND_MS = 60
"""What sounds for less is no word."""
MAX_SOUND_MS = 5_000
"""What sounds longer without a pause, and without a voice to the detector, is music or noise."""
GAP_MS = 150
"""A shorter pause is part of a sound."""
LEAD_MS, TRAIL_MS = 300, 500
"""A sound is widened as the detector's speech is, see :class:`asr.vad.VadOptions`."""

Levels = NDArray[np.float32]
"""`(frames,)` in dB; see :func:`asr.levels.frame_levels_db`."""


def overlooked(
    samples: Mono,
    span: Region,
    levels_db: Levels,
    speech: Sequence[Region],
    heard: Sequence[Region],
    outshone: NDArray[np.bool_],
) -> list[Region]:
    """Loud sounds of a span that touch neither speech nor what is heard: doubtful, sorted, apart, outside of ``heard``.

    A steady tone, what lasts long, and what may be an echo of the other party are none.

    Args:
        samples: of the channel, from the start of the span.
        span: the part of the call to look at, from a whole frame on; the noise is measured there.
        levels_db: loudness of the channel by frames of ``FRAME_MS``, from the start of the call.
        speech: what the detector found in the call so far, an echo or not; sorted and apart.
        heard: what is heard anyway, in windows made for speech; sorted and apart.
        outshone: by frames, where the other party is so much louder that this may be its echo, see
            :func:`asr.crosstalk.outshone`.
    """
    first, last = span.start_ms // FRAME_MS, span.end_ms // FRAME_MS
    own_db = levels_db[first:last]
    if own_db.size == 0:
        return []
    known = inside([*speech, *heard], levels_db.size)[first:last]
    loud = louder(own_db, _least_db(own_db, _speech_db(levels_db, speech, outshone)))
    strange = loud & ~known & ~_and_after(outshone)[first:last]
    strange &= ~tonal(samples[: own_db.size * FRAME_SAMPLES], strange)
    found = []
    for sound in merged(runs(loud, first), GAP_MS):
        own = slice(sound.start_ms // FRAME_MS - first, sound.end_ms // FRAME_MS - first)
        long_enough = strange[own].sum() * FRAME_MS >= MIN_SOUND_MS
        if long_enough and sound.duration_ms <= MAX_SOUND_MS and not known[own].any():
            found.append(_widened(sound, span, heard))
    return merged(found, 0)


def _and_after(outshone: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """With the time after it in which an echo may still come."""
    return np.asarray(np.convolve(outshone, np.ones(LAG_FRAMES + 1))[: outshone.size] > 0, dtype=np.bool_)


def _speech_db(levels_db: Levels, speech: Sequence[Region], outshone: NDArray[np.bool_]) -> float | None:
    """How loud the channel's own sure speech is; None where there is none."""
    said = inside([region for region in speech if not region.doubtful], levels_db.size) & ~outshone
    return float(np.percentile(levels_db[said], SPEECH_PERCENTILE)) if said.any() else None


def _least_db(own_db: Levels, speech_db: float | None) -> float:
    noise_db = noise_floor_db(own_db)
    if speech_db is None:
        return noise_db + ALONE_ABOVE_NOISE_DB
    return max(noise_db + ABOVE_NOISE_DB, speech_db - BELOW_SPEECH_DB)


def _widened(sound: Region, span: Region, heard: Sequence[Region]) -> Region:
    """With its margins, as far as they lie in the span and nothing else is heard there."""
    wide = Region(max(sound.start_ms - LEAD_MS, span.start_ms), min(sound.end_ms + TRAIL_MS, span.end_ms), True)
    return next(part for part in outside(wide, heard) if part.end_ms > sound.start_ms)
