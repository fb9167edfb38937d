"""The calls of deals and what was heard in them, for many deals at once."""

from __future__ import annotations

import json
import uuid
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone
from typing import Any, cast

from sqlalchemy import ARRAY, ColumnElement, Integer, Row, Select, Text, Uuid, any_, bindparam, func, select
from sqlalchemy import cast as sql_cast
from sqlalchemy.dialects.postgresql import JSONPATH, distinct_on
from sqlalchemy.orm import InstrumentedAttribute, Session

from models.calls import Call, Recording
from models.people import User
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.calls import newest
from service.people.viewer import Viewer, visible_calls
from service.reviews.counting import THERE
from sop.deals.facts import CallFact, EventFact
from sop.deals.sufficiency import Sufficiency
from sop.events import Slot, Speaker

CallLine = Row[*tuple[Any, ...]]
"""A line of :func:`call_lines`."""


@dataclass(frozen=True, slots=True)
class HeardCall:
    """A call, what was heard in it, the customer's ``phone``, and the version of the SOP that it was judged by."""

    opportunity_id: uuid.UUID
    fact: CallFact
    events: tuple[EventFact, ...]
    phone: str | None
    sop_version_id: uuid.UUID | None


@dataclass(frozen=True, slots=True)
class Enough:
    """Read only as many events as judging gaps at ``now`` takes; those of the deals ``whole`` are told call by call."""

    of: Sufficiency
    now: datetime
    whole: frozenset[uuid.UUID]


def among(column: InstrumentedAttribute[Any] | ColumnElement[Any], ids: Collection[uuid.UUID]) -> ColumnElement[bool]:
    """Whether ``column`` is one of ``ids``, in one parameter however many they are."""
    return column == any_(bindparam(None, list(ids), ARRAY(Uuid)))


def call_lines(session: Session, viewer: Viewer, opportunities: Collection[uuid.UUID]) -> Sequence[CallLine]:
    """All calls of the deals, oldest first; ``seen`` says whether the viewer may see one."""
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


def heard_calls(session: Session, lines: Sequence[CallLine], enough: Enough | None = None) -> Iterator[HeardCall]:
    """The calls with what was heard in them, or with what is ``enough`` of it.

    Those that the viewer may not see have no id of their own, no people and no events. Functions
    (:attr:`CallFact.rep_function`) and contacts are for the caller to fill in, who knows the deals.
    """
    read = [line for line in lines if line.seen and line.analysis_id]
    reviews = _reviews(session, [line.transcript_id for line in read])
    events = _events(session, read, reviews, enough)
    for number, line in enumerate(lines):
        fact = _fact(line, number)
        told = events.get(line.analysis_id, []) if line.seen else []
        said = reviews.get(line.transcript_id, {}) if line.seen and line.analysis_id else {}
        yield HeardCall(
            line.opportunity_id,
            fact,
            tuple(_folded(fact, told, said)),
            line.customer_phone if line.seen else None,
            line.sop_version_id,
        )


_Told = tuple[str, bool, int, int, int, str, str, float, str | None]
_Said = dict[tuple[int, str], tuple[bool, str, int, int, str]]


def _fact(line: CallLine, number: int) -> CallFact:
    at = line.started_at.astimezone(timezone(timedelta(minutes=line.utc_offset_minutes)))
    if not line.seen:
        return CallFact(id=f"unseen-{number}", at=at, duration_ms=0, heard=False)
    is_silent = line.state == "no_speech"
    return CallFact(
        id=str(line.id),
        at=at,
        duration_ms=0 if is_silent else line.duration_ms or 0,
        rep=str(line.rep_id) if line.rep_id else None,
        rep_name=line.rep,
        direction=line.direction,
        heard=is_silent or line.analysis_id is not None,
    )


_COLUMNS = (
    StoredKeyEvent.analysis_id,
    StoredKeyEvent.event,
    StoredKeyEvent.doubtful,
    StoredKeyEvent.turn,
    StoredKeyEvent.start_ms,
    StoredKeyEvent.end_ms,
    StoredKeyEvent.speaker,
    StoredKeyEvent.quote,
    StoredKeyEvent.confidence,
    # Most events have no slots, and reading JSON is a third of the work.
    func.nullif(sql_cast(StoredKeyEvent.slots, Text), "[]").label("slots"),
)


