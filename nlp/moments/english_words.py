"""Words that dates and times in English share: weekdays, months, counts, ordinals. Pure."""

from __future__ import annotations

import re

from nlp.text.numerals import EN_TEENS, EN_TENS, EN_UNITS, english_value

WEEKDAY = r"(?:mon|tues|wednes|thurs|fri|satur|sun)day|(?-i:Mon|Tues?|Weds?|Thurs?|Fri|Sat|Sun)\b"
SMALL = "|".join([*EN_UNITS, *list(EN_TEENS)[:3]])
FOLLOWS = (
    r"(?=\s*(?:$|[^\s\w'’]|['’]s\b|-(?!\w))|\s+(?:on|in|at|tomorrow|today|tonight|this|next|sharp"
    r"|works?|is|was|suits?|then|if|when|"
    r"and|with|for|from|before|after|or|to|till|until|please|your|our|his|her|my|local|come|so|because"
    r"|okay|ok|good|fine|"
    r"perfect|great|would|will|does|should|could|the|i|i['’]\w+|we|we['’]\w+|you|you['’]\w+|he|she"
    r"|they|it|it['’]s|latest|ish|now|works|can|"
    r"of|but|by|both|let['’]?s|just|yeah|instead|maybe|about|start)\b"
    rf"|\s+(?:{WEEKDAY}))"
)
"""What may stand after a bare number or ordinal that is a time or a day, and not the number of something."""
_WEEKDAY_NAMES = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTH_NAMES = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
MONTH = (
    r"january|february|(?-i:March|May)|april|june|july|august|september|october|november|december"
    r"|(?-i:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)"
)
COUNT = rf"\d{{1,3}}|an?|{'|'.join([*EN_UNITS, *EN_TEENS, *EN_TENS])}"
ORDINAL_UNITS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth")
ORDINALS = {
    **{word: i + 1 for i, word in enumerate(ORDINAL_UNITS)},
    **{
        word: i + 10
        for i, word in enumerate(
            [
                "tenth",
                "eleventh",
                "twelfth",
                "thirteenth",
                "fourteenth",
                "fifteenth",
                "sixteenth",
                "seventeenth",
                "eighteenth",
                "nineteenth",
                "twentieth",
            ]
        )
    },
    **{f"twenty {word}": i + 21 for i, word in enumerate(ORDINAL_UNITS)},
    "thirtieth": 30,
    "thirty first": 31,
}


def small_number(text: str) -> int | None:
    """A count in digits or words; "a" is one."""
    if text.lower() in ("a", "an"):
        return 1
    value = english_value(text)
    return int(value) if value is not None else None


def ordinal(text: str) -> int:
    """The number of "third", "twenty first" or "21st"."""
    digits = re.match(r"\d+", text)
    return int(digits[0]) if digits else ORDINALS[re.sub(r"[\s-]+", " ", text.lower())]


def weekday_number(text: str) -> int:
    """Monday, or its beginning, is 0."""
    return next(i for i, name in enumerate(_WEEKDAY_NAMES) if name.startswith(text.lower()[:3]))


def month_number(text: str) -> int:
    """January, or its beginning, is 1."""
    return _MONTH_NAMES.index(text.lower()[:3]) + 1
