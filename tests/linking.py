"""Deals and the calls that come in for them, for the tests of links."""

from __future__ import annotations

import io
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from fakes import tone, wav
from models.database import Database
from models.opportunities import Account, Contact, Opportunity
from models.people import User
from service.calls.ingest import CallDetails, ingest
from service.opportunities.link_views import LinkView
from service.opportunities.linking import get_link
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings

PHONE = "+8615400000101"
AT = datetime(2026, 11, 10, 9, 30, tzinfo=UTC)


def add_deal(session: Session, name: str, owner: str | None = "lin", account: str = "A", **more: Any) -> Opportunity:
    """A deal opened 30 days before the call, with a contact of its own whose number is ``phone``."""
    phone = more.pop("phone", PHONE)
    found = session.scalars(select(Account).where(Account.name == account)).one_or_none()
    if found is None:
        found = Account(name=account)
        session.add(found)
        session.flush()
    contact = Contact(account_id=found.id, name=f"of {name}", phone=phone)
    session.add(contact)
    session.flush()
    user = session.scalars(select(User.id).where(User.email == f"{owner}@example.com")).one_or_none()
    given = {"stage": "needs", "outcome": "open", "created_at": AT - timedelta(days=30), **more}
    deal = Opportunity(external_id=name, name=name, account_id=found.id, contact_id=contact.id, owner_id=user, **given)
    session.add(deal)
    session.flush()
    return deal


def bring(
    database: Database, settings: Settings, viewer: Viewer = OPERATOR, sound: float = 300.0, **details: Any
) -> uuid.UUID:
    """A recording of a call by Lin comes in; the same ``sound`` is the same recording."""
    given = {"rep_email": "lin@example.com", "customer_phone": PHONE, "started_at": AT, **details}
    done = ingest(database, settings, viewer, io.BytesIO(wav(tone(1.0, hz=sound))), "a.wav", CallDetails(**given))
    assert done.call_id is not None
    return done.call_id


def link(database: Database, call: uuid.UUID, viewer: Viewer = OPERATOR) -> LinkView:
    """The link of a call as the viewer sees it."""
    with database.transaction() as session:
        found = get_link(session, viewer, call)
    assert found is not None
    return found
