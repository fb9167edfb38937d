"""Mandarin spelt anew by its sound: the right sounds in the wrong characters become the words that make sense.

A small recognizer hears telephone Mandarin well and spells it badly: of 100 characters it writes some 15 wrong, but
only half of these are said in another way. Here the words that sound like what was heard are put in question where the
recognizer was not sure, and the likeliest chain of them is written. One character becomes one character, so that words
keep their times, and nothing is ever added or left out.
"""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import cached_property
from typing import NamedTuple, Protocol

from asr.syllables import is_han
from asr.transcript import Transcript, Turn, Word
from nlp.respelling.ngrams import END, START, Pair, Trigrams
from nlp.respelling.sounding_words import Candidate, Heard, Lexicon, Mishearing, SoundingWords

VERSION = 1
"""Raise it when the same weights come to write other characters."""
_LEAST_SHARE = 1e-8
"""Of a word that general Mandarin does not have."""
_END_SHARE = 0.05
"""Of the ends of runs, among all words."""

_SURNAMES = (
    "[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟"
    "谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔向汤]"
)
_ADDRESSED = re.compile(
    rf"(?<=[小老]){_SURNAMES}|{_SURNAMES}(?=总|哥|姐|工|叔|阿姨|先生|女士|小姐|经理|老师|师傅|主任|老板|院长|校长|店长)"
)
"""Surnames with which people are addressed: their sound can't tell one from another."""


@dataclass(frozen=True, slots=True)
class RespellingOptions:
    """How words are weighed; the defaults are what was best on the development calls.

    ``trust`` is what a nat of likelihood counts against a nat of what was heard; ``corpus`` in [0, 1] is the part of
    our own corpus in it, the rest is general Mandarin. Characters of ``sure`` confidence and more stay. ``beam`` is the
    number of beginnings that are followed up at each character.
    """

    trust: float = 0.65
    corpus: float = 0.9
    sure: float = 0.95
    beam: int = 6
    mishearing: Mishearing = field(default_factory=Mishearing)


@dataclass(frozen=True, slots=True)
class RespellingWeights:
    """Everything learned: words, how often they follow each other, digests of the calls counted, the file's hash."""

    lexicon: Lexicon
    trigrams: Trigrams
    trained_on: frozenset[str]
    sha256: str


class Respeller(Protocol):
    """Spells Mandarin anew."""

    @property
    def weights_hash(self) -> str:
        """SHA-256 (hexadecimal) of all that decides what is written."""
        ...

    def respelled(self, transcript: Transcript, names: Sequence[str] = ()) -> Transcript:
        """The transcript with the same words at the same times, written in other characters of the same or near sound.

        ``names`` stay as they are written, and so do surnames that somebody is addressed with, marks, Latin letters,
        digits, and English.
        """
        ...


class _Beginning(NamedTuple):
    """A chain of words up to some character."""

    score: float
    last: Pair
    text: str


