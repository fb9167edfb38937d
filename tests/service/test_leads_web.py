"""Leads, points and notices by API, pages and commands, on the demo."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect
from sqlalchemy import select

from browsing import Site, chromium, needs_browser, served
from databases import Demo
from models.leads import Lead
from models.people import User
from service import cli
from service import settings as settings_module
from service.demo.loading import PASSWORD
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


def lead_id(site: Site, external_id: str) -> uuid.UUID:
    with site.database.transaction() as session:
        return session.scalars(select(Lead.id).where(Lead.external_id == external_id)).one()


def test_the_api_claims_and_tells_who_was_quicker(site: Site, apis: dict[str, _Api]) -> None:
    """201s and 409s: the winner reads the number, the other the winner's name; another team finds nothing."""
    lead = lead_id(site, "L-2009")
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
    lead = lead_id(site, "L-2010")
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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as opened:
        yield opened


@pytest.fixture
def open_as(site: Site, browser: Browser) -> Iterator[object]:
    """Opens pages as somebody; any script error or failed request fails the test."""
    problems: list[str] = []
    contexts = []

    def open_page(who: str, path: str, language: str = "en") -> object:
        context = browser.new_context(base_url=site.address, locale="en-GB", timezone_id="Europe/London")
        contexts.append(context)
        page = context.new_page()
        page.goto("/login")
        page.fill("[name=email]", f"{who}@example.com")
        page.fill("[name=password]", PASSWORD)
        page.click("button[type=submit]")
        page.wait_for_url(re.compile("/calls"))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if _is_error(line) else None)
        page.goto(f"/language/{language}?next={path}")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert problems == []


def _is_error(line: ConsoleMessage) -> bool:
    """A form that is refused is an answer; the browser calls it an error."""
    return line.type == "error" and "status of 422" not in line.text


@needs_browser
def test_two_reps_see_one_lead_and_the_second_is_told_in_place(site: Site, open_as) -> None:
    """Both pages offer the lead; one click wins and shows the number, the other row says who was quicker."""
    lead = lead_id(site, "L-2007")
    tom, priya = open_as("tom.becker", "/leads/pool"), open_as("priya.nair", "/leads/pool")
    row = f"#lead-{lead}"
    expect(priya.locator(row)).not_to_contain_text("+447700900211")
    tom.locator(f"{row} [data-claim]").focus()
    tom.keyboard.press("Enter")
    expect(tom.locator(row)).to_contain_text("+447700900211")
    expect(tom.locator(f"{row} [data-undo]")).to_be_focused()
    expect(tom.locator("#my-capacity")).to_contain_text("4")
    priya.locator(f"{row} [data-claim]").click()
    expect(priya.locator(row)).to_contain_text("Tom Becker was quicker")
    expect(priya.locator(row)).not_to_contain_text("+447700900211")
    tom.locator(f"{row} [data-undo]").click()
    expect(tom.locator(f"{row} [data-claim]")).to_be_visible()


@needs_browser
def test_a_manager_assigns_and_the_rep_is_told(site: Site, open_as) -> None:
    """The bell of the rep counts the notice, which leads to the lead and then counts no more."""
    lead = lead_id(site, "L-2006")
    manager = open_as("chen.yun", "/leads/pool", "zh")
    row = manager.locator(f"#lead-{lead}")
    row.locator("select").select_option(label="赵鹏 · 1/50")
    row.get_by_role("button", name="分配").click()
    expect(manager.locator(f"#lead-{lead}")).to_contain_text("已分配给赵鹏")
    rep = open_as("zhao.peng", "/notices", "zh")
    expect(rep.locator(".bell-count")).to_have_text("1")
    rep.get_by_text("陈芸把“顾宁”分配给您").click()
    rep.wait_for_url(re.compile(f"/leads/{lead}"))
    expect(rep.locator("h1")).to_contain_text("海棠冰品")
    expect(rep.locator(".bell-count")).to_have_text("")


@needs_browser
def test_a_lead_becomes_a_deal_on_its_page(site: Site, open_as) -> None:
    """The dialog makes the deal and goes there; a wrong amount is told and changes nothing."""
    page = open_as("tom.becker", f"/leads/{lead_id(site, 'L-2010')}")
    for amount, address in (("a lot", "/leads/"), ("12,500", "/opportunities/LEAD-L-2010")):
        page.get_by_role("button", name="Make a deal").click()
        page.fill("#convert [name=amount]", amount)
        page.locator("#convert button[type=submit]").click()
        page.wait_for_url(re.compile(address))
        if amount == "a lot":
            expect(page.locator("[role=alert]").first).to_contain_text("a lot is not an amount")
    expect(page.locator("main")).to_contain_text("Cedar Fork Creamery")


@needs_browser
@pytest.mark.parametrize("language", ["zh", "en"])
def test_points_play_and_every_page_has_its_words(open_as, language: str) -> None:
    """Points show their quotes with a button each; no page shows a key of a text that is missing."""
    page = open_as("helen.marsh", "/points?period=2026-10", language)
    expect(page.locator(".points-line [data-sound]").first).to_be_visible()
    expect(page.locator(".reasons li")).to_have_count(3)
    for path in ("/leads", "/leads/pool", "/notices", "/points?period=2026-Q4", "/leads?grade=A&q=nothing"):
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200
        assert not re.search(r"\b(leads|points|notices)\.[a-z_]+\b", page.locator("main").inner_text())
