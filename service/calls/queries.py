"""Every question about calls. What the viewer may not see does not exist."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from sqlalchemy import ColumnElement, Row, cast, func, select
from sqlalchemy.dialects.postgresql import TSQUERY
from sqlalchemy.orm import Session

from models.calls import Call, Recording, StoredTurn
from models.opportunities import Account, Opportunity
from models.people import User
from models.scores import CallMetric, SopVersion, StoredKeyEvent, StoredScorecard, StoredStepResult
from service.calls import matching, newest
from service.calls.filters import CallFilters
from service.calls.reading import Correction, reading
from service.calls.roles import Party, speaker_of
from service.calls.views import (
    CallDetail,
    CallPage,
    CallRow,
    Choice,
    Choices,
    EventMark,
    ScorecardView,
    SearchHit,
    StepView,
)
from service.people.viewer import Viewer, visible_calls, visible_opportunities
from service.reviews.carrying import orphans
from service.reviews.counting import words
from service.reviews.marks import judged
from service.search.terms import tsquery
from sop.events import Slot

PAGE_SIZE = 50


def list_calls(
    session: Session, viewer: Viewer, filters: CallFilters, page: int = 1, size: int = PAGE_SIZE
) -> CallPage:
    """One page of the calls that ``filters`` let through; ``page`` counts from 1.

    Takes the same few statements however many calls there are.
    """
    conditions = matching.conditions(viewer, filters)
    total = session.scalar(newest.joined(select(func.count())).where(*conditions)) or 0
    page = min(max(1, page), max(1, -(-total // size)))
    found = session.execute(
        newest.rows(conditions).order_by(*matching.order(filters)).limit(size).offset((page - 1) * size)
    ).all()
    rows = _with_events(session, found)
    if query := tsquery(filters.text):
        rows = _with_hits(session, rows, found, query)
    return CallPage(tuple(rows), total, page, size)


def calls_of_opportunity(session: Session, viewer: Viewer, external_id: str) -> tuple[CallRow, ...]:
    """The calls of an opportunity, oldest first."""
    conditions = [
        visible_calls(viewer),
        Opportunity.external_id == external_id,
        Opportunity.deleted_at.is_(None),
    ]
    found = session.execute(newest.rows(conditions).order_by(Call.started_at, Call.id)).all()
    return tuple(_with_events(session, found))


def recent_calls(
    session: Session, viewer: Viewer, *conditions: ColumnElement[bool], limit: int = PAGE_SIZE
) -> tuple[CallRow, ...]:
    """The newest calls that meet ``conditions`` on calls, opportunities or contacts."""
    query = newest.rows([visible_calls(viewer), Recording.deleted_at.is_(None), *conditions])
    found = session.execute(query.order_by(Call.started_at.desc(), Call.id).limit(limit)).all()
    return tuple(_with_events(session, found))


def get_call(session: Session, viewer: Viewer, call_id: uuid.UUID) -> CallDetail | None:
    """Everything about one call, or None when it does not exist for this viewer."""
    row = session.execute(newest.rows([visible_calls(viewer), Call.id == call_id])).one_or_none()
    if row is None:
        return None
    events = _events(session, {row.analysis_id: row.transcript_id} if row.analysis_id else {}).get(row.analysis_id, ())
    heard = reading(session, row.transcript_id, Correction.of(row)) if row.transcript_id else None
    return CallDetail(
        call=_marked(newest.to_row(row), events),
        channels=row.channels,
        notes=tuple(row.notes or ()),
        roles=heard.roles if heard else None,
        turns=heard.turns if heard else (),
        removed=heard.removed if heard else (),
        events=events,
        metrics=_metrics(session, row.analysis_id),
        scorecard=_scorecard_view(session, row.scorecard_id),
        orphans=orphans(session, call_id, row.transcript_id) if row.transcript_id else (),
    )


def call_choices(session: Session, viewer: Viewer) -> Choices:
    """What the filters can be set to: the reps and opportunities of the calls this viewer sees."""
    reps = session.execute(
        select(User.id, User.name)
        .where(User.id.in_(select(Call.rep_id).where(visible_calls(viewer))))
        .order_by(User.name)
    )
    called = select(Call.opportunity_id).where(visible_calls(viewer))
    deals = session.execute(
        select(Opportunity.external_id, Account.name, Opportunity.name.label("deal"))
        .join(Account, Account.id == Opportunity.account_id)
        .where(Opportunity.id.in_(called), visible_opportunities(viewer))
        .order_by(Account.name, Opportunity.external_id)
    )
    return Choices(
        reps=tuple(Choice(str(rep.id), rep.name) for rep in reps),
        opportunities=tuple(Choice(d.external_id, f"{d.name} · {d.external_id}") for d in deals),
    )


def _with_events(session: Session, found: Sequence[Row[*tuple[Any, ...]]]) -> list[CallRow]:
    events = _events(session, {row.analysis_id: row.transcript_id for row in found if row.analysis_id})
    return [_marked(newest.to_row(row), events.get(row.analysis_id, ())) for row in found]


def _marked(row: CallRow, events: Sequence[EventMark]) -> CallRow:
    return replace(
        row,
        events=tuple(event for event in events if event.is_present),
        doubtful=tuple(event for event in events if event.doubtful and event.verdict is None),
    )


def _with_hits(
    session: Session, rows: Iterable[CallRow], found: Sequence[Row[*tuple[Any, ...]]], query: str
) -> list[CallRow]:
    hits = _first_hits(session, {row.transcript_id: row.rep_party for row in found if row.transcript_id}, query)
    return [replace(row, hit=hits.get(source.transcript_id)) for row, source in zip(rows, found, strict=True)]


def _first_hits(session: Session, reps: Mapping[uuid.UUID, str], query: str) -> dict[uuid.UUID, SearchHit]:
    """Of each transcript the first turn that holds the words; ``reps`` are the transcripts with the rep in them
    that a person named, or empty."""
    counted = (
        select(
            StoredTurn.transcript_id,
            func.min(StoredTurn.position).label("first"),
            func.count().label("turns"),
        )
        .where(StoredTurn.transcript_id.in_(list(reps)), StoredTurn.terms.op("@@")(cast(query, TSQUERY)))
        .group_by(StoredTurn.transcript_id)
        .subquery()
    )
    is_first = (StoredTurn.transcript_id == counted.c.transcript_id) & (StoredTurn.position == counted.c.first)
    found = session.execute(select(StoredTurn, counted.c.turns).join(counted, is_first))
    return {
        turn.transcript_id: SearchHit(
            turn=turn.position,
            start_ms=turn.start_ms,
            speaker=_speaker(turn, reps[turn.transcript_id]),
            voice=turn.voice,
            text=turn.text,
            turns=turns,
        )
        for turn, turns in found
    }


def _speaker(turn: StoredTurn, rep: str) -> str:
    return speaker_of(Party(turn.channel, turn.voice), Party.parse(rep)) if rep else turn.speaker


def _events(session: Session, analyses: Mapping[uuid.UUID, uuid.UUID]) -> dict[uuid.UUID, tuple[EventMark, ...]]:
    """The key events of analyses, given with their transcripts, as people who reviewed them left them."""
    if not analyses:
        return {}
    found: defaultdict[uuid.UUID, list[EventMark]] = defaultdict(list)
    stored = session.scalars(
        select(StoredKeyEvent)
        .where(StoredKeyEvent.analysis_id.in_(analyses))
        .order_by(StoredKeyEvent.analysis_id, StoredKeyEvent.start_ms, StoredKeyEvent.position)
    )
    for e in stored:
        mark = EventMark(e.event, e.doubtful, e.turn, e.start_ms, e.end_ms, e.speaker, e.quote, e.confidence)
        found[e.analysis_id].append(replace(mark, slots=tuple(Slot(**slot) for slot in e.slots)))
    said = words(session, set(analyses.values()))
    return {analysis: judged(found[analysis], said.get(source, ())) for analysis, source in analyses.items()}


def _metrics(session: Session, analysis_id: uuid.UUID | None) -> dict[str, float]:
    if analysis_id is None:
        return {}
    stored = session.execute(select(CallMetric.metric, CallMetric.value).where(CallMetric.analysis_id == analysis_id))
    return {row.metric: row.value for row in stored}


def _scorecard_view(session: Session, scorecard_id: uuid.UUID | None) -> ScorecardView | None:
    if scorecard_id is None:
        return None
    card, version = session.execute(
        select(StoredScorecard, SopVersion)
        .join(SopVersion, SopVersion.id == StoredScorecard.sop_version_id)
        .where(StoredScorecard.id == scorecard_id)
    ).one()
    steps = session.scalars(
        select(StoredStepResult)
        .where(StoredStepResult.scorecard_id == scorecard_id)
        .order_by(StoredStepResult.position)
    )
    return ScorecardView(
        sop_name=version.name,
        sop_number=version.number,
        document=version.document,
        score=card.score,
        low=card.low,
        high=card.high,
        reason=card.reason,
        steps=tuple(_step_view(step) for step in steps),
        recording_hash=card.recording_hash,
        sop_hash=card.sop_hash,
        weights_hash=card.weights_hash,
        scored_at=card.created_at,
    )


def _step_view(step: StoredStepResult) -> StepView:
    return StepView(
        step=step.step,
        title=step.title,
        outcome=step.outcome,
        points=step.points,
        max_points=step.max_points,
        confidence=step.confidence,
        reason=step.reason,
        evidence=tuple(step.evidence),
        criteria=tuple(step.criteria),
        dimensions=tuple(step.dimensions),
    )
