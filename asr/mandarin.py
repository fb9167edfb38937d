"""Mandarin as people write it: Simplified characters, with punctuation."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import zip_longest

from opencc import OpenCC

from asr.transcript import Word

COMMA_PAUSE_MS = 350
"""A pause inside an utterance from which on a comma is written."""

SENTENCE_PAUSE_MS = 800
"""A pause inside a turn from which on a sentence ends."""

_MARKS = "，。？！、；：…,.?!;:"
_WIDE = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；", ":": "："})
_QUESTION_ENDINGS = ("吗", "么", "呢", "没有", "是不是", "对不对", "好不好", "行不行", "可以不", "怎么样")
_QUESTION_WORDS = (
    "什么",
    "怎么",
    "多少",
    "几",
    "哪",
    "谁",
    "为什么",
    "为啥",
    "咋",
    "是不是",
    "有没有",
    "能不能",
    "要不要",
)
_NOT_QUESTIONS = ("没什么", "不怎么", "几天前", "这么", "那么", "什么的")
_WHATEVER = ("不管", "无论", "哪怕", "随便")
_SHORT_QUESTION = 18
"""Up to this many characters a question word makes a question; longer utterances only tell of it."""


def folded(text: str) -> str:
    """Simplified characters, as many as before."""
    return "".join(_simplified(character) for character in text)


def written(words: Sequence[Word]) -> tuple[Word, ...]:
    """One turn, folded and punctuated; words keep their order and times.

    Punctuation that the recognizer wrote is kept, in its full-width form. Where it wrote none, a pause or a
    space becomes a comma, a long pause and the end of the turn a full stop or, by the question words and
    particles before it, a question mark.
    """
    plain = [replace(word, text=_wide(folded(word.text))) for word in words if word.text.strip()]
    out: list[Word] = []
    sentence = ""
    for word, after in zip_longest(plain, plain[1:]):
        sentence += word.text
        ends = after is None or after.start_ms - word.end_ms >= SENTENCE_PAUSE_MS
        marked = _with_end(word, sentence) if ends else _with_comma(word, after)
        out.append(replace(marked, text=marked.text.strip()))
        sentence = "" if ends else sentence
    return tuple(out)


def is_question(utterance: str) -> bool:
    """Whether an utterance without punctuation asks something, by its particles and question words."""
    plain = utterance.rstrip(_MARKS + " ")
    last = max((plain.rfind(mark) for mark in _MARKS), default=-1)
    clause = plain[last + 1 :]
    if clause.endswith(_QUESTION_ENDINGS) and not clause.endswith(("这么", "那么", "什么的")):
        return True
    if any(word in clause for word in _WHATEVER):
        return False
    for phrase in _NOT_QUESTIONS:
        clause = clause.replace(phrase, "")
    return len(clause) <= _SHORT_QUESTION and any(word in clause for word in _QUESTION_WORDS)


def _with_comma(word: Word, after: Word) -> Word:
    pause_ms = after.start_ms - word.end_ms
    bare = word.text.rstrip()
    parted = pause_ms >= COMMA_PAUSE_MS or after.text.startswith(" ")
    if not parted or bare[-1:] in _MARKS or _both_latin(bare, after.text):
        return word
    return replace(word, text=bare + "，")


def _with_end(word: Word, utterance: str) -> Word:
    bare = word.text.rstrip()
    if bare[-1:] in "。？！…":
        return replace(word, text=bare)
    return replace(word, text=bare.rstrip(_MARKS) + ("？" if is_question(utterance) else "。"))


def _wide(text: str) -> str:
    """Full-width marks, but none inside numbers ("1,800") and times ("3:30")."""
    if not text or (text.strip()[:1].isdigit() and text.strip()[-1:].isdigit()):
        return text
    return text.translate(_WIDE)


def _both_latin(before: str, after: str) -> bool:
    return before[-1:].isascii() and after.strip()[:1].isascii()


@lru_cache(maxsize=8192)
def _simplified(character: str) -> str:
    converted = str(_folding().convert(character))
    return converted if len(converted) == len(character) else character


@lru_cache(maxsize=1)
def _folding() -> OpenCC:
    return OpenCC("t2s")
