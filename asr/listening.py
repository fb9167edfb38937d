"""A recording for people: the outline a player draws, and a copy that browsers can play."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

from asr.audio import blocks
from asr.levels import SAMPLE_RATE_HZ, Channels

PEAKS_PER_SECOND = 20
_PEAK_SAMPLES = SAMPLE_RATE_HZ // PEAKS_PER_SECOND
_BLOCK_SECONDS = 60.0
_OPUS_FRAME = SAMPLE_RATE_HZ // 50
_OPUS_BITS_PER_SECOND = 32_000


def outline(path: Path) -> list[list[float]]:
    """The loudest sample of each twentieth of a second, per channel, in [0, 1].

    Raises:
        DecodeError: the file is no recording.
    """
    peaks: list[list[float]] = []
    for block in blocks(path, _BLOCK_SECONDS):
        peaks = peaks or [[] for _ in block]
        for channel, samples in zip(peaks, block, strict=True):
            padded = np.pad(np.abs(samples), (0, -len(samples) % _PEAK_SAMPLES))
            channel.extend(padded.reshape(-1, _PEAK_SAMPLES).max(axis=1).round(3).tolist())
    return peaks


def write_opus(path: Path, target: Path) -> None:
    """Write a copy of the recording as Opus in Ogg, its channels kept.

    Raises:
        DecodeError: the file is no recording.
    """
    stream: AudioStream | None = None
    with av.open(target, "w", format="ogg") as container:
        for block in blocks(path, _BLOCK_SECONDS):
            if stream is None:
                layout = "stereo" if len(block) == 2 else "mono"
                stream = container.add_stream("libopus", rate=SAMPLE_RATE_HZ, layout=layout)
                stream.bit_rate = _OPUS_BITS_PER_SECOND
                # Speech at this rate sounds the same at a low complexity, and takes a quarter of the time.
                stream.options = {"compression_level": "2"}
                framer = AudioResampler(format="flt", layout=layout, rate=SAMPLE_RATE_HZ, frame_size=_OPUS_FRAME)
            for frame in framer.resample(_frame(block, layout)):
                container.mux(stream.encode(frame))
        if stream is not None:
            for frame in framer.resample(None):
                container.mux(stream.encode(frame))
            container.mux(stream.encode(None))


def _frame(samples: Channels, layout: str) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples), format="fltp", layout=layout)
    frame.sample_rate = SAMPLE_RATE_HZ
    return frame
