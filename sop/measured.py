"""What one measure of a dimension comes to, and the few ways to come to it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from sop.criteria import ALL, NOTHING
from sop.events import Evidence
from sop.hearing import in_order
from sop.observations import Observation
from sop.passages import SURE, Passages
from sop.reasons import Reason, ReasonCode, Value

MOST_EVIDENCE = 5
"""Moments that a measure shows; its reason counts them all."""

HALF = Fraction(1, 2)


@dataclass(frozen=True, slots=True)
class Measured:
    """A share in [0, 1]: surely ``low``, at most ``high``.

    Where it is not ``told`` the recording can't say (low 0, high 1); where it is not ``applicable`` there was nothing
    to measure. Neither counts in the mean of a dimension.
    """

    low: Fraction
    high: Fraction
    reason: Reason
    evidence: tuple[Evidence, ...] = ()
    confidence: float | None = None
    told: bool = True
    applicable: bool = True


def graded(
    low: Fraction,
    high: Fraction,
    code: ReasonCode,
    params: Mapping[str, Value] | None = None,
    shown: Iterable[Evidence] = (),
) -> Measured:
    """A share with its reason and moments; one that may be anything is not told."""
    evidence = in_order(shown)
    if high - low == ALL:
        return Measured(NOTHING, ALL, Reason(ReasonCode.WORDS_UNSURE), evidence[:MOST_EVIDENCE], told=False)
    confidence = min((item.confidence for item in evidence), default=None)
    return Measured(low, high, Reason(code, params or {}), evidence[:MOST_EVIDENCE], confidence)


def untold(code: ReasonCode) -> Measured:
    """What the recording can't say."""
    return Measured(NOTHING, ALL, Reason(code), told=False)


def unread(place: Passages, turns: frozenset[int]) -> Measured | None:
    """What to say of wordings not found in ``turns`` whose words can't be relied on; None where they can."""
    if place.noted is None:
        return untold(ReasonCode.NOT_MEASURED)
    return None if place.readable(turns) else untold(ReasonCode.WORDS_UNSURE)


def idle(code: ReasonCode) -> Measured:
    """What there was nothing of."""
    return Measured(NOTHING, NOTHING, Reason(code), applicable=False)


def shares(items: Sequence[tuple[Observation, bool]]) -> tuple[Fraction, Fraction]:
    """Surely and perhaps good ones of ``items`` (at least one), as shares; a doubtful one may be either."""
    sure = sum(good and item.confidence >= SURE for item, good in items)
    bad = sum(not good and item.confidence >= SURE for item, good in items)
    return Fraction(sure, len(items)), Fraction(len(items) - bad, len(items))


def telling(items: Sequence[tuple[Observation, bool]]) -> list[Evidence]:
    """The moments that cost something; where none did, all of them."""
    costly = [item.evidence for item, good in items if not good]
    return costly or [item.evidence for item, _ in items]


def falling(value: float, best: int, worst: int) -> Fraction:
    """1 up to ``best``, 0 from ``worst``, and in proportion between."""
    return min(ALL, max(NOTHING, (worst - Fraction(value)) / (worst - best)))
