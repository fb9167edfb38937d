"""Gaps, violations and their answers as asked for: by the API and by the command line."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete
from typer.testing import CliRunner

from judging import CLOSE_PASSED, PRIYA, TOM
from models.answers import ViolationAnswer
from models.database import Database
from service.cli import app, deals
from service.main import create_app
from service.people.queries import user_by_email
from service.people.sessions import new_api_token
from service.settings import Settings


def test_the_api(demo: Database, tmp_path: Path) -> None:
    """Gap, violations and sums as JSON, scoped to who asks; an answer is kept, a wrong one refused with its reason."""
    with demo.transaction() as session:
        tokens = {mail: new_api_token(session, user_by_email(session, mail), "test") for mail in (PRIYA, TOM)}
    heads = {mail: {"Authorization": f"Bearer {token}"} for mail, token in tokens.items()}
    with TestClient(create_app(Settings(home=tmp_path), demo)) as client:
        own = client.get("/api/opportunities/OPP-1002/gap", headers=heads[TOM]).json()
        assert (own["claimed"], own["verified"], own["at_risk"]) == ("negotiate", "needs", "25600.00")
        proven = [each for gate in own["gates"] for each in gate["verdicts"] if each["outcome"] == "met"]
        assert all(each["evidence"] or each["condition"].get("field") or each["parts"] for each in proven)
        assert {"zh", "en"} == set(own["words"])
        assert client.get("/api/opportunities/OPP-1002/gap", headers=heads[PRIYA]).status_code == 404
        listed = client.get("/api/gaps", headers=heads[TOM]).json()
        assert [each["opportunity"] for each in listed] == ["OPP-1002"]
        assert client.get("/api/gaps?by=team", headers=heads[TOM]).json()[0]["with_gap"] == 1
        assert client.get("/api/gaps?by=day", headers=heads[TOM]).status_code == 422
        (violation,) = client.get("/api/opportunities/OPP-1004/violations", headers=heads[PRIYA]).json()
        assert violation["answer"] is None
        address = f"/api/opportunities/OPP-1004/violations/{violation['key']}/answer"
        refused = client.post(address, headers=heads[PRIYA], json={"state": "accepted"})
        assert (refused.status_code, "explain it" in refused.json()["detail"]) == (403, True)
        assert client.post(address, headers=heads[PRIYA], json={"state": "explained"}).status_code == 422
        assert client.post(address, headers=heads[TOM], json={"state": "resolved"}).status_code == 404
        given = client.post(address, headers=heads[PRIYA], json={"state": "explained", "text": "Holiday."})
        assert (given.status_code, given.json()["by"]) == (200, "Priya Nair")
        (again,) = client.get("/api/opportunities/OPP-1004/violations", headers=heads[PRIYA]).json()
        assert again["answer"]["text"] == "Holiday."
    with demo.transaction() as session:
        session.execute(delete(ViolationAnswer))


def test_the_command(demo: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    """One deal in words with its quotes, all deals, sums, JSON; an unknown deal is one line."""

    @contextmanager
    def opened(_settings: Settings) -> Iterator[Database]:
        yield demo

    monkeypatch.setattr(deals, "open_database", opened)
    run = CliRunner()
    shown = run.invoke(app, ["deals", "gap", "OPP-1002"]).output
    assert "CRM says Negotiate, the calls verify Needs: 2 stages ahead" in shown
    assert "Customer need (by the customer): nobody said one in 3 calls" in shown
    assert "2026-11-04 " in shown
    assert "通话只能证实到“需求确认”" in run.invoke(app, ["deals", "gap", "OPP-1002", "--language", "zh"]).output
    assert "Tom Becker" in run.invoke(app, ["deals", "gap", "--by", "rep"]).output
    whole = json.loads(run.invoke(app, ["deals", "gap", "--json"]).output)
    assert {each["opportunity"] for each in whole} == {"OPP-1002", "OPP-1004", "OPP-1005", "OPP-1006"}
    one = json.loads(run.invoke(app, ["deals", "gap", "OPP-1004", "--json"]).output)
    assert [each["key"] for each in one["violations"]] == [CLOSE_PASSED]
    failed = run.invoke(app, ["deals", "gap", "OPP-9999"])
    assert "no opportunity 'OPP-9999'" in str(failed.exception)