def _events(
    session: Session, lines: Sequence[CallLine], reviews: Mapping[uuid.UUID, _Said], enough: Enough | None
) -> dict[uuid.UUID, list[_Told]]:
    """The stored events by analysis; where people reviewed a call all of them, as any may be rejected."""
    is_whole = [enough is None or line.transcript_id in reviews for line in lines]
    whole = [line.analysis_id for line, is_so in zip(lines, is_whole, strict=True) if is_so]
    queries = [select(*_COLUMNS).where(among(StoredKeyEvent.analysis_id, whole))] if whole else []
    if enough is not None and len(whole) < len(lines):
        queries.append(_sufficient([line for line, is_so in zip(lines, is_whole, strict=True) if not is_so], enough))
    found: defaultdict[uuid.UUID, list[_Told]] = defaultdict(list)
    for query in queries:
        for analysis, *told in session.execute(query):
            found[analysis].append(cast("_Told", told))
    return found


def _sufficient(lines: Sequence[CallLine], enough: Enough) -> Select[*tuple[Any, ...]]:
    """The events that are enough: of each sort the surest ones, the later one first, and the latest."""
    analyses = bindparam(None, [line.analysis_id for line in lines], ARRAY(Uuid))
    sorts = bindparam(None, _sorts(lines, enough), ARRAY(Integer))
    ranks = bindparam(None, list(range(len(lines))), ARRAY(Integer))
    call = func.unnest(analyses, sorts, ranks).table_valued("analysis_id", "sort", "rank").render_derived()
    alike = (
        call.c.sort,
        StoredKeyEvent.event,
        StoredKeyEvent.speaker,
        StoredKeyEvent.doubtful,
        *(func.jsonb_path_exists(StoredKeyEvent.slots, _has(slot)) for slot in enough.of.slots),
    )
    latest = (call.c.rank.desc(), StoredKeyEvent.start_ms.desc(), StoredKeyEvent.turn.desc())
    surest = func.row_number().over(partition_by=alike, order_by=(StoredKeyEvent.confidence.desc(), *latest))
    places = [surest.label("surest")]
    if enough.of.days:
        places.append(func.row_number().over(partition_by=alike, order_by=latest).label("latest"))
    ranked = (
        select(*_COLUMNS, *places)
        .join(call, call.c.analysis_id == StoredKeyEvent.analysis_id)
        .where(StoredKeyEvent.event == any_(bindparam(None, sorted(enough.of.events), ARRAY(Text))))
        .subquery()
    )
    kept = ranked.c.surest <= enough.of.most
    return select(*(ranked.c[column.name] for column in _COLUMNS)).where(
        kept | (ranked.c.latest == 1) if enough.of.days else kept
    )


def _sorts(lines: Sequence[CallLine], enough: Enough) -> list[int]:
    """A number for each call, the same for those that conditions can't tell apart."""
    numbers: dict[tuple[uuid.UUID, int | uuid.UUID], int] = {}
    told: list[int] = []
    for line in lines:
        is_apart = enough.of.by_call or line.opportunity_id in enough.whole
        part = line.id if is_apart else enough.of.stretch(line.started_at, enough.now)
        told.append(numbers.setdefault((line.opportunity_id, part), len(numbers)))
    return told


def _has(slot: str) -> Any:
    return sql_cast(f'$[*] ? (@.name == "{slot}" && @.value != null)', JSONPATH)


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
        fact = EventFact(
            call.id,
            call.at,
            event,
            cast("Speaker", speaker),
            turn,
            start_ms,
            end_ms,
            quote,
            confidence,
            doubtful,
            tuple(Slot(**slot) for slot in json.loads(slots)) if slots else (),
        )
        word = said.get((turn, event)) if said else None
        if word is None:
            yield fact
        elif word[0]:
            yield replace(fact, doubtful=False, confidence=1.0)
    if not said:
        return
    heard = {(turn, event) for event, _, turn, *_ in told}
    for (turn, event), (is_there, speaker, start_ms, end_ms, text) in said.items():
        if is_there and (turn, event) not in heard:
            yield EventFact(call.id, call.at, event, cast("Speaker", speaker), turn, start_ms, end_ms, text, added=True)
