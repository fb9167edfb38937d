"""Every question about leads, as SQL. What the viewer may not see does not exist for them."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, case, func, or_, select
from sqlalchemy.orm import Session, aliased

from models.calls import Call
from models.leads import LEAD_GRADES, Lead, LeadEvent
from models.opportunities import Opportunity
from models.people import Team, User
from service.calls.queries import recent_calls
from service.leads.contacting import CALL_KINDS
from service.leads.filters import LeadFilters
from service.leads.grading import grade_of, known_fields
from service.leads.history import OPEN_STATES
from service.leads.holding import holdings
from service.leads.masking import masked_email, masked_phone, masked_text
from service.leads.rules import pool_rules
from service.leads.views import HistoryLine, Holding, LeadDetail, LeadPage, LeadRow
from service.people.viewer import Viewer, own_or_team, visible_calls, visible_people
from service.records.scope import visible_leads

PAGE_SIZE = 50
_CALLS = 200
_OWN_FIELDS = ("name", "company", "title", "phone", "email")


def list_leads(
    session: Session, viewer: Viewer, filters: LeadFilters = LeadFilters(), page: int = 1, size: int = PAGE_SIZE
) -> LeadPage:
    """One page of the leads that people hold whose work the viewer sees; a rep's own."""
    held = [Lead.owner_id.is_not(None), own_or_team(viewer, Lead.owner_id)]
    if filters.state is None:
        held.append(Lead.state.in_(OPEN_STATES))
    return _page(session, viewer, [*held, *_wanted(filters, _searched(Lead.phone, Lead.email))], filters, page, size)


def list_pool(
    session: Session,
    viewer: Viewer,
    filters: LeadFilters = LeadFilters(sort="grade"),
    page: int = 1,
    size: int = PAGE_SIZE,
) -> LeadPage:
    """One page of the leads that the viewer could claim, or give to somebody; numbers can't be searched for."""
    waiting = [Lead.owner_id.is_(None)]
    if filters.state != "invalid" or viewer.role == "rep":
        waiting.append(Lead.state.in_(OPEN_STATES))
    return _page(session, viewer, [*waiting, *_wanted(filters, _searched())], filters, page, size)


def get_lead(session: Session, viewer: Viewer, lead_id: uuid.UUID) -> LeadDetail | None:
    """One lead, or None when it does not exist for this viewer."""
    row = session.execute(_rows(viewer).where(Lead.id == lead_id, visible_leads(viewer))).one_or_none()
    if row is None:
        return None
    lead = session.get_one(Lead, lead_id)
    shown = _to_row(row, viewer)
    calls = recent_calls(session, viewer, Call.customer_phone == lead.phone, limit=_CALLS) if lead.phone else ()
    total = select(func.count()).where(Call.customer_phone == lead.phone, Call.deleted_at.is_(None))
    unseen = (session.scalar(total) or 0) - shown.calls if lead.phone else 0
    further = {name: text for name, text in known_fields(lead).items() if name not in _OWN_FIELDS}
    return LeadDetail(
        row=shown,
        fields={name: masked_text(text) if shown.is_masked else text for name, text in further.items()},
        grade=grade_of(session, pool_rules(session).grading, lead),
        history=_history(session, viewer, lead_id, shown.is_masked),
        calls=calls,
        other_calls=unseen,
    )


def lead_row(session: Session, viewer: Viewer, lead_id: uuid.UUID) -> LeadRow | None:
    """One lead as a line of a list."""
    row = session.execute(_rows(viewer).where(Lead.id == lead_id, visible_leads(viewer))).one_or_none()
    return None if row is None else _to_row(row, viewer)


def holdings_of(session: Session, viewer: Viewer) -> tuple[Holding, ...]:
    """What the people hold whose work the viewer sees, by name; admins hold none."""
    people = session.scalars(select(User.id).where(visible_people(viewer), User.role != "admin")).all()
    return holdings(session, pool_rules(session).limits, people)


def sources(session: Session, viewer: Viewer) -> tuple[str, ...]:
    """The sources of the leads that the viewer sees."""
    query = select(Lead.source).where(visible_leads(viewer), Lead.source.is_not(None)).distinct()
    return tuple(source for source in session.scalars(query.order_by(Lead.source)) if source)


