"""The pages of deals, accounts and settings over HTTP: what they show to whom, and what forms change."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from databases import Demo
from models.answers import NextStepMark
from models.database import Database
from models.opportunities import Account, Contact, DoneAction, Opportunity
from models.records import Change
from service.demo.loading import PASSWORD
from service.main import create_app
from service.opportunities.board import CARDS
from service.people.sessions import COOKIE

ADMIN, HELEN, PRIYA, TOM = (f"{name}@example.com" for name in ("sam.ortiz", "helen.marsh", "priya.nair", "tom.becker"))


@dataclass(frozen=True)
class Site:
    """The app over the scored demo."""

    app: FastAPI
    database: Database
    calls: dict[str, uuid.UUID]
    sessions: dict[str, str] = field(default_factory=dict)

    def browser(self, email: str = ADMIN, language: str = "en") -> TestClient:
        """A signed-in browser. Passwords are slow to check: once a person."""
        client = TestClient(self.app, headers={"accept-language": language})
        if email not in self.sessions:
            form = {"email": email, "password": PASSWORD}
            assert client.post("/login", data=form, follow_redirects=False).status_code == 303
            self.sessions[email] = client.cookies[COOKIE]
            client.cookies.clear()
        client.cookies.set(COOKIE, self.sessions[email])
        client.cookies.set("locale", language)
        return client

    def one(self, query: object) -> object:
        """The first column of the first row."""
        with self.database.transaction() as session:
            return session.scalar(query)  # type: ignore[call-overload]


@pytest.fixture(scope="module")
def site(scored_demo: Demo) -> Site:
    """One app for all tests of this module."""
    app = create_app(scored_demo.settings, scored_demo.database)
    return Site(app, scored_demo.database, scored_demo.calls)


def post(client: TestClient, address: str, data: dict[str, str], **headers: str) -> int:
    """Send a form as HTMX does, with the token of the page; the status of the answer."""
    token = re.search(r'name="csrf-token" content="([^"]*)"', client.get("/calls").text)
    assert token
    return client.post(
        address, data=data, headers={"X-CSRF-Token": token.group(1), "HX-Request": "true", **headers}
    ).status_code


SHOWN = {
    "en": (
        "The CRM says Negotiate. Calls verify Needs.",
        "Customer need: nobody said one in 3 calls",
        "Decision process",
    ),
    "zh": ("CRM 声称“商务谈判”，通话只证实到“需求确认”。", "客户需求：3 通电话", "决策流程"),
}


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_rosy_deal_shows_its_gap_and_what_is_missing(site: Site, language: str) -> None:
    """OPP-1002 claims negotiate: the page says what calls verify, what nobody said, and plays what was."""
    page = site.browser(language=language).get("/opportunities/OPP-1002").text
    assert all(said in page for said in SHOWN[language])
    assert "edge-gap" in page
    assert re.search(r'data-sound="/api/calls/[0-9a-f-]{36}/audio" data-start="\d+" data-end="\d+"', page)


@pytest.mark.parametrize(("language", "state", "risk"), [("en", "Missed", "Gone silent"), ("zh", "落空", "失去联系")])
def test_the_silent_deal_shows_its_missed_step(site: Site, language: str, state: str, risk: str) -> None:
    """OPP-1004 agreed to talk on 27 October and nobody did: the step is missed, and the deal has gone silent."""
    page = site.browser(language=language).get("/opportunities/OPP-1004").text
    assert f'<span class="state-mark bad">{state}</span>' in page
    assert risk in page
    assert "Can we talk on Tuesday the twenty seventh, at two?" in page


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    "address",
    [
        "/pipeline",
        "/pipeline?pipeline=complex",
        "/pipeline?pipeline=gone&outcome=won",
        "/pipeline?outcome=lost&risk=competitor&min_gap=1",
        "/pipeline/gaps",
        "/opportunities?sort=-gap&min_gap=1",
        "/opportunities?sort=stage&stage=negotiate",
        "/opportunities/OPP-1001",
        "/opportunities/OPP-1003",
        "/today",
        "/accounts",
        "/accounts?q=walt&sort=amount",
        "/settings/linking",
        "/settings/pipelines",
        "/settings/pipelines/complex",
        "/settings/import",
    ],
)
def test_every_page_answers_in_both_languages(site: Site, address: str, language: str) -> None:
    """Each page is there, in the reader's language."""
    answer = site.browser(language=language).get(address)
    assert answer.status_code == 200
    assert f'<html lang="{"zh-Hans-CN" if language == "zh" else "en-GB"}"' in answer.text


