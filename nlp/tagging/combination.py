"""How a classifier's probability, a rule and examples are joined: in log odds, each with a bounded weight. Pure.

For an event in a turn::

    logit p = logit p_classifier + RULE_WEIGHT * strength + EXAMPLES_WEIGHT * clip(l - logit BASE_RATE, *EXAMPLES_REACH)

``strength`` in [0, 1] is that of the rule's surest hit in the turn, 0 without one; ``l`` are the log odds that the
examples give. A sum of log odds is what independent evidence adds up to (Good 1950); the weights stay below that, since
what a rule, an example and the classifier hear is the same words. For a built-in event the classifier is the shipped
tagger; for one of one's own it is what was learned from its examples, whose log odds then count in full and alone; for
one that only a rule knows it is RULE_PRIOR. No evidence decides by itself: the weakest exact hit lifts a turn that the
classifier takes for one in fifty to three in four, and leaves one in a thousand below one in eight.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nlp.own_events.learner import BASE_RATE
from nlp.probability.calibration import sigmoid

RULE_WEIGHT = 5.0
"""What a hit of strength 1 adds: it is about 150 times as likely where the event is shown as where it is not."""
RULE_PRIOR = 0.05
"""The probability, before its rule is asked, of an event that only a rule knows."""
EXAMPLES_WEIGHT = 0.5
EXAMPLES_REACH = (-2.0, 6.0)
SUREST = 1e-4
"""Probabilities are taken as at least this far from 0 and 1, so that each can still be contradicted."""

Logits = NDArray[np.float64]


def logit(probability: float) -> float:
    """log(p / (1 - p)), p kept within :data:`SUREST` of 0 and 1."""
    return float(_logits(np.array([probability]))[0])


def rule_evidence(strength: Logits) -> Logits:
    """Log odds that hits of these strengths, in [0, 1], add."""
    return RULE_WEIGHT * np.clip(strength, 0.0, 1.0)


def example_evidence(logits: Logits) -> Logits:
    """Log odds that examples add to a classifier of its own; ``logits`` are those that they give."""
    result: Logits = EXAMPLES_WEIGHT * np.clip(logits - logit(BASE_RATE), *EXAMPLES_REACH)
    return result


def combined(probabilities: NDArray[np.float64], evidence: Logits) -> NDArray[np.float64]:
    """The probabilities after the evidence, of the same shape; where it is 0 they stay as they are."""
    moved = sigmoid(_logits(probabilities) + evidence)
    result: NDArray[np.float64] = np.where(evidence == 0.0, probabilities, moved)
    return result


def _logits(probabilities: NDArray[np.float64]) -> Logits:
    kept = np.clip(probabilities, SUREST, 1.0 - SUREST)
    result: Logits = np.log(kept) - np.log1p(-kept)
    return result
