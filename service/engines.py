"""The engines of a process: speech recognition and tagging, loaded once, when first needed."""

from __future__ import annotations

import hashlib
import json
import os
import platform
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, Protocol

from asr import recording
from asr.chunks import Packing
from asr.diarize import CamPlusEmbedder, VoiceError
from asr.lanes import Split, fastest, remembered, splits
from asr.recognition import Recognizer
from asr.recording import TranscribeOptions
from asr.remote import RemoteOptions, RemoteRecognizer
from asr.vad import SileroDetector, SpeechDetector
from asr.voices import VoiceEmbedder
from asr.weights import find_weights, weights_hash
from asr.whisper import WhisperRecognizer, on_gpu
from asr.whisper_options import WhisperOptions
from nlp.respelling.respeller import Respeller, SoundRespeller
from nlp.respelling.weights import load_respeller
from nlp.roles.teller import LinearRoleTeller, RoleTeller, load_roles
from nlp.tagging.tagger import HEAD_PATH, HeadTagger, Tagger, load_tagger
from service.settings import Settings, SettingsError


class Engines(Protocol):
    """What the stages compute with."""

    @property
    def recognizer(self) -> Recognizer: ...
    @property
    def detector(self) -> SpeechDetector: ...
    @property
    def embedder(self) -> VoiceEmbedder | None:
        """What tells voices apart in mono recordings; None where it is not installed."""
        ...

    @property
    def respeller(self) -> Respeller | None:
        """What spells Mandarin anew by its sound; None where the settings don't ask for it."""
        ...

    @property
    def role_teller(self) -> RoleTeller: ...
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
        self._recognizer: WhisperRecognizer | RemoteRecognizer | None = None
        self._detector: SileroDetector | None = None
        self._embedder: CamPlusEmbedder | None = None
        self._tagger: HeadTagger | None = None

    @property
    def recognizer(self) -> WhisperRecognizer | RemoteRecognizer:
        """Whisper or a server, as the settings ask for it.

        Raises:
            SettingsError: a server is asked for and none is named.
        """
        with self._lock:
            if self._recognizer is None:
                if self._settings.engine == "openai":
                    self._recognizer = RemoteRecognizer(_remote_options(self._settings))
                else:
                    self._recognizer = WhisperRecognizer(self._weights(), self._options())
            return self._recognizer

    @property
    def detector(self) -> SileroDetector:
        """The speech detector."""
        with self._lock:
            self._detector = self._detector or SileroDetector()
            return self._detector

    @property
    def embedder(self) -> CamPlusEmbedder | None:
        """See :class:`Engines`; its weights are a package of their own."""
        with self._lock:
            try:
                self._embedder = self._embedder or CamPlusEmbedder(self._threads)
            except VoiceError:
                return None
            return self._embedder

    @property
    def respeller(self) -> SoundRespeller | None:
        """See :class:`Engines`; the shipped weights."""
        with self._lock:
            return load_respeller() if self._settings.respells else None

    @property
    def role_teller(self) -> LinearRoleTeller:
        """The shipped role weights."""
        with self._lock:
            return load_roles()

    @property
    def tagger(self) -> HeadTagger:
        """The tagger with the shipped head, or the one that the settings name."""
        with self._lock:
            self._tagger = self._tagger or load_tagger(
                self._settings.head or HEAD_PATH, cautious=self._settings.cautious
            )
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
            **self._recognizer_identity(),
            "transcribe": asdict(transcribe_options(self._settings)),
            "vad": asdict(self.detector.options),
            "vad_weights": self.detector.weights_hash,
            "voice_weights": self.embedder.weights_hash if self.embedder else None,
            "respelling_weights": self.respeller.weights_hash if self.respeller else None,
            "role_weights": self.role_teller.weights_hash,
        }

    def _recognizer_identity(self) -> dict[str, Any]:
        recognizer = self.recognizer
        if isinstance(recognizer, RemoteRecognizer):
            return {"endpoint": recognizer.options.endpoint, "model": recognizer.options.model}
        return {
            "weights": weights_hash(self._weights()),
            "device": recognizer.device,
            "compute_type": recognizer.compute_type,
            "beam_size": recognizer.options.beam_size,
        }

    def _weights(self) -> Path:
        if self._folder is None:
            self._settings.weights.mkdir(parents=True, exist_ok=True)
            self._folder = find_weights(
                self._settings.model, cache=self._settings.weights, progress=self._weights_progress
            )
        return self._folder

    @property
    def _threads(self) -> int:
        """Threads of one job."""
        cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
        return self._settings.threads or max(1, cores // self._concurrency)

    def _options(self) -> WhisperOptions:
        """How Whisper runs; on a CPU the threads of a job are split into lanes as is fastest here."""
        options = WhisperOptions(
            device=self._settings.device, compute_type=self._settings.compute_type, workers=self._concurrency
        )
        if on_gpu(options):
            return replace(options, lanes=1)
        split = self._split(options)
        return replace(options, cpu_threads=split.threads, workers=split.lanes * self._concurrency, lanes=split.lanes)

    def _split(self, options: WhisperOptions) -> Split:
        weights, threads = self._weights(), self._threads
        processor = platform.processor() or platform.machine()
        key = f"{weights_hash(weights)[:16]} {options.compute_type} {processor} {threads}"

        def seconds(split: Split) -> float:
            trial = replace(options, cpu_threads=split.threads, workers=split.lanes)
            return WhisperRecognizer(weights, trial).seconds_of_trial()

        choices = splits(threads)
        if len(choices) == 1:
            return choices[0]
        return remembered(self._settings.weights / "lanes.json", key, lambda: fastest(choices, seconds))


def transcribe_options(settings: Settings) -> TranscribeOptions:
    """How every recording is transcribed by these settings.

    A server may answer without word times, which are then laid over what it was sent: it gets unbroken stretches.
    """
    packing = Packing(join_ms=0) if settings.engine == "openai" else Packing()
    return TranscribeOptions(rep_channel=settings.rep_channel, voices=settings.voices, packing=packing)


def _remote_options(settings: Settings) -> RemoteOptions:
    if not settings.remote_url:
        raise SettingsError(
            "CLEARCALL_REMOTE_URL: missing; engine 'openai' needs the address of a server, such as http://gpu-box:8000/v1"
        )
    return RemoteOptions(
        url=settings.remote_url,
        model=settings.remote_model,
        key=settings.remote_key.get_secret_value(),
        timeout_s=settings.remote_timeout_s,
        parallel=settings.remote_parallel,
    )


def _digest(identity: Mapping[str, Any]) -> str:
    canonical = json.dumps(identity, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(canonical.encode()).hexdigest()[:32]
