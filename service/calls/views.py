"""What is shown of calls: frozen values that queries return and pages and API answer with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sop.events import Slot


@dataclass(frozen=True, slots=True)
class EventMark:
    """A key event of a call. ``turn`` counts from 0; ``doubtful`` ones are neither present nor absent.

    ``verdict`` is a person's word on it, None where nobody reviewed it: "rejected" ones don't count, "missed" ones
    were not heard by the machine. ``reviewed_by`` is None for the operator.
    """

    event: str
    doubtful: bool
    turn: int
    start_ms: int
    end_ms: int
    speaker: str
    quote: str
    confidence: float
    verdict: Literal["confirmed", "rejected", "missed"] | None = None
    reviewed_by: str | None = None
    reviewed_at: datetime | None = None
    slots: tuple[Slot, ...] = ()

    @property
    def is_present(self) -> bool:
        """Whether it counts as heard."""
        return not self.doubtful and self.verdict != "rejected"


@dataclass(frozen=True, slots=True)
class OrphanedReview:
    """A person's word on a turn of an earlier transcript that no turn of the current one shares time with."""

    event: str
    is_there: bool
    start_ms: int
    end_ms: int
    speaker: str
    text: str
    reviewed_by: str | None
    reviewed_at: datetime


@dataclass(frozen=True, slots=True)
class SearchHit:
    """The first turn of a call that holds the searched words; ``turns`` is how many do."""

    turn: int
    start_ms: int
    speaker: str
    voice: int | None
    text: str
    turns: int


@dataclass(frozen=True, slots=True)
class CallDeal:
    """The opportunity a call belongs to, as the CRM tells it."""

    external_id: str
    name: str
    stage: str
    outcome: str
    amount: Decimal | None
    currency: str | None


@dataclass(frozen=True, slots=True)
class CallRow:
    """A call as one line of a list.

    ``progress`` is the fraction of the running stage; ``score``, ``low`` and ``high`` are 0-100, or
    None when there is no scorecard yet or nothing could be judged. ``events`` are those that were surely
    heard, ``doubtful`` those that perhaps were, both in order of time.
    """

    id: uuid.UUID
    recording_id: uuid.UUID
    external_id: str | None
    file_name: str
    started_at: datetime
    utc_offset_minutes: int
    direction: str
    customer_phone: str | None
    account: str | None
    contact: str | None
    deal: CallDeal | None
    rep_id: uuid.UUID | None
    rep: str | None
    duration_ms: int | None
    language: str | None
    state: str
    state_reason: str | None
    progress: float
    score: float | None
    low: float | None
    high: float | None
    events: tuple[EventMark, ...] = ()
    doubtful: tuple[EventMark, ...] = ()
    hit: SearchHit | None = None


@dataclass(frozen=True, slots=True)
class CallPage:
    """One page of a list; ``number`` counts from 1."""

    rows: tuple[CallRow, ...]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))

    @property
    def first(self) -> int:
        """Position of the first row in the whole list, from 1; 0 when the page is empty."""
        return (self.number - 1) * self.size + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return self.first + len(self.rows) - 1 if self.rows else 0


@dataclass(frozen=True, slots=True)
class Choice:
    """One value that a filter can take, and how it is shown."""

    value: str
    label: str


@dataclass(frozen=True, slots=True)
class Choices:
    """What the filters of the call list can be set to for a viewer."""

    reps: tuple[Choice, ...]
    opportunities: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class SpokenWord:
    """A word with its place in the recording."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class SpokenTurn:
    """One speaker's stretch. ``position`` and ``voice`` (where voices were told apart) count from 0."""

    position: int
    speaker: str
    channel: int
    voice: int | None
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: tuple[SpokenWord, ...]


@dataclass(frozen=True, slots=True)
class RemovedText:
    """Words that were recognized and not believed; ``reason`` is a code of :mod:`asr.guards`."""

    channel: int
    start_ms: int
    end_ms: int
    text: str
    reason: str


@dataclass(frozen=True, slots=True)
class RolesView:
    """Who is the rep and who the customer, and how that is known.

    ``confidence`` is in [0, 1]: 1 where a rule or a person gave the roles. ``are_known`` is false while a
    speaker is "unknown". ``voices`` are those told apart on one channel, ``rep_voice`` is that of the rep; empty
    and None where each party has a channel. ``correction`` is a person's word, if it counts: against the
    machine's answer, agreeing with it, or where the machine had none. ``swap`` is what to ask for to exchange
    the roles, None where that cannot be.
    """

    confidence: float
    are_known: bool
    voices: tuple[int, ...]
    rep_voice: int | None
    correction: Literal["swapped", "confirmed", "named"] | None = None
    corrected_by: str | None = None
    corrected_at: datetime | None = None
    swap: Mapping[str, bool | int] | None = None


@dataclass(frozen=True, slots=True)
class StepView:
    """What one step of the SOP earned.

    ``title`` is by language, ``reason`` is ``{"code", "params"}``; ``evidence``, ``criteria`` and ``dimensions`` are
    in the forms of :mod:`sop.scorecard`.
    """

    step: str
    title: Mapping[str, str]
    outcome: str
    points: float
    max_points: float
    confidence: float | None
    reason: Mapping[str, Any]
    evidence: tuple[Mapping[str, Any], ...]
    criteria: tuple[Mapping[str, Any], ...]
    dimensions: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class ScorecardView:
    """A scorecard under one SOP version; ``document`` is the SOP's YAML."""

    sop_name: str
    sop_number: int
    document: str
    score: float | None
    low: float | None
    high: float | None
    reason: Mapping[str, Any] | None
    steps: tuple[StepView, ...]
    recording_hash: str
    sop_hash: str
    weights_hash: str
    scored_at: datetime


@dataclass(frozen=True, slots=True)
class CallDetail:
    """Everything the call page shows.

    ``channels`` and ``notes`` are the transcript's; ``events`` include the doubtful ones. ``roles`` is None
    without a transcript; ``removed`` is in order of time. ``orphans`` are reviews that no longer find their turn.
    """

    call: CallRow
    channels: int | None
    notes: tuple[str, ...]
    roles: RolesView | None
    turns: tuple[SpokenTurn, ...]
    removed: tuple[RemovedText, ...]
    events: tuple[EventMark, ...]
    metrics: Mapping[str, float]
    scorecard: ScorecardView | None
    orphans: tuple[OrphanedReview, ...] = ()
