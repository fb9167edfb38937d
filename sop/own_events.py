"""Events of one's own in the document: read, written back, and their part of the document's schema."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sop.events import EVENT_SPEAKERS, EVENTS
from sop.fields import Section
from sop.procedure import OwnEvent, Wording
from sop.rules import RULE_KEYS, parse_rule, rule_document

STATEMENT_KEYS = ("examples", "counter_examples", "rule")
EVENT_KEYS = ("id", "title", "speaker", *STATEMENT_KEYS)
MAX_EVENTS = 50
EXAMPLES = (3, 30)
"""Fewer say too little of how a thing is said; more are better spent on training."""
MAX_COUNTER_EXAMPLES = 30
BOTH = frozenset({"rep", "customer"})

_SPEAKERS: Mapping[str, frozenset[str]] = {"rep": frozenset({"rep"}), "customer": frozenset({"customer"}), "both": BOTH}


@dataclass(frozen=True, slots=True)
class KnownEvents:
    """The events that a document's steps may name, and who can show each."""

    speakers: Mapping[str, frozenset[str]]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(self.speakers)


def read_events(section: Section) -> tuple[tuple[OwnEvent, ...], KnownEvents]:
    """The events under ``events`` of the document, and all that its steps may name.

    An event with a mistake in it is known by its name all the same, so that no step is blamed for it.
    """
    parts = section.sections("events", EVENT_KEYS)
    if len(parts) > MAX_EVENTS:
        section.note("events", f"{len(parts)} events, at most {MAX_EVENTS} are read", "remove those no step needs")
    speakers: dict[str, frozenset[str]] = dict(EVENT_SPEAKERS)
    events: list[OwnEvent] = []
    for part in parts:
        event = _event(part, [event.id for event in events], tuple(speakers))
        if event.id:
            speakers[event.id] = event.speakers
        events.append(event)
    return tuple(events), KnownEvents(speakers)


def _event(section: Section, above: Sequence[str], known: tuple[str, ...]) -> OwnEvent:
    section.require("id", "add 'id: ...'")
    name = section.slug("id") or ""
    if name and name in above:
        section.note(
            "id", f"{name!r} is already the id of another", "choose a different id, or write both as one event"
        )
    if name in EVENTS:
        return _known_by(section, name, _built_in(section, name), EVENT_SPEAKERS[name], known)
    section.require("title", "add 'title: {zh: ..., en: ...}'")
    return _known_by(section, name, section.wording("title") or Wording("", ""), _speakers(section), known)


def read_statement(section: Section, name: str, title: Wording, known: KnownEvents) -> OwnEvent:
    """The event ``name`` that a criterion's own examples or rule describe."""
    return _known_by(section, name, title, _speakers(section), known.names)


def _known_by(
    section: Section, name: str, title: Wording, speakers: frozenset[str], known: tuple[str, ...]
) -> OwnEvent:
    part = section.section("rule", RULE_KEYS)
    examples, counters = _examples(section)
    rule = None if part is None else parse_rule(part, known)
    return OwnEvent(name, title, speakers, examples, counters, rule)


def _built_in(section: Section, name: str) -> Wording:
    for key in ("title", "speaker"):
        if key in section:
            section.note(key, f"{name!r} is built in and has its own", f"remove '{key}', or choose a different id")
    return Wording(name, name)


def _speakers(section: Section) -> frozenset[str]:
    word = section.choice("speaker", tuple(_SPEAKERS), "speaker")
    return _SPEAKERS.get(word or "both", BOTH)


def _examples(section: Section) -> tuple[tuple[str, ...], tuple[str, ...]]:
    examples, counters = section.texts("examples"), section.texts("counter_examples")
    least, most = EXAMPLES
    if "examples" not in section:
        if "rule" not in section:
            section.note("examples", "missing", f"give {least} to {most} sentences that show it, or a 'rule'")
        if "counter_examples" in section:
            section.note("counter_examples", "needs 'examples'", "give sentences that show the event as well")
    elif section.is_empty_list("examples") or (examples and not least <= len(examples) <= most):
        section.note("examples", f"{len(examples)} given", f"give {least} to {most} sentences, said differently")
    if len(counters) > MAX_COUNTER_EXAMPLES:
        section.note("counter_examples", f"{len(counters)} given", f"give at most {MAX_COUNTER_EXAMPLES}")
    for text in counters:
        if text in examples:
            section.note("counter_examples", f"{text!r} is also in 'examples'", "keep it in one of them")
    return examples, counters


def event_document(event: OwnEvent) -> dict[str, Any]:
    """The event as plain JSON values, without what is default."""
    document: dict[str, Any] = {"id": event.id}
    if not event.is_built_in:
        wording = event.title
        document["title"] = wording.zh if wording.zh == wording.en else {"zh": wording.zh, "en": wording.en}
        if event.speakers != BOTH:
            document["speaker"] = next(iter(event.speakers))
    return document | _evidence_document(event)


def statement_document(event: OwnEvent) -> dict[str, Any]:
    """What stands in a criterion in place of an event's name."""
    speaker = {} if event.speakers == BOTH else {"speaker": next(iter(event.speakers))}
    return _evidence_document(event) | speaker


def _evidence_document(event: OwnEvent) -> dict[str, Any]:
    document: dict[str, Any] = {}
    if event.examples:
        document["examples"] = list(event.examples)
    if event.counter_examples:
        document["counter_examples"] = list(event.counter_examples)
    if event.rule is not None:
        document["rule"] = rule_document(event.rule)
    return document


def events_hash(events: Sequence[OwnEvent]) -> str:
    """SHA-256 (hexadecimal) of all of the events that tagging depends on, their titles aside; empty for none."""
    if not events:
        return ""
    documents = [{key: value for key, value in event_document(event).items() if key != "title"} for event in events]
    canonical = json.dumps(documents, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode("utf-8")).hexdigest()
