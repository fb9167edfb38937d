"""A server as recognizer: what it is asked, how its troubles are told, and that nobody waits for nothing."""

import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from starlette.responses import HTMLResponse, RedirectResponse, Response

from asr import recording
from asr.levels import Mono
from asr.recording import TranscribeOptions
from asr.remote import RemoteError, RemoteOptions, RemoteRecognizer
from fakes_asr import FakeDetector
from fakes_remote import Asked, SpeechServer, closed_url, refused, speech_server

KEY = "sk-very-secret"


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    """A server that hears "hello" in everything."""
    with speech_server(lambda asked: {"text": "hello", "language": "english"}) as running:
        yield running


def clip(seconds: float = 1.0) -> Mono:
    """A tone."""
    times = np.arange(round(seconds * 16_000)) / 16_000
    return (0.25 * np.sin(2 * np.pi * 440 * times)).astype(np.float32)


def failure(server: SpeechServer, **options: Any) -> RemoteError:
    """What goes wrong with one clip."""
    with pytest.raises(RemoteError) as caught:
        RemoteRecognizer(server.options(**options)).recognize([clip()], "en")
    assert "\n" not in str(caught.value)
    assert str(caught.value).startswith(f"{server.url}/audio/transcriptions: ")
    return caught.value


def test_a_clip_is_sent_as_it_is(server: SpeechServer) -> None:
    """16-bit mono at 16 kHz, with model, language, key, likely words, and the wish for word times."""
    RemoteRecognizer(server.options(key=KEY)).recognize([clip()], "zh", ["蓝霜", "Pellar"])
    (asked,) = server.asked
    assert asked.rate_hz == 16_000
    assert np.abs(asked.clip - clip()).max() < 1 / 32_000
    assert {name: asked.fields[name] for name in ("model", "language", "response_format", "temperature", "prompt")} == {
        "model": "tiny",
        "language": "zh",
        "response_format": "verbose_json",
        "temperature": "0",
        "prompt": "蓝霜, Pellar",
    }
    assert asked.granularities == ["word", "segment"]
    assert asked.headers["authorization"] == f"Bearer {KEY}"


def test_a_short_clip_is_filled_up(server: SpeechServer) -> None:
    """Servers refuse clips of a few frames; words stay inside the clip that was asked about."""
    (heard,) = RemoteRecognizer(server.options()).recognize([clip(0.05)], "en")
    assert server.asked[0].clip.size == 8_000
    assert heard.words[-1].end_ms == 50


def test_language_is_not_said_when_it_is_asked(server: SpeechServer) -> None:
    """Detection leaves the language to the server and counts its answers."""
    scores = RemoteRecognizer(server.options()).language_scores([clip(), clip()])
    assert scores == {"en": 2.0, "zh": 0.0}
    assert all("language" not in asked.fields for asked in server.asked)


def test_several_clips_are_under_way_but_not_all(server: SpeechServer) -> None:
    """As many requests at once as the options say, answers in the order of the clips."""

    def say(asked: Asked) -> dict[str, Any]:
        time.sleep(0.05 if asked.clip.size % 32_000 else 0.1)
        return {"text": f"w{asked.clip.size // 16_000}"}

    server.say = say
    clips = [clip(seconds) for seconds in range(1, 9)]
    answers = RemoteRecognizer(server.options(parallel=3)).recognize(clips, "en")
    assert [answer.text for answer in answers] == [f"w{seconds}" for seconds in range(1, 9)]
    assert server.most_at_once == 3


@pytest.mark.parametrize(
    ("refuse", "taken"),
    [
        (lambda asked: "word" in asked.granularities, ["segment"]),
        (lambda asked: bool(asked.granularities), []),
        (lambda asked: asked.fields["response_format"] == "verbose_json", []),
    ],
)
def test_a_server_that_tells_less_is_asked_for_less(server: SpeechServer, refuse: Any, taken: list[str]) -> None:
    """What is refused is given up step by step, once: the next clip is asked in the form that worked."""
    server.say = lambda asked: refused(400, "unsupported") if refuse(asked) else {"text": "hello"}
    recognizer = RemoteRecognizer(server.options())
    assert recognizer.recognize([clip()], "en")[0].text == "hello"
    before = len(server.asked)
    recognizer.recognize([clip()], "en")
    assert len(server.asked) == before + 1
    assert server.asked[-1].granularities == taken


def test_likely_words_that_lead_astray_are_left_out(server: SpeechServer) -> None:
    """A clip that goes round in circles, or silent, with a prompt is asked again without one."""
    for astray in ("Pellar, " * 40, ""):
        server.asked.clear()
        server.say = lambda asked, said=astray: {"text": said if "prompt" in asked.fields else "hello"}  # type: ignore[misc]
        (heard,) = RemoteRecognizer(server.options()).recognize([clip()], "en", ["Pellar"])
        assert heard.text == "hello"
        assert len(server.asked) == 2


