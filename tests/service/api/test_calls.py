"""A call over the API: how far it is, who speaks in it, and what was not believed."""

from __future__ import annotations

import json
import uuid

import httpx
from fastapi.testclient import TestClient
from sqlalchemy import select

from asr.guards import Removed
from callers import STARTED, call_of, sign_in
from fakes import FakeEngines
from fakes_web import add_transcribed, mono
from models.database import Database
from models.people import User
from service.calls.ingest import CallDetails
from service.jobs.worker import Worker, in_background
from service.people.viewer import Viewer
from service.settings import Settings


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
