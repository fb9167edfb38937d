"""Uploads over the API: streamed, each file with its result, and cut off where they are too large."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import select

from callers import sign_in
from fakes import tone, wav
from models.calls import Recording
from models.database import Database
from service.main import create_app
from service.settings import Settings


def test_upload_by_token(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """Good, bad and duplicate files of one request each get their own result; the call is the rep's."""
    sound = wav(tone(1.0))
    files = [("files", (name, content)) for name, content in [("a.wav", sound), ("b.wav", b"text"), ("c.wav", sound)]]
    data = {"direction": "outbound", "started_at": "2026-10-12T10:05:00+08:00"}
    answer = client.post("/api/recordings", files=files, data=data, headers=tokens["ana"])
    assert answer.status_code == 202
    assert [(item["file"], item["status"]) for item in answer.json()] == [
        ("a.wav", "queued"),
        ("b.wav", "failed"),
        ("c.wav", "duplicate"),
    ]
    call = client.get("/api/calls", headers=tokens["ana"], params={"state": "queued"}).json()["rows"][0]
    assert (call["rep"], call["direction"], call["utc_offset_minutes"]) == ("ana", "outbound", 480)
    assert client.get("/api/calls", headers=tokens["sue"]).json()["total"] == 0


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"direction": "sideways"}, "direction: Input should be 'inbound', 'outbound' or 'unknown'"),
        ({"started_at": "yesterday"}, "started_at: "),
        ({"colour": "red"}, "colour: Extra inputs are not permitted"),
        ({"rep_channel": "2"}, "rep_channel: Input should be '0' or '1'"),
    ],
)
def test_a_wrong_field_is_named(
    client: TestClient, tokens: dict[str, dict[str, str]], data: dict[str, str], message: str
) -> None:
    """A field that cannot be used refuses the upload by its name."""
    files = {"files": ("a.wav", wav(tone(1.0)))}
    answer = client.post("/api/recordings", files=files, data=data, headers=tokens["ana"])
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(message)


def test_another_reps_name_is_refused_for_the_file(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """A rep who names a colleague gets the file refused, with the reason."""
    answer = client.post(
        "/api/recordings",
        files={"files": ("a.wav", wav(tone(1.0)))},
        data={"rep_email": "sue@example.com"},
        headers=tokens["ana"],
    )
    assert answer.json()[0]["status"] == "refused"
    assert "sue@example.com" in answer.json()[0]["reason"]


def test_no_form_is_an_internal_error(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """A NUL byte in a field of the sign-in or of an upload is a bad request, and nothing is stored."""
    assert client.post("/login", data={"email": "a\0@example.com", "password": "x"}).status_code == 400
    files = {"files": ("a\0.wav", wav(tone(1.0)))}
    for field in ("rep_email", "opportunity", "sop"):
        answer = client.post("/api/recordings", files=files, data={field: "a\0b"}, headers=tokens["admin"])
        assert answer.status_code == 400, field
    assert client.get("/api/calls", headers=tokens["admin"]).json()["total"] == 0


def test_an_upload_over_the_limit_is_cut_off(
    database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """A body larger than allowed is refused by its declared length, and nothing is stored."""
    small = settings.model_copy(update={"max_upload_mb": 1})
    with TestClient(create_app(small, database)) as client:
        answer = client.post("/api/recordings", files={"files": ("a.wav", bytes(3 << 20))}, headers=tokens["ana"])
    assert answer.status_code == 413
    with database.transaction() as session:
        assert session.scalars(select(Recording)).all() == []


def test_a_body_without_a_length_is_cut_off(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """A body that only turns out to be too large is answered with 413, by page and API."""

    def body() -> Iterator[bytes]:
        for _ in range(3):
            yield b"a" * (1 << 19)

    form = {"Content-Type": "application/x-www-form-urlencoded"}
    assert client.post("/login", content=body(), headers=form).status_code == 413
    sign_in(client)
    assert client.post("/logout", content=body(), headers=form).status_code == 413


def test_an_upload_without_a_length_is_cut_off(
    database: Database, tmp_path: Path, tokens: dict[str, dict[str, str]]
) -> None:
    """The limit of uploads holds for a body sent in chunks."""
    settings = Settings(home=tmp_path, max_upload_mb=1)

    def body() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.wav"\r\n\r\n'
        for _ in range(6):
            yield b"a" * (1 << 19)
        yield b"\r\n--x--\r\n"

    headers = {**tokens["ana"], "Content-Type": "multipart/form-data; boundary=x"}
    with TestClient(create_app(settings, database)) as client:
        answer = client.post("/api/recordings", content=body(), headers=headers)
    assert answer.status_code == 413
    assert answer.json() == {"detail": "the request is larger than 2 MiB"}


def test_a_slow_upload_holds_no_connection(
    client: TestClient, database: Database, tokens: dict[str, dict[str, str]]
) -> None:
    """While bodies are still on their way no connection is taken and other requests of the same token pass."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(client.app, log_level="error", timeout_graceful_shutdown=10))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        port = listener.getsockname()[1]
        uploads = [half_an_upload(port, tokens["ana"]["Authorization"]) for _ in range(4)]
        time.sleep(1.0)
        answer = httpx.get(f"http://127.0.0.1:{port}/api/me", headers=tokens["ana"], timeout=10)
        taken = database.engine.pool.checkedout()  # type: ignore[attr-defined]
        for upload in uploads:
            upload.close()
        server.should_exit = True
        thread.join(20)
    assert answer.status_code == 200
    assert taken == 0


def half_an_upload(port: int, authorization: str) -> socket.socket:
    """A connection that has sent the beginning of an upload's body and then nothing."""
    for _ in range(50):
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=5)
            break
        except OSError:
            time.sleep(0.1)
    head = (
        "POST /api/recordings HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n"
        f"Authorization: {authorization}\r\nContent-Type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    connection.sendall(head.encode())
    return connection
