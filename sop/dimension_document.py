"""The dimensions of a step in the document: read, written back, and their part of the document's schema."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sop.dimensions import DIMENSIONS, MEASURES, Dimension, DimensionName
from sop.fields import Section

DIMENSION_KEYS = ("weight", "measures")
WEIGHTS = (0.01, 1000)


def read_dimensions(section: Section) -> tuple[Dimension, ...]:
    """What is under ``dimensions`` of a step, in the order of :data:`~sop.dimensions.DIMENSIONS`.

    Empty where points covered are all that counts, also where the document says so.
    """
    part = section.section("dimensions", DIMENSIONS)
    if part is None:
        return ()
    if not part.node.value:
        section.note("dimensions", "nothing is weighed", f"give one of {', '.join(DIMENSIONS)} a weight, or remove it")
    found = [_dimension(part, name) for name in DIMENSIONS if name in part]
    dimensions = tuple(dimension for dimension in found if dimension is not None)
    return () if [dimension.name for dimension in dimensions] == ["points"] else dimensions


def _dimension(section: Section, name: DimensionName) -> Dimension | None:
    if not section.is_mapping(name):
        weight = section.number(name, *WEIGHTS)
        return None if weight is None else Dimension.whole(name, weight)
    part = section.section(name, DIMENSION_KEYS)
    if part is None:
        return None
    weight = part.number("weight", *WEIGHTS)
    chosen = part.choices("measures", MEASURES[name], "measure")
    measures = tuple(measure for measure in MEASURES[name] if measure in chosen)
    return Dimension(name, 1.0 if weight is None else weight, measures or MEASURES[name])


def dimensions_document(dimensions: Sequence[Dimension]) -> dict[str, Any]:
    """The plain JSON values: a weight, or a weight and the measures where not all of them count."""
    return {dimension.name: _plain(dimension) for dimension in dimensions}


def _plain(dimension: Dimension) -> Any:
    weight = int(dimension.weight) if dimension.weight == int(dimension.weight) else dimension.weight
    if dimension.measures == MEASURES[dimension.name]:
        return weight
    return {"weight": weight, "measures": list(dimension.measures)}


def dimensions_schema() -> dict[str, Any]:
    """JSON Schema of what is under ``dimensions`` of a step."""
    return {
        "type": "object",
        "description": "How the step's points are shared; without it, points covered are all that counts.",
        "additionalProperties": False,
        "minProperties": 1,
        "properties": {name: _dimension_schema(name) for name in DIMENSIONS},
    }


def _dimension_schema(name: DimensionName) -> dict[str, Any]:
    weight = {"type": "number", "minimum": WEIGHTS[0], "maximum": WEIGHTS[1], "default": 1}
    measures = {"type": "array", "minItems": 1, "uniqueItems": True, "items": {"enum": list(MEASURES[name])}}
    either = {"oneOf": [{"enum": list(MEASURES[name])}, measures]}
    full = {"type": "object", "additionalProperties": False, "properties": {"weight": weight, "measures": either}}
    return {"oneOf": [weight, full]}
