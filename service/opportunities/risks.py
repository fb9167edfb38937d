"""The risks of deals, from the viewer's calls and from how the CRM's record was changed."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.opportunities import Opportunity, StageChange
from models.records import Change
from service.opportunities.facts import deal_facts
from service.opportunities.next_steps import steps_by_deal, visible_deal
from service.people.viewer import Viewer, visible_opportunities
from service.records.pipelines import pipelines
from sop.deals.facts import DealFacts
from sop.deals.next_steps import NextStep
from sop.deals.risks import DatePush, DealHistory, Risk, risks
from sop.procedure import Wording

_FEWEST_STAYS = 5
"""Fewer completed stays tell nothing of how long one usually takes."""


def risks_of(session: Session, viewer: Viewer, external_id: str, now: datetime) -> tuple[Risk, ...] | None:
    """The risks of a deal, the gravest first; None when the viewer sees no such deal."""
    deal = visible_deal(session, viewer, external_id)
    if deal is None:
        return None
    return risks_by_deal(session, viewer, deal_facts(session, viewer, [deal]), now).get(deal, ())


def risks_by_deal(
    session: Session,
    viewer: Viewer,
    facts: Mapping[uuid.UUID, DealFacts],
    now: datetime,
    steps: Mapping[uuid.UUID, tuple[NextStep, ...]] | None = None,
) -> dict[uuid.UUID, tuple[Risk, ...]]:
    """The risks of deals whose facts the viewer may see, by a handful of statements for all.

    ``steps`` saves finding them again.
    """
    steps = steps_by_deal(session, facts, now) if steps is None else steps
    usual = _usual_days(session, viewer) if any(known.outcome == "open" for known in facts.values()) else {}
    pushes = _pushes(session, list(facts))
    titles = {
        (name, stage.id): stage.title for name, pipeline in pipelines(session).items() for stage in pipeline.stages
    }
    found = {}
    for deal, known in facts.items():
        stage = (known.pipeline, known.stage)
        history = DealHistory(
            stage_title=titles.get(stage) or Wording(known.stage, known.stage),
            usual_days=usual.get(stage),
            pushes=tuple(pushes.get(deal, ())),
        )
        found[deal] = risks(known, steps.get(deal, ()), history, now)
    return found


def _usual_days(session: Session, viewer: Viewer) -> dict[tuple[str, str], int]:
    """By pipeline and stage the median days that deals the viewer sees have stayed in it."""
    left = func.lead(StageChange.changed_at).over(
        partition_by=StageChange.opportunity_id, order_by=(StageChange.changed_at, StageChange.id)
    )
    stays = (
        select(
            Opportunity.pipeline,
            StageChange.stage,
            func.extract("epoch", left - StageChange.changed_at).label("seconds"),
        )
        .join(Opportunity, Opportunity.id == StageChange.opportunity_id)
        .where(visible_opportunities(viewer))
        .subquery()
    )
    median = func.percentile_cont(0.5).within_group(stays.c.seconds)
    query = (
        select(stays.c.pipeline, stays.c.stage, median.label("seconds"))
        .where(stays.c.seconds.is_not(None))
        .group_by(stays.c.pipeline, stays.c.stage)
        .having(func.count() >= _FEWEST_STAYS)
    )
    return {(row.pipeline, row.stage): round(row.seconds / 86400) for row in session.execute(query)}


def _pushes(session: Session, deals: Collection[uuid.UUID]) -> dict[uuid.UUID, list[DatePush]]:
    """How the expected close of deals was changed, from the audit trail."""
    wanted = {str(deal): deal for deal in deals}
    query = (
        select(Change.noun_id, Change.at, Change.old, Change.new)
        .where(Change.noun == "opportunity", Change.noun_id.in_(wanted), Change.field == "expected_close")
        .order_by(Change.id)
    )
    found: defaultdict[uuid.UUID, list[DatePush]] = defaultdict(list)
    for row in session.execute(query):
        old, new = _day(row.old), _day(row.new)
        if old and new:
            found[wanted[row.noun_id]].append(DatePush(row.at, old, new))
    return found


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
