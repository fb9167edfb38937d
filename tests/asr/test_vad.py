"""The contract of a speech detector, and Silero's regions."""

from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.audio import decode
from asr.levels import frame_levels_db, noise_floor_db
from asr.regions import Region, inside
from asr.vad import FRAME_MS, Curves, SileroDetector, SpeechDetector, VadError, VadOptions, regions_of
from benchmarks.lines import noisy_line
from tests.fakes_asr import FakeDetector
from tests.sounds_asr import tone

DATA = Path(__file__).parent / "data"
QUIET = np.full(1_000, -70.0, dtype=np.float32)


def found(
    probabilities: list[float],
    levels_db: np.ndarray,
    options: VadOptions,
    tones: np.ndarray | None = None,
) -> list[Region]:
    """Regions of plain lists; no echo and no tone where none is given."""
    duration_ms = len(probabilities) * FRAME_MS
    own = np.asarray(levels_db, dtype=np.float32)[: duration_ms // 10]
    heard = np.array(probabilities, dtype=np.float32)[np.arange(own.size) * 10 // FRAME_MS]
    nowhere = np.zeros(own.size, dtype=np.bool_)
    steady = nowhere if tones is None else tones[: own.size]
    return regions_of(Curves(heard, heard, own, steady), duration_ms, options)


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


@given(st.lists(st.floats(0, 1, width=32), max_size=200), st.floats(-80, -10))
def test_regions_hold_every_sure_frame(probabilities: list[float], level_db: float) -> None:
    """Without a minimum length, each frame over the threshold lies in a region; regions are sorted and apart."""
    duration_ms = len(probabilities) * FRAME_MS
    regions = found(probabilities, np.full(duration_ms // 10, level_db), VadOptions(min_speech_ms=0))
    for i, probability in enumerate(probabilities):
        if probability >= VadOptions().threshold:
            assert any(r.start_ms <= i * FRAME_MS and (i + 1) * FRAME_MS <= r.end_ms for r in regions)
    assert all(a.end_ms < b.start_ms for a, b in pairwise(regions))
    assert all(0 <= r.start_ms < r.end_ms <= duration_ms for r in regions)


def test_short_pauses_are_closed_and_clicks_left_out() -> None:
    """0.2 s of pause does not part a region; two frames alone are no speech."""
    frames = [0.9] * 20 + [0.0] * 6 + [0.9] * 20 + [0.0] * 40 + [0.9] * 2 + [0.0] * 40
    options = VadOptions(lead_ms=0, trail_ms=0)
    assert found(frames, QUIET, options) == [Region(0, 1_480)]


def test_a_slight_suspicion_is_enough_where_it_is_loud() -> None:
    """What the network calls 0.15 is speech 30 dB over the noise, and none within it."""
    frames = [0.01] * 100 + [0.15] * 20 + [0.01] * 100
    levels = QUIET[: len(frames) * FRAME_MS // 10].copy()
    assert found(frames, levels, VadOptions()) == []
    levels[320:384] = -30.0
    (region,) = found(frames, levels, VadOptions(lead_ms=0, trail_ms=0))
    assert region == Region(3_200, 3_840)


def test_a_region_reaches_over_the_sound_beside_it() -> None:
    """A loud beginning that the network hears too late belongs to the speech, as far as it reaches and no further."""
    frames = [0.0] * 100 + [0.9] * 20 + [0.0] * 100
    levels = QUIET[: len(frames) * FRAME_MS // 10].copy()
    levels[300:384] = -30.0
    options = VadOptions(lead_ms=0, trail_ms=0)
    assert found(frames, levels, options) == [Region(3_000, 3_840)]
    levels[200:384] = -30.0
    assert found(frames, levels, options) == [Region(3_200 - options.reach_ms, 3_840)]


def test_a_sound_that_the_network_is_not_sure_of_is_doubtful() -> None:
    """Half a second at 0.6 is doubtful, and apart from sure speech; so near to it that they are one, it is not."""
    options = VadOptions(lead_ms=0, trail_ms=0)
    unsure, pause = [0.6] * 16, [0.0] * 40
    alone, after = found(unsure + pause + [0.9] * 16, QUIET, options)
    assert (alone.doubtful, after.doubtful) == (True, False)
    (together,) = found([0.9] * 16 + [0.0] * 8 + unsure, QUIET, options)
    assert not together.doubtful


@pytest.mark.parametrize(("steady", "doubtful"), [(100, True), (30, False)])
def test_what_is_all_tone_is_doubtful(steady: int, doubtful: bool) -> None:
    """A second that the network is sure of is doubtful where all of it is a tone, not where a part is."""
    levels = QUIET.copy()
    levels[320:420] = -20.0
    tones = (np.arange(QUIET.size) >= 320) & (np.arange(QUIET.size) < 320 + steady)
    (region,) = found([0.0] * 100 + [0.9] * 32 + [0.0] * 40, levels, VadOptions(), tones=tones)
    assert region.doubtful == doubtful


def test_what_surrounds_doubtful_sounds_ends_at_sure_speech() -> None:
    """The margins of sure speech are its own: a doubtful region ends where they begin, and leaves them as they are."""
    frames = [0.0] * 40 + [0.6] * 10 + [0.0] * 15 + [0.9] * 40 + [0.0] * 40
    doubtful, sure = found(frames, QUIET, VadOptions())
    assert (doubtful.doubtful, sure.doubtful) == (True, False)
    assert doubtful.end_ms == sure.start_ms == 65 * FRAME_MS - VadOptions().lead_ms


@pytest.mark.parametrize(
    ("begins_ms", "sounding", "regions"),
    [
        (2_370, True, [Region(680, 3_090)]),
        (2_370, False, [Region(680, 2_500), Region(2_500, 3_100, doubtful=True)]),
        (2_560, True, [Region(680, 2_500), Region(2_500, 3_280, doubtful=True)]),
    ],
)
def test_a_doubtful_sound_in_the_margin_of_speech_is_of_the_sentence(
    begins_ms: int, sounding: bool, regions: list[Region]
) -> None:
    """It is heard with it, not cut in two; a sound after the margin, and a stir of the network alone, are not."""
    probabilities = np.zeros(125)
    probabilities[976 // FRAME_MS : 2_016 // FRAME_MS] = 0.95
    first = begins_ms // FRAME_MS
    probabilities[first : first + 7] = 0.4
    levels = QUIET.copy()
    levels[98:200] = -25.0
    if sounding:
        levels[first * FRAME_MS // 10 : (first + 7) * FRAME_MS // 10] = -25.0
    heard = found(probabilities.tolist(), levels, VadOptions())
    assert [(r, r.doubtful) for r in heard] == [(r, r.doubtful) for r in regions]


def test_what_was_heard_before_a_pause_decides_nothing_after_it() -> None:
    """Speech after a pause is found to the hundredth where it was, whatever sounded before: speech, a tone, nothing."""
    detector = SileroDetector()
    samples = decode(DATA / "en-call.ogg").samples[0]
    speech = detector.regions(samples)
    before, after = max(pairwise(speech), key=lambda pair: pair[1].start_ms - pair[0].end_ms)
    at_ms = (after.start_ms - 400) // 10 * 10
    assert before.end_ms < at_ms
    rest = samples[at_ms * 16 :]
    wanted = [(r.start_ms - at_ms, r.end_ms - at_ms, r.doubtful) for r in speech if r.start_ms > at_ms]
    pause = samples[at_ms * 16 - 9_600 : at_ms * 16]
    for other in (tone(2.0, hz=450), tone(0.1), samples[: 16_000 * 3]):
        whole = np.concatenate([other, pause, rest])
        shift_ms = (other.size + pause.size) // 16
        heard = [(r.start_ms - shift_ms, r.end_ms - shift_ms, r.doubtful) for r in detector.regions(whole)]
        assert [region for region in heard if region[0] >= 0] == wanted


def test_speech_through_a_bad_line_is_kept() -> None:
    """An 8 kHz mu-law line with noise 15 dB under the voice, or a line 30 dB too quiet, loses under 2 % of it."""
    detector = SileroDetector()
    for name in ("en-call", "zh-call"):
        samples = decode(DATA / f"{name}.ogg").samples[0]
        clean = inside(detector.regions(samples), samples.size // 160)
        loud = frame_levels_db(samples)[: clean.size]
        voiced = clean & (loud > noise_floor_db(loud) + 15)
        voice_db = 10 * np.log10(np.mean(10 ** (loud[voiced] / 10)))
        for heard in (noisy_line(samples, float(voice_db), 15.0, seed=0), samples * np.float32(0.03)):
            kept = inside(detector.regions(heard), samples.size // 160)
            assert kept[voiced].mean() > 0.98


def test_weights_that_are_none_are_refused(tmp_path: Path) -> None:
    """A damaged file is named in the error."""
    broken = tmp_path / "silero.onnx"
    broken.write_bytes(b"no network")
    with pytest.raises(VadError, match=r"silero\.onnx: can't be loaded"):
        SileroDetector(weights=broken)


def test_channels_can_be_heard_at_the_same_time() -> None:
    """What is found in one does not depend on what another thread listens to meanwhile."""
    detector = SileroDetector()
    channels = [samples for name in ("en-call", "zh-call") for samples in decode(DATA / f"{name}.ogg").samples]
    alone = [detector.regions(samples) for samples in channels]
    with ThreadPoolExecutor(len(channels)) as threads:
        assert list(threads.map(detector.regions, channels)) == alone
    assert any(alone)
