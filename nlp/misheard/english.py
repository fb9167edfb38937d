"""English as a recognizer might have written it: words that sound alike, words lost, numbers in digits, other marks.

The rates are those of the transcripts of the demo calls (``service/demo``), which no head learns from or is measured
on. Which word stands for which is told by their consonants alone.
"""

from __future__ import annotations

import random
import re
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property

from nlp.text.numerals import EN_SCALES, EN_TEENS, EN_TENS, EN_UNITS, english_value

SUBSTITUTED = 0.03
"""Mean share of the words of a turn; some turns are heard much worse than others."""
LOST = 0.02
IN_DIGITS = 0.9
"""Share of the numbers from ten on that are written in digits."""
SMALL_IN_DIGITS = 0.3
_OF_NAMES = 10.0
"""So many times as often is a name another word."""
_LOST_FILLERS = 0.7
_LOWERED = 0.05
"""Share of the capitals that begin a sentence."""
_MARKS = {
    "?": (("?", 0.79), (".", 0.17), (",", 0.04)),
    ".": ((".", 0.84), (",", 0.12), ("", 0.04)),
    ",": ((",", 0.71), ("", 0.21), (".", 0.08)),
    "!": ((".", 0.7), ("!", 0.2), (",", 0.1)),
    "…": (("", 0.6), (",", 0.2), (".", 0.2)),
    "—": (("", 0.5), (",", 0.5)),
    **dict.fromkeys('“”"', (("", 1.0),)),
}
_SHORT = 5
"""Letters of the longest words that are lost."""
_SPELLINGS = (
    ("ph", "f"), ("ck|q", "k"), ("tch|ch|sh|dg", "J"), ("c(?=[eiy])", "s"), ("c", "k"), ("g(?=[eiy])", "J"),
    ("gh", ""), ("^kn", "n"), ("^wr", "r"), ("th", "t"), ("x", "ks"), ("(?<=[aeiou])[hwy]", ""),
)  # fmt: skip
_SOUNDS = str.maketrans("bpfvdtgkjszmnlrwhJ", "PPFFTTKKJSSMNLRWHJ", "aeiouy")
_EN_WORD = "|".join([*EN_UNITS, *EN_TEENS, *EN_TENS, *EN_SCALES, "hundred"])
_NUMERAL = re.compile(
    rf"\b(?:a\s+(?=hundred|thousand|grand|million))?(?:{_EN_WORD})(?:[\s-]+(?:and\s+)?(?:{_EN_WORD}))*\b", re.I
)
_DOLLARS = re.compile(r"\b(\d[\d.]*) (?:dollars|bucks)\b")
_PERCENT = re.compile(r"\b(\d[\d.]*) per ?cent\b")
_WORD = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*")
_PIECE = re.compile(r"[A-Za-z]+(?:['’][A-Za-z]+)*|\.{2,}|[^A-Za-z]")
_FILLER = re.compile(r"u+h+m*|u+m+|e+r+m*|a+h+|h+m+|m+h*m+|ooh|oh|huh|whoa", re.I)
_BLANKS = re.compile(r"\s+(?=[,.?!]|\s|$)|^[\s,.]+|(?<=[,.?!])[,.]+(?=\s|$)")
_OPENS = re.compile(r"(^|[.?!]\s+)([a-z])")


def misheard_english(text: str, rng: random.Random, how_much: float = 1.0) -> str:
    """The text as it might be written; never empty if ``text`` is not.

    Args:
        text: what was said.
        rng: the only source of chance.
        how_much: multiplies the shares of words that are wrong or lost.
    """
    rate = min(rng.gammavariate(2.0, SUBSTITUTED / 2) * how_much, 0.5)
    written, opens = [], True
    for piece in _PIECE.findall(_in_digits(text, rng)):
        if not piece[0].isalpha():
            written.append(_mark(piece, rng))
            opens = opens or piece in ".?!" if not piece.isspace() else opens
            continue
        named = not opens and piece[0].isupper() and len(piece) > 1 and piece[:2] not in ("I'", "I’")
        written.append(_misheard(piece, rng, rate * (_OF_NAMES if named else 1.0), LOST * how_much))
        opens = False
    heard = _BLANKS.sub("", "".join(written))
    return _OPENS.sub(lambda match: match[1] + _opening(match[2], rng), heard) or text


