"""Stretches of time and the frames they cover."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.regions import FRAME_MS, Region, inside, merged, outside, runs

FRAMES = 60
REGIONS = st.lists(
    st.tuples(st.integers(0, FRAMES - 1), st.integers(1, 10), st.booleans()).map(
        lambda drawn: Region(drawn[0] * FRAME_MS, min(drawn[0] + drawn[1], FRAMES) * FRAME_MS, drawn[2])
    ),
    max_size=6,
)


@given(REGIONS, st.integers(0, 50))
def test_merging_closes_short_pauses_and_loses_nothing(regions: list[Region], gap_ms: int) -> None:
    """Every frame stays inside, what is left is sorted with longer pauses, and sure only where a part was."""
    closed = merged(regions, gap_ms)
    assert not (inside(regions, FRAMES) & ~inside(closed, FRAMES)).any()
    assert all(b.start_ms - a.end_ms >= gap_ms for a, b in pairwise(closed))
    for region in closed:
        parts = [own for own in regions if region.start_ms <= own.start_ms and own.end_ms <= region.end_ms]
        assert region.doubtful == all(part.doubtful for part in parts)


@given(st.lists(st.booleans(), max_size=FRAMES), st.integers(0, 100))
def test_runs_are_the_frames_that_are_true(frames: list[bool], first: int) -> None:
    """Runs cover just those frames, from the place of the first one, and never touch."""
    found = runs(np.array(frames, dtype=np.bool_), first)
    covered = inside(found, first + len(frames))
    assert covered[first:].tolist() == frames
    assert not covered[:first].any()
    assert all(a.end_ms < b.start_ms for a, b in pairwise(found))


@given(REGIONS, REGIONS)
def test_what_is_outside_of_others_and_they_make_the_whole(regions: list[Region], others: list[Region]) -> None:
    """Frames of a region lie in the others or in what is left, never in both."""
    apart = merged(others, 0)
    for region in regions:
        left = outside(region, apart)
        assert all(part.doubtful == region.doubtful and part.duration_ms > 0 for part in left)
        own, rest, taken = inside([region], FRAMES), inside(left, FRAMES), inside(apart, FRAMES)
        assert (rest == own & ~taken).all()
