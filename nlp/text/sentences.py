"""The sentences of a turn. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_ABBREVIATIONS = frozenset({"mr", "mrs", "ms", "dr", "prof", "st", "vs", "etc", "e.g", "i.e", "no", "inc", "approx"})
_SENTENCE_END = re.compile(
    r"[。！？!?]+[”’」』）\"')\]]*"  # ends a sentence wherever it stands
    r"|(?<!\.)\.[”’\"')\]]*(?=\s|$)"  # a full stop only before a space: 3.5 and v2.0 go on
    r"|\n+"
)


class Sentence(NamedTuple):
    """A stretch of a text: ``text[start:end]``, without spaces around it, in characters."""

    start: int
    end: int
    text: str


def sentences(text: str) -> list[Sentence]:
    """The sentences of a turn in order; an abbreviation or a decimal point ends none.

    A text without any end mark is one sentence, a blank text none. Dots of hesitation (……, …) end none.
    """
    spans: list[Sentence] = []
    begin = 0
    for mark in _SENTENCE_END.finditer(text):
        if mark.end() < len(text) and _is_abbreviation(text[begin : mark.start()], mark.group()):
            continue
        spans.extend(_trimmed(text, begin, mark.end()))
        begin = mark.end()
    spans.extend(_trimmed(text, begin, len(text)))
    return spans


def _is_abbreviation(before: str, mark: str) -> bool:
    if mark.strip("”’\"')]") != ".":
        return False
    last = before.rsplit(maxsplit=1)[-1:] or [""]
    return last[0].lower().lstrip("(\"'") in _ABBREVIATIONS


def _trimmed(text: str, start: int, end: int) -> Iterator[Sentence]:
    while start < end and text[start].isspace():
        start += 1
    while start < end and text[end - 1].isspace():
        end -= 1
    if any(char.isalnum() for char in text[start:end]):
        yield Sentence(start, end, text[start:end])
