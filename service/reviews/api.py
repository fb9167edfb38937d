"""The JSON API of reviews and of the quality card."""

from __future__ import annotations

import uuid
from typing import Any, Literal

from fastapi import APIRouter, Depends, HTTPException, status
from pydantic import BaseModel, Field

from service.access import SignedInViewer, Transaction, check_csrf
from service.people.viewer import Viewer
from service.reviews import samples
from service.reviews.quality import quality_card
from service.reviews.samples import SampleError
from service.reviews.verdicts import Reviewed, ReviewError, Verdict, Wish, review_event
from service.reviews.views import Answer, SampleView

router = APIRouter(prefix="/api", tags=["reviews"])


class ReviewWish(BaseModel, extra="forbid"):
    """What a person says of an event of a turn; "withdrawn" takes back what was said before."""

    turn: int = Field(ge=0, le=2**31 - 1, description="from 0, as in the call's turns")
    event: str = Field(max_length=100)
    verdict: Verdict


@router.post("/calls/{call_id}/reviews", dependencies=[Depends(check_csrf)])
def review(call_id: uuid.UUID, wish: ReviewWish, viewer: SignedInViewer, session: Transaction) -> Reviewed:
    """Confirm or reject a key event, or add one that was missed. ``before`` in the answer, sent again, undoes it."""
    try:
        done = review_event(session, viewer, call_id, Wish(wish.turn, wish.event, wish.verdict))
    except ReviewError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    if done is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such call")
    return done


@router.get("/quality")
def card(viewer: SignedInViewer, session: Transaction) -> dict[str, Any]:
    """Precision and recall per key event and language, from reviews of the calls this viewer sees."""
    require_overview(viewer)
    return quality_card(session, viewer).to_json()


class SampleWish(BaseModel, extra="forbid"):
    """How many turns to draw, and of which event and language; None is all. ``seed`` repeats a sample."""

    size: int = Field(default=samples.DEFAULT_SIZE, ge=2, le=samples.LARGEST)
    event: str | None = Field(default=None, max_length=100)
    language: Literal["zh", "en"] | None = None
    seed: int | None = Field(default=None, ge=0, lt=2**31)


@router.post("/quality/samples", status_code=status.HTTP_201_CREATED, dependencies=[Depends(check_csrf)])
def draw(wish: SampleWish, viewer: SignedInViewer, session: Transaction) -> SampleView:
    """Draw turns to judge."""
    require_overview(viewer)
    try:
        sample_id = samples.draw(session, viewer, wish.size, wish.event, wish.language, wish.seed)
    except SampleError as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    return _found(samples.get_sample(session, viewer, sample_id))


@router.get("/quality/samples/{sample_id}")
def sample(sample_id: uuid.UUID, viewer: SignedInViewer, session: Transaction) -> SampleView:
    """A sample of one's own, with the turns that are still to be judged."""
    require_overview(viewer)
    return _found(samples.get_sample(session, viewer, sample_id))


class AnswerWish(BaseModel, extra="forbid"):
    """Whether the turn shows the event; null takes the answer back."""

    answer: Answer | None


@router.post("/quality/samples/{sample_id}/items/{position}", dependencies=[Depends(check_csrf)])
def answer(
    sample_id: uuid.UUID, position: int, wish: AnswerWish, viewer: SignedInViewer, session: Transaction
) -> SampleView:
    """Judge one turn of a sample of one's own."""
    require_overview(viewer)
    try:
        found = samples.answer(session, viewer, sample_id, position, wish.answer)
    except (SampleError, ReviewError) as error:
        raise HTTPException(status.HTTP_409_CONFLICT, str(error)) from error
    return _found(samples.get_sample(session, viewer, sample_id) if found else None)


def require_overview(viewer: Viewer) -> None:
    """Refuse those who see only calls of their own."""
    if viewer.role == "rep":
        raise HTTPException(status.HTTP_403_FORBIDDEN)


def _found(view: SampleView | None) -> SampleView:
    if view is None:
        raise HTTPException(status.HTTP_404_NOT_FOUND, "no such sample")
    return view
