"""Calls written out with their words, as they are measured and scored: for tests of the dimensions."""

from __future__ import annotations

from typing import Any

from asr.transcript import Language, Transcript, Turn
from nlp.manner.observations import observe
from sop.events import Evidence, KeyEvent, Tagging
from sop.facts import CallFacts

PAUSE_MS = 300


def transcript(lines: list[dict[str, Any]], language: Language, channels: int = 2) -> Transcript:
    """A call of ``lines``: who speaks (``rep`` or ``customer``: text), for how many ``s``, after which ``pause_s``."""
    turns: list[Turn] = []
    at = 0
    for line in lines:
        speaker = next(key for key in ("rep", "customer", "unknown") if key in line)
        text = line[speaker]
        start = max(0, at + round(1000 * line.get("pause_s", PAUSE_MS / 1000)))
        end = start + round(1000 * line.get("s", _seconds(text, language)))
        channel = 0 if channels == 1 or speaker == "rep" else 1
        turns.append(Turn(speaker, channel, start, end, text, line.get("sure", 0.9)))  # type: ignore[arg-type]
        at = end
    return Transcript(max(60_000, at), language, channels, tuple(turns))


def spoken(lines: list[dict[str, Any]], language: Language, channels: int = 2) -> tuple[Tagging, CallFacts]:
    """Such a call as it is scored: ``events`` of a line are sure, or doubtful with a question mark."""
    call = transcript(lines, language, channels)
    present: list[KeyEvent] = []
    doubtful: list[KeyEvent] = []
    for index, (line, turn) in enumerate(zip(lines, call.turns, strict=True)):
        for name in line.get("events", ()):
            sure = not name.endswith("?")
            evidence = Evidence(index, turn.start_ms, turn.end_ms, turn.speaker, turn.text, 0.9 if sure else 0.5)
            (present if sure else doubtful).append(KeyEvent(name.rstrip("?"), evidence))
    facts = CallFacts.from_turns(
        call.turns,
        duration_ms=call.duration_ms,
        language=language,
        roles_known=all(turn.speaker != "unknown" for turn in call.turns),
        observations=observe(call),
    )
    return Tagging(tuple(present), tuple(doubtful)), facts


def _seconds(text: str, language: Language) -> float:
    """As long as saying it at an easy pace takes."""
    return max(0.4, len(text) / 4.2 if language == "zh" else len(text.split()) / 2.7)
