"""Keeps out what a recognizer invents on silence, tones and music, and says why.

Thresholds on log probability, no-speech probability and compression ratio are those of Whisper's own decoding
(Radford et al. 2022, section 4.5). No phrase is removed for its words alone.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean
from typing import Literal

from asr.chunks import Window
from asr.recognition import Heard, compression_ratio
from asr.regions import Region
from asr.transcript import Language, Word

Reason = Literal[
    "no_speech",
    "unlikely",
    "repetition",
    "too_fast",
    "subtitle",
    "repeated_tail",
    "outside_speech",
    "crosstalk",
]

MAX_COMPRESSION_RATIO = 2.4
MIN_LOGPROB = -1.0
HOPELESS_LOGPROB = -2.0
DOUBT_SLOPE = 0.875
MAX_DOUBT = 1.25
MAX_NO_SPEECH_PROB = 0.6
MAX_CHARACTERS_PER_SECOND = {"zh": 14.0, "en": 35.0}
"""About twice what the fastest speakers say."""
INSTANT_MS = 20
"""A word that the alignment gives no more time than one step was not heard."""
OUTSIDE_MS = 400
LEAST_BELIEVED = 0.5
"""Mean confidence in the words of a sound that the detector is not sure of, from which on they are believed."""

_LOOP_TIMES = 4
_LOOP_WORDS = 12
_SUBTITLES = (
    "字幕",
    "谢谢观看",
    "謝謝觀看",
    "感谢观看",
    "感謝觀看",
    "请不吝点赞",
    "請不吝點贊",
    "明镜与点点",
    "thanks for watching",
    "thank you for watching",
    "subtitles by",
    "please subscribe",
    "amara.org",
    "作词",
    "作詞",
    "词曲",
    "詞曲",
    "music playing",
)
_CIRCLE = re.compile(r"(.{1,12}?)\1{5,}")
"""The same characters six times on end."""
_STUTTER = re.compile(r"([^\W\d_]{3,}?)\1{3,}")
"""A word that says the same four times in itself: what *base* makes of a cough. Laughter has shorter rounds."""
_MARKS = " \t,.?!;:，。？！；：、…\"'"


@dataclass(frozen=True, slots=True)
class Removed:
    """Words that were recognized and not believed."""

    channel: int
    start_ms: int
    end_ms: int
    text: str
    reason: Reason


@dataclass(frozen=True, slots=True)
class Guarded:
    """What is left of a window, with times in the call, and what was removed."""

    words: tuple[Word, ...]
    removed: tuple[Removed, ...] = ()

    @property
    def refused(self) -> bool:
        """Whether words were recognized and none of them is believed."""
        return bool(self.removed) and not self.words


def runs_away(text: str, seconds: float, language: Language) -> bool:
    """Whether a text goes round in circles or is more than anyone can say in the time."""
    circles = bool(text) and compression_ratio(text) > MAX_COMPRESSION_RATIO
    return circles or _too_fast(text, seconds, language)


def guard(heard: Heard, window: Window, language: Language) -> Guarded:
    """The words of a window that can be believed, moved to the time of the call."""
    words = tuple(Word(w.text, *window.to_call_ms(w.start_ms, w.end_ms), w.confidence) for w in heard.words)
    reason = _whole_reason(heard, window, language)
    if reason:
        return Guarded((), removed(words, window.channel, reason))
    # A tail cut first would leave too few rounds of a loop to be told as one.
    stutters = tuple(word for word in words if window.doubtful and _STUTTER.fullmatch(_plain([word])))
    believed, loops = _without_loops(tuple(word for word in words if word not in stutters))
    believed, tail = _without_tail(believed)
    if heard.no_speech_prob > MAX_NO_SPEECH_PROB and (loops or _CIRCLE.search(heard.text)):
        return Guarded((), removed(words, window.channel, "repetition"))
    believed, outside = _within_speech(believed, window.regions)
    return Guarded(
        believed,
        removed(stutters, window.channel, "repetition")
        + removed(tail, window.channel, "repeated_tail")
        + removed(loops, window.channel, "repetition")
        + removed(outside, window.channel, "outside_speech"),
    )


def removed(words: Sequence[Word], channel: int, reason: Reason) -> tuple[Removed, ...]:
    """One record of words that go for one reason; none for no words."""
    if not words:
        return ()
    text = "".join(word.text for word in words).strip()
    return (Removed(channel, words[0].start_ms, words[-1].end_ms, text, reason),)


def _whole_reason(heard: Heard, window: Window, language: Language) -> Reason | None:
    if _is_silence(heard):
        return "no_speech"
    if heard.avg_logprob < HOPELESS_LOGPROB or (window.doubtful and _is_doubted(heard)):
        return "unlikely"
    if heard.compression_ratio > MAX_COMPRESSION_RATIO:
        return "repetition"
    if _too_fast(heard.text, window.duration_ms / 1000, language):
        return "too_fast"
    return "subtitle" if _is_subtitle(heard) else None


def _is_silence(heard: Heard) -> bool:
    """Whether both signs together say that nobody spoke: the weaker one is, the stronger the other must be.

    The line runs through Whisper's own pair of thresholds, and further out on both sides.
    """
    if heard.no_speech_prob > MAX_NO_SPEECH_PROB and heard.avg_logprob < MIN_LOGPROB:
        return True
    doubt = heard.no_speech_prob - DOUBT_SLOPE * heard.avg_logprob
    return heard.no_speech_prob > MAX_NO_SPEECH_PROB / 2 and doubt > MAX_DOUBT


def _is_doubted(heard: Heard) -> bool:
    """Whether the words are likelier wrong than right, by the recognizer's own account."""
    confidences = [word.confidence for word in heard.words]
    return bool(confidences) and fmean(confidences) < LEAST_BELIEVED


