"""What is loud and no speech by the detector is heard by itself, and changes nothing else."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.levels import Mono, frame_levels_db
from asr.regions import Region, inside
from asr.second_opinion import LEAD_MS, MIN_SOUND_MS, TRAIL_MS, overlooked
from tests.sounds_asr import Samples, tone

SECONDS = 20
SPEECH = Region(1_000, 3_000)
AT = Region(10_000, 10_200)


def noise(level: float, seconds: float, seed: int = 0) -> Samples:
    """White noise of an effective value, as long as that."""
    return np.random.default_rng(seed).normal(0, level, round(seconds * 16_000)).astype(np.float32)


def line(*sounds: tuple[Region, float], floor: float = 0.0005) -> Mono:
    """A quiet line on which someone speaks at -20 dB at ``SPEECH``, and bursts of noise of other levels."""
    samples = noise(floor, SECONDS)
    for at, level in ((SPEECH, 0.1), *sounds):
        samples[at.start_ms * 16 : at.end_ms * 16] = noise(level, at.duration_ms / 1_000, seed=at.start_ms)
    return samples


def found(
    samples: Mono, heard: tuple[Region, ...] = (SPEECH,), outshone: Region | None = None, from_ms: int = 0
) -> list[Region]:
    """The sounds of a line whose speech is known."""
    levels_db = frame_levels_db(samples)
    echoes = inside([outshone] if outshone else [], levels_db.size)
    span = Region(from_ms, SECONDS * 1_000)
    return overlooked(samples[from_ms * 16 :], span, levels_db, [SPEECH], list(heard), echoes)


@pytest.mark.parametrize("from_ms", [0, 5_000])
def test_a_loud_sound_is_doubtful_speech(from_ms: int) -> None:
    """With its margins, wherever the part of the call begins that is looked at."""
    (region,) = found(line((AT, 0.1)), from_ms=from_ms)
    assert region == Region(AT.start_ms - LEAD_MS, AT.end_ms + TRAIL_MS)
    assert region.doubtful


@pytest.mark.parametrize(
    ("at", "level", "counts"),
    [
        (AT, 0.02, True),
        (AT, 0.005, False),
        (Region(10_000, 10_000 + MIN_SOUND_MS), 0.1, True),
        (Region(10_000, 10_000 + MIN_SOUND_MS - 20), 0.1, False),
    ],
)
def test_only_what_is_as_loud_and_long_as_speech_counts(at: Region, level: float, counts: bool) -> None:
    """14 dB below the speech of the channel is enough, 26 dB is not; nor is a click."""
    assert bool(found(line((at, level)))) == counts


def test_two_clicks_are_one_sound() -> None:
    """What is left of a word on a bad line: 60 ms, a pause, 50 ms."""
    clicks = Region(10_000, 10_060), Region(10_160, 10_210)
    (region,) = found(line(*((click, 0.1) for click in clicks)))
    assert region == Region(10_000 - LEAD_MS, 10_210 + TRAIL_MS)


def test_noise_of_the_line_hides_what_does_not_stand_out() -> None:
    """A sound 3 dB over loud noise is none, one 6 dB over it is; the noise itself is never one."""
    assert found(line(floor=0.03)) == []
    assert found(line((AT, 0.0424), floor=0.03)) == []
    assert len(found(line((AT, 0.06), floor=0.03))) == 1


def test_tones_and_echoes_are_none() -> None:
    """A beep is told as a steady tone; what the other party may be the source of is no sound of its own."""
    beep = line()
    beep[AT.start_ms * 16 : AT.end_ms * 16] = tone(0.2, hz=450, level=0.2)
    assert found(beep) == []
    assert found(line((AT, 0.1)), outshone=Region(9_900, 10_400)) == []
    assert found(line((AT, 0.1)), outshone=Region(9_500, 9_900)) == []
    assert len(found(line((AT, 0.1)), outshone=Region(9_000, 9_400))) == 1


def test_what_lasts_long_is_music() -> None:
    """Four seconds on end may be a voice that the detector misses, six are none."""
    assert len(found(line((Region(10_000, 14_000), 0.1)))) == 1
    assert found(line((Region(10_000, 16_000), 0.1))) == []


def test_what_is_heard_anyway_is_left_alone() -> None:
    """A sound in a window, its pauses included, is no second time heard; a margin ends where a window begins."""
    assert found(line((AT, 0.1)), heard=(SPEECH, Region(9_000, 10_100))) == []
    (region,) = found(line((AT, 0.1)), heard=(SPEECH, Region(8_000, 9_900), Region(10_400, 11_000)))
    assert region == Region(9_900, 10_400)
    (region,) = found(line((AT, 0.1)), heard=(SPEECH, Region(10_300, 10_400)))
    assert region == Region(AT.start_ms - LEAD_MS, 10_300)


def test_before_anyone_has_spoken_a_sound_must_stand_far_out() -> None:
    """There is no speech to be as loud as: 18 dB over the noise are needed, and 8 dB are not enough."""
    for level, counts in ((0.01, True), (0.0012, False)):
        samples = line((AT, level))
        samples[: 4_000 * 16] = noise(0.0005, 4.0)
        levels_db = frame_levels_db(samples)
        nowhere = np.zeros(levels_db.size, dtype=np.bool_)
        heard = overlooked(samples, Region(0, SECONDS * 1_000), levels_db, [], [], nowhere)
        assert bool(heard) == counts


@given(st.lists(st.tuples(st.integers(400, 1_900), st.integers(1, 60), st.floats(0, 0.3)), max_size=5))
def test_regions_are_in_order_in_bounds_and_apart_from_what_is_heard(drawn: list[tuple[int, int, float]]) -> None:
    """Whatever sounds, wherever a window lies."""
    sounds = [(Region(at * 10, min((at + long) * 10, SECONDS * 1_000)), level) for at, long, level in drawn]
    heard = (SPEECH, Region(7_000, 7_500), Region(12_000, 15_000))
    regions = found(line(*sounds), heard=heard)
    covered = inside(regions, SECONDS * 100)
    assert not (covered & inside(heard, SECONDS * 100)).any()
    assert all(r.doubtful and 0 <= r.start_ms < r.end_ms <= SECONDS * 1_000 for r in regions)
    assert sum(r.duration_ms for r in regions) == covered.sum() * 10
    assert regions == sorted(regions)


@pytest.mark.parametrize("seconds", [0.0, 0.005])
def test_nothing_is_no_sound(seconds: float) -> None:
    """Not a whole frame has no level."""
    samples = noise(0.1, seconds)
    levels_db = frame_levels_db(samples)
    span = Region(0, round(seconds * 1_000))
    assert overlooked(samples, span, levels_db, [], [], np.zeros(0, dtype=np.bool_)) == []
