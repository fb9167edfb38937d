"""Where someone speaks: Silero VAD, run from the ONNX file that faster-whisper ships.

The network is described at https://github.com/snakers4/silero-vad (MIT).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from asr.chunks import FRAME_MS as LEVEL_MS
from asr.chunks import Region, merged
from asr.levels import SAMPLE_RATE_HZ, Mono, frame_levels_db, louder, noise_floor_db

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

    Telephone speech often scores below the usual 0.5: a frame of ``threshold`` counts, and where the channel stands
    ``loud_db`` out of its noise, one of ``loud_threshold``, as sound and a slight suspicion are speech together.
    A region ends below half of what would open it. Its borders move to those of the sound in it that stands
    ``near_db`` out of the noise, out by ``reach_ms`` at most, and it is widened by ``lead_ms`` and ``trail_ms``: weak
    first consonants and fading ends lie below the noise. What is not speech after all is left to the guards.
    """

    threshold: float = 0.3
    loud_threshold: float = 0.15
    loud_db: float = 12.0
    min_speech_ms: int = 90
    min_gap_ms: int = 150
    near_db: float = 4.0
    reach_ms: int = 400
    lead_ms: int = 300
    trail_ms: int = 500
    min_silence_ms: int = 300


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
        return regions_of(self._probabilities(samples), frame_levels_db(samples), duration_ms, self.options)

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
    probabilities: NDArray[np.float32], levels_db: NDArray[np.float32], duration_ms: int, options: VadOptions
) -> list[Region]:
    """Regions of one channel: sorted, apart, inside the recording.

    Args:
        probabilities: of speech, by frames of ``FRAME_MS``.
        levels_db: loudness by frames of :data:`asr.chunks.FRAME_MS`, see :func:`asr.levels.frame_levels_db`.
        duration_ms: of the recording.
        options: when a stretch counts.
    """
    floor_db = noise_floor_db(levels_db)
    sure = _sure(probabilities, _thresholds(len(probabilities), levels_db, floor_db, options), duration_ms)
    found = [r for r in merged(sure, options.min_gap_ms) if r.duration_ms >= options.min_speech_ms]
    sounds = merged(_runs(louder(levels_db, floor_db + options.near_db)), options.min_gap_ms)
    reached = [_reached(region, sounds, options.reach_ms) for region in found]
    widened = [
        Region(max(r.start_ms - options.lead_ms, 0), min(r.end_ms + options.trail_ms, duration_ms)) for r in reached
    ]
    return merged(widened, options.min_silence_ms)


def _thresholds(
    frames: int, levels_db: NDArray[np.float32], floor_db: float, options: VadOptions
) -> NDArray[np.float64]:
    """What each frame's probability must reach."""
    loud = louder(levels_db, floor_db + options.loud_db)
    if loud.size == 0:
        return np.full(frames, options.threshold)
    middles = (np.arange(frames) * FRAME_MS + FRAME_MS // 2) // LEVEL_MS
    return np.where(loud[np.minimum(middles, loud.size - 1)], options.loud_threshold, options.threshold)


def _sure(probabilities: NDArray[np.float32], thresholds: NDArray[np.float64], duration_ms: int) -> list[Region]:
    """Runs of frames from one that reaches its threshold up to one under half of its own."""
    runs: list[Region] = []
    start: int | None = None
    for i, (probability, threshold) in enumerate(zip(probabilities, thresholds, strict=True)):
        if start is None and probability >= threshold:
            start = i
        elif start is not None and probability < threshold / 2:
            runs.append(Region(start * FRAME_MS, i * FRAME_MS))
            start = None
    if start is not None:
        runs.append(Region(start * FRAME_MS, duration_ms))
    return runs


def _runs(loud: NDArray[np.bool_]) -> list[Region]:
    edges = np.flatnonzero(np.diff(np.concatenate([[0], loud.astype(np.int8), [0]])))
    return [Region(int(a) * LEVEL_MS, int(b) * LEVEL_MS) for a, b in zip(edges[::2], edges[1::2], strict=True)]


def _reached(region: Region, sounds: Sequence[Region], reach_ms: int) -> Region:
    """From the first to the last of the sounds that a region touches, drawn out by so much at most.

    A border at a sound does not move with the small differences that what was heard earlier makes to the network.
    """
    first = bisect_right(sounds, region.start_ms, key=lambda sound: sound.end_ms)
    last = bisect_left(sounds, region.end_ms, key=lambda sound: sound.start_ms)
    if first >= last:
        return region
    start_ms = max(sounds[first].start_ms, region.start_ms - reach_ms)
    return Region(start_ms, min(sounds[last - 1].end_ms, region.end_ms + reach_ms))


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
