"""What can be brought in: the kinds of records, and the columns each has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

NounName = Literal["opportunities", "accounts", "contacts", "leads"]
NOUN_NAMES: tuple[NounName, ...] = get_args(NounName)

STAND_INS: Mapping[str, str] = {"account": "account_id"}
"""Columns that may be missing where another is there: accounts that came in before are known by their id."""
FIELDS = "fields."
"""Before the name of a further field: ``fields.region``."""


@dataclass(frozen=True, slots=True)
class Noun:
    """A kind of record: the column of its id, those that a new record must have, and the others.

    ``filled`` are columns that may be missing in a file and must not be empty where they are there.
    """

    name: NounName
    id_column: str
    required: tuple[str, ...]
    optional: tuple[str, ...]
    filled: tuple[str, ...] = ()
    has_fields: bool = False

    @property
    def columns(self) -> tuple[str, ...]:
        return self.required + self.optional

    def has(self, column: str) -> bool:
        """Whether ``column`` is one of this noun's, or a further field of its records."""
        return column in self.columns or (self.has_fields and column.startswith(FIELDS) and len(column) > len(FIELDS))


NOUNS: Mapping[NounName, Noun] = {
    "opportunities": Noun(
        name="opportunities",
        id_column="opportunity_id",
        required=("opportunity_id", "name", "account", "stage"),
        optional=(
            "account_id",
            "contact_id",
            "contact_name",
            "contact_phone",
            "contact_email",
            "contact_title",
            "contact_role",
            "contacts",
            "owner_email",
            "owner_name",
            "amount",
            "currency",
            "pipeline",
            "outcome",
            "source",
            "loss_reason",
            "created_at",
            "stage_changed_at",
            "closed_at",
            "expected_close",
            "collaborators",
        ),
        filled=("owner_email", "owner_name"),
        has_fields=True,
    ),
    "accounts": Noun(
        name="accounts",
        id_column="account_id",
        required=("account_id", "name"),
        optional=("industry", "owner_email", "owner_name"),
    ),
    "contacts": Noun(
        name="contacts",
        id_column="contact_id",
        required=("contact_id", "name", "account"),
        optional=("account_id", "phone", "email", "title", "decision_role"),
    ),
    "leads": Noun(
        name="leads",
        id_column="lead_id",
        required=("lead_id", "name"),
        optional=(
            "company",
            "phone",
            "email",
            "source",
            "title",
            "state",
            "team",
            "owner_email",
            "owner_name",
            "created_at",
        ),
        has_fields=True,
    ),
}
