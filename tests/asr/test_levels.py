"""Loudness, and telling a copy from a second party."""

import numpy as np

from asr.levels import LOWEST_FLOOR_DB, SILENCE_DB, Likeness, frame_levels_db, louder, noise_floor_db
from tests.sounds_asr import tone


def test_a_full_scale_sine_lies_three_db_down() -> None:
    """The level of a sine is its root mean square."""
    levels = frame_levels_db(tone(1.0, hz=400, level=1.0))
    assert levels.shape == (100,)
    assert np.allclose(levels, -3.01, atol=0.05)


def test_digital_silence_has_a_floor() -> None:
    """Silence does not become minus infinity."""
    assert (frame_levels_db(np.zeros(1_600, dtype=np.float32)) == SILENCE_DB).all()


def test_the_floor_is_the_level_of_the_pauses() -> None:
    """Half a minute of noise with speech over it has the floor of the noise, to a step; digital silence is no noise."""
    levels = np.full(3_000, -55.0, dtype=np.float32)
    levels[500:2_000] = -25.0
    assert abs(noise_floor_db(levels) + 55) <= 1
    levels[2_500:] = SILENCE_DB
    assert abs(noise_floor_db(levels) + 55) <= 1


def test_nothing_stands_out_of_a_steady_sound() -> None:
    """Where music never pauses, the floor is the music; a block of silence, and an empty one, have the lowest floor."""
    assert noise_floor_db(np.full(500, -20.0, dtype=np.float32)) == -20
    assert noise_floor_db(np.full(500, SILENCE_DB, dtype=np.float32)) == LOWEST_FLOOR_DB
    assert noise_floor_db(np.zeros(0, dtype=np.float32)) == LOWEST_FLOOR_DB
    assert noise_floor_db(np.full(3, -30.0, dtype=np.float32)) == -30


def test_one_click_is_not_loud() -> None:
    """A single frame over a level does not count; a tenth of a second does, whole."""
    levels = np.full(100, -60.0, dtype=np.float32)
    levels[10] = levels[40:50] = -20.0
    assert np.flatnonzero(louder(levels, -40.0)).tolist() == list(range(40, 50))
    assert louder(levels[:0], -40.0).size == 0
    assert not louder(levels[40:42], -40.0).any()


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
