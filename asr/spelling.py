"""Latin names by their letters: words that together, or but for one letter, are a name, written as that name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from itertools import pairwise

from asr.homophones import MAX_PAUSE_MS, Spot
from asr.syllables import is_han
from asr.transcript import Word

LEAST_JOINED = 6
"""Letters of a name that may be put together from several words; shorter ones come by chance ("in to")."""
LEAST_MISSPELT = 7
"""Letters of a name that is believed though one letter of it is wrong."""
LIKENESS = 0.6
"""Of a name and what is heard without knowing it; "narrow be" and Marrowby have 0.75."""
MOST_WORDS = 3
"""Latin words that one name may have been heard as."""

_CORE = re.compile(r"(?P<before>\W*)(?P<core>.*?)(?P<after>(?:['’]s)?\W*)", re.DOTALL)
_SENTENCE_END = tuple(".!?。！？…")


def with_names(words: tuple[Word, ...], names: Mapping[str, str]) -> tuple[Word, ...]:
    """Names in the place of words, until nothing more reads like one.

    Each time words are joined or one becomes a name, so this ends.
    """
    named = words
    while spot := _spot(named, names):
        named = (*named[: spot.start], _laid(named[spot.start : spot.end], spot.name), *named[spot.end :])
    return named


def all_heard(names: Sequence[str], text: str, plain: str) -> bool:
    """Whether every word of a name that a text holds is in another text too, or up to three words that are like it.

    The likeness is difflib's ratio of the letters: twice those in common over those of both.
    """
    parts = {letters(part) for name in names for part in name.split()} - {""}
    heard = [letters(word) for word in plain.split()]
    stretches = [
        "".join(heard[at : at + count]) for count in range(1, MOST_WORDS + 1) for at in range(len(heard) - count + 1)
    ]
    found = parts & {letters(word) for word in text.split()}
    return all(any(SequenceMatcher(None, part, own).ratio() >= LIKENESS for own in stretches) for part in found)


def _spot(words: Sequence[Word], names: Mapping[str, str]) -> Spot | None:
    """The first stretch that reads like a name: the same letters before a wrong one, more words before fewer."""
    cores = [_core(word.text) for word in words]
    stretches = list(_stretches(words))
    for start, end in stretches:
        name = names.get(letters("".join(cores[start:end])))
        if name and len(letters(name)) >= LEAST_JOINED and not _is(name, cores[start:end]):
            return Spot(start, end, name)
    for start, end in stretches:
        if all(core[0].isupper() for core in cores[start:end]) and (end - start > 1 or not _begins(words, start)):
            name = _misspelt(letters("".join(cores[start:end])), names)
            if name and not any(letters(core) in names for core in cores[start:end]):
                return Spot(start, end, name)
    return None


def _stretches(words: Sequence[Word]) -> Iterator[tuple[int, int]]:
    """Latin words in one breath, no mark between them, as (start, end); more words before fewer."""
    latin = [bool(letters(word.text)) and not any(map(is_han, word.text)) for word in words]
    goes_on = [
        one and other and _go_together(a, b)
        for (one, other), (a, b) in zip(pairwise(latin), pairwise(words), strict=True)
    ]
    for count in range(MOST_WORDS, 0, -1):
        for start in range(len(words) - count + 1):
            if latin[start] and all(goes_on[start : start + count - 1]):
                yield start, start + count


def _go_together(before: Word, after: Word) -> bool:
    pause_ms = after.start_ms - before.end_ms
    return pause_ms <= MAX_PAUSE_MS and before.text.rstrip()[-1].isalnum() and after.text.lstrip()[0].isalnum()


def _begins(words: Sequence[Word], place: int) -> bool:
    """Whether a sentence begins there, and with it a capital letter."""
    return place == 0 or words[place - 1].text.rstrip().endswith(_SENTENCE_END)


def _misspelt(heard: str, names: Mapping[str, str]) -> str | None:
    """The name of one word that ``heard`` is with one wrong letter; a plural or a number is no mistake."""
    for wanted, name in names.items():
        one_word = len(wanted) >= LEAST_MISSPELT and " " not in name and (heard + wanted).isalpha()
        if one_word and heard != wanted + "s" and _one_edit(heard, wanted):
            return name
    return None


def _is(name: str, cores: Sequence[str]) -> bool:
    """Whether these words are the name, but for capital letters."""
    return " ".join(cores).casefold() == name.casefold()


def _laid(words: Sequence[Word], name: str) -> Word:
    """The name as one word that spans those it was heard as."""
    length = sum(len(word.text) for word in words)
    confidence = sum(word.confidence * len(word.text) for word in words) / length
    text = _around(words[0].text, words[-1].text, name)
    return Word(text, words[0].start_ms, words[-1].end_ms, min(confidence, 1.0))


def _around(first: str, last: str, name: str) -> str:
    """The name between the marks before ``first`` and those after ``last``."""
    before, after = _CORE.fullmatch(first), _CORE.fullmatch(last)
    return (before["before"] if before else "") + name + (after["after"] if after else "")


def _core(text: str) -> str:
    found = _CORE.fullmatch(text)
    return found["core"] if found else ""


def letters(text: str) -> str:
    """What a name is told by: its letters and digits, without case, spaces and marks."""
    return "".join(character for character in text if character.isalnum()).casefold()


def _one_edit(one: str, other: str) -> bool:
    """Whether one letter changed, added or left out makes one of the other."""
    if abs(len(one) - len(other)) > 1 or one == other:
        return False
    same = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    rest, other_rest = one[same:], other[same:]
    return rest[1:] == other_rest[1:] or rest[1:] == other_rest or rest == other_rest[1:]
