"""Where someone speaks: Silero VAD, run from the ONNX file that faster-whisper ships.

The network is described at https://github.com/snakers4/silero-vad (MIT).
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from asr.chunks import Region, merged, padded
from asr.levels import SAMPLE_RATE_HZ, Mono

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
FRAMES_PER_RUN = 4096
FRAME_MS = FRAME_SAMPLES * 1000 // SAMPLE_RATE_HZ


class VadError(RuntimeError):
    """The speech detector can't be loaded; the message says what to install."""


class SpeechDetector(Protocol):
    """Finds speech in one channel."""

    def regions(self, samples: Mono) -> list[Region]:
        """Sorted, not overlapping, in milliseconds from the first sample."""
        ...


@dataclass(frozen=True, slots=True)
class VadOptions:
    """When a stretch counts as speech.

    Telephone Mandarin (8 kHz, mu-law, noise) often scores below the usual 0.5, hence the low ``threshold``;
    what is not speech after all is left to the guards.
    """

    threshold: float = 0.35
    release: float = 0.175
    min_speech_ms: int = 100
    min_silence_ms: int = 400
    pad_ms: int = 200


class SileroDetector:
    """The real detector; one instance can serve many recordings, one at a time."""

    def __init__(self, options: VadOptions | None = None, weights: Path | None = None) -> None:
        self.options = options or VadOptions()
        self._weights = weights or _shipped_weights()
        self._session = _session(self._weights)

    @cached_property
    def weights_hash(self) -> str:
        """SHA-256 of the weights' file."""
        return hashlib.sha256(self._weights.read_bytes()).hexdigest()

    def regions(self, samples: Mono) -> list[Region]:
        """See the Protocol."""
        duration_ms = samples.size * 1000 // SAMPLE_RATE_HZ
        return regions_of(self._probabilities(samples), duration_ms, self.options)

    def _probabilities(self, samples: Mono) -> NDArray[np.float32]:
        """One speech probability per frame of 32 ms, the last frame filled up with silence."""
        frames = np.pad(samples, (0, -samples.size % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
        context = np.zeros((len(frames), CONTEXT_SAMPLES), dtype=np.float32)
        context[1:] = frames[:-1, -CONTEXT_SAMPLES:]
        state = np.zeros((1, 1, 128), dtype=np.float32)
        cell = np.zeros((1, 1, 128), dtype=np.float32)
        probabilities = [np.zeros(0, dtype=np.float32)]
        inputs = np.concatenate([context, frames], axis=1)
        for start in range(0, len(inputs), FRAMES_PER_RUN):
            feed = {"input": inputs[start : start + FRAMES_PER_RUN], "h": state, "c": cell}
            output, state, cell = self._session.run(None, feed)
            probabilities.append(np.asarray(output, dtype=np.float32).reshape(-1))
        return np.concatenate(probabilities)


def regions_of(
    probabilities: Sequence[float] | NDArray[np.float32], duration_ms: int, options: VadOptions
) -> list[Region]:
    """Regions of a run of frame probabilities: opened at ``threshold``, closed below ``release``."""
    raw: list[Region] = []
    start: int | None = None
    for i, probability in enumerate(probabilities):
        if start is None and probability >= options.threshold:
            start = i
        elif start is not None and probability < options.release:
            raw.append(Region(start * FRAME_MS, i * FRAME_MS))
            start = None
    if start is not None:
        raw.append(Region(start * FRAME_MS, duration_ms))
    closed = merged(raw, options.min_silence_ms)
    long_enough = [r for r in closed if r.duration_ms >= options.min_speech_ms]
    return padded(long_enough, options.pad_ms, duration_ms)


def _shipped_weights() -> Path:
    spec = find_spec("faster_whisper")
    found = sorted((Path(spec.origin).parent / "assets").glob("silero_vad_v*.onnx")) if spec and spec.origin else []
    if not found:
        raise VadError("silero_vad: not found in faster-whisper; install faster-whisper>=1.1")
    return found[-1]


def _session(weights: Path) -> onnxruntime.InferenceSession:
    options = onnxruntime.SessionOptions()
    options.inter_op_num_threads = 1
    options.intra_op_num_threads = 1
    options.enable_cpu_mem_arena = False
    options.log_severity_level = 4
    try:
        return onnxruntime.InferenceSession(str(weights), options, providers=["CPUExecutionProvider"])
    except Exception as error:
        raise VadError(f"{weights}: can't be loaded as Silero VAD ({type(error).__name__})") from error
