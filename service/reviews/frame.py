"""What a sample is drawn from: the turns of all calls that a viewer sees, and what the tagger said of them."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from sqlalchemy import String, case, cast, func, literal, select
from sqlalchemy.dialects.postgresql import aggregate_order_by, distinct_on
from sqlalchemy.orm import Session, aliased

from models.calls import Call, Recording, StoredTurn
from models.people import User
from models.reviews import EventReview
from models.scores import Analysis, SopVersion, StoredKeyEvent
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.reviews.drawing import CallFrame, Heard
from service.reviews.verdicts import speakers_of

# The analysis that counts, beside the table that it is looked for in.
_Counted = aliased(Analysis)


def current_weights(session: Session, viewer: Viewer) -> str | None:
    """The weights whose analysis was counted last among the calls this viewer sees; None before the first."""
    query = (
        newest.joined(select(_Counted.tagger_hash))
        .join(_Counted, _Counted.id == newest.analysis.c.id)
        .where(visible_calls(viewer))
        .order_by(_Counted.counted_at.desc(), _Counted.id)
        .limit(1)
    )
    tagger_hash = session.scalar(query)
    return None if tagger_hash is None else weights_of(tagger_hash)


def weights_of(tagger_hash: str) -> str:
    """The part of an analysis' name that tells the weights, whatever else it was made by (an SOP's own events)."""
    return tagger_hash.partition("-")[0]


def same_weights(weights: str, column: Any) -> Any:
    """Whether an analysis or review, by its stored name, is of these weights, as SQL."""
    return func.split_part(column, "-", 1) == weights


def frames(session: Session, viewer: Viewer, weights: str) -> list[CallFrame]:
    """The calls a viewer sees, as these weights heard them and in a fixed order."""
    columns = select(
        Call.id,
        newest.analysis.c.id.label("analysis_id"),
        newest.transcript.c.id.label("transcript_id"),
        newest.transcript.c.language,
        User.team_id,
        SopVersion.document,
        _speakers(),
    )
    query = (
        newest.joined(columns)
        .join(_Counted, _Counted.id == newest.analysis.c.id)
        .outerjoin(SopVersion, SopVersion.id == newest.scorecard.c.sop_version_id)
        .where(visible_calls(viewer), Recording.deleted_at.is_(None), same_weights(weights, _Counted.tagger_hash))
        .order_by(Call.id)
    )
    rows = session.execute(query).all()
    heard = _heard(session, [row.analysis_id for row in rows])
    return [
        CallFrame(
            call_id=row.id,
            analysis_id=row.analysis_id,
            transcript_id=row.transcript_id,
            language=row.language,
            team=str(row.team_id or ""),
            speakers=row.speakers or "",
            events=speakers_of(row.document),
            heard=heard.get(row.analysis_id, {}),
        )
        for row in rows
    ]


def _speakers() -> Any:
    """The speakers of a transcript as one text, a letter a turn: r(ep), c(ustomer), u(nknown), as a person said."""
    party = cast(StoredTurn.channel, String) + func.coalesce("." + cast(StoredTurn.voice, String), "")
    named = case((party == newest.rep_party, "r"), else_="c")
    letter = case((newest.rep_party != "", named), else_=func.left(StoredTurn.speaker, 1))
    return (
        select(func.string_agg(letter, aggregate_order_by(literal(""), StoredTurn.position)))
        .where(StoredTurn.transcript_id == newest.transcript.c.id)
        .correlate(newest.transcript, newest.correction)
        .scalar_subquery()
        .label("speakers")
    )


def _heard(session: Session, analyses: Collection[uuid.UUID]) -> dict[uuid.UUID, dict[tuple[str, int], Heard]]:
    found: defaultdict[uuid.UUID, dict[tuple[str, int], Heard]] = defaultdict(dict)
    stored = session.execute(
        select(
            StoredKeyEvent.analysis_id,
            StoredKeyEvent.event,
            StoredKeyEvent.turn,
            StoredKeyEvent.doubtful,
            StoredKeyEvent.confidence,
        )
        .where(StoredKeyEvent.analysis_id.in_(analyses))
        .order_by(StoredKeyEvent.analysis_id, StoredKeyEvent.confidence)
    )
    for row in stored:
        found[row.analysis_id][row.event, row.turn] = Heard(row.doubtful, row.confidence)
    return found


def judged_places(
    session: Session, transcripts: Collection[uuid.UUID], weights: str
) -> dict[uuid.UUID, set[tuple[str, int]]]:
    """The events and turns of each transcript that people have judged out of a sample of these weights.

    What was judged for other weights may be drawn again: left out, it would take the true events with it.
    """
    place = (EventReview.transcript_id, EventReview.event, EventReview.turn)
    last = (
        select(*place, EventReview.verdict)
        .where(
            EventReview.transcript_id.in_(transcripts),
            EventReview.sample_id.is_not(None),
            same_weights(weights, EventReview.weights_hash),
        )
        .ext(distinct_on(*place))
        .order_by(*place, EventReview.reviewed_at.desc(), EventReview.id)
    )
    found: defaultdict[uuid.UUID, set[tuple[str, int]]] = defaultdict(set)
    for row in session.execute(last):
        if row.verdict != "withdrawn":
            found[row.transcript_id].add((row.event, row.turn))
    return found
