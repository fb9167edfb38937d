"""A server of the OpenAI transcription API on this machine, that says what a test tells it to say."""

from __future__ import annotations

import io
import socket
import threading
import time
import wave
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from asr.levels import Mono
from asr.recognition import Heard, Recognizer
from asr.remote import RemoteOptions


@dataclass(frozen=True)
class Asked:
    """One request: form fields (a list for what may come more than once), the clip and its rate, the headers."""

    fields: Mapping[str, Any]
    clip: Mono
    rate_hz: int
    headers: Mapping[str, str]

    @property
    def granularities(self) -> list[str]:
        """Which times were asked for."""
        return list(self.fields["timestamp_granularities[]"])


Say = Callable[[Asked], Response | dict[str, Any]]


@dataclass
class SpeechServer:
    """What is known of a running server. ``say`` may be set at any time."""

    url: str
    say: Say
    asked: list[Asked] = field(default_factory=list)
    most_at_once: int = 0

    def options(self, **changes: Any) -> RemoteOptions:
        """How to ask this server, without waiting long."""
        return RemoteOptions(**{"url": self.url, "model": "tiny", "timeout_s": 20.0, "first_wait_s": 0.01, **changes})


@contextmanager
def speech_server(say: Say) -> Iterator[SpeechServer]:
    """A server that answers as long as the block lasts; ``say`` is called in threads."""
    listener = socket.socket()
    listener.bind(("127.0.0.1", 0))
    server = SpeechServer(f"http://127.0.0.1:{listener.getsockname()[1]}/v1", say)
    under_way = 0

    async def transcriptions(request: Request) -> Response:
        nonlocal under_way
        asked = await _asked(request)
        server.asked.append(asked)
        under_way += 1
        server.most_at_once = max(server.most_at_once, under_way)
        try:
            said = await run_in_threadpool(server.say, asked)
        finally:
            under_way -= 1
        return said if isinstance(said, Response) else JSONResponse(said)

    app = Starlette(routes=[Route("/v1/audio/transcriptions", transcriptions, methods=["POST"])])
    config = uvicorn.Config(app, log_level="error", ws="none", lifespan="off", timeout_graceful_shutdown=1)
    running = uvicorn.Server(config)
    thread = threading.Thread(target=running.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not running.started:
        time.sleep(0.01)
    try:
        yield server
    finally:
        running.should_exit = True
        thread.join(timeout=10)
        listener.close()


def refused(status: int, message: str, headers: Mapping[str, str] | None = None) -> Response:
    """An error in OpenAI's form."""
    return JSONResponse({"error": {"message": message}}, status, headers)


def closed_url() -> str:
    """An address on this machine where nothing listens."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{listener.getsockname()[1]}"


def spoken_by(recognizer: Recognizer) -> Say:
    """Lets a recognizer of this process answer, as speaches does: words with their times, spaces and marks."""
    lock = threading.Lock()

    def say(asked: Asked) -> dict[str, Any]:
        with lock:
            scores = recognizer.language_scores([asked.clip])
            language = asked.fields.get("language") or max(scores, key=lambda name: scores[name])
            (heard,) = recognizer.recognize([asked.clip], language)
        return verbose(heard, language)

    return say


def verbose(heard: Heard, language: str) -> dict[str, Any]:
    """An answer as "verbose_json" with words and one segment."""
    words = [
        {"word": w.text, "start": w.start_ms / 1000, "end": w.end_ms / 1000, "probability": w.confidence}
        for w in heard.words
    ]
    return {"text": heard.text, "language": language, "words": words, "segments": _segments(heard, words)}


def _segments(heard: Heard, words: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    if not words:
        return []
    return [
        {
            "text": heard.text,
            "start": words[0]["start"],
            "end": words[-1]["end"],
            "avg_logprob": heard.avg_logprob,
            "no_speech_prob": heard.no_speech_prob,
        }
    ]


async def _asked(request: Request) -> Asked:
    fields: dict[str, Any] = {"timestamp_granularities[]": []}
    async with request.form() as form:
        for name, value in form.multi_items():
            if not isinstance(value, str):
                sound = await value.read()
            elif name == "timestamp_granularities[]":
                fields[name].append(value)
            else:
                fields[name] = value
    with wave.open(io.BytesIO(sound)) as file:
        assert (file.getnchannels(), file.getsampwidth()) == (1, 2)
        clip = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
        return Asked(fields, clip, file.getframerate(), dict(request.headers))
