"""The values that speech becomes: words, turns and the transcript, and their JSON form.

Time is integer milliseconds from the start of the recording; ``confidence`` is in [0, 1].
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, cast, get_args

Speaker = Literal["rep", "customer", "unknown"]
Language = Literal["zh", "en"]

SPEAKERS: tuple[Speaker, ...] = get_args(Speaker)
LANGUAGES: tuple[Language, ...] = get_args(Language)
OTHER_PARTY: dict[Speaker, Speaker] = {"rep": "customer", "customer": "rep", "unknown": "unknown"}


class TranscriptError(ValueError):
    """A document that is not a transcript; the message names the field and the reason."""


@dataclass(frozen=True, slots=True)
class Word:
    """One spoken word (English) or a short run of characters (Mandarin), with its punctuation."""

    text: str
    start_ms: int
    end_ms: int
    confidence: float


@dataclass(frozen=True, slots=True)
class Turn:
    """One speaker's stretch on one channel. ``channel`` counts from 0.

    ``voice`` numbers the voices that were told apart on one channel, from 0 in order of their first words; None
    where every channel has its own speaker.
    """

    speaker: Speaker
    channel: int
    start_ms: int
    end_ms: int
    text: str
    confidence: float
    words: tuple[Word, ...] = ()
    voice: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """A whole call, its turns in order of ``start_ms``.

    ``notes`` are codes of what a listener should know ("identical_channels",
    "empty_channel:1", "truncated"), never prose. ``role_confidence`` is how sure the speakers' roles are, in
    [0, 1]: 1 where a rule or a person gave them, less where they were told from what is said.
    """

    duration_ms: int
    language: Language
    channels: int
    turns: tuple[Turn, ...]
    notes: tuple[str, ...] = field(default=())
    role_confidence: float = 1.0

    def with_roles_swapped(self) -> Transcript:
        """The rep's turns given to the customer and the other way round, as a person says it is."""
        turns = tuple(replace(turn, speaker=OTHER_PARTY[turn.speaker]) for turn in self.turns)
        return replace(self, turns=turns, role_confidence=1.0)

    def to_json(self) -> dict[str, Any]:
        """The document that ``clearcall transcribe --format json`` prints."""
        document: dict[str, Any] = {
            "duration_ms": self.duration_ms,
            "language": self.language,
            "channels": self.channels,
            "turns": [_turn_to_json(turn) for turn in self.turns],
        }
        if self.notes:
            document["notes"] = list(self.notes)
        if self.role_confidence < 1:
            document["role_confidence"] = round(self.role_confidence, 4)
        return document

    @classmethod
    def from_json(cls, document: Mapping[str, Any]) -> Transcript:
        """Read what :meth:`to_json` wrote; unknown keys are ignored.

        Raises:
            TranscriptError: a field is missing or of the wrong type.
        """
        turns = _required(document, "turns", list, "transcript")
        language = _required(document, "language", str, "transcript")
        if language not in LANGUAGES:
            raise TranscriptError(f"language: expected one of {', '.join(LANGUAGES)}, got {language!r}")
        return cls(
            duration_ms=_required(document, "duration_ms", int, "transcript"),
            language=language,
            channels=_required(document, "channels", int, "transcript"),
            turns=tuple(_turn_from_json(turn, f"turns[{i}]") for i, turn in enumerate(turns)),
            notes=tuple(document.get("notes", ())),
            role_confidence=float(document.get("role_confidence", 1.0)),
        )


def _turn_to_json(turn: Turn) -> dict[str, Any]:
    document: dict[str, Any] = {
        "speaker": turn.speaker,
        "channel": turn.channel,
        "start_ms": turn.start_ms,
        "end_ms": turn.end_ms,
        "text": turn.text,
        "confidence": round(turn.confidence, 4),
        "words": [
            {"text": w.text, "start_ms": w.start_ms, "end_ms": w.end_ms, "confidence": round(w.confidence, 4)}
            for w in turn.words
        ],
    }
    if turn.voice is not None:
        document["voice"] = turn.voice
    return document


def _turn_from_json(document: Any, where: str) -> Turn:
    speaker = _required(document, "speaker", str, where)
    if speaker not in SPEAKERS:
        raise TranscriptError(f"{where}.speaker: expected one of {', '.join(SPEAKERS)}, got {speaker!r}")
    words = document.get("words", [])
    if not isinstance(words, list):
        raise TranscriptError(f"{where}.words: expected a list")
    return Turn(
        speaker=cast(Speaker, speaker),
        channel=_required(document, "channel", int, where),
        start_ms=_required(document, "start_ms", int, where),
        end_ms=_required(document, "end_ms", int, where),
        text=_required(document, "text", str, where),
        confidence=float(_required(document, "confidence", (int, float), where)),
        words=tuple(_word_from_json(word, f"{where}.words[{i}]") for i, word in enumerate(words)),
        voice=document.get("voice"),
    )


def _word_from_json(document: Any, where: str) -> Word:
    return Word(
        text=_required(document, "text", str, where),
        start_ms=_required(document, "start_ms", int, where),
        end_ms=_required(document, "end_ms", int, where),
        confidence=float(_required(document, "confidence", (int, float), where)),
    )


def _required(document: Any, key: str, kind: type | tuple[type, ...], where: str) -> Any:
    if not isinstance(document, Mapping):
        raise TranscriptError(f"{where}: expected an object, got {type(document).__name__}")
    if key not in document:
        raise TranscriptError(f"{where}.{key}: missing")
    value = document[key]
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TranscriptError(f"{where}.{key}: wrong type {type(value).__name__}")
    return value
