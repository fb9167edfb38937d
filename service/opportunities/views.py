"""What is shown of opportunities: frozen values that queries return and pages and API answer with."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from service.calls.views import CallRow, Choice


@dataclass(frozen=True, slots=True)
class OpportunityRow:
    """A deal as one line of a list.

    ``calls``, ``last_call_at``, ``mean_score`` (0-100) and ``events`` (turns per key event) count
    the calls that the viewer sees. ``team`` is the owner's.
    """

    id: uuid.UUID
    external_id: str
    name: str
    account: str
    account_id: uuid.UUID
    contact: str | None
    phone: str | None
    owner_id: uuid.UUID | None
    owner: str | None
    team_id: uuid.UUID | None
    team: str | None
    amount: Decimal | None
    currency: str | None
    pipeline: str
    stage: str
    outcome: str
    source: str | None
    loss_reason: str | None
    created_at: datetime
    closed_at: datetime | None
    expected_close: date | None
    calls: int
    last_call_at: datetime | None
    mean_score: float | None
    events: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class StageMove:
    """The deal entered a stage."""

    stage: str
    changed_at: datetime
    source: str


@dataclass(frozen=True, slots=True)
class OpportunityDetail:
    """A deal with its way through the stages and its calls, both oldest first."""

    row: OpportunityRow
    stages: tuple[StageMove, ...]
    calls: tuple[CallRow, ...]


@dataclass(frozen=True, slots=True)
class OpportunityChoices:
    """What the filters of opportunities can be set to for a viewer."""

    owners: tuple[Choice, ...]
    teams: tuple[Choice, ...]
