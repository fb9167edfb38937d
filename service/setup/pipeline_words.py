"""A pipeline as sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from service.opportunities.stages import condition_title, word
from service.web.rendering import Reader
from sop.deals.labels import APPROVAL_LABELS, FUNCTION_LABELS, label
from sop.deals.pipeline import Pipeline, Stage


@dataclass(frozen=True, slots=True)
class StageView:
    """A stage: its chance of winning, what it asks for, and how many deals are in it."""

    id: str
    title: str
    kind: str
    chance: str
    asks: tuple[str, ...]
    deals: int


@dataclass(frozen=True, slots=True)
class PipelineView:
    """A pipeline in the reader's language. ``is_shipped``: as it came."""

    id: str
    title: str
    stages: tuple[StageView, ...]
    is_shipped: bool


def described(pipeline: Pipeline, to: Reader, deals: Mapping[str, int], is_shipped: bool) -> PipelineView:
    """``pipeline`` in words; ``deals`` counts them by stage."""
    stages = tuple(_stage(stage, to, deals.get(stage.id, 0)) for stage in pipeline.stages)
    return PipelineView(pipeline.id, word(pipeline.title, to.language), stages, is_shipped)


def _stage(stage: Stage, to: Reader, deals: int) -> StageView:
    asks = [condition_title(condition, to.language) for condition in stage.criteria]
    for function in stage.participants:
        asks.append(to.t("settings.takes_part", name=word(label(function, FUNCTION_LABELS), to.language)))
    if stage.approval:
        asks.append(to.t("settings.needs_approval", name=word(label(stage.approval, APPROVAL_LABELS), to.language)))
    return StageView(
        id=stage.id,
        title=word(stage.title, to.language),
        kind=stage.kind,
        chance=to.t("settings.chance", percent=to.formats.percent(stage.probability)),
        asks=tuple(ask[:1].upper() + ask[1:] for ask in asks),
        deals=deals,
    )
