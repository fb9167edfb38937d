"""A number for each deal that is another one as soon as anything changes that its gap is judged by."""

from __future__ import annotations

import uuid
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import CTE, BigInteger, ColumnElement, Select, func, literal_column, select, union_all
from sqlalchemy.orm import Session

from models.calls import Call, Recording, RoleCorrection, StoredTranscript
from models.opportunities import (
    Approval,
    Collaborator,
    Contact,
    DoneAction,
    Opportunity,
    OpportunityContact,
    StageChange,
)
from models.people import User
from models.reviews import EventReview
from models.scores import Analysis, StoredScorecard
from models.table import Table
from service.opportunities.heard_calls import among
from service.people.viewer import Viewer, visible_calls, visible_opportunities

_Part = Select[*tuple[Any, ...]]


def fingerprints(session: Session, viewer: Viewer, deals: Collection[uuid.UUID]) -> dict[uuid.UUID, int]:
    """A signed 64-bit number for each of the deals that the viewer sees, the same for whoever sees the same calls.

    It is made of which version of which row there is (PostgreSQL's ``ctid`` and ``xmin``: each change of a row is a
    new version of it), so no column can be forgotten. Key events and versions of SOPs are not looked at: they never
    change. Events are written with their analysis, and another reading is another analysis.
    """
    # Not the version of the row: who signs in or chooses a language has no other name.
    people = session.scalar(select(func.bit_xor(_hash(User.id, User.name, seed=1))))
    parts = union_all(*_parts(viewer, deals)).subquery("parts")
    deal, mark = parts.c
    query = select(deal, func.bit_xor(mark)).join(Opportunity, Opportunity.id == deal).group_by(deal)
    query = query.where(visible_opportunities(viewer))
    return {found: number ^ (people or 0) for found, number in session.execute(query)}


def _parts(viewer: Viewer, deals: Collection[uuid.UUID]) -> Iterator[_Part]:
    """The rows that deals are judged by: the deal's id, and a number for the version of the row.

    Each kind has a seed of its own, as the same number twice would cancel itself out.
    """
    yield select(Opportunity.id, _version(Opportunity, seed=3)).where(among(Opportunity.id, deals))
    of_deals: tuple[Any, ...] = (StageChange, Approval, DoneAction, Collaborator, OpportunityContact)
    for seed, table in enumerate(of_deals, start=4):
        yield select(table.opportunity_id, _version(table, seed=seed)).where(among(table.opportunity_id, deals))
    yield from _of_contacts(deals)
    calls = _calls(viewer, deals)
    yield select(calls.c.opportunity_id, calls.c.mark)
    yield from _of_readings(calls)


def _of_contacts(deals: Collection[uuid.UUID]) -> Iterator[_Part]:
    """Those at the deal's account, its main one, and others who are linked to it."""
    at_account = select(Opportunity.id, _version(Contact, seed=9)).join(
        Contact, Contact.account_id == Opportunity.account_id
    )
    main = select(Opportunity.id, _version(Contact, seed=10)).join(Contact, Contact.id == Opportunity.contact_id)
    for query in (at_account, main):
        yield query.where(among(Opportunity.id, deals))
    linked = select(OpportunityContact.opportunity_id, _version(Contact, seed=11))
    linked = linked.join(Contact, Contact.id == OpportunityContact.contact_id)
    yield linked.where(among(OpportunityContact.opportunity_id, deals))


def _calls(viewer: Viewer, deals: Collection[uuid.UUID]) -> CTE:
    """The calls with their recordings, and whether the viewer may see them."""
    mark = _hash(*_place(Call), *_place(Recording), visible_calls(viewer), seed=12)
    query = select(Call.id, Call.opportunity_id, mark.label("mark")).join(Recording, Recording.id == Call.recording_id)
    return query.where(among(Call.opportunity_id, deals)).cte("deal_calls")


def _of_readings(calls: CTE) -> Iterator[_Part]:
    """All that was ever read from the calls, and what people said of it; which of it counts follows from these."""
    readings: tuple[Any, ...] = (StoredTranscript, Analysis, StoredScorecard)
    for seed, table in enumerate(readings, start=13):
        yield select(calls.c.opportunity_id, _version(table, seed=seed)).join(table, table.call_id == calls.c.id)
    words: tuple[Any, ...] = (RoleCorrection, EventReview)
    for seed, said in enumerate(words, start=16):
        query = select(calls.c.opportunity_id, _version(said, seed=seed))
        query = query.join(StoredTranscript, StoredTranscript.call_id == calls.c.id)
        yield query.join(said, said.transcript_id == StoredTranscript.id)


def _version(table: type[Table], *, seed: int) -> ColumnElement[int]:
    return _hash(*_place(table), seed=seed)


def _place(table: type[Table]) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    """Where this version of a row lies, and the transaction that wrote it."""
    return literal_column(f"{table.__tablename__}.ctid"), literal_column(f"{table.__tablename__}.xmin")


def _hash(*values: Any, seed: int) -> ColumnElement[int]:
    return func.hashtextextended(func.concat_ws(",", *values), literal_column(str(seed)), type_=BigInteger())
