"""Evidence joined in log odds: more of it never lowers a probability, and none decides alone."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlp.tagging.combination import combined, example_evidence, logit, rule_evidence

shares = st.floats(0.0, 1.0)


@given(shares, shares, shares)
def test_a_stronger_hit_never_lowers_the_probability(probability: float, weak: float, strong: float) -> None:
    """The probability grows with the strength of the hit and stays in [0, 1]."""
    low, high = sorted((weak, strong))
    told = [float(combined(np.array([probability]), rule_evidence(np.array([s])))[0]) for s in (0.0, low, high)]
    assert all(0.0 <= p <= 1.0 for p in told)
    assert told[0] == probability
    assert low == 0.0 or told[1] <= told[2] + 1e-12


@given(st.floats(-30.0, 30.0), shares)
def test_examples_move_a_probability_by_a_bounded_amount(log_odds: float, probability: float) -> None:
    """However sure the examples are, the shipped tagger's word is not overruled by more than the stated weight."""
    moved = float(example_evidence(np.array([log_odds]))[0])
    assert -1.0 <= moved <= 3.0
    assert 0.0 <= float(combined(np.array([probability]), np.array([moved]))[0]) <= 1.0


def test_no_evidence_decides_by_itself() -> None:
    """An exact hit makes the unlikely likely and the near impossible no more than doubtful."""
    hit = rule_evidence(np.array([1.0, 1.0]))
    lifted = combined(np.array([0.02, 0.001]), hit)
    assert lifted[0] == pytest.approx(0.752, abs=0.01)
    assert lifted[1] < 0.15
    assert logit(0.0) == pytest.approx(-9.21, abs=0.01)
