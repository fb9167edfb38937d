"""The one plain form of an SOP, and the hash that names its version."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from sop.own_events import event_document
from sop.procedure import (
    DEFAULT_ANSWER_TURNS,
    Condition,
    Criterion,
    Language,
    Sop,
    Step,
    Wording,
    default_speakers,
)


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
    if sop.not_applicable.shorter_than_s is not None:
        document["not_applicable"] = {"shorter_than_s": sop.not_applicable.shorter_than_s}
    words = {"hotwords": list(sop.vocabulary.hotwords), "competitors": list(sop.vocabulary.competitors)}
    if any(words.values()):
        document["vocabulary"] = {key: value for key, value in words.items() if value}
    if sop.events:
        document["events"] = [event_document(event) for event in sop.events]
    document["steps"] = [_plain_step(step, sop.event_speakers) for step in sop.steps]
    return document


def _plain_step(step: Step, speakers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    document: dict[str, Any] = {"id": step.id, "title": _plain_wording(step.title)}
    document["points"] = _plain_number(step.points)
    if not step.required:
        document["required"] = False
    if step.when != Condition():
        when = {"heard": list(step.when.heard), "not_heard": list(step.when.not_heard)}
        document["when"] = {key: value for key, value in when.items() if value}
    first = step.criteria[0]
    if len(step.criteria) == 1 and (first.id, first.title, first.weight) == (step.id, step.title, 1.0):
        return document | _plain_criterion(first, speakers)
    document["criteria"] = [
        {"id": criterion.id, "title": _plain_wording(criterion.title)} | _plain_criterion(criterion, speakers)
        for criterion in step.criteria
    ]
    return document


def _plain_criterion(criterion: Criterion, speakers: Mapping[str, frozenset[str]]) -> dict[str, Any]:
    several = len(criterion.any_of) > 1
    document: dict[str, Any] = {"any_of": list(criterion.any_of)} if several else {"event": criterion.any_of[0]}
    if criterion.speakers != default_speakers(criterion.any_of, speakers):
        document["speaker"] = "both" if len(criterion.speakers) > 1 else next(iter(criterion.speakers))
    if criterion.weight != 1:
        document["weight"] = _plain_number(criterion.weight)
    if criterion.min_count != 1:
        document["min_count"] = criterion.min_count
    if criterion.within_first_s is not None:
        document["within_first_s"] = criterion.within_first_s
    if criterion.after_step is not None:
        document["after_step"] = criterion.after_step
    if criterion.answers:
        document["answers"] = list(criterion.answers)
    if criterion.answer_within_turns != DEFAULT_ANSWER_TURNS:
        document["answer_within_turns"] = criterion.answer_within_turns
    return document


def _plain_wording(wording: Wording) -> Any:
    return wording.zh if wording.zh == wording.en else {"zh": wording.zh, "en": wording.en}


def _plain_number(value: float) -> int | float:
    return int(value) if value == int(value) else value


def _one_or_list(values: tuple[Language, ...]) -> Any:
    return values[0] if len(values) == 1 else list(values)
