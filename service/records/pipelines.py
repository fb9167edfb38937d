"""The pipelines that count, read from their documents, and how many deals are in each stage."""

from __future__ import annotations

from functools import lru_cache

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from models.opportunities import Opportunity
from service.people.viewer import Viewer, visible_opportunities
from service.records.audit import Via
from service.records.bulk import lock_records
from service.records.configurations import documents, save
from sop.deals.pipeline import Pipeline
from sop.deals.pipeline_document import parse
from sop.problems import Problem, SopError

DEFAULT_PIPELINE = "default"


def pipelines(session: Session) -> dict[str, Pipeline]:
    """All pipelines by id: the shipped ones and those of one's own."""
    found = {name: _parsed(text) for name, text in documents(session, "pipeline").items()}
    first = found.pop(DEFAULT_PIPELINE)
    return {DEFAULT_PIPELINE: first, **found}


def pipeline(session: Session, pipeline_id: str) -> Pipeline | None:
    """One pipeline, or None."""
    return pipelines(session).get(pipeline_id)


def publish(session: Session, viewer: Viewer, text: str, via: Via = "web") -> tuple[Pipeline, bool]:
    """Let a pipeline count from now on; the second value is False when it did already.

    Raises:
        NotAllowed: the viewer is neither manager nor admin.
        SopError: all mistakes; a stage that was taken out while deals are in it is one.
    """
    wanted = parse(text)
    lock_records(session)  # no import puts a deal into a stage that is taken out meanwhile
    _check_deals(session, wanted)
    return wanted, save(session, viewer, "pipeline", wanted.id, text, via)


def deals_by_stage(session: Session, viewer: Viewer, pipeline_id: str) -> dict[str, int]:
    """How many deals of a pipeline are in each stage, as far as the viewer sees them."""
    query = (
        select(Opportunity.stage, func.count())
        .where(Opportunity.pipeline == pipeline_id, visible_opportunities(viewer))
        .group_by(Opportunity.stage)
    )
    return {row[0]: row[1] for row in session.execute(query)}


def _check_deals(session: Session, wanted: Pipeline) -> None:
    used = select(Opportunity.stage, func.count()).where(
        Opportunity.pipeline == wanted.id, Opportunity.deleted_at.is_(None), Opportunity.stage.not_in(wanted.ids)
    )
    left = {row[0]: row[1] for row in session.execute(used.group_by(Opportunity.stage))}
    if left:
        told = ", ".join(f"{stage} ({count})" for stage, count in sorted(left.items()))
        raise SopError(
            [Problem("stages", None, f"deals are in stages that are not there: {told}", "keep these stages")]
        )


@lru_cache(maxsize=64)
def _parsed(text: str) -> Pipeline:
    return parse(text)
