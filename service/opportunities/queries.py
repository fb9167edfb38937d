"""Every question about opportunities, as SQL. What the viewer may not see does not exist."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Float, Row, Select, Subquery, case, func, null, or_, select
from sqlalchemy.orm import Session

from models.calls import Call
from models.opportunities import Account, Contact, Opportunity, StageChange
from models.people import Team, User
from models.reviews import EventReview
from models.scores import StoredKeyEvent
from service.calls import newest
from service.calls.queries import calls_of_opportunity
from service.calls.views import Choice
from service.opportunities.filters import OpportunityFilters
from service.opportunities.stages import stage_places
from service.opportunities.views import OpportunityChoices, OpportunityDetail, OpportunityRow, StageMove
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.records.pipelines import pipelines
from service.reviews.counting import is_heard, is_unheard, says_there

PAGE_SIZE = 50


def list_opportunities(
    session: Session,
    viewer: Viewer,
    filters: OpportunityFilters = OpportunityFilters(),
    only: Sequence[uuid.UUID] | None = None,
    limit: int | None = None,
    offset: int = 0,
) -> tuple[OpportunityRow, ...]:
    """The opportunities that ``filters`` let through, ``only`` those of these ids where given.

    What takes the gap of every deal to answer is not looked at here: :mod:`service.opportunities.board` answers it.
    """
    calls = _calls_by_opportunity(viewer)
    places = stage_places(pipelines(session))
    query = _rows(calls).where(*conditions(viewer, filters), *_among(only))
    found = session.execute(query.order_by(*_order(filters, calls, places)).limit(limit).offset(offset)).all()
    return _with_events(session, viewer, found)


def list_rows(session: Session, viewer: Viewer, filters: OpportunityFilters) -> tuple[OpportunityRow, ...]:
    """All opportunities that ``filters`` let through, without their events, and with mean scores only where these make
    the order (they take reading all scorecards); gaps and risks are not looked at."""
    calls = _calls_by_opportunity(viewer) if filters.sort == "score" else _calls_alone(viewer)
    query = _rows(calls).where(*conditions(viewer, filters))
    found = session.execute(query.order_by(*_order(filters, calls, stage_places(pipelines(session))))).all()
    return tuple(_row(row, {}) for row in found)


def count_opportunities(session: Session, viewer: Viewer, filters: OpportunityFilters) -> int:
    """How many opportunities ``filters`` let through, gaps and risks aside."""
    query = select(func.count()).select_from(Opportunity).join(Account, Account.id == Opportunity.account_id)
    query = query.outerjoin(Contact, Contact.id == Opportunity.contact_id)
    return session.scalar(query.where(*conditions(viewer, filters))) or 0


def opportunity_choices(session: Session, viewer: Viewer) -> OpportunityChoices:
    """What the filters can be set to: the owners and teams of the opportunities this viewer sees."""
    owners = session.execute(
        select(User.id, User.name, User.team_id)
        .where(User.id.in_(select(Opportunity.owner_id).where(visible_opportunities(viewer))))
        .order_by(User.name)
    ).all()
    teams = session.execute(
        select(Team.id, Team.name).where(Team.id.in_([owner.team_id for owner in owners])).order_by(Team.name)
    )
    return OpportunityChoices(
        owners=tuple(Choice(str(owner.id), owner.name) for owner in owners),
        teams=tuple(Choice(str(team.id), team.name) for team in teams),
    )


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


def _calls_alone(viewer: Viewer) -> Subquery:
    """The same without scores."""
    return (
        select(
            Call.opportunity_id,
            func.count().label("calls"),
            func.max(Call.started_at).label("last_call_at"),
            null().cast(Float).label("mean_score"),
        )
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
            Opportunity.owner_id,
            User.name.label("owner"),
            User.team_id,
            Team.name.label("team"),
            Opportunity.amount,
            Opportunity.currency,
            Opportunity.pipeline,
            Opportunity.stage,
            Opportunity.outcome,
            Opportunity.source,
            Opportunity.loss_reason,
            Opportunity.account_id,
            Opportunity.created_at,
            Opportunity.closed_at,
            Opportunity.expected_close,
            func.coalesce(calls.c.calls, 0).label("calls"),
            calls.c.last_call_at,
            calls.c.mean_score,
        )
        .join(Account, Account.id == Opportunity.account_id)
        .outerjoin(Contact, Contact.id == Opportunity.contact_id)
        .outerjoin(User, User.id == Opportunity.owner_id)
        .outerjoin(Team, Team.id == User.team_id)
        .outerjoin(calls, calls.c.opportunity_id == Opportunity.id)
    )


def conditions(viewer: Viewer, filters: OpportunityFilters) -> list[ColumnElement[bool]]:
    """What an opportunity (with its account and contact) must be to be shown, gaps and risks aside."""
    wanted = [visible_opportunities(viewer)]
    equal: list[tuple[ColumnElement[Any] | Any, Any]] = [
        (Opportunity.pipeline, filters.pipeline),
        (Opportunity.stage, filters.stage),
        (Opportunity.outcome, filters.outcome),
        (Opportunity.owner_id, filters.owner),
    ]
    wanted.extend(column == value for column, value in equal if value is not None)
    if filters.team:
        wanted.append(Opportunity.owner_id.in_(select(User.id).where(User.team_id == filters.team)))
    if filters.text:
        named = (Opportunity.name, Opportunity.external_id, Account.name, Contact.name)
        wanted.append(or_(*(column.icontains(filters.text, autoescape=True) for column in named)))
    return wanted


def _among(only: Sequence[uuid.UUID] | None) -> list[ColumnElement[bool]]:
    return [] if only is None else [Opportunity.id.in_(only)]


def _order(
    filters: OpportunityFilters, calls: Subquery, places: Mapping[tuple[str, str], int]
) -> list[ColumnElement[Any]]:
    of_stages = [
        ((Opportunity.pipeline == pipeline) & (Opportunity.stage == stage), place)
        for (pipeline, stage), place in places.items()
    ]
    column: ColumnElement[Any] | Any = {
        "account": Account.name,
        "amount": Opportunity.amount,
        "stage": case(*of_stages, else_=len(places)) if of_stages else Opportunity.stage,
        "owner": User.name,
        "close": Opportunity.expected_close,
        "calls": func.coalesce(calls.c.calls, 0),
        "last_call": calls.c.last_call_at,
        "score": calls.c.mean_score,
        "gap": calls.c.last_call_at,
    }[filters.sort]
    ordered = column.desc() if filters.descending else column.asc()
    return [ordered.nulls_last(), Opportunity.external_id.asc()]


def _with_events(
    session: Session, viewer: Viewer, found: Sequence[Row[*tuple[Any, ...]]]
) -> tuple[OpportunityRow, ...]:
    heard = _events(session, viewer, [row.id for row in found])
    return tuple(_row(row, heard.get(row.id, {})) for row in found)


def _row(row: Row[*tuple[Any, ...]], events: Mapping[str, int]) -> OpportunityRow:
    return OpportunityRow(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        account=row.account,
        contact=row.contact,
        phone=row.phone,
        owner_id=row.owner_id,
        owner=row.owner,
        team_id=row.team_id,
        team=row.team,
        amount=row.amount,
        currency=row.currency,
        pipeline=row.pipeline,
        stage=row.stage,
        outcome=row.outcome,
        source=row.source,
        loss_reason=row.loss_reason,
        account_id=row.account_id,
        created_at=row.created_at,
        closed_at=row.closed_at,
        expected_close=row.expected_close,
        calls=row.calls,
        last_call_at=row.last_call_at,
        mean_score=row.mean_score,
        events=events,
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
