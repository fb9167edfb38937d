"""What a CRM pushes over the API: records, stages, approvals, actions, configurations."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi.testclient import TestClient

from models.database import Database
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.settings import Settings

Header = dict[str, str]
DEAL = {"name": "Cold rooms", "account": "Acme", "stage": "needs", "owner_email": "ana@example.com", "amount": 1200}


@pytest.fixture
def client(database: Database, settings: Settings) -> Iterator[TestClient]:
    """The app, not signed in."""
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield client


@pytest.fixture
def people(database: Database) -> dict[str, Header]:
    """The headers that sign an admin, a manager and a rep of the north, and a rep of the south in."""
    headers = {}
    who = (("root", "admin", None), ("meg", "manager", "North"), ("ana", "rep", "North"), ("bo", "rep", "South"))
    with database.transaction() as session:
        for name, role, team in who:
            user = add_user(session, NewUser(name, f"{name}@example.com", role, team))
            headers[name] = {"Authorization": f"Bearer {new_api_token(session, user, 'test')}"}
    return headers


def test_an_opportunity_is_pushed_and_changed(client: TestClient, people: dict[str, Header]) -> None:
    """Added, the same again unchanged, one field changed; each change is in the trail with its author."""
    address, root = "/api/opportunities/O-1", people["root"]
    assert client.patch(address, json=DEAL, headers=root).status_code == 404
    made = client.put(address, json={**DEAL, "fields": {"region": "east"}}, headers=root)
    assert (made.status_code, made.json()["state"]) == (201, "added")
    again = client.put(address, json=DEAL, headers=root)
    assert (again.status_code, again.json()["state"]) == (200, "unchanged")
    changed = client.patch(address, json={"amount": "900.50", "fields": {"region": None}}, headers=root).json()
    assert changed["state"] == "updated"
    assert {(each["field"], each["old"], each["new"]) for each in changed["changes"]} == {
        ("amount", "1200.00", "900.50"),
        ("fields.region", "east", None),
    }
    trail = client.get(f"{address}/changes", headers=root).json()
    assert [(each["field"], each["actor"], each["via"]) for each in trail] == [
        ("fields.region", "root", "api"),
        ("amount", "root", "api"),
        ("", "root", "api"),
    ]
    assert client.get(address, headers=root).json()["row"]["amount"] == "900.50"


@pytest.mark.parametrize(
    ("wish", "told"),
    [
        ({"stage": "bid"}, "stage: expected one of qualify"),
        ({"owner_email": "eve@example.com"}, "owner_email: no user 'eve@example.com'"),
        ({"account": None}, "account: empty"),
        ({"collaborators": [{"email": "eve@example.com", "function": "legal"}]}, "collaborators: no user"),
    ],
)
def test_the_same_checks_as_for_files(
    client: TestClient, people: dict[str, Header], wish: dict[str, Any], told: str
) -> None:
    """A record that can't be right is answered with the field and the reason, and is not stored."""
    answer = client.put("/api/opportunities/O-1", json={**DEAL, **wish}, headers=people["root"])
    assert answer.status_code == 422
    assert answer.json()["detail"].startswith(told)
    assert client.get("/api/opportunities/O-1", headers=people["root"]).status_code == 404
    assert client.put("/api/opportunities/O-1", json={**DEAL, "colour": 1}, headers=people["root"]).status_code == 422