def test_a_long_vocabulary_is_cut_between_words(server: SpeechServer) -> None:
    """Whisper reads a short prompt only; no word is sent in half."""
    RemoteRecognizer(server.options()).recognize([clip()], "en", [f"product{i}" for i in range(200)])
    prompt = server.asked[0].fields["prompt"]
    assert len(prompt) <= 400
    assert all(word.strip() == f"product{i}" for i, word in enumerate(prompt.split(",")))


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_server_is_asked_again(server: SpeechServer, status: int) -> None:
    """Twice busy, then well: the answer comes."""
    left = iter([refused(status, "busy", {"retry-after": "0"})] * 2)
    server.say = lambda asked: next(left, None) or {"text": "hello"}
    assert RemoteRecognizer(server.options()).recognize([clip()], "en")[0].text == "hello"
    assert len(server.asked) == 3


def test_a_server_that_stays_busy_is_given_up(server: SpeechServer) -> None:
    """After the attempts the message tells the server's own words, and it is the server's fault."""
    server.say = lambda asked: refused(503, "loading the model")
    error = failure(server, attempts=3)
    assert error.reason == "can't answer now (503 Service Unavailable: loading the model)"
    assert error.fault == "server"
    assert len(server.asked) == 3


def test_a_long_wait_is_left_to_the_caller(server: SpeechServer) -> None:
    """A server that asks for an hour is not waited for here."""
    server.say = lambda asked: refused(429, "rate limit", {"retry-after": "3600"})
    begun = time.monotonic()
    assert "429 Too Many Requests: rate limit" in failure(server).reason
    assert time.monotonic() - begun < 5


def test_nobody_listens() -> None:
    """A refused connection is one line with the address."""
    url = closed_url()
    with pytest.raises(RemoteError) as caught:
        RemoteRecognizer(RemoteOptions(url, "tiny", first_wait_s=0.01)).recognize([clip()], "en")
    assert str(caught.value).startswith(f"{url}/v1/audio/transcriptions: can't be reached (")
    assert caught.value.fault == "server"


def test_no_answer_in_time(server: SpeechServer) -> None:
    """A server that hangs is not waited for longer than allowed, nor asked again."""
    server.say = lambda asked: time.sleep(1.0) or {"text": "late"}  # type: ignore[func-returns-value]
    begun = time.monotonic()
    assert "no answer within 0.2 s" in failure(server, timeout_s=0.2).reason
    assert time.monotonic() - begun < 1
    assert len(server.asked) == 1


@pytest.mark.parametrize(
    ("answer", "reason", "fault"),
    [
        (
            refused(401, f"Incorrect API key provided: {KEY}"),
            "refuses the key (401 Unauthorized: Incorrect",
            "settings",
        ),
        (
            refused(404, "The model 'tiny' does not exist"),
            "knows no model 'tiny' (404 Not Found: The model",
            "settings",
        ),
        (HTMLResponse("<h1>Welcome</h1>"), "answers text/html instead of JSON; check the address", "settings"),
        (Response('{"text": 3}', media_type="application/json"), "the answer is no transcription (text: ", "settings"),
        (RedirectResponse("http://elsewhere/v1", 307), "has moved (307 Temporary Redirect to http://else", "settings"),
        (refused(400, "Audio file is too short"), "refuses the clip (400 Bad Request: Audio file is too", "settings"),
        (refused(413, "too large"), "refuses the clip (413 ", "settings"),
        (refused(501, "no"), "did not transcribe (501 Not Implemented: no)", "server"),
    ],
)
def test_troubles_are_told_in_one_line(server: SpeechServer, answer: Response, reason: str, fault: str) -> None:
    """The message names the server, what it said, and what to do; the key is never in it."""
    server.say = lambda asked: answer
    error = failure(server, key=KEY)
    assert error.reason.startswith(reason)
    assert error.fault == fault
    assert KEY not in str(error)
    assert KEY not in repr(server.options(key=KEY))


def test_a_clip_is_blamed_only_by_a_server_that_understood_others(server: SpeechServer) -> None:
    """What a server refuses from the first is a setting; what it refuses later is this clip."""
    recognizer = RemoteRecognizer(server.options())
    recognizer.recognize([clip()], "en")
    server.say = lambda asked: refused(400, "Audio file is too short")
    with pytest.raises(RemoteError) as caught:
        recognizer.recognize([clip()], "en")
    assert caught.value.fault == "clip"


