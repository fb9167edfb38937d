"""Leads and points by API and commands, on the demo."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from sqlalchemy import select

from browsing import Site, served
from databases import Demo
from fakes_leads import lead_id
from models.people import User
from service import cli
from service import settings as settings_module
from service.people.sessions import new_api_token


@dataclass(frozen=True)
class _Api:
    """Requests of one person."""

    site: Site
    token: str

    def __call__(self, path: str, body: object = None, method: str | None = None) -> tuple[int, object]:
        import httpx

        answer = httpx.request(
            method or ("GET" if body is None else "POST"),
            self.site.address + path,
            json=body,
            headers={"Authorization": f"Bearer {self.token}"},
        )
        kind = answer.headers.get("content-type", "")
        return answer.status_code, answer.json() if "json" in kind else answer.text


@pytest.fixture(scope="module")
def site(scored_demo: Demo) -> Iterator[Site]:
    """The demo, scored from gold, on a free port."""
    with served(scored_demo.database, scored_demo.settings, scored_demo.calls) as running:
        yield running


@pytest.fixture(scope="module")
def apis(site: Site) -> dict[str, _Api]:
    """A client of each person, by their first name."""
    with site.database.transaction() as session:
        users = session.scalars(select(User)).all()
        return {user.email.partition(".")[0]: _Api(site, new_api_token(session, user, "t")) for user in users}


def test_the_api_claims_and_tells_who_was_quicker(site: Site, apis: dict[str, _Api]) -> None:
    """201s and 409s: the winner reads the number, the other the winner's name; another team finds nothing."""
    lead = lead_id(site.database, "L-2009")
    status, row = apis["tom"](f"/api/leads/{lead}/claim", {})
    assert status == 200
    assert isinstance(row, dict)
    assert (row["owner"], row["phone"], row["state"]) == ("Tom Becker", "+447700900213", "assigned")
    status, told = apis["priya"](f"/api/leads/{lead}/claim", {})
    assert status == 409
    assert "Tom Becker has this lead" in json.dumps(told)
    assert apis["lin"](f"/api/leads/{lead}")[0] == 404
    assert apis["priya"](f"/api/leads/{lead}")[0] == 404
    status, detail = apis["helen"](f"/api/leads/{lead}")
    assert status == 200
    assert isinstance(detail, dict)
    assert [line["kind"] for line in detail["history"]] == ["claimed", "imported"]
    status, told = apis["priya"]("/api/leads/owner?phone=%2B447700900213")
    assert status == 200
    assert isinstance(told, dict)
    assert (told["ownership"], told["owner"], told["lead_id"]) == ("other", "Tom Becker", None)
    assert apis["tom"](f"/api/leads/{lead}/undo", {})[0] == 200
    assert apis["tom"](f"/api/leads/{lead}/invalid", {"reason": ""})[0] in (403, 422)


def test_the_api_refuses_what_is_wrong(site: Site, apis: dict[str, _Api]) -> None:
    """Unknown leads, wrong people and wrong wishes each have their own answer, in one line."""
    lead = lead_id(site.database, "L-2010")
    assert apis["tom"](f"/api/leads/{uuid.uuid4()}/claim", {})[0] == 404
    assert apis["tom"](f"/api/leads/{lead}/invalid", {"reason": " "})[0] == 422
    assert apis["tom"](f"/api/leads/{lead}/convert", {"pipeline": "nowhere"})[0] == 422
    assert apis["tom"](f"/api/leads/{lead}/convert", {"amount": -1})[0] == 422
    assert apis["sam"](f"/api/leads/{lead}/claim", {})[0] == 403
    assert apis["tom"]("/api/points?period=soon")[0] == 422


def test_points_are_those_of_verified_stages(apis: dict[str, _Api]) -> None:
    """The deal that only claims to negotiate earns its rep one stage and is suspicious; the rep sees only their own."""
    status, report = apis["sam"]("/api/points?period=2026-10")
    assert status == 200
    assert isinstance(report, dict)
    lines = {person["rep"]: person["lines"] for person in report["people"]}
    assert {line["opportunity"] for line in lines["Tom Becker"]} == {"OPP-1002"}
    assert [line["stage"] for line in lines["Tom Becker"]] == ["needs"]
    assert len(lines["Priya Nair"]) > 3
    assert all(line["evidence"] for found in lines.values() for line in found)
    (odd,) = report["suspicious"]
    assert (odd["name"], odd["opportunity"]) == ("L-1901", "OPP-1002")
    assert {reason["code"] for reason in odd["reasons"]} == {"no_verified_call", "converted_at_once", "claimed_beyond"}
    _, own = apis["priya"]("/api/points?period=2026-10")
    assert isinstance(own, dict)
    assert [person["rep"] for person in own["people"]] == ["Priya Nair"]
    assert own["people"][0] == next(person for person in report["people"] if person["rep"] == "Priya Nair")
    assert own["suspicious"] == []
    _, whole = apis["sam"]("/api/points?period=2026-Q4")
    _, november = apis["sam"]("/api/points?period=2026-11")
    assert isinstance(whole, dict)
    assert isinstance(november, dict)
    total = {report["period"]: sum(one["points"] for one in report["people"]) for report in (whole, report, november)}
    assert total["2026-Q4"] == pytest.approx(total["2026-10"] + total["2026-11"])


def test_the_commands_list_claim_and_count(
    site: Site, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Results on standard output as JSON lines; a refusal is one line that names the lead."""
    monkeypatch.setenv("CLEARCALL_HOME", str(site.settings.home))
    monkeypatch.setenv("CLEARCALL_DATABASE_URL", site.database.conninfo)
    settings_module.settings.cache_clear()

    def run(*args: str) -> str:
        monkeypatch.setattr("sys.argv", ["clearcall", *args])
        with pytest.raises(SystemExit) as stop:
            cli.main()
        told = capsys.readouterr()
        return told.out if stop.value.code in (0, None) else f"failed: {told.err}"

    try:
        waiting = [json.loads(line) for line in run("leads", "list", "--pool", "--json").splitlines()]
        assert {"L-2001", "L-2003"} <= {row["lead_id"] for row in waiting}
        assert "zhao.peng@example.com has L-2003" in run("leads", "claim", "L-2003", "--by", "zhao.peng@example.com")
        assert "L-2003: 赵鹏 has this lead" in run("leads", "claim", "L-2003", "--by", "lin.xiao@example.com")
        assert "public pool" in run("leads", "release", "L-2003", "--by", "zhao.peng@example.com", "--reason", "x")
        assert "no such lead" in run("leads", "claim", "nothing", "--by", "lin.xiao@example.com")
        assert "has L-2003" in run("leads", "assign", "L-2003", "--to", "lin.xiao@example.com")
        assert "0 leads given out" in run("leads", "assign")
        assert "0 leads flowed back" in run("leads", "expire")
        assert "first_contact_hours: 24" in run("leads", "rules")
        wrong = tmp_path / "pool.yaml"
        wrong.write_text("pool: {capacity: 0}", "utf-8")
        assert "pool.yaml: pool.capacity (line 1): 0 is out of range" in run("leads", "rules", str(wrong))
        report = json.loads(run("points", "--period", "2026-11", "--json"))
        assert report["period"] == "2026-11"
        assert "neither a month" in run("points", "--period", "2026")
    finally:
        settings_module.settings.cache_clear()