def test_reps_push_their_own_and_managers_their_teams(client: TestClient, people: dict[str, Header]) -> None:
    """What is another's is refused, and what a viewer may not see does not exist."""
    mine = {key: value for key, value in DEAL.items() if key != "owner_email"}
    made = client.put("/api/opportunities/O-1", json=mine, headers=people["ana"])
    assert made.status_code == 201
    assert client.get("/api/opportunities/O-1", headers=people["ana"]).json()["row"]["owner"] == "ana"
    assert client.put("/api/opportunities/O-1", json=DEAL, headers=people["meg"]).json()["state"] == "unchanged"
    given = client.patch("/api/opportunities/O-1", json={"owner_email": "bo@example.com"}, headers=people["meg"])
    assert given.status_code == 403
    assert client.put("/api/opportunities/O-1", json=DEAL, headers=people["bo"]).status_code == 403
    assert client.get("/api/opportunities/O-1/changes", headers=people["bo"]).status_code == 404
    stage = {"stage": "proposal"}
    assert client.post("/api/opportunities/O-1/stage", json=stage, headers=people["bo"]).status_code == 404
    assert client.put("/api/opportunities/O-1", json=DEAL).status_code == 401


def test_a_deal_that_nobody_owns_is_the_admins_to_push(client: TestClient, people: dict[str, Header]) -> None:
    """A manager who does not see it neither changes it nor reads in the answer what it was."""
    nobodys = {key: value for key, value in DEAL.items() if key != "owner_email"}
    assert client.put("/api/opportunities/O-1", json=nobodys, headers=people["root"]).status_code == 201
    assert client.get("/api/opportunities/O-1", headers=people["root"]).json()["row"]["owner"] is None
    refused = client.put("/api/opportunities/O-1", json={**nobodys, "amount": "1"}, headers=people["meg"])
    assert refused.status_code == 403
    assert "900" not in refused.text
    assert client.patch("/api/opportunities/O-1", json={"amount": "1"}, headers=people["root"]).status_code == 200


def test_nobody_ties_a_deal_to_people_of_another_team(client: TestClient, people: dict[str, Header]) -> None:
    """A rep can't come to another team's contacts by naming their account, or one of them, in a deal of their own."""
    contact = {"name": "Al Moss", "account": "Acme", "phone": "+44 7700 900142"}
    client.put("/api/opportunities/O-1", json=DEAL, headers=people["root"])
    client.put("/api/contacts/C-1", json=contact, headers=people["root"])
    own = {"name": "Mine", "account": "Bolt", "stage": "needs"}
    part = {"contacts": [{"contact": "C-1", "role": "user"}]}
    for wish in ({**own, "account": "Acme"}, {**own, "contact_id": "C-1"}, {**own, **part}):
        told = client.put("/api/opportunities/O-2", json=wish, headers=people["bo"])
        assert (told.status_code, "another team" in told.json()["detail"]) == (403, True), wish
    taken = client.put("/api/contacts/C-2", json={"name": "Eve", "account": "Acme"}, headers=people["bo"])
    assert taken.status_code == 403
    for person in ("ana", "meg", "root"):
        again = {**own, "account": "Acme", "contact_id": "C-1"}
        assert client.put(f"/api/opportunities/O-{person}", json=again, headers=people[person]).status_code == 201


def test_a_rep_reads_no_number_of_a_pool_in_its_trail(client: TestClient, people: dict[str, Header]) -> None:
    """Numbers of leads that nobody has are masked for reps, and so is the history of their fields."""
    lead = {"name": "Al", "company": "Acme", "phone": "+44 7700 900142", "owner_email": None}
    assert client.put("/api/leads/L-1", json=lead, headers=people["root"]).status_code == 201
    assert "+447700900142" in client.get("/api/leads/L-1/trail", headers=people["meg"]).text
    seen = client.get("/api/leads/L-1/trail", headers=people["ana"])
    assert (seen.status_code, seen.json()) == (200, [])


def test_a_manager_changes_no_lead_of_another_teams_pool(client: TestClient, people: dict[str, Header]) -> None:
    """A lead in the pool of the south does not answer the north with what it was."""
    lead = {"name": "Al", "phone": "+44 7700 900142", "team": "South", "owner_email": None}
    client.put("/api/leads/L-1", json=lead, headers=people["root"])
    told = client.put("/api/leads/L-1", json={"phone": "+44 7700 900999"}, headers=people["meg"])
    assert told.status_code == 403
    assert "900142" not in told.text


