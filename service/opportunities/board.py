"""The board: deals at the stage the CRM claims, each with the stage its calls verify, its lacks and its worst risk."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from service.opportunities.figures import Figures, Money, figures, most_at_risk, sums, widest
from service.opportunities.filters import OpportunityFilters
from service.opportunities.queries import list_rows
from service.opportunities.risks import risks_by_deal
from service.opportunities.stages import condition_title, sentence, word
from service.opportunities.track import Track, track
from service.opportunities.verdicts import facts_of, gaps_of
from service.opportunities.views import OpportunityRow
from service.people.viewer import Viewer
from service.records.pipelines import DEFAULT_PIPELINE, pipelines
from service.web.rendering import Reader
from sop.deals.gap import Gap
from sop.deals.pipeline import Pipeline
from sop.deals.risks import Risk

CARDS = 10
"""How many deals of a stage the board shows; the list has the others."""
_LACKS = 2


@dataclass(frozen=True, slots=True)
class CardRisk:
    """The worst risk of a deal, in words."""

    kind: str
    severity: str
    title: str
    why: str


@dataclass(frozen=True, slots=True)
class Card:
    """A deal on the board. ``lacks`` tells in words what calls would have to show first: what nobody said, and what
    is not known; empty where they lack nothing."""

    row: OpportunityRow
    track: Track
    lacks: str
    at_risk: Decimal | None
    risk: CardRisk | None


@dataclass(frozen=True, slots=True)
class Column:
    """A stage with its deals, the most money at risk first; at most :data:`CARDS` of ``count``."""

    stage: str
    title: str
    count: int
    amount: Money
    cards: tuple[Card, ...]
    address: str


@dataclass(frozen=True, slots=True)
class Board:
    """A pipeline's deals by stage."""

    pipeline: str
    title: str
    columns: tuple[Column, ...]
    figures: Figures


@dataclass(frozen=True, slots=True)
class Judged:
    """A deal with its gap (None: its pipeline is gone) and, once they were asked for, its risks, the worst first."""

    row: OpportunityRow
    pipeline: Pipeline | None
    gap: Gap | None
    risks: tuple[Risk, ...] = ()

    @property
    def external_id(self) -> str:
        return self.row.external_id

    @property
    def owner_id(self) -> uuid.UUID | None:
        return self.row.owner_id

    @property
    def owner(self) -> str | None:
        return self.row.owner

    @property
    def team_id(self) -> uuid.UUID | None:
        return self.row.team_id

    @property
    def team(self) -> str | None:
        return self.row.team

    @property
    def amount(self) -> Decimal | None:
        return self.row.amount

    @property
    def currency(self) -> str | None:
        return self.row.currency

    @property
    def stages(self) -> int:
        return self.gap.stages if self.gap else 0


def judged(session: Session, viewer: Viewer, filters: OpportunityFilters, now: datetime) -> tuple[Judged, ...]:
    """The deals that ``filters`` let through, each judged, in the order that ``filters`` ask for."""
    found = judge(session, viewer, list_rows(session, viewer, filters), now)
    kept = [deal for deal in found if deal.stages >= filters.min_gap]
    if filters.risk is not None:
        kept = [deal for deal in with_risks(session, viewer, kept, now) if _has_risk(deal, filters.risk)]
    if filters.sort == "gap":
        ordered = widest(kept)
        return tuple(ordered if filters.descending else reversed(ordered))
    return tuple(kept)


def judge(session: Session, viewer: Viewer, rows: Sequence[OpportunityRow], now: datetime) -> list[Judged]:
    """The deals of ``rows`` with their gaps, in the same order."""
    gaps = gaps_of(session, viewer, {row.id: row.pipeline for row in rows}, now)
    return [Judged(row, *gaps.get(row.id, (None, None))) for row in rows]


def with_risks(session: Session, viewer: Viewer, deals: Sequence[Judged], now: datetime) -> list[Judged]:
    """The deals with the risks of those that are open: for the few that are shown, as it takes all their words."""
    opened = [deal.row.id for deal in deals if deal.row.outcome == "open"]
    facts = facts_of(session, viewer, opened)
    risks = risks_by_deal(session, viewer, facts, now) if facts else {}
    return [replace(deal, risks=risks.get(deal.row.id, ())) for deal in deals]


