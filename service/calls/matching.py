"""The filters and the order of the call list, as SQL over :mod:`service.calls.newest`."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, cast, func, or_, select
from sqlalchemy.dialects.postgresql import TSQUERY

from models.calls import Call, Recording, StoredTurn
from models.opportunities import Account, Contact, Opportunity
from models.people import User
from models.scores import StoredKeyEvent
from service.calls import newest
from service.calls.filters import CallFilters
from service.people.viewer import Viewer, visible_calls
from service.reviews.counting import is_added, is_heard
from service.search.terms import tsquery


def conditions(viewer: Viewer, filters: CallFilters) -> list[ColumnElement[bool]]:
    """What a call must be to be listed for ``viewer``."""
    wanted: list[ColumnElement[bool]] = [visible_calls(viewer), Recording.deleted_at.is_(None)]
    equal: list[tuple[ColumnElement[Any] | Any, Any]] = [
        (Call.rep_id, filters.rep),
        (Opportunity.external_id, filters.opportunity),
        (Call.direction, filters.direction),
        (newest.transcript.c.language, filters.language),
        (Recording.state, filters.state),
    ]
    wanted.extend(column == value for column, value in equal if value is not None)
    if filters.since:
        wanted.append(Call.started_at >= datetime.combine(filters.since, time(), filters.zone))
    if filters.until and filters.until < date.max:
        end = filters.until + timedelta(days=1)
        wanted.append(Call.started_at < datetime.combine(end, time(), filters.zone))
    if filters.min_score is not None:
        wanted.append(newest.scorecard.c.score >= filters.min_score)
    if filters.max_score is not None:
        wanted.append(newest.scorecard.c.score <= filters.max_score)
    wanted.extend(_event_conditions(filters))
    if filters.text:
        wanted.append(_text_condition(filters.text))
    return wanted


def _event_conditions(filters: CallFilters) -> list[ColumnElement[bool]]:
    heard = [_heard(event) for event in filters.events]
    return [or_(*heard)] if heard and filters.match == "any" else heard


def _heard(event: str) -> ColumnElement[bool]:
    """The event was heard and nobody rejected it, or a person says that it is there."""
    transcript_id = newest.transcript.c.id
    told = (
        select(StoredKeyEvent.event)
        .where(
            StoredKeyEvent.analysis_id == newest.analysis.c.id,
            StoredKeyEvent.event == event,
            is_heard(transcript_id),
        )
        .correlate(newest.analysis, newest.transcript)
        .exists()
    )
    return or_(told, is_added(event, transcript_id, newest.transcript) & newest.analysis.c.id.is_not(None))


def _text_condition(text: str) -> ColumnElement[bool]:
    """A turn holds all the words, or the call's customer, account or file is called so."""
    names = (Account.name, Contact.name, Recording.file_name, Call.customer_phone, Opportunity.external_id)
    named = or_(*(column.icontains(text, autoescape=True) for column in names))
    query = tsquery(text)
    if query is None:
        return named
    said = (
        select(StoredTurn.position)
        .where(
            StoredTurn.transcript_id == newest.transcript.c.id,
            StoredTurn.terms.op("@@")(cast(query, TSQUERY)),
        )
        .correlate(newest.transcript)
        .exists()
    )
    return or_(said, named)


def order(filters: CallFilters) -> list[ColumnElement[Any]]:
    """The order of the list; calls without the value come last, ties the newest first."""
    column: ColumnElement[Any] | Any = {
        "started": Call.started_at,
        "customer": func.coalesce(Account.name, Call.customer_phone),
        "rep": User.name,
        "duration": func.coalesce(newest.transcript.c.duration_ms, Recording.duration_ms),
        "score": newest.scorecard.c.score,
    }[filters.sort]
    ordered = column.desc() if filters.descending else column.asc()
    return [ordered.nulls_last(), Call.started_at.desc(), Call.id.asc()]
