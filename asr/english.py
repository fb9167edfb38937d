"""English as people write it: what Whisper learned from badly normalized captions is put right."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from asr.transcript import Word

_BEFORE_NO = frozenset(("oh", "so", "then", "well", "yes", "yeah", "uh", "um", "er", "ah"))
"""After these a speaker says no; nobody says "so number"."""


def written(words: Sequence[Word]) -> tuple[Word, ...]:
    """One turn; words keep their order and times.

    Captions have "No." spelled out as the abbreviation that it looks like, so Whisper writes "Oh, number." where
    somebody says no. That is told from a real number by the word before it, which only an answer goes with; by itself
    "Number." may answer a question for one.
    """
    befores = ["", *(word.text for word in words)]
    return tuple(
        replace(word, text=_no(word.text)) if _is_a_no(before, word.text) else word
        for before, word in zip(befores, words, strict=False)
    )


def _is_a_no(before: str, text: str) -> bool:
    if text.strip().lower() != "number.":
        return False
    return before.strip().rstrip(",").lower() in _BEFORE_NO


def _no(text: str) -> str:
    """In the place of "number.", as capitalised and spaced."""
    return text.replace("number", "no").replace("Number", "No")
