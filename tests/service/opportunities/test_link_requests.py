"""Links as asked for: a call found by its name, and links over the API."""

from __future__ import annotations

import uuid

from fastapi.testclient import TestClient

from linking import add_deal, bring
from models.database import Database
from models.people import User
from service.calls.finding import find_call
from service.main import create_app
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR, Viewer
from service.settings import Settings


def test_a_call_is_found_by_its_id_or_by_its_name(
    database: Database, settings: Settings, people: dict[str, Viewer]
) -> None:
    """A name that two calls share finds none."""
    first = bring(database, settings, external_id="K-1")
    with database.transaction() as session:
        assert find_call(session, OPERATOR, str(first)) == find_call(session, OPERATOR, "K-1") == first
        assert find_call(session, people["tom"], "K-1") is None
    bring(database, settings, sound=500.0, external_id="K-1")
    with database.transaction() as session:
        assert find_call(session, OPERATOR, "K-1") is None


def test_links_over_the_api(database: Database, settings: Settings, people: dict[str, Viewer]) -> None:
    """Candidates, a person's link, taking it back, and the simulator answer by JSON; what is wrong is told."""
    with database.transaction() as session:
        add_deal(session, "D-1", "zhao")
        add_deal(session, "D-2", "lin")
        token = new_api_token(session, session.get_one(User, people["chen"].user_id), "test")
        rep = new_api_token(session, session.get_one(User, people["lin"].user_id), "test")
    call = bring(database, settings)
    client = TestClient(create_app(settings, database), headers={"authorization": f"Bearer {token}"})
    found = client.get(f"/api/calls/{call}/candidates").json()
    assert [each["opportunity"] for each in found["candidates"]] == ["D-2", "D-1"]
    put = client.put(f"/api/calls/{call}/link", json={"opportunity": "D-1"})
    assert (put.json()["opportunity"], put.json()["person"]) == ("D-1", "chen")
    assert client.put(f"/api/calls/{call}/link", json={"opportunity": "D-9"}).status_code == 422
    assert client.put(f"/api/calls/{uuid.uuid4()}/link", json={"opportunity": None}).status_code == 404
    assert client.post("/api/links/simulate", json={"opened_after_days": 0}).json()["kept"] == 1
    assert client.post("/api/links/simulate", json={"opened_after_days": 900}).status_code == 422
    as_rep = {"authorization": f"Bearer {rep}"}
    assert client.post("/api/links/simulate", json={}, headers=as_rep).status_code == 403
    assert client.delete(f"/api/calls/{call}/link").json()["opportunity"] == "D-2"
    assert client.post("/api/links/run").json()["moved"] == 0
