"""What a person typed into the search box, as terms of the index and as marks in a quote.

The index (``turns.terms``) holds folded words and, for Chinese, every bigram of characters. A run
of Chinese is asked for by its bigrams, so that it is found however the text was cut into words; a
word of another script is asked for by its beginning, so that "price" finds "prices".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from nlp.text import fold

_RUNS = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+|[^\W_\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")
_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_EXCERPT = 90


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a quote; ``marked`` when it is what was searched for."""

    text: str
    marked: bool


def tsquery(text: str) -> str | None:
    """A PostgreSQL ``tsquery`` for all words of ``text``, or None when it holds none."""
    parts: list[str] = []
    for run in _RUNS.findall(fold(text)):
        if not _CHINESE.match(run) or len(run) == 1:
            parts.append(f"'{run}':*")
        else:
            parts.extend(f"'{run[i : i + 2]}'" for i in range(len(run) - 1))
    return " & ".join(dict.fromkeys(parts)) or None


def excerpt(quote: str, text: str, longest: int = _EXCERPT) -> tuple[Piece, ...]:
    """``quote`` cut to about ``longest`` characters round the first hit, with every hit marked."""
    spans = _spans(quote, text)
    if spans and len(quote) > longest:
        start = max(0, min(spans[0][0] - longest // 3, len(quote) - longest))
    else:
        start = 0
    end = min(len(quote), start + longest)
    pieces = [Piece("…", False)] if start else []
    at = start
    for left, right in spans:
        if left < at or right > end:
            continue
        pieces.extend((Piece(quote[at:left], False), Piece(quote[left:right], True)))
        at = right
    pieces.append(Piece(quote[at:end] + ("…" if end < len(quote) else ""), False))
    return tuple(piece for piece in pieces if piece.text)


def _spans(quote: str, text: str) -> list[tuple[int, int]]:
    runs = dict.fromkeys(_RUNS.findall(fold(text)))
    if not runs:
        return []
    latin = [rf"\b{re.escape(run)}\w*" for run in runs if not _CHINESE.match(run)]
    chinese = [re.escape(run) for run in runs if _CHINESE.match(run)]
    pattern = re.compile("|".join([*chinese, *latin]))
    return [match.span() for match in pattern.finditer(_folded_in_place(quote))]


def _folded_in_place(quote: str) -> str:
    """Folded character by character, so that offsets still point into ``quote``."""
    folded = fold(quote)
    if len(folded) == len(quote):
        return folded
    plain = (unicodedata.normalize("NFKC", char).lower() for char in quote)
    return "".join(char if len(char) == 1 else original for char, original in zip(plain, quote, strict=True))
