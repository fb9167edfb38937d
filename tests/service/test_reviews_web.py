"""Reviews over HTTP: the API, the quality card and its samples, who may open them, and in which language."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from fakes_web import add_call
from models.database import Database
from service.calls.ingest import CallDetails
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.settings import Settings

TEXTS = ["Good morning, this is Tom.", "Yes?", "Do you want to sign today?", "Frostmere <b>is</b> cheaper.", "I see."]
EVENTS = [["opening"], [], ["closing"], ["competitor", "customer_approval"], []]
PEOPLE = [("ana", "rep", "North"), ("abe", "rep", "North"), ("meg", "manager", "North"), ("sue", "manager", "South")]


@dataclass(frozen=True)
class Site:
    """The app with one call of ana's, and each person's header."""

    client: TestClient
    call_id: uuid.UUID
    head: dict[str, dict[str, str]]


@pytest.fixture
def site(database: Database, settings: Settings) -> Iterator[Site]:
    with database.transaction() as session:
        users = {n: add_user(session, NewUser(n, f"{n}@example.com", role, team)) for n, role, team in PEOPLE}
        head = {n: {"Authorization": f"Bearer {new_api_token(session, user, 't')}"} for n, user in users.items()}
    call_id = add_call(database, settings, "a", TEXTS, CallDetails(rep_email="ana@example.com"), EVENTS)
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield Site(client, call_id, head)


def test_a_review_by_the_api_is_undone_by_its_answer(site: Site) -> None:
    """The answer says what counted before, and that, sent again, brings it back; the call shows it."""
    address, head = f"/api/calls/{site.call_id}/reviews", site.head["ana"]
    wish = {"turn": 2, "event": "closing", "verdict": "rejected"}
    done = site.client.post(address, headers=head, json=wish).json()
    assert done == {**wish, "before": "withdrawn"}
    events = site.client.get(f"/api/calls/{site.call_id}", headers=head).json()["events"]
    (closing,) = (event for event in events if event["event"] == "closing")
    assert (closing["verdict"], closing["reviewed_by"]) == ("rejected", "ana")
    undone = site.client.post(address, headers=head, json={**wish, "verdict": done["before"]}).json()
    assert (undone["verdict"], undone["before"]) == ("withdrawn", "rejected")


def test_the_api_refuses_what_cannot_be(site: Site) -> None:
    """404 for others' calls, 409 with the reason for what does not fit the call, 422 for what is no verdict."""
    address = f"/api/calls/{site.call_id}/reviews"
    wish = {"turn": 2, "event": "closing", "verdict": "rejected"}
    for name in ("abe", "sue"):
        assert site.client.post(address, headers=site.head[name], json=wish).status_code == 404
    refused = site.client.post(address, headers=site.head["ana"], json={**wish, "turn": 77})
    assert (refused.status_code, refused.json()["detail"].split(";")[0]) == (
        409,
        "turn: there is no turn 77 in this call",
    )
    for wrong in ({**wish, "verdict": "maybe"}, {**wish, "turn": -1}, {**wish, "extra": 1}):
        assert site.client.post(address, headers=site.head["ana"], json=wrong).status_code == 422
    assert site.client.post(address, json=wish).status_code == 401


def test_the_card_is_for_managers(site: Site) -> None:
    """A rep has no link to it, and page and API are refused; a manager of another team sees none of its calls."""
    for path in ("/quality", "/api/quality"):
        assert site.client.get(path, headers=site.head["ana"]).status_code == 403
        assert site.client.get(path, headers=site.head["meg"]).status_code == 200
    assert 'href="/quality"' not in site.client.get("/calls", headers=site.head["ana"]).text
    assert 'href="/quality"' in site.client.get("/calls", headers=site.head["meg"]).text
    assert site.client.get("/api/quality", headers=site.head["sue"]).json()["weights_hash"] is None
    refused = site.client.post("/api/quality/samples", headers=site.head["sue"], json={})
    assert (refused.status_code, "process recordings first" in refused.json()["detail"]) == (409, True)


