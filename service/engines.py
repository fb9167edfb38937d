"""The engines of a process: speech recognition and tagging, loaded once, when first needed."""

from __future__ import annotations

import hashlib
import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any, Protocol

from asr import recording
from asr.recognition import Recognizer
from asr.recording import TranscribeOptions
from asr.vad import SileroDetector, SpeechDetector
from asr.weights import find_weights, weights_hash
from asr.whisper import WhisperOptions, WhisperRecognizer
from nlp.tagger import HeadTagger, Tagger, load_tagger
from service.settings import Settings


class Engines(Protocol):
    """What the stages compute with."""

    @property
    def recognizer(self) -> Recognizer: ...
    @property
    def detector(self) -> SpeechDetector: ...
    @property
    def tagger(self) -> Tagger: ...

    @property
    def asr_hash(self) -> str:
        """What names a transcript besides its recording: 32 hex digits over all that decides its words."""
        ...


class LazyEngines:
    """The real engines. Loads weights when first asked and keeps them; may be shared by threads.

    ``concurrency`` is the number of jobs that run at once and share the cores. ``weights_progress``
    is told the fraction done of joining the bundled weights.
    """

    def __init__(
        self,
        settings: Settings,
        concurrency: int = 1,
        weights_progress: Callable[[float], None] | None = None,
    ) -> None:
        self._settings = settings
        self._concurrency = concurrency
        self._weights_progress = weights_progress
        self._lock = threading.RLock()
        self._folder: Path | None = None
        self._hash: str | None = None
        self._recognizer: WhisperRecognizer | None = None
        self._detector: SileroDetector | None = None
        self._tagger: HeadTagger | None = None

    @property
    def recognizer(self) -> WhisperRecognizer:
        """Whisper, as the settings ask for it."""
        with self._lock:
            if self._recognizer is None:
                self._recognizer = WhisperRecognizer(self._weights(), self._options())
            return self._recognizer

    @property
    def detector(self) -> SileroDetector:
        """The speech detector."""
        with self._lock:
            self._detector = self._detector or SileroDetector()
            return self._detector

    @property
    def tagger(self) -> HeadTagger:
        """The tagger with the shipped head."""
        with self._lock:
            self._tagger = self._tagger or load_tagger()
            return self._tagger

    @property
    def asr_hash(self) -> str:
        """See :class:`Engines`."""
        with self._lock:
            if self._hash is None:
                self._hash = _digest(self._identity())
            return self._hash

    def _identity(self) -> dict[str, Any]:
        """All that decides what is transcribed, but the recording."""
        return {
            "version": recording.VERSION,
            "weights": weights_hash(self._weights()),
            "device": self.recognizer.device,
            "compute_type": self.recognizer.compute_type,
            "beam_size": self.recognizer.options.beam_size,
            "transcribe": asdict(TranscribeOptions(rep_channel=self._settings.rep_channel)),
            "vad": asdict(self.detector.options),
            "vad_weights": self.detector.weights_hash,
        }

    def _weights(self) -> Path:
        if self._folder is None:
            self._settings.weights.mkdir(parents=True, exist_ok=True)
            self._folder = find_weights(
                self._settings.model, cache=self._settings.weights, progress=self._weights_progress
            )
        return self._folder

    def _options(self) -> WhisperOptions:
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return WhisperOptions(
            device=self._settings.device,
            compute_type=self._settings.compute_type,
            cpu_threads=self._settings.threads or max(1, cores // self._concurrency),
            workers=self._concurrency,
        )


def _digest(identity: Mapping[str, Any]) -> str:
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
