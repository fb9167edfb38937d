"""Conversions of leads that look odd, with the reasons; what calls can't tell yet is no reason."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session, aliased

from models.calls import Call, Recording
from models.leads import Lead, LeadEvent
from models.opportunities import Opportunity
from models.people import User
from service.calls import newest
from service.leads.grading import answered
from service.leads.history import LOST
from service.leads.points_views import SuspiciousConversion
from service.opportunities.facts import deal_facts
from service.people.viewer import OPERATOR, Viewer, own_or_team
from service.records.pipelines import pipelines
from sop.deals.facts import DealFacts
from sop.deals.gap import truth_gap
from sop.deals.periods import Period
from sop.deals.pipeline import Pipeline
from sop.deals.points_rules import Checks
from sop.deals.suspicions import ClaimedStage, Conversion, LeadTalk, LostLead, suspicions


@dataclass(frozen=True, slots=True)
class _Converted:
    """A conversion as it is stored."""

    lead: Lead
    at: datetime
    rep_id: uuid.UUID | None
    rep: str
    deal_id: uuid.UUID
    deal: str


def suspicious_conversions(
    session: Session, viewer: Viewer, checks: Checks, period: Period, now: datetime
) -> tuple[SuspiciousConversion, ...]:
    """Those of the period, by people whose work the viewer sees; oldest first."""
    converted = _conversions(session, viewer, period)
    facts = deal_facts(session, OPERATOR, [each.deal_id for each in converted])
    known, found = pipelines(session), []
    for each in converted:
        deal = facts.get(each.deal_id)
        pipeline = known.get(deal.pipeline) if deal is not None else None
        stage = _stage(pipeline, deal, now) if pipeline is not None and deal is not None else None
        reasons = suspicions(checks, _to_check(session, each, stage))
        if reasons:
            titles = {one.id: one.title for one in pipeline.stages} if pipeline is not None else {}
            found.append(
                SuspiciousConversion(each.lead.id, _called(each.lead), each.deal, each.rep, each.at, reasons, titles)
            )
    return tuple(found)


def _conversions(session: Session, viewer: Viewer, period: Period) -> Sequence[_Converted]:
    query = (
        select(Lead, LeadEvent.at, LeadEvent.from_owner_id, User.name, Opportunity.id, Opportunity.external_id)
        .join(LeadEvent, (LeadEvent.lead_id == Lead.id) & (LeadEvent.kind == "converted"))
        .join(User, User.id == LeadEvent.from_owner_id)
        .join(Opportunity, Opportunity.id == Lead.opportunity_id)
        .where(
            LeadEvent.at >= period.start,
            LeadEvent.at < period.end,
            own_or_team(viewer, LeadEvent.from_owner_id),
            Lead.deleted_at.is_(None),
        )
        .order_by(LeadEvent.at, Lead.id)
    )
    return [_Converted(*row) for row in session.execute(query)]


def _to_check(session: Session, each: _Converted, stage: ClaimedStage | None) -> Conversion:
    if not each.lead.phone:
        return Conversion(each.at, each.lead.owned_since, stage=stage)
    return Conversion(
        converted_at=each.at,
        owned_since=each.lead.owned_since,
        talks=_talks(session, each),
        same_phone=_same_phone(session, each),
        lost=_lost(session, each),
        stage=stage,
    )


def _talks(session: Session, each: _Converted) -> tuple[LeadTalk, ...]:
    """The calls with the lead's number until it was converted."""
    duration = func.coalesce(newest.transcript.c.duration_ms, Recording.duration_ms, 0)
    query = newest.joined(select(Call.started_at, duration.label("duration_ms"), answered().label("answered")))
    of_lead = (Call.customer_phone == each.lead.phone, Call.started_at <= each.at, Call.deleted_at.is_(None))
    found = session.execute(query.where(*of_lead, Recording.deleted_at.is_(None)).order_by(Call.started_at))
    return tuple(LeadTalk(row.started_at, row.duration_ms, row.answered) for row in found)


def _same_phone(session: Session, each: _Converted) -> tuple[str, ...]:
    """The other leads of the number that were converted before this one."""
    other, event = aliased(Lead), aliased(LeadEvent)
    query = (
        select(other)
        .join(event, (event.lead_id == other.id) & (event.kind == "converted"))
        .where(
            other.phone == each.lead.phone, other.id != each.lead.id, event.at <= each.at, other.deleted_at.is_(None)
        )
        .order_by(event.at, other.id)
    )
    return tuple(_called(lead) for lead in session.scalars(query))


def _lost(session: Session, each: _Converted) -> tuple[LostLead, ...]:
    """Leads of the same number under other ids that the same rep had lost."""
    other = aliased(Lead)
    query = (
        select(other, LeadEvent.at)
        .join(LeadEvent, LeadEvent.lead_id == other.id)
        .where(
            other.phone == each.lead.phone,
            other.id != each.lead.id,
            LeadEvent.kind.in_(LOST),
            LeadEvent.from_owner_id == each.rep_id,
            LeadEvent.at <= each.at,
        )
        .order_by(LeadEvent.at)
    )
    return tuple(LostLead(_called(lead), at) for lead, at in session.execute(query))


def _stage(pipeline: Pipeline, facts: DealFacts, now: datetime) -> ClaimedStage:
    """What the deal claims beyond all that its calls could verify: what is unknown could still turn out right."""
    gap = truth_gap(pipeline, facts, now)
    return ClaimedStage(gap.claimed, gap.possible, gap.stages - gap.unsure)


def _called(lead: Lead) -> str:
    return lead.external_id or lead.company or lead.name