@pytest.mark.parametrize(
    ("language", "empty", "ask", "column"),
    [
        ("en", "No call is analysed yet", "Nobody has reviewed a sample yet", "Precision"),
        ("zh", "还没有分析过的通话", "还没有人做过抽样复核", "精确率"),
    ],
)
def test_the_card_says_what_to_do_when_it_is_empty(
    site: Site, language: str, empty: str, ask: str, column: str
) -> None:
    """Without calls it says to process some, without reviews to review a sample, in the reader's language."""
    said = {"accept-language": language}
    assert empty in site.client.get("/quality", headers=site.head["sue"] | said).text
    page = site.client.get("/quality", headers=site.head["meg"] | said).text
    assert ask in page
    assert column in page


def test_a_sample_is_judged_turn_by_turn(site: Site) -> None:
    """Drawn by the form, asked without the machine's answer, answered, taken back, and counted on the card."""
    head = site.head["meg"]
    form = {"size": "20", "event": "closing", "language": "en"}
    drawn = site.client.post("/quality/samples", headers=head, data=form)
    assert drawn.status_code == 303
    address = drawn.headers["location"]
    sample = site.client.get(f"/api{address}", headers=head).json()
    assert {item["turn"] for item in sample["items"]} == {0, 2, 4}
    assert set(sample["items"][0]) == {"position", "call_id", "turn", "event", "answer"}
    for position, item in enumerate(sample["items"]):
        page = site.client.get(address, headers=head).text
        assert f'data-position="{position}"' in page
        assert ("&lt;b&gt;" in page) == (item["turn"] > 0)
        assert "<b>is</b>" not in page
        said = {"answer": "yes" if item["turn"] == 2 else "no"}
        assert site.client.post(f"/api{address}/items/{position}", headers=head, json=said).status_code == 200
    assert "The sample is done" in site.client.get(address, headers=head).text
    card = site.client.get("/api/quality", headers=head).json()
    (row,) = (row for row in card["events"] if row["event"] == "closing")
    assert (row["precision"]["value"], row["recall"]["value"], row["precision_basis"]) == (1, 1, "sample")
    page = site.client.get("/quality", headers=head).text
    assert re.search(r'aria-label="Recall 100%, 95 % interval \d+% to 100%\."', page)
    assert site.client.post(f"/api{address}/items/0", headers=head, json={"answer": None}).status_code == 200
    assert "1 turn of your last sample waits for an answer." in site.client.get("/quality", headers=head).text
    nothing = site.client.post("/quality/samples", headers=head, data={**form, "event": "sings"})
    assert "Every such turn has been judged." in nothing.text


def test_a_sample_is_nobody_elses(site: Site) -> None:
    """For another manager, and for a rep, page and API do as if there was none."""
    sample = site.client.post("/api/quality/samples", headers=site.head["meg"], json={"size": 4, "seed": 1}).json()
    address = f"/quality/samples/{sample['id']}"
    assert sample["seed"] == 1
    for name, code in (("sue", 404), ("ana", 403)):
        for path in (address, f"/api{address}"):
            assert site.client.get(path, headers=site.head[name]).status_code == code, (name, path)
        answer = site.client.post(f"/api{address}/items/0", headers=site.head[name], json={"answer": "yes"})
        assert answer.status_code == code
    assert site.client.get("/quality/samples/none", headers=site.head["meg"]).status_code == 422
    missing = site.client.post(f"/api{address}/items/99", headers=site.head["meg"], json={"answer": "yes"})
    assert missing.status_code == 404


def test_a_reviewed_call_shows_it(site: Site) -> None:
    """A rejected event is struck through and off the tally, a confirmed one ticked; what can be added is offered."""
    address, head = f"/api/calls/{site.call_id}/reviews", site.head["ana"] | {"accept-language": "en"}
    for turn, event, verdict in ((2, "closing", "rejected"), (0, "opening", "confirmed"), (1, "next_step", "missed")):
        site.client.post(address, headers=head, json={"turn": turn, "event": event, "verdict": verdict})
    page = site.client.get(f"/calls/{site.call_id}", headers=head).text
    assert '<s class="chip-name">Closing</s>' in page
    assert 'data-filter="closing"' not in page
    assert 'data-filter="next_step"' in page
    assert page.count('data-verdict="') == 3
    menu = re.findall(r'data-missed="(\w+)" data-speakers="([a-z ]+)"', page)
    assert dict(menu)["price_objection"] == "customer"
    assert len(menu) == 13
