"""The contract of a recognizer: the stand-in, Whisper here, and Whisper behind a server keep the same one."""

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from asr.audio import decode
from asr.levels import Mono
from asr.recognition import Recognizer
from asr.remote import RemoteRecognizer
from asr.weights import find_weights
from asr.whisper import WhisperOptions, WhisperRecognizer
from fakes_asr import FakeRecognizer
from fakes_remote import SpeechServer, speech_server, spoken_by

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def whisper(tmp_path_factory: pytest.TempPathFactory) -> WhisperRecognizer:
    """The real recognizer on one thread."""
    folder = find_weights(cache=tmp_path_factory.mktemp("cache"))
    return WhisperRecognizer(folder, WhisperOptions(device="cpu", cpu_threads=1))


@pytest.fixture(scope="module")
def server(whisper: WhisperRecognizer) -> Iterator[SpeechServer]:
    """A server with the real recognizer behind it."""
    with speech_server(spoken_by(whisper)) as running:
        yield running


@pytest.fixture(scope="module", params=["fake", "whisper", "remote"])
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    """Each of the three."""
    if request.param == "fake":
        return FakeRecognizer()
    if request.param == "whisper":
        found: WhisperRecognizer = request.getfixturevalue("whisper")
        return found
    running: SpeechServer = request.getfixturevalue("server")
    return RemoteRecognizer(running.options())


@pytest.fixture(scope="module")
def english() -> Mono:
    """About six seconds in which the rep says who is calling."""
    return decode(DATA / "en-call.ogg").samples[0, 107_000:203_000]


@pytest.fixture(scope="module")
def mandarin() -> Mono:
    """The rep's first words."""
    return decode(DATA / "zh-call.ogg").samples[0, : 6 * 16_000]


def test_answers_come_in_the_order_of_the_clips(recognizer: Recognizer, english: Mono) -> None:
    """One answer per clip, words in order and inside the clip, all figures in their range."""
    clips = [english[: 3 * 16_000], english, np.zeros(1_000, dtype=np.float32)]
    answers = recognizer.recognize(clips, "en")
    assert len(answers) == 3
    assert 0 < len(answers[0].text) < len(answers[1].text)
    for clip, answer in zip(clips[:2], answers[:2], strict=True):
        assert all(a.start_ms <= b.start_ms for a, b in pairwise(answer.words))
        assert all(0 <= w.start_ms <= w.end_ms <= clip.size / 16 + 1_000 for w in answer.words)
    for answer in answers:
        assert all(0 <= w.confidence <= 1 for w in answer.words)
        assert answer.avg_logprob <= 0
        assert 0 <= answer.no_speech_prob <= 1
        assert answer.compression_ratio >= 0


def test_english_words_begin_with_a_space(recognizer: Recognizer, english: Mono) -> None:
    """Joined, the words of an answer are its text, with one space between two of them."""
    (answer,) = recognizer.recognize([english], "en")
    assert all(word.text.startswith(" ") and word.text.strip() for word in answer.words)
    assert answer.text == " ".join(word.text.strip() for word in answer.words)


def test_mandarin_comes_in_short_runs(recognizer: Recognizer, mandarin: Mono) -> None:
    """Mandarin words are one or a few characters, so that times stay exact."""
    (answer,) = recognizer.recognize([mandarin], "zh")
    assert answer.words
    assert max(len(word.text) for word in answer.words) <= 6


def test_no_clips_no_answers(recognizer: Recognizer) -> None:
    """Nothing asked, nothing answered."""
    assert recognizer.recognize([], "en") == []
    assert not any(recognizer.language_scores([]).values())


def test_languages_are_told_apart(recognizer: Recognizer, english: Mono, mandarin: Mono) -> None:
    """The likelier language of a clip is its own (the stand-in knows English only)."""
    assert recognizer.language_scores([english])["en"] > 0.5
    if not isinstance(recognizer, FakeRecognizer):
        in_mandarin = recognizer.language_scores([mandarin])
        assert in_mandarin["zh"] > in_mandarin["en"]


def test_a_server_changes_nothing(whisper: WhisperRecognizer, server: SpeechServer, english: Mono) -> None:
    """Whisper behind a server hears the same words at the same times as Whisper here."""
    english = np.rint(english * 32768).astype(np.float32) / 32768  # as 16 bits carry it
    (here,) = whisper.recognize([english], "en")
    (there,) = RemoteRecognizer(server.options()).recognize([english], "en")
    assert there.text == here.text
    assert len(there.words) == len(here.words)
    for a, b in zip(here.words, there.words, strict=True):
        assert abs(a.start_ms - b.start_ms) <= 40
        assert abs(a.end_ms - b.end_ms) <= 40
