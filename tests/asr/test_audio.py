"""Sound files to samples, and the files that are refused."""

from pathlib import Path

import numpy as np
import pytest

from asr.audio import DecodeError, Recording, blocks, decode, probe
from tests.sounds_asr import tone, write_coded, write_silent_video, write_wav

CODED = [
    ("a.mp3", "libmp3lame", 2, 44_100, None),
    ("a.m4a", "aac", 2, 48_000, None),
    ("a.ogg", "libopus", 2, 48_000, None),
    ("a.flac", "flac", 2, 8_000, None),
    ("a.webm", "libopus", 1, 16_000, None),
    ("alaw.wav", "pcm_alaw", 2, 8_000, None),
    ("ulaw.wav", "pcm_mulaw", 1, 8_000, None),
    ("a.amr", "libopencore_amrnb", 1, 8_000, None),
]


@pytest.mark.parametrize(("name", "codec", "channels", "rate", "container"), CODED)
def test_containers_and_codecs_decode(
    tmp_path: Path, name: str, codec: str, channels: int, rate: int, container: str | None
) -> None:
    """What call centres record comes out as 16 kHz floats of the right length and level."""
    try:
        path = write_coded(tmp_path / name, codec, [tone(2.0, rate)] * channels, rate, container)
    except Exception as error:
        pytest.skip(f"{codec} can't be written here: {error}")
    decoded = decode(path)
    assert decoded.samples.dtype == np.float32
    assert decoded.samples.shape[0] == channels
    assert abs(decoded.duration_ms - 2_000) < 120
    assert 0.15 < float(np.sqrt(np.mean(decoded.samples[0] ** 2))) < 0.25
    assert not decoded.truncated


def test_probe_reads_the_headers(tmp_path: Path) -> None:
    """Format, codec, length, channels and rate are known before decoding."""
    info = probe(write_wav(tmp_path / "a.wav", [tone(1.0, 8_000)] * 2, 8_000))
    assert (info.format, info.codec, info.duration_ms, info.channels, info.sample_rate_hz) == (
        "wav",
        "pcm_s16le",
        1_000,
        2,
        8_000,
    )


def test_names_with_spaces_and_chinese(tmp_path: Path) -> None:
    """A file name is no reason to fail."""
    assert decode(write_wav(tmp_path / "张 总 回访 #1.wav", [tone(0.5)])).duration_ms == 500


@pytest.mark.parametrize("seconds", [0.25, 0.4, 1.0, 100.0])
def test_blocks_are_the_whole(tmp_path: Path, seconds: float) -> None:
    """Decoded in blocks or at once, the samples are the same and no block is too long."""
    path = write_wav(tmp_path / "a.wav", [tone(1.7, 8_000), tone(1.7, 8_000, 500)], 8_000)
    parts = list(blocks(path, seconds))
    assert all(part.shape[1] <= round(seconds * 16_000) for part in parts)
    assert np.array_equal(np.concatenate(parts, axis=1), decode(path).samples)


def _bad(tmp_path: Path, kind: str) -> Path:
    path = tmp_path / f"{kind}.wav"
    if kind == "empty":
        path.touch()
    elif kind == "text":
        path.write_text("Dear customer, this is no recording.\n" * 50, encoding="utf-8")
    elif kind == "video":
        return write_silent_video(tmp_path / "video.mp4")
    elif kind == "short":
        write_wav(path, [tone(0.2)])
    elif kind == "header":
        write_wav(path, [tone(0.0)])
    elif kind == "many":
        write_wav(path, [tone(0.5)] * 6)
    return path


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("empty", "empty file"),
        ("text", "not an audio file ("),
        ("video", "no audio stream"),
        ("short", "too short (0.2 s)"),
        ("header", "not an audio file ("),
        ("many", "6 channels, expected 1 (mono) or 2"),
        ("missing", "can't be opened (No such file"),
    ],
)
def test_bad_input_has_a_clear_reason(tmp_path: Path, kind: str, reason: str) -> None:
    """Each kind of bad input is refused in one line that names the file."""
    path = _bad(tmp_path, kind)
    with pytest.raises(DecodeError) as raised:
        decode(path)
    assert raised.value.reason.startswith(reason)
    assert str(path) in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("name", ["a.wav", "a.flac", "a.mp3"])
def test_a_truncated_file_gives_what_is_there(tmp_path: Path, name: str) -> None:
    """Half a file decodes to about half the sound, and says so."""
    if name == "a.wav":
        path = write_wav(tmp_path / name, [tone(4.0)])
    else:
        codec = {"a.flac": "flac", "a.mp3": "libmp3lame"}[name]
        path = write_coded(tmp_path / name, codec, [tone(4.0)], 16_000)
    data = path.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    decoded = decode(path)
    assert 1_000 < decoded.duration_ms < 3_000
    assert decoded.truncated


@pytest.mark.parametrize(
    "playlist",
    [
        "#EXTM3U\n#EXT-X-TARGETDURATION:5\n#EXTINF:5,\n{other}\n#EXT-X-ENDLIST\n",
        "ffconcat version 1.0\nfile '{other}'\n",
    ],
)
def test_files_that_name_files_are_refused(tmp_path: Path, playlist: str) -> None:
    """A playlist in the guise of a recording opens nothing else."""
    other = write_wav(tmp_path / "secret.wav", [tone(1.0)])
    path = tmp_path / "call.wav"
    path.write_text(playlist.format(other=other), encoding="utf-8")
    with pytest.raises(DecodeError, match="not an audio file"):
        decode(path)


@pytest.mark.parametrize("name", ["http://127.0.0.1:9/a.wav", "concat:a.wav|b.wav", "pipe:0"])
def test_addresses_are_only_names(name: str) -> None:
    """What looks like an address is taken as the name of a local file."""
    with pytest.raises(DecodeError, match="can't be opened"):
        probe(Path(name))


def test_a_recording_is_read_block_by_block(tmp_path: Path) -> None:
    """The first block comes before the rest is decoded."""
    with Recording(write_wav(tmp_path / "a.wav", [tone(30.0)])) as recording:
        first = next(recording.blocks(1.0))
    assert first.shape == (1, 16_000)
