"""Laws of packing speech into windows."""

from itertools import pairwise

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st

from asr.chunks import Packing, Window, batches, length_class_ms, pack, split
from asr.regions import Region, merged

CALL_MS = 120_000


@st.composite
def regions(draw: st.DrawFn) -> list[Region]:
    """Sorted regions without overlap, on the grid of the loudness curve."""
    edges = sorted(draw(st.sets(st.integers(0, CALL_MS // 10), min_size=0, max_size=30)))
    return [Region(a * 10, b * 10) for a, b in zip(edges[::2], edges[1::2], strict=False)]


packings = st.builds(
    Packing, max_ms=st.integers(500, 20_000), gap_ms=st.integers(0, 3_000), join_ms=st.integers(0, 30_000)
)
LEVELS = np.random.default_rng(1).uniform(-60, -10, CALL_MS // 10).astype(np.float32)


@given(regions(), packings)
def test_no_speech_is_lost(speech: list[Region], packing: Packing) -> None:
    """The windows' regions are the speech, cut perhaps, but without a gap or a double."""
    parts = [part for window in pack(speech, 0, LEVELS, packing) for part in window.regions]
    assert merged([p for p in parts if p.duration_ms], 1) == merged(speech, 1)


@given(regions(), packings)
def test_windows_keep_their_limits(speech: list[Region], packing: Packing) -> None:
    """No window is longer than allowed or overlaps the next; pauses are short inside a part, bounded between parts."""
    windows = pack(speech, 1, LEVELS, packing)
    assert all(0 < w.duration_ms <= packing.max_ms for w in windows)
    assert all(w.channel == 1 for w in windows)
    assert all(
        b.start_ms - a.end_ms <= max(packing.join_ms, packing.gap_ms) for w in windows for a, b in pairwise(w.parts)
    )
    assert all(_longest_pause(w, part) <= packing.gap_ms for w in windows for part in w.parts)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(windows))


def _longest_pause(window: Window, part: Region) -> int:
    own = [r for r in window.regions if part.start_ms <= r.start_ms and r.end_ms <= part.end_ms]
    return max((b.start_ms - a.end_ms for a, b in pairwise(own)), default=0)


@given(regions(), st.integers(500, 20_000), st.integers(0, 500), st.booleans(), st.data())
def test_what_is_put_into_a_pause_moves_no_window(
    speech: list[Region], max_ms: int, gap_ms: int, noisy: bool, data: st.DataObject
) -> None:
    """Silence or a doubtful sound in a long pause leaves all windows before and after it, shifted, as they were."""
    packing = Packing(max_ms=max_ms, gap_ms=gap_ms, join_ms=2 * CALL_MS)
    pauses = [(a, b) for a, b in pairwise(speech) if b.start_ms - a.end_ms > gap_ms]
    assume(pauses)
    before, after = data.draw(st.sampled_from(pauses))
    frames = data.draw(st.integers(1, 2_000))
    longer_ms = frames * 10
    at_ms = data.draw(st.integers(before.end_ms // 10, after.start_ms // 10)) * 10
    moved = [_later(r, at_ms, longer_ms) for r in speech]
    noise = [Region(at_ms, at_ms + longer_ms, doubtful=True)] if noisy else []
    levels = np.insert(LEVELS, at_ms // 10, np.full(frames, -60.0, dtype=np.float32))
    found = [w for w in pack(sorted(moved + noise), 0, levels, packing) if not w.doubtful]
    assert found == [_shifted(w, at_ms, longer_ms) for w in pack(speech, 0, LEVELS, packing)]


def _later(region: Region, at_ms: int, longer_ms: int) -> Region:
    shift_ms = longer_ms if region.start_ms >= at_ms else 0
    return region.between(region.start_ms + shift_ms, region.end_ms + shift_ms)


def _shifted(window: Window, at_ms: int, longer_ms: int) -> Window:
    parts, own = ([_later(r, at_ms, longer_ms) for r in found] for found in (window.parts, window.regions))
    return Window(window.channel, tuple(parts), tuple(own))


def test_what_is_doubtful_is_heard_alone() -> None:
    """A doubtful region is no part of another's window, even in a short pause, whose sound is then left out."""
    speech = [Region(0, 2_000), Region(2_200, 2_600, doubtful=True), Region(2_800, 5_000)]
    own, alone = pack(speech, 0, LEVELS, Packing())
    assert own.parts == (Region(0, 2_000), Region(2_800, 5_000))
    assert alone.parts == (Region(2_200, 2_600),)
    assert (own.doubtful, alone.doubtful) == (False, True)


@st.composite
def windows_of_parts(draw: st.DrawFn) -> Window:
    """A window of up to six parts anywhere in a call."""
    edges = sorted(draw(st.sets(st.integers(0, CALL_MS), min_size=2, max_size=12)))
    parts = [Region(a, b) for a, b in zip(edges[::2], edges[1::2], strict=False)]
    return Window(0, tuple(parts), ())


@given(windows_of_parts(), st.data())
def test_times_map_back_exactly(window: Window, data: st.DataObject) -> None:
    """What is heard in one part is in the call where that part is, to the millisecond."""
    number = data.draw(st.integers(0, len(window.parts) - 1))
    part = window.parts[number]
    before = sum(p.duration_ms for p in window.parts[:number])
    start = data.draw(st.integers(0, part.duration_ms - 1))
    end = data.draw(st.integers(start, part.duration_ms))
    assert window.to_call_ms(before + start, before + end) == (part.start_ms + start, part.start_ms + end)


@given(windows_of_parts(), st.integers(-500, CALL_MS + 500), st.integers(0, 5_000))
def test_every_time_lies_in_a_part(window: Window, start: int, duration: int) -> None:
    """Whatever a recognizer says, a word ends up inside one part of its window, not longer than it was."""
    first, last = window.to_call_ms(start, start + duration)
    assert 0 <= last - first <= duration
    assert any(part.start_ms <= first <= last <= part.end_ms for part in window.parts)


@given(st.lists(st.integers(1, 15_000), max_size=60), st.integers(1, 16), st.integers(1, 6))
def test_batches_hold_every_window_once(durations: list[int], size: int, lanes: int) -> None:
    """Batches are a partition of the windows, each of one length class, those with the most work first."""
    windows = [Window(0, (Region(0, duration),), ()) for duration in durations]
    grouped = batches(windows, size, lanes)
    flat = [i for batch in grouped for i in batch]
    assert sorted(flat) == list(range(len(windows)))
    assert all(0 < len(batch) <= size for batch in grouped)
    assert all(len({length_class_ms(durations[i]) for i in batch}) == 1 for batch in grouped)
    work = [len(batch) * length_class_ms(durations[batch[0]]) for batch in grouped]
    assert work == sorted(work, reverse=True)


@given(st.lists(st.integers(1, 15_000), max_size=60), st.integers(1, 16), st.integers(1, 6))
def test_lanes_share_each_length_class_evenly(durations: list[int], size: int, lanes: int) -> None:
    """In each class every lane has as many batches as any other, of sizes one apart, unless windows are too few."""
    windows = [Window(0, (Region(0, duration),), ()) for duration in durations]
    sizes: dict[int, list[int]] = {}
    for batch in batches(windows, size, lanes):
        sizes.setdefault(length_class_ms(durations[batch[0]]), []).append(len(batch))
    for own in sizes.values():
        assert max(own) - min(own) <= 1
        assert len(own) % lanes == 0 or max(own) == 1


def test_a_long_region_is_cut_where_it_is_quiet() -> None:
    """A dip in loudness is where 24 s of speech are cut in two."""
    levels = np.full(2_400, -20.0, dtype=np.float32)
    levels[1_100:1_120] = -60.0
    first, second = split(Region(0, 24_000), levels, 15_000)
    assert 10_950 <= first.end_ms <= 11_250
    assert second == Region(first.end_ms, 24_000)