def test_htmx_gets_only_the_results(site: Site) -> None:
    """A filter change is answered with the results alone."""
    for address in ("/pipeline", "/opportunities", "/pipeline/gaps", "/accounts"):
        answer = site.browser().get(address, headers={"HX-Request": "true", "HX-Target": "results"})
        assert answer.text.lstrip().startswith('<section id="results"'), address


def test_the_list_is_paged(site: Site) -> None:
    """Sixty more deals fill a second page; the board shows the first of a stage and leads to all of them."""
    with site.database.transaction() as session:
        account = session.scalars(select(Account).where(Account.name == "Tallow Creek Dairy")).one()
        now = session.scalar(select(func.now()))
        for number in range(60):
            row = {"external_id": f"MANY-{number:02}", "name": "One of many", "account_id": account.id}
            session.add(Opportunity(**row, stage="qualify", outcome="open", created_at=now))
    client = site.browser()
    first, second = (client.get(f"/opportunities?q=MANY&page={number}").text for number in (1, 2))
    assert (first.count("data-row"), second.count("data-row")) == (50, 10)
    assert 'rel="next"' in first
    assert client.get("/opportunities?q=MANY&sort=gap&page=2").text.count("data-row") == 10
    board = client.get("/pipeline?q=MANY").text
    assert board.count("deal-card-top") == CARDS
    assert 'href="/opportunities?q=MANY&amp;pipeline=default&amp;stage=qualify&amp;outcome=open"' in board
    with site.database.transaction() as session:
        for deal in session.scalars(select(Opportunity).where(Opportunity.external_id.startswith("MANY-"))):
            session.delete(deal)


def test_money_of_several_currencies_says_how_it_is_ranked(site: Site) -> None:
    """Board and gaps say so where there are several currencies, and say nothing where there is one."""
    for address in ("/pipeline", "/pipeline/gaps"):
        assert "share of the largest amount in its own currency" in site.browser().get(address).text
        assert "in its own currency" not in site.browser(TOM).get(address).text
    assert "不同币种的金额不作比较" in site.browser(language="zh").get("/pipeline").text


def test_a_rep_sees_only_theirs(site: Site) -> None:
    """Tom's board, accounts and day hold his deals; those of others don't exist for him, and settings are closed."""
    client = site.browser(TOM)
    assert client.get("/pipeline").text.count("deal-card-top") == 1
    assert "Tallow Creek" not in client.get("/accounts").text + client.get("/today").text
    assert client.get("/opportunities/OPP-1004").status_code == 404
    walt = site.one(select(Contact.id).where(Contact.name == "Walt"))
    account = site.one(select(Account.id).where(Account.name == "Tallow Creek Dairy"))
    assert client.get(f"/contacts/{walt}").status_code == client.get(f"/accounts/{account}").status_code == 404
    assert post(client, f"/contacts/{walt}/role", {"decision_role": "user"}) == 404
    for page in ("linking", "pipelines", "import"):
        assert client.get(f"/settings/{page}").status_code == 403


def test_forms_without_their_token_are_refused(site: Site) -> None:
    """Nothing is changed for another site's page."""
    client = site.browser()
    for address in ("/opportunities/OPP-1002/steps", "/today", "/settings/linking", "/settings/import"):
        assert client.post(address, data={"key": "x", "state": "kept"}).status_code == 403


def test_a_step_is_marked_and_unmarked(site: Site) -> None:
    """The mark is shown with who made it; taken back, the calls tell again; both are in the trail."""
    client = site.browser(PRIYA)
    page = client.get("/opportunities/OPP-1004").text
    key = re.search(r'state-mark bad.*?name="key" value="([^"]+)"', page, re.S)
    assert key
    base = "/opportunities/OPP-1004/steps"
    assert post(client, base, {"key": key.group(1), "state": "dropped"}) == 200
    assert "marked by Priya Nair" in client.get("/opportunities/OPP-1004").text
    assert post(client, f"{base}/undo", {"mark": str(newest_mark(site, key.group(1)))}) == 200
    page = client.get("/opportunities/OPP-1004").text
    assert "marked by" not in page
    assert '<span class="state-mark bad">Missed</span>' in page
    assert re.search(
        r"Next steps <span class=\"was\">Dropped.*Next steps <span class=\"was\">Missed</span> → Dropped", page, re.S
    )
    assert post(client, base, {"key": "nothing", "state": "kept"}) == 422
    assert post(client, base, {"key": key.group(1), "state": "forgotten"}) == 422