def test_an_action_is_told_once_it_is_done(client: TestClient, people: dict[str, Header]) -> None:
    """One that lies in the future would open a gate today."""
    client.put("/api/opportunities/O-1", json=DEAL, headers=people["root"])
    wish = {"action": "site_visit", "done_at": "2999-01-01T00:00:00Z"}
    told = client.post("/api/opportunities/O-1/actions", json=wish, headers=people["root"])
    assert (told.status_code, "future" in told.json()["detail"]) == (409, True)


def test_stages_are_told_with_their_time(client: TestClient, people: dict[str, Header]) -> None:
    """A later move changes the deal, an earlier one its history, the same one nothing, a future one is refused."""
    root = people["root"]
    opened = {**DEAL, "stage_changed_at": "2026-10-05T09:00:00Z"}
    client.put("/api/opportunities/O-1", json=opened, headers=root)

    def move(stage: str, at: str) -> tuple[int, str]:
        wish = {"stage": stage, "changed_at": at}
        answer = client.post("/api/opportunities/O-1/stage", json=wish, headers=root)
        return answer.status_code, answer.json().get("state", "")

    assert move("proposal", "2026-10-20T09:00:00Z") == (200, "updated")
    assert move("qualify", "2026-10-01T09:00:00Z") == (200, "updated")
    assert move("qualify", "2026-10-01T09:00:00Z") == (200, "unchanged")
    assert move("proposal", "2026-10-18T09:00:00Z") == (200, "updated")
    assert move("proposal", "2126-10-18T09:00:00Z")[0] == 422
    assert move("bid", "2026-10-02T09:00:00Z")[0] == 422
    detail = client.get("/api/opportunities/O-1", headers=root).json()
    assert detail["row"]["stage"] == "proposal"
    assert [(each["stage"], each["changed_at"][:10]) for each in detail["stages"]] == [
        ("qualify", "2026-10-01"),
        ("needs", "2026-10-05"),
        ("proposal", "2026-10-18"),
    ]


def test_approvals_are_asked_for_by_reps_and_decided_by_managers(client: TestClient, people: dict[str, Header]) -> None:
    """A rep asks once and can't decide; the manager does; each step is in the trail."""
    client.put("/api/opportunities/O-1", json=DEAL, headers=people["root"])
    address = "/api/opportunities/O-1/approvals"
    ask = {"kind": "discount", "note": "ten per cent"}
    assert client.post(address, json=ask, headers=people["ana"]).status_code == 201
    assert client.post(address, json=ask, headers=people["ana"]).status_code == 409
    decide = {"kind": "discount", "state": "approved"}
    assert client.post(address, json=decide, headers=people["ana"]).status_code == 403
    assert client.post(address, json=decide, headers=people["meg"]).status_code == 201
    assert client.post(address, json={"kind": "bid", "state": "rejected"}, headers=people["meg"]).status_code == 201
    done = {"action": "site_visit", "done_at": "2026-10-20T09:00:00Z"}
    for _ in range(2):
        assert client.post("/api/opportunities/O-1/actions", json=done, headers=people["ana"]).status_code == 201
    trail = client.get("/api/opportunities/O-1/changes", headers=people["ana"]).json()
    assert [(each["field"], each["new"], each["actor"]) for each in reversed(trail)][1:] == [
        ("approvals.discount", "requested", "ana"),
        ("approvals.discount", "approved", "meg"),
        ("approvals.bid", "requested", "meg"),
        ("approvals.bid", "rejected", "meg"),
        ("actions.site_visit", "done", "ana"),
    ]


