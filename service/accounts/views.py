"""What is shown of accounts and contacts: frozen values that queries return and pages show."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from service.calls.views import CallRow

Money = tuple[tuple[str | None, Decimal], ...]
"""Sums by currency, the largest first."""


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as one line of a list; deals and calls are those that the viewer sees.

    ``open_amount`` is what its open deals are worth.
    """

    id: uuid.UUID
    external_id: str | None
    name: str
    industry: str | None
    owner: str | None
    deals: int
    open_deals: int
    open_amount: Money
    contacts: int
    calls: int
    last_call_at: datetime | None


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as one line; ``calls`` are those from or to their number that the viewer sees."""

    id: uuid.UUID
    name: str
    title: str | None
    email: str | None
    phone: str | None
    decision_role: str
    account_id: uuid.UUID
    account: str
    calls: int
    last_call_at: datetime | None


@dataclass(frozen=True, slots=True)
class AccountDeal:
    """A deal of an account; ``decision_role`` is the contact's in it, on the page of a contact."""

    external_id: str
    name: str
    pipeline: str
    stage: str
    outcome: str
    amount: Decimal | None
    currency: str | None
    owner: str | None
    expected_close: date | None
    decision_role: str | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """Something a customer said in a call, to play."""

    event: str
    call_id: uuid.UUID
    at: datetime
    contact: str | None
    speaker: str
    start_ms: int
    end_ms: int
    quote: str


@dataclass(frozen=True, slots=True)
class AccountDetail:
    """An account with its deals, people and calls, the newest call first."""

    row: AccountRow
    deals: tuple[AccountDeal, ...]
    contacts: tuple[ContactRow, ...]
    calls: tuple[CallRow, ...]
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class ContactDetail:
    """A contact with the deals they have a part in and their calls, the newest first."""

    row: ContactRow
    deals: tuple[AccountDeal, ...]
    calls: tuple[CallRow, ...]
    said: tuple[Said, ...]
