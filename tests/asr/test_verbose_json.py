"""Answers of all kinds of servers become words with times; no letter of the text is lost."""

from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from asr.regions import Region
from asr.verbose_json import UNTOLD_CONFIDENCE, UNTOLD_LOGPROB, AnswerError, read

CLIP_MS = 10_000


def words(document: dict[str, Any], clip_ms: int = CLIP_MS) -> list[tuple[str, int, int]]:
    """The words that are read, as plain values."""
    return [(w.text, w.start_ms, w.end_ms) for w in read(document, clip_ms).heard.words]


def test_words_get_their_marks_back() -> None:
    """OpenAI lists bare words beside a text with marks: times are the words', writing is the text's."""
    listed = [("Hi", 0.1, 0.3), ("Dan", 0.3, 0.8), ("it's", 1.0, 1.2), ("3", 1.2, 1.4), ("30", 1.4, 1.9)]
    document = {
        "text": "Hi Dan, it’s 3:30.",
        "language": "english",
        "words": [{"word": w, "start": a, "end": b} for w, a, b in listed],
    }
    assert words(document) == [(" Hi", 100, 300), (" Dan,", 300, 800), (" it’s", 1000, 1200), (" 3:30.", 1200, 1900)]


def test_words_of_faster_whisper_keep_times_and_confidence() -> None:
    """A list with spaces and marks gives the same words, with their own probability."""
    document = {
        "text": " Good morning.",
        "words": [
            {"word": " Good", "start": 0, "end": 0.5, "probability": 0.9},
            {"word": " morning.", "start": 0.5, "end": 1.25, "probability": 0.7},
        ],
        "segments": [{"text": " Good morning.", "start": 0, "end": 2, "avg_logprob": -0.25, "no_speech_prob": 0.125}],
    }
    heard = read(document, CLIP_MS).heard
    assert words(document) == [(" Good", 0, 500), (" morning.", 500, 1250)]
    assert [w.confidence for w in heard.words] == [0.9, 0.7]
    assert (heard.avg_logprob, heard.no_speech_prob) == (-0.25, 0.125)


def test_words_inside_segments_are_found() -> None:
    """whisper.cpp lists the words of each segment inside it, and Mandarin words are cut into characters."""
    inside = [{"word": "你好", "start": 1.0, "end": 1.4}, {"word": "。", "start": 1.4, "end": 1.5}]
    document = {"text": "你好。", "segments": [{"text": "你好。", "start": 1.0, "end": 1.5, "words": inside}]}
    assert words(document) == [("你", 1000, 1200), ("好。", 1200, 1400)]


def test_segments_are_spread_by_letters() -> None:
    """Without words, each segment's time is shared out by letters, with the segment's probability."""
    document = {
        "text": "We do. Payroll!",
        "words": None,
        "segments": [
            {"text": "We do.", "start": 1.0, "end": 2.0, "avg_logprob": 0.0},
            {"text": "Payroll!", "start": 3.0, "end": 4.0, "avg_logprob": -1.0},
        ],
    }
    assert words(document) == [(" We", 1000, 1500), (" do.", 1500, 2000), (" Payroll!", 3000, 4000)]
    heard = read(document, CLIP_MS).heard
    assert [round(w.confidence, 2) for w in heard.words] == [1.0, 1.0, 0.37]
    assert heard.avg_logprob == -0.5


def test_text_alone_is_spread_over_the_clip() -> None:
    """FunASR tells no times: characters share the clip, and nothing is claimed about their sureness."""
    heard = read({"text": "三十万可以吗？"}, 6000).heard
    assert [(w.text, w.start_ms, w.end_ms) for w in heard.words][::5] == [("三", 0, 1000), ("吗？", 5000, 6000)]
    assert {w.confidence for w in heard.words} == {UNTOLD_CONFIDENCE}
    assert heard.avg_logprob == UNTOLD_LOGPROB
    assert heard.no_speech_prob == 0.0


