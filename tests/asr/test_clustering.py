"""Clusters of vectors: what is one voice, and what is not."""

from itertools import combinations

import numpy as np
import pytest
from numpy.typing import NDArray

from asr.clustering import ClusterOptions, Vectors, _ward, alikeness, clusters

DIM = 192


def group(rng: np.random.Generator, centre: NDArray[np.float64], count: int, noise: float = 0.6) -> NDArray[np.float64]:
    """Unit rows around a unit centre, as alike as windows of one voice are (mean cosine 0.7)."""
    rows = centre + noise * rng.normal(size=(count, centre.size)) / np.sqrt(centre.size)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def directions(rng: np.random.Generator, count: int) -> list[NDArray[np.float64]]:
    """Unit vectors at right angles."""
    return list(np.linalg.qr(rng.normal(size=(DIM, count)))[0].T)


def together(*groups: NDArray[np.float64]) -> Vectors:
    return np.concatenate(groups).astype(np.float32)


@pytest.mark.parametrize("count", [1, 2, 3, 6, 15, 40, 120])
def test_one_voice_stays_one(count: int) -> None:
    """A voicemail is not cut in two halves, however short or long."""
    for seed in range(5):
        rng = np.random.default_rng(seed)
        (centre,) = directions(rng, 1)
        assert clusters(together(group(rng, centre, count)), 2, ClusterOptions()).max() == 0


@pytest.mark.parametrize(("first", "second"), [(40, 40), (60, 8), (6, 6), (110, 12)])
def test_two_voices_are_told_apart(first: int, second: int) -> None:
    """Also when one of them says little."""
    rng = np.random.default_rng(1)
    one, two = directions(rng, 2)
    labels = clusters(together(group(rng, one, first), group(rng, two, second)), 2, ClusterOptions())
    assert len(set(labels[:first])) == len(set(labels[first:])) == 1
    assert labels[0] != labels[-1]


@pytest.mark.parametrize("voices", [1, 2, 3, 4])
def test_the_number_of_voices_is_found(voices: int) -> None:
    """Asked to find out, clustering stops where groups are one voice."""
    rng = np.random.default_rng(2)
    groups = [group(rng, centre, 30) for centre in directions(rng, voices)]
    assert clusters(together(*groups), None, ClusterOptions()).max() == voices - 1


def test_no_more_voices_than_asked_for() -> None:
    """Three people on a line that should have two are still two voices."""
    rng = np.random.default_rng(3)
    groups = [group(rng, centre, 20) for centre in directions(rng, 3)]
    assert clusters(together(*groups), 2, ClusterOptions()).max() == 1
    assert clusters(together(*groups), 1, ClusterOptions()).max() == 0


def test_long_calls_are_clustered_by_a_sample() -> None:
    """Every vector of a long call gets the voice it is nearest to, though only a part is compared pair by pair."""
    rng = np.random.default_rng(4)
    one, two = directions(rng, 2)
    turns = [group(rng, centre, 25) for _ in range(20) for centre in (one, two)]
    labels = clusters(together(*turns), 2, ClusterOptions(compared=60))
    assert [len(set(labels[at : at + 25])) for at in range(0, 1_000, 25)] == [1] * 40
    assert labels.sum() == 500


def test_every_merge_adds_the_least_variance() -> None:
    """Ward's rule, checked against a search over all pairs."""
    vectors = group(np.random.default_rng(5), directions(np.random.default_rng(5), 1)[0], 9)
    members: dict[int, list[int]] = {i: [i] for i in range(9)}

    def added(a: int, b: int) -> float:
        return spread(members[a] + members[b]) - spread(members[a]) - spread(members[b])

    def spread(rows: list[int]) -> float:
        return float(np.square(vectors[rows] - vectors[rows].mean(axis=0)).sum())

    for step, (a, b) in enumerate(_ward(vectors)):
        assert added(a, b) == pytest.approx(min(added(x, y) for x, y in combinations(members, 2)), abs=1e-9)
        members[9 + step] = members.pop(a) + members.pop(b)


def test_alikeness_takes_out_noise() -> None:
    """Two parts of one voice are alike by 1 however noisy; two voices by the cosine of their centres."""
    rng = np.random.default_rng(6)
    one, other = directions(rng, 2)
    for noise in (0.3, 1.0):
        assert alikeness(group(rng, one, 300, noise), group(rng, one, 300, noise)) == pytest.approx(1.0, abs=0.03)
        near = (one + other) / np.sqrt(2)
        assert alikeness(group(rng, one, 300, noise), group(rng, near, 300, noise)) == pytest.approx(0.71, abs=0.04)
    assert alikeness(group(rng, one, 1), group(rng, other, 9)) == 1.0
