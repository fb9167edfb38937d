"""Batches of recordings: every file ends in its own state, and a bad one stops nobody."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray
from sqlalchemy import select

from commands import DEMO, RATE_HZ, SPEECH, Run
from fakes import silence, tone, write_wav
from fakes_remote import closed_url
from models.calls import Recording
from models.database import Database
from service.jobs import worker as worker_module


def write_video_without_sound(path: Path) -> None:
    """A second of black film."""
    with av.open(path, "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for _ in range(10):
            frame = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), dtype=np.uint8), format="rgb24")
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))


def ringback(seconds: float) -> NDArray[np.float32]:
    """China's ring-back tone: 450 Hz, one second of five."""
    sound = tone(seconds, 2, RATE_HZ, 450.0)
    on = (np.arange(sound.shape[1]) / RATE_HZ) % 5 < 1
    return (sound * on).astype(np.float32)


@pytest.mark.timeout(600)
def test_bad_recordings_each_get_a_clear_state(clearcall: Run, tmp_path: Path, speech: NDArray[np.float32]) -> None:
    """Every kind of bad file ends in its own state and reason, and the good ones between them are scored."""
    folder = tmp_path / "last night"
    folder.mkdir()
    good = write_wav(folder / "客户 回访 1.wav", speech, RATE_HZ)
    shutil.copy(good, folder / "same again.wav")
    (folder / "empty.wav").write_bytes(b"")
    (folder / "text.wav").write_text("Dear Sir, this is no sound.")
    write_video_without_sound(folder / "film.mp4")
    write_wav(folder / "short.wav", tone(0.2))
    write_wav(folder / "silence.wav", silence(5.0))
    write_wav(folder / "ringing.wav", ringback(20.0), RATE_HZ)
    write_wav(folder / "equal.wav", np.stack([speech[0], speech[0]]), RATE_HZ)
    write_wav(folder / "one party.wav", np.stack([speech[0], np.zeros_like(speech[0])]), RATE_HZ)
    whole = (DEMO / "audio" / "en-demo-001.ogg").read_bytes()
    (folder / "cut off.ogg").write_bytes(whole[: len(whole) // 8])

    code, lines, errors = clearcall("process", str(folder), "--json")
    results = {Path(item["file"]).name: item for item in map(json.loads, lines)}
    told = {name: (item["state"], item["reason"]) for name, item in results.items()}

    assert code == 1
    assert errors.strip().endswith("clearcall: 4 of 11 recordings failed")
    assert len(results) == 11
    assert told["empty.wav"] == ("failed", "empty file")
    assert told["text.wav"][0] == "failed"
    assert told["text.wav"][1].startswith("not an audio file (")
    assert told["film.mp4"] == ("failed", "no audio stream")
    assert told["short.wav"] == ("failed", "too short (0.2 s)")
    assert told["silence.wav"] == ("no_speech", "no_speech")
    assert told["ringing.wav"] == ("no_speech", "no_speech")
    for name in ("客户 回访 1.wav", "same again.wav", "equal.wav", "one party.wav", "cut off.ogg"):
        assert told[name] == ("scored", None), name
    again = [item["duplicate_of"] for item in results.values() if item["duplicate_of"]]
    assert again == ["duplicate of 客户 回访 1.wav"] or again == ["duplicate of same again.wav"]
    assert results["客户 回访 1.wav"]["call_id"] == results["same again.wav"]["call_id"]
    assert results["客户 回访 1.wav"]["language"] == "zh"


def test_a_missing_file_does_not_stop_the_batch(clearcall: Run, tmp_path: Path) -> None:
    """A path that does not exist fails with its reason, the other file is processed."""
    write_wav(tmp_path / "silence.wav", silence(2.0))
    code, lines, _ = clearcall("process", str(tmp_path / "gone.wav"), str(tmp_path / "silence.wav"), "--json")
    first, second = map(json.loads, lines)
    assert code == 1
    assert (first["state"], first["reason"]) == ("failed", "can't be read (No such file or directory)")
    assert second["state"] == "no_speech"


def test_process_says_that_it_waits_and_keeps_the_recordings(
    clearcall: Run, database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the server stays away, the command ends with one line and the recordings stay in the queue."""
    monkeypatch.setattr(worker_module, "PATIENCE_S", 0.0)
    monkeypatch.setenv("CLEARCALL_ENGINE", "openai")
    monkeypatch.setenv("CLEARCALL_REMOTE_URL", closed_url())
    code, _, errors = clearcall("process", SPEECH, str(write_wav(tmp_path / "silent.wav", silence(2.0))))
    assert code == 1
    told = errors.strip().splitlines()[-1]
    assert told.startswith("clearcall: http://127.0.0.1:")
    assert "can't be reached" in told
    assert told.endswith("wait in the queue for the next run")
    with database.transaction() as session:
        found = set(session.scalars(select(Recording.state)))
    assert "failed" not in found
    assert "queued" in found


def test_a_wrong_channel_of_the_rep_is_one_line(clearcall: Run, tmp_path: Path) -> None:
    """There are two channels, 0 and 1."""
    write_wav(tmp_path / "a.wav", silence(2.0))
    code, _, errors = clearcall("process", str(tmp_path / "a.wav"), "--rep-channel", "2")
    assert code == 2
    assert "--rep-channel" in errors
