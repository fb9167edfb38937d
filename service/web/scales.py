"""Where a number stands: on the score's bands and along a drawn line."""

from __future__ import annotations

from typing import Literal

Band = Literal["none", "low", "middle", "high"]

_HIGH = 80
_MIDDLE = 60


def band(score: float | None) -> Band:
    """How a score is coloured: high from 80, middle from 60, low below, none when there is none."""
    if score is None:
        return "none"
    if score >= _HIGH:
        return "high"
    return "middle" if score >= _MIDDLE else "low"


def position(ms: float, duration_ms: float | None, width: float = 1000) -> float:
    """Where a moment lies on a line ``width`` long that stands for ``duration_ms``."""
    if not duration_ms or duration_ms <= 0:
        return 0.0
    return round(min(max(ms / duration_ms, 0.0), 1.0) * width, 1)
