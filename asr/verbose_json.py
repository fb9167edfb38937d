"""Reads what a server of the OpenAI transcription API answers, as words with times. Pure.

Servers tell different amounts: some time every word, some only segments, some write nothing but the text. The
text is what counts; the times they give are laid along it, and what has none is spread over the sound between its
neighbours, by letters.
"""

from __future__ import annotations

import math
import re
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from asr.recognition import Heard, compression_ratio
from asr.regions import Region
from asr.transcript import Language, Word

UNTOLD_LOGPROB = -0.5
"""Stands in where a server tells no probability: neither a reason to doubt the text nor to be sure of it."""
UNTOLD_CONFIDENCE = round(math.exp(UNTOLD_LOGPROB), 2)

_LOOKAHEAD = 24
"""Letters that a server may leave out of its list of words before the next word is not looked for any more."""
_TAG = re.compile(r"<\|([^|<>]*)\|>")
_HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_TOKEN = re.compile(rf"\s*(?:[{_HAN}]|[^\s{_HAN}]+)[^\w\s]*")
_IS_HAN = re.compile(rf"[{_HAN}]")
_LANGUAGES: Mapping[str, Language] = {
    **dict.fromkeys(("en", "eng", "english"), "en"),
    **dict.fromkeys(("zh", "zho", "chi", "cmn", "chinese", "mandarin", "yue", "cantonese"), "zh"),
}


