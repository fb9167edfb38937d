"""Loudness, and telling a copy from a second party."""

import numpy as np

from asr.levels import SILENCE_DB, Likeness, frame_levels_db
from tests.sounds_asr import tone


def test_a_full_scale_sine_lies_three_db_down() -> None:
    """The level of a sine is its root mean square."""
    levels = frame_levels_db(tone(1.0, hz=400, level=1.0))
    assert levels.shape == (100,)
    assert np.allclose(levels, -3.01, atol=0.05)


def test_digital_silence_has_a_floor() -> None:
    """Silence does not become minus infinity."""
    assert (frame_levels_db(np.zeros(1_600, dtype=np.float32)) == SILENCE_DB).all()


def test_a_copy_is_identical_and_a_quieter_copy_too() -> None:
    """The same signal on both channels, one 3 dB down, is one signal."""
    voice = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert Likeness().plus(np.stack([voice, voice])).identical
    assert Likeness().plus(np.stack([voice, voice * 0.7])).identical


def test_crosstalk_is_not_a_copy() -> None:
    """One voice heard 34 dB down on the other channel leaves two channels."""
    voice = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert not Likeness().plus(np.stack([voice, voice * 0.02])).identical


def test_silence_is_no_copy_of_silence() -> None:
    """Two empty channels are two channels."""
    assert not Likeness().plus(np.zeros((2, 1_600), dtype=np.float32)).identical
