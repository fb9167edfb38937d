"""Stand-ins for what takes long or needs hardware, one for each Protocol, and sound made on the spot."""

from __future__ import annotations

import io
import re
import time
import wave
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from asr.levels import Mono
from asr.recognition import Heard
from asr.transcript import Language, Speaker, Transcript, Turn
from fakes_asr import FakeDetector, FakeEmbedder, FakeRecognizer
from sop.events import Evidence, KeyEvent, Tagging


def wav(channels: NDArray[np.float32], rate_hz: int = 8000) -> bytes:
    """A 16-bit WAV file of `(channels, samples)` float32 in [-1, 1]."""
    target = io.BytesIO()
    with wave.open(target, "wb") as file:
        file.setnchannels(channels.shape[0])
        file.setsampwidth(2)
        file.setframerate(rate_hz)
        file.writeframes((np.clip(channels.T, -1, 1) * 32767).astype("<i2").tobytes())
    return target.getvalue()


def tone(seconds: float, channels: int = 2, rate_hz: int = 8000, hz: float = 440.0) -> NDArray[np.float32]:
    """A steady tone on every channel."""
    times = np.arange(int(seconds * rate_hz)) / rate_hz
    return np.tile(0.3 * np.sin(2 * np.pi * hz * times), (channels, 1)).astype(np.float32)


def write_wav(path: Path, channels: NDArray[np.float32], rate_hz: int = 8000) -> Path:
    """Write :func:`wav` to a file and return its path."""
    path.write_bytes(wav(channels, rate_hz))
    return path


def silence(seconds: float, channels: int = 2, rate_hz: int = 8000) -> NDArray[np.float32]:
    """Digital silence on every channel."""
    return np.zeros((channels, int(seconds * rate_hz)), dtype=np.float32)


class FakeTagger:
    """Hears an opening in the first turn of the rep."""

    weights_hash = "fake-tagger"

    def tag(self, transcript: Transcript, log_odds: NDArray[np.float64] | None = None) -> Tagging:
        for number, turn in enumerate(transcript.turns):
            if turn.speaker == "rep":
                evidence = Evidence(number, turn.start_ms, turn.end_ms, "rep", turn.text, 0.9)
                return Tagging((KeyEvent("opening", evidence),))
        return Tagging()


class FakeRoleTeller:
    """Takes the first voice for the rep, and is as sure as told."""

    weights_hash = "fake-roles"

    def __init__(self, confidence: float = 0.9) -> None:
        self.confidence = confidence

    def told(self, transcript: Transcript) -> Transcript:
        roles: dict[int | None, Speaker] = {0: "rep", None: "unknown"}
        turns = tuple(replace(turn, speaker=roles.get(turn.voice, "customer")) for turn in transcript.turns)
        return replace(transcript, turns=turns, role_confidence=self.confidence)


class FakeRespeller:
    """Writes 一 for every Chinese character of a turn that holds no name."""

    weights_hash = "fake-respelling"

    def respelled(self, transcript: Transcript, names: Sequence[str] = ()) -> Transcript:
        return replace(transcript, turns=tuple(self._turn(turn, names) for turn in transcript.turns))

    def _turn(self, turn: Turn, names: Sequence[str]) -> Turn:
        if any(name in turn.text for name in names):
            return turn
        words = tuple(replace(word, text=re.sub(r"[\u4e00-\u9fff]", "一", word.text)) for word in turn.words)
        return replace(turn, text=re.sub(r"[\u4e00-\u9fff]", "一", turn.text), words=words)


class SlowRecognizer(FakeRecognizer):
    """Takes its time over every batch, and may fail on command."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        super().__init__()
        self.seconds = seconds
        self.error = error

    def recognize(self, clips: Sequence[Mono], language: Language, vocabulary: Sequence[str] = ()) -> list[Heard]:
        time.sleep(self.seconds)
        if self.error:
            raise self.error
        return super().recognize(clips, language, vocabulary)


class FakeEngines:
    """The engines of a worker without weights."""

    def __init__(self, seconds: float = 0.0, error: Exception | None = None) -> None:
        self.recognizer = SlowRecognizer(seconds, error)
        self.detector = FakeDetector()
        self.embedder: FakeEmbedder | None = FakeEmbedder()
        self.respeller: FakeRespeller | None = None
        self.role_teller = FakeRoleTeller()
        self.tagger = FakeTagger()
        self.asr_hash = "fake-whisper"
