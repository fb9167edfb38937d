"""Which calls a procedure is for: read from the document, and asked of a call."""

from __future__ import annotations

from typing import Any

from sop.facts import CallContext
from sop.fields import Section
from sop.hearing import Certainty
from sop.procedure import DIRECTIONS, Applicability

APPLIES_TO_KEYS = ("teams", "directions", "stages", "call_types")


def read_applicability(section: Section | None) -> Applicability:
    """What ``applies_to`` says; all calls where it is absent."""
    if section is None:
        return Applicability()
    if not section.node.value:
        section.note("teams", "missing", "give 'teams', 'directions', 'stages' or 'call_types', or remove 'applies_to'")
    return Applicability(
        teams=section.words("teams", "team"),
        directions=section.choices("directions", DIRECTIONS, "direction"),
        stages=section.words("stages", "stage"),
        call_types=section.words("call_types", "type of call"),
    )


def applicability_document(applies_to: Applicability) -> dict[str, Any]:
    """The plain JSON values of what is restricted."""
    lists = {key: list(getattr(applies_to, key)) for key in APPLIES_TO_KEYS}
    return {key: words for key, words in lists.items() if words}


def suits(applies_to: Applicability, context: CallContext) -> Certainty:
    """Whether a call of this context is one of those; MAYBE where something asked for is unknown."""
    pairs = (
        (applies_to.teams, context.team),
        (applies_to.directions, context.direction),
        (applies_to.stages, context.stage),
        (applies_to.call_types, context.call_type),
    )
    return min(is_among(value, words) for words, value in pairs)


def is_among(value: str | None, words: tuple[str, ...]) -> Certainty:
    """Whether ``value`` is one of ``words`` whatever its case; YES if nothing is asked for, MAYBE if it is unknown."""
    if not words:
        return Certainty.YES
    if value is None:
        return Certainty.MAYBE
    plain = value.strip().casefold()
    return Certainty.YES if plain in {word.strip().casefold() for word in words} else Certainty.NO


def strictness(applies_to: Applicability) -> int:
    """In how many ways calls are restricted, 0 to 4."""
    return len(applicability_document(applies_to))
