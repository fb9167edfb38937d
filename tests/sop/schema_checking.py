"""What of JSON Schema (2020-12) the document's schema uses, checked; a keyword that is not known here is an error."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

ANNOTATIONS = {"$schema", "$defs", "title", "description", "default"}
KINDS: Mapping[str, Callable[[Any], bool]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "boolean": lambda value: isinstance(value, bool),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "number": lambda value: isinstance(value, int | float) and not isinstance(value, bool),
    "null": lambda value: value is None,
}


def complaints(value: Any, schema: Any, root: Mapping[str, Any], path: str = "document") -> list[str]:
    """Where ``value`` is not what ``schema`` asks for; empty if it is."""
    if isinstance(schema, bool):
        return [] if schema else [f"{path}: not allowed"]
    if "$ref" in schema:
        return complaints(value, _target(schema["$ref"], root), root, path)
    found: list[str] = []
    for keyword, wanted in schema.items():
        if keyword not in ANNOTATIONS:
            found += _complaints(keyword, wanted, value, schema, root, path)
    return found


def _target(reference: str, root: Mapping[str, Any]) -> Any:
    target: Any = root
    for part in reference.removeprefix("#/").split("/"):
        target = target[part]
    return target


def _complaints(keyword: str, wanted: Any, value: Any, schema: Any, root: Mapping[str, Any], path: str) -> list[str]:
    if keyword in ("oneOf", "anyOf"):
        tried = [complaints(value, choice, root, path) for choice in wanted]
        fitting = sum(not each for each in tried)
        good = fitting == 1 if keyword == "oneOf" else fitting > 0
        return [] if good else [f"{path}: {fitting} of {keyword} fit: {tried}"]
    if keyword == "properties":
        pairs = [(key, part) for key, part in wanted.items() if isinstance(value, dict) and key in value]
        return [line for key, part in pairs for line in complaints(value[key], part, root, f"{path}.{key}")]
    if keyword == "items":
        entries = enumerate(value if isinstance(value, list) else [])
        return [line for i, item in entries for line in complaints(item, wanted, root, f"{path}[{i}]")]
    if keyword == "additionalProperties" and isinstance(wanted, dict):
        others = [key for key in value if key not in schema.get("properties", {})] if isinstance(value, dict) else []
        return [line for key in others for line in complaints(value[key], wanted, root, f"{path}.{key}")]
    return (
        [] if _holds(keyword, wanted, value, schema) else [f"{path}: {keyword} {wanted!r} does not hold of {value!r}"]
    )


def _holds(keyword: str, wanted: Any, value: Any, schema: Any) -> bool:
    listed, written = isinstance(value, list), isinstance(value, str)
    counted = isinstance(value, int | float) and not isinstance(value, bool)
    mapped = isinstance(value, dict)
    checks: dict[str, Callable[[], bool]] = {
        "type": lambda: any(KINDS[kind](value) for kind in ([wanted] if isinstance(wanted, str) else wanted)),
        "enum": lambda: value in wanted,
        "const": lambda: value == wanted,
        "pattern": lambda: not written or re.search(wanted, value) is not None,
        "minLength": lambda: not written or len(value) >= wanted,
        "maxLength": lambda: not written or len(value) <= wanted,
        "minimum": lambda: not counted or value >= wanted,
        "maximum": lambda: not counted or value <= wanted,
        "minItems": lambda: not listed or len(value) >= wanted,
        "maxItems": lambda: not listed or len(value) <= wanted,
        "uniqueItems": lambda: not listed or all(item not in value[:i] for i, item in enumerate(value)),
        "required": lambda: not mapped or all(key in value for key in wanted),
        "dependentRequired": lambda: (
            not mapped or all(other in value for key, others in wanted.items() if key in value for other in others)
        ),
        "minProperties": lambda: not mapped or len(value) >= wanted,
        "maxProperties": lambda: not mapped or len(value) <= wanted,
        "additionalProperties": lambda: wanted or not mapped or set(value) <= set(schema.get("properties", {})),
    }
    return checks[keyword]()
