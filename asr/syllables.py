"""How Chinese characters sound: syllables with their tones, and which syllables are easily taken for each other.

Names are laid over what was recognized by it, and turns are read by it in :mod:`nlp`.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

HAN = r"[\u3400-\u4dbf\u4e00-\u9fff]"
"""One Chinese character, as a piece of regular expressions."""
_HAN = re.compile(HAN)
_SYLLABLE = re.compile(r"(zh|ch|sh|[bpmfdtnlgkhjqxrzcsyw]?)([a-z]+)")
_NEAR_INITIALS = frozenset(map(frozenset, (("zh", "z"), ("ch", "c"), ("sh", "s"), ("n", "l"), ("f", "h"))))
"""Initials that many speakers, and recognizers on the telephone, do not keep apart."""
_NEAR_FINALS = frozenset(
    map(
        frozenset,
        (
            ("an", "ang"),
            ("en", "eng"),
            ("in", "ing"),
            ("ian", "iang"),
            ("uan", "uang"),
            ("uan", "an"),
            ("uang", "ang"),
        ),
    )
)
"""As above, of finals: front and back nasals, and a glide that is hardly heard."""

_COARSE_INITIALS = {"zh": "z", "ch": "c", "sh": "s", "n": "l", "r": "l", "f": "h"}


class Sound(NamedTuple):
    """A toneless pinyin syllable, ü written v, and its tone: 1 to 4, 5 where it has none."""

    syllable: str
    tone: int


def is_han(character: str) -> bool:
    """Whether a character is a Chinese one."""
    return _HAN.fullmatch(character) is not None


def sounds(text: str) -> tuple[Sound, ...]:
    """One sound for each character of ``text``, which are all Chinese, read as words: 银行 is yin2 hang2."""
    # Its dictionaries take the better part of a second to load, for what is trained or asked for by sound only.
    from pypinyin import Style, lazy_pinyin

    read = lazy_pinyin(text, style=Style.TONE3, neutral_tone_with_five=True)
    if len(read) != len(text):
        # Characters without a reading come back in one piece.
        read = [lazy_pinyin(one, style=Style.TONE3, neutral_tone_with_five=True)[0] for one in text]
    return tuple(_parsed(str(one)) for one in read)


@lru_cache(maxsize=8192)
def sound(character: str) -> Sound:
    """The sound of one Chinese character by its commonest reading."""
    return sounds(character)[0]


@lru_cache(maxsize=4096)
def syllables(text: str) -> tuple[str, ...]:
    """As :func:`sounds`, without the tones."""
    return tuple(one.syllable for one in sounds(text))


@lru_cache(maxsize=8192)
def are_near(one: str, other: str) -> bool:
    """Whether two different syllables differ by a usual confusion in either the initial or the final, not in both."""
    (initial, final), (other_initial, other_final) = initial_and_final(one), initial_and_final(other)
    if initial == other_initial:
        return frozenset((final, other_final)) in _NEAR_FINALS
    return final == other_final and frozenset((initial, other_initial)) in _NEAR_INITIALS


def initial_and_final(one: str) -> tuple[str, str]:
    """The two parts of a syllable, ü written where pinyin writes u for it; of what is no syllable all is final."""
    found = _SYLLABLE.fullmatch(one)
    if found is None:
        return "", one
    initial, final = found[1], found[2]
    # Pinyin writes ü as u there: yuan is no yan with a glide.
    return initial, final.replace("u", "ü", 1) if initial in ("j", "q", "x", "y") and final[0] == "u" else final


@lru_cache(maxsize=8192)
def coarse_syllable(character: str) -> str:
    """The syllable of a Chinese character by itself, with one letter for initials that are easily taken for each other,
    and n for ng."""
    initial, final = initial_and_final(sound(character).syllable)
    return _COARSE_INITIALS.get(initial, initial) + final.replace("ng", "n")


def _parsed(read: str) -> Sound:
    return Sound(read[:-1], int(read[-1])) if read[-1:].isdigit() else Sound(read, 5)
