"""Reading a criterion from the document: the events it hears or the statement it makes, of whom, and when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sop import schema
from sop.fields import Section
from sop.own_events import STATEMENT_KEYS, KnownEvents, read_statement
from sop.problems import suggestion
from sop.procedure import DEFAULT_ANSWER_TURNS, Criterion, OwnEvent, Wording, default_speakers


@dataclass(frozen=True, slots=True)
class Place:
    """In the step at ``index`` of those with ``ids``, where a criterion stands."""

    ids: Sequence[str]
    index: int


def read_criterion(section: Section, name: str, title: Wording, place: Place, known: KnownEvents) -> Criterion:
    """The criterion ``name`` at ``place``, which may name the events of ``known``."""
    statement = _statement(section, f"{place.ids[place.index]}.{name}", title, known)
    events = _events(section, known) if statement is None else (statement.id,)
    answers = section.choices("answers", known.names, "event")
    turns = section.whole("answer_within_turns", 1, 100)
    _check_answers(section, events, answers)
    if "before_end_s" in section and "within_first_s" in section:
        section.note("before_end_s", "cannot stand beside 'within_first_s'", "keep the one that is meant")
    return Criterion(
        id=name,
        title=title,
        any_of=events,
        speakers=_speakers(section, events, known) if statement is None else statement.speakers,
        weight=section.number("weight", 0.01, 1000) or 1.0,
        min_count=section.whole("min_count", 1, 100) or 1,
        within_first_s=section.whole("within_first_s", 1, 86_400),
        after_step=_earlier_step(section, place),
        answers=answers,
        answer_within_turns=turns or DEFAULT_ANSWER_TURNS,
        before_end_s=section.whole("before_end_s", 1, 86_400),
        statement=statement,
    )


def _statement(section: Section, name: str, title: Wording, known: KnownEvents) -> OwnEvent | None:
    """What the criterion itself says is to be heard; None where it names events."""
    given = [key for key in STATEMENT_KEYS if key in section]
    if not given:
        return None
    for key in ("event", "any_of"):
        if key in section:
            section.note(given[0], f"cannot stand beside {key!r}", "say it in one way")
            return None
    return read_statement(section, name, title, known)


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
    for key in ("min_count", "within_first_s", "before_end_s", "after_step"):
        if key in section:
            section.note(key, "cannot stand beside 'answers'", "use 'answer_within_turns'")


def _earlier_step(section: Section, place: Place) -> str | None:
    value, earlier = section.text("after_step"), place.ids[: place.index]
    if value is None or value in earlier:
        return value
    if value in place.ids:
        section.note("after_step", f"step {value!r} is not earlier in the list", "name a step above this one")
    else:
        section.note("after_step", f"unknown step {value!r}", suggestion(value, [name for name in earlier if name]))
    return None