@dataclass(frozen=True)
class SoundRespeller:
    """The real one: a search through words that sound like what was heard, weighed by trigrams."""

    weights: RespellingWeights
    options: RespellingOptions = field(default_factory=RespellingOptions)

    @cached_property
    def weights_hash(self) -> str:
        document = asdict(self.options)
        document["mishearing"]["grave"] = sorted(self.options.mishearing.grave)
        document["mishearing"]["alike"] = [sorted(group) for group in self.options.mishearing.alike]
        named = f"{VERSION}{self.weights.sha256}{json.dumps(document, sort_keys=True)}"
        return hashlib.sha256(named.encode()).hexdigest()

    @cached_property
    def _sounding(self) -> SoundingWords:
        return SoundingWords(self.weights.lexicon, self.options.mishearing)

    def respelled(self, transcript: Transcript, names: Sequence[str] = ()) -> Transcript:
        if transcript.language != "zh":
            return transcript
        search = _Search(self.weights, self.options, self._sounding)
        written = tuple(name for name in names if len(name) > 1 and any(map(is_han, name)))
        turns = tuple(self._turn(turn, written, search) for turn in transcript.turns)
        return replace(transcript, turns=turns)

    def _turn(self, turn: Turn, names: Sequence[str], search: _Search) -> Turn:
        spelt = "".join(word.text for word in turn.words)
        if _han(spelt) != _han(turn.text):
            # Words that are not those of the text have no say in it.
            return turn
        heard = self._heard(turn.words, names)
        new = "".join(search.best(run) if is_han(run[0].character) else run[0].character for run in _runs(heard))
        if new == spelt:
            return turn
        characters = iter(new)
        words = tuple(replace(word, text="".join(next(characters) for _ in word.text)) for word in turn.words)
        return replace(turn, words=words, text=_laid_over(turn.text, _han(new)))

    def _heard(self, words: Sequence[Word], names: Sequence[str]) -> list[Heard]:
        text = "".join(word.text for word in words)
        named = {place for name in names for start in _places(text, name) for place in range(start, start + len(name))}
        named |= {place for match in _ADDRESSED.finditer(text) for place in range(*match.span())}
        sure = self.options.sure
        confidences = (word.confidence for word in words for _ in word.text)
        return [
            Heard(character, confidence, kept=confidence >= sure or place in named)
            for place, (character, confidence) in enumerate(zip(text, confidences, strict=True))
        ]


class _Search:
    """The search for the likeliest chain of words."""

    def __init__(self, weights: RespellingWeights, options: RespellingOptions, sounding: SoundingWords) -> None:
        self._weights = weights
        self._sounding = sounding
        self._options = options

    def best(self, heard: Sequence[Heard]) -> str:
        """The likeliest text of as many characters; ties go to what was heard."""
        text = "".join(one.character for one in heard)
        if all(one.kept for one in heard):
            return text
        odds = [self._sounding.odds(one) for one in heard]
        reached: list[dict[Pair, _Beginning]] = [{} for _ in range(len(text) + 1)]
        reached[0][START, START] = _Beginning(0.0, (START, START), "")
        for place in range(len(text)):
            beginnings = sorted(reached[place].values(), key=_score, reverse=True)[: self._options.beam]
            for word in self._sounding.candidates(text, odds, place):
                self._follow(beginnings, word, reached[place + len(word.text)])
        whole = reached[-1].values()
        return max(whole, key=lambda one: one.score + self._likelihood(one.last, END)).text

    def _follow(self, beginnings: Sequence[_Beginning], word: Candidate, ends: dict[Pair, _Beginning]) -> None:
        """Add the beginnings that go on with ``word``, the best of those that end in the same two words."""
        text, number, cost = word
        for before, last, written in beginnings:
            score = before + self._likelihood(last, number) - cost
            end = (last[1], number)
            known = ends.get(end)
            if known is None or score > known.score:
                ends[end] = _Beginning(score, end, written + text)

    def _likelihood(self, before: Pair, word: int) -> float:
        corpus = self._options.corpus
        mixed = (1 - corpus) * self._general(word) + corpus * self._weights.trigrams.probability(before, word)
        return self._options.trust * math.log(mixed)

    def _general(self, word: int) -> float:
        if word == END:
            return _END_SHARE
        return max(self._weights.lexicon.shares[word], _LEAST_SHARE) if word >= 0 else _LEAST_SHARE


def _score(beginning: _Beginning) -> float:
    return beginning.score


def _runs(heard: Sequence[Heard]) -> Iterator[Sequence[Heard]]:
    """Runs of Chinese characters, and all others one by one."""
    start = 0
    for place, one in enumerate(heard):
        if not is_han(one.character):
            if start < place:
                yield heard[start:place]
            yield heard[place : place + 1]
            start = place + 1
    if start < len(heard):
        yield heard[start:]


def _places(text: str, name: str) -> Iterator[int]:
    at = text.find(name)
    while at >= 0:
        yield at
        at = text.find(name, at + 1)


def _han(text: str) -> str:
    return "".join(filter(is_han, text))


def _laid_over(text: str, characters: str) -> str:
    """``text`` with its Chinese characters replaced one by one."""
    new = iter(characters)
    return "".join(next(new) if is_han(one) else one for one in text)
