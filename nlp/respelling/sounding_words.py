"""Words by their sound: what a speaker may have said where a recognizer wrote certain characters."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from asr.syllables import Sound, are_near
from nlp.respelling.ngrams import UNKNOWN

LONGEST = 4
"""Characters of the longest words that are looked for."""
LEAST_SINGLE_SHARE = 2e-6
"""Characters that are rarer as words of their own are never put in the place of another one."""
MOST_COST = 12.0
"""In nats; words that cost more to write are not considered."""
_REMEMBERED = 1 << 16
_READ_AS = {"著": "着"}
"""Characters that recognizers write for another one that was Simplified; they sound like that one."""


class Heard(NamedTuple):
    """A character that a recognizer wrote, and how sure it was in [0, 1]; what is ``kept`` is not put in question."""

    character: str
    confidence: float
    kept: bool = False


class Candidate(NamedTuple):
    """A word that may have been said, its number, and what it costs to write it instead of what was heard.

    The cost is in nats; 0 for what was heard.
    """

    text: str
    number: int
    cost: float


@dataclass(frozen=True, slots=True)
class Mishearing:
    """How a recognizer mistakes characters.

    A character of confidence p is another one with probability 1 - p, of which each character of the same sound is
    worth ``same``, of the same syllable in another tone ``other_tone``, of a near syllable ``near``. Confidence counts
    no more than ``most`` and no less than ``least``. A character that is no part of a longer word costs ``single_cost``
    nats more to replace: its sound alone says little. Where one of the two is in ``grave``, or both in one group of
    ``alike``, writing it costs as many nats more: mistakes that change the meaning, or that the sound can't tell.
    """

    same: float = 0.3
    other_tone: float = 0.15
    near: float = 0.02
    single_cost: float = 1.0
    least: float = 0.05
    most: float = 0.9
    grave: frozenset[str] = frozenset("零一二两三四五六七八九十百千万亿第")
    grave_cost: float = 2.0
    alike: tuple[frozenset[str], ...] = (frozenset("他她它"), frozenset("的得地"), frozenset("在再"), frozenset("做作"))
    alike_cost: float = 2.0


@dataclass(frozen=True)
class Lexicon:
    """Words with their shares of all words in [0, 1] and their sounds, one for each character.

    Every character that may be put in question is a word of its own here.
    """

    words: tuple[str, ...]
    shares: tuple[float, ...]
    sounds: tuple[tuple[Sound, ...], ...]

    @cached_property
    def numbers(self) -> Mapping[str, int]:
        """The place of each word."""
        return {word: number for number, word in enumerate(self.words)}

    @cached_property
    def by_syllables(self) -> Mapping[tuple[str, ...], tuple[int, ...]]:
        """The words that are said so, without rare characters."""
        found: dict[tuple[str, ...], list[int]] = {}
        for number, sounds in enumerate(self.sounds):
            if len(sounds) > 1 or self.shares[number] >= LEAST_SINGLE_SHARE:
                found.setdefault(tuple(sound.syllable for sound in sounds), []).append(number)
        return {syllables: tuple(numbers) for syllables, numbers in found.items()}

    @cached_property
    def near(self) -> Mapping[str, tuple[str, ...]]:
        """The near syllables of each."""
        known = sorted({sound.syllable for sounds in self.sounds for sound in sounds})
        return {one: tuple(other for other in known if other != one and are_near(one, other)) for one in known}

    def sound(self, character: str) -> Sound | None:
        """How a character is said by itself, None where that is not known."""
        number = self.numbers.get(_READ_AS.get(character, character))
        return None if number is None else self.sounds[number][0]


class _Alternative(NamedTuple):
    """A word of the same or nearly the same sound, and the characters that differ: their places and costs."""

    text: str
    number: int
    changes: tuple[tuple[int, float], ...]


class SoundingWords:
    """Finds what may have been said; remembers what it has found. May be shared by threads."""

    def __init__(self, lexicon: Lexicon, mishearing: Mishearing) -> None:
        self._lexicon = lexicon
        self._mishearing = mishearing
        self._alternatives = lru_cache(maxsize=_REMEMBERED)(self._found)

    def odds(self, heard: Heard) -> float:
        """The log odds that a character is what was said, infinite for what is kept."""
        if heard.kept:
            return math.inf
        sure = min(max(heard.confidence, self._mishearing.least), self._mishearing.most)
        return math.log(sure / (1 - sure))

    def candidates(self, text: str, odds: Sequence[float], start: int) -> Iterator[Candidate]:
        """Words of one to four characters that may have been said from ``start`` on, with what was heard among them.

        Args:
            text: a run of Chinese characters.
            odds: of each of them, see :meth:`odds`.
            start: a place in the text.
        """
        numbers = self._lexicon.numbers
        yield Candidate(text[start], numbers.get(text[start], UNKNOWN), 0.0)
        for end in range(start + 1, min(start + LONGEST, len(text)) + 1):
            written = text[start:end]
            if end > start + 1 and written in numbers:
                yield Candidate(written, numbers[written], 0.0)
            if any(math.isfinite(one) for one in odds[start:end]):
                for word, number, changes in self._alternatives(written):
                    cost = sum([odds[start + place] + change for place, change in changes])
                    if cost < MOST_COST:
                        yield Candidate(word, number, cost)

    def _found(self, written: str) -> tuple[_Alternative, ...]:
        """Words that sound like ``written``; one near syllable is allowed in words of two characters and more."""
        heard = [self._lexicon.sound(character) for character in written]
        sounds = [sound for sound in heard if sound is not None]
        if len(sounds) < len(heard):
            return ()
        own = tuple(sound.syllable for sound in sounds)
        keys = [own]
        if len(own) > 1:
            near = self._lexicon.near
            keys += [(*own[:at], other, *own[at + 1 :]) for at, one in enumerate(own) for other in near.get(one, ())]
        numbers = (number for key in keys for number in self._lexicon.by_syllables.get(key, ()))
        return tuple(
            self._alternative(written, sounds, number) for number in numbers if self._lexicon.words[number] != written
        )

    def _alternative(self, written: str, heard: Sequence[Sound], number: int) -> _Alternative:
        word = self._lexicon.words[number]
        pairs = zip(written, heard, word, self._lexicon.sounds[number], strict=True)
        single = self._mishearing.single_cost if len(word) == 1 else 0.0
        changes = tuple(
            (place, single + self._mistake(one, sound, other, said))
            for place, (one, sound, other, said) in enumerate(pairs)
            if one != other
        )
        return _Alternative(word, number, changes)

    def _mistake(self, heard: str, sound: Sound, character: str, said: Sound) -> float:
        """What writing ``character`` for ``heard`` costs, besides the odds of that."""
        rules = self._mishearing
        share = rules.near
        if sound.syllable == said.syllable:
            share = rules.same if sound.tone == said.tone else rules.other_tone
        extra = 0.0
        if heard in rules.grave or character in rules.grave:
            extra = rules.grave_cost
        elif any(heard in group and character in group for group in rules.alike):
            extra = rules.alike_cost
        return extra - math.log(share)
