"""Words that a turn contains: as they are written, or, when asked, as they sound. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from asr.syllables import HAN, syllables
from nlp.rules.text import Folded, folded

_LATIN = r"[a-z0-9\u00df-\u024f]"
_HAN_RUN = re.compile(f"{HAN}{{2,}}")


class Found(NamedTuple):
    """Where in the original text, and how sure in (0, 1]."""

    start: int
    end: int
    strength: float


def word_spans(text: Folded, word: str, homophones: bool = False) -> list[Found]:
    """Where ``word`` is said; what is written the same has strength 1, what only sounds the same less.

    An English word is found whole, unless it ends in ``*``; spaces between Chinese and other letters do not count.
    """
    exact = [Found(*text.original(*match.span()), 1.0) for match in _pattern(word).finditer(text.text)]
    return sorted([*exact, *_same_sound(text, folded(word).text)]) if homophones else exact


def homophone_strength(length: int) -> float:
    """What ``length`` of the same toneless syllables are worth: 0.5 for two, and each further one halves the doubt.

    Two are often chance (价格 and 加个 are both jia ge), four hardly ever.
    """
    return 1 - 0.5 ** (length - 1)


@lru_cache(maxsize=4096)
def _pattern(word: str) -> re.Pattern[str]:
    wanted = folded(word.strip()).text
    stem = wanted.removesuffix("*")
    parts = re.split(r"(\s+)", stem)
    written = "".join(_gap(parts, place) if part.isspace() else re.escape(part) for place, part in enumerate(parts))
    before = rf"(?<!{_LATIN})" if re.match(_LATIN, stem) else ""
    after = f"{_LATIN}*" if stem != wanted else rf"(?!{_LATIN})" if re.search(rf"{_LATIN}$", stem) else ""
    return re.compile(f"{before}{written}{after}")


def _gap(parts: list[str], place: int) -> str:
    """A space between two Latin words must be there; elsewhere recognizers write it or not."""
    both = re.search(rf"{_LATIN}$", parts[place - 1]) and re.match(_LATIN, parts[place + 1])
    return r"\s+" if both else r"\s*"


def _same_sound(text: Folded, word: str) -> Iterator[Found]:
    if not _HAN_RUN.fullmatch(word):
        return
    wanted = syllables(word)
    for run in _HAN_RUN.finditer(text.text):
        sounds = syllables(run.group())
        for place in range(len(sounds) - len(wanted) + 1):
            start, end = run.start() + place, run.start() + place + len(wanted)
            if sounds[place : place + len(wanted)] == wanted and text.text[start:end] != word:
                yield Found(*text.original(start, end), homophone_strength(len(wanted)))
