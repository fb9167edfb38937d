"""The stream of progress over HTTP: it tells each change as it happens, and only to those who may see it."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import uvicorn

from fakes import tone, wav
from fakes_web import set_state
from models.database import Database
from service.calls.ingest import CallDetails, ingest
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR
from service.settings import Settings

_PATIENCE_S = 10.0


@dataclass(frozen=True)
class Site:
    """The running app, and the headers that sign its people in."""

    address: str
    tokens: dict[str, dict[str, str]]


@pytest.fixture
def site(database: Database, settings: Settings) -> Iterator[Site]:
    """The app on a free port: an endless answer needs a real connection."""
    tokens = {}
    with database.transaction() as session:
        for name, team in (("ana", "North"), ("sue", "South")):
            user = add_user(session, NewUser(name, f"{name}@example.com", "rep", team))
            tokens[name] = {"Authorization": f"Bearer {new_api_token(session, user, 'test')}"}
    app = create_app(settings, database)
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=10))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", tokens)
        server.should_exit = True
        thread.join(timeout=20)
    assert not thread.is_alive()


@contextmanager
def events(site: Site, name: str, patience_s: float = _PATIENCE_S) -> Iterator[Iterator[dict[str, Any]]]:
    """What the stream tells a person, until it is silent for too long."""
    address = f"{site.address}/api/calls/events"
    with httpx.stream("GET", address, headers=site.tokens[name], timeout=patience_s) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        yield _parsed(answer.iter_lines())


def _parsed(lines: Iterator[str]) -> Iterator[dict[str, Any]]:
    name = ""
    for line in lines:
        field, _, value = line.partition(": ")
        if field == "event":
            name = value
        elif field == "data":
            assert name == "progress"
            yield json.loads(value)


def upload(database: Database, settings: Settings) -> str:
    """A queued call of Ana's; its id."""
    details = CallDetails(rep_email="ana@example.com")
    done = ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(1.0))), "a.wav", details)
    return str(done.call_id)


def test_the_stream_tells_each_change_once(site: Site, database: Database, settings: Settings) -> None:
    """What waits is told at once, then every change up to the end with its reason."""
    call_id = upload(database, settings)
    with events(site, "ana") as told:
        first = next(told)
        assert set(first) == {"call_id", "recording_id", "state", "progress", "reason"}
        assert (first["call_id"], first["state"]) == (call_id, "queued")
        set_state(database, "a.wav", "transcribing", progress=0.5)
        second = next(told)
        assert (second["call_id"], second["state"], second["progress"]) == (call_id, "transcribing", 0.5)
        set_state(database, "a.wav", "failed", state_reason="no audio stream")
        last = next(told)
        assert (last["state"], last["reason"]) == ("failed", "no audio stream")


def test_others_are_told_nothing(site: Site, database: Database, settings: Settings) -> None:
    """To a rep of another team the stream stays silent."""
    upload(database, settings)
    with events(site, "sue", patience_s=2.5) as told, pytest.raises(httpx.ReadTimeout):
        next(told)


def test_strangers_get_no_stream(site: Site) -> None:
    """Without a token there is an answer that ends."""
    assert httpx.get(f"{site.address}/api/calls/events", timeout=_PATIENCE_S).status_code == 401