def _in_digits(text: str, rng: random.Random) -> str:
    """Most of the numbers in digits; of those below ten, which are often no numbers, some."""

    def written(match: re.Match[str]) -> str:
        spoken = match.group()
        small = spoken.lower() in EN_UNITS
        return spoken if rng.random() >= (SMALL_IN_DIGITS if small else IN_DIGITS) else _digits(spoken)

    return _PERCENT.sub(r"\1%", _DOLLARS.sub(r"$\1", _NUMERAL.sub(written, text)))


def _digits(spoken: str) -> str:
    """What is no single number in several: "forty five nine" is 45 9."""
    value = english_value(spoken)
    if value is not None:
        return f"{value.normalize():f}"
    words = re.split(r"[\s-]+", spoken)
    ends = (end for end in range(len(words) - 1, 0, -1) if english_value(" ".join(words[:end])) is not None)
    end = next(ends, None)
    return spoken if end is None else f"{_digits(' '.join(words[:end]))} {_digits(' '.join(words[end:]))}"


def _misheard(word: str, rng: random.Random, rate: float, lost: float) -> str:
    chance = rng.random()
    if _FILLER.fullmatch(word):
        return "" if chance < _LOST_FILLERS else word
    if chance < lost and len(word) <= _SHORT:
        return ""
    if chance >= lost + rate:
        return word
    other = _sound_alikes().drawn(word, rng)
    return other[:1].upper() + other[1:] if word[0].isupper() else other


def _mark(mark: str, rng: random.Random) -> str:
    kinds = _MARKS.get(mark[:1])
    return mark if kinds is None else rng.choices([kind for kind, _ in kinds], [share for _, share in kinds])[0]


def _opening(letter: str, rng: random.Random) -> str:
    return letter if rng.random() < _LOWERED else letter.upper()


@dataclass(frozen=True)
class _SoundAlikes:
    """What can be written for what was said, the more common the likelier; ``words`` with how often they occur."""

    words: dict[str, int]

    def drawn(self, word: str, rng: random.Random) -> str:
        """Another word for this one, itself where none sounds like it."""
        key = consonants(word)
        near = [key, *(key[:place] + key[place + 1 :] for place in range(len(key)))] if len(key) > 1 else [key]
        others = [other for one in near for other in self._by_key.get(one, ()) if other != word.lower()]
        if not others:
            return word
        return rng.choices(others, [self.words[other] ** 0.5 for other in others])[0]

    @cached_property
    def _by_key(self) -> dict[str, list[str]]:
        """Words by their own consonants, and by these without any one of them."""
        found: dict[str, list[str]] = {}
        for word in sorted(self.words):
            key = consonants(word)
            for one in dict.fromkeys([key, *(key[:place] + key[place + 1 :] for place in range(len(key)))]):
                if one:
                    found.setdefault(one, []).append(word)
        return found


def consonants(word: str) -> str:
    """How a word sounds, roughly: a letter for each group of consonants that are easily taken for each other, A for a
    vowel at the beginning.

    >>> consonants("quote"), consonants("court"), consonants("knight")
    ('KT', 'KRT', 'NT')
    """
    letters = re.sub("[^a-z]", "", word.lower())
    for spelt, sound in _SPELLINGS:
        letters = re.sub(spelt, sound, letters)
    opening = "A" if letters[:1] in set("aeiouy") else ""
    return opening + re.sub(r"(.)\1+", r"\1", letters.translate(_SOUNDS))


@cache
def _sound_alikes() -> _SoundAlikes:
    """Over the words of our own annotated calls, of which those of the ``dev`` files, on which heads are measured, are
    none."""
    from nlp.corpus.shipped import shipped_corpus

    calls = [call for call in shipped_corpus("en-*.jsonl") if "-dev-" not in call.call_id]
    counted = Counter(word.lower() for call in calls for turn in call.turns for word in _WORD.findall(turn.text))
    return _SoundAlikes({word: count for word, count in counted.items() if count > 1})
