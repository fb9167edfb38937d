"""Logistic regression: what it fits, and how it judges rows that it has not seen."""

from __future__ import annotations

import numpy as np
import pytest

from nlp.probability.calibration import sigmoid
from nlp.probability.logistic import fit


def separable(rows: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of 5 features of which the first two tell the labels, with a few labels turned over."""
    chance = np.random.default_rng(3)
    design = chance.normal(size=(rows, 5))
    labels = (design[:, 0] + design[:, 1] > 0.3).astype(float)
    labels[::13] = 1 - labels[::13]
    return design, labels, chance.uniform(0.5, 3.0, size=rows)


def test_the_fit_is_where_the_loss_has_no_slope() -> None:
    """At the minimum the residuals balance the penalty, for the slopes and for the intercept."""
    rows, labels, weights = separable()
    model = fit(rows, labels, weights, 0.7)
    residual = weights * (labels - sigmoid(model.logits(rows)))
    assert np.allclose(rows.T @ residual, 0.7 * model.slopes, atol=1e-4)
    assert residual.sum() == pytest.approx(0.0, abs=1e-4)


def test_unseen_logits_are_those_of_a_fit_without_the_row() -> None:
    """The closed form is near to leaving each row out and fitting again, and less sure than the fit itself."""
    rows, labels, weights = separable(120)
    model = fit(rows, labels, weights, 0.7)
    for row in range(0, len(rows), 7):
        kept = np.arange(len(rows)) != row
        without = fit(rows[kept], labels[kept], weights[kept], 0.7)
        told = float(without.logits(rows[row : row + 1])[0])
        assert model.unseen[row] == pytest.approx(told, abs=0.02 + 0.2 * abs(model.logits(rows)[row] - told))
    sign = 2 * labels - 1
    assert (sign * model.unseen <= sign * model.logits(rows) + 1e-9).all()


def test_rows_told_apart_entirely_are_fitted_too() -> None:
    """With no row on the wrong side only the penalty holds the slopes; the fit still ends, with finite logits."""
    rows = np.array([[-1.0], [-0.9], [0.9], [1.0]])
    model = fit(rows, np.array([0.0, 0.0, 1.0, 1.0]), np.full(4, 50.0), 0.01)
    assert np.isfinite(model.unseen).all()
    assert (np.sign(model.logits(rows)) == np.sign(rows[:, 0])).all()
