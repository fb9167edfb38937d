"""The customer's side: accounts, contacts, opportunities, how their stage moved, and who did what for them."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import ForeignKey, Index, Numeric, UniqueConstraint, func, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.people import User
from models.table import Created, Id, Moment, SoftDeleted, Table, one_of

OUTCOMES = ("open", "won", "lost")
DECISION_ROLES = ("decision_maker", "influencer", "user", "procurement", "champion", "blocker", "unknown")
APPROVAL_STATES = ("requested", "approved", "rejected")
DEFAULT_PIPELINE = "default"

_NOT_DELETED = text("deleted_at IS NULL")


class Account(Created, SoftDeleted, Table):
    """A company that buys, or might. ``external_id`` is the CRM's own id.

    An account that only deals have named has no id and is known by its name; those of the CRM may share one.
    """

    __tablename__ = "accounts"
    __table_args__ = (
        Index("uq_accounts_external_id", "external_id", unique=True, postgresql_where=_NOT_DELETED),
        Index(
            "uq_accounts_name",
            "name",
            unique=True,
            postgresql_where=text("external_id IS NULL AND deleted_at IS NULL"),
        ),
        Index("ix_accounts_name", "name"),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None]
    name: Mapped[str]
    industry: Mapped[str | None]
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)


class Contact(Created, SoftDeleted, Table):
    """A person at an account. ``phone`` is in E.164 form; calls are linked through it.

    ``decision_role`` is their part in buying in general; in one deal it can be another (:class:`OpportunityContact`).
    """

    __tablename__ = "contacts"
    __table_args__ = (
        one_of("decision_role", DECISION_ROLES),
        Index("uq_contacts_external_id", "external_id", unique=True, postgresql_where=_NOT_DELETED),
        # A number written without its country code is looked for by its end.
        Index("ix_contacts_phone_tail", text('"right"(phone, 7)')),
    )

    id: Mapped[Id]
    external_id: Mapped[str | None]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    name: Mapped[str]
    phone: Mapped[str | None] = mapped_column(index=True)
    email: Mapped[str | None]
    title: Mapped[str | None]
    decision_role: Mapped[str] = mapped_column(server_default="unknown")

    account: Mapped[Account] = relationship(lazy="raise")


class Opportunity(SoftDeleted, Table):
    """A deal, as the CRM tells it. ``external_id`` is the CRM's own id.

    ``stage`` is one of the pipeline's. ``fields`` are the CRM's further fields, text to text; ``contact_id`` is the
    main contact, :class:`OpportunityContact` has the others.
    """

    __tablename__ = "opportunities"
    __table_args__ = (
        one_of("outcome", OUTCOMES),
        Index("uq_opportunities_external_id", "external_id", unique=True, postgresql_where=_NOT_DELETED),
        Index("ix_opportunities_pipeline", "pipeline", "stage"),
    )

    id: Mapped[Id]
    external_id: Mapped[str]
    name: Mapped[str]
    account_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("accounts.id"), index=True)
    contact_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("contacts.id"), index=True)
    owner_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"), index=True)
    amount: Mapped[Decimal | None] = mapped_column(Numeric(16, 2))
    currency: Mapped[str | None]
    pipeline: Mapped[str] = mapped_column(server_default=DEFAULT_PIPELINE)
    stage: Mapped[str]
    outcome: Mapped[str]
    source: Mapped[str | None]
    loss_reason: Mapped[str | None]
    created_at: Mapped[Moment]
    updated_at: Mapped[Moment] = mapped_column(server_default=func.now())
    closed_at: Mapped[Moment | None]
    expected_close: Mapped[date | None]
    fields: Mapped[dict[str, Any]] = mapped_column(server_default="{}")

    account: Mapped[Account] = relationship(lazy="raise")
    contact: Mapped[Contact | None] = relationship(lazy="raise")
    owner: Mapped[User | None] = relationship(lazy="raise")


class OpportunityContact(Table):
    """A contact has a part in a deal's decision."""

    __tablename__ = "opportunity_contacts"
    __table_args__ = (one_of("decision_role", DECISION_ROLES),)

    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"), primary_key=True)
    contact_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("contacts.id"), primary_key=True, index=True)
    decision_role: Mapped[str] = mapped_column(server_default="unknown")


class Collaborator(Table):
    """A user is of a deal's team; ``function`` says as what ("account", "solution", "delivery")."""

    __tablename__ = "collaborators"

    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"), primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"), primary_key=True, index=True)
    function: Mapped[str] = mapped_column(primary_key=True)


class StageChange(Table):
    """An opportunity entered a stage, as reported by ``source`` ("import", "api")."""

    __tablename__ = "stage_changes"

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"), index=True)
    stage: Mapped[str]
    changed_at: Mapped[Moment]
    source: Mapped[str]


class Approval(Table):
    """Leave that was asked for a deal ("discount"), and the answer. At most one of a kind is open at a time."""

    __tablename__ = "approvals"
    __table_args__ = (
        one_of("state", APPROVAL_STATES),
        Index(
            "uq_approvals_open",
            "opportunity_id",
            "kind",
            unique=True,
            postgresql_where=text("state = 'requested'"),
        ),
    )

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"), index=True)
    kind: Mapped[str]
    state: Mapped[str] = mapped_column(server_default="requested")
    requested_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    requested_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    decided_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    decided_at: Mapped[Moment | None]
    note: Mapped[str | None]


class DoneAction(Table):
    """Something that was done for a deal ("site_visit")."""

    __tablename__ = "done_actions"
    __table_args__ = (UniqueConstraint("opportunity_id", "action", "done_at"),)

    id: Mapped[Id]
    opportunity_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("opportunities.id"))
    action: Mapped[str]
    done_by_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("users.id"))
    done_at: Mapped[Moment] = mapped_column(server_default=func.clock_timestamp())
    note: Mapped[str | None]
