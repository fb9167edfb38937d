"""Which opportunity a call belongs to, told from the customer's phone number."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from models.opportunities import Contact, Opportunity

OPENED_AFTER = timedelta(days=14)
"""A deal is often typed in after the first call: one opened up to this long after still counts."""


def opportunity_for(
    session: Session,
    customer_phone: str | None,
    started_at: datetime,
    owners: Select[Any] | None = None,
) -> uuid.UUID | None:
    """The contact's opportunity that was opened last, at most 14 days after the call; None if there is none.

    With ``owners``, only opportunities owned by one of these users count.
    """
    if customer_phone is None:
        return None
    query = (
        select(Opportunity.id)
        .join(Contact, Contact.id == Opportunity.contact_id)
        .where(
            Contact.phone == customer_phone,
            Contact.deleted_at.is_(None),
            Opportunity.deleted_at.is_(None),
            Opportunity.created_at <= started_at + OPENED_AFTER,
        )
        .order_by(Opportunity.created_at.desc(), Opportunity.external_id)
        .limit(1)
    )
    if owners is not None:
        query = query.where(Opportunity.owner_id.in_(owners))
    return session.scalar(query)
