"""What people are told about, until they have read it."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from models.table import Created, Id, Moment, Table


class Notice(Created, Table):
    """A line for one user: ``kind`` names its words, ``params`` fill them, ``href`` is where it leads."""

    __tablename__ = "notices"
    __table_args__ = (Index("ix_notices_user_id", "user_id", "created_at"),)

    id: Mapped[Id]
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    kind: Mapped[str]
    params: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    href: Mapped[str | None]
    read_at: Mapped[Moment | None]