def test_one_failure_ends_the_batch(server: SpeechServer) -> None:
    """When the key is refused, the clips that wait are not sent."""
    server.say = lambda asked: refused(401, "no")
    with pytest.raises(RemoteError):
        RemoteRecognizer(server.options(parallel=2)).recognize([clip()] * 50, "en")
    assert len(server.asked) <= 4


@pytest.mark.parametrize(
    ("url", "endpoint"),
    [
        ("http://gpu-box:8000", "http://gpu-box:8000/v1/audio/transcriptions"),
        ("http://gpu-box:8000/v1/", "http://gpu-box:8000/v1/audio/transcriptions"),
        ("https://example.com/speech", "https://example.com/speech/v1/audio/transcriptions"),
        ("https://example.com/v1/audio/transcriptions", "https://example.com/v1/audio/transcriptions"),
    ],
)
def test_the_address_may_be_written_in_several_ways(url: str, endpoint: str) -> None:
    """With or without /v1 and the rest."""
    assert RemoteOptions(url, "tiny").endpoint == endpoint


@pytest.mark.parametrize(
    "url", ["gpu-box:8000", "file:///etc/passwd", "ftp://a/v1", "http://", "http://me:pw@a/v1", "http://a?key=1"]
)
def test_what_is_no_address_is_refused(url: str) -> None:
    """Only http and https, and no secrets in it, which would be logged."""
    with pytest.raises(RemoteError) as caught:
        RemoteRecognizer(RemoteOptions(url, "tiny"))
    assert caught.value.fault == "settings"
    assert "pw" not in str(caught.value)
    assert "key=1" not in str(caught.value)


@pytest.mark.parametrize("key", ["sk-a\n", "密钥", "a\x00"])
def test_a_key_that_cannot_be_sent_is_refused(server: SpeechServer, key: str) -> None:
    """It would fail later, in words that repeat it."""
    with pytest.raises(RemoteError, match="the key holds line breaks") as caught:
        RemoteRecognizer(server.options(key=key))
    assert caught.value.fault == "settings"
    assert server.asked == []


def test_a_key_in_a_long_complaint_is_hidden(server: SpeechServer) -> None:
    """Not even a part of it stays where the message is cut."""
    server.say = lambda asked: refused(401, "x" * 190 + KEY)
    assert KEY[:6] not in str(failure(server, key=KEY))


def test_progress_that_raises_stops_the_asking(server: SpeechServer, tmp_path: Path) -> None:
    """A stopped transcription sends nothing more."""
    from fakes import silence, tone, write_wav

    class Stopped(Exception):
        pass

    def stop(fraction: float) -> None:
        if server.asked and fraction > 0:
            raise Stopped

    bursts = [part for _ in range(60) for part in (tone(1.0, 1), silence(1.5, 1))]
    path = write_wav(tmp_path / "long.wav", np.concatenate(bursts, axis=1))
    recognizer = RemoteRecognizer(server.options())
    with pytest.raises(Stopped):
        recording.transcribe(path, TranscribeOptions(language="en"), recognizer, FakeDetector(), stop)
    asked = len(server.asked)
    assert asked < 60
    time.sleep(0.2)
    assert len(server.asked) == asked


def test_guards_hear_a_server_too(server: SpeechServer, tmp_path: Path) -> None:
    """What a server invents on a tone is removed with its reason, as with any recognizer."""
    from fakes import tone, write_wav

    server.say = lambda asked: {
        "text": "Thanks for watching!",
        "segments": [
            {"text": "Thanks for watching!", "start": 0, "end": 1, "avg_logprob": -1.2, "no_speech_prob": 0.9}
        ],
    }
    path = write_wav(tmp_path / "tone.wav", tone(2.0, 1))
    found = recording.transcribe(
        path, TranscribeOptions(language="en"), RemoteRecognizer(server.options()), FakeDetector()
    )
    assert found.transcript.turns == ()
    assert [removed.reason for removed in found.removed] == ["no_speech"]


def test_threads_may_share_a_recognizer(server: SpeechServer) -> None:
    """Jobs that run at once ask at the same time and each gets its own answers."""
    server.say = lambda asked: {"text": f"w{asked.clip.size // 16_000}"}
    recognizer = RemoteRecognizer(server.options())
    heard: dict[int, list[str]] = {}

    def job(seconds: int) -> None:
        heard[seconds] = [h.text for h in recognizer.recognize([clip(seconds)] * 3, "en")]

    threads = [threading.Thread(target=job, args=(seconds,)) for seconds in (1, 2, 3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == {1: ["w1"] * 3, 2: ["w2"] * 3, 3: ["w3"] * 3}
