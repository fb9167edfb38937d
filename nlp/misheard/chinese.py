"""Mandarin as a recognizer might have written it: other characters of the same or a similar sound, and fewer of them.

The rates are those of the transcripts of the demo calls (``service/demo``), which no head learns from or is measured
on. Which character stands for which is told by sounds alone, from the lexicon of :mod:`nlp.respelling.sounding_words`.
"""

from __future__ import annotations

import random
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import NamedTuple, TypeVar

from asr.syllables import HAN, Sound, initial_and_final, is_han
from nlp.respelling.sounding_words import LEAST_SINGLE_SHARE, Lexicon
from nlp.respelling.weights import load_respeller
from nlp.text.numbers import find_numbers
from nlp.text.tokens import cut_chinese

SUBSTITUTED = 0.11
"""Mean share of the characters of a turn; some turns are heard much worse than others."""
LOST = 0.011
IN_DIGITS = 0.4
"""Share of the numbers that are written in digits."""
_WHOLE_WORD = 0.4
"""Share of the words of two characters and more with a mistake in which all of them are another word's."""
_KINDS: Sequence[tuple[str, float]] = (("same", 0.27), ("tone", 0.21), ("similar", 0.52))
"""Characters of the same sound, of the same syllable in another tone, of a syllable that shares initial or final."""
_MARKS = {
    "？": (("？", 0.55), ("。", 0.32), ("，", 0.11), ("", 0.02)),
    "。": (("。", 0.81), ("，", 0.15), ("？", 0.02), ("", 0.02)),
    "，": (("，", 0.86), ("", 0.09), ("。", 0.05)),
    "！": (("。", 0.7), ("，", 0.2), ("", 0.1)),
    "…": (("", 0.8), ("，", 0.2)),
    "—": (("", 0.8), ("，", 0.2)),
    "、": (("、", 0.5), ("，", 0.5)),
    **dict.fromkeys("“”‘’「」『』《》", (("", 1.0),)),
}
_EVENNESS = 0.8
"""Power of the shares with which words are drawn: at 1.0 as they occur, at 0.0 all alike."""
_Key = TypeVar("_Key", str, Sound)
_HAN_RUN = re.compile(f"({HAN}+)")
_REPEATED = re.compile("[，。？]*([，。？])")


class _Choice(NamedTuple):
    """Texts and how often each is taken, beside each other."""

    texts: tuple[str, ...]
    weights: tuple[float, ...]


def misheard_chinese(text: str, rng: random.Random, how_much: float = 1.0) -> str:
    """The text as it might be written; never empty if ``text`` is not.

    Args:
        text: what was said.
        rng: the only source of chance.
        how_much: multiplies the shares of characters that are wrong or lost.
    """
    rate = min(rng.gammavariate(2.0, SUBSTITUTED / 2) * how_much, 0.6)
    pieces = (
        "".join(_misheard_words(piece, rng, rate, LOST * how_much)) if is_han(piece[:1]) else piece
        for piece in _HAN_RUN.split(_in_digits(text, rng))
    )
    marked = "".join(_mark(character, rng) for character in "".join(pieces))
    return _REPEATED.sub(r"\1", marked).lstrip("，。？") or text


def _in_digits(text: str, rng: random.Random) -> str:
    """Some of the numbers of two characters and more in digits."""
    written, end = [], 0
    for number in find_numbers(text, "zh"):
        if is_han(number.text[:1]) and number.unit is None and rng.random() < IN_DIGITS:
            written += [text[end : number.start], number.normalized]
            end = number.end
    return "".join([*written, text[end:]])


