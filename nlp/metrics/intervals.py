"""Stretches of time as sorted, disjoint ``(start_ms, end_ms)`` pairs, and their algebra. Pure."""

from __future__ import annotations

from collections.abc import Iterable

Interval = tuple[int, int]


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """Sorted, disjoint cover of the same time; empty stretches vanish."""
    merged: list[Interval] = []
    for start, end in sorted(pair for pair in intervals if pair[1] > pair[0]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def intersection(left: list[Interval], right: list[Interval]) -> list[Interval]:
    """Time in both; each argument is what :func:`union` returns."""
    both: list[Interval] = []
    i = j = 0
    while i < len(left) and j < len(right):
        start, end = max(left[i][0], right[j][0]), min(left[i][1], right[j][1])
        if start < end:
            both.append((start, end))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return both


def gaps(covered: list[Interval], duration_ms: int) -> list[Interval]:
    """What is left of ``[0, duration_ms)``; ``covered`` is what :func:`union` returns."""
    left: list[Interval] = []
    reached = 0
    for start, end in covered:
        if start > reached:
            left.append((reached, start))
        reached = max(reached, end)
    if reached < duration_ms:
        left.append((reached, duration_ms))
    return left


def length(intervals: Iterable[Interval]) -> int:
    """Total milliseconds."""
    return sum(end - start for start, end in intervals)
