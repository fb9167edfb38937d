"""The calls of deals and what was heard in them, for many deals at once."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta, timezone
from typing import Any, cast

from sqlalchemy import ARRAY, Uuid, any_, bindparam, func, select
from sqlalchemy.dialects.postgresql import distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session
from sqlalchemy.sql.elements import ColumnElement

from models.calls import Call, Recording
from models.people import User
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.reviews.counting import THERE
from sop.deals.facts import CallFact, EventFact
from sop.events import Slot, Speaker


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A call, what was heard in it, the customer's ``phone``, and the version of the SOP that it was judged by."""

    opportunity_id: uuid.UUID
    fact: CallFact
    events: tuple[EventFact, ...]
    phone: str | None
    sop_version_id: uuid.UUID | None


def among(column: InstrumentedAttribute[Any] | ColumnElement[Any], ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``ids``, in one parameter however many they are."""
    return column == any_(bindparam(None, list(ids), ARRAY(Uuid)))


def heard_calls(session: Session, viewer: Viewer, opportunities: Collection[uuid.UUID]) -> Iterator[HeardCall]:
    """All calls of the deals. Those that the viewer may not see have no id of their own, no people and no events.

    Their functions (:attr:`CallFact.rep_function`) and contacts are for the caller to fill in, who knows the deals.
    """
    rows = _calls(session, viewer, opportunities)
    events = _events(session, [row.analysis_id for row in rows if row.seen and row.analysis_id])
    reviews = _reviews(session, [row.transcript_id for row in rows if row.seen and row.analysis_id])
    for number, row in enumerate(rows):
        fact = _fact(row, number)
        told: list[_Told] = events.get(row.analysis_id, []) if row.seen else []
        said = reviews.get(row.transcript_id, {}) if row.seen and row.analysis_id else {}
        yield HeardCall(
            row.opportunity_id,
            fact,
            tuple(_folded(fact, told, said)),
            row.customer_phone if row.seen else None,
            row.sop_version_id,
        )


_Told = tuple[str, bool, int, int, int, str, str, float, list[dict[str, Any]]]
_Said = dict[tuple[int, str], tuple[bool, str, int, int, str]]


def _calls(session: Session, viewer: Viewer, opportunities: Collection[uuid.UUID]) -> Sequence[Any]:
    columns = select(
        Call.id,
        Call.opportunity_id,
        Call.started_at,
        Call.utc_offset_minutes,
        Call.direction,
        Call.customer_phone,
        Call.rep_id,
        User.name.label("rep"),
        Recording.state,
        func.coalesce(newest.transcript.c.duration_ms, Recording.duration_ms).label("duration_ms"),
        newest.transcript.c.id.label("transcript_id"),
        newest.analysis.c.id.label("analysis_id"),
        newest.scorecard.c.sop_version_id,
        visible_calls(viewer).label("seen"),
    )
    query = newest.joined(columns).where(Call.deleted_at.is_(None), among(Call.opportunity_id, opportunities))
    return session.execute(query.order_by(Call.started_at, Call.id)).all()


def _fact(row: Any, number: int) -> CallFact:
    at = row.started_at.astimezone(timezone(timedelta(minutes=row.utc_offset_minutes)))
    if not row.seen:
        return CallFact(id=f"unseen-{number}", at=at, duration_ms=0, heard=False)
    is_silent = row.state == "no_speech"
    return CallFact(
        id=str(row.id),
        at=at,
        duration_ms=0 if is_silent else row.duration_ms or 0,
        rep=str(row.rep_id) if row.rep_id else None,
        rep_name=row.rep,
        direction=row.direction,
        heard=is_silent or row.analysis_id is not None,
    )


def _events(session: Session, analyses: Collection[uuid.UUID]) -> dict[uuid.UUID, list[_Told]]:
    if not analyses:
        return {}
    query = select(
        StoredKeyEvent.analysis_id,
        StoredKeyEvent.event,
        StoredKeyEvent.doubtful,
        StoredKeyEvent.turn,
        StoredKeyEvent.start_ms,
        StoredKeyEvent.end_ms,
        StoredKeyEvent.speaker,
        StoredKeyEvent.quote,
        StoredKeyEvent.confidence,
        StoredKeyEvent.slots,
    ).where(among(StoredKeyEvent.analysis_id, analyses))
    found: defaultdict[uuid.UUID, list[_Told]] = defaultdict(list)
    for analysis, *told in session.execute(query.order_by(StoredKeyEvent.analysis_id, StoredKeyEvent.position)):
        found[analysis].append(cast("_Told", told))
    return found


def _reviews(session: Session, transcripts: Collection[uuid.UUID]) -> dict[uuid.UUID, _Said]:
    """The last word of people on each turn and event, unless it was taken back."""
    if not transcripts:
        return {}
    place = (EventReview.transcript_id, EventReview.turn, EventReview.event)
    query = (
        select(
            *place,
            EventReview.verdict,
            EventReview.speaker,
            EventReview.start_ms,
            EventReview.end_ms,
            EventReview.turn_text,
        )
        .where(among(EventReview.transcript_id, transcripts))
        .ext(distinct_on(*place))
        .order_by(*place, EventReview.reviewed_at.desc(), EventReview.id)
    )
    found: defaultdict[uuid.UUID, _Said] = defaultdict(dict)
    for transcript, turn, event, verdict, *spoken in session.execute(query):
        if verdict != "withdrawn":
            found[transcript][turn, event] = cast("Any", (verdict in THERE, *spoken))
    return found


def _folded(call: CallFact, told: Sequence[_Told], said: _Said) -> Iterator[EventFact]:
    """What the machine heard as people left it: rejected events are gone, confirmed ones sure, missed ones added."""
    for event, doubtful, turn, start_ms, end_ms, speaker, quote, confidence, slots in told:
        word = said.get((turn, event))
        if word is not None and not word[0]:
            continue
        fact = EventFact(
            call=call.id,
            at=call.at,
            event=event,
            speaker=cast("Speaker", speaker),
            turn=turn,
            start_ms=start_ms,
            end_ms=end_ms,
            quote=quote,
            confidence=confidence,
            doubtful=doubtful,
            slots=tuple(Slot(**slot) for slot in slots),
        )
        yield fact if word is None else replace(fact, doubtful=False, confidence=1.0)
    heard = {(turn, event) for event, _, turn, *_ in told}
    for (turn, event), (is_there, speaker, start_ms, end_ms, text) in said.items():
        if is_there and (turn, event) not in heard:
            yield EventFact(call.id, call.at, event, cast("Speaker", speaker), turn, start_ms, end_ms, text, added=True)
