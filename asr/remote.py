"""Speech recognition by a server of the OpenAI transcription API (``/v1/audio/transcriptions``).

Such servers run on a GPU elsewhere: OpenAI itself, speaches, vLLM, whisper.cpp, or SenseVoice and FunASR behind
a wrapper. A clip is one request; several are under way at once. When one fails for good, or the work is stopped,
the others are given up.
"""

from __future__ import annotations

import asyncio
import io
import time
import wave
from collections.abc import Awaitable, Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Literal, TypeVar

import httpx
import numpy as np

from asr.complaints import broken, retry_after_s, told
from asr.guards import runs_away
from asr.levels import SAMPLE_RATE_HZ, Mono, frame_levels_db
from asr.recognition import Heard
from asr.regions import Region, merged, runs
from asr.transcript import LANGUAGES, Language
from asr.verbose_json import Answer, AnswerError, read

PATH = "/audio/transcriptions"
LEAST_CLIP_MS = 500
"""Shorter clips are filled up with silence: some servers refuse them."""
MAX_PROMPT_CHARACTERS = 400
"""Whisper reads no more than 224 tokens of a prompt."""
LONGEST_WAIT_S = 20.0
SOUND_DB = 25.0
SOUND_GAP_MS = 150
"""Words that come without times are not laid into longer pauses."""

_FORMS: tuple[Mapping[str, Any], ...] = (
    {"response_format": "verbose_json", "timestamp_granularities[]": ["word", "segment"]},
    {"response_format": "verbose_json", "timestamp_granularities[]": ["segment"]},
    {"response_format": "verbose_json"},
    {"response_format": "json"},
)
"""What is asked for: the first that the server does not refuse."""
_REFUSED = frozenset({400, 415, 422})
_BUSY = frozenset({408, 409, 425, 429, 500, 502, 503, 504})

Fault = Literal["server", "settings", "clip"]
"""What is to be mended: a server that is busy, down or broken; the address, model or key; or the sound it was sent."""

_T = TypeVar("_T")


class RemoteError(RuntimeError):
    """A server that did not transcribe; the message names it, the reason and what to do."""

    def __init__(self, url: str, reason: str, fault: Fault = "server") -> None:
        super().__init__(f"{url}: {reason}")
        self.url = url
        self.reason = reason
        self.fault = fault


@dataclass(frozen=True, slots=True)
class RemoteOptions:
    """Which server, and how it is asked.

    ``url`` is the address of the API with or without ``/v1``; ``key`` goes with every request as bearer token.
    ``parallel`` clips are under way at once. A request that meets a busy or broken server is sent again,
    ``attempts`` times in all, while no more than ``timeout_s`` have passed since the first.
    """

    url: str
    model: str
    key: str = field(default="", repr=False)
    timeout_s: float = 60.0
    parallel: int = 4
    attempts: int = 4
    first_wait_s: float = 0.5

    @property
    def endpoint(self) -> str:
        """Where clips are sent.

        Raises:
            RemoteError: the address is none of http or https, or carries more than a place.
        """
        try:
            url = httpx.URL(self.url)
        except httpx.InvalidURL as error:
            raise RemoteError(self.url, f"not an address ({error})", "settings") from error
        if url.userinfo or url.query or url.fragment:
            place = str(url.copy_with(username=None, password=None, query=None, fragment=None))
            raise RemoteError(place, "no more than scheme, host and path; the key is a setting of its own", "settings")
        if url.scheme not in ("http", "https") or not url.host:
            raise RemoteError(self.url, "not an address like https://host:port", "settings")
        path = url.path.rstrip("/").removesuffix(PATH)
        return str(url.copy_with(path=f"{path if path.endswith('/v1') else f'{path}/v1'}{PATH}"))


