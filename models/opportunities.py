"""The customer's side: accounts, contacts, opportunities and how their stage moved."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal

from sqlalchemy import ForeignKey, Index, Numeric, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.people import User
from models.table import Created, Id, Moment, SoftDeleted, Table, one_of

STAGES = ("qualify", "needs", "proposal", "negotiate", "close", "won", "lost")
OUTCOMES = ("open", "won", "lost")


class Account(Created, SoftDeleted, Table):
    """A company that buys, or might."""

    __tablename__ = "accounts"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class Contact(Created, SoftDeleted, Table):
    """A person at an account. ``phone`` is in E.164 form; calls are linked through it."""

    __tablename__ = "contacts"

    id: Mapped[Id]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(index=True)

    account: Mapped[Account] = relationship(lazy="raise")


class Opportunity(SoftDeleted, Table):
    """A deal, as the CRM tells it. ``external_id`` is the CRM's own id."""

    __tablename__ = "opportunities"
    __table_args__ = (
        one_of("stage", STAGES),
        one_of("outcome", OUTCOMES),
        Index(
            "uq_opportunities_external_id",
            "external_id",
            unique=True,
            postgresql_where=text("deleted_at IS NULL"),
        ),
    )

    id: Mapped[Id]
    external_id: Mapped[str]
    name: Mapped[str]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    currency: Mapped[str | None]
    stage: Mapped[str]
    outcome: Mapped[str]
    created_at: Mapped[Moment]
    expected_close: Mapped[date | None]

    account: Mapped[Account] = relationship(lazy="raise")
    contact: Mapped[Contact | None] = relationship(lazy="raise")
    owner: Mapped[User | None] = relationship(lazy="raise")


class StageChange(Table):
    """An opportunity entered a stage, as reported by ``source`` ("import", "api")."""

    __tablename__ = "stage_changes"

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"), index=True)
    stage: Mapped[str]
    changed_at: Mapped[Moment]
    source: Mapped[str]
