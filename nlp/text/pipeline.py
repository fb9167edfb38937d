"""One spaCy pipeline per language: tokens, sentences, entities and filled pauses of a turn."""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import spacy
from spacy.language import Language as Pipeline
from spacy.tokens import Doc, Span
from spacy.util import filter_spans

from asr.transcript import Language
from nlp.text.entities import entity_spans, name_spans
from nlp.text.fillers import filler_spans
from nlp.text.sentences import sentences
from nlp.text.tokens import cut_chinese

FILLERS = "fillers"
"""Key of the filled pauses in ``Doc.spans``."""


class Entity(NamedTuple):
    """MONEY, PERCENT, DATE, TIME or COMPETITOR, as ``text[start:end]`` in characters."""

    label: str
    start: int
    end: int
    text: str


@lru_cache(maxsize=32)
def pipeline(language: Language, competitors: tuple[str, ...] = ()) -> Pipeline:
    """The pipeline of a language; ``competitors`` are names as written in the SOP, found in any width,
    case and, in Mandarin, script."""
    with warnings.catch_warnings():
        # jieba 0.42 still imports pkg_resources, which setuptools announces to remove.
        warnings.filterwarnings("ignore", message="pkg_resources is deprecated", category=UserWarning)
        warnings.filterwarnings("ignore", message="invalid escape sequence", category=SyntaxWarning)
        cut_chinese("")  # loads jieba with its chatter off, before spaCy does
        config = {"nlp": {"tokenizer": {"segmenter": "jieba"}}} if language == "zh" else {}
        built = spacy.blank(language, config=config)
    built.add_pipe("clearcall_sentences")
    built.add_pipe("clearcall_entities", config={"language": language, "competitors": list(competitors)})
    built.add_pipe("clearcall_fillers", config={"language": language})
    return built


def entities(text: str, language: Language, competitors: Sequence[str] = ()) -> list[Entity]:
    """The entities of a text in order; they do not overlap, the longer one wins."""
    doc = pipeline(language, tuple(competitors))(text)
    return [Entity(span.label_, span.start_char, span.end_char, span.text) for span in doc.ents]


@Pipeline.component("clearcall_sentences", assigns=["token.is_sent_start"])
def _mark_sentences(doc: Doc) -> Doc:
    """Sentences as quotes have them, so that there is one rule for both."""
    starts = {sentence.start for sentence in sentences(doc.text)}
    for token in doc:
        token.is_sent_start = token.i == 0 or any(token.idx <= start < token.idx + len(token) for start in starts)
    return doc


@Pipeline.factory("clearcall_entities", assigns=["doc.ents"])
def _entity_component(nlp: Pipeline, name: str, language: Language, competitors: list[str]) -> _Entities:
    return _Entities(language, tuple(competitors))


class _Entities:
    def __init__(self, language: Language, competitors: tuple[str, ...]) -> None:
        self._language = language
        self._competitors = competitors

    def __call__(self, doc: Doc) -> Doc:
        named = [("COMPETITOR", start, end) for start, end in name_spans(doc.text, self._competitors)]
        found = entity_spans(doc.text, self._language)
        spans = [*named, *found]
        _split_tokens(doc, {place for _, start, end in spans for place in (start, end)})
        # Names first: of two spans of the same length, filter_spans keeps the earlier one in the list.
        doc.ents = filter_spans(list(_spans(doc, spans)))
        return doc


@Pipeline.factory("clearcall_fillers", assigns=["doc.spans"])
def _filler_component(nlp: Pipeline, name: str, language: Language) -> _Fillers:
    return _Fillers(language)


class _Fillers:
    def __init__(self, language: Language) -> None:
        self._language = language

    def __call__(self, doc: Doc) -> Doc:
        found = [("FILLER", start, end) for start, end in filler_spans(doc.text, self._language)]
        doc.spans[FILLERS] = list(_spans(doc, found))
        return doc


def _split_tokens(doc: Doc, borders: set[int]) -> None:
    """Cut the tokens that a border lies in: jieba takes 蓝霜才 for one word."""
    with doc.retokenize() as retokenizer:
        for token in doc:
            inner = sorted(b - token.idx for b in borders if token.idx < b < token.idx + len(token))
            if inner:
                cuts = [0, *inner, len(token)]
                parts = [token.text[start:end] for start, end in pairwise(cuts)]
                retokenizer.split(token, parts, heads=[(token, 0)] * len(parts))


def _spans(doc: Doc, found: Iterable[tuple[str, int, int]]) -> Iterable[Span]:
    for label, start, end in found:
        span = doc.char_span(start, end, label=label, alignment_mode="expand")
        if span is not None:
            yield span
