"""JSON Schema (2020-12) of a rule, for editors with completion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sop.conditions import DEFAULT_INTERRUPTION_MS, DEFAULT_LIKENESS, RULE_KEYS
from sop.events import EVENTS
from sop.rule_parsing import ENTITY_KINDS, LEAST_LIKENESS
from sop.token_patterns import FLAGS, LIST_TESTS, MAX_LENGTH, MAX_TOKENS, NUMBER_TESTS, OPERATOR, TEXT_TESTS, TEXTS

RULE_REFERENCE = "#/$defs/rule"
"""Where the document's schema must put :func:`rule_schema`, since rules hold rules."""

_TEXT: dict[str, Any] = {"type": "string", "minLength": 1, "maxLength": 200}
_TEXTS: dict[str, Any] = {"type": "array", "minItems": 1, "maxItems": 500, "items": _TEXT, "uniqueItems": True}
_RULE: dict[str, Any] = {"$ref": RULE_REFERENCE}
_RULES: dict[str, Any] = {"type": "array", "minItems": 1, "items": _RULE}


def rule_schema(events: Sequence[str] = EVENTS) -> dict[str, Any]:
    """Schema of a rule that may name ``events``; it refers to itself at :data:`RULE_REFERENCE`."""
    return _object(_properties(events)) | {"minProperties": 1}


def _properties(events: Sequence[str]) -> dict[str, Any]:
    return {
        "speaker": _described("Who says it.", {"enum": ["rep", "customer", "both"]}),
        "language": _described("Only in calls in this language.", {"enum": ["zh", "en"]}),
        "event": _described("The turn shows this key event.", {"enum": list(events)}),
        "position": _described("Where in the call.", _position()),
        "keywords": _described("Words that are said.", {"oneOf": [_TEXTS, _keywords()]}),
        "pattern": _described("Consecutive tokens, as in spaCy's Matcher.", _pattern()),
        "regex": _described("A regular expression.", {"oneOf": [_TEXT, _expression()]}),
        "like": _described("Sentences that mean about the same.", {"oneOf": [_TEXTS, _like()]}),
        "entity": _described("What the turn names.", _one_or_more({"enum": list(ENTITY_KINDS)})),
        "repeated": _described("Said several times.", _repeated()),
        "silence": _described("A pause of at least so many seconds.", _silence()),
        "interruption": _described("Begins before the other party ends.", _interruption()),
        "speech_rate": _described("Words (en) or characters (zh) per minute.", _speech_rate()),
        **{relation: _anchor(relation) for relation in ("before", "after", "within")},
        "all": _described("Each of these holds.", _RULES),
        "any": _described("At least one of these holds.", _RULES),
        "not": _described("This does not hold.", _RULE),
    }


def _position() -> dict[str, Any]:
    seconds, turns = _whole(1, 86_400), _whole(1, 1000)
    return _some({"first_s": seconds, "last_s": seconds, "first_turns": turns, "last_turns": turns})


def _keywords() -> dict[str, Any]:
    lists = dict.fromkeys(("any", "all", "none", "of"), _TEXTS)
    together = {"dependentRequired": {"of": ["at_least"], "at_least": ["of"]}}
    return _some(lists | {"at_least": _whole(1, 500), "homophones": {"type": "boolean"}}) | together


def _pattern() -> dict[str, Any]:
    text = {"oneOf": [_TEXT, _one({test: _TEXTS if test in LIST_TESTS else _TEXT for test in TEXT_TESTS})]}
    length = _whole(1, MAX_LENGTH)
    properties = dict.fromkeys(TEXTS, text) | {key: {"type": "boolean"} for key in FLAGS}
    properties["LENGTH"] = {"oneOf": [length, _one(dict.fromkeys(NUMBER_TESTS, length))]}
    properties["OP"] = {"type": "string", "pattern": f"^(?:{OPERATOR.pattern})$"}
    return {"type": "array", "minItems": 1, "maxItems": MAX_TOKENS, "items": _object(properties)}


def _expression() -> dict[str, Any]:
    return _object({"find": _TEXT, "unless": _TEXT}) | {"required": ["find"]}


def _like() -> dict[str, Any]:
    least = {"type": "number", "minimum": LEAST_LIKENESS, "maximum": 1, "default": DEFAULT_LIKENESS}
    return _object({"examples": _TEXTS, "at_least": least}) | {"required": ["examples"]}


def _repeated() -> dict[str, Any]:
    return _holding({"times": _whole(2, 50), "turns": _whole(1, 1000)}) | {"required": ["times", "turns"]}


def _silence() -> dict[str, Any]:
    seconds = {"type": "number", "minimum": 0.5, "maximum": 3600}
    return _some({"before_s": seconds, "after_s": seconds})


def _interruption() -> dict[str, Any]:
    by_ms = _whole(1, 60_000) | {"default": DEFAULT_INTERRUPTION_MS}
    return {"oneOf": [{"const": True}, _object({"by_ms": by_ms})]}


def _speech_rate() -> dict[str, Any]:
    return _some({"above": _whole(1, 2000), "below": _whole(1, 2000)})


def _anchor(relation: str) -> dict[str, Any]:
    seconds = {"type": "number", "minimum": 0, "maximum": 86_400}
    distances = {"turns": _whole(0 if relation == "within" else 1, 1000), "seconds": seconds}
    anchor = _holding(distances)
    if relation == "within":
        anchor["anyOf"] = [{"required": ["turns"]}, {"required": ["seconds"]}]
    return _described(
        {"before": "Before", "after": "After"}.get(relation, "Near or in") + " a turn such as this.", anchor
    )


def _holding(further: dict[str, Any]) -> dict[str, Any]:
    """A mapping with the keys of a rule and ``further`` ones; the rule's own keys are checked by reference."""
    return _object({key: {"$ref": f"{RULE_REFERENCE}/properties/{key}"} for key in RULE_KEYS} | further)


def _one_or_more(item: dict[str, Any]) -> dict[str, Any]:
    return {"oneOf": [item, {"type": "array", "minItems": 1, "items": item, "uniqueItems": True}]}


def _described(description: str, schema: dict[str, Any]) -> dict[str, Any]:
    return {"description": description, **schema}


def _whole(low: int, high: int) -> dict[str, Any]:
    return {"type": "integer", "minimum": low, "maximum": high}


def _some(properties: dict[str, Any]) -> dict[str, Any]:
    return _object(properties) | {"minProperties": 1}


def _one(properties: dict[str, Any]) -> dict[str, Any]:
    return _some(properties) | {"maxProperties": 1}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}
