"""What is a channel's own speech."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.chunks import Region
from asr.crosstalk import crosstalk_words, own_speech, smoothed
from asr.transcript import Word

LOUD, FAINT, QUIET = (np.full(1_000, db, dtype=np.float32) for db in (-20.0, -54.0, -70.0))
LINES = st.lists(st.floats(-80, -10, width=32), min_size=1, max_size=10).map(
    lambda levels: np.resize(np.repeat(np.array(levels, dtype=np.float32), 40), 1_000)
)


def test_a_faint_copy_of_the_other_voice_is_not_own_speech() -> None:
    """What the other party says 34 dB louder at the same time is left out."""
    assert own_speech([Region(0, 10_000)], FAINT, LOUD) == []
    assert own_speech([Region(0, 10_000)], LOUD, FAINT) == [Region(0, 10_000)]


def test_people_who_speak_at_once_both_stay() -> None:
    """12 dB of difference is two people."""
    quieter = LOUD - 12
    assert own_speech([Region(1_000, 5_000)], quieter, LOUD) == [Region(1_000, 5_000)]


def test_only_the_drowned_part_is_cut() -> None:
    """An answer after the other's sentence stays when the detector heard both as one."""
    own = np.concatenate([FAINT[:500], LOUD[:500]])
    other = np.concatenate([LOUD[:500], QUIET[:500]])
    (kept,) = own_speech([Region(0, 10_000)], own, other)
    assert 4_700 <= kept.start_ms <= 5_100
    assert kept.end_ms == 10_000


@given(LINES, LINES)
def test_own_speech_lies_within_speech(own: np.ndarray, other: np.ndarray) -> None:
    """Nothing is added to the regions, and they stay sorted."""
    regions = [Region(500, 3_000), Region(4_000, 9_990)]
    kept = own_speech(regions, own, other)
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