class AnswerError(ValueError):
    """A document that is no transcription; the message names the field and the reason."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    start: float
    end: float


class _Word(_Part):
    word: str
    probability: float | None = None


class _Segment(_Part):
    text: str
    avg_logprob: float | None = None
    no_speech_prob: float | None = None
    words: list[_Word] | None = None


class _Answer(BaseModel):
    model_config = ConfigDict(extra="ignore")

    text: str
    language: str | None = None
    words: list[_Word] | None = None
    segments: list[_Segment] = Field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Letters ``first`` to ``last`` (exclusive) of a text that were said from ``start_ms`` to ``end_ms``.

    ``confidence`` is None where the server tells none; ``is_word`` when a word of the server's is so long.
    """

    first: int
    last: int
    start_ms: float
    end_ms: float
    confidence: float | None
    is_word: bool = False


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server heard in one clip; ``language`` is None when it names none that we know."""

    heard: Heard
    language: Language | None


def read(document: Any, clip_ms: int, sound: Sequence[Region] = ()) -> Answer:
    """Read one answer about a clip of ``clip_ms``, "json" or "verbose_json".

    ``sound`` are the stretches of the clip in which there is any, in order: words without times of their own are
    laid into them. The words joined are the text, and lie in order inside the clip. A server that tells no language is
    understood by its script. ``<|…|>`` tags, as SenseVoice writes them, are not text.

    Raises:
        AnswerError: a field is missing or of the wrong type.
    """
    try:
        answer = _Answer.model_validate(_without_nulls(document))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "answer"
        raise AnswerError(f"{where}: {first['msg']}") from error
    text = _TAG.sub("", answer.text).strip()
    words = _words(text, _stretches(text, answer, clip_ms), clip_ms, sound)
    heard = Heard(
        words,
        avg_logprob=_avg_logprob(answer),
        no_speech_prob=min(max(_weighted([(s, s.no_speech_prob) for s in answer.segments], 0.0), 0.0), 1.0),
        compression_ratio=compression_ratio(text) if text else 0.0,
    )
    return Answer(heard, _language(answer, text))


def _without_nulls(document: Any) -> Any:
    """Some servers write null for what they do not tell."""
    if not isinstance(document, dict):
        return document
    return {key: value for key, value in document.items() if value is not None}


def _language(answer: _Answer, text: str) -> Language | None:
    for name in (answer.language or "", *_TAG.findall(answer.text)):
        known = _LANGUAGES.get(re.split("[-_]", name.strip().lower())[0])
        if known:
            return known
    letters = [character for character in text if character.isalpha()]
    if answer.language or not letters:
        return None
    han = sum(bool(_IS_HAN.match(letter)) for letter in letters)
    return "zh" if han * 2 >= len(letters) else "en"


def _avg_logprob(answer: _Answer) -> float:
    told = [(s, s.avg_logprob) for s in answer.segments]
    if any(value is not None for _, value in told):
        return min(_weighted(told, UNTOLD_LOGPROB), 0.0)
    sure = [word.probability for word in _timed_words(answer) if word.probability is not None]
    if not sure:
        return UNTOLD_LOGPROB
    return sum(math.log(min(max(p, 1e-6), 1.0)) for p in sure) / len(sure)


def _weighted(told: Sequence[tuple[_Segment, float | None]], untold: float) -> float:
    """The mean over segments by their length."""
    pairs = [(max(s.end - s.start, 0.01), value) for s, value in told if value is not None]
    total = sum(length for length, _ in pairs)
    return sum(length * value for length, value in pairs) / total if pairs else untold


def _timed_words(answer: _Answer) -> list[_Word]:
    return answer.words or [word for segment in answer.segments for word in segment.words or ()]


def _stretches(text: str, answer: _Answer, clip_ms: int) -> list[_Stretch]:
    """Where in the text the parts that the server timed are, in order, with their times inside the clip."""
    letters = _letters(text)
    segments = _placed(letters, [(s.text, s, _confidence(s)) for s in answer.segments], clip_ms, len(letters))
    words = _placed(letters, [(w.word, w, w.probability) for w in _timed_words(answer)], clip_ms, _LOOKAHEAD)
    return [
        replace(
            word, confidence=_of_segment(word, segments) if word.confidence is None else word.confidence, is_word=True
        )
        for word in words
    ] or segments


def _confidence(segment: _Segment) -> float | None:
    return None if segment.avg_logprob is None else math.exp(segment.avg_logprob)


def _of_segment(word: _Stretch, segments: Sequence[_Stretch]) -> float | None:
    return next((s.confidence for s in segments if s.first <= word.first < s.last), None)


def _placed(
    letters: str, parts: Sequence[tuple[str, _Part, float | None]], clip_ms: int, lookahead: int
) -> list[_Stretch]:
    """The parts that the text holds, in order; times never go back."""
    found: list[_Stretch] = []
    at, now = 0, 0.0
    for text, part, confidence in parts:
        wanted = _letters(_TAG.sub("", text))
        place = letters.find(wanted, at, at + len(wanted) + lookahead) if wanted else -1
        if place < 0:
            continue
        start = min(max(part.start * 1000, now), clip_ms)
        end = min(max(part.end * 1000, start), clip_ms)
        found.append(_Stretch(place, place + len(wanted), start, end, confidence))
        at, now = place + len(wanted), end
    return found


def _letters(text: str) -> str:
    """The letters and digits alone, one for one: what of two writings of a word is compared."""
    return "".join(c.lower() if len(c.lower()) == 1 else c for c in text if c.isalnum())


def _words(text: str, stretches: Sequence[_Stretch], clip_ms: int, sound: Sequence[Region]) -> tuple[Word, ...]:
    """The text cut into words (single characters of Chinese), each with its share of the time."""
    filled = _filled(stretches, sum(c.isalnum() for c in text), clip_ms)
    starts = [stretch.first for stretch in filled]
    words: list[Word] = []
    at = 0
    for piece in _pieces(text):
        size = sum(c.isalnum() for c in piece)
        first, last = _at(filled, starts, at), _at(filled, starts, at + size - 1)
        start_ms = round(_start(first, at, sound))
        end_ms = max(round(_end(last, at + size, sound)), start_ms)
        told = UNTOLD_CONFIDENCE if first.confidence is None else first.confidence
        words.append(Word(piece, start_ms, end_ms, min(max(told, 0.0), 1.0)))
        at += size
    return tuple(words)


def _pieces(text: str) -> list[str]:
    """Words with the space before and the marks after them; a piece without letters goes with the one before."""
    pieces: list[str] = []
    held = ""
    for match in _TOKEN.finditer(text):
        if any(c.isalnum() for c in match.group()):
            pieces.append(held + match.group())
            held = ""
        elif pieces:
            pieces[-1] += match.group()
        else:
            held += match.group()
    if pieces and not _IS_HAN.match(pieces[0].strip()):
        # A Latin word begins with a space, as Whisper writes it.
        pieces[0] = f" {pieces[0].lstrip()}"
    return pieces


def _filled(stretches: Sequence[_Stretch], letters: int, clip_ms: int) -> list[_Stretch]:
    """The stretches with what lies between them spread over the time between them."""
    filled: list[_Stretch] = []
    at, now = 0, 0.0
    for stretch in stretches:
        if stretch.first > at:
            filled.append(_Stretch(at, stretch.first, now, stretch.start_ms, stretch.confidence))
        filled.append(stretch)
        at, now = stretch.last, stretch.end_ms
    if letters > at:
        filled.append(_Stretch(at, letters, now, clip_ms, filled[-1].confidence if filled else None))
    return filled


def _at(stretches: Sequence[_Stretch], starts: Sequence[int], letter: int) -> _Stretch:
    return stretches[bisect_left(starts, letter + 1) - 1]


def _start(stretch: _Stretch, letter: int, sound: Sequence[Region]) -> float:
    """When a letter begins: after a pause, not before it."""
    parts = _parts(stretch, sound)
    left = _before(stretch, letter, parts)
    for start, end in parts:
        if left < end - start:
            return start + left
        left -= end - start
    return parts[-1][1]


def _end(stretch: _Stretch, letter: int, sound: Sequence[Region]) -> float:
    """When the letter before ends: before a pause, not after it."""
    parts = _parts(stretch, sound)
    left = _before(stretch, letter, parts)
    for start, end in parts:
        if left <= end - start:
            return start + left
        left -= end - start
    return parts[-1][1]


def _before(stretch: _Stretch, letter: int, parts: Sequence[tuple[float, float]]) -> float:
    share = (letter - stretch.first) / (stretch.last - stretch.first)
    return share * sum(end - start for start, end in parts)


def _parts(stretch: _Stretch, sound: Sequence[Region]) -> list[tuple[float, float]]:
    """The stretches of sound in the time of a stretch, or all its time."""
    whole = [(stretch.start_ms, stretch.end_ms)]
    cut = [(max(r.start_ms, stretch.start_ms), min(r.end_ms, stretch.end_ms)) for r in sound]
    return whole if stretch.is_word else [(start, end) for start, end in cut if end > start] or whole
