"""Conditions as YAML: read with every mistake and its path, and written back.

Each entry of a list has one key that says what it asks for, and what narrows it; ``docs/truth-gap.md`` has them all::

    criteria:
      - {heard: customer_need, by: customer, within_days: 90}
      - {heard: next_step, slot: when}
      - {field: budget}
      - {any: [{approval: discount}, {took_part: solution}]}
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Mapping, Sequence
from typing import Any, cast

from sop.deals.conditions import (
    DECISION_ROLES,
    ActionDone,
    AllOf,
    AnyOf,
    Approved,
    Condition,
    FieldFilled,
    Heard,
    SpokenTo,
    TookPart,
)
from sop.deals.labels import SLOT_LABELS
from sop.events import EVENT_SPEAKERS, EVENTS, Speaker
from sop.fields import Section
from sop.gates import MAX_DAYS
from sop.procedure import Wording

FORMS: tuple[str, ...] = ("heard", "field", "action", "approval", "took_part", "spoken_to", "any", "all")
"""The key that says what a condition asks for."""
NARROWING: Mapping[str, tuple[str, ...]] = {
    "heard": ("by", "count", "min_confidence", "within_days", "slot", "roles"),
    "spoken_to": ("within_days",),
}
"""What narrows each form; the others have nothing."""
CONDITION_KEYS: tuple[str, ...] = (*FORMS, *NARROWING["heard"], "id", "title")
MAX_COUNT = 100
MAX_CONDITIONS = 50

_NAME = re.compile(r"[a-z0-9]+([_.-][a-z0-9]+)*")
_PRICE_SLOTS = frozenset({"amount", "amount_off", "currency", "discount"})
_STEP_SLOTS = frozenset({"when", "channel"})
_SLOTS_OF: Mapping[str, frozenset[str]] = {
    "price_discussion": _PRICE_SLOTS,
    "price_objection": _PRICE_SLOTS,
    "objection_handling": _PRICE_SLOTS,
    "next_step": _STEP_SLOTS,
    "closing": _PRICE_SLOTS | _STEP_SLOTS,
    "competitor": frozenset({"competitor"}),
    "decision_process": frozenset({"role"}),
}


def read_conditions(section: Section, key: str, own_events: Collection[str] | None = None) -> tuple[Condition, ...]:
    """The conditions listed under ``key``; those with mistakes are noted and left out.

    Args:
        section: where the list is.
        key: its key, such as ``criteria``.
        own_events: the events of one's own that may be named; None for any name that is not a misspelt built-in one.
    """
    if section.is_empty_list(key):
        return ()
    parts = section.sections(key, CONDITION_KEYS)
    if len(parts) > MAX_CONDITIONS:
        section.note(key, f"{len(parts)} conditions, at most {MAX_CONDITIONS} are read", "shorten the list")
    conditions: list[Condition] = []
    for part in parts[:MAX_CONDITIONS]:
        condition = _condition(part, own_events)
        if condition is None:
            continue
        if condition.id in [earlier.id for earlier in conditions]:
            part.note("id", f"{condition.id!r} is in the list already", "remove one, or give it an 'id' of its own")
            continue
        conditions.append(condition)
    return tuple(conditions)


def _condition(section: Section, own_events: Collection[str] | None) -> Condition | None:
    forms = [form for form in FORMS if form in section]
    if len(forms) != 1:
        told = f"{forms[0]!r} is there too" if forms else "missing"
        section.note(forms[1] if forms else FORMS[0], told, f"give one of: {', '.join(FORMS)}")
        return None
    form = forms[0]
    before = len(section.notes.problems)
    for extra in NARROWING["heard"]:
        if extra in section and extra not in NARROWING.get(form, ()):
            section.note(extra, f"{extra!r} means nothing beside {form!r}", "remove it")
    condition = _of_form(section, form, own_events)
    return condition if len(section.notes.problems) == before else None


def _of_form(section: Section, form: str, own_events: Collection[str] | None) -> Condition:
    name, title = section.slug("id"), section.wording("title")
    if form == "heard":
        return _heard(section, name, title, own_events)
    if form == "spoken_to":
        role = section.choice("spoken_to", DECISION_ROLES[:-1], "decision role") or ""
        return SpokenTo(role, section.whole("within_days", 1, MAX_DAYS), name, title)
    if form in ("any", "all"):
        parts = read_conditions(section, form, own_events)
        if section.is_empty_list(form):
            section.note(form, "an empty list", "list at least one condition")
        return AnyOf(parts, name, title) if form == "any" else AllOf(parts, name, title)
    if form == "field":
        return FieldFilled(section.text("field") or "", name, title)
    word = section.slug(form) or ""
    if form == "action":
        return ActionDone(word, name, title)
    return Approved(word, name, title) if form == "approval" else TookPart(word, name, title)


def _heard(section: Section, name: str | None, title: Wording | None, own_events: Collection[str] | None) -> Heard:
    events = section.words("heard", "event")
    for event in events:
        _check_event(section, event, own_events)
    speaker = section.choice("by", ("rep", "customer"), "speaker")
    slot = section.choice("slot", tuple(SLOT_LABELS), "slot")
    for event in events:
        _check_fit(section, event, speaker, slot)
    return Heard(
        events=events,
        speaker=cast("Speaker | None", speaker),
        min_count=section.whole("count", 1, MAX_COUNT) or 1,
        min_confidence=section.number("min_confidence", 0, 1) or 0.0,
        within_days=section.whole("within_days", 1, MAX_DAYS),
        slot=slot,
        roles=section.choices("roles", DECISION_ROLES[:-1], "decision role"),
        own_id=name,
        own_title=title,
    )


def _check_event(section: Section, event: str, own_events: Collection[str] | None) -> None:
    if event in EVENTS or (own_events is not None and event in own_events):
        return
    known = (*EVENTS, *(own_events or ()))
    near = difflib.get_close_matches(event.lower(), known, n=1, cutoff=0.8)
    hint = f"did you mean {near[0]!r}?" if near else "use lower-case letters, digits, '-', '_' and '.'"
    if own_events is not None and not near:
        hint = f"expected one of: {', '.join(known)}"
    if own_events is not None or near or not _NAME.fullmatch(event):
        section.note("heard", f"unknown event {event[:60]!r}", hint)


def _check_fit(section: Section, event: str, speaker: str | None, slot: str | None) -> None:
    if event not in EVENT_SPEAKERS:
        return
    if speaker and speaker not in EVENT_SPEAKERS[event]:
        section.note("by", f"{event!r} is never said by the {speaker}", "remove 'by'")
    if slot and slot not in _SLOTS_OF.get(event, frozenset()):
        having = [name for name, slots in _SLOTS_OF.items() if slot in slots]
        section.note("slot", f"{event!r} has no slot {slot!r}", f"these have: {', '.join(having)}")


def condition_document(condition: Condition) -> dict[str, Any]:
    """The condition as plain JSON values, without what is default; :func:`read_conditions` reads it back."""
    match condition:
        case Heard():
            document = _heard_document(condition)
        case FieldFilled():
            document = {"field": condition.field}
        case ActionDone():
            document = {"action": condition.action}
        case Approved():
            document = {"approval": condition.kind}
        case TookPart():
            document = {"took_part": condition.function}
        case SpokenTo():
            document = {"spoken_to": condition.decision_role}
            if condition.within_days is not None:
                document["within_days"] = condition.within_days
        case AnyOf():
            document = {"any": conditions_document(condition.conditions)}
        case AllOf():
            document = {"all": conditions_document(condition.conditions)}
    if condition.own_id is not None:
        document["id"] = condition.own_id
    if condition.own_title is not None:
        title = condition.own_title
        document["title"] = title.zh if title.zh == title.en else {"zh": title.zh, "en": title.en}
    return document


def conditions_document(conditions: Sequence[Condition]) -> list[dict[str, Any]]:
    """The conditions as the list they are read from."""
    return [condition_document(condition) for condition in conditions]


def _heard_document(condition: Heard) -> dict[str, Any]:
    document: dict[str, Any] = {"heard": condition.events[0] if len(condition.events) == 1 else list(condition.events)}
    narrowing = {
        "by": condition.speaker,
        "count": condition.min_count if condition.min_count > 1 else None,
        "min_confidence": condition.min_confidence or None,
        "within_days": condition.within_days,
        "slot": condition.slot,
        "roles": list(condition.roles) or None,
    }
    return document | {key: value for key, value in narrowing.items() if value is not None}
