"""Annotated calls: the corpus lines of ``nlp/corpus/GUIDE.md``, read from text."""

from __future__ import annotations

import difflib
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast, get_args

from asr.transcript import LANGUAGES, Language, Speaker
from sop.events import EVENTS

GOLD_SPEAKERS: tuple[Speaker, ...] = get_args(Speaker)


class CorpusError(ValueError):
    """A line that is not an annotated call; the message names the line, the field and the remedy."""


@dataclass(frozen=True, slots=True)
class AnnotatedTurn:
    """One turn and the key events that this turn itself shows: ``events`` the built-in ones, in the order of
    :data:`EVENTS`, ``own_events`` those of a company's own.

    ``reviewed`` are the events that a person judged in this turn, and then nothing is known of the others; None where
    the turn was annotated as a whole.
    """

    speaker: Speaker
    text: str
    events: tuple[str, ...] = ()
    own_events: tuple[str, ...] = ()
    reviewed: tuple[str, ...] | None = None

    def is_known(self, event: str) -> bool:
        """Whether a person said if this turn shows the event."""
        return self.reviewed is None or event in self.reviewed


@dataclass(frozen=True, slots=True)
class AnnotatedCall:
    """One call of a corpus."""

    call_id: str
    language: Language
    turns: tuple[AnnotatedTurn, ...]

    @property
    def is_reviewed(self) -> bool:
        """Whether people judged only some events of some turns, rather than all."""
        return any(turn.reviewed is not None for turn in self.turns)

    @property
    def digest(self) -> str:
        """SHA-256 of language, speakers and texts, so that a renamed copy is still recognised."""
        spoken = [self.language, [[turn.speaker, turn.text] for turn in self.turns]]
        return hashlib.sha256(json.dumps(spoken, ensure_ascii=False).encode()).hexdigest()


def read_calls(text: str, source: str = "corpus", own_events: Sequence[str] = ()) -> list[AnnotatedCall]:
    """Read JSONL, one call a line; blank lines are skipped.

    Args:
        text: the whole file.
        source: what to call the file in messages.
        own_events: the events of a company's own that turns may be labelled with, besides the built-in ones.

    Raises:
        CorpusError: at the first line that breaks the guide, or when there is no call at all.
    """
    calls = list(_numbered_calls(text.removeprefix("\ufeff").split("\n"), source, own_events))
    if not calls:
        raise CorpusError(f"{source}: no calls; write one JSON object a line, see nlp/corpus/GUIDE.md")
    return calls


def _numbered_calls(lines: Iterable[str], source: str, own_events: Sequence[str]) -> Iterator[AnnotatedCall]:
    first_seen: dict[str, int] = {}
    for number, line in enumerate(lines, start=1):
        if not line.strip():
            continue
        where = f"{source}, line {number}"
        call = _call(_parsed(line, where), where, own_events)
        if call.call_id in first_seen:
            raise CorpusError(
                f"{where}: call_id: {call.call_id!r} was already used on line "
                f"{first_seen[call.call_id]}; give each call its own"
            )
        first_seen[call.call_id] = number
        yield call


def _parsed(line: str, where: str) -> Any:
    try:
        return json.loads(line)
    except json.JSONDecodeError as error:
        raise CorpusError(f"{where}: not JSON ({error.msg} at column {error.colno}); write one object a line") from None


def _call(document: Any, where: str, own_events: Sequence[str]) -> AnnotatedCall:
    if not isinstance(document, Mapping):
        raise CorpusError(f"{where}: expected a call as a JSON object, got {_kind(document)}")
    call_id = _field(document, "call_id", str, where)
    language = _field(document, "language", str, where)
    if language not in LANGUAGES:
        raise CorpusError(f"{where}: language: {language!r} is not one of {', '.join(LANGUAGES)}")
    turns = _field(document, "turns", list, where)
    if not turns:
        raise CorpusError(f"{where}: turns: empty; a call has at least one turn")
    return AnnotatedCall(
        call_id=call_id,
        language=cast(Language, language),
        turns=tuple(_turn(turn, f"{where}: turns[{i}]", own_events) for i, turn in enumerate(turns)),
    )


def _turn(document: Any, where: str, own_events: Sequence[str]) -> AnnotatedTurn:
    if not isinstance(document, Mapping):
        raise CorpusError(f"{where}: expected an object, got {_kind(document)}")
    speaker = _field(document, "speaker", str, where, joint=".")
    if speaker not in GOLD_SPEAKERS:
        raise CorpusError(f"{where}.speaker: {speaker!r} is not one of {', '.join(GOLD_SPEAKERS)}")
    text = _field(document, "text", str, where, joint=".")
    names = _field(document, "events", list, where, joint=".")
    for i, name in enumerate(names):
        _check_event(name, f"{where}.events[{i}]", own_events)
    # A review may be of an event that the procedure has since lost: unlike a label, it is no mistake.
    own = {*names, *_names(document, "own_events", where)}
    known = (*EVENTS, *own_events)
    reviewed = _names(document, "reviewed", where) if "reviewed" in document else None
    return AnnotatedTurn(
        speaker=cast(Speaker, speaker),
        text=text,
        events=tuple(event for event in EVENTS if event in names),
        own_events=tuple(event for event in own_events if event in own),
        reviewed=None if reviewed is None else tuple(event for event in known if event in reviewed),
    )


def _names(document: Mapping[str, Any], key: str, where: str) -> list[Any]:
    return _field(document, key, list, where, joint=".") if key in document else []


def _check_event(name: Any, where: str, own_events: Sequence[str]) -> None:
    known = (*EVENTS, *own_events)
    if name in known:
        return
    near = difflib.get_close_matches(str(name), known, n=1)
    hint = f"did you mean {near[0]!r}?" if near else f"the events are {', '.join(known)}"
    raise CorpusError(f"{where}: unknown event {name!r}; {hint}")


def _field(document: Mapping[str, Any], key: str, kind: type, where: str, joint: str = ": ") -> Any:
    if key not in document:
        raise CorpusError(f"{where}{joint}{key}: missing; add it, see nlp/corpus/GUIDE.md")
    value = document[key]
    if not isinstance(value, kind):
        raise CorpusError(f"{where}{joint}{key}: expected {_NAMES[kind]}, got {_kind(value)}")
    return value


_NAMES: Mapping[type, str] = {str: "a string", list: "a list", dict: "an object"}


def _kind(value: Any) -> str:
    return "null" if value is None else _NAMES.get(type(value), type(value).__name__)
