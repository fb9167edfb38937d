"""The keys of the document, and its JSON Schema for editors with completion."""

from __future__ import annotations

from typing import Any

from sop.dimension_document import dimensions_schema
from sop.events import EVENTS
from sop.gates import MAX_DAYS
from sop.own_events import EXAMPLES, MAX_COUNTER_EXAMPLES, MAX_EVENTS, STATEMENT_KEYS
from sop.procedure import DEFAULT_ANSWER_TURNS, DEFAULT_POINTS, DIRECTIONS, LANGUAGES
from sop.rule_schema import RULE_REFERENCE
from sop.rules import rule_schema

SOP_KEYS = ("name", "title", "language", "steps", "not_applicable", "vocabulary", "events", "applies_to", "gates")
NOT_APPLICABLE_KEYS = ("shorter_than_s", "heard", "follow_up")
VOCABULARY_KEYS = ("hotwords", "competitors", "price_terms")
WHEN_KEYS = ("heard", "not_heard", "follow_up", "directions", "stages")
CRITERION_ONLY_KEYS = (
    "event",
    "any_of",
    *STATEMENT_KEYS,
    "speaker",
    "min_count",
    "within_first_s",
    "before_end_s",
    "after_step",
    "answers",
    "answer_within_turns",
)
CRITERION_KEYS = ("id", "title", "weight", *CRITERION_ONLY_KEYS)
STEP_KEYS = (
    "id",
    "title",
    "points",
    "required",
    "auto_fail",
    "when",
    "dimensions",
    "criteria",
    *CRITERION_ONLY_KEYS,
)
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
_EVENTS: dict[str, Any] = {
    "oneOf": [_EVENT, {"type": "array", "items": _EVENT, "minItems": 1, "uniqueItems": True}],
}
_WORDS: dict[str, Any] = {"type": "array", "items": {"type": "string", "minLength": 1}, "uniqueItems": True}
_ONE_OR_MORE: dict[str, Any] = {"oneOf": [{"type": "string", "minLength": 1}, _WORDS | {"minItems": 1}]}
_DIRECTIONS: dict[str, Any] = {
    "oneOf": [
        {"enum": list(DIRECTIONS)},
        {"type": "array", "items": {"enum": list(DIRECTIONS)}, "minItems": 1, "uniqueItems": True},
    ]
}
_STATEMENT: dict[str, Any] = {"anyOf": [{"required": ["examples"]}, {"required": ["rule"]}]}
_TO_HEAR: list[dict[str, Any]] = [{"required": ["event"]}, {"required": ["any_of"]}, _STATEMENT]


def document_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document. What it can't say (order of steps) only the parser checks."""
    language = {"enum": list(LANGUAGES)}
    properties = {
        "name": _SLUG,
        "title": _WORDING,
        "language": {"oneOf": [language, {"type": "array", "items": language, "minItems": 1, "uniqueItems": True}]},
        "steps": {"type": "array", "minItems": 1, "items": _step_schema()},
        "not_applicable": _not_applicable_schema(),
        "vocabulary": _object({"hotwords": _WORDS, "competitors": _WORDS, "price_terms": _WORDS}),
        "events": {"type": "array", "minItems": 1, "maxItems": MAX_EVENTS, "items": _own_event_schema()},
        "applies_to": _applies_to_schema(),
        "gates": {"type": "array", "minItems": 1, "items": _gate_schema()},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Clearcall SOP",
        **_object(properties, required=["name", "title", "language", "steps"]),
        "$defs": {"rule": _rule_schema()},
    }


def _not_applicable_schema() -> dict[str, Any]:
    properties = {
        "shorter_than_s": _whole(1, 86_400, "Calls shorter than this get no score."),
        "heard": _EVENTS | {"description": "Calls in which one of these is heard get no score."},
        "follow_up": _flag("Calls that follow up on an earlier one get no score.") | {"default": False},
    }
    return _object(properties)


def _applies_to_schema() -> dict[str, Any]:
    properties = {
        "teams": _ONE_OR_MORE | {"description": "Teams of reps."},
        "directions": _DIRECTIONS | {"description": "Who called whom."},
        "stages": _ONE_OR_MORE | {"description": "Stages of the call's opportunity."},
        "call_types": _ONE_OR_MORE | {"description": "Types of call, in your own words."},
    }
    return _object(properties) | {"minProperties": 1}


