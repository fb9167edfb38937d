"""Sound files for tests, written with the standard library and PyAV."""

from __future__ import annotations

import wave
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

Samples = NDArray[np.float32]


def tone(seconds: float, rate: int = 16_000, hz: float = 300.0, level: float = 0.3) -> Samples:
    """A sine, `(samples,)`."""
    return (level * np.sin(2 * np.pi * hz * np.arange(round(seconds * rate)) / rate)).astype(np.float32)


def bursts_at(spans_ms: Sequence[tuple[int, int]], seconds: float, rate: int = 16_000, hz: float = 300.0) -> Samples:
    """Silence with tones in the given spans."""
    samples = np.zeros(round(seconds * rate), dtype=np.float32)
    for start, end in spans_ms:
        part = samples[start * rate // 1000 : end * rate // 1000]
        part[:] = tone((end - start) / 1000 + 1, rate, hz)[: part.size]
    return samples


def write_wav(path: Path, channels: Sequence[Samples], rate: int = 16_000) -> Path:
    """16-bit PCM."""
    frames = (np.stack(channels, axis=1) * 32_767).astype("<i2")
    with wave.open(str(path), "wb") as out:
        out.setnchannels(len(channels))
        out.setsampwidth(2)
        out.setframerate(rate)
        out.writeframes(frames.tobytes())
    return path


def write_coded(path: Path, codec: str, channels: Sequence[Samples], rate: int, container: str | None = None) -> Path:
    """Any codec and container that PyAV can write."""
    layout = "mono" if len(channels) == 1 else "stereo"
    with av.open(str(path), "w", format=container) as out:
        stream: Any = out.add_stream(codec, rate=rate, layout=layout)
        resampler = av.AudioResampler(format=stream.codec_context.format, layout=layout, rate=rate)
        data = np.ascontiguousarray((np.stack(channels) * 32_767).astype(np.int16))
        frame = av.AudioFrame.from_ndarray(data, format="s16p", layout=layout)
        frame.sample_rate = rate
        fifo = av.AudioFifo()
        for resampled in resampler.resample(frame):
            fifo.write(resampled)
        size = stream.codec_context.frame_size or 1024
        while (piece := fifo.read(size, partial=True)) is not None:
            for packet in stream.encode(piece):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path


def write_silent_video(path: Path) -> Path:
    """A second of pictures without sound."""
    with av.open(str(path), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), dtype=np.uint8), format="rgb24")
            for packet in stream.encode(frame):
                out.mux(packet)
        for packet in stream.encode(None):
            out.mux(packet)
    return path