def _too_fast(text: str, seconds: float, language: Language) -> bool:
    """Half a second and ten characters are free, for clips of a single word."""
    return len(text) - 10 > MAX_CHARACTERS_PER_SECOND[language] * (seconds + 0.5)


def _is_subtitle(heard: Heard) -> bool:
    """A phrase of video subtitles counts only beside a second sign that nobody spoke."""
    text = heard.text.lower()
    if not any(phrase in text for phrase in _SUBTITLES):
        return False
    instants = sum(_is_instant(word) for word in heard.words)
    return (
        heard.no_speech_prob > MAX_NO_SPEECH_PROB / 2
        or heard.avg_logprob < MIN_LOGPROB / 2
        or instants * 2 > len(heard.words)
    )


def _without_tail(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Cut off a tail that got no time and either says the words before it again or is long.

    Of the time of a doubled end, the alignment may give the last words' to their second copy.
    """
    instants = 0
    while instants < len(words) and _is_instant(words[len(words) - 1 - instants]):
        instants += 1
    again = _repeated_tail(words)
    cut = max(again, instants if instants >= 4 else 0)
    if cut == 0:
        return words, ()
    kept, tail = words[:-cut], words[-cut:]
    shorter, more = _without_tail(_timed(kept, tail) if cut == again else kept)
    return shorter, more + tail


def _repeated_tail(words: tuple[Word, ...]) -> int:
    """The length of the longest end that says again what comes before it, half of it or more without time."""
    for length in range(len(words) // 2, 0, -1):
        tail, before = words[-length:], words[-2 * length : -length]
        if _plain(tail) == _plain(before) and 2 * sum(_is_instant(word) for word in tail) >= length:
            return length
    return 0


def _timed(words: tuple[Word, ...], copies: tuple[Word, ...]) -> tuple[Word, ...]:
    """Words at the end that got no time, with that of their copies."""
    timed = list(words)
    for i in range(1, len(copies) + 1):
        if not _is_instant(words[-i]):
            break
        if not _is_instant(copies[-i]):
            timed[-i] = replace(words[-i], start_ms=copies[-i].start_ms, end_ms=copies[-i].end_ms)
    return tuple(timed)


def _without_loops(words: tuple[Word, ...]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Keep one of each run of words said at least four times on end (short single words: six times)."""
    plain = [_plain([word]) for word in words]
    kept: list[Word] = []
    cut: list[Word] = []
    at = 0
    while at < len(words):
        length, times = _loop_at(plain, at)
        kept.extend(words[at : at + length])
        cut.extend(words[at + length : at + length * times])
        at += length * times
    return tuple(kept), tuple(cut)


def _loop_at(plain: Sequence[str], at: int) -> tuple[int, int]:
    """The length and number of rounds of the loop that starts at a word; (1, 1) when there is none."""
    for length in range(1, _LOOP_WORDS + 1):
        round_ = plain[at : at + length]
        if len(round_) < length:
            break
        times = 1
        while plain[at + times * length : at + (times + 1) * length] == round_:
            times += 1
        short = length == 1 and len(round_[0]) <= 3
        if times >= (_LOOP_TIMES + 2 if short else _LOOP_TIMES):
            return length, times
    return 1, 1


def _within_speech(words: tuple[Word, ...], regions: Sequence[Region]) -> tuple[tuple[Word, ...], tuple[Word, ...]]:
    """Part the words: doubtful ones far from all speech are cut."""
    kept = tuple(w for w in words if w.confidence >= 0.5 or _near_speech(w, regions))
    return kept, tuple(w for w in words if w not in kept)


def _near_speech(word: Word, regions: Sequence[Region]) -> bool:
    return any(
        word.end_ms >= region.start_ms - OUTSIDE_MS and word.start_ms <= region.end_ms + OUTSIDE_MS
        for region in regions
    )


def _is_instant(word: Word) -> bool:
    return word.end_ms - word.start_ms <= INSTANT_MS


def _plain(words: Sequence[Word]) -> str:
    return "|".join(word.text.strip(_MARKS).lower() for word in words)
