"""Where someone speaks: Silero VAD, run from the ONNX file that faster-whisper ships.

The network is described at https://github.com/snakers4/silero-vad (MIT).
"""

from __future__ import annotations

import hashlib
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.util import find_spec
from itertools import pairwise
from pathlib import Path
from typing import Protocol

import numpy as np
import onnxruntime
from numpy.typing import NDArray

from asr.levels import FRAME_SAMPLES as LEVEL_SAMPLES
from asr.levels import SAMPLE_RATE_HZ, Mono, frame_levels_db, louder, noise_floor_db
from asr.regions import FRAME_MS as LEVEL_MS
from asr.regions import Region, merged, outside, runs
from asr.tones import tonal

FRAME_SAMPLES = 512
CONTEXT_SAMPLES = 64
FRAMES_PER_RUN = 4096
SILENT_FRAMES = 64
FRAME_MS = FRAME_SAMPLES * 1000 // SAMPLE_RATE_HZ

Memory = tuple[NDArray[np.float32], NDArray[np.float32]]
"""The network's state and cell, `(1, 1, 128)` each."""
_NOTHING: Memory = (np.zeros((1, 1, 128), dtype=np.float32), np.zeros((1, 1, 128), dtype=np.float32))


class VadError(RuntimeError):
    """The speech detector can't be loaded; the message says what to install."""


class SpeechDetector(Protocol):
    """Finds speech in one channel; may be asked by several threads at the same time."""

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

    A region is doubtful where less than ``sure_ms`` of it reach ``sure_threshold``, which nearly all speech does, and
    where ``tone_share`` of what is loud in it are steady tones. The network starts anew ``onset_ms`` before each sound
    that follows ``pause_ms`` of silence, so that what is found there does not depend on what came before.
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
    sure_threshold: float = 0.7
    sure_ms: int = 100
    tone_share: float = 0.8
    pause_ms: int = 500
    onset_ms: int = 400