class RemoteRecognizer:
    """A :class:`asr.recognition.Recognizer` that asks a server; nothing is sent before the first clip."""

    def __init__(self, options: RemoteOptions) -> None:
        """Check the address and the key.

        Raises:
            RemoteError: the address is none, or the key can't be sent.
        """
        self.options = options
        self._endpoint = options.endpoint
        if not (options.key.isascii() and options.key.isprintable()):
            raise self._error("the key holds line breaks or other characters that no key has", "settings")
        self._form = 0
        self._answered = False

    @property
    def lanes(self) -> int:
        """One batch at a time: its clips are under way together."""
        return 1

    def language_scores(self, clips: Sequence[Mono]) -> Mapping[Language, float]:
        """How many of the clips the server hears in each language; see the Protocol.

        Raises:
            RemoteError: the server can't be asked.
        """
        scores: dict[Language, float] = dict.fromkeys(LANGUAGES, 0.0)
        for answer in self._all([(clip, None, ()) for clip in clips]):
            if answer.language:
                scores[answer.language] += 1.0
        return scores

    def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
        """See the Protocol; a clip that the likely words lead astray is asked again without them.

        Raises:
            RemoteError: the server can't be asked.
        """
        heard = [answer.heard for answer in self._all([(clip, language, vocabulary) for clip in clips])]
        astray = [i for i, one in enumerate(heard) if vocabulary and _astray(one, clips[i], language)]
        again = self._all([(clips[i], language, ()) for i in astray])
        for i, answer in zip(astray, again, strict=True):
            heard[i] = answer.heard
        return heard

    def _all(self, asked: Sequence[tuple[Mono, Language | None, Sequence[str]]]) -> list[Answer]:
        if not asked:
            return []
        return asyncio.run(self._gathered(asked))

    async def _gathered(self, asked: Sequence[tuple[Mono, Language | None, Sequence[str]]]) -> list[Answer]:
        headers = {"Authorization": f"Bearer {self.options.key}"} if self.options.key else {}
        timeout = httpx.Timeout(self.options.timeout_s, connect=min(10.0, self.options.timeout_s))
        async with httpx.AsyncClient(headers=headers, timeout=timeout, follow_redirects=False) as client:
            return await _together([partial(self._answer, client, *one) for one in asked], self.options.parallel)

    async def _answer(
        self, client: httpx.AsyncClient, clip: Mono, language: Language | None, vocabulary: Sequence[str]
    ) -> Answer:
        """The answer in the richest form that the server gives, which is remembered."""
        fields: dict[str, Any] = {"model": self.options.model, "temperature": "0"}
        if language:
            fields["language"] = language
        if vocabulary:
            fields["prompt"] = _prompt(vocabulary)
        sound = _wav(clip)
        for form in range(self._form, len(_FORMS)):
            response = await self._sent(client, {**fields, **_FORMS[form]}, sound)
            if response.status_code not in _REFUSED:
                answer = self._understood(response, clip)
                self._form, self._answered = max(self._form, form), True
                return answer
        raise self._refusal(response)

    async def _sent(self, client: httpx.AsyncClient, fields: Mapping[str, Any], sound: bytes) -> httpx.Response:
        """The first response of a server that is neither busy nor out of reach."""
        begun, wait_s = time.monotonic(), self.options.first_wait_s
        for left in reversed(range(self.options.attempts)):
            try:
                response = await client.post(
                    self._endpoint, data=dict(fields), files={"file": ("clip.wav", sound, "audio/wav")}
                )
            except httpx.HTTPError as error:
                failure, asked_wait_s = self._error(broken(error, self.options.timeout_s)), 0.0
            else:
                if response.status_code not in _BUSY:
                    return response
                failure = self._error(f"can't answer now ({told(response, self.options.key)})")
                asked_wait_s = retry_after_s(response)
            pause_s = max(wait_s, asked_wait_s)
            if left == 0 or pause_s > LONGEST_WAIT_S or time.monotonic() - begun + pause_s > self.options.timeout_s:
                break
            await asyncio.sleep(pause_s)
            wait_s *= 2
        raise failure

    def _understood(self, response: httpx.Response, clip: Mono) -> Answer:
        if not response.is_success:
            raise self._failure(response)
        try:
            return read(response.json(), clip.size * 1000 // SAMPLE_RATE_HZ, _sound(clip))
        except AnswerError as error:
            raise self._error(f"the answer is no transcription ({error})", "settings") from error
        except ValueError as error:
            kind = response.headers.get("content-type", "something").split(";")[0]
            raise self._error(f"answers {kind} instead of JSON; check the address", "settings") from error

    def _failure(self, response: httpx.Response) -> RemoteError:
        status = told(response, self.options.key)
        if response.status_code in (401, 403):
            return self._error(f"refuses the key ({status}); check the key", "settings")
        if response.status_code == 404:
            asked = f"knows no model {self.options.model!r} ({status})"
            return self._error(f"{asked}; check the model's name and the address", "settings")
        if response.is_redirect:
            return self._error(f"has moved ({status}); give the new address", "settings")
        return self._refusal(response) if response.is_client_error else self._error(f"did not transcribe ({status})")

    def _refusal(self, response: httpx.Response) -> RemoteError:
        """A server that has understood other clips has something against this one."""
        fault: Fault = "clip" if self._answered else "settings"
        return self._error(f"refuses the clip ({told(response, self.options.key)})", fault)

    def _error(self, reason: str, fault: Fault = "server") -> RemoteError:
        return RemoteError(self._endpoint, reason, fault)


async def _together(work: Sequence[Callable[[], Coroutine[Any, Any, _T]]], at_once: int) -> list[_T]:
    """All results in order, ``at_once`` under way; the first failure stops the rest."""
    room = asyncio.Semaphore(at_once)

    async def one(task: Callable[[], Awaitable[_T]]) -> _T:
        async with room:
            return await task()

    tasks = [asyncio.create_task(one(task)) for task in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def _astray(heard: Heard, clip: Mono, language: Language) -> bool:
    return not heard.words or runs_away(heard.text, clip.size / SAMPLE_RATE_HZ, language)


def _prompt(vocabulary: Sequence[str]) -> str:
    prompt = ""
    for word in vocabulary:
        longer = f"{prompt}, {word}" if prompt else word
        if len(longer) > MAX_PROMPT_CHARACTERS:
            break
        prompt = longer
    return prompt


def _sound(clip: Mono) -> list[Region]:
    """Where the clip is not far below its loudest tenth; short gaps are closed."""
    levels = frame_levels_db(clip)
    if not levels.size:
        return []
    return merged(runs(levels > np.percentile(levels, 90) - SOUND_DB), SOUND_GAP_MS)


def _wav(clip: Mono) -> bytes:
    """A 16-bit WAV file, at least :data:`LEAST_CLIP_MS` long."""
    filled = np.pad(clip, (0, max(LEAST_CLIP_MS * SAMPLE_RATE_HZ // 1000 - clip.size, 0)))
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(SAMPLE_RATE_HZ)
        file.writeframes(np.clip(np.rint(filled * 32768), -32768, 32767).astype("<i2").tobytes())
    return target.getvalue()