def test_a_mark_taken_back_gives_way_to_the_one_before(site: Site) -> None:
    """Of two marks an undo takes back the later, which it names: sent twice, or naming one that counts no more, it
    takes back no other."""
    client = site.browser(PRIYA)
    page = client.get("/opportunities/OPP-1004").text
    key = re.search(r'state-mark bad.*?name="key" value="([^"]+)"', page, re.S)
    assert key
    base = "/opportunities/OPP-1004/steps"
    marks = []
    for state in ("kept", "dropped"):
        assert post(client, base, {"key": key.group(1), "state": state}) == 200
        marks.append(str(newest_mark(site, key.group(1))))
    kept, dropped = marks
    assert post(client, f"{base}/undo", {"mark": kept}) == 200
    assert str(newest_mark(site, key.group(1))) == dropped
    for _ in range(2):
        assert post(client, f"{base}/undo", {"mark": dropped}) == 200
        assert str(newest_mark(site, key.group(1))) == kept
        shown = client.get("/opportunities/OPP-1004").text
        assert f'name="mark" value="{kept}"' in shown
        assert "marked by Priya Nair" in shown
    assert post(client, f"{base}/undo", {"mark": kept}) == 200
    assert newest_mark(site, key.group(1)) is None
    assert post(client, f"{base}/undo", {"mark": "none"}) == 422
    assert post(site.browser(TOM), f"{base}/undo", {"mark": kept}) == 404


def newest_mark(site: Site, key: str) -> uuid.UUID | None:
    """The mark of a step that counts."""
    return (marks_of(site, key) or [None])[-1]


def marks_of(site: Site, key: str) -> list[uuid.UUID]:
    """All marks of a step, oldest first."""
    query = select(NextStepMark.id).where(NextStepMark.key == key).order_by(NextStepMark.marked_at)
    with site.database.transaction() as session:
        return list(session.scalars(query))


def test_a_mark_of_the_day_list_is_taken_back_once(site: Site) -> None:
    """The list offers to take back what was just said, by its name; a second request changes nothing."""
    client = site.browser(PRIYA)
    page = client.get("/opportunities/OPP-1004").text
    key = re.search(r'state-mark bad.*?name="key" value="([^"]+)"', page, re.S)
    assert key
    said = {"opportunity": "OPP-1004", "key": key.group(1)}
    for state in ("missed", "dropped"):
        assert post(client, "/today", {**said, "state": state}) == 200
    missed, dropped = marks_of(site, key.group(1))
    for _ in range(2):
        assert post(client, "/today/undo", {"opportunity": "OPP-1004", "mark": str(dropped)}) == 200
        assert marks_of(site, key.group(1)) == [missed]
    assert post(site.browser(TOM), "/today/undo", {"opportunity": "OPP-1004", "mark": str(missed)}) == 404
    assert post(client, "/today/undo", {"opportunity": "OPP-1004", "mark": str(missed)}) == 200
    assert marks_of(site, key.group(1)) == []


def test_nobody_approves_what_they_asked_for(site: Site) -> None:
    """A manager may take their own request back, and not grant it; an admin may."""
    helen, admin = site.browser(HELEN), site.browser(ADMIN)
    base = "/opportunities/OPP-1002/approvals"
    for client, answer in ((helen, 403), (admin, 200)):
        assert post(client, base, {"kind": "own_terms"}) == 200
        assert post(client, f"{base}/decide", {"kind": "own_terms", "state": "approved"}) == answer
        if answer == 403:
            shown = client.get("/opportunities/OPP-1002").text
            assert 'value="rejected"' in shown
            assert 'value="approved"' not in shown
            assert post(client, f"{base}/decide", {"kind": "own_terms", "state": "rejected"}) == 200


def test_bad_rows_are_told_in_the_readers_language(site: Site) -> None:
    """The preview of an import says in Chinese why a row is left out, and names the column."""
    client = site.browser(ADMIN, "zh")
    token = re.search(r'name="csrf-token" content="([^"]*)"', client.get("/calls").text)
    assert token
    rows = (
        "opportunity_id,name,account,stage,amount\nO-1,冷库,禾岭,needs,许多\nO-2,冷库,禾岭,nowhere,1\n"
        'O-3,"冷库"二,禾岭,needs,1\n'
    )
    shown = client.post(
        "/settings/import",
        data={"noun": "opportunities"},
        files={"file": ("x.csv", rows.encode(), "text/csv")},
        headers={"X-CSRF-Token": token.group(1), "HX-Request": "true"},
    ).text
    assert "amount：“许多”不是数字" in shown
    assert "stage：应为管道“default”的 qualify" in shown
    assert "右引号后面还有文字" in shown


