"""The truth gaps of deals, one by one with all that proves them, and of all as far as the viewer sees."""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from models.opportunities import Account, Opportunity
from models.people import Team, User
from service.opportunities.answers import Answer, answers
from service.opportunities.facts import deal_facts
from service.opportunities.figures import widest
from service.opportunities.verdicts import gaps_of
from service.people.viewer import Viewer, visible_opportunities
from service.records.pipelines import pipelines
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap, truth_gap
from sop.deals.pipeline import Pipeline
from sop.deals.violations import Violation, violations


@dataclass(frozen=True, slots=True)
class DealGap:
    """A deal with what it claims and what its calls verify. ``owner`` and ``team`` are names, or None."""

    id: uuid.UUID
    external_id: str
    name: str
    account: str
    owner_id: uuid.UUID | None
    owner: str | None
    team_id: uuid.UUID | None
    team: str | None
    outcome: str
    amount: Decimal | None
    currency: str | None
    pipeline: Pipeline
    gap: Gap


@dataclass(frozen=True, slots=True)
class DealProof:
    """A deal's gap with the evidence of its verdicts, all facts, the violations, oldest first, and people's answers to
    these by their keys."""

    deal: DealGap
    facts: DealFacts
    violations: tuple[Violation, ...]
    answers: Mapping[str, Answer]

    @property
    def gap(self) -> Gap:
        return self.deal.gap


def deal_gap(session: Session, viewer: Viewer, external_id: str, now: datetime) -> DealProof | None:
    """One deal with its gap, its violations and the answers to them; None where it does not exist for the viewer."""
    row = session.execute(_rows(viewer).where(Opportunity.external_id == external_id)).one_or_none()
    if row is None:
        return None
    facts = deal_facts(session, viewer, [row.id])
    pipeline, fact = pipelines(session).get(row.pipeline), facts.get(row.id)
    if pipeline is None or fact is None:
        return None
    deal = _deal(row, pipeline, truth_gap(pipeline, fact, now))
    told = answers(session, facts).get(row.id, {})
    return DealProof(deal, fact, violations(pipeline, fact, now), told)


def deal_gaps(session: Session, viewer: Viewer, now: datetime, outcome: str | None = "open") -> tuple[DealGap, ...]:
    """The deals of an outcome (None: all), those with the widest gap first, then those with the most money at risk.

    Their gaps are without evidence.
    """
    query = _rows(viewer)
    if outcome is not None:
        query = query.where(Opportunity.outcome == outcome)
    rows = session.execute(query).all()
    found = gaps_of(session, viewer, {row.id: row.pipeline for row in rows}, now)
    return tuple(widest([_deal(row, *found[row.id]) for row in rows if row.id in found]))


def _deal(row: Row[*tuple[Any, ...]], pipeline: Pipeline, gap: Gap) -> DealGap:
    return DealGap(
        id=row.id,
        external_id=row.external_id,
        name=row.name,
        account=row.account,
        owner_id=row.owner_id,
        owner=row.owner,
        team_id=row.team_id,
        team=row.team,
        outcome=row.outcome,
        amount=row.amount,
        currency=row.currency,
        pipeline=pipeline,
        gap=gap,
    )


def _rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.name,
            Opportunity.pipeline,
            Opportunity.outcome,
            Opportunity.amount,
            Opportunity.currency,
            Account.name.label("account"),
            Opportunity.owner_id,
            User.name.label("owner"),
            User.team_id,
            Team.name.label("team"),
        )
        .join(Account, Account.id == Opportunity.account_id)
        .outerjoin(User, User.id == Opportunity.owner_id)
        .outerjoin(Team, Team.id == User.team_id)
        .where(visible_opportunities(viewer))
        .order_by(Opportunity.external_id)
    )
