"""Tones of a line and voices."""

from pathlib import Path

import numpy as np
import pytest

from asr.audio import decode
from asr.levels import frame_levels_db
from asr.tones import STEADY_FRAMES, tonal
from benchmarks.lines import telephone
from tests.sounds_asr import tone

DATA = Path(__file__).parent / "data"


@pytest.mark.parametrize("hz", [(450,), (480, 620), (440, 480), (697, 1_209), (941, 1_477), (1_000,)])
def test_one_or_two_frequencies_are_a_tone(hz: tuple[float, ...]) -> None:
    """Ring-back, busy, dialling and beep tones are told through a telephone line with noise 40 dB below them."""
    noise = np.random.default_rng(0).normal(scale=0.001, size=16_000)
    sound = telephone((sum(tone(1.0, hz=each, level=0.15) for each in hz) + noise).astype(np.float32))
    found = tonal(sound, np.ones(100, dtype=np.bool_))
    assert found[5:95].mean() > 0.95


@pytest.mark.parametrize("name", ["en-call", "zh-call"])
def test_voices_are_no_tones(name: str) -> None:
    """Less than a seventh of the loud frames of speech is as steady and pure."""
    samples = decode(DATA / f"{name}.ogg").samples[0]
    loud = frame_levels_db(samples) > -35
    assert loud.sum() > 500
    assert tonal(samples, loud).sum() < loud.sum() / 7


def test_noise_and_what_is_not_loud_are_no_tones() -> None:
    """White noise has no peaks; frames that are not asked about are never tones."""
    noise = np.random.default_rng(0).normal(scale=0.1, size=16_000).astype(np.float32)
    assert not tonal(noise, np.ones(100, dtype=np.bool_)).any()
    assert not tonal(tone(1.0), np.zeros(100, dtype=np.bool_)).any()


@pytest.mark.parametrize("frames", [0, 1, STEADY_FRAMES - 1])
def test_what_is_shorter_than_a_tone_is_none(frames: int) -> None:
    """Clips of a few frames are no tone, and no error."""
    assert not tonal(tone(frames / 100), np.ones(frames, dtype=np.bool_)).any()
