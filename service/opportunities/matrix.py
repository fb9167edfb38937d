"""Which key event was heard in which call of an opportunity, and which in none."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass

from service.calls.views import CallRow
from sop.events import EVENTS


@dataclass(frozen=True, slots=True)
class Cell:
    """An event in a call: how many turns show it, how many perhaps do, and the first such moment."""

    call_id: uuid.UUID
    count: int
    doubtful: int
    start_ms: int
    quote: str


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """An event over all calls. ``turns`` is 0 when it was never surely heard."""

    event: str
    cells: tuple[Cell, ...]

    @property
    def turns(self) -> int:
        return sum(cell.count for cell in self.cells)

    @property
    def is_doubtful(self) -> bool:
        """Never surely heard, but perhaps: neither yes nor no."""
        return not self.turns and any(cell.doubtful for cell in self.cells)


def event_matrix(calls: Sequence[CallRow]) -> tuple[MatrixRow, ...]:
    """One row for each event of the guide, and of one's own that was perhaps heard; one cell for each of ``calls``."""
    own = {mark.event for call in calls for mark in (*call.events, *call.doubtful)}.difference(EVENTS)
    return tuple(MatrixRow(event, tuple(_cell(call, event) for call in calls)) for event in (*EVENTS, *sorted(own)))


def _cell(call: CallRow, event: str) -> Cell:
    heard = [mark for mark in call.events if mark.event == event]
    perhaps = [mark for mark in call.doubtful if mark.event == event]
    first = next(iter(heard or perhaps), None)
    return Cell(
        call_id=call.id,
        count=len(heard),
        doubtful=len(perhaps),
        start_ms=first.start_ms if first else 0,
        quote=first.quote if first else "",
    )
