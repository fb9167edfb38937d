"""Samples of turns that the app offers to a person for review: drawn, answered one by one, and resumed."""

from __future__ import annotations

import secrets
import uuid
from typing import Any, Literal

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.reviews import ReviewSample, ReviewSampleItem
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.reviews import drawing
from service.reviews.frame import current_weights, frames, judged_places
from service.reviews.verdicts import Origin, Verdict, Wish, review_event
from service.reviews.views import Answer, ItemView, SampleView

DEFAULT_SIZE = 20
LARGEST = 500
_SEEDS = 2**31
_VERDICTS: dict[Answer | None, Verdict] = {"yes": "confirmed", "no": "rejected", "skip": "withdrawn", None: "withdrawn"}


class SampleError(Exception):
    """A sample that can't be drawn or answered; the message says why and what to do."""


def draw(
    session: Session,
    viewer: Viewer,
    size: int = DEFAULT_SIZE,
    event: str | None = None,
    language: str | None = None,
    seed: int | None = None,
) -> uuid.UUID:
    """Draw turns from the calls that ``viewer`` sees; the same seed draws the same ones while nothing changes.

    Turns that were judged out of a sample of the same weights before are not drawn again.

    Raises:
        SampleError: nothing is left to draw.
    """
    weights = current_weights(session, viewer)
    if weights is None:
        raise SampleError("no call is analyzed yet, so there is nothing to review; process recordings first")
    calls = frames(session, viewer, weights)
    seed = secrets.randbelow(_SEEDS) if seed is None else seed
    judged = judged_places(session, [frame.transcript_id for frame in calls], weights)
    sample = drawing.draw(calls, size, seed, event, language, judged)
    if not sample.drawn:
        raise SampleError(f"nothing is left to review{_of(event, language)}; ask for another event or language")
    stored = ReviewSample(
        id=uuid.uuid4(),
        asked_by_id=viewer.user_id,
        seed=seed,
        size=size,
        event=event,
        language=language,
        weights_hash=weights,
        strata=[stratum.to_json() for stratum in sample.strata],
    )
    session.add(stored)
    session.flush()
    session.add_all(_item(stored.id, position, drawn) for position, drawn in enumerate(sample.drawn))
    session.flush()
    return stored.id


def _of(event: str | None, language: str | None) -> str:
    asked = ", ".join(value for value in (event, language) if value)
    return f" of {asked}" if asked else ""


def _item(sample_id: uuid.UUID, position: int, drawn: drawing.Drawn) -> ReviewSampleItem:
    return ReviewSampleItem(
        sample_id=sample_id,
        position=position,
        call_id=drawn.frame.call_id,
        analysis_id=drawn.frame.analysis_id,
        turn=drawn.turn,
        event=drawn.event,
        said=drawn.said,
        probability=drawn.probability,
        sampling_probability=drawn.chance,
    )


def get_sample(session: Session, viewer: Viewer, sample_id: uuid.UUID) -> SampleView | None:
    """A sample that this viewer asked for, or None: those of others do not exist.

    Items of calls that were deleted, moved out of sight or analyzed anew since are left out.
    """
    stored = _own(session, viewer, sample_id)
    if stored is None:
        return None
    items = session.execute(_standing(viewer, sample_id).order_by(ReviewSampleItem.position)).all()
    return SampleView(
        id=stored.id,
        created_at=stored.created_at,
        seed=stored.seed,
        event=stored.event,
        language=stored.language,
        items=tuple(ItemView(i.position, i.call_id, i.turn, i.event, i.answer) for (i,) in items),
    )


def unfinished(session: Session, viewer: Viewer) -> SampleView | None:
    """The newest sample of this viewer, if it has turns that wait for an answer."""
    query = (
        select(ReviewSample.id)
        .where(ReviewSample.asked_by_id == viewer.user_id)
        .order_by(ReviewSample.created_at.desc(), ReviewSample.id)
        .limit(1)
    )
    sample_id = session.scalar(query)
    view = get_sample(session, viewer, sample_id) if sample_id else None
    return view if view and view.open else None


def answer(session: Session, viewer: Viewer, sample_id: uuid.UUID, position: int, answer: Answer | None) -> bool:
    """Note whether the turn shows the event; None takes the answer back. False when there is no such turn to judge.

    Raises:
        ReviewError: the call changed under the reviewer's hands.
    """
    if _own(session, viewer, sample_id) is None:
        return False
    query = _standing(viewer, sample_id).where(ReviewSampleItem.position == position)
    item: ReviewSampleItem | None = session.scalars(query).one_or_none()
    if item is None:
        return False
    if answer in ("yes", "no") or item.answer in ("yes", "no"):
        chosen: Literal["sampled_hit", "sampled_non_hit"] = (
            "sampled_hit" if item.said == "present" else "sampled_non_hit"
        )
        origin = Origin(sample_id, chosen, item.sampling_probability)
        review_event(session, viewer, item.call_id, Wish(item.turn, item.event, _VERDICTS[answer]), origin)
    item.answer, item.answered_at = answer, func.clock_timestamp() if answer else None
    session.flush()
    return True


def _own(session: Session, viewer: Viewer, sample_id: uuid.UUID) -> ReviewSample | None:
    query = select(ReviewSample).where(ReviewSample.id == sample_id, ReviewSample.asked_by_id == viewer.user_id)
    return session.scalars(query).one_or_none()


def _standing(viewer: Viewer, sample_id: uuid.UUID) -> Any:
    """The items of a sample whose call is as it was when they were drawn."""
    return (
        newest.joined(select(ReviewSampleItem))
        .join(ReviewSampleItem, ReviewSampleItem.call_id == Call.id)
        .where(
            ReviewSampleItem.sample_id == sample_id,
            ReviewSampleItem.analysis_id == newest.analysis.c.id,
            visible_calls(viewer),
        )
    )
