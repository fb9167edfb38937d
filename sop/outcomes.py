"""How a step, a criterion or a dimension can come out."""

from __future__ import annotations

from typing import Any, Literal, cast, get_args

from sop.json_reading import error_at, field_in

Outcome = Literal["met", "missed", "unknown", "not_applicable"]
OUTCOMES: tuple[Outcome, ...] = get_args(Outcome)


def outcome_in(document: Any, where: str) -> Outcome:
    """The object's ``outcome``.

    Raises:
        SopError: it is missing, or no outcome.
    """
    value = field_in(document, "outcome", str, where)
    if value not in OUTCOMES:
        raise error_at(f"{where}.outcome", f"unknown outcome {value!r}")
    return cast(Outcome, value)
