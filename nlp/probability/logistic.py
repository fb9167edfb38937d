"""Ridge-regularised logistic regression of a few hundred rows, and how it would judge each row unseen. Pure."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.probability.calibration import sigmoid

Rows = NDArray[np.float64]

_STEPS = 30
_CLOSE_ENOUGH = 1e-6
_FREE = 1e-6
"""The penalty on the intercept: none, but for the matrix to be invertible."""


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """``logit = rows @ slopes + intercept``; ``unseen`` are the training rows' logits, each without its own row."""

    slopes: Rows
    intercept: float
    unseen: Rows

    def logits(self, rows: Rows) -> Rows:
        """(n,) for ``rows`` of (n, features)."""
        result: Rows = rows @ self.slopes + self.intercept
        return result


def fit(rows: Rows, labels: Rows, weights: Rows, penalty: float) -> Logistic:
    """The minimum of the weighted log loss plus ``penalty / 2 * |slopes|^2``, by Newton's method.

    The unseen logits are the closed form of approximate leave-one-out for generalised linear models (Cawley and
    Talbot 2008; Rad and Maleki 2020): one Newton step away from the fit, without the row.

    Args:
        rows: (n, features).
        labels: (n,) 0.0 or 1.0.
        weights: (n,) how much each row counts, > 0.
        penalty: > 0.
    """
    design = np.hstack([rows, np.ones((len(rows), 1))])
    ridge = np.full(design.shape[1], penalty)
    ridge[-1] = _FREE
    theta = np.zeros(design.shape[1])
    for _ in range(_STEPS):
        residual, curve = _slope_and_curve(design @ theta, labels, weights)
        step = np.linalg.solve(_hessian(design, curve, ridge), design.T @ residual - ridge * theta)
        # A full Newton step can overshoot where nearly all is told apart; no logit moves by more than 5 at once.
        theta = theta + step * min(1.0, 5.0 / max(float(np.abs(design @ step).max()), 1e-12))
        if np.abs(step).max() < _CLOSE_ENOUGH:
            break
    logits = design @ theta
    residual, curve = _slope_and_curve(logits, labels, weights)
    leverage = np.einsum("ij,ji->i", design, np.linalg.solve(_hessian(design, curve, ridge), design.T))
    unseen = logits - leverage * residual / (1.0 - np.minimum(curve * leverage, 0.999))
    return Logistic(theta[:-1], float(theta[-1]), unseen)


def _slope_and_curve(logits: Rows, labels: Rows, weights: Rows) -> tuple[Rows, Rows]:
    p = sigmoid(logits)
    return weights * (labels - p), weights * p * (1 - p)


def _hessian(design: Rows, curve: Rows, ridge: Rows) -> Rows:
    result: Rows = (design * curve[:, None]).T @ design + np.diag(ridge)
    return result
