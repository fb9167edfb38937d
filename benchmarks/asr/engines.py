"""The engines that are compared, each behind the same two calls.

All get the same weights, cores and compute type, decode the file themselves, find the language themselves and search
with the same beam. Only ours gives word times and speakers; the peers run as fast as they can without them.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Setup:
    """What every engine is given: the folder of CTranslate2 weights, and other formats where they are at hand."""

    weights: Path
    cores: int
    ggml: Path | None = None
    openai: Path | None = None


class Engine(Protocol):
    """A transcriber. Its weights are loaded by the constructor, outside the measured time."""

    def transcribe(self, path: Path) -> list[str]:
        """The text of every channel."""
        ...


class Ours:
    """Clearcall as its service runs it."""

    def __init__(self, setup: Setup) -> None:
        from service.engines import LazyEngines
        from service.settings import Settings

        self._settings = Settings(model=str(setup.weights), device="cpu", threads=setup.cores)
        self._engines = LazyEngines(self._settings)
        _ = self._engines.recognizer, self._engines.detector, self._engines.respeller

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        from service.pipeline import transcribe

        heard = transcribe(path, self._engines, self._settings).transcript
        return [
            " ".join(turn.text for turn in heard.turns if turn.channel == channel) for channel in range(heard.channels)
        ]


class FasterWhisper:
    """faster-whisper's sequential mode with the arguments it has by itself."""

    def __init__(self, setup: Setup) -> None:
        from faster_whisper import WhisperModel

        self._model = WhisperModel(str(setup.weights), device="cpu", compute_type="int8", cpu_threads=setup.cores)

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        return [self._text(channel) for channel in _channels(path)]

    def _text(self, samples: NDArray[np.float32]) -> str:
        segments, _ = self._model.transcribe(samples)
        return " ".join(segment.text for segment in segments)


class FasterWhisperBatched:
    """faster-whisper's ``BatchedInferencePipeline``; the channels one after the other, the cores to each."""

    def __init__(self, setup: Setup, batch_size: int = 16) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        model = WhisperModel(str(setup.weights), device="cpu", compute_type="int8", cpu_threads=setup.cores)
        self._pipeline = BatchedInferencePipeline(model)
        self._batch_size = batch_size

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        return [self._text(channel) for channel in _channels(path)]

    def _text(self, samples: NDArray[np.float32]) -> str:
        segments, _ = self._pipeline.transcribe(samples, batch_size=self._batch_size)
        return " ".join(segment.text for segment in segments)


class FasterWhisperBatchedParallel:
    """The same with a worker and one thread for each core; the channels of a call at the same time."""

    def __init__(self, setup: Setup, batch_size: int = 16) -> None:
        from faster_whisper import BatchedInferencePipeline, WhisperModel

        self._cores = setup.cores
        self._batch_size = batch_size
        self._model = WhisperModel(
            str(setup.weights), device="cpu", compute_type="int8", cpu_threads=1, num_workers=setup.cores
        )
        self._pipeline: Callable[[Any], Any] = BatchedInferencePipeline

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(self._cores) as pool:
            return list(pool.map(self._text, _channels(path)))

    def _text(self, samples: NDArray[np.float32]) -> str:
        # A pipeline keeps the state of its last recording, so that every thread needs its own.
        segments, _ = self._pipeline(self._model).transcribe(samples, batch_size=self._batch_size)
        return " ".join(segment.text for segment in segments)


class WhisperCpp:
    """whisper.cpp through pywhispercpp, with weights in ggml format."""

    def __init__(self, setup: Setup) -> None:
        from pywhispercpp.model import Model

        self._model = Model(str(setup.ggml), n_threads=setup.cores, language="auto", print_progress=False)

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        return [" ".join(s.text for s in self._model.transcribe(channel)) for channel in _channels(path)]


class OpenAiWhisper:
    """The reference implementation, with weights in its own format."""

    def __init__(self, setup: Setup) -> None:
        import torch
        import whisper

        torch.set_num_threads(setup.cores)
        self._model = whisper.load_model(str(setup.openai), device="cpu")

    def transcribe(self, path: Path) -> list[str]:
        """See :class:`Engine`."""
        return [str(self._model.transcribe(channel, fp16=False)["text"]) for channel in _channels(path)]


ENGINES: Mapping[str, Callable[[Setup], Engine]] = {
    "clearcall": Ours,
    "faster-whisper": FasterWhisper,
    "faster-whisper-batched-8": lambda setup: FasterWhisperBatched(setup, 8),
    "faster-whisper-batched": FasterWhisperBatched,
    "faster-whisper-batched-parallel": FasterWhisperBatchedParallel,
    "whisper.cpp": WhisperCpp,
    "openai-whisper": OpenAiWhisper,
}


def at_hand(setup: Setup) -> Sequence[str]:
    """The engines whose weights are there."""
    missing = {"whisper.cpp": setup.ggml is None, "openai-whisper": setup.openai is None}
    return [name for name in ENGINES if not missing.get(name, False)]


def cores() -> int:
    """The cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _channels(path: Path) -> list[NDArray[np.float32]]:
    """The channels of a recording as faster-whisper decodes them: 16 kHz float32."""
    import av
    from faster_whisper.audio import decode_audio

    with av.open(str(path)) as container:
        stereo = container.streams.audio[0].channels == 2
    return list(decode_audio(str(path), split_stereo=True)) if stereo else [decode_audio(str(path))]
