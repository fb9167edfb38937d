"""Numbers as they are said in Mandarin, in days and in times."""

from __future__ import annotations

from nlp.text.numerals import chinese_value

DIGIT = "零〇一二两三四五六七八九十廿"
"""What numbers are made of, as a piece of regular expressions."""


def number(text: str) -> int | None:
    """A whole number in digits or characters."""
    if text.isdecimal():
        return int(text)
    value = chinese_value(text.replace("廿", "二十"))
    return int(value) if value is not None and value == int(value) else None