def test_many_records_in_one_request(client: TestClient, people: dict[str, Header]) -> None:
    """One answer a line: good ones go in, bad ones say why, and a dry run changes nothing."""
    lines = [
        json.dumps({"opportunity_id": "O-1", **DEAL}),
        json.dumps({"opportunity_id": "O-2", **DEAL, "stage": "bid"}),
        "not json",
        json.dumps({"opportunity_id": "O-1", **DEAL}),
        json.dumps({"opportunity_id": "O-4", **DEAL, "amount": "much"}),
        json.dumps(DEAL),
    ]
    body = "\n".join(lines).encode()
    dry = client.post("/api/import/opportunities?dry_run=true", content=body, headers=people["root"]).json()
    answer = client.post("/api/import/opportunities", content=body, headers=people["root"]).json()
    assert [row["state"] for row in dry["rows"]] == [row["state"] for row in answer["rows"]]
    assert (answer["added"], answer["bad"]) == (1, 5)
    assert [(row["line"], row["reason"].split(":")[0]) for row in answer["rows"]] == [
        (1, ""),
        (2, "stage"),
        (3, "not JSON (Expecting value"),
        (4, "opportunity_id"),
        (5, "amount"),
        (6, "opportunity_id"),
    ]
    leads = json.dumps({"lead_id": "L-1", "name": "Al", "phone": "+447700900142"}).encode()
    assert client.post("/api/import/leads", content=leads, headers=people["ana"]).json()["added"] == 1


def test_accounts_contacts_and_leads_are_pushed(client: TestClient, people: dict[str, Header]) -> None:
    """Each is added once, changed, and has a trail."""
    root = people["root"]
    for address, wish, change in (
        ("/api/accounts/A-1", {"name": "Acme"}, {"industry": "food"}),
        ("/api/contacts/C-1", {"name": "Al", "account": "Acme"}, {"decision_role": "champion"}),
        ("/api/leads/L-1", {"name": "Bea"}, {"company": "Bolt"}),
    ):
        assert client.put(address, json=wish, headers=root).status_code == 201
        assert client.put(address, json=wish, headers=root).json()["state"] == "unchanged"
        assert client.put(address, json=change, headers=root).json()["state"] == "updated"
        told = {entry["field"] for entry in client.get(f"{address}/trail", headers=root).json()}
        assert told >= {"", *change}


def test_pipelines_are_read_by_all_and_changed_by_managers(client: TestClient, people: dict[str, Header]) -> None:
    """A changed pipeline counts from then on; mistakes have a path; a stage that deals are in can't go."""
    client.put("/api/opportunities/O-1", json=DEAL, headers=people["root"])
    found = client.get("/api/pipelines", headers=people["ana"]).json()
    assert [each["id"] for each in found] == ["default", "complex", "telesales"]
    assert {stage["id"]: stage["deals"] for stage in found[0]["stages"]}["needs"] == 1
    address = "/api/configurations/pipeline/default"
    text = client.get(address, headers=people["ana"]).json()["document"]
    sharper = {"document": text.replace("probability: 0.25", "probability: 0.2")}
    assert client.put(address, json=sharper, headers=people["ana"]).status_code == 403
    assert client.put(address, json=sharper, headers=people["meg"]).json()["is_new"] is True
    assert client.put(address, json=sharper, headers=people["meg"]).json()["is_new"] is False
    assert client.get("/api/pipelines", headers=people["ana"]).json()[0]["stages"][1]["probability"] == 0.2
    wrong = {"document": text.replace("kind: won", "kind: one")}
    mistakes = client.put(address, json=wrong, headers=people["meg"]).json()["detail"]
    assert {each["path"]: each["message"] for each in mistakes}["stages[5].kind"] == "unknown kind 'one'"
    gone = {"document": text.replace("id: needs", "id: wants")}
    (mistake,) = client.put(address, json=gone, headers=people["meg"]).json()["detail"]
    assert mistake["message"] == "deals are in stages that are not there: needs (1)"
    other = "/api/configurations/pipeline/other"
    assert client.put(other, json={"document": text}, headers=people["meg"]).status_code == 422
