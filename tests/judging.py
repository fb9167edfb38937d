"""Deals of the demo as tests judge them: at one moment, and with changes that are undone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import select

from models.calls import Call
from models.database import Database
from models.opportunities import Opportunity
from models.reviews import EventReview
from service.calls import newest
from service.opportunities.facts import deal_facts
from service.opportunities.gaps import DealProof, deal_gap
from service.people.viewer import OPERATOR, Viewer
from sop.deals.facts import DealFacts

NOW = datetime(2026, 11, 13, 9, tzinfo=UTC)
HELEN, TOM, PRIYA = "helen.marsh@example.com", "tom.becker@example.com", "priya.nair@example.com"
LONG_AGO = date(2020, 1, 1)
CLOSE_PASSED = f"close_date_passed:{LONG_AGO}"


@contextmanager
def undone(database: Database) -> Iterator[Any]:
    """A transaction that leaves nothing behind."""
    with database.transaction() as session:
        yield session
        session.rollback()


def facts_of(session: Any, viewer: Viewer, name: str) -> DealFacts:
    """What is known of a deal by the CRM's id."""
    found = session.scalar(select(Opportunity.id).where(Opportunity.external_id == name))
    return deal_facts(session, viewer, [found])[found]


def gap_named(session: Any, name: str, viewer: Viewer = OPERATOR) -> DealProof:
    """The gap of a deal that is there."""
    found = deal_gap(session, viewer, name, NOW)
    assert found is not None
    return found


def review(session: Any, call: str, turn: int, name: str, verdict: str) -> None:
    """Somebody judges an event of a call."""
    query = newest.joined(select(Call.id, newest.transcript.c.id.label("transcript"))).where(Call.external_id == call)
    row = session.execute(query).one()
    session.add(
        EventReview(
            call_id=row.id,
            transcript_id=row.transcript,
            turn=turn,
            event=name,
            verdict=verdict,
            said="absent",
            weights_hash="gold",
            language="en",
            speaker="customer",
            channel=1,
            start_ms=1000,
            end_ms=2000,
            turn_text="We lost a load in July.",
        )
    )
    session.flush()
