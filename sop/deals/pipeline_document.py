"""A pipeline as YAML: every mistake is told with its path and line, and what is written reads back as it was.

``docs/pipelines.md`` explains each key::

    id: telesales
    title: {zh: 电话销售, en: Telesales}
    stages:
      - id: lead
        title: {zh: 线索, en: Lead}
        probability: 0.05
        criteria:
          - {heard: needs_discovery, by: rep}
      - {id: won, title: {zh: 成交, en: Won}, kind: won}
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, cast

import yaml

from sop.deals.condition_document import conditions_document, read_conditions
from sop.deals.pipeline import STAGE_KINDS, Pipeline, Stage, StageKind
from sop.fields import Notes, Section
from sop.problems import SopError
from sop.procedure import Wording
from sop.yaml_tree import compose

PIPELINE_KEYS = ("id", "title", "stages", "approvals")
_REQUIRED_KEYS = ("id", "title", "stages")
STAGE_KEYS = ("id", "title", "kind", "probability", "criteria", "participants", "approval")
MOST_STAGES = 20
_ONLY_OPEN = ("probability", "criteria", "participants", "approval")
_CERTAIN = {"open": None, "won": 1.0, "lost": 0.0}


def parse(text: str, own_events: Collection[str] | None = None) -> Pipeline:
    """The pipeline in ``text``; ``own_events`` are the events of one's own that it may name (None: any).

    Raises:
        SopError: all mistakes, in order of line, each with its path.
    """
    notes = Notes()
    section = Section(compose(text, "begin with 'id:', 'title:' and 'stages:'"), "", PIPELINE_KEYS, notes)
    for key in _REQUIRED_KEYS:
        section.require(key, f"add '{key}: ...'")
    stages = _stages(section, own_events)
    approvals = section.section("approvals", ("discount",))
    pipeline = Pipeline(
        id=section.slug("id") or "",
        title=section.wording("title") or Wording("", ""),
        stages=tuple(stages),
        discount_limit=approvals.number("discount", 0, 1) if approvals is not None else None,
    )
    if notes.problems:
        raise SopError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return pipeline


def dump(pipeline: Pipeline) -> str:
    """YAML that :func:`parse` reads back as an equal pipeline; defaults are left out."""
    document: dict[str, Any] = {"id": pipeline.id, "title": _title(pipeline.title)}
    if pipeline.discount_limit is not None:
        document["approvals"] = {"discount": pipeline.discount_limit}
    document["stages"] = [stage_document(stage) for stage in pipeline.stages]
    return yaml.safe_dump(document, allow_unicode=True, sort_keys=False, width=110)


def stage_document(stage: Stage) -> dict[str, Any]:
    """The stage as plain JSON values, without what is default."""
    document: dict[str, Any] = {"id": stage.id, "title": _title(stage.title)}
    if stage.kind != "open":
        document["kind"] = stage.kind
    else:
        document["probability"] = stage.probability
    if stage.criteria:
        document["criteria"] = conditions_document(stage.criteria)
    if stage.participants:
        document["participants"] = list(stage.participants)
    if stage.approval is not None:
        document["approval"] = stage.approval
    return document


def _title(title: Wording) -> str | dict[str, str]:
    return title.zh if title.zh == title.en else {"zh": title.zh, "en": title.en}


def _stages(section: Section, own_events: Collection[str] | None) -> list[Stage]:
    parts = section.sections("stages", STAGE_KEYS)
    if len(parts) > MOST_STAGES:
        section.note("stages", f"{len(parts)} stages, at most {MOST_STAGES} are read", "shorten the list")
    stages: list[Stage] = []
    for part in parts[:MOST_STAGES]:
        stage = _stage(part, own_events)
        _check_order(part, stage, stages)
        stages.append(stage)
    if parts:
        _check_ends(section, stages)
    return stages


def _stage(section: Section, own_events: Collection[str] | None) -> Stage:
    section.require("id", "name the stage in lower-case letters")
    kind = cast(StageKind, section.choice("kind", STAGE_KINDS, "kind") or "open")
    if kind == "open":
        section.require("probability", "give the chance of winning from 0 to 1")
    else:
        for key in _ONLY_OPEN:
            if key in section:
                section.note(key, f"means nothing in a stage of kind {kind!r}", "remove it")
    probability = section.number("probability", 0, 1) or 0.0
    certain = _CERTAIN[kind]
    id_ = section.slug("id") or ""
    return Stage(
        id=id_,
        title=section.wording("title") or Wording(id_, id_),
        probability=probability if certain is None else certain,
        criteria=read_conditions(section, "criteria", own_events),
        participants=section.words("participants", "function"),
        approval=section.slug("approval"),
        kind=kind,
    )


def _check_order(section: Section, stage: Stage, earlier: Sequence[Stage]) -> None:
    if stage.id and stage.id in [each.id for each in earlier]:
        section.note("id", f"{stage.id!r} is the id of an earlier stage", "give each stage its own")
    if stage.kind != "open":
        return
    if any(each.kind != "open" for each in earlier):
        section.note("kind", "an open stage after a closed one", "put 'won' and 'lost' last")
    highest = max((each.probability for each in earlier if each.kind == "open"), default=0.0)
    if stage.probability < highest:
        section.note("probability", f"{stage.probability:g} is less than the {highest:g} of an earlier stage")


def _check_ends(section: Section, stages: Sequence[Stage]) -> None:
    kinds = [stage.kind for stage in stages]
    for kind in STAGE_KINDS:
        count = kinds.count(kind)
        if not count:
            section.note("stages", f"no stage of kind {kind!r}", f"add a stage with 'kind: {kind}'")
        elif kind != "open" and count > 1:
            section.note("stages", f"{count} stages of kind {kind!r}", "keep one")
