"""The sound of a call over the API: by ranges, in a form browsers play, and its outline."""

from __future__ import annotations

import io

import av
from fastapi.testclient import TestClient

from asr.audio import decode
from callers import STARTED, call_of
from fakes import tone, wav
from models.database import Database
from service.calls.ingest import CallDetails, ingest
from service.people.viewer import OPERATOR
from service.settings import Settings


def alaw(seconds: float) -> bytes:
    """A telephone recording as exchanges write it: A-law, 8 kHz, mono."""
    target = io.BytesIO()
    with av.open(target, "w", format="wav") as container:
        stream = container.add_stream("pcm_alaw", rate=8000, layout="mono")
        frame = av.AudioFrame.from_ndarray((tone(seconds, 1) * 32767).astype("<i2"), format="s16", layout="mono")
        frame.sample_rate = 8000
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return target.getvalue()


def test_sound_is_served_by_ranges(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """A range request gets just its bytes, with the type a browser plays."""
    call_id = call_of(database, settings, "ana")
    whole = client.get(f"/api/calls/{call_id}/audio", headers=tokens["ana"])
    assert whole.content == wav(tone(1.0))
    assert whole.headers["content-type"] == "audio/wav"
    assert whole.headers["accept-ranges"] == "bytes"
    part = client.get(f"/api/calls/{call_id}/audio", headers={**tokens["ana"], "Range": "bytes=100-199"})
    assert part.status_code == 206
    assert part.content == whole.content[100:200]


def test_the_outline_of_the_sound(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """Peaks come twenty a second for each channel, within [0, 1]."""
    call_id = call_of(database, settings, "ana", 2.0)
    outline = client.get(f"/api/calls/{call_id}/peaks", headers=tokens["ana"]).json()
    assert outline["per_second"] == 20
    assert [len(channel) for channel in outline["channels"]] == [40, 40]
    assert all(0.2 < peak <= 0.4 for channel in outline["channels"] for peak in channel[1:-1])


def test_what_browsers_cannot_play_gets_a_copy(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """An A-law telephone recording is served as Opus."""
    details = CallDetails(rep_email="ana@example.com", started_at=STARTED)
    done = ingest(database, settings, OPERATOR, io.BytesIO(alaw(1.0)), "line.wav", details)
    answer = client.get(f"/api/calls/{done.call_id}/audio", headers=tokens["ana"])
    assert answer.headers["content-type"] == "audio/ogg"
    assert answer.content[:4] == b"OggS"


def test_two_first_listeners_get_the_whole_call(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """Asked for at once, sound and outline of a telephone recording are both whole."""
    from concurrent.futures import ThreadPoolExecutor

    content = alaw(30.0)
    details = CallDetails(rep_email="ana@example.com", started_at=STARTED)
    done = ingest(database, settings, OPERATOR, io.BytesIO(content), "line.wav", details)
    with ThreadPoolExecutor(6) as pool:
        routes = ["audio", "peaks"] * 3
        answers = list(
            pool.map(lambda route: client.get(f"/api/calls/{done.call_id}/{route}", headers=tokens["ana"]), routes)
        )
    assert [answer.status_code for answer in answers] == [200] * 6
    for answer in answers[::2]:
        copy = settings.home / "copy.ogg"
        copy.write_bytes(answer.content)
        assert abs(decode(copy).duration_ms - 30_000) < 100
    assert len(answers[1].json()["channels"][0]) == 600
    assert not list(settings.recordings.rglob("*.partial"))
