"""What is a channel's own speech."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.crosstalk import crosstalk_words, drowned, likeness, own_speech, smoothed
from asr.regions import Region, inside
from asr.transcript import Word

LOUD, FAINT, QUIET = (np.full(1_000, db, dtype=np.float32) for db in (-20.0, -54.0, -70.0))
LINES = st.lists(st.floats(-80, -10, width=32), min_size=1, max_size=10).map(
    lambda levels: np.resize(np.repeat(np.array(levels, dtype=np.float32), 40), 1_000)
)
ALL = [Region(0, 10_000)]


def own(regions: list[Region], own_db: np.ndarray, other_db: np.ndarray) -> list[Region]:
    """What is left of regions while the other party speaks all the time."""
    return own_speech(regions, own_db, drowned(own_db, other_db, ALL))


def test_a_faint_copy_of_the_other_voice_is_not_own_speech() -> None:
    """What the other party says 34 dB louder at the same time is left out."""
    assert own(ALL, FAINT, LOUD) == []
    assert own(ALL, LOUD, FAINT) == ALL


def test_people_who_speak_at_once_both_stay() -> None:
    """12 dB of difference is two people."""
    quieter = LOUD - 12
    assert own([Region(1_000, 5_000)], quieter, LOUD) == [Region(1_000, 5_000)]


def test_only_the_drowned_part_is_cut() -> None:
    """An answer after the other's sentence stays when the detector heard both as one."""
    mine = np.concatenate([FAINT[:500], LOUD[:400], QUIET[:100]])
    theirs = np.concatenate([LOUD[:500], QUIET[:500]])
    (kept,) = own(ALL, mine, theirs)
    assert 4_700 <= kept.start_ms <= 5_100
    assert kept.end_ms == 10_000


def test_the_silence_around_an_echo_is_not_speech() -> None:
    """A region that is drowned but for its quiet beginning and end is gone, whole."""
    mine = np.concatenate([QUIET[:300], FAINT[:400], QUIET[:300]])
    theirs = np.concatenate([QUIET[:300], LOUD[:400], QUIET[:300]])
    assert own([Region(2_500, 7_600)], mine, theirs) == []


def test_only_speech_drowns() -> None:
    """A quiet voice beside loud music on the other channel is not its echo."""
    assert own_speech(ALL, FAINT, drowned(FAINT, LOUD, [])) == ALL
    assert drowned(FAINT, LOUD, [Region(2_000, 3_000)]).nonzero()[0].tolist() == list(range(200, 300))


def rhythm(seed: int, level_db: float) -> np.ndarray:
    """Ten seconds that grow louder and fainter by 8 dB, every fifth of a second."""
    steps = np.random.default_rng(seed).uniform(-4, 4, size=50)
    return (level_db + np.repeat(steps, 20)).astype(np.float32)


def with_pauses(levels_db: np.ndarray) -> np.ndarray:
    """The same with silence before and after."""
    return np.concatenate([QUIET[:200], levels_db[200:800], QUIET[:200]])


@pytest.mark.parametrize("lag", [0, 12, 25])
def test_an_echo_follows_what_it_comes_from(lag: int) -> None:
    """What rises and falls with the other party, at once or up to a quarter of a second later, is not own speech."""
    theirs, mine = with_pauses(rhythm(1, -16)), np.roll(with_pauses(rhythm(1, -50)), lag)
    assert own([Region(2_000, 8_000)], mine, theirs) == []


@pytest.mark.parametrize("seed", range(2, 7))
def test_a_voice_under_something_loud_is_no_echo(seed: int) -> None:
    """Faint speech with ups and downs of its own stays beside 34 dB louder music that is taken for speech."""
    mine, music = with_pauses(rhythm(seed, -50)), rhythm(1, -16)
    assert own([Region(2_000, 8_000)], mine, music) == [Region(2_000, 8_000)]


@given(LINES, st.integers(0, 25))
def test_a_copy_is_most_like_what_it_is_a_copy_of(levels: np.ndarray, lag: int) -> None:
    """A curve that comes later and fainter is as like as can be; one without ups and downs tells nothing."""
    assert likeness(levels[lag : levels.size - 30 + lag] - 34, levels) > 0.99


@given(st.lists(st.tuples(st.integers(0, 900), st.integers(1, 90)), max_size=5))
def test_every_frame_that_touches_a_region_is_inside(spans: list[tuple[int, int]]) -> None:
    """Frames are inside when they share time with a region."""
    regions = [Region(start, start + length) for start, length in spans]
    for i, within in enumerate(inside(regions, 100)):
        assert within == any(r.start_ms < (i + 1) * 10 and r.end_ms > i * 10 for r in regions)


@given(LINES, LINES)
def test_own_speech_lies_within_speech(mine: np.ndarray, theirs: np.ndarray) -> None:
    """Nothing is added to the regions, and they stay sorted."""
    regions = [Region(500, 3_000), Region(4_000, 9_990)]
    kept = own(regions, mine, theirs)
    assert kept == sorted(kept)
    assert all(any(r.start_ms <= k.start_ms < k.end_ms <= r.end_ms for r in regions) for k in kept)


def test_smoothing_keeps_the_length_and_a_constant() -> None:
    """The mean of a constant is the constant, up to both ends."""
    assert np.allclose(smoothed(LOUD), LOUD)
    assert smoothed(np.zeros(0, dtype=np.float32)).size == 0
    assert smoothed(LOUD[:3]).size == 3


def test_a_run_that_is_mostly_drowned_goes_whole() -> None:
    """The end of an echo, said just after the other stopped, is echo too; a word after a pause is not."""
    said = (Word("thank", 1_000, 1_500, 0.9),)
    echoed = (Word("thank", 1_000, 1_450, 0.4), Word("you", 1_500, 1_600, 0.4), Word("yes", 3_000, 3_200, 0.4))
    assert crosstalk_words({0: said, 1: echoed}, {0: LOUD, 1: FAINT}) == {0: (), 1: echoed[:2]}


def test_drowned_words_are_found_once() -> None:
    """A word written on the faint channel too is crosstalk there, and only there."""
    said = (Word("hello", 1_000, 1_500, 0.9), Word("there", 1_500, 2_000, 0.9))
    echoed = (Word("hello", 1_050, 1_450, 0.4), Word("yes", 8_000, 8_300, 0.8))
    found = crosstalk_words({0: said, 1: echoed}, {0: LOUD, 1: FAINT})
    assert found == {0: (), 1: (echoed[0],)}