class SileroDetector:
    """The real detector; one instance can serve many channels, also at the same time."""

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
        levels_db = frame_levels_db(samples)
        probabilities, fresh = np.zeros((2, levels_db.size), dtype=np.float32)
        for first, end in pairwise(_beginnings(levels_db, self.options)):
            own = samples[first * LEVEL_SAMPLES : end * LEVEL_SAMPLES]
            places = np.arange(end - first) * LEVEL_MS // FRAME_MS
            probabilities[first:end] = self._probabilities(own, self._silent)[places]
            fresh[first:end] = self._probabilities(own, _NOTHING)[places]
        loud = louder(levels_db, noise_floor_db(levels_db) + self.options.loud_db)
        curves = Curves(probabilities, fresh, levels_db, tonal(samples, loud))
        return regions_of(curves, samples.size * 1000 // SAMPLE_RATE_HZ, self.options)

    def _probabilities(self, samples: Mono, memory: Memory) -> NDArray[np.float32]:
        """One speech probability per frame of 32 ms, the last frame filled up with silence."""
        frames = np.pad(samples, (0, -samples.size % FRAME_SAMPLES)).reshape(-1, FRAME_SAMPLES)
        context = np.zeros((len(frames), CONTEXT_SAMPLES), dtype=np.float32)
        context[1:] = frames[:-1, -CONTEXT_SAMPLES:]
        state, cell = memory
        probabilities = [np.zeros(0, dtype=np.float32)]
        inputs = np.concatenate([context, frames], axis=1)
        for start in range(0, len(inputs), FRAMES_PER_RUN):
            output, state, cell = self._run(inputs[start : start + FRAMES_PER_RUN], state, cell)
            probabilities.append(np.asarray(output, dtype=np.float32).reshape(-1))
        return np.concatenate(probabilities)

    @cached_property
    def _silent(self) -> Memory:
        """What the network remembers of silence."""
        silence = np.zeros((SILENT_FRAMES, CONTEXT_SAMPLES + FRAME_SAMPLES), dtype=np.float32)
        _, state, cell = self._run(silence, *_NOTHING)
        return state, cell

    def _run(
        self, inputs: NDArray[np.float32], state: NDArray[np.float32], cell: NDArray[np.float32]
    ) -> tuple[NDArray[np.float32], NDArray[np.float32], NDArray[np.float32]]:
        output, state, cell = self._session.run(None, {"input": inputs, "h": state, "c": cell})
        return output, state, cell


@dataclass(frozen=True, slots=True)
class Curves:
    """What is known of one channel by frames of :data:`asr.regions.FRAME_MS`, all of one length.

    ``probabilities`` are of speech, after a memory of silence; ``fresh`` are the same without any memory, which tells
    voices from noises best and takes faint echoes for speech. ``levels_db`` is the loudness;
    ``tones`` are steady, see :func:`asr.tones.tonal`.
    """

    probabilities: NDArray[np.float32]
    fresh: NDArray[np.float32]
    levels_db: NDArray[np.float32]
    tones: NDArray[np.bool_]


def regions_of(curves: Curves, duration_ms: int, options: VadOptions) -> list[Region]:
    """Regions of one channel in a recording of that length: sorted, apart, inside it."""
    probabilities, levels_db = curves.probabilities, curves.levels_db
    floor_db = noise_floor_db(levels_db)
    loud = louder(levels_db, floor_db + options.loud_db)
    thresholds = np.where(loud, options.loud_threshold, options.threshold)
    sure = merged(_sure(probabilities, thresholds), options.min_gap_ms)
    found = [_judged(r, curves, loud, options) for r in sure if r.duration_ms >= options.min_speech_ms]
    sounds = merged(runs(louder(levels_db, floor_db + options.near_db)), options.min_gap_ms)
    margins = _widened(_certain(_reached_all(found, sounds, options)), duration_ms, options)
    found = [_along(region, margins, sounds) for region in found]
    reached = _reached_all(found, sounds, options)
    certain = _widened(_certain(reached), duration_ms, options)
    doubtful = _widened([r for r in reached if r.doubtful], duration_ms, options)
    return sorted(certain + [left for region in doubtful for left in outside(region, certain)])


def _certain(regions: Sequence[Region]) -> list[Region]:
    return [region for region in regions if not region.doubtful]


def _along(region: Region, margins: Sequence[Region], sounds: Sequence[Region]) -> Region:
    """A doubtful sound that begins or ends in the margin of sure speech is of the same sentence.

    It would be cut in two otherwise, as the margin is heard with the speech. Where nothing sounds it stays doubtful:
    the network stirs when it starts anew.
    """
    return replace(region, doubtful=region.doubtful and not (_touches(region, margins) and _touches(region, sounds)))


def _touches(region: Region, others: Sequence[Region]) -> bool:
    return any(region.start_ms < other.end_ms and other.start_ms < region.end_ms for other in others)


def _reached_all(regions: Sequence[Region], sounds: Sequence[Region], options: VadOptions) -> list[Region]:
    return merged([_reached(region, sounds, options.reach_ms) for region in regions], options.min_silence_ms)


def _judged(region: Region, curves: Curves, loud: NDArray[np.bool_], options: VadOptions) -> Region:
    own = slice(region.start_ms // LEVEL_MS, region.end_ms // LEVEL_MS)
    unsure = int((curves.fresh[own] >= options.sure_threshold).sum()) * LEVEL_MS < options.sure_ms
    tone = loud[own].any() and curves.tones[own].sum() >= options.tone_share * loud[own].sum()
    return replace(region, doubtful=bool(unsure or tone))


def _widened(regions: Sequence[Region], duration_ms: int, options: VadOptions) -> list[Region]:
    wide = [
        r.between(max(r.start_ms - options.lead_ms, 0), min(r.end_ms + options.trail_ms, duration_ms)) for r in regions
    ]
    return merged(wide, options.min_silence_ms)


def _beginnings(levels_db: NDArray[np.float32], options: VadOptions) -> list[int]:
    """The frames at which the network starts anew, from the first to the end of the channel.

    What it heard before a pause would still sway what it says after it.
    """
    heard = louder(levels_db, noise_floor_db(levels_db) + options.near_db)
    sounds = merged(runs(heard), options.pause_ms)
    starts = [max(sound.start_ms - options.onset_ms, 0) // LEVEL_MS for sound in sounds]
    return sorted({0, *starts, levels_db.size})


def _sure(probabilities: NDArray[np.float32], thresholds: NDArray[np.float64]) -> list[Region]:
    """Runs of frames from one that reaches its threshold up to one under half of its own."""
    found: list[Region] = []
    start: int | None = None
    opens, closes = probabilities >= thresholds, probabilities < thresholds / 2
    for i, (opened, closed) in enumerate(zip(opens.tolist(), closes.tolist(), strict=True)):
        if start is None and opened:
            start = i
        elif start is not None and closed:
            found.append(Region(start * LEVEL_MS, i * LEVEL_MS))
            start = None
    if start is not None:
        found.append(Region(start * LEVEL_MS, len(probabilities) * LEVEL_MS))
    return found


def _reached(region: Region, sounds: Sequence[Region], reach_ms: int) -> Region:
    """From the first to the last of the sounds that a region touches, drawn out by so much at most.

    A border at a sound does not move with the small differences that what was heard earlier makes to the network.
    """
    first = bisect_right(sounds, region.start_ms, key=lambda sound: sound.end_ms)
    last = bisect_left(sounds, region.end_ms, key=lambda sound: sound.start_ms)
    if first >= last:
        return region
    start_ms = max(sounds[first].start_ms, region.start_ms - reach_ms)
    return region.between(start_ms, min(sounds[last - 1].end_ms, region.end_ms + reach_ms))


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
