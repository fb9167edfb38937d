"""A call read a second time: the logits of each turn in the light of what the first reading made of all others.

An objection is likelier once a price has been named, a handling after an objection, a competitor where another turn
that says the same rare word speaks of one. The networks of :mod:`nlp.tagging.head` see four turns to each side, and
not what they themselves make of these; this stacked logistic regression (Wolpert 1992) is fitted on logits of calls
that their network has not seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.probability.calibration import platt, sigmoid
from nlp.probability.logistic import fit
from nlp.tagging.augmentation import Example
from nlp.tagging.features import CallFeatures
from nlp.tagging.rare_terms import TERMS, call_counts, sharing
from sop.events import EVENTS

Logits = NDArray[np.float32]
"""(turns, events)."""

PENALTY = 5.0
NEAR = (1, -1, 2, -2)
"""Turns before (positive) and after that are looked at one by one."""
_COUNT = len(EVENTS)
COLUMNS = 3 + _COUNT * (3 + len(NEAR))
"""Of an event: its own logit, the most likely turn that shares a rare term, whether there is one; and of all events the
probabilities in the turn, in those near, and their maxima before and after."""
_LOGITS = (-6.0, 4.0)


@dataclass(frozen=True, slots=True, eq=False)
class SecondReading:
    """``first`` (2, events) are slopes and offsets of the first reading's calibration, ``slopes`` (events, COLUMNS)
    and ``intercepts`` (events,) the regression, ``common`` (TERMS,) the terms that are no names."""

    first: NDArray[np.float32]
    slopes: NDArray[np.float32]
    intercepts: NDArray[np.float32]
    common: NDArray[np.bool_]

    def logits(self, features: CallFeatures, logits: Logits) -> Logits:
        """The logits of a whole call, read again."""
        if not len(features):
            return logits
        rows = _Rows.of(features, logits * self.first[0] + self.first[1], self.common)
        read = [rows.of_event(event) @ self.slopes[event] for event in range(_COUNT)]
        return (np.stack(read, axis=1) + self.intercepts).astype(np.float32)


@dataclass(frozen=True, slots=True, eq=False)
class _Rows:
    """What the regressions of all events see of a call's turns: ``near`` is the same for all."""

    own: NDArray[np.float64]
    echo: NDArray[np.float64]
    echoed: NDArray[np.float64]
    near: NDArray[np.float64]

    @classmethod
    def of(cls, features: CallFeatures, logits: NDArray[np.floating], common: NDArray[np.bool_]) -> _Rows:
        likely = np.where(features.allowed, sigmoid(logits.astype(np.float64)), 0.0)
        shared = sharing(features.terms, common)
        nothing = np.zeros((1, _COUNT))
        before = np.concatenate([nothing, np.maximum.accumulate(likely)[:-1]])
        after = np.concatenate([np.maximum.accumulate(likely[::-1])[::-1][1:], nothing])
        return cls(
            own=np.where(features.allowed, np.clip(logits, *_LOGITS), _LOGITS[0]),
            echo=np.where(shared[:, :, None], likely[None, :, :], 0.0).max(axis=1),
            echoed=np.asarray(shared.any(axis=1), dtype=np.float64),
            near=np.concatenate([likely, *(_shifted(likely, by) for by in NEAR), before, after], axis=1),
        )

    def of_event(self, event: int) -> NDArray[np.float64]:
        """(turns, COLUMNS)."""
        return np.concatenate([self.own[:, [event]], self.echo[:, [event]], self.echoed[:, None], self.near], axis=1)


def _shifted(rows: NDArray[np.float64], by: int) -> NDArray[np.float64]:
    """Each row is that of ``by`` turns before, zero where there is none."""
    moved = np.zeros_like(rows)
    if by > 0:
        moved[by:] = rows[:-by]
    else:
        moved[:by] = rows[-by:]
    return moved


def fit_second_reading(examples: Sequence[Example], logits: Sequence[Logits]) -> tuple[SecondReading, list[Logits]]:
    """Fit it, and tell how it reads each turn without having learned from that turn.

    Args:
        examples: the calls.
        logits: of each, from networks that have not seen it.
    """
    labels = np.concatenate([example.labels for example in examples]).astype(np.float64)
    allowed = np.concatenate([example.features.allowed for example in examples])
    together = np.concatenate(list(logits))
    calibrated = [platt(together[allowed[:, k], k], labels[allowed[:, k], k].astype(np.float32)) for k in range(_COUNT)]
    first = np.array(calibrated, dtype=np.float32).T
    counts = call_counts(example.features.terms for example in examples)
    rows = [
        _Rows.of(example.features, own * first[0] + first[1], counts > 1)
        for example, own in zip(examples, logits, strict=True)
    ]
    unseen = np.full(together.shape, _LOGITS[0], dtype=np.float32)
    slopes = np.zeros((_COUNT, COLUMNS), dtype=np.float32)
    intercepts = np.full(_COUNT, _LOGITS[0], dtype=np.float32)
    for event in range(_COUNT):
        shown = allowed[:, event]
        seen = np.concatenate([row.of_event(event) for row in rows])[shown]
        fitted = fit(seen, labels[shown, event], np.ones(int(shown.sum())), PENALTY)
        slopes[event], intercepts[event] = fitted.slopes, fitted.intercept
        unseen[shown, event] = fitted.unseen
    borders = np.cumsum([len(own) for own in logits])[:-1]
    return SecondReading(first, slopes, intercepts, counts > 0), np.split(unseen, borders)


def common_numbers(common: NDArray[np.bool_]) -> NDArray[np.int32]:
    """The terms that are common, ascending: as they are stored, for they are few."""
    return np.flatnonzero(common).astype(np.int32)


def common_terms(numbers: NDArray[np.int32]) -> NDArray[np.bool_]:
    """(TERMS,): as it was.

    Raises:
        ValueError: these are not the numbers of terms.
    """
    if numbers.dtype != np.int32 or numbers.ndim != 1 or ((numbers < 0) | (numbers >= TERMS)).any():
        raise ValueError(f"second.common: expected whole numbers from 0 to {TERMS - 1}")
    common = np.zeros(TERMS, dtype=np.bool_)
    common[numbers] = True
    return common
