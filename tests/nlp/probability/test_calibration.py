"""Calibration, thresholds and the doubt band."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from nlp.probability.calibration import (
    best_threshold,
    caution,
    decide,
    discounted,
    expected_calibration_error,
    platt,
    reliability,
)


def drawn(slope: float, offset: float, n: int = 20_000) -> tuple[np.ndarray, np.ndarray]:
    """Logits, and labels that come true by ``sigmoid(slope * logit + offset)``."""
    rng = np.random.default_rng(0)
    logits = rng.normal(-1, 2, n).astype(np.float32)
    truth = 1 / (1 + np.exp(-(slope * logits + offset)))
    return logits, (rng.random(n) < truth).astype(np.float32)


def test_platt_finds_the_scale_that_made_the_labels() -> None:
    """With plenty of turns, slope and offset are recovered."""
    logits, labels = drawn(0.5, -0.7)
    slope, offset = platt(logits, labels)
    assert abs(slope - 0.5) < 0.05
    assert abs(offset + 0.7) < 0.05


def test_an_event_never_seen_gets_a_decision_too() -> None:
    """No positive turn at all: still finite, and rarely heard."""
    logits = np.full(50, -3.0, dtype=np.float32)
    decision = decide(logits, np.zeros(50, dtype=np.float32))
    assert np.isfinite([decision.slope, decision.offset, decision.threshold, decision.doubt_from]).all()


@given(st.lists(st.tuples(st.floats(-8, 8, width=32), st.booleans()), min_size=1, max_size=60))
def test_doubt_lies_below_the_threshold(turns: list[tuple[float, bool]]) -> None:
    """Whatever the turns: 0 < doubt_from < threshold < 1, and the order of logits is kept."""
    logits = np.array([logit for logit, _ in turns], dtype=np.float32)
    decision = decide(logits, np.array([label for _, label in turns], dtype=np.float32))
    assert 0 < decision.doubt_from < decision.threshold < 1
    assert decision.slope > 0


def test_the_threshold_is_the_middle_of_the_good_ones() -> None:
    """Any threshold from 0.3 to 0.6 parts these turns; the middle is the safest."""
    scores = np.array([0.1, 0.2, 0.29, 0.605, 0.7], dtype=np.float64)
    labels = np.array([0, 0, 0, 1, 1], dtype=np.float32)
    assert 0.4 <= best_threshold(scores, labels) <= 0.5


def test_probabilities_that_come_true_have_no_calibration_error() -> None:
    """Labels drawn with the probabilities themselves: no gap; claimed twice too sure: a wide one."""
    rng = np.random.default_rng(1)
    scores = rng.random(50_000)
    labels = (rng.random(50_000) < scores).astype(np.float32)
    assert expected_calibration_error(reliability(scores, labels)) < 0.02
    assert expected_calibration_error(reliability(np.round(scores), labels)) > 0.2
    assert expected_calibration_error(reliability(np.zeros(0), np.zeros(0, dtype=np.float32))) == 0


def test_cautious_bounds_keep_what_they_promise() -> None:
    """What is sure is right often enough, and no more turns than promised hold a doubt."""
    rng = np.random.default_rng(2)
    scores = rng.random((4_000, 3)) ** 6
    labels = (rng.random((4_000, 3)) < scores).astype(np.float32)
    allowed = rng.random((4_000, 3)) < 0.8
    labels[~allowed] = 0
    bounds = caution(scores, labels, allowed)
    sure = allowed & (scores >= bounds.sure_from)
    assert labels[sure].mean() >= 0.92
    assert (allowed & (scores >= bounds.doubt_from) & ~sure).any(axis=1).mean() <= 0.14
    assert bounds.doubt_from <= bounds.sure_from


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_doubt_about_words_and_roles_never_makes_an_event_likelier(p: float, heard: float, role: float) -> None:
    """Badly heard words and uncertain roles take from a probability; clear words of a known speaker take nothing."""
    bound = np.array([True, False])
    scores = np.array([[p, p]])
    told = discounted(scores, np.array([heard]), role, bound)
    assert (told <= scores + 1e-5).all()
    assert told[0, 0] <= told[0, 1] + 1e-9
    clear = discounted(scores, np.array([1.0]), 1.0, bound)
    assert np.allclose(clear, scores, atol=1e-5)
