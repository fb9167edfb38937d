"""What is shown of leads: frozen values that queries return and pages, API and commands answer with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from service.calls.views import CallRow
from sop.deals.leads import GradeResult

Ownership = Literal["unknown", "incomplete", "pool", "own", "team", "other", "deal"]


@dataclass(frozen=True, slots=True)
class LeadRow:
    """A lead as one line of a list.

    ``phone`` and ``email`` are masked, and ``is_masked`` is set, until it belongs to someone whose work the viewer
    sees. ``calls`` counts those with its number that the viewer sees. ``due_at`` is when it flows back.
    """

    id: uuid.UUID
    external_id: str | None
    name: str
    company: str | None
    title: str | None
    phone: str | None
    email: str | None
    is_masked: bool
    source: str | None
    state: str
    grade: str | None
    owner_id: uuid.UUID | None
    owner: str | None
    team: str | None
    owned_since: datetime | None
    due_at: datetime | None
    last_action_at: datetime | None
    created_at: datetime
    calls: int
    opportunity: str | None


@dataclass(frozen=True, slots=True)
class LeadPage:
    """One page of leads; ``number`` counts from 1."""

    rows: tuple[LeadRow, ...]
    total: int
    number: int
    size: int

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.size))


@dataclass(frozen=True, slots=True)
class HistoryLine:
    """Something that happened to a lead; ``actor`` is None for the system.

    ``call_id`` is set where it was a call, ``call_is_visible`` where the viewer may open it.
    """

    at: datetime
    kind: str
    actor: str | None
    from_owner: str | None
    to_owner: str | None
    reason: str | None
    call_id: uuid.UUID | None
    call_is_visible: bool


@dataclass(frozen=True, slots=True)
class LeadDetail:
    """A lead with why it has its grade, what happened to it (newest first) and the calls that the viewer sees.

    ``other_calls`` counts calls with its number that the viewer does not see.
    """

    row: LeadRow
    fields: Mapping[str, str]
    grade: GradeResult
    history: tuple[HistoryLine, ...]
    calls: tuple[CallRow, ...]
    other_calls: int


@dataclass(frozen=True, slots=True)
class Holding:
    """How many leads a rep holds, and how many they may."""

    user_id: uuid.UUID
    name: str
    holds: int
    capacity: int

    @property
    def free(self) -> int:
        return max(0, self.capacity - self.holds)


@dataclass(frozen=True, slots=True)
class PhoneOwner:
    """Whose a phone number is. ``owner`` is a name; ``lead_id`` is set where the viewer may open the lead."""

    ownership: Ownership
    owner: str | None = None
    since: datetime | None = None
    lead_id: uuid.UUID | None = None


@dataclass(frozen=True, slots=True)
class NoticeView:
    """A line for the viewer; ``params`` fill the words of ``kind``, times as ISO texts under names in ``_at``."""

    id: uuid.UUID
    kind: str
    params: Mapping[str, Any]
    href: str | None
    created_at: datetime
    is_read: bool
