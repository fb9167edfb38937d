"""Key events and the evidence that proves them.

The thirteen built-in events are defined in ``nlp/corpus/GUIDE.md``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

Speaker = Literal["rep", "customer", "unknown"]

EVENTS: tuple[str, ...] = (
    "opening",
    "needs_discovery",
    "customer_need",
    "product_intro",
    "price_discussion",
    "price_objection",
    "objection",
    "objection_handling",
    "competitor",
    "decision_process",
    "customer_approval",
    "next_step",
    "closing",
)

EVENT_SPEAKERS: Mapping[str, frozenset[str]] = {
    "opening": frozenset({"rep"}),
    "needs_discovery": frozenset({"rep"}),
    "customer_need": frozenset({"customer"}),
    "product_intro": frozenset({"rep"}),
    "price_discussion": frozenset({"rep", "customer"}),
    "price_objection": frozenset({"customer"}),
    "objection": frozenset({"customer"}),
    "objection_handling": frozenset({"rep"}),
    "competitor": frozenset({"rep", "customer"}),
    "decision_process": frozenset({"rep", "customer"}),
    "customer_approval": frozenset({"customer"}),
    "next_step": frozenset({"rep", "customer"}),
    "closing": frozenset({"rep"}),
}
"""Who can show each event (the "who" column of the guide)."""


@dataclass(frozen=True, slots=True)
class Evidence:
    """A stretch of the call one can play: which turn, which words, when, how sure.

    ``turn`` counts from 0 in the transcript; ``confidence`` is in [0, 1].
    """

    turn: int
    start_ms: int
    end_ms: int
    speaker: Speaker
    quote: str
    confidence: float

    def to_json(self) -> dict[str, Any]:
        return {
            "turn": self.turn,
            "start_ms": self.start_ms,
            "end_ms": self.end_ms,
            "speaker": self.speaker,
            "quote": self.quote,
            "confidence": round(self.confidence, 4),
        }


@dataclass(frozen=True, slots=True)
class Slot:
    """One thing that a key event says in particular: an amount, a date, a name.

    ``text`` is what was said, the characters ``[start, end)`` of the turn's text. ``value`` is what it means, in the
    form of its ``name`` (see :mod:`nlp.slots.events`); None where the words are too vague to say.
    """

    name: str
    text: str
    start: int
    end: int
    value: str | int | float | None = None

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "text": self.text, "start": self.start, "end": self.end, "value": self.value}


@dataclass(frozen=True, slots=True)
class KeyEvent:
    """One key event, seen in one turn; ``slots`` in the order they were said."""

    event: str
    evidence: Evidence
    slots: tuple[Slot, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The object in the ``events`` list of ``clearcall analyze --json``; ``slots`` is there even when empty."""
        return {"event": self.event, **self.evidence.to_json(), "slots": [slot.to_json() for slot in self.slots]}


@dataclass(frozen=True, slots=True)
class Tagging:
    """What a tagger heard in a call.

    ``present`` events are believed; ``doubtful`` ones are too likely to be called absent and too
    unlikely to be called present, so a step that only they could meet is *unknown*. Both are in
    order of time.
    """

    present: tuple[KeyEvent, ...] = ()
    doubtful: tuple[KeyEvent, ...] = ()
