"""Reading the steps from the document: what is demanded, of whom, when, and what it is worth."""

from __future__ import annotations

from collections.abc import Sequence

from sop import schema
from sop.criterion_parsing import Place, read_criterion
from sop.dimension_document import read_dimensions
from sop.fields import Section
from sop.own_events import KnownEvents
from sop.procedure import DEFAULT_POINTS, DIRECTIONS, Condition, Criterion, Step, Wording

MAX_STATEMENTS = 100
"""Each is learned from its examples when a call is tagged."""


def read_steps(section: Section, known: KnownEvents) -> tuple[Step, ...]:
    """The steps under ``steps`` of the document, which may name the events of ``known``."""
    found = section.sections("steps", schema.STEP_KEYS)
    ids = _identities(found)
    steps = tuple(_step(part, ids, index, known) for index, part in enumerate(found))
    if steps and not any(step.required and step.points > 0 for step in steps):
        section.note("steps", "no required step has points", "give one 'points' above 0")
    statements = sum(part.statement is not None for step in steps for part in step.criteria)
    if statements > MAX_STATEMENTS:
        message = f"{statements} criteria with 'examples' or 'rule', at most {MAX_STATEMENTS} are read"
        section.note("steps", message, "name built-in events where they will do")
    return steps


def _identities(sections: Sequence[Section]) -> list[str]:
    """The ids in order, "" where there is none; a repeated one is noted."""
    ids: list[str] = []
    for section in sections:
        section.require("id", "add 'id: ...'")
        value = section.slug("id") or ""
        if value and value in ids:
            section.note("id", f"{value!r} is already the id of another", "choose a different id")
        ids.append(value)
    return ids


def _step(section: Section, ids: list[str], index: int, known: KnownEvents) -> Step:
    section.require("title", "add 'title: {zh: ..., en: ...}'")
    title = section.wording("title") or Wording("", "")
    points = section.number("points", 0, 1000)
    required = section.flag("required") is not False
    auto_fail = section.flag("auto_fail") is True
    if auto_fail and not required:
        section.note("auto_fail", "an optional step cannot fail the call", "remove 'required: false' or 'auto_fail'")
    return Step(
        id=ids[index],
        title=title,
        criteria=_criteria(section, ids, index, title, known),
        points=DEFAULT_POINTS if points is None else points,
        required=required,
        when=_condition(section.section("when", schema.WHEN_KEYS), known),
        auto_fail=auto_fail,
        dimensions=read_dimensions(section),
    )


def _condition(section: Section | None, known: KnownEvents) -> Condition:
    if section is None:
        return Condition()
    if not section.node.value:
        section.note("heard", "missing", "give 'heard', 'not_heard', 'follow_up', 'directions' or 'stages'")
    heard = section.choices("heard", known.names, "event")
    not_heard = section.choices("not_heard", known.names, "event")
    for event in heard:
        if event in not_heard:
            section.note("not_heard", f"{event!r} is also in 'heard'", "keep it in one of them")
    return Condition(
        heard=heard,
        not_heard=not_heard,
        follow_up=section.flag("follow_up"),
        directions=section.choices("directions", DIRECTIONS, "direction"),
        stages=section.words("stages", "stage"),
    )


def _criteria(
    section: Section, ids: list[str], index: int, title: Wording, known: KnownEvents
) -> tuple[Criterion, ...]:
    place = Place(ids, index)
    if "criteria" not in section:
        return (read_criterion(section, ids[index], title, place, known),)
    for key in schema.CRITERION_ONLY_KEYS:
        if key in section:
            section.note(key, "cannot stand beside 'criteria'", "move it into one of the criteria")
    parts = section.sections("criteria", schema.CRITERION_KEYS)
    criteria = []
    for part, name in zip(parts, _identities(parts), strict=True):
        part.require("title", "add 'title: {zh: ..., en: ...}'")
        criteria.append(read_criterion(part, name, part.wording("title") or Wording("", ""), place, known))
    return tuple(criteria)
