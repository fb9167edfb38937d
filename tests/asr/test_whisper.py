"""The contract of a recognizer, and Whisper's own behaviour."""

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from asr.alignment import joined_words
from asr.audio import decode
from asr.chunks import length_class_ms
from asr.guards import runs_away
from asr.levels import Mono
from asr.recognition import Heard, Recognizer
from asr.transcript import Language, Word
from asr.weights import find_weights
from asr.whisper import (
    AGAIN_MS,
    RETRIES,
    TAIL_MS,
    VOCABULARY_TOKENS,
    WhisperError,
    WhisperOptions,
    WhisperRecognizer,
    choose_device,
)
from tests.fakes_asr import FakeRecognizer

DATA = Path(__file__).parent / "data"


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bundled weights."""
    return find_weights(cache=tmp_path_factory.mktemp("cache"))


@pytest.fixture(scope="module")
def whisper(weights: Path) -> WhisperRecognizer:
    """The real recognizer on one thread."""
    return WhisperRecognizer(weights, WhisperOptions(device="cpu", cpu_threads=1))


@pytest.fixture(scope="module", params=["fake", "real"])
def recognizer(request: pytest.FixtureRequest) -> Recognizer:
    """The stand-in and the real one."""
    return FakeRecognizer() if request.param == "fake" else request.getfixturevalue("whisper")


@pytest.fixture(scope="module")
def english() -> Mono:
    """About ten seconds in which the rep says who is calling."""
    return decode(DATA / "en-call.ogg").samples[0, 107_000:276_000]


@pytest.fixture(scope="module")
def mandarin() -> Mono:
    """The rep's first words."""
    return decode(DATA / "zh-call.ogg").samples[0, : 11 * 16_000]


def test_answers_come_in_the_order_of_the_clips(recognizer: Recognizer, english: Mono) -> None:
    """Contract: one answer per clip, words in order and inside the clip, confidence in [0, 1]."""
    clips = [english[: 3 * 16_000], english]
    answers = recognizer.recognize(clips, "en")
    assert len(answers) == 2
    assert len(answers[0].text) < len(answers[1].text)
    for clip, answer in zip(clips, answers, strict=True):
        assert all(a.start_ms <= b.start_ms for a, b in pairwise(answer.words))
        assert all(0 <= w.start_ms <= w.end_ms <= clip.size / 16 + 1_000 for w in answer.words)
        assert all(0 <= w.confidence <= 1 for w in answer.words)
        assert answer.avg_logprob <= 0
        assert 0 <= answer.no_speech_prob <= 1


def test_no_clips_no_answers(recognizer: Recognizer) -> None:
    """Contract: nothing asked, nothing answered."""
    assert recognizer.recognize([], "en") == []
    assert not any(recognizer.language_scores([]).values())


def test_english_is_understood(whisper: WhisperRecognizer, english: Mono) -> None:
    """Words, spaces, punctuation and plausible times of a telephone voice."""
    (answer,) = whisper.recognize([english], "en")
    assert "Whitfield" in answer.text
    assert "payroll and time tracking" in answer.text
    durations = [w.end_ms - w.start_ms for w in answer.words]
    assert 100 < float(np.median(durations)) < 500
    assert answer.words[0].start_ms < 1_000
    assert answer.words[-1].end_ms > 9_000


def test_mandarin_comes_in_short_runs(whisper: WhisperRecognizer, mandarin: Mono) -> None:
    """Mandarin words are one or a few characters, so that times stay exact."""
    (answer,) = whisper.recognize([mandarin], "zh")
    assert len(answer.words) > 20
    assert max(len(w.text) for w in answer.words) <= 6


def test_languages_are_told_apart(whisper: WhisperRecognizer, english: Mono, mandarin: Mono) -> None:
    """Scores of a clip of each language point to it."""
    in_english = whisper.language_scores([english[: 5 * 16_000]])
    in_mandarin = whisper.language_scores([mandarin[: 5 * 16_000]])
    assert in_english["en"] > in_english["zh"]
    assert in_mandarin["zh"] > in_mandarin["en"]