def _page(
    session: Session, viewer: Viewer, wanted: Sequence[ColumnElement[bool]], filters: LeadFilters, page: int, size: int
) -> LeadPage:
    conditions = [visible_leads(viewer), *wanted]
    total = session.scalar(select(func.count()).select_from(Lead).where(*conditions)) or 0
    number = min(max(1, page), max(1, -(-total // size)))
    query = _rows(viewer).where(*conditions).order_by(*_order(filters)).limit(size).offset((number - 1) * size)
    rows = tuple(_to_row(row, viewer) for row in session.execute(query))
    return LeadPage(rows, total, number, size)


def _searched(*columns: Any) -> tuple[Any, ...]:
    return (Lead.name, Lead.company, Lead.external_id, Lead.title, *columns)


def _wanted(filters: LeadFilters, searched: Sequence[Any]) -> list[ColumnElement[bool]]:
    equal: list[tuple[Any, Any]] = [
        (Lead.state, filters.state),
        (Lead.grade, filters.grade),
        (Lead.source, filters.source),
        (Lead.owner_id, filters.owner),
    ]
    wanted: list[ColumnElement[bool]] = [column == value for column, value in equal if value is not None]
    if filters.text:
        wanted.append(or_(*(column.icontains(filters.text, autoescape=True) for column in searched)))
    return wanted


def _order(filters: LeadFilters) -> list[ColumnElement[Any]]:
    column: ColumnElement[Any] | Any = {
        "due": Lead.due_at,
        "grade": case({grade: place for place, grade in enumerate(LEAD_GRADES)}, value=Lead.grade),
        "name": func.coalesce(Lead.company, Lead.name),
        "source": Lead.source,
        "last_action": Lead.last_action_at,
        "created": Lead.created_at,
    }[filters.sort]
    ordered = column.desc() if filters.descending else column.asc()
    return [ordered.nulls_last(), Lead.created_at.desc(), Lead.id.asc()]


def _rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    calls = (
        select(func.count())
        .select_from(Call)
        .where(Call.customer_phone == Lead.phone, visible_calls(viewer))
        .correlate(Lead)
        .scalar_subquery()
    )
    return (
        select(
            Lead,
            User.name.label("owner"),
            Team.name.label("team"),
            Opportunity.external_id.label("opportunity"),
            calls.label("calls"),
        )
        .outerjoin(User, User.id == Lead.owner_id)
        .outerjoin(Team, Team.id == Lead.team_id)
        .outerjoin(Opportunity, Opportunity.id == Lead.opportunity_id)
    )


def _to_row(row: Row[*tuple[Any, ...]], viewer: Viewer) -> LeadRow:
    lead: Lead = row.Lead
    is_masked = lead.owner_id is None and viewer.role == "rep"
    return LeadRow(
        id=lead.id,
        external_id=lead.external_id,
        name=lead.name,
        company=lead.company,
        title=lead.title,
        phone=masked_phone(lead.phone) if is_masked else lead.phone,
        email=masked_email(lead.email) if is_masked else lead.email,
        is_masked=is_masked,
        source=lead.source,
        state=lead.state,
        grade=lead.grade,
        owner_id=lead.owner_id,
        owner=row.owner,
        team=row.team,
        owned_since=lead.owned_since,
        due_at=lead.due_at,
        last_action_at=lead.last_action_at,
        created_at=lead.created_at,
        calls=row.calls,
        opportunity=row.opportunity,
    )


def _history(session: Session, viewer: Viewer, lead_id: uuid.UUID, is_masked: bool) -> tuple[HistoryLine, ...]:
    actor, before, after = aliased(User), aliased(User), aliased(User)
    query = (
        select(LeadEvent, actor.name, before.name, after.name)
        .outerjoin(actor, actor.id == LeadEvent.actor_id)
        .outerjoin(before, before.id == LeadEvent.from_owner_id)
        .outerjoin(after, after.id == LeadEvent.to_owner_id)
        .where(LeadEvent.lead_id == lead_id)
        .order_by(LeadEvent.at.desc(), LeadEvent.id)
    )
    found = session.execute(query).all()
    calls = {uuid.UUID(event.reason) for event, *_ in found if event.kind in CALL_KINDS and event.reason}
    seen = set(session.scalars(select(Call.id).where(Call.id.in_(calls), visible_calls(viewer)))) if calls else set()
    lines = []
    for event, who, giver, getter in found:
        call = uuid.UUID(event.reason) if event.kind in CALL_KINDS and event.reason else None
        reason = None if call else event.reason
        reason = masked_text(reason) if reason and is_masked else reason
        lines.append(HistoryLine(event.at, event.kind, who, giver, getter, reason, call, call in seen))
    return tuple(lines)
