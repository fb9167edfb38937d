"""Chinese names by their sound: stretches of characters that are said like a name, written as that name."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache, lru_cache
from itertools import pairwise
from typing import NamedTuple, Protocol

from asr.syllables import are_near, is_han, sound
from asr.transcript import Word

MAX_PAUSE_MS = 400
"""A name is said in one breath."""
EVERYDAY = 60_000
"""Occurrences in the dictionary's corpus (60 million words) from which on a character is an everyday word: 你, 好."""
COMMON = 10_000
"""As above, of a word that is common enough not to be a name's syllable in another tone: 找 is not 赵."""

Name = tuple[str, tuple[str, ...]]
"""A name and its syllables."""


class Spot(NamedTuple):
    """Where ``heard[start:end]`` is to be written as ``name``."""

    start: int
    end: int
    name: str


def with_names(words: tuple[Word, ...], names: Sequence[Name]) -> tuple[Word, ...]:
    """Names laid over the words, until nothing more sounds like one.

    No name gives way to one that is not longer, so this ends.
    """
    texts = [list(word.text) for word in words]
    for run in _breaths(words):
        heard = "".join(texts[word][place] for word, place in run)
        while spot := _spot(heard, names):
            heard = heard[: spot.start] + spot.name + heard[spot.end :]
        for (word, place), character in zip(run, heard, strict=True):
            texts[word][place] = character
    return tuple(replace(word, text="".join(text)) for word, text in zip(words, texts, strict=True))


def _breaths(words: Sequence[Word]) -> Iterator[list[tuple[int, int]]]:
    """Runs of Chinese characters without a mark or a pause in between, as (word, place in its text)."""
    run: list[tuple[int, int]] = []
    for number, word in enumerate(words):
        if number and word.start_ms - words[number - 1].end_ms > MAX_PAUSE_MS:
            yield run
            run = []
        for place, character in enumerate(word.text):
            if is_han(character):
                run.append((number, place))
            else:
                yield run
                run = []
    yield run


def _spot(heard: str, names: Sequence[Name]) -> Spot | None:
    """The first stretch that sounds like a name: longer names first, the same sound before a near one."""
    syllables = tuple(sound(character).syllable for character in heard)
    places: dict[str, list[int]] = {}
    for place, syllable in enumerate(syllables):
        places.setdefault(syllable, []).append(place)
    found: list[tuple[int, bool, int, str]] = []
    for name, wanted in names:
        if found and len(name) < -found[0][0]:
            break
        # At most one syllable differs, so the first or the second is the same.
        starts = {*places.get(wanted[0], ()), *(place - 1 for place in places.get(wanted[1], ()))}
        for start in sorted(start for start in starts if 0 <= start <= len(heard) - len(name)):
            near = _nearness(syllables[start : start + len(name)], wanted)
            if near is not None and _may_be(heard, start, name, near, names):
                found.append((-len(name), near, start, name))
    if not found:
        return None
    length, _, start, name = min(found, key=lambda one: one[:3])
    return Spot(start, start - length, name)


def _nearness(heard: Sequence[str], wanted: Sequence[str]) -> bool | None:
    """False: the same sound; True: one syllable is a near one; None: another sound."""
    different = [(one, other) for one, other in zip(heard, wanted, strict=True) if one != other]
    if not different:
        return False
    return True if len(different) == 1 and are_near(*different[0]) else None


def _may_be(heard: str, start: int, name: str, near: bool, names: Sequence[Name]) -> bool:
    """Whether the stretch that sounds like ``name`` is no word, cuts none, and is no part of a name already."""
    end = start + len(name)
    stretch = heard[start:end]
    if stretch == name or _frequency(stretch):
        return False
    for other, _ in names:
        if len(other) >= len(name) and any(s < end and start < s + len(other) for s in _places(heard, other)):
            return False
    inside = [(s, e) for s, e in _cut(heard) if s < end and start < e]
    if inside[0][0] < start or inside[-1][1] > end:
        return False
    if not near and len(name) > 2:
        return True
    everyday = any(_is_everyday(a, b) for a, b in zip(stretch, name, strict=True))
    return not everyday and all(e - s == 1 for s, e in inside)


def _is_everyday(heard: str, wanted: str) -> bool:
    """Whether a character in a name's place is more likely the word that it is."""
    if heard == wanted:
        return False
    return _frequency(heard) > (EVERYDAY if sound(heard).tone == sound(wanted).tone else COMMON)


def _places(heard: str, name: str) -> Iterator[int]:
    at = heard.find(name)
    while at >= 0:
        yield at
        at = heard.find(name, at + 1)


def _frequency(text: str) -> int:
    """How often the dictionary's corpus has it; 0 where it is no word, though perhaps the beginning of one."""
    return _jieba().FREQ.get(text) or 0


@lru_cache(maxsize=512)
def _cut(heard: str) -> tuple[tuple[int, int], ...]:
    """Words of the dictionary in a run of characters, as (start, end); without guessing at unknown ones."""
    ends = [0]
    for word in _jieba().cut(heard, HMM=False):
        ends.append(ends[-1] + len(word))
    return tuple(pairwise(ends))


class _Segmenter(Protocol):
    FREQ: dict[str, int]

    def cut(self, sentence: str, *, HMM: bool) -> Iterator[str]: ...  # noqa: N803, as jieba names it


@cache
def _jieba() -> _Segmenter:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    segmenter: _Segmenter = jieba.dt
    jieba.dt.initialize()
    return segmenter
