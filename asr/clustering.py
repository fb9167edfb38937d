"""Which vectors are of one voice: agglomerative clustering that knows when to stop. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
"""`(count, dim)` float32, each row of L2 norm 1."""
Labels = NDArray[np.int64]

_SAME = 1e-6
"""Mean squared distance from the mean that is only rounding."""
MOST_VOICES = 8
"""More voices than these are not told apart on one channel."""


@dataclass(frozen=True, slots=True)
class ClusterOptions:
    """When two groups of vectors are two voices.

    They are, when the variance between them is more than chance makes of one voice, a share of
    ``chance + chance_vectors / vectors``, or when they are less :func:`alikeness` than ``alike``. At most
    ``compared`` vectors, spread over the call, are compared pair by pair: the time grows with their number's cube.
    """

    compared: int = 600
    chance: float = 0.06
    chance_vectors: float = 2.0
    alike: float = 0.75


def clusters(vectors: Vectors, voices: int | None, options: ClusterOptions) -> Labels:
    """A label for each vector, from 0, every label used.

    Ward's agglomerative clustering (Ward 1963) of unit vectors, then the assignment of every vector to the nearest
    centre until none changes (spherical k-means, Dhillon and Modha 2001).
    """
    count = len(vectors)
    if count < 2 or voices == 1:
        return np.zeros(count, dtype=np.int64)
    sample = np.unique(np.linspace(0, count - 1, min(count, options.compared)).round().astype(int))
    chosen = vectors[sample].astype(np.float64)
    merges = _ward(chosen)
    groups = _split(merges, chosen, voices, options)
    labels = np.zeros(len(sample), dtype=np.int64)
    for number, members in enumerate(groups):
        labels[members] = number
    return _settled(vectors, centres(vectors[sample], labels))


def alikeness(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    """Mean cosine between two groups over the mean cosine inside them; 1 for groups of one voice.

    Dividing takes out the noise of single windows (Spearman's correction for attenuation, 1904), so that the figure
    does not depend on how many there are. 1 where a group has a single vector.
    """
    if min(len(first), len(second)) < 2:
        return 1.0
    inside = _mean_cosine(first) * _mean_cosine(second)
    across = float(first.mean(axis=0) @ second.mean(axis=0))
    return across / float(np.sqrt(inside)) if inside > 0 else 1.0


def centres(vectors: Vectors, labels: Labels) -> Vectors:
    """(labels, dim), unit rows."""
    means = np.stack([vectors[labels == label].mean(axis=0) for label in range(int(labels.max()) + 1)])
    scaled: Vectors = (means / np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)).astype(np.float32)
    return scaled


def _mean_cosine(group: NDArray[np.float64]) -> float:
    """Over pairs of different vectors."""
    count = len(group)
    total = float(np.square(group.sum(axis=0)).sum()) - float(np.square(group).sum())
    return max(total / (count * (count - 1)), 0.0)


def _two_voices(first: NDArray[np.float64], second: NDArray[np.float64], options: ClusterOptions) -> bool:
    together = np.concatenate([first, second])
    total = float(np.square(together - together.mean(axis=0)).sum())
    if total <= _SAME * len(together):
        return False
    apart = np.square(first.mean(axis=0) - second.mean(axis=0)).sum()
    between = float(apart) * len(first) * len(second) / len(together)
    bound = options.chance + options.chance_vectors / len(together)
    return between / total > bound or alikeness(first, second) < options.alike


def _ward(vectors: NDArray[np.float64]) -> list[tuple[int, int]]:
    """The pairs merged, in order; merge i makes cluster ``len(vectors) + i`` (Lance and Williams 1967)."""
    count = len(vectors)
    distance = 2.0 - 2.0 * np.clip(vectors @ vectors.T, -1.0, 1.0)
    np.fill_diagonal(distance, np.inf)
    sizes, names = np.ones(count), list(range(count))
    merges: list[tuple[int, int]] = []
    for step in range(count - 1):
        i, j = sorted(int(k) for k in np.unravel_index(int(distance.argmin()), distance.shape))
        merges.append((names[i], names[j]))
        own, total = sizes[i] + sizes[j], sizes + sizes[i] + sizes[j]
        row = ((sizes + sizes[i]) * distance[i] + (sizes + sizes[j]) * distance[j] - sizes * distance[i, j]) / total
        row[[i, j]] = np.inf
        row[~np.isfinite(distance[i])] = np.inf
        distance[i], distance[:, i] = row, row
        distance[j], distance[:, j] = np.inf, np.inf
        sizes[i], names[i] = own, count + step
    return merges


def _split(
    merges: Sequence[tuple[int, int]], vectors: NDArray[np.float64], voices: int | None, options: ClusterOptions
) -> list[list[int]]:
    """Members of each voice: the last merges are undone while what they joined are two voices."""
    count = len(vectors)
    members: dict[int, list[int]] = {i: [i] for i in range(count)}
    for i, (a, b) in enumerate(merges):
        members[count + i] = members[a] + members[b]
    groups = [count + len(merges) - 1]
    for node in range(count + len(merges) - 1, count - 1, -1):
        if len(groups) >= (voices or MOST_VOICES):
            break
        a, b = merges[node - count]
        if node in groups and _two_voices(vectors[members[a]], vectors[members[b]], options):
            groups.remove(node)
            groups += [a, b]
    return [members[node] for node in groups]


def _settled(vectors: Vectors, middles: Vectors, rounds: int = 20) -> Labels:
    labels: Labels = (vectors @ middles.T).argmax(axis=1)
    for _ in range(rounds):
        if len(np.unique(labels)) < len(middles):
            break
        renewed: Labels = (vectors @ centres(vectors, labels).T).argmax(axis=1)
        if np.array_equal(renewed, labels):
            break
        labels = renewed
    return np.unique(labels, return_inverse=True)[1].astype(np.int64)