def _gate_schema() -> dict[str, Any]:
    properties = {
        "stage": {"type": "string", "minLength": 1, "description": "The stage that the gate guards."},
        "title": _WORDING,
        "needs": _EVENTS | {"description": "Events each of which must have been heard."},
        "within_days": _whole(1, MAX_DAYS, "How long ago at most."),
    }
    return _object(properties, required=["stage", "needs"])


def _rule_schema() -> dict[str, Any]:
    rule = rule_schema()
    event = _EVENT | {"description": "The turn shows this key event, built-in or one above."}
    return rule | {"properties": rule["properties"] | {"event": event}}


def _own_event_schema() -> dict[str, Any]:
    properties = {
        "id": _SLUG | {"description": "A name of its own, or a built-in event to add evidence to."},
        "title": _WORDING,
        "speaker": {"enum": list(SPEAKER_WORDS), "description": "Who says it.", "default": "both"},
        **_statement_properties(),
    }
    return _object(properties, required=["id"]) | _STATEMENT


def _statement_properties() -> dict[str, Any]:
    least, most = EXAMPLES
    return {
        "examples": _WORDS | {"minItems": least, "maxItems": most, "description": "Sentences that show it."},
        "counter_examples": _WORDS | {"maxItems": MAX_COUNTER_EXAMPLES, "description": "Sentences that do not."},
        "rule": {"$ref": RULE_REFERENCE},
    }


def _when_schema() -> dict[str, Any]:
    properties = {
        "heard": _EVENTS | {"description": "One of these occurs in the call."},
        "not_heard": _EVENTS | {"description": "None of these occurs in the call."},
        "follow_up": _flag("The call follows up on an earlier one, or does not."),
        "directions": _DIRECTIONS | {"description": "Who called whom."},
        "stages": _ONE_OR_MORE | {"description": "Stages of the call's opportunity."},
    }
    return _object(properties) | {"minProperties": 1}


def _step_schema() -> dict[str, Any]:
    properties = {
        "id": _SLUG,
        "title": _WORDING,
        "points": {"type": "number", "minimum": 0, "maximum": 1000, "default": DEFAULT_POINTS},
        "required": {"type": "boolean", "default": True},
        "auto_fail": _flag("A call that surely misses the step scores 0.") | {"default": False},
        "when": _when_schema(),
        "dimensions": dimensions_schema(),
        "criteria": {"type": "array", "minItems": 1, "items": _criterion_schema()},
        **_criterion_properties(),
    }
    step = _object(properties, required=["id", "title"])
    return step | {"oneOf": [*_TO_HEAR, {"required": ["criteria"]}]}


def _criterion_schema() -> dict[str, Any]:
    weight = {"type": "number", "minimum": 0.01, "maximum": 1000, "default": 1}
    properties = {"id": _SLUG, "title": _WORDING, "weight": weight, **_criterion_properties()}
    return _object(properties, required=["id", "title"]) | {"oneOf": _TO_HEAR}


def _criterion_properties() -> dict[str, Any]:
    return {
        "event": _EVENT | {"description": "The key event to hear."},
        "any_of": _EVENTS | {"description": "Key events of which one is enough."},
        **_statement_properties(),
        "speaker": {"enum": list(SPEAKER_WORDS), "description": "Who must say it; by default whoever can."},
        "min_count": _whole(1, 100, "How many separate times.") | {"default": 1},
        "within_first_s": _whole(1, 86_400, "Seconds after the first word of the call."),
        "before_end_s": _whole(1, 86_400, "Seconds before the last word of the call."),
        "after_step": _SLUG | {"description": "The id of an earlier step that must have begun before."},
        "answers": _EVENTS | {"description": "Events of which each must be answered by 'event'."},
        "answer_within_turns": _whole(1, 100, "Turns of the answering side.") | {"default": DEFAULT_ANSWER_TURNS},
    }


def _flag(description: str) -> dict[str, Any]:
    return {"type": "boolean", "description": description}


def _whole(low: int, high: int, description: str) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high, "description": description}


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "object", "additionalProperties": False, "properties": properties}
    return schema | ({"required": required} if required else {})
