"""How Chinese characters sound: toneless pinyin syllables, and which of them are easily taken for each other."""

from __future__ import annotations

import re
from functools import lru_cache

_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)([a-z]+)")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff]")

_NEAR_INITIALS = frozenset(frozenset(pair) for pair in (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h")))
"""Initials that many speakers, and recognizers on the telephone, do not keep apart."""
_NEAR_FINALS = frozenset(
    frozenset(pair)
    for pair in (
        ("an", "ang"),
        ("en", "eng"),
        ("in", "ing"),
        ("ian", "iang"),
        ("uan", "uang"),
        ("uan", "an"),
        ("uang", "ang"),
    )
)
"""As above, of finals: front and back nasals, and a glide that is hardly heard."""


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    return _HAN.fullmatch(character) is not None


def syllables(text: str) -> tuple[str, ...]:
    """One toneless syllable for each Chinese character of ``text``, read as words: 银行 is yin hang."""
    # Its dictionaries take a third of a second to load, for calls with a Chinese vocabulary only.
    from pypinyin import lazy_pinyin

    return tuple(str(syllable) for syllable in lazy_pinyin(text))


@lru_cache(maxsize=8192)
def syllable(character: str) -> str:
    """The toneless syllable of one Chinese character by its commonest reading."""
    return syllables(character)[0]


@lru_cache(maxsize=8192)
def tone(character: str) -> str:
    """The tone of one Chinese character by its commonest reading: "1" to "4", "5" where it has none."""
    from pypinyin import Style, lazy_pinyin

    return str(lazy_pinyin(character, style=Style.TONE3, neutral_tone_with_five=True)[0])[-1]


@lru_cache(maxsize=8192)
def are_near(one: str, other: str) -> bool:
    """Whether two different syllables differ by a usual confusion in either the initial or the final, not in both."""
    (initial, final), (other_initial, other_final) = _parts(one), _parts(other)
    if initial == other_initial:
        return frozenset((final, other_final)) in _NEAR_FINALS
    return final == other_final and frozenset((initial, other_initial)) in _NEAR_INITIALS


def _parts(one: str) -> tuple[str, str]:
    found = _SYLLABLE.fullmatch(one)
    if found is None:
        return "", one
    initial, final = found[1], found[2]
    # Pinyin writes ü as u there: yuan is no yan with a glide.
    return initial, final.replace("u", "ü", 1) if initial in ("j", "q", "x", "y") and final[0] == "u" else final
