"""What is shown of samples: frozen values."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Answer = Literal["yes", "no", "skip"]


@dataclass(frozen=True, slots=True)
class ItemView:
    """One turn of a sample: judge whether ``turn`` of the call shows ``event``. What the machine said is not told."""

    position: int
    call_id: uuid.UUID
    turn: int
    event: str
    answer: Answer | None


@dataclass(frozen=True, slots=True)
class SampleView:
    """A sample and how far it is. ``items`` are those whose call still stands as it was when they were drawn."""

    id: uuid.UUID
    created_at: datetime
    seed: int
    event: str | None
    language: str | None
    items: tuple[ItemView, ...]

    @property
    def open(self) -> tuple[ItemView, ...]:
        """Those without an answer, in order."""
        return tuple(item for item in self.items if item.answer is None)

    def count(self, answer: Answer) -> int:
        return sum(item.answer == answer for item in self.items)
