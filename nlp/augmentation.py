"""Annotated calls as a recogniser would write them: marks and characters lost, turns run together. Pure."""

from __future__ import annotations

import random
import re
from dataclasses import replace

from asr.transcript import Language
from nlp.annotations import AnnotatedCall, AnnotatedTurn
from sop.events import EVENTS

_MARKS = re.compile(r"[,.!?;:，。！？；：、…—\-]+")
_BACK_CHANNEL_LETTERS = {"zh": 3, "en": 10}


def as_recognised(call: AnnotatedCall, rng: random.Random, strength: float = 1.0) -> AnnotatedCall:
    """A noisy copy of a call with the same events; ``strength`` in [0, 1] scales how often things happen."""
    turns = _without_back_channels(call.turns, call.language, rng, 0.5 * strength)
    return replace(call, turns=tuple(_misheard(turn, call.language, rng, strength) for turn in turns))


def _without_back_channels(
    turns: tuple[AnnotatedTurn, ...], language: Language, rng: random.Random, share: float
) -> list[AnnotatedTurn]:
    """Drop some back-channels; turns of one speaker that then meet become one, with the events of both."""
    kept: list[AnnotatedTurn] = []
    for turn in turns:
        letters = sum(char.isalnum() for char in turn.text)
        if not turn.events and letters <= _BACK_CHANNEL_LETTERS[language] and rng.random() < share:
            continue
        if kept and kept[-1].speaker == turn.speaker and rng.random() < share:
            kept[-1] = _joined(kept[-1], turn, language)
        else:
            kept.append(turn)
    return kept or list(turns)


def _joined(left: AnnotatedTurn, right: AnnotatedTurn, language: Language) -> AnnotatedTurn:
    space = " " if language == "en" else ""
    events = tuple(event for event in EVENTS if event in left.events or event in right.events)
    return AnnotatedTurn(left.speaker, f"{left.text}{space}{right.text}", events)


def _misheard(turn: AnnotatedTurn, language: Language, rng: random.Random, strength: float) -> AnnotatedTurn:
    text = turn.text
    if rng.random() < 0.3 * strength:
        text = _MARKS.sub(" " if language == "en" else "，", text).strip("， ")
    units = text.split(" ") if language == "en" else list(text)
    heard = [unit for unit in units if rng.random() >= 0.03 * strength]
    text = (" " if language == "en" else "").join(heard)
    return replace(turn, text=text) if text.strip() else turn
