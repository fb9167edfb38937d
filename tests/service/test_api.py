"""The JSON API: who may do what, uploads that stream, sound by ranges, forms that cannot be forged."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import httpx
import pytest
import uvicorn
from fastapi.testclient import TestClient
from sqlalchemy import select

from asr.audio import decode
from asr.guards import Removed
from fakes import FakeEngines, tone, wav
from fakes_web import add_transcribed, mono
from models.calls import Recording
from models.database import Database
from models.people import User
from service.calls.ingest import CallDetails, ingest
from service.jobs.worker import Worker, in_background
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings

PEOPLE = [
    ("admin", "admin", None),
    ("boss", "manager", "North"),
    ("ana", "rep", "North"),
    ("abe", "rep", "North"),
    ("sue", "rep", "South"),
]
STARTED = datetime(2026, 10, 12, 9, tzinfo=UTC)


@pytest.fixture
def client(database: Database, settings: Settings) -> Iterator[TestClient]:
    """The app, not signed in."""
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield client


@pytest.fixture
def tokens(database: Database) -> dict[str, dict[str, str]]:
    """The header that signs each person in."""
    with database.transaction() as session:
        return {
            name: {
                "Authorization": "Bearer "
                + new_api_token(
                    session,
                    add_user(session, NewUser(name, f"{name}@example.com", role, team, "correct horse")),
                    "test",
                )
            }
            for name, role, team in PEOPLE
        }


def call_of(database: Database, settings: Settings, rep: str, seconds: float = 1.0) -> uuid.UUID:
    """A queued call of a rep."""
    details = CallDetails(rep_email=f"{rep}@example.com", started_at=STARTED)
    done = ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(seconds))), f"{rep}.wav", details)
    assert done.call_id
    return done.call_id


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


def test_nothing_is_answered_to_strangers(client: TestClient, database: Database, settings: Settings) -> None:
    """Every route of the API but the documentation asks for a sign-in."""
    paths = client.get("/api/openapi.json").json()["paths"]
    assert len(paths) >= 10
    for path, methods in paths.items():
        for method in methods:
            answer = client.request(method, path.replace("{call_id}", str(uuid.uuid4())))
            assert answer.status_code == 401, (method, path)
    wrong = client.get("/api/calls", headers={"Authorization": "Bearer cc_wrong"})
    assert wrong.status_code == 401


def test_a_call_exists_only_for_those_who_may_see_it(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """The rep, the team's manager and the admin get the call; to others each of its routes says 404."""
    call_id = call_of(database, settings, "ana")
    for name, seen in {"ana": True, "boss": True, "admin": True, "abe": False, "sue": False}.items():
        head = tokens[name]
        listed = client.get("/api/calls", headers=head).json()
        assert (listed["total"] == 1) is seen, name
        expected = 200 if seen else 404
        for route in ("", "/audio", "/peaks"):
            assert client.get(f"/api/calls/{call_id}{route}", headers=head).status_code == expected, (name, route)
        if not seen:
            for method, route in (("POST", "/reprocess"), ("DELETE", ""), ("POST", "/restore"), ("POST", "/roles")):
                body = {"swapped": True} if route == "/roles" else None
                answer = client.request(method, f"/api/calls/{call_id}{route}", headers=head, json=body)
                assert answer.status_code == 404, (name, route)


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


def sign_in(client: TestClient, name: str = "ana") -> str:
    """Sign a browser in; returns the CSRF token of its pages."""
    answer = client.post("/login", data={"email": f"{name}@example.com", "password": "correct horse"})
    assert answer.status_code == 303
    page = client.get("/calls").text
    start = page.index('csrf-token" content="') + len('csrf-token" content="')
    return page[start : page.index('"', start)]


