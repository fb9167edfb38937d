"""From logits to probabilities that mean what they say, and from those to present, doubtful, absent. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

DOUBT_RECALL = 0.9
"""Present and doubtful turns together should hold this share of the true ones."""

DOUBT_REACH = (0.35, 0.7)
"""The doubt band begins between these shares of the threshold, so that every event has one."""

CLEAR = 0.6
"""With this mean confidence of its words, or more, a turn counts as heard."""

SURE_PRECISION = 0.92
"""A cautious reading calls present only what was this often right among held-out turns."""

DOUBTED_TURNS = 0.14
"""Of all turns so many may hold something in doubt when read cautiously."""

_BINS = 10
_GRID = np.round(np.arange(0.12, 0.80, 0.01), 2)
_SURE_GRID = np.round(np.arange(0.50, 0.99, 0.01), 2)
_PRIOR_STRENGTH = 4.0


@dataclass(frozen=True, slots=True)
class Decision:
    """How the logit of one event is read.

    ``probability = sigmoid(slope * logit + offset)``; at ``threshold`` or above the event is present,
    from ``doubt_from`` up to it doubtful, below absent.
    """

    slope: float = 1.0
    offset: float = 0.0
    threshold: float = 0.5
    doubt_from: float = 0.25

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Caution:
    """The bounds of a cautious reading, the same for all events: present from ``sure_from``, doubtful from
    ``doubt_from`` up to it, as calibrated probabilities."""

    sure_from: float = 0.7
    doubt_from: float = 0.35


def caution(scores: NDArray[np.float64], labels: NDArray[np.float32], allowed: NDArray[np.bool_]) -> Caution:
    """The least bounds that keep :data:`SURE_PRECISION` and :data:`DOUBTED_TURNS` on these held-out turns.

    Args:
        scores: (turns, events) calibrated probabilities.
        labels: (turns, events) 1.0 where the event is present.
        allowed: (turns, events) what the speaker can show.
    """
    shown = np.where(allowed, scores, 0.0)
    found = (cut for cut in _SURE_GRID if _precision(shown >= cut, labels) >= SURE_PRECISION)
    sure = next(found, _SURE_GRID[-1])
    lower = np.concatenate([_GRID, _SURE_GRID[_GRID[-1] < _SURE_GRID]])
    lower = lower[lower <= sure]
    doubted = [((shown >= cut) & (shown < sure)).any(axis=1).mean() for cut in lower]
    doubt = next((cut for cut, share in zip(lower, doubted, strict=True) if share <= DOUBTED_TURNS), sure)
    return Caution(float(sure), float(doubt))


@dataclass(frozen=True, slots=True)
class Bin:
    """The turns whose probability lies in one tenth of the scale: their mean probability, and the share that shows
    the event."""

    probability: float
    share: float
    turns: int

    def to_json(self) -> dict[str, Any]:
        return {"probability": round(self.probability, 4), "share": round(self.share, 4), "turns": self.turns}


def reliability(scores: NDArray[np.float64], labels: NDArray[np.float32]) -> tuple[Bin, ...]:
    """Probability beside frequency in ten bins of equal width, the empty ones left out (DeGroot and Fienberg 1983).

    ``scores`` and ``labels`` are (n,).
    """
    numbers = np.minimum((scores * _BINS).astype(int), _BINS - 1)
    found = []
    for number in range(_BINS):
        own = numbers == number
        if own.any():
            found.append(Bin(float(scores[own].mean()), float(labels[own].mean()), int(own.sum())))
    return tuple(found)


def expected_calibration_error(bins: Sequence[Bin]) -> float:
    """Mean gap between probability and frequency, weighted by turns (Guo et al. 2017); 0 for none."""
    total = sum(one.turns for one in bins)
    return sum(one.turns * abs(one.probability - one.share) for one in bins) / total if total else 0.0


def discounted(
    scores: NDArray[np.float64],
    heard: NDArray[np.float64],
    role_confidence: float,
    bound: NDArray[np.bool_],
) -> NDArray[np.float64]:
    """Probabilities with the doubt about words and speakers in them.

    What was recognized with little confidence is worth less as evidence: the log odds of a turn are multiplied by
    ``min(1, heard / CLEAR)``, which moves them towards not knowing only where an event seemed present. An event that
    only one of the parties can show is there only if the role is right: its probability is multiplied by that.

    Args:
        scores: (turns, events) calibrated probabilities.
        heard: (turns,) the recognizer's confidence in the words of each turn, in [0, 1].
        role_confidence: that the parties are told apart rightly, in [0, 1].
        bound: (events,) whether only one party can show the event.
    """
    clipped = np.clip(scores, 1e-6, 1 - 1e-6)
    odds = np.log(clipped / (1 - clipped))
    worth = np.minimum(heard / CLEAR, 1.0)[:, None]
    believed = sigmoid(np.where(odds > 0, odds * worth, odds))
    return believed * np.where(bound, role_confidence, 1.0)


def probabilities(logits: NDArray[np.float32], decisions: Sequence[Decision]) -> NDArray[np.float64]:
    """Calibrated probabilities; ``logits`` is (n, events), as many events as decisions."""
    slopes = np.array([decision.slope for decision in decisions])
    offsets = np.array([decision.offset for decision in decisions])
    return sigmoid(logits.astype(np.float64) * slopes + offsets)


def decide(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> Decision:
    """Calibrate one event and choose its threshold and doubt band.

    Args:
        logits: (n,) of held-out turns.
        labels: (n,) 1.0 where the event is present.
    """
    slope, offset = platt(logits, labels)
    scores = sigmoid(logits.astype(np.float64) * slope + offset)
    threshold = best_threshold(scores, labels)
    return Decision(slope, offset, threshold, _doubt_from(scores, labels, threshold))


def platt(logits: NDArray[np.float32], labels: NDArray[np.float32]) -> tuple[float, float]:
    """Slope and offset of Platt scaling (Platt 1999), pulled towards (1, 0) where there is little to fit.

    Newton's method on the log loss plus ``2 * ((slope - 1)^2 + offset^2)``; the slope stays positive.
    """
    x = logits.astype(np.float64)
    slope, offset = 1.0, 0.0
    for _ in range(50):
        p = sigmoid(slope * x + offset)
        residual, curve = p - labels, p * (1 - p)
        gradient = np.array([residual @ x + _PRIOR_STRENGTH * (slope - 1), residual.sum() + _PRIOR_STRENGTH * offset])
        mixed = curve @ x
        hessian = np.array([[curve @ (x * x) + _PRIOR_STRENGTH, mixed], [mixed, curve.sum() + _PRIOR_STRENGTH]])
        step = np.clip(np.linalg.solve(hessian, gradient), -0.5, 0.5)
        slope, offset = max(slope - float(step[0]), 0.05), offset - float(step[1])
        if np.abs(step).max() < 1e-7:
            break
    return round(slope, 5), round(offset, 5)


def best_threshold(scores: NDArray[np.float64], labels: NDArray[np.float32]) -> float:
    """The threshold of the best F1, as the middle of those within 0.01 of it (the best one alone is luck)."""
    f1 = np.array([_f1(scores >= threshold, labels) for threshold in _GRID])
    near = _GRID[f1 >= f1.max() - 0.01]
    return float(round(float(np.median(near)), 2))


def sigmoid(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """1 / (1 + exp(-x)) without overflow."""
    result: NDArray[np.float64] = 0.5 * (1.0 + np.tanh(0.5 * x))
    return result


def _precision(hits: NDArray[np.bool_], labels: NDArray[np.float32]) -> float:
    return float(labels[hits].mean()) if hits.any() else 0.0


def _f1(hits: NDArray[np.bool_], labels: NDArray[np.float32]) -> float:
    both = float((hits & (labels > 0)).sum())
    return 2 * both / max(float(hits.sum() + labels.sum()), 1.0)


def _doubt_from(scores: NDArray[np.float64], labels: NDArray[np.float32], threshold: float) -> float:
    positive = scores[labels > 0]
    keeping = float(np.quantile(positive, 1 - DOUBT_RECALL)) if len(positive) else threshold
    low, high = (share * threshold for share in DOUBT_REACH)
    return round(min(max(keeping, low), high), 4)
