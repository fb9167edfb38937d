"""The contract of a speech detector, and Silero's regions."""

from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.audio import decode
from asr.chunks import Region
from asr.vad import FRAME_MS, SileroDetector, SpeechDetector, VadError, VadOptions, regions_of
from tests.fakes_asr import FakeDetector
from tests.sounds_asr import tone

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module", params=[FakeDetector, SileroDetector])
def detector(request: pytest.FixtureRequest) -> SpeechDetector:
    """The stand-in and the real one."""
    return cast(SpeechDetector, request.param())


@pytest.mark.parametrize("name", ["en-call.ogg", "zh-call.ogg"])
def test_speech_is_found_in_order_and_in_bounds(detector: SpeechDetector, name: str) -> None:
    """Contract: regions of a call are sorted, apart, inside the recording, and there are some."""
    decoded = decode(DATA / name)
    for samples in decoded.samples:
        regions = detector.regions(samples)
        assert regions
        assert all(a.end_ms <= b.start_ms for a, b in pairwise(regions))
        assert all(0 <= r.start_ms < r.end_ms <= decoded.duration_ms for r in regions)


@pytest.mark.parametrize("samples", [0, 1, 160, 48_000])
def test_silence_holds_no_speech(detector: SpeechDetector, samples: int) -> None:
    """Contract: digital silence of any length has no regions."""
    assert detector.regions(np.zeros(samples, dtype=np.float32)) == []


def test_tones_and_noise_hold_no_speech() -> None:
    """A ring-back tone and comfort noise are not taken for speech."""
    detector = SileroDetector()
    noise = np.random.default_rng(0).normal(0, 0.001, 160_000).astype(np.float32)
    ring = np.concatenate([tone(1.0, hz=450), np.zeros(64_000, dtype=np.float32)] * 2)
    assert detector.regions(noise) == []
    assert detector.regions(ring) == []


@given(st.lists(st.floats(0, 1), max_size=200))
def test_regions_hold_every_sure_frame(probabilities: list[float]) -> None:
    """Without a minimum length, each frame over the threshold lies in a region."""
    duration_ms = len(probabilities) * FRAME_MS
    regions = regions_of(probabilities, duration_ms, VadOptions(min_speech_ms=0))
    for i, probability in enumerate(probabilities):
        if probability >= VadOptions().threshold:
            assert any(r.start_ms <= i * FRAME_MS and (i + 1) * FRAME_MS <= r.end_ms for r in regions)


def test_short_pauses_are_closed_and_clicks_left_out() -> None:
    """0.2 s of pause does not part a region; one frame alone is no speech."""
    frames = [0.9] * 20 + [0.0] * 6 + [0.9] * 20 + [0.0] * 40 + [0.9] * 2 + [0.0] * 40
    options = VadOptions(pad_ms=0)
    assert regions_of(frames, len(frames) * FRAME_MS, options) == [Region(0, 46 * FRAME_MS)]


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    """A damaged file is named in the error."""
    broken = tmp_path / "silero.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(VadError, match=r"silero\.onnx: can't be loaded"):
        SileroDetector(weights=broken)
