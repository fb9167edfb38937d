"""Records as JSON, and as the cells that the same checks read as those of a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, ValidationError

from service.records.nouns import FIELDS, NounName

Text = Annotated[str, Field(max_length=500)]
Role = Literal["decision_maker", "influencer", "user", "procurement", "champion", "blocker", "unknown"]


class _Wish(BaseModel, extra="forbid"):
    """What is left out stays as it is; null clears."""

    def cells(self) -> dict[str, str]:
        """What is given, as the cells of a row."""
        cells: dict[str, str] = {}
        for name in self.model_fields_set:
            cells.update(_cells(name, getattr(self, name)))
        return cells


class Colleague(BaseModel, extra="forbid"):
    """A user who works on the deal too, and as what ("solution", "delivery")."""

    email: str = Field(max_length=200, pattern="^[^;:]+$")
    function: str = Field(max_length=60, pattern="^[^;:]+$")

    def cell(self) -> str:
        return f"{self.email}:{self.function}"


class DealContact(BaseModel, extra="forbid"):
    """A contact (by CRM id, phone or e-mail address) and their part in this deal's decision."""

    contact: str = Field(max_length=200, pattern="^[^;]+$")
    role: Role

    def cell(self) -> str:
        return f"{self.contact}:{self.role}"


class OpportunityWish(_Wish):
    """An opportunity; a new one needs name, account and stage. ``account`` is a name, ``account_id`` the CRM's id."""

    name: Text | None = None
    account: Text | None = None
    account_id: Text | None = None
    contact_id: Text | None = None
    contact_name: Text | None = None
    contact_phone: Text | None = None
    contact_email: Text | None = None
    contact_title: Text | None = None
    contact_role: Role | None = None
    contacts: list[DealContact] | None = None
    owner_email: Text | None = None
    amount: Decimal | None = None
    currency: Text | None = None
    pipeline: Text | None = None
    stage: Text | None = None
    outcome: Literal["open", "won", "lost"] | None = None
    source: Text | None = None
    loss_reason: Text | None = None
    created_at: datetime | None = None
    stage_changed_at: datetime | None = None
    closed_at: datetime | None = None
    expected_close: date | None = None
    collaborators: list[Colleague] | None = None
    fields: dict[str, Text | None] | None = None


class AccountWish(_Wish):
    """An account; a new one needs a name."""

    name: Text | None = None
    industry: Text | None = None
    owner_email: Text | None = None


class ContactWish(_Wish):
    """A contact; a new one needs name and account."""

    name: Text | None = None
    account: Text | None = None
    account_id: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    title: Text | None = None
    decision_role: Role | None = None


class LeadWish(_Wish):
    """A lead; a new one needs a name. ``state`` and ``owner_email`` count for new ones only: what becomes of a lead
    afterwards is the pool's to say."""

    name: Text | None = None
    company: Text | None = None
    phone: Text | None = None
    email: Text | None = None
    source: Text | None = None
    title: Text | None = None
    state: Text | None = None
    team: Text | None = None
    owner_email: Text | None = None
    created_at: datetime | None = None
    fields: dict[str, Text | None] | None = None


WISHES: Mapping[NounName, type[_Wish]] = {
    "opportunities": OpportunityWish,
    "accounts": AccountWish,
    "contacts": ContactWish,
    "leads": LeadWish,
}


def read_wish(noun: NounName, id_column: str, line: str) -> dict[str, str]:
    """The cells of one line of JSON, an object with the record's id under ``id_column``.

    Raises:
        ValueError: it is no JSON object of this noun; the message names the field.
    """
    try:
        document = json.loads(line)
    except ValueError as error:
        raise ValueError(f"not JSON ({error})") from error
    if not isinstance(document, dict):
        raise ValueError("expected a JSON object")
    id_ = document.pop(id_column, None)
    if not isinstance(id_, str | int) or isinstance(id_, bool):
        raise ValueError(f"{id_column}: missing; give the CRM's id as text")
    try:
        return {id_column: str(id_).strip(), **WISHES[noun].model_validate(document).cells()}
    except ValidationError as error:
        raise ValueError(_told(error)) from error


def _cells(name: str, value: Any) -> dict[str, str]:
    if name == "fields":
        return {f"{FIELDS}{key}": each or "" for key, each in (value or {}).items()}
    return {name: _cell(value)}


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return "; ".join(each.cell() for each in value)
    return value.isoformat() if isinstance(value, date) else str(value).strip()


def _told(error: ValidationError) -> str:
    """The first mistake as one line that names the field."""
    first = error.errors()[0]
    where = ".".join(str(part) for part in first["loc"])
    return f"{where}: {first['msg']}" if where else first["msg"]
