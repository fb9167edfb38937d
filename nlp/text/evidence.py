"""Where in a turn an event was said: its sentence, and when that sentence was spoken. Pure."""

from __future__ import annotations

from asr.transcript import Turn
from nlp.text.sentences import Sentence, sentences


def quotable(text: str) -> list[Sentence]:
    """The sentences of a turn; a text without a letter or digit is one whole "sentence"."""
    return sentences(text) or [Sentence(0, len(text), text)]


def spoken_at(turn: Turn, sentence: Sentence) -> tuple[int, int]:
    """``(start_ms, end_ms)`` of a sentence of the turn, by its words, inside the turn.

    The words are looked up in the turn's text one after the other; without any word in the sentence
    it is the whole turn's time.
    """
    spans: list[tuple[int, int]] = []
    cursor = 0
    for word in turn.words:
        text = word.text.strip()
        found = turn.text.find(text, cursor) if text else -1
        if found < 0:
            continue
        cursor = found + len(text)
        if found < sentence.end and cursor > sentence.start:
            spans.append((word.start_ms, word.end_ms))
    if not spans:
        return turn.start_ms, turn.end_ms
    start = _within(turn, min(start for start, _ in spans))
    return start, max(start, _within(turn, max(end for _, end in spans)))


def _within(turn: Turn, moment_ms: int) -> int:
    return min(max(moment_ms, turn.start_ms), turn.end_ms)
