"""Sound files to samples, by PyAV.

Only self-contained audio and video containers are opened, and only from an open local file: playlists and
other formats that name further files or addresses are refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from os import SEEK_CUR, SEEK_END
from pathlib import Path
from types import TracebackType
from typing import BinaryIO

import av
import av.error
import numpy as np
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer

from asr.levels import SAMPLE_RATE_HZ, Channels

MAX_CHANNELS = 2
MIN_DURATION_MS = 300
BLOCK_SECONDS = 300.0

_STREAMED = 0xFFFFFFFF
_FORMATS = (
    "aac,ac3,aiff,alac,amr,amrnb,amrwb,ape,asf,au,avi,caf,flac,flv,g722,gsm,ircam,"
    "matroska,webm,mov,mp4,m4a,3gp,3g2,mj2,mp3,mpeg,mpegts,ogg,tta,voc,w64,wav,wv"
)


class DecodeError(ValueError):
    """A recording that can't be read; the message names the file and the reason."""

    def __init__(self, path: Path | str, reason: str) -> None:
        super().__init__(f"{path}: {reason}")
        self.path = Path(path)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class AudioInfo:
    """What the container says of its first audio stream, before anything is decoded."""

    format: str
    codec: str
    duration_ms: int
    channels: int
    sample_rate_hz: int


@dataclass(frozen=True, slots=True)
class Decoded:
    """A whole recording; ``truncated`` when less came than the container promised."""

    samples: Channels
    truncated: bool

    @property
    def duration_ms(self) -> int:
        """Length of what was decoded."""
        return int(self.samples.shape[1]) * 1000 // SAMPLE_RATE_HZ


def probe(path: Path) -> AudioInfo:
    """Read the headers only.

    Raises:
        DecodeError: the file is missing, empty, not audio, or without an audio stream.
    """
    with Recording(path) as recording:
        return recording.info


def decode(path: Path) -> Decoded:
    """Decode a whole recording into memory (230 MB per hour and channel; see :class:`Recording` for less).

    Raises:
        DecodeError: as :func:`probe`, and when nothing can be decoded or it is under 0.3 s long.
    """
    with Recording(path) as recording:
        samples = np.concatenate(list(recording.blocks()), axis=1)
        return Decoded(samples, recording.truncated)


def blocks(path: Path, seconds: float = BLOCK_SECONDS) -> Iterator[Channels]:
    """Decode a recording block by block; every block but the last is ``seconds`` long."""
    with Recording(path) as recording:
        yield from recording.blocks(seconds)


