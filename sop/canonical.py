"""The one plain form of an SOP, and the hash that names its version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from sop.applicability import applicability_document
from sop.dimension_document import dimensions_document
from sop.gates import gate_document
from sop.own_events import event_document, statement_document
from sop.procedure import (
    DEFAULT_ANSWER_TURNS,
    Condition,
    Criterion,
    Language,
    NotApplicable,
    Sop,
    Step,
    Wording,
    default_speakers,
)

_VOCABULARY = ("hotwords", "competitors", "price_terms")


@lru_cache(maxsize=64)
def content_hash(sop: Sop) -> str:
    """SHA-256 (hex) of the canonical JSON; comments, formatting and written-out defaults do not change it."""
    canonical = json.dumps(to_document(sop), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def to_document(sop: Sop) -> dict[str, Any]:
    """The SOP as plain JSON values, without what is default, so that later keys leave old hashes alone."""
    document: dict[str, Any] = {
        "name": sop.name,
        "title": _plain_wording(sop.title),
        "language": _one_or_list(sop.languages),
    }
    optional = {
        "applies_to": applicability_document(sop.applies_to),
        "not_applicable": _plain_refusal(sop.not_applicable),
        "vocabulary": _without_empty({key: list(getattr(sop.vocabulary, key)) for key in _VOCABULARY}),
        "events": [event_document(event) for event in sop.events],
        "gates": [gate_document(gate) for gate in sop.gates],
    }
    document |= _without_empty(optional)
    document["steps"] = [_plain_step(step, sop.event_speakers) for step in sop.steps]
    return document


def _plain_refusal(refusal: NotApplicable) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if refusal.shorter_than_s is not None:
        document["shorter_than_s"] = refusal.shorter_than_s
    if refusal.heard:
        document["heard"] = list(refusal.heard)
    if refusal.follow_up:
        document["follow_up"] = True
    return document


def _plain_step(step: Step, speakers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    document: dict[str, Any] = {"id": step.id, "title": _plain_wording(step.title)}
    document["points"] = _plain_number(step.points)
    if not step.required:
        document["required"] = False
    if step.auto_fail:
        document["auto_fail"] = True
    if step.when != Condition():
        document["when"] = _plain_condition(step.when)
    if step.dimensions:
        document["dimensions"] = dimensions_document(step.dimensions)
    first = step.criteria[0]
    if len(step.criteria) == 1 and (first.id, first.title, first.weight) == (step.id, step.title, 1.0):
        return document | _plain_criterion(first, speakers)
    document["criteria"] = [
        {"id": criterion.id, "title": _plain_wording(criterion.title)} | _plain_criterion(criterion, speakers)
        for criterion in step.criteria
    ]
    return document


def _plain_condition(when: Condition) -> dict[str, Any]:
    document = _without_empty({"heard": list(when.heard), "not_heard": list(when.not_heard)})
    if when.follow_up is not None:
        document["follow_up"] = when.follow_up
    return document | _without_empty({"directions": list(when.directions), "stages": list(when.stages)})


def _plain_criterion(criterion: Criterion, speakers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    document = _to_hear(criterion, speakers)
    if criterion.weight != 1:
        document["weight"] = _plain_number(criterion.weight)
    if criterion.min_count != 1:
        document["min_count"] = criterion.min_count
    if criterion.within_first_s is not None:
        document["within_first_s"] = criterion.within_first_s
    if criterion.before_end_s is not None:
        document["before_end_s"] = criterion.before_end_s
    if criterion.after_step is not None:
        document["after_step"] = criterion.after_step
    if criterion.answers:
        document["answers"] = list(criterion.answers)
    if criterion.answer_within_turns != DEFAULT_ANSWER_TURNS:
        document["answer_within_turns"] = criterion.answer_within_turns
    return document


def _to_hear(criterion: Criterion, speakers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    if criterion.statement is not None:
        return statement_document(criterion.statement)
    several = len(criterion.any_of) > 1
    document: dict[str, Any] = {"any_of": list(criterion.any_of)} if several else {"event": criterion.any_of[0]}
    if criterion.speakers != default_speakers(criterion.any_of, speakers):
        document["speaker"] = "both" if len(criterion.speakers) > 1 else next(iter(criterion.speakers))
    return document


def _without_empty(values: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value}


def _plain_wording(wording: Wording) -> Any:
    return wording.zh if wording.zh == wording.en else {"zh": wording.zh, "en": wording.en}


def _plain_number(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _one_or_list(values: tuple[Language, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)