def test_approvals_are_asked_for_by_reps_and_decided_by_managers(site: Site) -> None:
    """Tom asks once; he cannot decide; Helen decides; the second answer has nothing to answer."""
    tom, helen = site.browser(TOM), site.browser(HELEN)
    base = "/opportunities/OPP-1002/approvals"
    assert post(tom, base, {"kind": "discount", "note": "to win it"}) == 200
    assert post(tom, base, {"kind": "discount"}) == 422
    assert post(tom, f"{base}/decide", {"kind": "discount", "state": "approved"}) == 403
    assert post(helen, f"{base}/decide", {"kind": "discount", "state": "maybe"}) == 422
    assert post(helen, f"{base}/decide", {"kind": "discount", "state": "rejected"}) == 200
    assert post(helen, f"{base}/decide", {"kind": "discount", "state": "approved"}) == 422
    page = tom.get("/opportunities/OPP-1002").text
    assert "Refused" in page
    assert "Helen Marsh" in page
    assert "to win it" in page


def test_an_action_is_done_and_taken_back(site: Site) -> None:
    """What was done is listed with who did it, until it is taken back; nobody else's deal can be changed."""
    base = "/opportunities/OPP-1006/actions"
    priya = site.browser(PRIYA)
    for _ in range(2):
        assert post(priya, base, {"action": "site_visit"}) == 200
    first, second = records_of(site, "site_visit")
    page = priya.get("/opportunities/OPP-1006").text
    assert "Site visit" in page
    assert f'name="done" value="{second}"' in page
    for _ in range(2):
        assert post(priya, f"{base}/undo", {"done": second}) == 200
        assert records_of(site, "site_visit") == [first]
    assert post(site.browser(TOM), f"{base}/undo", {"done": first}) == 404
    assert post(site.browser(TOM), base, {"action": "site_visit"}) == 404
    assert post(priya, f"{base}/undo", {"done": "site_visit"}) == 422
    assert post(priya, "/opportunities/OPP-1004/actions/undo", {"done": first}) == 200
    assert records_of(site, "site_visit") == [first]


def records_of(site: Site, action: str) -> list[str]:
    """The ids of what is on record of an action, oldest first."""
    query = select(DoneAction.id).where(DoneAction.action == action).order_by(DoneAction.done_at)
    with site.database.transaction() as session:
        return [str(done) for done in session.scalars(query)]


def test_a_part_in_the_decision_is_audited(site: Site) -> None:
    """The part of a contact, in general and in one deal, changes and leaves a line in the trail."""
    grace = site.one(select(Contact.id).where(Contact.name == "Grace Holloway"))
    client = site.browser(PRIYA)
    assert post(client, f"/contacts/{grace}/role", {"decision_role": "champion"}) == 200
    assert post(client, f"/contacts/{grace}/role", {"decision_role": "queen"}) == 422
    assert site.one(select(Contact.decision_role).where(Contact.id == grace)) == "champion"
    trail = select(Change.new).where(Change.noun == "contact", Change.noun_id == str(grace))
    assert site.one(trail.order_by(Change.id.desc()).limit(1)) == "champion"
    base = f"/opportunities/OPP-1004/contacts/{grace}/role"
    assert post(client, base, {"decision_role": "user"}) == 200
    assert "decision_role" in str(site.one(select(Change.field).order_by(Change.id.desc()).limit(1)))
    assert post(client, f"/opportunities/OPP-1004/contacts/{uuid.uuid4()}/role", {"decision_role": "user"}) == 404


def test_never_spoken_to_is_said(site: Site) -> None:
    """Walt decides and was never called: the chain and the account say so."""
    page = site.browser().get("/opportunities/OPP-1004").text
    assert re.search(r'never-spoken">.*Walt', page, re.S)
    account = site.one(select(Account.id).where(Account.name == "Tallow Creek Dairy"))
    page = site.browser().get(f"/accounts/{account}").text
    assert "never spoken to" in page
    assert "Our owner, Walt. Anything over fifty thousand goes to him." in page


def test_a_pipeline_with_mistakes_is_not_saved(site: Site) -> None:
    """Each mistake is told with its line and path; a good text says itself in words."""
    client = site.browser()
    token = re.search(r'name="csrf-token" content="([^"]*)"', client.get("/calls").text)
    assert token
    headers = {"X-CSRF-Token": token.group(1)}
    wrong = {"document": "id: own\ntitle: Own\nstages:\n  - {id: a, titel: A}\n"}
    told = client.post("/settings/pipelines/check", json=wrong, headers=headers).json()["problems"]
    assert any(problem["path"] == "stages[0].titel" and problem["line"] == 4 for problem in told)
    answer = client.post("/settings/pipelines", json=wrong, headers=headers)
    assert answer.status_code == 422
    assert answer.json()["problems"] == told
