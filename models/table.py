"""What every table shares: the declarative base, the id, the clock and soft deletion."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import CheckConstraint, DateTime, MetaData, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

Id = Annotated[uuid.UUID, mapped_column(primary_key=True, default=uuid.uuid4)]
"""Random ids: an address of a call can be shared, and cannot be guessed from another."""

Moment = Annotated[datetime, mapped_column(DateTime(timezone=True))]


class Table(DeclarativeBase):
    """The registry of all tables. Constraint names are fixed so that migrations can name them."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(column_0_label)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_name)s_%(referred_table_name)s",
            "pk": "pk_%(table_name)s",
        }
    )
    type_annotation_map = {  # noqa: RUF012 - SQLAlchemy reads it as a plain class attribute
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class Created:
    """Rows that remember when they were made."""

    created_at: Mapped[Moment] = mapped_column(server_default=func.now())


class Counted:
    """Rows of which the one found last counts.

    When a rerun finds its result stored, nothing but ``counted_at`` changes: the row counts again.
    """

    counted_at: Mapped[Moment] = mapped_column(server_default=func.now())


class SoftDeleted:
    """Rows a person could regret deleting: hidden by ``deleted_at``, never removed."""

    deleted_at: Mapped[Moment | None]


def one_of(column: str, values: tuple[str, ...]) -> CheckConstraint:
    """A check that ``column`` holds one of ``values``: readable in SQL, extended by a migration."""
    listed = ", ".join(f"'{value}'" for value in values)
    return CheckConstraint(f"{column} IN ({listed})", name=column)
