"""Borders of words beside pauses."""

from itertools import pairwise

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from asr.borders import snapped, sounds, within
from asr.chunks import Window
from asr.regions import Region
from asr.transcript import Word

QUIET = np.full(1_000, -60.0, dtype=np.float32)
PIECES = st.lists(st.tuples(st.integers(0, 800), st.integers(0, 1_200)), max_size=12)


def words(*spans: tuple[int, int]) -> tuple[Word, ...]:
    """Words that are told apart by their number."""
    return tuple(Word(f"w{i}", start, end, 0.9) for i, (start, end) in enumerate(spans))


def times(spoken: tuple[Word, ...]) -> list[tuple[int, int]]:
    return [(word.start_ms, word.end_ms) for word in spoken]


def laid_out(pieces: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Spans one after the other from (pause, length)."""
    spans, at = [], 0
    for pause, length in pieces:
        spans.append((at + pause, at + pause + length))
        at += pause + length
    return spans


def test_a_word_begins_and_ends_with_its_sound() -> None:
    """Borders in the pause move in, borders in the sound move out, those inside a sentence stay."""
    spoken = words((700, 1_300), (1_300, 1_900), (1_900, 2_500))
    assert times(snapped(spoken, [Region(1_000, 2_300)])) == [(1_000, 1_300), (1_300, 1_900), (1_900, 2_300)]
    late = words((1_200, 1_500), (1_500, 2_100))
    assert times(snapped(late, [Region(1_000, 2_300)])) == [(1_000, 1_500), (1_500, 2_300)]


def test_a_word_over_a_pause_keeps_the_side_with_more_of_it() -> None:
    """The next word gets the beginning that the one before the pause had taken."""
    spoken = words((1_000, 3_100), (3_100, 3_600))
    heard = [Region(1_000, 1_500), Region(3_000, 3_600)]
    assert times(snapped(spoken, heard)) == [(1_000, 1_500), (3_000, 3_600)]


def test_a_first_word_is_not_left_before_the_pause() -> None:
    """A word that is silent where it was put gets the beginning of the next sound, which no other word explains."""
    heard = [Region(0, 1_000), Region(5_000, 6_000)]
    spoken = words((500, 970), (970, 1_600), (5_150, 5_600))
    assert times(snapped(spoken, heard)) == [(0, 1_000), (5_000, 5_150), (5_150, 6_000)]
    explained = words((500, 970), (970, 1_600), (5_050, 5_600))
    assert times(snapped(explained, heard))[1][1] <= 1_000
    sounding = words((300, 700), (700, 1_600), (5_150, 5_600))
    assert times(snapped(sounding, heard))[1] == (700, 1_000)
    last = words((500, 970), (970, 1_600))
    assert times(snapped(last, heard))[1][1] <= 1_000


def test_a_word_without_sound_stays() -> None:
    """Where nothing sounds nothing is known better."""
    spoken = words((100, 400), (400, 400))
    assert snapped(spoken, []) == spoken
    assert snapped(spoken, [Region(5_000, 6_000)]) == spoken


def test_a_border_is_not_moved_far() -> None:
    """A sound that begins a second before the word is something else."""
    assert times(snapped(words((2_000, 2_500)), [Region(900, 2_500)])) == [(2_000, 2_500)]


@given(PIECES, PIECES)
def test_words_keep_their_order_and_their_place(spoken: list[tuple[int, int]], heard: list[tuple[int, int]]) -> None:
    """No word is lost, none overlaps the next that did not, none leaves its sound, and snapping twice is as once."""
    before = words(*laid_out(spoken))
    stretches = [Region(a, b) for a, b in laid_out([(pause + 150, length + 40) for pause, length in heard])]
    after = snapped(before, stretches)
    assert [word.text for word in after] == [word.text for word in before]
    assert all(word.start_ms <= word.end_ms for word in after)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(after))
    for old, new in zip(before, after, strict=True):
        if new.start_ms < old.start_ms or new.end_ms > old.end_ms:
            assert any(r.start_ms <= new.start_ms and new.end_ms <= r.end_ms for r in stretches)


@given(PIECES, st.data())
def test_overlapping_words_stay_in_order(spoken: list[tuple[int, int]], data: st.DataObject) -> None:
    """Words that overlapped before are still in order of their start."""
    spans = [(a, b + data.draw(st.integers(0, 500))) for a, b in laid_out(spoken)]
    after = snapped(words(*spans), [Region(500, 1_500), Region(2_000, 2_600)])
    assert all(a.start_ms <= b.start_ms for a, b in pairwise(after))
    assert all(word.start_ms <= word.end_ms for word in after)


def test_sounds_are_what_stands_out_of_the_noise() -> None:
    """Two bursts are two sounds, a short closure parts nothing, and the other party's echo is none."""
    levels = QUIET.copy()
    levels[100:200] = levels[210:250] = levels[600:700] = -30.0
    whole = Region(0, 10_000)
    assert sounds(whole, levels) == [Region(1_000, 2_500), Region(6_000, 7_000)]
    under = np.zeros(1_000, dtype=np.bool_)
    under[590:710] = True
    assert sounds(whole, levels, under) == [Region(1_000, 2_500)]
    assert sounds(Region(1_500, 6_500), levels) == [Region(1_500, 2_500), Region(6_000, 6_500)]
    assert sounds(Region(0, 0), levels) == []


def test_a_window_has_its_part_of_the_sounds() -> None:
    """Sounds are cut at the window's borders; those beside it are left out."""
    heard = [Region(0, 1_000), Region(1_500, 2_500), Region(2_600, 4_000), Region(4_200, 4_300), Region(5_000, 6_000)]
    window = Window(0, (Region(1_000, 3_000), Region(5_500, 7_000)), ())
    assert within(heard, window) == [Region(1_500, 2_500), Region(2_600, 3_000), Region(5_500, 6_000)]
