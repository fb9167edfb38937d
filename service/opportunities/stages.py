"""The stages of all pipelines, as pages name and order them."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy.orm import Session

from service.records.pipelines import pipelines
from sop.deals.pipeline import Pipeline
from sop.procedure import Wording

Titles = Mapping[tuple[str, str], str]
"""What stages are called, by pipeline and stage."""


def word(title: Wording, language: str) -> str:
    """A title in the reader's language."""
    return title.zh if language == "zh" else title.en


def stage_titles(session: Session, language: str) -> Titles:
    """What every stage of every pipeline is called."""
    return titles_of(pipelines(session), language)


def titles_of(known: Mapping[str, Pipeline], language: str) -> Titles:
    """What the stages of the ``known`` pipelines are called."""
    return {
        (name, stage.id): word(stage.title, language) for name, pipeline in known.items() for stage in pipeline.stages
    }


def stage_places(known: Mapping[str, Pipeline]) -> dict[tuple[str, str], int]:
    """The place of every stage in its pipeline, from 0."""
    return {(name, stage.id): place for name, pipeline in known.items() for place, stage in enumerate(pipeline.stages)}
