"""What a person typed into the search box, as a query of the index and as marks in a quote.

The index (``turns.terms``) holds folded words and, for Chinese, every bigram of characters. A run
of Chinese is asked for by its bigrams, so that it is found however the text was cut into words; a
word of another script is asked for by its beginning, so that "price" finds "prices".
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from nlp.text.folding import fold
from nlp.text.tokens import query_terms

_CHINESE = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_LETTER = r"[^\W\u3400-\u9fff\uf900-\ufaff]"
_EXCERPT = 110


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a quote; ``marked`` when it is what was searched for."""

    text: str
    marked: bool


def tsquery(text: str) -> str | None:
    """A PostgreSQL ``tsquery`` for all words of ``text``, or None when it holds none."""
    return " & ".join(_lexeme(term) for term in query_terms(text)) or None


def _lexeme(term: str) -> str:
    quoted = "'" + term.replace("\\", "\\\\").replace("'", "''") + "'"
    is_bigram = len(term) > 1 and _CHINESE.match(term)
    return quoted if is_bigram else f"{quoted}:*"


def excerpt(quote: str, text: str, longest: int = _EXCERPT) -> tuple[Piece, ...]:
    """``quote`` cut to about ``longest`` characters round the first hit, with every hit marked."""
    spans = _spans(quote, text)
    start = 0
    if spans and len(quote) > longest:
        start = max(0, min(spans[0][0] - longest // 3, len(quote) - longest))
    end = min(len(quote), start + longest)
    pieces = [Piece("…", False)] if start else []
    at = start
    for left, right in spans:
        if left >= at and right <= end:
            pieces.extend((Piece(quote[at:left], False), Piece(quote[left:right], True)))
            at = right
    pieces.append(Piece(quote[at:end] + ("…" if end < len(quote) else ""), False))
    return tuple(piece for piece in pieces if piece.text)


def _spans(quote: str, text: str) -> list[tuple[int, int]]:
    """Where ``quote`` shows the terms of ``text``; hits that touch are one."""
    terms = query_terms(text)
    if not terms:
        return []
    patterns = [
        re.escape(term) if _CHINESE.match(term) else f"(?<!{_LETTER}){re.escape(term)}{_LETTER}*" for term in terms
    ]
    folded = _folded_in_place(quote)
    hits = sorted(match.span() for pattern in patterns for match in re.finditer(pattern, folded))
    merged: list[tuple[int, int]] = []
    for left, right in hits:
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return merged


def _folded_in_place(quote: str) -> str:
    """Folded without moving a character, so that offsets still point into ``quote``."""
    folded = fold(quote)
    if len(folded) == len(quote):
        return folded
    plain = (unicodedata.normalize("NFKC", char).lower() for char in quote)
    return "".join(char if len(char) == 1 else original for char, original in zip(plain, quote, strict=True))