class Recording:
    """An open recording, a context manager.

    ``truncated`` is known when :meth:`blocks` is exhausted.
    """

    def __init__(self, path: Path) -> None:
        self.path = Path(path)
        self._file = _opened(self.path)
        self.truncated = _riff_is_cut(self._file)
        try:
            self._container = _container(self.path, self._file)
            self._stream = _audio_stream(self.path, self._container)
            self.info = _info(self.path, self._container, self._stream)
        except BaseException:
            self._file.close()
            raise

    def __enter__(self) -> Recording:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._container.close()
        self._file.close()

    def blocks(self, seconds: float = BLOCK_SECONDS) -> Iterator[Channels]:
        """Yield `(channels, samples)` float32 in [-1, 1] at 16 kHz; can be read once.

        Raises:
            DecodeError: nothing could be decoded, or less than 0.3 s.
        """
        size, total = round(seconds * SAMPLE_RATE_HZ), 0
        parts: list[Channels] = []
        held = 0
        for part in self._resampled():
            parts.append(part)
            held += part.shape[1]
            total += part.shape[1]
            while held >= size:
                joined = np.concatenate(parts, axis=1)
                yield joined[:, :size]
                parts, held = [joined[:, size:]], held - size
        self._check_length(total)
        if held:
            yield np.concatenate(parts, axis=1)

    def _resampled(self) -> Iterator[Channels]:
        layout = "mono" if self.info.channels == 1 else "stereo"
        # A frame of the file is some 20 ms; taken over a second at a time they cost half as much.
        resampler = AudioResampler(format="fltp", layout=layout, rate=SAMPLE_RATE_HZ, frame_size=SAMPLE_RATE_HZ)
        for frame in self._frames():
            for resampled in resampler.resample(frame):
                yield np.clip(resampled.to_ndarray(), -1.0, 1.0)
        try:
            for resampled in resampler.resample(None):
                yield np.clip(resampled.to_ndarray(), -1.0, 1.0)
        except (av.error.FFmpegError, ValueError):
            self.truncated = True

    def _frames(self) -> Iterator[av.AudioFrame]:
        """Frames in order; a damaged packet is left out and makes the recording ``truncated``."""
        packets = self._container.demux(self._stream)
        while True:
            try:
                packet = next(packets)
            except StopIteration:
                return
            except av.error.FFmpegError:
                self.truncated = True
                return
            try:
                frames = packet.decode()
            except av.error.FFmpegError:
                self.truncated = True
                continue
            for frame in frames:
                if isinstance(frame, av.AudioFrame) and self._fits(frame):
                    yield frame

    def _fits(self, frame: av.AudioFrame) -> bool:
        """Whether the frame is of the kind the headers promised; others come from damage."""
        fits = frame.sample_rate == self.info.sample_rate_hz and frame.layout.nb_channels == self.info.channels
        self.truncated = self.truncated or not fits
        return bool(fits)

    def _check_length(self, samples: int) -> None:
        if samples == 0:
            raise DecodeError(self.path, "not an audio file (nothing in it can be decoded)")
        duration_ms = samples * 1000 // SAMPLE_RATE_HZ
        if duration_ms < MIN_DURATION_MS:
            raise DecodeError(self.path, f"too short ({duration_ms / 1000:.1f} s)")
        missing_ms = self.info.duration_ms - duration_ms
        self.truncated = self.truncated or missing_ms > max(500, self.info.duration_ms // 50)


def _opened(path: Path) -> BinaryIO:
    try:
        file = path.open("rb")
    except OSError as error:
        raise DecodeError(path, f"can't be opened ({error.strerror})") from error
    if not file.read(1):
        file.close()
        raise DecodeError(path, "empty file")
    file.seek(0)
    return file


def _riff_is_cut(file: BinaryIO) -> bool:
    """Whether a WAV file holds less than its data chunk promises; FFmpeg takes the shorter length silently.

    A size of 0 or 0xFFFFFFFF comes from writers that stream, and promises nothing.
    """
    head = file.read(12)
    riff = head[:4] == b"RIFF" and head[8:] == b"WAVE"
    missing = 0
    while riff and len(chunk := file.read(8)) == 8:
        size = int.from_bytes(chunk[4:], "little")
        if chunk[:4] == b"data":
            start = file.tell()
            missing = size - (file.seek(0, SEEK_END) - start) if size not in (0, _STREAMED) else 0
            break
        file.seek(size + size % 2, SEEK_CUR)
    file.seek(0)
    return missing > 0


def _container(path: Path, file: BinaryIO) -> InputContainer:
    options = {"format_whitelist": _FORMATS, "protocol_whitelist": "none"}
    try:
        return av.open(file, mode="r", options=options, metadata_errors="replace")
    except av.error.FFmpegError as error:
        raise DecodeError(path, f"not an audio file ({error.strerror})") from error


def _audio_stream(path: Path, container: InputContainer) -> AudioStream:
    if not container.streams.audio:
        container.close()
        raise DecodeError(path, "no audio stream")
    return container.streams.audio[0]


def _info(path: Path, container: InputContainer, stream: AudioStream) -> AudioInfo:
    channels, rate = stream.codec_context.channels, stream.codec_context.sample_rate
    if not channels or not rate:
        raise DecodeError(path, "not an audio file (its audio stream has no channels or no sample rate)")
    if channels > MAX_CHANNELS:
        raise DecodeError(path, f"{channels} channels, expected 1 (mono) or 2 (one party on each)")
    return AudioInfo(
        format=container.format.name.split(",")[0],
        codec=stream.codec_context.name,
        duration_ms=_duration_ms(container, stream),
        channels=channels,
        sample_rate_hz=rate,
    )


def _duration_ms(container: InputContainer, stream: AudioStream) -> int:
    if stream.duration is not None and stream.time_base is not None:
        return int(stream.duration * stream.time_base * 1000)
    if container.duration is not None:
        return int(container.duration * 1000 / av.time_base)
    return 0
