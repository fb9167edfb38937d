"""Where a deal stands, as a row tells it: pipeline, stage, outcome and close."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from models.opportunities import OUTCOMES
from service.records.cells import Cells, named
from service.records.pipelines import DEFAULT_PIPELINE
from service.records.reasons import CellError
from sop.deals.pipeline import Pipeline


def place(row: Cells, old: Mapping[str, Any], pipelines: Mapping[str, Pipeline], now: datetime) -> dict[str, Any]:
    """The values of the deal's place; what the row does not say follows from the stage or stays as in ``old``.

    Raises:
        CellError: no such pipeline or stage, or an outcome that is not the stage's.
    """
    name = row.text("pipeline") or old.get("pipeline", DEFAULT_PIPELINE)
    if name not in pipelines:
        raise CellError("choice", "pipeline", options=", ".join(pipelines), value=name)
    stage = _stage(row, pipelines[name], old.get("stage"))
    kind = pipelines[name].outcome(stage)
    outcome = row.choice("outcome", OUTCOMES)
    if outcome is None:
        is_same = (name, stage) == (old.get("pipeline"), old.get("stage"))
        outcome = old["outcome"] if is_same and kind == "open" else kind
    elif kind not in ("open", outcome):
        raise CellError("outcome_of_stage", "outcome", value=outcome, stage=stage, kind=kind)
    return {"pipeline": name, "stage": stage, "outcome": outcome, "closed_at": _closed_at(row, outcome, old, now)}


def _stage(row: Cells, pipeline: Pipeline, old: str | None) -> str:
    told = row.text("stage")
    if told is None:
        if old is None or pipeline.stage(old) is None:
            raise CellError("stage_gone", "stage", value=old or "", pipeline=pipeline.id)
        return old
    titles = {stage.id: stage.title for stage in pipeline.stages}
    try:
        return named("stage", told, titles)
    except CellError:
        known = ", ".join(pipeline.ids)
        raise CellError("choice_of_pipeline", "stage", options=known, pipeline=pipeline.id, value=told) from None


def _closed_at(row: Cells, outcome: str, old: Mapping[str, Any], now: datetime) -> datetime | None:
    told, moved_at = row.moment("closed_at"), row.moment("stage_changed_at")
    if outcome == "open":
        return None
    if told is not None:
        return told
    was_open = old.get("outcome") == "open"
    return moved_at or now if was_open else old.get("closed_at") or moved_at
