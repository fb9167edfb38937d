"""Events of one's own, learned on the spot from a few examples.

A sentence is its vector from a sentence encoder, centred on ordinary sentences of sales calls and scaled to length 1:
what all sentences share says nothing. A ridge-regularised logistic regression tells the examples from the
counter-examples and from those ordinary sentences. Leaving out each row in turn gives logits that no row has had a
say in; from them the probability is calibrated (Platt 1999, at the rate at which such events are said) and the
thresholds are chosen.
Nothing is random, nothing is stored.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nlp.encoders.encoder import Encoder
from nlp.own_events.background import Background, background
from nlp.probability.calibration import sigmoid
from nlp.probability.logistic import Logistic, Rows, fit
from sop.procedure import OwnEvent

BASE_RATE = 0.02
"""The share of sentences that show an event of one's own: about one in fifty."""
PENALTY = 0.3
COUNTER_WEIGHT = 10.0
"""A counter-example weighs as much as so many ordinary sentences: somebody chose it."""
NEAREST = 3
"""Likeness is the mean cosine with so many of the nearest examples: one alone may be an odd one."""
KEPT_RECALL = 0.8
"""The threshold is as high as this share of the examples allows, within :data:`THRESHOLDS`."""
THRESHOLDS = (0.5, 0.8)
DOUBT_RECALL = 0.9
DOUBT_REACH = (0.3, 0.7)
"""Doubt begins where :data:`DOUBT_RECALL` of the examples are still heard, between these shares of the threshold."""


@dataclass(frozen=True, slots=True)
class Cut:
    """Present from ``threshold``, doubtful from ``doubt_from``, both probabilities."""

    threshold: float
    doubt_from: float


_HEADS_KEPT = 256

DEFAULT_CUT = Cut(0.5, 0.2)
"""For an event that only a rule knows: there is nothing to choose by."""


@dataclass(frozen=True, slots=True, eq=False)
class ExampleHead:
    """What was learned from the examples of one event. ``centre`` is (dim,)."""

    centre: Rows
    model: Logistic
    slope: float
    offset: float
    cut: Cut

    def logits(self, vectors: NDArray[np.float32]) -> Rows:
        """(n,) calibrated log odds that sentences of these unit vectors, (n, dim), show the event."""
        result: Rows = self.model.logits(centred(vectors, self.centre)) * self.slope + self.offset
        return result


class Learner:
    """Learns events over one encoder, each once. May be shared by threads."""

    def __init__(self, encoder: Encoder) -> None:
        self.encoder = encoder
        self._background: Background | None = None
        self._heads: OrderedDict[OwnEvent, ExampleHead] = OrderedDict()
        self._lock = threading.Lock()

    def head(self, event: OwnEvent) -> ExampleHead:
        """The head of an event with at least two examples.

        Raises:
            EncoderError: the encoder cannot be used.
        """
        with self._lock:
            if event not in self._heads:
                self._background = self._background or background(self.encoder)
                self._heads[event] = learn(event, self.encoder, self._background)
                if len(self._heads) > _HEADS_KEPT:
                    self._heads.popitem(last=False)
            return self._heads[event]


def learn(event: OwnEvent, encoder: Encoder, ordinary: Background) -> ExampleHead:
    """The head of an event with at least two examples, set off against ``ordinary`` sentences."""
    centre = ordinary.vectors.astype(np.float64).mean(axis=0)
    examples = centred(encoder.encode(event.examples), centre)
    counters = centred(encoder.encode(event.counter_examples), centre)
    others = _unlike(centred(ordinary.without(event.id), centre), examples, counters)
    labels = np.zeros(len(examples) + len(counters) + len(others))
    labels[: len(examples)] = 1.0
    weights = np.ones(len(labels))
    weights[len(examples) : len(examples) + len(counters)] = COUNTER_WEIGHT
    weights[: len(examples)] = weights[len(examples) :].sum() / len(examples)
    model = fit(np.vstack([examples, counters, others]), labels, weights * len(labels) / weights.sum(), PENALTY)
    slope, offset = _calibration(model.unseen, labels)
    cut = choose_cut(sigmoid(model.unseen[labels > 0] * slope + offset))
    return ExampleHead(centre, model, slope, offset, cut)


def choose_cut(unseen: Rows) -> Cut:
    """The cut for an event whose examples, each left out in turn, get these probabilities."""
    threshold = float(np.clip(np.quantile(unseen, 1 - KEPT_RECALL), *THRESHOLDS))
    low, high = (share * threshold for share in DOUBT_REACH)
    doubt_from = float(np.clip(np.quantile(unseen, 1 - DOUBT_RECALL), low, high))
    return Cut(round(threshold, 4), round(doubt_from, 4))


def centred(vectors: NDArray[np.float32], centre: Rows) -> Rows:
    """Rows less the centre, of length 1."""
    rows = vectors.astype(np.float64) - centre
    scaled: Rows = rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
    return scaled


def _calibration(logits: Rows, labels: Rows) -> tuple[float, float]:
    """Slope and offset that read ``logits`` as log odds where a share of :data:`BASE_RATE` shows the event."""
    scale = max(float(logits.std()), 1e-6)
    shown = labels > 0
    weights = np.where(shown, BASE_RATE / shown.sum(), (1 - BASE_RATE) / (~shown).sum()) * len(labels)
    line = fit((logits - logits.mean())[:, None] / scale, labels, weights, 0.01)
    slope = max(float(line.slopes[0]), 0.0) / scale
    return slope, line.intercept - slope * float(logits.mean())


def _unlike(others: Rows, examples: Rows, counters: Rows) -> Rows:
    """``others`` without those that may show the event themselves: as like the examples as these are to each other,
    and less like any counter-example."""
    likeness = _likeness(others @ examples.T, NEAREST)
    among = examples @ examples.T
    np.fill_diagonal(among, -np.inf)
    usual = np.median(_likeness(among, min(NEAREST, len(examples) - 1)))
    countered = (others @ counters.T).max(axis=1) if len(counters) else np.full(len(others), -1.0)
    return others[(likeness < usual) | (countered > likeness)]


def _likeness(cosines: Rows, nearest: int) -> Rows:
    result: Rows = np.sort(cosines, axis=1)[:, -nearest:].mean(axis=1)
    return result
