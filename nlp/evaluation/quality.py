"""How good the tagging is, told from turns that people judged: precision and recall with their intervals. Pure.

**Precision** is the share of events called present that people confirmed, out of a random sample where there is one.

**Recall** needs what the tagger did not hear, too rare to find by looking anywhere. So turns are drawn at random from
three classes, those the tagger calls present, doubtful and absent, and each judged turn stands for ``weight`` turns,
the inverse of the chance it had to be judged: the estimator of Horvitz and Thompson (1952, JASA 47, 663-685), as a
ratio to the sum of the weights (Hájek 1971) since the size of each class is known::

    share of a class      p = sum(weight * is_there) / sum(weight)
    true events in it     T = size * p
    recall                T(present) / (T(present) + T(doubtful) + T(absent))

A class that was judged whole gives its true share, so a census gives the true recall. The interval of a share is
Wilson's (1927, JASA 22, 209-212) on the effective number of judged turns, ``sum(weight)^2 / sum(weight^2)`` (Kish
1965, Survey Sampling, 11.7): unlike a bootstrap it does not shrink to a point when none of 20 absent turns held the
event, which says little about 5000 of them. The intervals of the shares become that of recall by the method of variance
estimates recovery (Zou and Donner 2008, Statistics in Medicine 27, 1693-1702). All are 95 % intervals for calls to
come, so no correction is made for having judged much of a small collection.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

Said = Literal["present", "doubtful", "absent"]
Basis = Literal["sample", "chosen"]
CLASSES: tuple[Said, ...] = ("present", "doubtful", "absent")

_Z = 1.959963984540054
_HALVINGS = 60


@dataclass(frozen=True, slots=True)
class Judged:
    """A turn that a person judged for an event.

    ``said`` is what the tagger had said, ``is_there`` what the person says. ``weight`` (> 0) is how many turns it
    stands for, None where a person chose it instead of chance.
    """

    event: str
    language: str
    said: Said
    is_there: bool
    weight: float | None = None


@dataclass(frozen=True, slots=True)
class Population:
    """How many turns the tagger called present, doubtful and absent, of those that could show the event."""

    present: int = 0
    doubtful: int = 0
    absent: int = 0

    @property
    def unknown_share(self) -> float | None:
        """Of the turns that perhaps or surely show the event, the share that is in doubt; None without any."""
        heard = self.present + self.doubtful
        return self.doubtful / heard if heard else None


@dataclass(frozen=True, slots=True)
class Estimate:
    """A share in [0, 1] with its 95 % interval: ``low <= value <= high``."""

    value: float
    low: float
    high: float

    def to_json(self) -> dict[str, float]:
        return {"value": round(self.value, 4), "low": round(self.low, 4), "high": round(self.high, 4)}


@dataclass(frozen=True, slots=True)
class EventQuality:
    """The figures of one event in one language.

    ``reviewed`` and ``sampled`` count judged turns by what the tagger had said: all of them, and those that chance
    chose. ``precision`` is out of the sample ("sample"), or, where there is none, out of turns that people chose to
    judge ("chosen"), which says less: one looks where something seems wrong. ``recall`` is None until chance chose
    turns of each class that is not empty, and where nothing true was found.
    """

    event: str
    language: str
    population: Population
    reviewed: Mapping[Said, int] = field(default_factory=dict)
    sampled: Mapping[Said, int] = field(default_factory=dict)
    precision: Estimate | None = None
    basis: Basis | None = None
    recall: Estimate | None = None

    def to_json(self) -> dict[str, Any]:
        unknown = self.population.unknown_share
        return {
            "event": self.event,
            "language": self.language,
            "turns": {name: getattr(self.population, name) for name in CLASSES},
            "reviewed": {name: self.reviewed.get(name, 0) for name in CLASSES},
            "sampled": {name: self.sampled.get(name, 0) for name in CLASSES},
            "precision": self.precision.to_json() if self.precision else None,
            "precision_basis": self.basis,
            "recall": self.recall.to_json() if self.recall else None,
            "unknown_share": None if unknown is None else round(unknown, 4),
        }


def wilson(share: float, n: float) -> Estimate:
    """The 95 % score interval of Wilson (1927) of a share of ``n`` > 0; ``n`` need not be whole."""
    centre = (share + _Z * _Z / (2 * n)) / (1 + _Z * _Z / n)
    reach = _Z / (1 + _Z * _Z / n) * math.sqrt(share * (1 - share) / n + _Z * _Z / (4 * n * n))
    return Estimate(share, max(0.0, min(centre - reach, share)), min(1.0, max(centre + reach, share)))


def event_quality(event: str, language: str, population: Population, judged: Iterable[Judged]) -> EventQuality:
    """The figures of ``event`` in ``language`` from its judged turns; those of others are left out."""
    own = [turn for turn in judged if (turn.event, turn.language) == (event, language)]
    reviewed = {name: [turn for turn in own if turn.said == name] for name in CLASSES}
    sampled = {name: [turn for turn in reviewed[name] if turn.weight is not None] for name in CLASSES}
    shares = {name: _share(sampled[name]) for name in CLASSES}
    precision = shares["present"] or _share(reviewed["present"])
    return EventQuality(
        event=event,
        language=language,
        population=population,
        reviewed={name: len(turns) for name, turns in reviewed.items()},
        sampled={name: len(turns) for name, turns in sampled.items()},
        precision=precision,
        basis=None if precision is None else "sample" if shares["present"] else "chosen",
        recall=_recall(population, shares),
    )


def _share(judged: Sequence[Judged]) -> Estimate | None:
    """The weighted share of turns that show the event; turns that people chose weigh 1. None without any."""
    weights = [1.0 if turn.weight is None else turn.weight for turn in judged]
    if not weights:
        return None
    total = math.fsum(weights)
    there = math.fsum(weight for weight, turn in zip(weights, judged, strict=True) if turn.is_there)
    effective = total * total / math.fsum(weight * weight for weight in weights)
    return wilson(min(there / total, 1.0), effective)


def _recall(population: Population, shares: Mapping[Said, Estimate | None]) -> Estimate | None:
    totals = {name: _total(getattr(population, name), shares[name]) for name in CLASSES}
    found, doubted, unheard = (totals[name] for name in CLASSES)
    if found is None or doubted is None or unheard is None:
        return None
    missed = _sum(doubted, unheard)
    true = found.value + missed.value
    if not true:
        return None
    value = found.value / true
    return Estimate(value, *_recall_limits(found, missed, value))


def _total(size: int, share: Estimate | None) -> Estimate | None:
    """How many turns of a class show the event; an empty class none, whether or not any was judged."""
    if not size:
        return Estimate(0.0, 0.0, 0.0)
    return Estimate(size * share.value, size * share.low, size * share.high) if share else None


def _sum(one: Estimate, other: Estimate) -> Estimate:
    value = one.value + other.value
    below = math.hypot(one.value - one.low, other.value - other.low)
    above = math.hypot(one.high - one.value, other.high - other.value)
    return Estimate(value, max(0.0, value - below), value + above)


def _recall_limits(found: Estimate, missed: Estimate, value: float) -> tuple[float, float]:
    """The recalls ``r`` for which ``(1 - r) * found - r * missed`` may be zero."""

    def lowest(r: float) -> float:
        reach = math.hypot((1 - r) * (found.value - found.low), r * (missed.high - missed.value))
        return (1 - r) * found.value - r * missed.value - reach

    def highest(r: float) -> float:
        reach = math.hypot((1 - r) * (found.high - found.value), r * (missed.value - missed.low))
        return (1 - r) * found.value - r * missed.value + reach

    return _last(lambda r: lowest(r) > 0, 0.0, value), _last(lambda r: highest(r) > 0, value, 1.0)


def _last(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where ``holds`` turns from true to false between ``low`` and ``high``."""
    if holds(high):
        return high
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return low