def board(session: Session, viewer: Viewer, filters: OpportunityFilters, now: datetime, to: Reader) -> Board:
    """The board of the pipeline that ``filters`` name, the default one where they name none."""
    known = pipelines(session)
    pipeline = known.get(filters.pipeline or DEFAULT_PIPELINE) or known[DEFAULT_PIPELINE]
    wanted = replace(filters, pipeline=pipeline.id, outcome=filters.outcome or "open", stage=None)
    deals = judged(session, viewer, wanted, now)
    by_stage = _by_stage(deals)
    drawn = [deal for here in by_stage.values() for deal in here[:CARDS]]
    shown = {deal.row.id: deal for deal in with_risks(session, viewer, drawn, now)}
    columns = tuple(_columns(pipeline, by_stage, shown, wanted, to))
    return Board(pipeline.id, word(pipeline.title, to.language), columns, figures(deals))


def card(deal: Judged, to: Reader) -> Card | None:
    """The deal as it is drawn; None where its pipeline is gone."""
    if deal.pipeline is None or deal.gap is None:
        return None
    return Card(
        row=deal.row,
        track=deal_track(deal.pipeline, deal.gap, deal.row.outcome, to.language),
        lacks=_lacks(deal.gap, to),
        at_risk=deal.gap.at_risk,
        risk=_risk(deal.risks, to),
    )


def _lacks(gap: Gap, to: Reader) -> str:
    """What calls would have to show first; of what is unknown it isn't said that nobody said it."""
    first = gap.missing[:_LACKS]
    told = []
    for words, is_unknown in (("pipeline.lacks", False), ("pipeline.unsure", True)):
        titles = [
            condition_title(each.condition, to.language) for each in first if (each.outcome == "unknown") is is_unknown
        ]
        if titles:
            told.append(to.t(words, what=to.t("pipeline.comma").join(titles)))
    return to.t("pipeline.comma").join(told)


def deal_track(pipeline: Pipeline, gap: Gap, outcome: str, language: str) -> Track:
    """The way of a deal through its open stages; to the end where it, or what its calls show, got there."""
    stages = [(stage.id, word(stage.title, language)) for stage in pipeline.open_stages]
    ends = [(stage.id, word(stage.title, language)) for stage in pipeline.stages if stage.kind == "won"][:1]
    ids = [stage for stage, _ in stages]
    places = [ids.index(stage) if stage in ids else len(ids) for stage in (gap.verified, gap.possible)]
    claimed = ids.index(gap.claimed) if gap.claimed in ids else len(ids) if outcome == "won" else 0
    if outcome == "lost":
        return track(stages + ends, None, *places)
    return track(stages + (ends if max(claimed, places[0]) == len(ids) else []), claimed, *places)


def _has_risk(deal: Judged, kind: str) -> bool:
    return any(risk.kind == kind for risk in deal.risks)


def _columns(
    pipeline: Pipeline,
    by_stage: Mapping[str, Sequence[Judged]],
    shown: Mapping[uuid.UUID, Judged],
    filters: OpportunityFilters,
    to: Reader,
) -> Iterable[Column]:
    for stage in pipeline.stages:
        here = by_stage.get(stage.id, [])
        if stage.kind != (filters.outcome or "open") and not here:
            continue
        drawn = (card(shown[deal.row.id], to) for deal in here[:CARDS])
        yield Column(
            stage=stage.id,
            title=word(stage.title, to.language),
            count=len(here),
            amount=sums((deal.row.currency, deal.row.amount) for deal in here),
            cards=tuple(each for each in drawn if each),
            address=filters.with_stage(stage.id).address(),
        )


def _by_stage(deals: Sequence[Judged]) -> dict[str, list[Judged]]:
    """The deals by the stage the CRM claims, those with most money at risk first."""
    found: defaultdict[str, list[Judged]] = defaultdict(list)
    for deal in most_at_risk(deals):
        found[deal.row.stage].append(deal)
    return found


def _risk(risks: Sequence[Risk], to: Reader) -> CardRisk | None:
    if not risks:
        return None
    worst = risks[0]
    return CardRisk(worst.kind, worst.severity, to.t(f"risk.{worst.kind}"), sentence(worst.reason, to))
