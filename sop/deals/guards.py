"""Stage gates of SOPs as conditions of a pipeline."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from sop.deals.conditions import Condition, Heard
from sop.deals.facts import DealFacts
from sop.deals.pipeline import Pipeline
from sop.labels import EVENT_LABELS
from sop.procedure import Sop

Guard = tuple[str, Condition]
"""A stage, and what must hold before a deal belongs in it."""


def guards_of(sops: Iterable[Sop]) -> tuple[Guard, ...]:
    """What the gates of the SOPs ask for: every event that one needs, each once."""
    found: dict[tuple[str, str], Condition] = {}
    for sop in sops:
        titles = {**sop.own_titles, **EVENT_LABELS}
        for gate in sop.gates:
            for event in gate.needs:
                condition = Heard((event,), within_days=gate.within_days, own_title=titles.get(event))
                found.setdefault((gate.stage, condition.id), condition)
    return tuple((stage, condition) for (stage, _), condition in found.items())


def conditions_to_leave(pipeline: Pipeline, facts: DealFacts) -> dict[str, tuple[Condition, ...]]:
    """By stage, what the deal's guards ask for to leave it, beside the pipeline's own criteria.

    A guard of a stage is a condition to leave the one before it. Stages are compared without regard to case; a guard
    of a stage that the pipeline lacks, or of its first one, holds nothing back.
    """
    way = [*pipeline.open_stages, *(stage for stage in pipeline.stages if stage.kind == "won")]
    before = {after.id.casefold(): stage.id for stage, after in pairwise(way)}
    found: defaultdict[str, list[Condition]] = defaultdict(list)
    for stage, condition in facts.guards:
        if stage.casefold() in before:
            found[before[stage.casefold()]].append(condition)
    return {stage: tuple(conditions) for stage, conditions in found.items()}
