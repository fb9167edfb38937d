"""The SOP as a YAML document a person can read aloud: parsed strictly, dumped back, hashed by content.

``docs/sop.md`` explains each key; :class:`~sop.procedure.Sop` and its parts say what each means.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import yaml

from sop import schema
from sop.canonical import content_hash, to_document
from sop.fields import Notes, Section
from sop.own_events import KnownEvents, read_events
from sop.problems import Problem, SopError, suggestion
from sop.procedure import (
    DEFAULT_ANSWER_TURNS,
    DEFAULT_POINTS,
    LANGUAGES,
    Condition,
    Criterion,
    Language,
    NotApplicable,
    Sop,
    Step,
    Vocabulary,
    Wording,
    default_speakers,
)
from sop.yaml_tree import compose

__all__ = ["Problem", "Sop", "SopError", "content_hash", "dump", "json_schema", "parse", "to_document"]


def parse(text: str) -> Sop:
    """The SOP written in ``text``.

    Raises:
        SopError: all problems of the document, in order of line, each with path, line and hint.
    """
    notes = Notes()
    sop = _sop(Section(compose(text), "", schema.SOP_KEYS, notes))
    if notes.problems:
        raise SopError(sorted(notes.problems, key=lambda problem: problem.line or 0))
    return sop


def dump(sop: Sop) -> str:
    """YAML that :func:`parse` reads back as an equal SOP; defaults are left out."""
    return yaml.safe_dump(to_document(sop), allow_unicode=True, sort_keys=False, width=110)


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the document, for editors."""
    return schema.document_schema()


def _sop(section: Section) -> Sop:
    for key in ("name", "title", "language", "steps"):
        section.require(key, f"add '{key}: ...'")
    languages: list[Language] = []
    for word in section.choices("language", LANGUAGES, "language"):
        languages.extend(language for language in LANGUAGES if language == word)
    events, known = read_events(section)
    return Sop(
        name=section.slug("name") or "",
        title=section.wording("title") or Wording("", ""),
        languages=tuple(languages),
        steps=_steps(section, known),
        not_applicable=_not_applicable(section.section("not_applicable", schema.NOT_APPLICABLE_KEYS)),
        vocabulary=_vocabulary(section.section("vocabulary", schema.VOCABULARY_KEYS)),
        events=events,
    )


def _not_applicable(section: Section | None) -> NotApplicable:
    if section is None:
        return NotApplicable()
    return NotApplicable(shorter_than_s=section.whole("shorter_than_s", 1, 86_400))


def _vocabulary(section: Section | None) -> Vocabulary:
    if section is None:
        return Vocabulary()
    return Vocabulary(hotwords=section.texts("hotwords"), competitors=section.texts("competitors"))


def _steps(section: Section, known: KnownEvents) -> tuple[Step, ...]:
    found = section.sections("steps", schema.STEP_KEYS)
    ids = _identities(found)
    steps = tuple(_step(part, ids, index, known) for index, part in enumerate(found))
    if steps and not any(step.required and step.points > 0 for step in steps):
        section.note("steps", "no required step has points", "give one 'points' above 0")
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
    return Step(
        id=ids[index],
        title=title,
        criteria=_criteria(section, ids, index, title, known),
        points=DEFAULT_POINTS if points is None else points,
        required=section.flag("required") is not False,
        when=_condition(section.section("when", schema.WHEN_KEYS), known),
    )


def _condition(section: Section | None, known: KnownEvents) -> Condition:
    if section is None:
        return Condition()
    if "heard" not in section and "not_heard" not in section:
        section.note("heard", "missing", "give 'heard', 'not_heard' or both")
    heard = section.choices("heard", known.names, "event")
    not_heard = section.choices("not_heard", known.names, "event")
    for event in heard:
        if event in not_heard:
            section.note("not_heard", f"{event!r} is also in 'heard'", "keep it in one of them")
    return Condition(heard, not_heard)


def _criteria(
    section: Section, ids: list[str], index: int, title: Wording, known: KnownEvents
) -> tuple[Criterion, ...]:
    if "criteria" not in section:
        return (_criterion(section, ids, index, ids[index], title, known),)
    for key in schema.CRITERION_ONLY_KEYS:
        if key in section:
            section.note(key, "cannot stand beside 'criteria'", "move it into one of the criteria")
    parts = section.sections("criteria", schema.CRITERION_KEYS)
    names = _identities(parts)
    criteria = []
    for part, name in zip(parts, names, strict=True):
        part.require("title", "add 'title: {zh: ..., en: ...}'")
        criteria.append(_criterion(part, ids, index, name, part.wording("title") or Wording("", ""), known))
    return tuple(criteria)


def _criterion(
    section: Section, ids: list[str], index: int, name: str, title: Wording, known: KnownEvents
) -> Criterion:
    events = _events(section, known)
    answers = section.choices("answers", known.names, "event")
    turns = section.whole("answer_within_turns", 1, 100)
    _check_answers(section, events, answers)
    return Criterion(
        id=name,
        title=title,
        any_of=events,
        speakers=_speakers(section, events, known),
        weight=section.number("weight", 0.01, 1000) or 1.0,
        min_count=section.whole("min_count", 1, 100) or 1,
        within_first_s=section.whole("within_first_s", 1, 86_400),
        after_step=_earlier_step(section, ids, index),
        answers=answers,
        answer_within_turns=turns or DEFAULT_ANSWER_TURNS,
    )


def _events(section: Section, known: KnownEvents) -> tuple[str, ...]:
    if "event" in section and "any_of" in section:
        section.note("any_of", "cannot stand beside 'event'", "list all events under 'any_of'")
    elif "event" not in section and "any_of" not in section:
        section.note("event", "missing", "name the event to hear, such as 'event: opening'")
    event = section.choice("event", known.names, "event")
    several = section.choices("any_of", known.names, "event")
    return several if event is None else (event,)


def _speakers(section: Section, events: tuple[str, ...], known: KnownEvents) -> frozenset[str]:
    word = section.choice("speaker", schema.SPEAKER_WORDS, "speaker")
    if word is None or word not in schema.SPEAKER_WORDS:
        return default_speakers((event for event in events if event in known.speakers), known.speakers)
    speakers = frozenset({"rep", "customer"}) if word == "both" else frozenset({word})
    for event in events:
        if event in known.speakers and not speakers & known.speakers[event]:
            owner = " or ".join(sorted(known.speakers[event]))
            section.note("speaker", f"{event!r} is never said by the {word}", f"it is said by the {owner}")
    return speakers


def _check_answers(section: Section, events: tuple[str, ...], answers: tuple[str, ...]) -> None:
    if not answers:
        if "answer_within_turns" in section and "answers" not in section:
            section.note("answer_within_turns", "needs 'answers'", "say which events must be answered")
        return
    for event in answers:
        if event in events:
            section.note("answers", f"{event!r} cannot answer itself", "name the events that need an answer")
    for key in ("min_count", "within_first_s", "after_step"):
        if key in section:
            section.note(key, "cannot stand beside 'answers'", "use 'answer_within_turns'")


def _earlier_step(section: Section, ids: list[str], index: int) -> str | None:
    value = section.text("after_step")
    if value is None or value in ids[:index]:
        return value
    if value in ids[index:]:
        section.note("after_step", f"step {value!r} is not earlier in the list", "name a step above this one")
    else:
        section.note("after_step", f"unknown step {value!r}", suggestion(value, [name for name in ids[:index] if name]))
    return None
