"""An SOP as the lines a person reads. Pure."""

from __future__ import annotations

from typing import cast

from service.sops.views import CriterionWords, DimensionWords, GateWords, SopWords, StepWords
from sop.description import (
    describe_applicability,
    describe_condition,
    describe_criterion,
    describe_refusals,
    event_title,
)
from sop.procedure import Language, Sop, Step


def in_words(sop: Sop, language: str) -> SopWords:
    """``sop`` in words of ``language`` ("zh" or "en")."""
    to = cast(Language, language)
    words = sop.vocabulary
    lists = (("hotwords", words.hotwords), ("competitors", words.competitors), ("price_terms", words.price_terms))
    return SopWords(
        title=sop.title.to(to),
        languages=sop.languages,
        steps=tuple(_step(step, sop, to) for step in sop.steps),
        applies_to=describe_applicability(sop.applies_to, to),
        refusals=describe_refusals(sop, to),
        gates=tuple(
            GateWords(gate.stage, gate.title.to(to), _titles(gate.needs, sop, to), gate.within_days)
            for gate in sop.gates
        ),
        own_events=tuple(title.to(to) for title in sop.own_titles.values()),
        vocabulary=tuple((name, found) for name, found in lists if found),
    )


def _step(step: Step, sop: Sop, language: Language) -> StepWords:
    total = sum(criterion.weight for criterion in step.criteria)
    several = len(step.criteria) > 1
    weights = sum(dimension.weight for dimension in step.dimensions)
    return StepWords(
        id=step.id,
        title=step.title.to(language),
        points=step.points,
        required=step.required,
        auto_fail=step.auto_fail,
        when=_begun(describe_condition(step.when, sop, language)),
        criteria=tuple(
            CriterionWords(
                criterion.title.to(language) if several else "",
                _begun(describe_criterion(criterion, sop, language)),
                criterion.weight / total if several else None,
            )
            for criterion in step.criteria
        ),
        dimensions=tuple(DimensionWords(one.name, one.weight / weights, one.measures) for one in step.dimensions),
    )


def _titles(events: tuple[str, ...], sop: Sop, language: Language) -> tuple[str, ...]:
    return tuple(event_title(event, sop, language) for event in events)


def _begun(clause: str) -> str:
    """The clause with a capital letter, as it stands on its own."""
    return f"{clause[:1].upper()}{clause[1:]}"
