"""Performance points of a period, from what calls verified in it.

They are the same whoever asks: computed from all calls. Who asks sees the lines of people whose work they see.
"""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, selectinload

from models.calls import Call
from models.leads import Lead
from models.opportunities import Account, Approval, DoneAction, Opportunity
from models.people import User
from service.leads.points_views import PointsLine, PointsReport, RepPoints
from service.leads.rules import points_rules
from service.leads.suspicion import suspicious_conversions
from service.opportunities.facts import deal_facts
from service.people.viewer import OPERATOR, Viewer, visible_people
from service.records.pipelines import pipelines
from sop.deals.periods import Period
from sop.deals.pipeline import Pipeline
from sop.deals.points import Earned, earned
from sop.deals.points_rules import PointsRules
from sop.procedure import Wording


def period_named(session: Session, name: str | None, now: datetime) -> Period:
    """The period of that name, or the one that ``now`` falls in by the rules.

    Raises:
        ValueError: it is called neither ``2026-11`` nor ``2026-Q4``.
    """
    rules = points_rules(session)
    if name:
        return Period.named(name, rules.utc_offset_minutes)
    return Period.containing(now, rules.period, rules.utc_offset_minutes)


def points_report(session: Session, viewer: Viewer, period: Period, now: datetime) -> PointsReport:
    """What the people earned whose work the viewer sees, as far as the period has come by ``now``."""
    rules = points_rules(session)
    found = _earned(session, rules, period)
    people = session.scalars(
        select(User)
        .where(visible_people(viewer), or_(User.role == "rep", User.id.in_([uuid.UUID(rep) for rep in found])))
        .options(selectinload(User.team))
    ).all()
    shown = [
        RepPoints(
            user_id=person.id,
            name=person.name,
            team=person.team.name if person.team else None,
            total=round(sum(line.points for line in found.get(str(person.id), ())), 2),
            lines=tuple(found.get(str(person.id), ())),
        )
        for person in people
        if person.deactivated_at is None or str(person.id) in found
    ]
    shown.sort(key=lambda person: (-person.total, person.name))
    return PointsReport(period, rules, tuple(shown), suspicious_conversions(session, viewer, rules.checks, period, now))


def _earned(session: Session, rules: PointsRules, period: Period) -> dict[str, list[PointsLine]]:
    """All lines by the id of the rep, oldest first."""
    deals = _moved_deals(session, period)
    known, names, grades = pipelines(session), _names(session, deals), _grades(session, deals)
    found: defaultdict[str, list[PointsLine]] = defaultdict(list)
    for deal_id, facts in deal_facts(session, OPERATOR, deals).items():
        pipeline = known.get(facts.pipeline)
        if pipeline is None:
            continue
        for each in earned(rules, pipeline, facts, grades.get(deal_id), period):
            found[each.rep].append(_line(each, pipeline, names[deal_id]))
    return {rep: sorted(lines, key=lambda line: (line.at, line.opportunity)) for rep, lines in found.items()}


def _line(each: Earned, pipeline: Pipeline, named: tuple[str, str, str]) -> PointsLine:
    stage = pipeline.stage(each.stage)
    return PointsLine(
        opportunity=named[0],
        account=named[1],
        name=named[2],
        stage=each.stage,
        stage_title=stage.title if stage else Wording(each.stage, each.stage),
        at=each.at,
        points=each.points,
        share=each.share,
        grade=each.grade,
        evidence=each.evidence,
    )


def _moved_deals(session: Session, period: Period) -> list[uuid.UUID]:
    """The deals of which something came to be known in the period; no others can have reached a stage in it."""
    called = select(Call.opportunity_id).where(
        Call.started_at >= period.start, Call.started_at < period.end, Call.deleted_at.is_(None)
    )
    approved = select(Approval.opportunity_id).where(
        or_(
            Approval.requested_at.between(period.start, period.end),
            Approval.decided_at.between(period.start, period.end),
        )
    )
    done = select(DoneAction.opportunity_id).where(DoneAction.done_at.between(period.start, period.end))
    closed = or_(Opportunity.closed_at.is_(None), Opportunity.closed_at.between(period.start, period.end))
    won = (Opportunity.outcome == "won") & closed
    moved = or_(Opportunity.id.in_(called), Opportunity.id.in_(approved), Opportunity.id.in_(done), won)
    query = select(Opportunity.id).where(Opportunity.deleted_at.is_(None), moved)
    return list(session.scalars(query.order_by(Opportunity.id)))


def _names(session: Session, deals: Collection[uuid.UUID]) -> Mapping[uuid.UUID, tuple[str, str, str]]:
    query = (
        select(Opportunity.id, Opportunity.external_id, Account.name.label("account"), Opportunity.name)
        .join(Account, Account.id == Opportunity.account_id)
        .where(Opportunity.id.in_(deals))
    )
    return {row.id: (row.external_id, row.account, row.name) for row in session.execute(query)}


def _grades(session: Session, deals: Collection[uuid.UUID]) -> Mapping[uuid.UUID, str | None]:
    """The grade of the lead that each deal was made from."""
    query = select(Lead.opportunity_id, Lead.grade).where(Lead.opportunity_id.in_(deals))
    return {deal: grade for deal, grade in session.execute(query) if deal is not None}
