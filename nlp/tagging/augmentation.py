"""Calls as a recogniser might have heard them, anew in each epoch of training: made from features, or taken from those
of copies whose text was misheard (:mod:`nlp.misheard.calls`), which are encoded once. Pure, given the random generator.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from nlp.tagging.features import PLACE_COLUMNS, SIGNS, SPEAKER_COLUMN, CallFeatures, places

LEAST_TURNS = 2
"""Fewer are no conversation."""


@dataclass(frozen=True, slots=True)
class Example:
    """A call to learn from: ``labels`` is (turns, events), 1.0 where the event is present; ``misheard`` are the same
    turns in other words. ``known``, (turns, events), says which labels a person gave; None where all of them."""

    features: CallFeatures
    labels: NDArray[np.float32]
    misheard: tuple[CallFeatures, ...] = ()
    known: NDArray[np.bool_] | None = None

    @property
    def counted(self) -> NDArray[np.bool_]:
        """(turns, events): what is learned from, events that the speakers can show and whose labels are known."""
        return self.features.allowed if self.known is None else self.features.allowed & self.known


@dataclass(frozen=True, slots=True)
class Noise:
    """How often things go wrong, as shares of calls, turns or grams."""

    unknown_speakers: float = 0.1
    cropped: float = 0.3
    lost_turns: float = 0.15
    joined_turns: float = 0.3
    lost_grams: float = 0.3
    lost_signs: float = 0.1
    blur: float = 0.1
    misheard: float = 0.5


def perturbed(example: Example, noise: Noise, rng: np.random.Generator) -> Example:
    """The call with eventless turns lost, neighbours of one speaker joined, words misheard.

    Of some calls only a stretch is heard, as if it were all; of the others every event that was there still is. In
    some calls nobody knows who speaks.
    """
    features = _as_heard(example, noise.misheard, rng)
    kept = np.flatnonzero(example.labels.any(axis=1) | (rng.random(len(features)) >= noise.lost_turns))
    if rng.random() < noise.cropped and len(kept) > LEAST_TURNS:
        count = int(rng.integers(LEAST_TURNS, len(kept)))
        begin = int(rng.integers(0, len(kept) - count + 1))
        kept = kept[begin : begin + count]
        features = replace(features, context=_as_if_all(features.context, kept))
    first, second = _pairs(features, kept, noise.joined_turns, rng)
    if not len(first):
        return example
    embeddings = np.float32(0.5) * (features.embeddings[first] + features.embeddings[second])
    embeddings += noise.blur * rng.standard_normal(embeddings.shape, dtype=np.float32)
    return Example(
        CallFeatures(
            embeddings=embeddings,
            lexical=_heard_grams(features, first, second, noise.lost_grams, rng),
            context=_context(features, first, second, noise, rng),
            allowed=features.allowed[first],
        ),
        np.maximum(example.labels[first], example.labels[second]),
        known=_known(example, first, second),
    )


def _known(example: Example, first: NDArray[np.int64], second: NDArray[np.int64]) -> NDArray[np.bool_] | None:
    """Of two turns joined an event is known once a person heard it in one, or judged both."""
    if example.known is None:
        return None
    heard = example.known & (example.labels > 0)
    return (example.known[first] & example.known[second]) | heard[first] | heard[second]


def _as_heard(example: Example, share: float, rng: np.random.Generator) -> CallFeatures:
    """Of ``share`` of the calls that have such, one of the misheard copies."""
    if not example.misheard or rng.random() >= share:
        return example.features
    return example.misheard[int(rng.integers(len(example.misheard)))]


def _as_if_all(context: NDArray[np.float32], kept: NDArray[np.int64]) -> NDArray[np.float32]:
    """The context of a call that begins and ends with the turns that are kept."""
    cropped = context.copy()
    cropped[kept, PLACE_COLUMNS] = places(len(kept))
    return cropped


def _pairs(
    features: CallFeatures, kept: NDArray[np.int64], share: float, rng: np.random.Generator
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First and second turn of what becomes one turn; both the same where a turn stays alone."""
    speakers = features.context[:, SPEAKER_COLUMN]
    first: list[int] = []
    second: list[int] = []
    for turn, chance in zip(kept.tolist(), rng.random(len(kept)), strict=True):
        alone = bool(first) and first[-1] == second[-1]
        if alone and speakers[first[-1]] == speakers[turn] and chance < share:
            second[-1] = turn
        else:
            first.append(turn)
            second.append(turn)
    return np.array(first, dtype=np.int64), np.array(second, dtype=np.int64)


def _context(
    features: CallFeatures,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    noise: Noise,
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """The place of the first turn, the signs of both but for those lost."""
    context = features.context[first]
    signs = np.maximum(context, features.context[second])[:, -len(SIGNS) :]
    context[:, -len(SIGNS) :] = signs * (rng.random(signs.shape) >= noise.lost_signs)
    if rng.random() < noise.unknown_speakers:
        context[:, SPEAKER_COLUMN] = 0.0
    return context


def _heard_grams(
    features: CallFeatures,
    first: NDArray[np.int64],
    second: NDArray[np.int64],
    share: float,
    rng: np.random.Generator,
) -> tuple[NDArray[np.int64], ...]:
    bags = [
        features.lexical[i] if i == j else np.union1d(features.lexical[i], features.lexical[j])
        for i, j in zip(first.tolist(), second.tolist(), strict=True)
    ]
    heard = rng.random(sum(len(bag) for bag in bags)) >= share
    borders = np.cumsum([len(bag) for bag in bags])[:-1]
    return tuple(bag[part] for bag, part in zip(bags, np.split(heard, borders), strict=True))
