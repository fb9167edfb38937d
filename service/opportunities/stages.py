"""The stages of all pipelines, as pages name and order them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from sqlalchemy.orm import Session

from service.records.pipelines import pipelines
from service.web.rendering import Reader
from sop.deals.conditions import Condition, Heard
from sop.deals.pipeline import Pipeline
from sop.deals.statements import Statement
from sop.events import EVENT_SPEAKERS
from sop.procedure import Wording

Titles = Mapping[tuple[str, str], str]
"""What stages are called, by pipeline and stage."""

_DAY = re.compile(r"\b\d{4}-\d{2}-\d{2}\b")


def word(title: Wording, language: str) -> str:
    """A title in the reader's language."""
    return title.zh if language == "zh" else title.en


def condition_title(condition: Condition, language: str) -> str:
    """What a condition is called; who says it is left out where nobody else could."""
    if isinstance(condition, Heard) and condition.own_title is None and condition.speaker:
        only = frozenset({condition.speaker})
        if all(EVENT_SPEAKERS.get(event) == only for event in condition.events):
            condition = replace(condition, speaker=None)
    return word(condition.title, language)


def sentence(statement: Statement, to: Reader) -> str:
    """A sentence in the reader's language, its days written as they write days."""
    text = word(statement.wording, to.language)
    return _DAY.sub(lambda day: to.formats.short_day(date.fromisoformat(day.group())), text)


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
