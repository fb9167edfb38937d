"""Text as it is searched and counted: tokens, search terms, spoken units. Pure."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from functools import cache
from typing import Protocol

from asr.transcript import Language
from nlp.text.folding import fold

_WORD = re.compile(r"[^\W_]+(?:['’][^\W_]+)*")
_HAN = re.compile(r"[\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]+")


def tokens(text: str, language: Language) -> list[str]:
    """Folded words in order, without punctuation or spaces; Mandarin is cut by jieba."""
    return list(_words(fold(text), language))


def search_terms(text: str, language: Language) -> list[str]:
    """What a text is indexed and searched by: words, and bigrams of Chinese characters.

    Bigrams make every two-character word (价格, 预算, 异议) findable however jieba cut the
    sentence; a run of one Chinese character yields that character. Each term once, in order of
    first appearance: an index of a text holds all the terms of any query whose runs it contains.
    """
    folded = fold(text)
    found = dict.fromkeys(_words(folded, language))
    for run in _HAN.findall(folded):
        found.update(dict.fromkeys(_bigrams(run)))
    return list(found)


def query_terms(text: str) -> list[str]:
    """What a search for ``text`` must find, a subset of :func:`search_terms` in either language.

    Words other than Chinese as they are; a Chinese run by its bigrams alone, since the words that
    jieba sees depend on the sentence around them.
    """
    folded = fold(text)
    found: dict[str, None] = {}
    for word in _WORD.findall(folded):
        for piece in _split_by_script(word):
            found.update(dict.fromkeys(_bigrams(piece) if _HAN.fullmatch(piece) else [piece]))
    return list(found)


def count_spoken_units(text: str, language: Language) -> int:
    """Words (en), or Chinese characters and words or numbers in other scripts (zh)."""
    pieces = [piece for word in _WORD.findall(fold(text)) for piece in _split_by_script(word)]
    if language == "en":
        return len(pieces)
    return sum(len(piece) if _HAN.fullmatch(piece) else 1 for piece in pieces)


def _words(folded: str, language: Language) -> Iterator[str]:
    for word in _WORD.findall(folded):
        for piece in _split_by_script(word):
            if language == "zh" and _HAN.fullmatch(piece):
                yield from cut_chinese(piece)
            else:
                yield piece


def _split_by_script(word: str) -> Iterator[str]:
    """``crm系统`` → ``crm``, ``系统``."""
    end = 0
    for run in _HAN.finditer(word):
        if run.start() > end:
            yield word[end : run.start()]
        yield run.group()
        end = run.end()
    if end < len(word):
        yield word[end:]


def _bigrams(run: str) -> list[str]:
    return [run[i : i + 2] for i in range(len(run) - 1)] or [run]


def cut_chinese(run: str) -> list[str]:
    """Words of a run of Chinese text by jieba's accurate mode; joined they give ``run`` back."""
    return [str(word) for word in _jieba().cut(run)]


@cache
def _jieba() -> _Segmenter:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    # The one that spaCy uses too: a dictionary of its own would cost another 100 MB.
    segmenter: _Segmenter = jieba.dt
    return segmenter


class _Segmenter(Protocol):
    def cut(self, sentence: str) -> Iterator[str]: ...
