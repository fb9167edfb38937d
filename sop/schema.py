"""The keys of the document, and its JSON Schema for editors with completion."""

from __future__ import annotations

from typing import Any

from sop.events import EVENTS
from sop.own_events import EXAMPLES, MAX_COUNTER_EXAMPLES, MAX_EVENTS
from sop.procedure import DEFAULT_ANSWER_TURNS, DEFAULT_POINTS, LANGUAGES
from sop.rule_schema import RULE_REFERENCE
from sop.rules import rule_schema

SOP_KEYS = ("name", "title", "language", "steps", "not_applicable", "vocabulary", "events")
NOT_APPLICABLE_KEYS = ("shorter_than_s",)
VOCABULARY_KEYS = ("hotwords", "competitors")
WHEN_KEYS = ("heard", "not_heard")
CRITERION_ONLY_KEYS = (
    "event",
    "any_of",
    "speaker",
    "min_count",
    "within_first_s",
    "after_step",
    "answers",
    "answer_within_turns",
)
CRITERION_KEYS = ("id", "title", "weight", *CRITERION_ONLY_KEYS)
STEP_KEYS = ("id", "title", "points", "required", "when", "criteria", *CRITERION_ONLY_KEYS)
SPEAKER_WORDS = ("rep", "customer", "both")

_WORDING: dict[str, Any] = {
    "description": "One text, or one for each language.",
    "oneOf": [
        {"type": "string", "minLength": 1},
        {
            "type": "object",
            "additionalProperties": False,
            "required": ["zh", "en"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        },
    ],
}
_SLUG: dict[str, Any] = {"type": "string", "pattern": "^[a-z0-9]+([_-][a-z0-9]+)*$"}
_EVENT: dict[str, Any] = {"anyOf": [{"enum": list(EVENTS)}, _SLUG]}
_EVENTS: dict[str, Any] = {"oneOf": [_EVENT, {"type": "array", "items": _EVENT, "uniqueItems": True}]}
_WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
_ONE_EVENT: list[dict[str, Any]] = [{"required": ["event"]}, {"required": ["any_of"]}]


def document_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document. What it can't say (order of steps) only the parser checks."""
    language = {"enum": list(LANGUAGES)}
    properties = {
        "name": _SLUG,
        "title": _WORDING,
        "language": {"oneOf": [language, {"type": "array", "items": language, "uniqueItems": True}]},
        "steps": {"type": "array", "minItems": 1, "items": _step_schema()},
        "not_applicable": _object({"shorter_than_s": _whole(1, 86_400, "Calls shorter than this get no score.")}),
        "vocabulary": _object({"hotwords": _WORDS, "competitors": _WORDS}),
        "events": {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": _own_event_schema()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Clearcall SOP",
        **_object(properties, required=["name", "title", "language", "steps"]),
        "$defs": {"rule": _rule_schema()},
    }


def _rule_schema() -> dict[str, Any]:
    rule = rule_schema()
    event = _EVENT | {"description": "The turn shows this key event, built-in or one above."}
    return rule | {"properties": rule["properties"] | {"event": event}}


def _own_event_schema() -> dict[str, Any]:
    least, most = EXAMPLES
    properties = {
        "id": _SLUG | {"description": "A name of its own, or a built-in event to add evidence to."},
        "title": _WORDING,
        "speaker": {"enum": list(SPEAKER_WORDS), "description": "Who says it.", "default": "both"},
        "examples": _WORDS | {"minItems": least, "maxItems": most, "description": "Sentences that show it."},
        "counter_examples": _WORDS | {"maxItems": MAX_COUNTER_EXAMPLES, "description": "Sentences that do not."},
        "rule": {"$ref": RULE_REFERENCE},
    }
    return _object(properties, required=["id"]) | {"anyOf": [{"required": ["examples"]}, {"required": ["rule"]}]}


def _step_schema() -> dict[str, Any]:
    properties = {
        "id": _SLUG,
        "title": _WORDING,
        "points": {"type": "number", "minimum": 0, "maximum": 1000, "default": DEFAULT_POINTS},
        "required": {"type": "boolean", "default": True},
        "when": _object({"heard": _EVENTS, "not_heard": _EVENTS}) | {"minProperties": 1},
        "criteria": {"type": "array", "minItems": 1, "items": _criterion_schema()},
        **_criterion_properties(),
    }
    step = _object(properties, required=["id", "title"])
    return step | {"oneOf": [*_ONE_EVENT, {"required": ["criteria"]}]}


def _criterion_schema() -> dict[str, Any]:
    weight = {"type": "number", "minimum": 0.01, "maximum": 1000, "default": 1}
    properties = {"id": _SLUG, "title": _WORDING, "weight": weight, **_criterion_properties()}
    return _object(properties, required=["id", "title"]) | {"oneOf": _ONE_EVENT}


def _criterion_properties() -> dict[str, Any]:
    return {
        "event": _EVENT | {"description": "The key event to hear."},
        "any_of": _EVENTS | {"description": "Key events of which one is enough."},
        "speaker": {"enum": list(SPEAKER_WORDS), "description": "Who must say it; by default whoever can."},
        "min_count": _whole(1, 100, "How many separate times.") | {"default": 1},
        "within_first_s": _whole(1, 86_400, "Seconds after the first word of the call."),
        "after_step": _SLUG | {"description": "The id of an earlier step that must have begun before."},
        "answers": _EVENTS | {"description": "Events of which each must be answered by 'event'."},
        "answer_within_turns": _whole(1, 100, "Turns of the answering side.") | {"default": DEFAULT_ANSWER_TURNS},
    }


def _whole(low: int, high: int, description: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, "description": description}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": required} if required else {})