def test_a_runaway_is_decoded_again_with_more_silence(
    whisper: WhisperRecognizer, english: Mono, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An answer that goes round in circles, with a beam as well, is replaced by one decoded with more silence."""
    encoded_ms: list[int] = []
    encode = whisper._encoded

    def watched(clips: list[Mono], length_ms: int, filled: bool = False) -> Any:
        encoded_ms.append(length_ms)
        return encode(clips, length_ms, filled)

    answers = iter([True] * 5)
    monkeypatch.setattr(whisper, "_encoded", watched)
    monkeypatch.setattr("asr.whisper.runs_away", lambda text, seconds, language: next(answers, False))
    (answer,) = whisper.recognize([english[: 4 * 16_000]], "en")
    assert encoded_ms == [length_class_ms(4_000) + TAIL_MS, AGAIN_MS]
    assert "Dan" in answer.text


def test_an_answer_does_not_depend_on_its_neighbours(whisper: WhisperRecognizer, english: Mono, mandarin: Mono) -> None:
    """The words of a clip and their times are the same alone and beside clips of the same and of other lengths."""
    clip = english[: 3 * 16_000]
    (alone,) = whisper.recognize([clip], "en")
    beside = whisper.recognize([mandarin[: 2 * 16_000], english, clip, english[32_000:84_000]], "en")[2]
    assert beside.words
    assert [(w.text, w.start_ms, w.end_ms) for w in beside.words] == [
        (w.text, w.start_ms, w.end_ms) for w in alone.words
    ]


@pytest.mark.parametrize("invented", [False, True])
def test_the_vocabulary_is_offered_and_checked(
    weights: Path, english: Mono, monkeypatch: pytest.MonkeyPatch, invented: bool
) -> None:
    """Names come before the clip as text, as many as fit; where one is invented the clip is searched without them."""
    prompts: list[list[int]] = []
    recognizer = WhisperRecognizer(weights, WhisperOptions(device="cpu", cpu_threads=1))
    generate = recognizer._generate

    def watched(*arguments: Any, **keywords: Any) -> Any:
        prompts.append(list(keywords.get("prompt", ())))
        return generate(*arguments, **keywords)

    recognizer._generate = watched  # type: ignore[method-assign]
    monkeypatch.setattr("asr.whisper.all_heard", lambda names, text, plain: not invented)
    recognizer.recognize([english[: 3 * 16_000]], "en", ["Northlamp", *("word" + str(i) for i in range(500))])
    offered, *others = prompts
    assert len(offered) == VOCABULARY_TOKENS + 1
    assert recognizer._tokenizers["en"].decode(offered[1:]).startswith(" Northlamp, word0,")
    assert others == [[]] * (2 if invented else 1)


def test_when_all_attempts_run_away_the_least_repetitive_stays(
    whisper: WhisperRecognizer, english: Mono, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The retries end, and one answer comes back for the guards to judge."""
    monkeypatch.setattr("asr.whisper.runs_away", lambda text, seconds, language: True)
    answers = whisper.recognize([english[: 2 * 16_000]], "en")
    assert len(answers) == 1
    assert isinstance(answers[0], Heard)


def test_retries_do_not_depend_on_what_was_decoded_before(
    whisper: WhisperRecognizer, english: Mono, mandarin: Mono, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every retry of a clip writes the same words again, also after another clip went the same way."""
    attempts: list[list[str]] = []

    def always(_clip: Mono, text: str, _language: Language) -> bool:
        attempts[-1].append(text)
        return True

    def attempt(clip: Mono, language: Language) -> list[str]:
        attempts.append([])
        whisper.recognize([clip], language)
        return attempts[-1]

    monkeypatch.setattr("asr.whisper._lost", always)
    clip = english[: 2 * 16_000]
    first = attempt(clip, "en")
    assert len(first) >= 1 + len(RETRIES)
    assert attempt(clip, "en") == first
    assert attempt(mandarin[: 2 * 16_000], "zh") != first
    assert attempt(clip, "en") == first


def test_a_loop_ends(whisper: WhisperRecognizer, english: Mono, monkeypatch: pytest.MonkeyPatch) -> None:
    """What goes round in circles however wide the search comes back without circles, and as unlikely as it is."""
    searched: list[float] = []
    generate = whisper._generate

    def watched(*arguments: Any, **keywords: Any) -> Any:
        decoded = generate(*arguments, **keywords)
        searched.append(decoded[0].avg_logprob)
        return decoded

    monkeypatch.setattr(whisper, "_generate", watched)
    clip = np.tile(english[46_700:57_300], 8)
    (answer,) = whisper.recognize([clip], "en")
    assert len(searched) > 2
    assert not runs_away(answer.text, clip.size / 16_000, "en")
    assert answer.words
    assert answer.avg_logprob < searched[-1]


@pytest.mark.parametrize(
    ("options", "devices", "chosen"),
    [
        (WhisperOptions(), 0, ("cpu", "int8")),
        (WhisperOptions(), 2, ("cuda", "float16")),
        (WhisperOptions(device="cuda"), 1, ("cuda", "float16")),
        (WhisperOptions(device="cpu"), 4, ("cpu", "int8")),
        (WhisperOptions(device="cuda", compute_type="int8_float16"), 1, ("cuda", "int8_float16")),
        (WhisperOptions(compute_type="float32"), 0, ("cpu", "float32")),
    ],
)
def test_the_device_is_chosen(options: WhisperOptions, devices: int, chosen: tuple[str, str]) -> None:
    """A GPU is used when there is one, and each device has its compute type."""
    assert choose_device(options, lambda: devices) == chosen


def test_a_gpu_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    """Asking for a GPU without one fails with what to do, before anything is loaded."""
    with pytest.raises(WhisperError, match="no CUDA device found; use device 'auto' or 'cpu'"):
        WhisperRecognizer(tmp_path, WhisperOptions(device="cuda"), cuda_devices=lambda: 0)


def test_the_chosen_device_is_loaded(tmp_path: Path, whisper: WhisperRecognizer) -> None:
    """With a GPU, the model is loaded there in half precision."""
    asked: dict[str, Any] = {}

    def load(path: str, **settings: Any) -> Any:
        asked.update(settings)
        return whisper._whisper

    recognizer = WhisperRecognizer(tmp_path, cuda_devices=lambda: 1, load=load)
    assert (recognizer.device, recognizer.compute_type) == ("cuda", "float16")
    assert (asked["device"], asked["compute_type"]) == ("cuda", "float16")


def test_as_many_workers_are_loaded_as_asked_for(tmp_path: Path, whisper: WhisperRecognizer) -> None:
    """Workers and the threads of each reach the model."""
    asked: dict[str, Any] = {}

    def load(path: str, **settings: Any) -> Any:
        asked.update(settings)
        return whisper._whisper

    WhisperRecognizer(tmp_path, WhisperOptions(device="cpu", cpu_threads=2, workers=3), load=load)
    assert (asked["num_workers"], asked["cpu_threads"]) == (3, 2)


def test_a_folder_without_weights_is_an_error(tmp_path: Path) -> None:
    """The folder is named in one line."""
    with pytest.raises(WhisperError) as raised:
        WhisperRecognizer(tmp_path, WhisperOptions(device="cpu"))
    assert str(tmp_path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        ([" $40", ",000", "?"], [" $40,000?"]),
        ([" twenty", "-five", " rooms", "."], [" twenty-five", " rooms."]),
        ([" don", "'t"], [" don't"]),
        (["我们", "C", "RM", "系统", "。"], ["我们", "CRM", "系统。"]),
    ],
)
def test_parts_of_a_word_are_one_word(parts: list[str], words: list[str]) -> None:
    """What follows a Latin word without a space belongs to it, from its start to the last part's end."""
    heard = [Word(text, i * 100, i * 100 + 100, 0.5) for i, text in enumerate(parts)]
    joined = joined_words(heard)
    assert [word.text for word in joined] == words
    assert joined[0].start_ms == 0
    assert all(a.end_ms <= b.start_ms for a, b in pairwise(joined))
