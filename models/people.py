"""Teams, the people in them, and how they prove who they are."""

from __future__ import annotations

import uuid

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column, relationship

from models.table import Created, Id, Moment, Table, one_of

ROLES = ("admin", "manager", "rep")


class Team(Created, Table):
    """A sales team; a manager sees the calls of their own."""

    __tablename__ = "teams"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(unique=True)


class User(Created, Table):
    """A person who signs in. ``email`` is stored in lower case and is unique."""

    __tablename__ = "users"
    __table_args__ = (one_of("role", ROLES), CheckConstraint("email = lower(email)", name="email_lower"))

    id: Mapped[Id]
    name: Mapped[str]
    email: Mapped[str] = mapped_column(unique=True)
    role: Mapped[str]
    team_id: Mapped[uuid.UUID | None] = mapped_column(ForeignKey("teams.id"), index=True)
    password_hash: Mapped[str | None]
    locale: Mapped[str | None]
    time_zone: Mapped[str | None]
    deactivated_at: Mapped[Moment | None]

    team: Mapped[Team | None] = relationship(lazy="raise")


class WebSession(Created, Table):
    """A signed-in browser. Only the SHA-256 of its cookie is kept."""

    __tablename__ = "web_sessions"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    csrf_token: Mapped[str]
    expires_at: Mapped[Moment]


class ApiToken(Created, Table):
    """A token a program signs in with. Only its SHA-256 is kept."""

    __tablename__ = "api_tokens"

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    name: Mapped[str]
    token_hash: Mapped[str] = mapped_column(unique=True)
    last_used_at: Mapped[Moment | None]
    revoked_at: Mapped[Moment | None]


class LoginAttempt(Created, Table):
    """A failed sign-in, counted by the rate limit."""

    __tablename__ = "login_attempts"
    __table_args__ = (
        Index("ix_login_attempts_email", "email", "created_at"),
        Index("ix_login_attempts_address", "address", "created_at"),
    )

    id: Mapped[Id]
    email: Mapped[str]
    address: Mapped[str]
