"""The JSON API of SOPs: who may read and change what, and what is answered to mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.database import Database
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.settings import Settings
from service.sops.versions import shipped
from sop.document import dump, parse

Header = dict[str, str]


@pytest.fixture
def client(database: Database, settings: Settings) -> Iterator[TestClient]:
    """The app, not signed in."""
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield client


@pytest.fixture
def people(database: Database) -> dict[str, Header]:
    """The headers that sign a manager and a rep in."""
    headers = {}
    with database.transaction() as session:
        for role in ("manager", "rep"):
            user = add_user(session, NewUser(role, f"{role}@example.com", role, "North"))
            token = new_api_token(session, user, "test")
            headers[role] = {"Authorization": f"Bearer {token}"}
    return headers


def worth(points: float) -> str:
    """The shipped SOP with other points in its first step."""
    sop = parse(shipped()["en-b2b"])
    return dump(replace(sop, steps=(replace(sop.steps[0], points=points), *sop.steps[1:])))


def test_a_manager_takes_a_draft_to_its_end(client: TestClient, people: dict[str, Header]) -> None:
    """Saved, compared, tried, published from a date with re-scoring, and retired, each step read back."""
    boss, text = people["manager"], {"document": worth(77)}
    assert client.put("/api/sops/en-b2b/draft", json=text, headers=boss).json()["state"] == "draft"
    wish = {"old": "en-b2b", "new": "en-b2b@draft"}
    compared = client.post("/api/sops/diff", json=wish, headers=boss).json()
    assert compared["words"]["en"] == [f"step opening: points {parse(shipped()['en-b2b']).steps[0].points:g} → 77"]
    tried = client.post("/api/sops/backtests", json={"name": "en-b2b"}, headers=boss)
    assert (tried.status_code, tried.json()["against"]) == (202, "en-b2b@1")
    address = f"/api/sops/backtests/{tried.json()['run']['id']}"
    assert client.get(address, headers=boss).json()["run"]["state"] == "waiting"
    assert client.post(f"{address}/stop", headers=boss).json()["run"]["state"] == "stopped"
    since = {"since": "2026-01-01T00:00:00+08:00", "rescore": True}
    made = client.post("/api/sops/en-b2b/publish", json=since, headers=boss).json()
    assert (made["is_new"], made["version"]["number"]) == (True, 2)
    assert made["version"]["created_by_id"] == made["version"]["published_by_id"] is not None
    progress = f"/api/sops/rescorings/{made['rescoring_id']}"
    assert client.get(progress, headers=boss).json()["sop"] == "en-b2b@2"
    assert client.post(f"{progress}/stop", headers=boss).json()["run"]["state"] == "stopped"
    assert client.post("/api/sops/en-b2b@2/rescore", json={}, headers=boss).status_code == 202
    assert client.get("/api/sops/en-b2b@draft", headers=boss).status_code == 404
    assert client.post("/api/sops/en-b2b@2/retire", headers=boss).json()["state"] == "retired"


def test_a_rep_reads_what_was_published_and_changes_nothing(client: TestClient, people: dict[str, Header]) -> None:
    """Drafts don't exist for reps, and every change is refused."""
    boss, rep, text = people["manager"], people["rep"], {"document": worth(77)}
    client.put("/api/sops/en-b2b/draft", json=text, headers=boss)
    assert {v["state"] for v in client.get("/api/sops", headers=rep).json()} == {"published"}
    assert "draft" in {v["state"] for v in client.get("/api/sops", headers=boss).json()}
    assert client.get("/api/sops/en-b2b", headers=rep).json()["number"] == 1
    assert client.get("/api/sops/en-b2b@draft", headers=rep).status_code == 404
    tried = client.post("/api/sops/backtests", json=text, headers=boss).json()["run"]["id"]
    assert client.get(f"/api/sops/backtests/{tried}", headers=rep).status_code == 404
    changes: list[tuple[str, str, Any]] = [
        ("PUT", "en-b2b/draft", text),
        ("DELETE", "en-b2b/draft", None),
        ("POST", "en-b2b/publish", {}),
        ("POST", "en-b2b@1/retire", None),
        ("POST", "en-b2b@1/rescore", {}),
        ("POST", "backtests", text),
    ]
    for method, path, body in changes:
        answer = client.request(method, f"/api/sops/{path}", json=body, headers=rep)
        assert answer.status_code == 403, path
    assert client.post("/api/sops/validate", json=text).status_code == 401


def test_mistakes_come_with_path_line_and_hint(client: TestClient, people: dict[str, Header]) -> None:
    """Validation tells all problems; publishing them is refused with the same."""
    broken = worth(10).replace("event: opening", "event: openning")
    told = client.post("/api/sops/validate", json={"document": broken}, headers=people["rep"]).json()
    assert (told["valid"], told["name"]) == (False, None)
    (problem,) = told["problems"]
    assert problem["path"] == "steps[0].event"
    assert problem["line"] > 1
    assert "opening" in problem["hint"]
    answer = client.post("/api/sops/en-b2b/publish", json={"document": broken}, headers=people["manager"])
    assert (answer.status_code, answer.json()["detail"]) == (422, told["problems"])
    good = client.post("/api/sops/validate", json={"document": worth(10)}, headers=people["rep"]).json()
    assert (good["valid"], good["name"], good["problems"]) == (True, "en-b2b", [])


def test_what_does_not_fit_is_refused_with_the_reason(client: TestClient, people: dict[str, Header]) -> None:
    """Another name, no draft, no such version, nothing or too much to compare: each has its answer."""
    boss = people["manager"]
    other = client.post("/api/sops/other/publish", json={"document": worth(10)}, headers=boss)
    assert (other.status_code, other.json()["detail"]) == (409, "the document is named 'en-b2b', not 'other'")
    assert client.post("/api/sops/en-b2b/publish", json={}, headers=boss).status_code == 404
    assert client.delete("/api/sops/en-b2b/draft", headers=boss).status_code == 404
    assert client.post("/api/sops/en-b2b@9/retire", headers=boss).status_code == 404
    assert client.post("/api/sops/diff", json={"old": "en-b2b"}, headers=boss).status_code == 422
    assert client.post("/api/sops/backtests", json={}, headers=boss).status_code == 422


def test_schema_and_templates_are_served(client: TestClient, people: dict[str, Header]) -> None:
    """Editors get the schema, and every template can be published as it is."""
    assert "$schema" in client.get("/api/sops/schema", headers=people["rep"]).json()
    for name, text in client.get("/api/sops/templates", headers=people["rep"]).json().items():
        told = client.post("/api/sops/validate", json={"document": text}, headers=people["rep"]).json()
        assert told["valid"], name
