"""All that is known of a deal: what the CRM says and what its calls hold, as frozen values.

Every moment is aware of its time zone. The order within a tuple means nothing: whoever needs one sorts by time.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal

from sop.deals.conditions import Condition
from sop.events import Slot, Speaker

Outcome = Literal["open", "won", "lost"]
ApprovalState = Literal["requested", "approved", "rejected"]


@dataclass(frozen=True, slots=True)
class CallFact:
    """One call linked to the deal. ``rep`` is a user's id, ``contact`` that of a :class:`ContactFact`.

    ``heard`` is False where what was said is unknown: not transcribed yet, failed, or not for the viewer to see
    (then who spoke is left out too). ``duration_ms`` is 0 where a recording holds no speech.
    """

    id: str
    at: datetime
    duration_ms: int
    rep: str | None = None
    rep_name: str | None = None
    rep_function: str | None = None
    contact: str | None = None
    direction: str = "unknown"
    heard: bool = True

    @property
    def is_conversation(self) -> bool:
        """Whether it is known that people talked."""
        return self.heard and self.duration_ms > 0


@dataclass(frozen=True, slots=True)
class EventFact:
    """A key event in the call ``call``, which began ``at``; the rest as in :class:`sop.events.Evidence`.

    What people said of the machine's events is folded in: rejected ones are gone, confirmed and ``added`` ones have
    the confidence 1 and are not ``doubtful``. The slots of an ``added`` event were never looked for.
    """

    call: str
    at: datetime
    event: str
    speaker: Speaker
    turn: int
    start_ms: int
    end_ms: int
    quote: str
    confidence: float = 1.0
    doubtful: bool = False
    slots: tuple[Slot, ...] = ()
    added: bool = False

    @property
    def order(self) -> tuple[Any, ...]:
        """The key by which events are put in order of time; only equal events have the same."""
        slots = tuple((slot.name, slot.start, slot.text, str(slot.value)) for slot in self.slots)
        place = (self.at, self.call, self.start_ms, self.turn, self.event, self.end_ms, self.speaker, self.quote)
        return (*place, self.confidence, self.doubtful, self.added, slots)

    def slot(self, name: str) -> Slot | None:
        """Its first slot of that name which has a value."""
        return next((slot for slot in self.slots if slot.name == name and slot.value is not None), None)


@dataclass(frozen=True, slots=True)
class ContactFact:
    """A person on the customer's side; ``role`` is one of :data:`sop.deals.conditions.DECISION_ROLES` or None."""

    id: str
    name: str
    role: str | None = None


@dataclass(frozen=True, slots=True)
class StageMove:
    """The deal entered ``stage``."""

    stage: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Approval:
    """Something happened to an approval: it was requested, granted or refused; ``by`` is a user's id."""

    kind: str
    state: ApprovalState
    at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class Action:
    """An action was done; ``by`` is a user's id."""

    action: str
    at: datetime
    by: str | None = None


@dataclass(frozen=True, slots=True)
class DealFacts:
    """A deal. ``collaborators`` are (user id, name, function); ``fields`` hold what the CRM has filled in.

    ``stage`` is the one the CRM claims, of the pipeline ``pipeline``; ``closed_at`` is known for closed deals only.
    ``guards`` are what the SOPs that judge its calls ask for (:mod:`sop.deals.guards`): a stage, and what must hold
    before a deal belongs in it.
    """

    id: str
    pipeline: str
    stage: str
    outcome: Outcome
    amount: Decimal | None
    currency: str | None
    created_at: datetime
    expected_close: date | None = None
    owner: str | None = None
    owner_name: str | None = None
    moves: tuple[StageMove, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    approvals: tuple[Approval, ...] = ()
    actions: tuple[Action, ...] = ()
    collaborators: tuple[tuple[str, str, str], ...] = ()
    contacts: tuple[ContactFact, ...] = ()
    calls: tuple[CallFact, ...] = ()
    events: tuple[EventFact, ...] = ()
    closed_at: datetime | None = None
    guards: tuple[tuple[str, Condition], ...] = ()

    def counted_from(self, now: datetime) -> datetime:
        """The moment that days are counted back from: ``now``, or for a closed deal its close if that was earlier."""
        if self.outcome == "open":
            return now
        closed = self.closed_at or max((move.at for move in self.moves), default=now)
        return min(closed, now)

    def is_filled(self, name: str) -> bool:
        """Whether the CRM has a value in the field ``name``: one of its own, or one of every deal's."""
        return bool(self.value_of(name))

    def value_of(self, name: str) -> str:
        """The value of a field as text, empty where it has none."""
        own = self.fields.get(name, "").strip()
        return own or {
            "amount": "" if self.amount is None else f"{self.amount:,.2f}".removesuffix(".00"),
            "currency": self.currency or "",
            "expected_close": "" if self.expected_close is None else self.expected_close.isoformat(),
            "owner": self.owner_name or self.owner or "",
            "contact": ", ".join(sorted(contact.name for contact in self.contacts)),
        }.get(name, "")

    def as_of(self, at: datetime) -> DealFacts:
        """The deal as it stood at ``at``: without the moves, approvals, actions, calls and events that came later.

        Fields, contacts and the amount have no history: they stay as they are.
        """
        moves = tuple(move for move in self.moves if move.at <= at)
        reopened = self._closes_after(at)
        return replace(
            self,
            stage=max(moves, key=lambda move: (move.at, move.stage)).stage if moves else self.stage,
            outcome="open" if reopened else self.outcome,
            closed_at=None if reopened else self.closed_at,
            moves=moves,
            approvals=tuple(each for each in self.approvals if each.at <= at),
            actions=tuple(each for each in self.actions if each.at <= at),
            calls=tuple(call for call in self.calls if call.at <= at),
            events=tuple(event for event in self.events if event.at <= at),
        )

    def _closes_after(self, at: datetime) -> bool:
        closed = self.closed_at or max((move.at for move in self.moves), default=None)
        return self.outcome != "open" and closed is not None and closed > at
