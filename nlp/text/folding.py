"""Text in the form in which it is compared. Pure; Mandarin is compared in Simplified characters."""

from __future__ import annotations

import unicodedata
from functools import cache
from typing import Protocol


class _Converter(Protocol):
    def convert(self, text: str) -> str: ...


def fold(text: str) -> str:
    """The form in which texts are compared: NFKC (full and half width), Simplified, lower case."""
    return _simplifier().convert(unicodedata.normalize("NFKC", text)).lower()


@cache
def _simplifier() -> _Converter:
    from opencc import OpenCC

    converter: _Converter = OpenCC("t2s")
    return converter
