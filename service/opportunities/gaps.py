"""The truth gaps of deals, one by one and summed up by rep and by team, as far as the viewer sees."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Literal

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from models.opportunities import Account, Opportunity
from models.people import Team, User
from service.opportunities.answers import Answer, answers
from service.opportunities.facts import Judging, deal_facts
from service.people.viewer import Viewer, visible_opportunities
from service.records.pipelines import pipelines
from sop.deals.facts import DealFacts
from sop.deals.gap import Gap, truth_gap
from sop.deals.pipeline import Pipeline
from sop.deals.violations import Violation, violations

By = Literal["deal", "rep", "team"]


@dataclass(frozen=True, slots=True)
class DealGap:
    """A deal with what it claims and what its calls verify. ``owner`` and ``team`` are names, None where it has none.

    ``violations`` are oldest first, ``answers`` are people's words on them by their keys. Without these the ``facts``
    hold only as many events as judging the gap takes.
    """

    id: uuid.UUID
    external_id: str
    name: str
    account: str
    owner_id: uuid.UUID | None
    owner: str | None
    team_id: uuid.UUID | None
    team: str | None
    pipeline: Pipeline
    facts: DealFacts
    gap: Gap
    violations: tuple[Violation, ...] = ()
    answers: Mapping[str, Answer] | None = None


@dataclass(frozen=True, slots=True)
class GapGroup:
    """The open deals of a rep or a team: how many, how many with a gap, and money by currency (None: none given).

    ``name`` is None for deals that nobody owns, or owners of no team. ``stages`` is the sum over the deals.
    """

    id: uuid.UUID | None
    name: str | None
    deals: int
    with_gap: int
    stages: int
    amount: Mapping[str | None, Decimal]
    at_risk: Mapping[str | None, Decimal]


def deal_gap(session: Session, viewer: Viewer, external_id: str, now: datetime) -> DealGap | None:
    """One deal with its gap, its violations and the answers to them; None where it does not exist for the viewer."""
    row = session.execute(_rows(viewer).where(Opportunity.external_id == external_id)).one_or_none()
    if row is None:
        return None
    found = _judged(session, viewer, [row], now, with_violations=True)
    return found[0] if found else None


def deal_gaps(
    session: Session, viewer: Viewer, now: datetime, *, with_violations: bool = False, outcome: str | None = "open"
) -> tuple[DealGap, ...]:
    """The deals of an outcome (None: all), those with the widest gap first, then those with the most money at risk.

    Sums of different currencies are not exchanged: within a gap's width deals are in order of currency.
    """
    query = _rows(viewer)
    if outcome is not None:
        query = query.where(Opportunity.outcome == outcome)
    found = _judged(session, viewer, session.execute(query).all(), now, with_violations=with_violations)
    return tuple(sorted(found, key=_widest))


def gap_groups(deals: Iterable[DealGap], by: Literal["rep", "team"]) -> tuple[GapGroup, ...]:
    """The open ones of ``deals`` by owner or by the owner's team, those with the largest share of gaps first."""
    members: defaultdict[tuple[uuid.UUID | None, str | None], list[DealGap]] = defaultdict(list)
    for deal in deals:
        if deal.facts.outcome == "open":
            members[(deal.owner_id, deal.owner) if by == "rep" else (deal.team_id, deal.team)].append(deal)
    groups = (_group(id_, name, found) for (id_, name), found in members.items())
    return tuple(sorted(groups, key=lambda group: (-group.with_gap / group.deals, -group.stages, group.name or "")))


def _group(id_: uuid.UUID | None, name: str | None, deals: Sequence[DealGap]) -> GapGroup:
    return GapGroup(
        id=id_,
        name=name,
        deals=len(deals),
        with_gap=sum(deal.gap.stages > 0 for deal in deals),
        stages=sum(deal.gap.stages for deal in deals),
        amount=_sums((deal.facts.currency, deal.facts.amount) for deal in deals),
        at_risk=_sums((deal.facts.currency, deal.gap.at_risk) for deal in deals),
    )


def _sums(amounts: Iterable[tuple[str | None, Decimal | None]]) -> dict[str | None, Decimal]:
    found: defaultdict[str | None, Decimal] = defaultdict(Decimal)
    for currency, amount in amounts:
        if amount is not None:
            found[currency] += amount
    return dict(sorted(found.items(), key=lambda entry: entry[0] or ""))


def _widest(deal: DealGap) -> tuple[int, str, Decimal, str]:
    return -deal.gap.stages, deal.facts.currency or "", -(deal.gap.at_risk or Decimal(0)), deal.external_id


def _judged(
    session: Session,
    viewer: Viewer,
    rows: Collection[Row[*tuple[Any, ...]]],
    now: datetime,
    *,
    with_violations: bool,
) -> list[DealGap]:
    known = pipelines(session)
    judging = None if with_violations else Judging(known, now)
    facts = deal_facts(session, viewer, [row.id for row in rows], judging)
    told = answers(session, facts) if with_violations else {}
    found = []
    for row in rows:
        pipeline, fact = known.get(row.pipeline), facts.get(row.id)
        if pipeline is None or fact is None:
            continue
        found.append(
            DealGap(
                id=row.id,
                external_id=row.external_id,
                name=row.name,
                account=row.account,
                owner_id=row.owner_id,
                owner=row.owner,
                team_id=row.team_id,
                team=row.team,
                pipeline=pipeline,
                facts=fact,
                gap=truth_gap(pipeline, fact, now),
                violations=violations(pipeline, fact, now) if with_violations else (),
                answers=told.get(row.id, {}) if with_violations else None,
            )
        )
    return found


def _rows(viewer: Viewer) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Opportunity.id,
            Opportunity.external_id,
            Opportunity.name,
            Opportunity.pipeline,
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
