"""How the way through a pipeline is drawn: where the CRM says a deal stands, and how far its calls prove it. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Stretch = Literal["", "sure", "perhaps", "gap", "ahead"]
"""Between two stages: proven, perhaps (what is not known could prove it), claimed but not proven, still ahead."""


@dataclass(frozen=True, slots=True)
class Stop:
    """One stage on the way. ``before`` and ``after`` are the stretches that meet in it, empty at the ends."""

    stage: str
    title: str
    before: Stretch
    after: Stretch
    is_claimed: bool
    is_verified: bool


@dataclass(frozen=True, slots=True)
class Track:
    """The whole way. ``claimed`` and ``verified`` are the titles of the stages at its two marks."""

    stops: tuple[Stop, ...]
    claimed: str
    verified: str
    stages: int

    @property
    def has_gap(self) -> bool:
        return self.stages > 0


def track(stages: Sequence[tuple[str, str]], claimed: int | None, verified: int, possible: int) -> Track:
    """``stages`` are ids and titles in order; the others are places among them, from 0.

    A lost deal claims nothing: ``claimed`` is None. What calls prove beyond the claimed stage is drawn as proven too.
    """
    last = len(stages) - 1
    verified, possible = (min(max(place, 0), last) for place in (verified, possible))
    shown = verified if claimed is None else min(max(claimed, 0), last)
    edges = [_stretch(i, shown, verified, possible) for i in range(1, len(stages))]
    stops = tuple(
        Stop(
            stage=stage,
            title=title,
            before=edges[i - 1] if i else "",
            after=edges[i] if i < last else "",
            is_claimed=claimed is not None and i == shown,
            is_verified=i == verified,
        )
        for i, (stage, title) in enumerate(stages)
    )
    return Track(stops, stages[shown][1], stages[verified][1], max(0, shown - verified))


def _stretch(to: int, claimed: int, verified: int, possible: int) -> Stretch:
    if to <= verified:
        return "sure"
    if to > claimed:
        return "ahead"
    return "perhaps" if to <= possible else "gap"
