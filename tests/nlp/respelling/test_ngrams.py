"""Probabilities of words after the two before them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.respelling.ngrams import END, START, UNKNOWN, Trigrams

RUNS = st.lists(st.lists(st.integers(0, 5), max_size=6), min_size=1, max_size=8)


@given(RUNS, st.tuples(st.integers(-3, 6), st.integers(-3, 6)))
def test_probabilities_are_shares_of_one(runs: list[list[int]], before: tuple[int, int]) -> None:
    """After any two words, what may follow adds up to no more than one, and what was counted is possible."""
    trigrams = Trigrams.counted(runs)
    found = [trigrams.probability(before, word) for word in (*range(6), END)]
    assert all(0 <= one <= 1 for one in found)
    assert sum(found) <= 1 + 1e-9
    assert all((one > 0) == (word in trigrams.words) for one, word in zip(found, (*range(6), END), strict=True))
    assert trigrams.probability(before, UNKNOWN) == 0


def test_smoothing_is_that_of_witten_and_bell() -> None:
    """Worked by hand: of 8 + 4 for words alone, then after one word, then after two."""
    trigrams = Trigrams.counted([[0, 1], [0, 2], [1]])
    alone = 2 / 12
    after_start = (1 + 2 * alone) / (3 + 2)
    assert trigrams.probability((UNKNOWN, UNKNOWN), 1) == pytest.approx(alone)
    assert trigrams.probability((UNKNOWN, START), 1) == pytest.approx(after_start)
    assert trigrams.probability((START, START), 1) == pytest.approx((1 + 2 * after_start) / (3 + 2))


@given(RUNS, st.integers(0, 5), st.integers(0, 5))
def test_what_was_heard_more_often_is_likelier(runs: list[list[int]], first: int, second: int) -> None:
    """A run that occurs again never makes its own words less likely in their place."""
    before = Trigrams.counted([*runs, [first, second]])
    after = Trigrams.counted([*runs, [first, second], [first, second]])
    place = (START, first)
    assert after.probability(place, second) >= before.probability(place, second) - 1e-9
