"""Stretches of time on one channel, and the frames of 10 ms that they cover."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

FRAME_MS = 10
"""Length of one level frame; see :func:`asr.levels.frame_levels_db`."""


@dataclass(frozen=True, slots=True, order=True)
class Region:
    """A stretch in which someone speaks: ``start_ms`` inclusive, ``end_ms`` exclusive.

    One that is ``doubtful`` may be a noise.
    """

    start_ms: int
    end_ms: int
    doubtful: bool = field(default=False, compare=False)

    @property
    def duration_ms(self) -> int:
        """How long it lasts."""
        return self.end_ms - self.start_ms

    def between(self, start_ms: int, end_ms: int) -> Region:
        """As sure as this one, with other borders."""
        return replace(self, start_ms=start_ms, end_ms=end_ms)


def merged(regions: Sequence[Region], gap_ms: int) -> list[Region]:
    """Sorted regions with every pause shorter than ``gap_ms`` closed."""
    closed: list[Region] = []
    for region in sorted(regions):
        if closed and region.start_ms - closed[-1].end_ms < gap_ms:
            last = closed.pop()
            doubtful = last.doubtful and region.doubtful
            region = Region(last.start_ms, max(last.end_ms, region.end_ms), doubtful)
        closed.append(region)
    return closed


def outside(region: Region, others: Sequence[Region]) -> list[Region]:
    """What of a region lies in none of the others, which are sorted and apart."""
    left, at = [], region.start_ms
    for other in others:
        if other.end_ms > at and other.start_ms < region.end_ms:
            if other.start_ms > at:
                left.append(region.between(at, other.start_ms))
            at = other.end_ms
    return [*left, region.between(at, region.end_ms)] if at < region.end_ms else left


def inside(regions: Sequence[Region], frames: int) -> NDArray[np.bool_]:
    """Which of so many frames of ``FRAME_MS`` touch one of the regions."""
    within = np.zeros(frames, dtype=np.bool_)
    for region in regions:
        within[region.start_ms // FRAME_MS : -(-region.end_ms // FRAME_MS)] = True
    return within


def runs(frames: NDArray[np.bool_], first: int = 0) -> list[Region]:
    """The stretches of frames on end that are true; ``first`` is the place of the first frame in the call."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], frames.astype(np.int8), [0]])))
    return [
        Region((first + int(a)) * FRAME_MS, (first + int(b)) * FRAME_MS)
        for a, b in zip(edges[::2], edges[1::2], strict=True)
    ]
