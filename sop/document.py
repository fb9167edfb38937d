"""The SOP as a YAML document a person can read aloud: parsed strictly, dumped back, hashed by content.

``docs/sop.md`` explains each key; :class:`~sop.procedure.Sop` and its parts say what each means.
"""

from __future__ import annotations

from typing import Any

import yaml

from sop import schema
from sop.applicability import APPLIES_TO_KEYS, read_applicability
from sop.canonical import content_hash, to_document
from sop.fields import Notes, Section
from sop.gates import read_gates
from sop.own_events import KnownEvents, read_events
from sop.problems import Problem, SopError
from sop.procedure import LANGUAGES, Language, NotApplicable, Sop, Vocabulary, Wording
from sop.step_parsing import read_steps
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
        steps=read_steps(section, known),
        not_applicable=_not_applicable(section.section("not_applicable", schema.NOT_APPLICABLE_KEYS), known),
        vocabulary=_vocabulary(section.section("vocabulary", schema.VOCABULARY_KEYS)),
        events=events,
        applies_to=read_applicability(section.section("applies_to", APPLIES_TO_KEYS)),
        gates=read_gates(section, known),
    )


def _not_applicable(section: Section | None, known: KnownEvents) -> NotApplicable:
    if section is None:
        return NotApplicable()
    return NotApplicable(
        shorter_than_s=section.whole("shorter_than_s", 1, 86_400),
        heard=section.choices("heard", known.names, "event"),
        follow_up=section.flag("follow_up") is True,
    )


def _vocabulary(section: Section | None) -> Vocabulary:
    if section is None:
        return Vocabulary()
    return Vocabulary(
        hotwords=section.texts("hotwords"),
        competitors=section.texts("competitors"),
        price_terms=section.texts("price_terms"),
    )
