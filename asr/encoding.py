"""Clips as Whisper's encoder takes them and what it makes of them: lengths, silence and positions.

Whisper was trained on 30 s; a clip is encoded at its own length and a second of silence.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from asr.levels import SAMPLE_RATE_HZ, Mono

Encoded = NDArray[np.float32]
"""`(positions, width)`: the encoder's output for one clip, a position for each 20 ms."""


TAIL_MS = 1_000
"""Silence after a clip; without it the last word is often lost."""
LEAST_MS = 3_000
"""Shorter input makes Whisper say a short remark again and again."""
FULL_MS = 30_000
FRAME_MS = 10
POSITION_MS = 20
"""One position of the encoder's output."""


def duration_ms(clip: Mono) -> int:
    """How long a clip is, in whole milliseconds."""
    return clip.size * 1000 // SAMPLE_RATE_HZ


def own_ms(clip: Mono) -> int:
    """The length at which a clip is encoded: its own and the tail, in whole positions."""
    wanted = max(duration_ms(clip) + TAIL_MS, LEAST_MS)
    return min(-(-wanted // POSITION_MS) * POSITION_MS, FULL_MS)


def extended(encoded: Encoded, positions: int) -> Encoded:
    """Encoder output made longer by the position just before its last, which lies in silence."""
    missing = positions - len(encoded)
    return np.concatenate([encoded, np.repeat(encoded[-5:-4], missing, axis=0)]) if missing > 0 else encoded


def padded(clip: Mono, length_ms: int) -> Mono:
    """A clip of just ``length_ms``: cut, or with silence after it."""
    samples = length_ms * SAMPLE_RATE_HZ // 1000
    return np.pad(clip[:samples], (0, max(samples - clip.size, 0)))
