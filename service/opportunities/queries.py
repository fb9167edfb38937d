"""Every question about opportunities, as SQL. What the viewer may not see does not exist."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Subquery, case, func, or_, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.opportunities import STAGES, Account, Contact, Opportunity, StageChange
from models.people import User
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.calls import newest
from service.calls.queries import calls_of_opportunity
from service.opportunities.filters import OpportunityFilters
from service.opportunities.views import OpportunityDetail, OpportunityRow, StageMove
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.reviews.counting import is_heard, is_unheard, says_there


def list_opportunities(
    session: Session, viewer: Viewer, filters: OpportunityFilters = OpportunityFilters()
) -> tuple[OpportunityRow, ...]:
    """The opportunities that ``filters`` let through."""
    calls = _calls_by_opportunity(viewer)
    found = session.execute(_rows(calls).where(*_conditions(viewer, filters)).order_by(*_order(filters, calls))).all()
    return _with_events(session, viewer, found)


def get_opportunity(session: Session, viewer: Viewer, external_id: str) -> OpportunityDetail | None:
    """One opportunity with its calls, or None when it does not exist for this viewer."""
    found = session.execute(
        _rows(_calls_by_opportunity(viewer)).where(
            visible_opportunities(viewer), Opportunity.external_id == external_id
        )
    ).all()
    if not found:
        return None
    stages = session.scalars(
        select(StageChange)
        .where(StageChange.opportunity_id == found[0].id)
        .order_by(StageChange.changed_at, StageChange.id)
    )
    return OpportunityDetail(
        row=_with_events(session, viewer, found)[0],
        stages=tuple(StageMove(move.stage, move.changed_at, move.source) for move in stages),
        calls=calls_of_opportunity(session, viewer, external_id),
    )


def _calls_by_opportunity(viewer: Viewer) -> Subquery:
    counted = select(
        Call.opportunity_id,
        func.count().label("calls"),
        func.max(Call.started_at).label("last_call_at"),
        func.avg(newest.scorecard.c.score).label("mean_score"),
    )
    return (
        newest.joined(counted)
        .where(visible_calls(viewer), Call.opportunity_id.is_not(None))
        .group_by(Call.opportunity_id)
        .subquery("seen_calls")
    )


def _rows(calls: Subquery) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.name,
            Account.name.label("account"),
            Contact.name.label("contact"),
            Contact.phone,
            User.name.label("owner"),
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.stage,
            Opportunity.outcome,
            Opportunity.created_at,
            Opportunity.expected_close,
            func.coalesce(calls.c.calls, 0).label("calls"),
            calls.c.last_call_at,
            calls.c.mean_score,
        )
        .join(Account, Account.id == Opportunity.account_id)
        .outerjoin(Contact, Contact.id == Opportunity.contact_id)
        .outerjoin(User, User.id == Opportunity.owner_id)
        .outerjoin(calls, calls.c.opportunity_id == Opportunity.id)
    )


def _conditions(viewer: Viewer, filters: OpportunityFilters) -> list[ColumnElement[bool]]:
    wanted = [visible_opportunities(viewer)]
    if filters.stage:
        wanted.append(Opportunity.stage == filters.stage)
    if filters.outcome:
        wanted.append(Opportunity.outcome == filters.outcome)
    if filters.text:
        named = (Opportunity.name, Opportunity.external_id, Account.name, Contact.name)
        wanted.append(or_(*(column.icontains(filters.text, autoescape=True) for column in named)))
    return wanted


def _order(filters: OpportunityFilters, calls: Subquery) -> list[ColumnElement[Any]]:
    column: ColumnElement[Any] | Any = {
        "account": Account.name,
        "amount": Opportunity.amount,
        "stage": case({stage: i for i, stage in enumerate(STAGES)}, value=Opportunity.stage),
        "owner": User.name,
        "close": Opportunity.expected_close,
        "calls": func.coalesce(calls.c.calls, 0),
        "last_call": calls.c.last_call_at,
        "score": calls.c.mean_score,
    }[filters.sort]
    ordered = column.desc() if filters.descending else column.asc()
    return [ordered.nulls_last(), Opportunity.external_id.asc()]


def _with_events(
    session: Session, viewer: Viewer, found: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[OpportunityRow, ...]:
    heard = _events(session, viewer, [row.id for row in found])
    return tuple(
        OpportunityRow(
            external_id=row.external_id,
            name=row.name,
            account=row.account,
            contact=row.contact,
            phone=row.phone,
            owner=row.owner,
            amount=row.amount,
            currency=row.currency,
            stage=row.stage,
            outcome=row.outcome,
            created_at=row.created_at,
            expected_close=row.expected_close,
            calls=row.calls,
            last_call_at=row.last_call_at,
            mean_score=row.mean_score,
            events=heard.get(row.id, {}),
        )
        for row in found
    )


def _events(session: Session, viewer: Viewer, opportunities: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """Turns per present key event, of the calls this viewer sees; what people reviewed counts as they left it."""
    told = (
        newest.joined(select(Call.opportunity_id, StoredKeyEvent.event, func.count().label("turns")))
        .join(StoredKeyEvent, StoredKeyEvent.analysis_id == newest.analysis.c.id)
        .where(is_heard(newest.transcript.c.id))
        .group_by(Call.opportunity_id, StoredKeyEvent.event)
    )
    added = (
        newest.joined(select(Call.opportunity_id, EventReview.event, func.count().label("turns")))
        .join(EventReview, EventReview.transcript_id == newest.transcript.c.id)
        .where(says_there(), is_unheard(newest.analysis.c.id), newest.analysis.c.id.is_not(None))
        .group_by(Call.opportunity_id, EventReview.event)
    )
    heard: defaultdict[uuid.UUID, dict[str, int]] = defaultdict(dict)
    for query in (told, added):
        for row in session.execute(query.where(visible_calls(viewer), Call.opportunity_id.in_(opportunities))):
            turns = heard[row.opportunity_id]
            turns[row.event] = turns.get(row.event, 0) + row.turns
    return heard
