"""The JSON API of leads, of whose number is whose, and of the viewer's notices."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Annotated

from fastapi import APIRouter, Depends, HTTPException, Query, Request, status
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from service.access import SignedInViewer, Transaction, check_csrf
from service.leads import assignment, claiming, conversion, notices, queries
from service.leads.contacting import phone_owner
from service.leads.filters import LeadFilters
from service.leads.history import Actor
from service.leads.refusals import LeadRefused
from service.leads.views import Holding, LeadDetail, LeadPage, LeadRow, NoticeView, PhoneOwner
from service.people.viewer import Viewer
from service.records.pipelines import DEFAULT_PIPELINE

router = APIRouter(prefix="/api", tags=["leads"])

_STATUS = {"missing": 404, "not_owner": 403, "not_manager": 403, "not_in_team": 403, "not_a_seller": 403}
_WRONG = ("no_pipeline", "no_stage", "no_reason")

PageNumber = Annotated[int, Query(ge=1, le=100_000)]


class Why(BaseModel, extra="forbid"):
    """Why something is done, in a few words."""

    reason: str = Field(default="", max_length=300)


class Receiver(BaseModel, extra="forbid"):
    """Who gets a lead: a user's id, as ``/api/users`` tells it."""

    to: uuid.UUID


class ConversionWish(BaseModel, extra="forbid"):
    """What a lead shall become; what is left out is taken from the lead and the pipeline."""

    opportunity_id: str | None = Field(default=None, max_length=100)
    name: str | None = Field(default=None, max_length=200)
    amount: Decimal | None = Field(default=None, ge=0, max_digits=16, decimal_places=2)
    currency: str | None = Field(default=None, pattern="^[A-Za-z]{3}$")
    pipeline: str = Field(default=DEFAULT_PIPELINE, max_length=100)
    stage: str | None = Field(default=None, max_length=100)


class Converted(BaseModel):
    """The opportunity that a lead became."""

    opportunity: str


@router.get("/leads")
def list_leads(request: Request, viewer: SignedInViewer, session: Transaction, page: PageNumber = 1) -> LeadPage:
    """The leads the viewer holds, a manager's team's; filters q, state, grade, source, owner, sort as on the page."""
    filters = LeadFilters.from_query(request.query_params.multi_items())
    return queries.list_leads(session, viewer, filters, page)


@router.get("/leads/pool")
def list_pool(request: Request, viewer: SignedInViewer, session: Transaction, page: PageNumber = 1) -> LeadPage:
    """The public pool that is open to the viewer; numbers are masked for reps."""
    filters = LeadFilters.from_query(request.query_params.multi_items(), usual="grade")
    return queries.list_pool(session, viewer, filters, page)


@router.get("/leads/holdings")
def holdings(viewer: SignedInViewer, session: Transaction) -> tuple[Holding, ...]:
    """How many leads each person holds and may hold."""
    return queries.holdings_of(session, viewer)


@router.get("/leads/owner")
def owner(
    viewer: SignedInViewer, session: Transaction, phone: Annotated[str, Query(min_length=3, max_length=40)]
) -> PhoneOwner:
    """Whose a phone number is, to be asked before it is called."""
    return phone_owner(session, viewer, phone)


@router.get("/leads/{lead_id}")
def get_lead(lead_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> LeadDetail:
    """One lead with its grade explained, its history and its calls."""
    detail = queries.get_lead(session, viewer, lead_id)
    if detail is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such lead")
    return detail


@router.post("/leads/{lead_id}/claim", dependencies=[Depends(check_csrf)])
def claim(lead_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Take a lead out of the pool; 409 tells who was quicker, or why not."""
    with answers():
        claiming.claim(session, by(viewer), lead_id)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/undo", dependencies=[Depends(check_csrf)])
def undo(lead_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Take a claim back as if it had not been made, within a minute."""
    with answers():
        claiming.undo_claim(session, by(viewer), lead_id)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/release", dependencies=[Depends(check_csrf)])
def release(lead_id: uuid.UUID, wish: Why, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Give a lead back into the pool; a manager takes it back, or opens an invalid one again."""
    with answers():
        claiming.release(session, by(viewer), lead_id, wish.reason)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/assign", dependencies=[Depends(check_csrf)])
def assign(lead_id: uuid.UUID, wish: Receiver, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Give a lead to somebody; for managers."""
    with answers():
        assignment.assign(session, by(viewer), lead_id, wish.to)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/invalid", dependencies=[Depends(check_csrf)])
def invalid(lead_id: uuid.UUID, wish: Why, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Close a lead that is none, with a reason."""
    with answers():
        claiming.mark_invalid(session, by(viewer), lead_id, wish.reason)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/qualify", dependencies=[Depends(check_csrf)])
def qualify(lead_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> LeadRow:
    """Note that a lead is worth pursuing."""
    with answers():
        claiming.qualify(session, by(viewer), lead_id)
    return _row(session, viewer, lead_id)


@router.post("/leads/{lead_id}/convert", status_code=201, dependencies=[Depends(check_csrf)])
def convert(lead_id: uuid.UUID, wish: ConversionWish, viewer: SignedInViewer, session: Transaction) -> Converted:
    """Make an opportunity of a lead."""
    with answers():
        made = conversion.convert(session, by(viewer), lead_id, conversion.Conversion(**wish.model_dump()))
    return Converted(opportunity=made.external_id)


@router.get("/notices")
def list_notices(viewer: SignedInViewer, session: Transaction) -> tuple[NoticeView, ...]:
    """The viewer's notices, newest first."""
    return notices.list_notices(session, viewer)


class Read(BaseModel):
    """How many notices were new."""

    read: int


@router.post("/notices/read", dependencies=[Depends(check_csrf)])
def read_notices(viewer: SignedInViewer, session: Transaction) -> Read:
    """Note that the viewer has read all their notices."""
    return Read(read=notices.mark_read(session, viewer))


def by(viewer: Viewer) -> Actor:
    """The viewer, who acts now through the API."""
    return Actor.at_once(viewer, "api")


@contextmanager
def answers() -> Iterator[None]:
    """Turns a refusal into an answer of HTTP."""
    try:
        yield
    except LeadRefused as error:
        code = 422 if error.code in _WRONG else _STATUS.get(error.code, 409)
        raise HTTPException(code, str(error)) from error


def _row(session: Session, viewer: Viewer, lead_id: uuid.UUID) -> LeadRow:
    row = queries.lead_row(session, viewer, lead_id)
    if row is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such lead")
    return row
