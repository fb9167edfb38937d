"""Calls for tests: the demo's, with their gold events, and small ones written out."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from sop.document import parse
from sop.events import Evidence, KeyEvent, Tagging
from sop.facts import CallFacts, TurnSpan
from sop.procedure import Sop

DATA = Path(__file__).parent / "data"


@cache
def shipped(name: str) -> Sop:
    """One of the SOPs that come with Clearcall."""
    return parse(files("sop.shipped").joinpath(f"{name}.yaml").read_text(encoding="utf-8"))


def demo_calls() -> dict[str, dict[str, Any]]:
    """The 15 demo calls by id, turns timed as in their audio."""
    lines = (DATA / "demo-calls.jsonl").read_text(encoding="utf-8").splitlines()
    return {call["call_id"]: call for call in map(json.loads, lines)}


def gold(call: dict[str, Any]) -> tuple[Tagging, CallFacts]:
    """A demo call as a tagger that is always right would hear it."""
    events = [
        KeyEvent(name, Evidence(index, turn["start_ms"], turn["end_ms"], turn["speaker"], turn["text"], 0.95))
        for index, turn in enumerate(call["turns"])
        for name in turn["events"]
    ]
    spans = tuple(TurnSpan(turn["speaker"], turn["start_ms"], turn["end_ms"]) for turn in call["turns"])
    return Tagging(present=tuple(events)), CallFacts(call["duration_ms"], call["language"], spans)


def written(lines: list[str], **frame: Any) -> tuple[Tagging, CallFacts]:
    """A call of five-second turns, each ``"rep: opening, product_intro? | Hello."``; ``?`` marks a doubtful event.

    What was said may be left out.
    """
    spans: list[TurnSpan] = []
    present: list[KeyEvent] = []
    doubtful: list[KeyEvent] = []
    for index, line in enumerate(lines):
        speaker, _, told = line.partition(":")
        names, _, text = told.partition("|")
        start, end = index * 5000, index * 5000 + 4500
        spans.append(TurnSpan(speaker.strip(), start, end))  # type: ignore[arg-type]
        for name in (word.strip() for word in names.split(",") if word.strip()):
            sure = not name.endswith("?")
            quote = text.strip() or f"{name.rstrip('?')} in turn {index}"
            evidence = Evidence(index, start, end, spans[-1].speaker, quote, 0.9 if sure else 0.5)
            (present if sure else doubtful).append(KeyEvent(name.rstrip("?"), evidence))
    facts = CallFacts(
        duration_ms=frame.pop("duration_ms", max(60_000, len(lines) * 5000)),
        language=frame.pop("language", "zh"),
        turns=tuple(spans),
        **frame,
    )
    return Tagging(tuple(present), tuple(doubtful)), facts