def _misheard_words(run: str, rng: random.Random, rate: float, lost: float) -> Iterator[str]:
    alike = _sound_alikes()
    for word in cut_chinese(run):
        if rng.random() >= 1 - (1 - rate - lost) ** len(word):
            yield word
            continue
        whole = alike.words(word) if len(word) > 1 and rng.random() < _WHOLE_WORD else None
        if whole is not None:
            yield _drawn(whole, rng)
            continue
        wrong = rng.randrange(len(word))
        for place, character in enumerate(word):
            if place != wrong:
                yield character
            elif rng.random() >= lost / (rate + lost):
                yield alike.drawn(character, rng)


def _mark(character: str, rng: random.Random) -> str:
    kinds = _MARKS.get(character)
    return character if kinds is None else rng.choices([k for k, _ in kinds], [share for _, share in kinds])[0]


def _drawn(choice: _Choice, rng: random.Random) -> str:
    return rng.choices(choice.texts, choice.weights)[0]


@dataclass(frozen=True)
class _SoundAlikes:
    """What can be written for what was said, the more common the likelier."""

    lexicon: Lexicon

    def words(self, word: str) -> _Choice | None:
        """Words of the same syllables; None where there is no other."""
        sounds = [self.lexicon.sound(character) for character in word]
        key = tuple(sound.syllable for sound in sounds if sound is not None)
        numbers = self.lexicon.by_syllables.get(key, ()) if len(key) == len(word) else ()
        others = [(self.lexicon.words[n], self.lexicon.shares[n]) for n in numbers if self.lexicon.words[n] != word]
        return _choice(others)

    def drawn(self, character: str, rng: random.Random) -> str:
        """Another character for this one, itself where none sounds like it."""
        sound = self.lexicon.sound(character)
        if sound is None:
            return character
        kind = rng.choices([kind for kind, _ in _KINDS], [share for _, share in _KINDS])[0]
        choice = self._choice(sound, kind)
        found = character if choice is None else _drawn(choice, rng)
        return found if found != character or choice is None else _drawn(choice, rng)

    def _choice(self, sound: Sound, kind: str) -> _Choice | None:
        if kind == "same":
            return self._by_sound.get(sound)
        if kind == "tone":
            return self._by_syllable.get(sound.syllable)
        return self._similar.get(sound.syllable)

    @cached_property
    def _singles(self) -> Sequence[tuple[str, float, Sound]]:
        """Characters that are words by themselves."""
        return [
            (word, share, sounds[0])
            for word, share, sounds in zip(self.lexicon.words, self.lexicon.shares, self.lexicon.sounds, strict=True)
            if len(word) == 1 and share >= LEAST_SINGLE_SHARE
        ]

    @cached_property
    def _by_sound(self) -> dict[Sound, _Choice]:
        return _choices((sound, word, share) for word, share, sound in self._singles)

    @cached_property
    def _by_syllable(self) -> dict[str, _Choice]:
        return _choices((sound.syllable, word, share) for word, share, sound in self._singles)

    @cached_property
    def _similar(self) -> dict[str, _Choice]:
        parts = {sound.syllable: initial_and_final(sound.syllable) for _, _, sound in self._singles}
        return _choices(
            (syllable, word, share)
            for syllable, (initial, final) in parts.items()
            for word, share, sound in self._singles
            if sound.syllable != syllable and (parts[sound.syllable][0] == initial or parts[sound.syllable][1] == final)
        )


def _choices(rows: Iterable[tuple[_Key, str, float]]) -> dict[_Key, _Choice]:
    found: dict[_Key, list[tuple[str, float]]] = {}
    for key, word, share in rows:
        found.setdefault(key, []).append((word, share))
    return {key: choice for key, pairs in found.items() if (choice := _choice(pairs)) is not None}


def _choice(pairs: Sequence[tuple[str, float]]) -> _Choice | None:
    """Common words are written for rare ones, but not always the same."""
    if not pairs:
        return None
    return _Choice(tuple(word for word, _ in pairs), tuple(max(share, 1e-8) ** _EVENNESS for _, share in pairs))


@cache
def _sound_alikes() -> _SoundAlikes:
    return _SoundAlikes(load_respeller().weights.lexicon)
