"""The stages a deal has been in, as a CRM tells them: now, or afterwards with the time of each."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from models.opportunities import Opportunity, StageChange
from service.people.viewer import Viewer
from service.records.audit import Via, record
from service.records.bulk import lock_records
from service.records.importing import RowResult, write_rows
from service.records.nouns import NOUNS
from service.records.pipelines import pipelines
from service.records.sheets import Row


class MoveError(Exception):
    """A move that can't be; the message says why."""


def enter_stage(
    session: Session, viewer: Viewer, external_id: str, stage: str, changed_at: datetime | None, via: Via
) -> RowResult:
    """The deal entered a stage, now or at ``changed_at``.

    An earlier time than that of the last known move adds to the history and leaves the present stage; one that names
    the present stage again corrects when it was entered. Told twice nothing changes. The deal must exist.

    Raises:
        MoveError: the time lies in the future.
    """
    lock_records(session)
    deal = session.scalars(
        select(Opportunity).where(Opportunity.external_id == external_id, Opportunity.deleted_at.is_(None))
    ).one()
    if changed_at is not None and changed_at > datetime.now(UTC):
        raise MoveError(f"changed_at: {changed_at.isoformat()} lies in the future")
    moves = session.scalars(
        select(StageChange).where(StageChange.opportunity_id == deal.id).order_by(StageChange.changed_at)
    ).all()
    last = moves[-1] if moves else None
    if changed_at is None or last is None or changed_at > last.changed_at:
        return _enter_now(session, viewer, external_id, stage, changed_at, via)
    known = pipelines(session).get(deal.pipeline)
    if known is None or known.stage(stage) is None:
        raise MoveError(f"stage: pipeline {deal.pipeline!r} has no stage {stage!r}")
    is_new = _enter_before(session, viewer, deal.id, list(moves), stage, changed_at, via)
    return RowResult(1, external_id, "updated" if is_new else "unchanged")


def _enter_now(
    session: Session, viewer: Viewer, external_id: str, stage: str, changed_at: datetime | None, via: Via
) -> RowResult:
    cells = {"opportunity_id": external_id, "stage": stage}
    if changed_at is not None:
        cells["stage_changed_at"] = changed_at.isoformat()
    results, _ = write_rows(session, viewer, NOUNS["opportunities"], [Row(1, cells)], via=via)
    return results[0]


def _enter_before(
    session: Session,
    viewer: Viewer,
    deal: uuid.UUID,
    moves: list[StageChange],
    stage: str,
    changed_at: datetime,
    via: Via,
) -> bool:
    if any(move.stage == stage and move.changed_at == changed_at for move in moves):
        return False
    last = moves[-1]
    told = {"stage": stage, "changed_at": changed_at}
    if last.stage == stage and all(move.changed_at < changed_at for move in moves[:-1]):
        old = {"stage": stage, "changed_at": last.changed_at}
        last.changed_at = changed_at
        record(session, viewer.user_id, via, "opportunity", deal, "stage_history", old, told)
    else:
        session.add(StageChange(opportunity_id=deal, stage=stage, changed_at=changed_at, source=via))
        record(session, viewer.user_id, via, "opportunity", deal, "stage_history", None, told)
    session.flush()
    return True
