"""Packs the speech of one channel into windows that a recognizer can take, and windows into batches.

A window holds stretches of one channel end to end; a time inside it maps back to the call by the stretch it lies in.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from asr.regions import FRAME_MS, Region

LENGTHS_MS = (2_000, 4_000, 8_000, 12_000, 15_000, 20_000, 29_000)
"""Classes of length. A recognizer treats what is of one class alike, so that nothing depends on its batch."""


@dataclass(frozen=True, slots=True)
class Window:
    """What is recognized at once: stretches of one channel, put together without the silence between them.

    ``regions`` is the speech in it; ``parts`` are the stretches, sorted and apart.
    """

    channel: int
    parts: tuple[Region, ...]
    regions: tuple[Region, ...]

    @property
    def start_ms(self) -> int:
        """Where it starts in the call."""
        return self.parts[0].start_ms

    @property
    def end_ms(self) -> int:
        """Where it ends in the call."""
        return self.parts[-1].end_ms

    @property
    def duration_ms(self) -> int:
        """How much is heard."""
        return sum(part.duration_ms for part in self.parts)

    @property
    def doubtful(self) -> bool:
        """Whether all of it may be noise."""
        return all(region.doubtful for region in self.regions)

    def to_call_ms(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The span in the call of a span of what is heard; one over a joint is cut to its longer side."""
        sides, at = [], 0
        for part in self.parts:
            start, end = (min(max(edge, at), at + part.duration_ms) for edge in (start_ms, end_ms))
            sides.append((end - start, start - at + part.start_ms, end - at + part.start_ms))
            at += part.duration_ms
        if start_ms >= end_ms:
            return self._moment(start_ms)
        longest = max(sides, key=lambda side: side[0])
        return longest[1:] if longest[0] > 0 else self._moment(start_ms)

    def alone(self, region: Region) -> tuple[Window, int]:
        """A window of one of its regions only, and where that begins in what is heard, in milliseconds.

        Raises:
            ValueError: the region lies in no part.
        """
        at = 0
        for part in self.parts:
            if part.start_ms <= region.start_ms and region.end_ms <= part.end_ms:
                return Window(self.channel, (region,), (region,)), at + region.start_ms - part.start_ms
            at += part.duration_ms
        raise ValueError(f"region {region.start_ms}-{region.end_ms} ms is in no part of the window")

    def _moment(self, offset_ms: int) -> tuple[int, int]:
        at = 0
        for part in self.parts:
            if offset_ms < at + part.duration_ms:
                moment = max(offset_ms - at, 0) + part.start_ms
                return moment, moment
            at += part.duration_ms
        return self.end_ms, self.end_ms


@dataclass(frozen=True, slots=True)
class Packing:
    """How windows are made: none longer than ``max_ms``.

    Pauses up to ``gap_ms`` are heard as they are; what lies between parts of a window is left out, up to ``join_ms``.
    """

    max_ms: int = 20_000
    gap_ms: int = 1_000
    join_ms: int = 60_000
    batch_windows: int = 8


def pack(regions: Sequence[Region], channel: int, levels_db: NDArray[np.float32], packing: Packing) -> list[Window]:
    """Windows, in order of time, that hold every region whole or, when too long, in parts.

    Args:
        regions: sorted and not overlapping, in milliseconds from the start of ``levels_db``.
        channel: the channel they were heard on.
        levels_db: loudness of that channel by frames of ``FRAME_MS``; long regions are split where it
            is lowest.
        packing: the limits.
    """
    parts = [part for region in regions for part in split(region, levels_db, packing.max_ms)]
    stretches: list[list[Region]] = []
    for part in parts:
        if stretches and _joins(stretches[-1], part, packing):
            stretches[-1].append(part)
        else:
            stretches.append([part])
    groups: list[list[list[Region]]] = []
    for stretch in stretches:
        if stretch[0].doubtful:
            continue
        if groups and _follows(groups[-1], stretch, packing):
            groups[-1].append(stretch)
        else:
            groups.append([stretch])
    groups += [[stretch] for stretch in stretches if stretch[0].doubtful]
    return sorted((_window(channel, group) for group in groups), key=lambda window: window.start_ms)


def split(region: Region, levels_db: NDArray[np.float32], max_ms: int) -> list[Region]:
    """Parts no longer than ``max_ms`` that join without a gap, cut at the quietest places."""
    pieces = -(-region.duration_ms // max_ms)
    if pieces <= 1:
        return [region]
    cut = _quietest_ms(region, levels_db, max_ms)
    head = region.between(region.start_ms, cut)
    return [head, *split(region.between(cut, region.end_ms), levels_db, max_ms)]


def batches(windows: Sequence[Window], batch_windows: int, lanes: int = 1) -> list[list[int]]:
    """Indexes of ``windows`` in batches of one length class each, those with the most work first.

    Each class is shared out among ``lanes`` that work side by side, as far as it goes round: a lane that has nothing
    left to do waits for the others.
    """
    by_class: dict[int, list[int]] = {}
    for i in sorted(range(len(windows)), key=lambda i: (-windows[i].duration_ms, i)):
        by_class.setdefault(length_class_ms(windows[i].duration_ms), []).append(i)
    shared = [(length, part) for length, alike in by_class.items() for part in _shared(alike, batch_windows, lanes)]
    return [part for length, part in sorted(shared, key=lambda batch: -batch[0] * len(batch[1]))]


def _shared(alike: Sequence[int], batch_windows: int, lanes: int) -> list[list[int]]:
    """Even parts, a multiple of ``lanes`` if there is enough for it."""
    rounds = -(-len(alike) // (batch_windows * lanes))
    parts = min(rounds * lanes, len(alike))
    borders = [len(alike) * part // parts for part in range(parts + 1)]
    return [list(alike[start:end]) for start, end in pairwise(borders)]


def length_class_ms(duration_ms: int) -> int:
    """The shortest length class that holds a stretch; the longest for what is longer."""
    return next((length for length in LENGTHS_MS if duration_ms <= length), LENGTHS_MS[-1])


def _joins(window: Sequence[Region], part: Region, packing: Packing) -> bool:
    gap_ms = part.start_ms - window[-1].end_ms
    alike = part.doubtful == window[-1].doubtful
    return alike and gap_ms <= packing.gap_ms and part.end_ms - window[0].start_ms <= packing.max_ms


def _follows(group: Sequence[Sequence[Region]], stretch: Sequence[Region], packing: Packing) -> bool:
    """Whether a stretch is heard together with those before it: what was said last helps to understand it."""
    heard_ms = sum(own[-1].end_ms - own[0].start_ms for own in (*group, stretch))
    return stretch[0].start_ms - group[-1][-1].end_ms <= packing.join_ms and heard_ms <= packing.max_ms


def _window(channel: int, stretches: Sequence[Sequence[Region]]) -> Window:
    parts = tuple(Region(stretch[0].start_ms, stretch[-1].end_ms) for stretch in stretches)
    return Window(channel, parts, tuple(region for stretch in stretches for region in stretch))


def _quietest_ms(region: Region, levels_db: NDArray[np.float32], max_ms: int) -> int:
    """The quietest tenth of a second in the second half of the longest allowed first part."""
    latest = min(region.start_ms + max_ms, region.end_ms - 1)
    earliest = region.start_ms + max_ms // 2
    frames = levels_db[earliest // FRAME_MS : latest // FRAME_MS]
    if frames.size == 0:
        return latest
    smooth = np.convolve(frames, np.ones(10) / 10, mode="same")
    return min(max((earliest // FRAME_MS + int(smooth.argmin())) * FRAME_MS, earliest), latest)