def test_a_forged_form_is_refused(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """With the cookie alone nothing can be changed; with the page's token it can."""
    call_id = call_of(database, settings, "ana")
    csrf = sign_in(client)
    files = {"files": ("a.wav", wav(tone(3.0)))}
    for headers in ({}, {"X-CSRF-Token": "wrong"}, {"X-CSRF-Token": ""}):
        assert client.delete(f"/api/calls/{call_id}", headers=headers).status_code == 403
        assert client.post("/api/recordings", files=files, headers=headers).status_code == 403
    assert client.delete(f"/api/calls/{call_id}", headers={"X-CSRF-Token": csrf}).json() == {"state": "deleted"}
    assert client.get(f"/api/calls/{call_id}").status_code == 404
    answer = client.post(f"/api/calls/{call_id}/restore", headers={"X-CSRF-Token": csrf})
    assert answer.json() == {"state": "restored"}


def test_the_session_cookie_is_for_this_site_only(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Scripts cannot read the cookie and other sites cannot send it."""
    answer = client.post("/login", data={"email": "ana@example.com", "password": "correct horse"})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie or "samesite=strict" in cookie


def test_pages_lead_strangers_to_the_sign_in(client: TestClient) -> None:
    """A page asked for without a session redirects there, and comes back to where it was."""
    answer = client.get("/calls?event=opening")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Fcalls%3Fevent%3Dopening"


@pytest.mark.parametrize("target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_sign_in_never_leads_to_another_site(
    client: TestClient, tokens: dict[str, dict[str, str]], target: str
) -> None:
    """Whatever ``next`` says, one stays here."""
    data = {"email": "ana@example.com", "password": "correct horse", "next": target}
    location = client.post("/login", params={"next": target}, data=data).headers["location"]
    assert location in ("/", "/calls")


def test_every_answer_carries_the_safety_headers(client: TestClient) -> None:
    """Pages and API forbid scripts from elsewhere, framing, and guessing of types."""
    for path in ("/login", "/api/calls", "/nowhere"):
        headers = client.get(path).headers
        assert "default-src 'self'" in headers["content-security-policy"]
        assert "frame-ancestors 'none'" in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"


def test_progress_is_told_as_it_happens(
    database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """Who watches sees the call's states up to the last, and nobody else's call."""
    from service.calls import progress

    call_of(database, settings, "ana")
    with database.transaction() as session:
        viewers = {
            name: Viewer.of(session.scalars(select(User).where(User.name == name)).one()) for name in ("ana", "sue")
        }
    seen = progress.current(database, viewers["ana"])
    assert [(item.state, item.finished) for item in seen] == [("queued", False)]
    assert progress.current(database, viewers["sue"]) == []
    with in_background(Worker(settings, database, engines=FakeEngines())):
        while not (last := progress.current(database, viewers["ana"], {seen[0].recording_id}))[0].finished:
            pass
    assert last[0].state == "scored"
    assert json.loads(json.dumps(last[0].to_json()))["progress"] == 1.0
    assert progress.current(database, viewers["sue"], {seen[0].recording_id}) == []


def test_the_sign_in_takes_no_form_from_elsewhere(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """Another site's form is refused, and so is that of a sandboxed frame, which any site can make."""
    data = {"email": "ana@example.com", "password": "correct horse"}
    for origin, status_code in {"https://evil.example": 403, "null": 403, "http://testserver": 303}.items():
        assert client.post("/login", data=data, headers={"Origin": origin}).status_code == status_code, origin


@pytest.mark.parametrize(
    "path",
    [
        "/calls?q=%00",
        "/api/calls?q=a%00b",
        "/api/calls?opportunity=%00",
        "/opportunities?q=%00",
        "/opportunities/%00",
        "/api/opportunities/%00",
        "/calls/%00",
        "/static/%00",
        "/calls?until=9999-12-31",
        "/calls?since=0001-01-01",
    ],
)
def test_no_address_is_an_internal_error(client: TestClient, tokens: dict[str, dict[str, str]], path: str) -> None:
    """NUL bytes and the ends of the calendar are refused or answered, never a 500."""
    answer = client.get(path, headers=tokens["admin"])
    assert answer.status_code == 200 if "-" in path else answer.status_code in (400, 404)


def test_no_form_is_an_internal_error(client: TestClient, tokens: dict[str, dict[str, str]]) -> None:
    """A NUL byte in a field of the sign-in or of an upload is a bad request, and nothing is stored."""
    assert client.post("/login", data={"email": "a\0@example.com", "password": "x"}).status_code == 400
    files = {"files": ("a\0.wav", wav(tone(1.0)))}
    for field in ("rep_email", "opportunity", "sop"):
        answer = client.post("/api/recordings", files=files, data={field: "a\0b"}, headers=tokens["admin"])
        assert answer.status_code == 400, field
    assert client.get("/api/calls", headers=tokens["admin"]).json()["total"] == 0


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
        server = uvicorn.Server(uvicorn.Config(client.app, log_level="error", timeout_graceful_shutdown=1))
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


def test_roles_are_corrected_over_the_api(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """The answer says what counts now; a wish that does not fit is refused with the reason, a wrong one by field."""
    details = CallDetails(rep_email="ana@example.com", started_at=STARTED)
    call_id = add_transcribed(database, settings, "m", mono(("rep", "customer") * 2, 0.72), details=details).call_id
    waiting = call_of(database, settings, "ana")

    def wish(call: uuid.UUID | None, **body: object) -> httpx.Response:
        return client.post(f"/api/calls/{call}/roles", json=body, headers=tokens["ana"])

    answer = wish(call_id, swapped=True).json()
    assert (answer["correction"], answer["corrected_by"], answer["swap"]) == ("swapped", "ana", {"swapped": False})
    call = client.get(f"/api/calls/{call_id}", headers=tokens["ana"]).json()
    assert (call["call"]["state"], call["roles"]) == ("analyzing", answer)
    assert [turn["speaker"] for turn in call["turns"]] == ["customer", "rep"] * 2
    assert wish(call_id, swapped=False).json()["correction"] is None
    assert wish(call_id, rep_voice=7).status_code == 409
    assert wish(waiting, swapped=True).json()["detail"].startswith("this call is not transcribed yet")
    for body in ({}, {"swapped": True, "rep_voice": 0}, {"swap": True}, {"rep_voice": "x"}):
        assert wish(call_id, **body).status_code == 422
    csrf = sign_in(client)
    assert client.post(f"/api/calls/{call_id}/roles", json={"swapped": True}).status_code == 403
    head = {"X-CSRF-Token": csrf}
    assert client.post(f"/api/calls/{call_id}/roles", json={"swapped": True}, headers=head).status_code == 200


def test_what_was_not_believed_is_told_on_request(
    client: TestClient, database: Database, settings: Settings, tokens: dict[str, dict[str, str]]
) -> None:
    """Only with removed=true, in order of time; searching never finds it."""
    removed = [
        Removed(0, 9_000, 12_000, "Thanks for watching", "subtitle"),
        Removed(0, 100, 900, "Mhm", "no_speech"),
    ]
    call_id = add_transcribed(database, settings, "m", mono(("rep", "customer") * 2, 1.0), removed).call_id
    address = f"/api/calls/{call_id}"
    assert client.get(address, headers=tokens["admin"]).json()["removed"] == []
    told = client.get(address, params={"removed": "true"}, headers=tokens["admin"]).json()["removed"]
    assert [text["reason"] for text in told] == ["no_speech", "subtitle"]
    assert told[1] == {"channel": 0, "start_ms": 9_000, "end_ms": 12_000, "text": "Thanks for watching"} | {
        "reason": "subtitle"
    }
    assert client.get("/api/calls", params={"q": "watching"}, headers=tokens["admin"]).json()["total"] == 0
