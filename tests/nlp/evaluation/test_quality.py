"""Precision and recall from judged turns: laws of the estimator and of its intervals."""

from __future__ import annotations

import random
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.evaluation.quality import Judged, Population, Said, event_quality, wilson

Turn = tuple[Said, bool]

turns = st.lists(st.tuples(st.sampled_from(("present", "doubtful", "absent")), st.booleans()), max_size=60)


def population(of: Sequence[Turn]) -> Population:
    return Population(*(sum(said == name for said, _ in of) for name in ("present", "doubtful", "absent")))


def judged(of: Sequence[Turn], weight: float | None = 1.0) -> list[Judged]:
    return [Judged("closing", "en", said, is_there, weight) for said, is_there in of]


@given(turns)
def test_a_census_gives_the_true_figures(all_turns: list[Turn]) -> None:
    """With every turn judged, precision and recall are those of the calls, whatever they are."""
    found = event_quality("closing", "en", population(all_turns), judged(all_turns))
    hits = [is_there for said, is_there in all_turns if said == "present"]
    true = sum(is_there for _, is_there in all_turns)
    assert (found.precision is None) == (not hits)
    if found.precision:
        assert found.precision.value == pytest.approx(sum(hits) / len(hits))
        assert found.basis == "sample"
    assert (found.recall is None) == (not true)
    if found.recall:
        assert found.recall.value == pytest.approx(sum(hits) / true)


@given(turns, st.tuples(*[st.floats(0.5, 500.0)] * 3))
def test_a_weight_that_all_of_a_class_share_changes_nothing(
    all_turns: list[Turn], weights: tuple[float, float, float]
) -> None:
    """Within a class only the weights' proportions matter, since the size of the class is known."""
    names = ("present", "doubtful", "absent")
    weighted = [Judged("closing", "en", said, there, weights[names.index(said)]) for said, there in all_turns]
    size = Population(40, 30, 2_000)
    one, other = (event_quality("closing", "en", size, sample) for sample in (judged(all_turns), weighted))
    for plain, scaled in ((one.precision, other.precision), (one.recall, other.recall)):
        assert (plain is None) == (scaled is None)
        if plain and scaled:
            assert (scaled.value, scaled.low, scaled.high) == pytest.approx((plain.value, plain.low, plain.high))


@given(turns, st.integers(0, 5_000), st.integers(0, 500), st.integers(0, 100_000))
def test_intervals_hold_their_value(all_turns: list[Turn], present: int, doubtful: int, absent: int) -> None:
    """0 <= low <= value <= high <= 1 for any sample of any collection."""
    found = event_quality("closing", "en", Population(present, doubtful, absent), judged(all_turns))
    for estimate in (found.precision, found.recall):
        if estimate:
            assert 0 <= estimate.low <= estimate.value <= estimate.high <= 1


@given(turns, st.floats(0.01, 1.0), st.floats(1.0, 300.0))
def test_more_of_the_same_narrows_an_interval(all_turns: list[Turn], share: float, n: float) -> None:
    """Wilson's interval of ten times the turns lies within that of the turns."""
    few, many = wilson(share, n), wilson(share, 10 * n)
    assert few.low <= many.low + 1e-12
    assert many.high <= few.high + 1e-12


def test_wilson_is_that_of_the_book() -> None:
    """81 of 263 gives [0.255, 0.366] (Newcombe 1998, Statistics in Medicine 17, table I, method 3)."""
    found = wilson(81 / 263, 263)
    assert (found.low, found.high) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert wilson(0.0, 20).high == pytest.approx(0.1611, abs=5e-5)


def test_nothing_found_among_few_is_no_proof() -> None:
    """20 absent turns without the event say little of 5000: recall is 1 with a low limit far below it."""
    sample = judged([("present", True)] * 20 + [("absent", False)] * 20)
    found = event_quality("closing", "en", Population(20, 0, 5_000), sample)
    assert found.recall is not None
    assert (found.recall.value, found.recall.high) == (1.0, 1.0)
    assert found.recall.low < 0.05


def test_turns_near_the_threshold_count_for_what_they_are() -> None:
    """A class that is sampled more stands for no more turns: weights bring the shares back."""
    size = Population(100, 10, 890)
    sample = judged([("present", True)] * 10, 10.0)
    sample += judged([("doubtful", True)] * 5 + [("doubtful", False)] * 5, 1.0)
    sample += judged([("absent", True)] + [("absent", False)] * 88, 10.0)
    found = event_quality("closing", "en", size, sample)
    assert found.recall is not None
    assert found.recall.value == pytest.approx(100 / (100 + 5 + 10))


@pytest.mark.parametrize("lacking", ["present", "doubtful", "absent"])
def test_recall_waits_for_every_class(lacking: str) -> None:
    """Without a judged turn of a class that has some, recall is not known; with an empty class it is."""
    sample = [
        turn for turn in judged([("present", True), ("doubtful", True), ("absent", False)]) if turn.said != lacking
    ]
    assert event_quality("closing", "en", Population(5, 5, 5), sample).recall is None
    sizes = {"present": 5, "doubtful": 5, "absent": 5, lacking: 0}
    assert event_quality("closing", "en", Population(**sizes), sample).recall is not None


def test_turns_that_people_chose_count_only_for_precision_and_say_so() -> None:
    """Chosen turns give a precision marked as such, until there is a sample; never a recall."""
    chosen = judged([("present", False), ("present", True), ("doubtful", True), ("absent", True)], None)
    size = Population(10, 2, 30)
    found = event_quality("closing", "en", size, chosen)
    assert found.precision is not None
    assert (found.precision.value, found.basis, found.recall) == (0.5, "chosen", None)
    assert found.reviewed["absent"] == 1
    both = event_quality("closing", "en", size, [*chosen, *judged([("present", True)], 10.0)])
    assert both.precision is not None
    assert (both.precision.value, both.basis) == (1.0, "sample")
    assert both.to_json()["reviewed"] == {"present": 3, "doubtful": 1, "absent": 1}


def test_the_interval_of_recall_covers_the_truth() -> None:
    """Over 300 samples of a made collection the 95 % interval holds the true recall in at least 90 %."""
    rng = random.Random(4)
    classes: dict[Said, list[bool]] = {
        "present": [rng.random() < 0.85 for _ in range(300)],
        "doubtful": [rng.random() < 0.4 for _ in range(100)],
        "absent": [rng.random() < 0.02 for _ in range(3_000)],
    }
    true = sum(classes["present"]) / sum(sum(turns) for turns in classes.values())
    size = Population(300, 100, 3_000)
    held = 0
    for _ in range(300):
        drawn = [
            Judged("closing", "en", said, there, len(turns) / n)
            for (said, turns), n in zip(classes.items(), (40, 20, 120), strict=True)
            for there in rng.sample(turns, n)
        ]
        recall = event_quality("closing", "en", size, drawn).recall
        assert recall is not None
        held += recall.low <= true <= recall.high
    assert held >= 270