def test_words_without_times_are_laid_into_the_sound() -> None:
    """A pause is not spoken over: a word before it ends there, the next begins after it."""
    sound = [Region(1000, 2000), Region(5000, 6000)]
    heard = read({"text": "We do payroll."}, CLIP_MS, sound).heard
    assert [(w.text, w.start_ms, w.end_ms) for w in heard.words] == [
        (" We", 1000, 1364),
        (" do", 1364, 1727),
        (" payroll.", 1727, 6000),
    ]
    heard = read({"text": "Payroll people"}, CLIP_MS, [Region(1000, 1700), Region(5000, 5600)]).heard
    assert [(w.start_ms, w.end_ms) for w in heard.words] == [(1000, 1700), (5000, 5600)]


def test_tags_of_sensevoice_are_not_text() -> None:
    """Language, mood and event tags go; the language tag is believed."""
    answer = read({"text": "<|zh|><|NEUTRAL|><|Speech|><|withitn|>好的。"}, 2000)
    assert answer.heard.text == "好的。"
    assert answer.language == "zh"


@pytest.mark.parametrize(
    ("document", "language"),
    [
        ({"text": "x", "language": "chinese"}, "zh"),
        ({"text": "x", "language": "zh-CN"}, "zh"),
        ({"text": "你好", "language": "English"}, "en"),
        ({"text": "bonjour", "language": "french"}, None),
        ({"text": "我用 CRM 系统"}, "zh"),
        ({"text": "Hello there", "language": None}, "en"),
        ({"text": "…"}, None),
    ],
)
def test_the_language_is_understood(document: dict[str, Any], language: str | None) -> None:
    """By name or code; without either by the script; other languages are none of ours."""
    assert read(document, 1000).language == language


def test_a_word_that_is_not_in_the_text_moves_nothing() -> None:
    """A server that lists other words than it writes loses their times only."""
    listed = [("twenty", 0.0, 1.0), ("five", 1.0, 2.0), ("users", 2.0, 3.0)]
    document = {"text": "25 users", "words": [{"word": w, "start": a, "end": b} for w, a, b in listed]}
    assert words(document) == [(" 25", 0, 2000), (" users", 2000, 3000)]


@pytest.mark.parametrize(
    ("document", "message"),
    [
        (["text"], "answer: Input should be a valid dictionary"),
        ({"transcript": "hello"}, "text: Field required"),
        (
            {"text": "a", "words": [{"word": "a", "start": "soon", "end": 1}]},
            r"words\.0\.start: Input should be a valid n",
        ),
        (
            {"text": "a", "segments": [{"text": "a", "start": 0, "end": float("nan")}]},
            r"segments\.0\.end: Input should be",
        ),
    ],
)
def test_what_is_no_transcription_is_refused(document: Any, message: str) -> None:
    """The message names the field."""
    with pytest.raises(AnswerError, match=message):
        read(document, 1000)


TEXTS = st.lists(
    st.sampled_from(["Hi", "Dan,", "it's", "$12,500", "—", "三十万", "好的。", "CRM系统", "…", "ok?"]), max_size=12
)
BORDERS = st.lists(st.integers(0, CLIP_MS), unique=True, max_size=6).map(sorted)
TIMES = st.floats(-5, 60, allow_nan=False)


@given(
    TEXTS,
    st.lists(st.tuples(TIMES, TIMES), min_size=12, max_size=12),
    st.sets(st.integers(0, 11)),
    st.booleans(),
    BORDERS,
)
def test_no_letter_is_lost_and_time_never_goes_back(
    spoken: list[str], times: list[tuple[float, float]], left_out: set[int], as_segments: bool, borders: list[int]
) -> None:
    """Law: whatever times a server gives to whichever words, the words joined are the text, in order, in the clip."""
    key = "segments" if as_segments else "words"
    parts = [
        {"word": word, "text": word, "start": start, "end": end}
        for i, (word, (start, end)) in enumerate(zip(spoken, times, strict=False))
        if i not in left_out
    ]
    text = " ".join(spoken)
    sound = [Region(a, b) for a, b in zip(borders[::2], borders[1::2], strict=False)]
    heard = read({"text": text, key: parts}, CLIP_MS, sound).heard
    kept = "".join(word.text for word in heard.words)
    if any(c.isalnum() for c in text):
        assert "".join(kept.split()) == "".join(text.split())
    else:
        assert kept == ""
    assert all(0 <= w.start_ms <= w.end_ms <= CLIP_MS for w in heard.words)
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(heard.words))
    assert all(0 <= w.confidence <= 1 for w in heard.words)
