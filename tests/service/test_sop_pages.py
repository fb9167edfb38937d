"""The pages of SOPs over HTTP: who may, what they show, the editor's checks and changes, and cards side by side."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from fastapi.testclient import TestClient

from fakes_web import add_call
from models.database import Database
from nlp.tagging.tagger import Tagger
from service.calls.ingest import CallDetails
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import new_api_token
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.sops import backtests, rescoring
from service.sops.overview import template_rows
from service.sops.publishing import publish
from service.sops.versions import shipped
from sop.document import parse

TEXTS = ["Good morning, this is Tom.", "Yes?", "What do you use today?", "Frostmere is cheaper.", "Shall we sign?"]
EVENTS = [["opening"], [], ["needs_discovery"], ["competitor"], ["closing"]]
PEOPLE = [("ana", "rep", "North"), ("meg", "manager", "North"), ("sue", "manager", "South")]
# The call of these tests lasts 20 seconds.
BASE = shipped()["en-b2b"].replace("shorter_than_s: 30", "shorter_than_s: 5")
DRAFT = BASE.replace("points: 5\n    event: opening", "points: 25\n    event: opening")


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
        publish(session, BASE, OPERATOR, "ever")
    call_id = add_call(database, settings, "a", TEXTS, CallDetails(rep_email="ana@example.com"), EVENTS)
    with TestClient(create_app(settings, database), follow_redirects=False) as client:
        yield Site(client, call_id, {name: auth | {"accept-language": "en"} for name, auth in head.items()})


def changed(site: Site, document: str, **edit: object) -> dict[str, str]:
    """What the form's edit makes of a text."""
    answer = site.client.post("/sops/change", headers=site.head["meg"], json={"document": document, "edit": edit})
    assert answer.status_code == 200, answer.text
    return answer.json()  # type: ignore[no-any-return]


@pytest.mark.parametrize(("language", "shown"), [("en", "English B2B sales"), ("zh", "英文企业销售")])
def test_everybody_reads_what_is_published(site: Site, language: str, shown: str) -> None:
    """The list and a version in words, for reps too, who are offered nothing that changes it."""
    head = site.head["ana"] | {"accept-language": language}
    listed = site.client.get("/sops", headers=head).text
    assert shown in listed
    assert "/edit" not in listed
    assert site.client.get("/sops/en-b2b", headers=head).headers["location"] == "/sops/en-b2b/2"
    page = site.client.get("/sops/en-b2b/2", headers=head).text
    assert {"en": "Opening, in the first 60 s", "zh": "开场白，在前 60 秒内"}[language] in page
    assert 'href="/sops"' in page
    assert "retire" not in page
    for missing in ("/sops/en-b2b/9", "/sops/none", "/sops/none/1"):
        assert site.client.get(missing, headers=head).status_code == 404


def test_reps_change_nothing(site: Site) -> None:
    """Templates, the editor, its checks, drafts, back-tests and publishing are refused to them."""
    head = site.head["ana"]
    for path in ("/templates", "/templates/spin", "/templates/spin/edit", "/sops/en-b2b/edit"):
        assert site.client.get(path, headers=head).status_code == 403, path
    wish = {"document": DRAFT, "name": "en-b2b"}
    for path in ("/sops/check", "/sops/en-b2b/draft"):
        assert site.client.post(path, headers=head, json=wish).status_code == 403, path
    tried = {**wish, "call_id": str(site.call_id)}
    assert site.client.post("/sops/try", headers=head, json=tried).status_code == 403
    for path in ("discard", "publish", "backtest", "1/retire"):
        assert site.client.post(f"/sops/en-b2b/{path}", headers=head).status_code == 403, path


@pytest.mark.parametrize("language", ["en", "zh"])
def test_templates_are_offered_and_shown_in_words(site: Site, language: str) -> None:
    """Each has a page in words and an editor with its text; choosing one saves nothing."""
    head = site.head["meg"] | {"accept-language": language}
    assert len(template_rows()) >= 8
    gallery = site.client.get("/templates", headers=head).text
    for row in template_rows():
        assert f"/templates/{row.name}/edit" in gallery
        assert row.sop.steps[0].title.to(language) in site.client.get(f"/templates/{row.name}", headers=head).text  # type: ignore[arg-type]
        assert f"name: {row.name}" in site.client.get(f"/templates/{row.name}/edit", headers=head).text
    assert site.client.get("/templates/none", headers=head).status_code == 404
    assert "zh-education" not in site.client.get("/sops", headers=head).text


def test_mistakes_are_told_with_their_lines(site: Site) -> None:
    """A check names each mistake with path, line and hint, and the form still shows what can be read."""
    wrong = DRAFT.replace("event: opening", "event: openning")
    line = wrong[: wrong.index("openning")].count("\n") + 1
    wish = {"document": wrong, "name": "en-b2b"}
    answer = site.client.post("/sops/check", headers=site.head["meg"], json=wish).json()
    (problem,) = answer["problems"]
    assert (problem["line"], problem["path"]) == (line, "steps[0].event")
    assert problem["hint"] == "did you mean 'opening'?"
    assert 'value="Discovery"' in answer["form"]
    broken = site.client.post("/sops/check", headers=site.head["meg"], json={**wish, "document": "a: [b"}).json()
    assert "be read as YAML" in broken["form"]
    clean = site.client.post("/sops/check", headers=site.head["meg"], json={**wish, "document": DRAFT}).json()
    assert (clean["problems"], clean["name"]) == ([], "en-b2b")
    assert "<strong>Opening</strong> points 5 → 25" in clean["changes"]


def test_the_form_changes_the_text_in_one_place(site: Site) -> None:
    """Each kind of change leaves all notes where they are; what can't be changed so is refused in one line."""
    text = shipped()["en-b2b"]
    edits = [
        {"kind": "value", "path": ["steps", 0], "key": "points", "value": 7},
        {"kind": "value", "path": ["steps", 0], "key": "auto_fail", "value": True},
        {"kind": "title", "path": ["steps", 1], "key": "en", "value": "Asks: well"},
        {"kind": "events", "path": ["steps", 2], "value": ["customer_need"]},
        {"kind": "move", "path": ["steps", 2], "value": "up"},
        {"kind": "add", "path": ["steps", 0], "value": "Price"},
        {"kind": "remove", "path": ["steps", 8]},
    ]
    for edit in edits:
        text = changed(site, text, **edit)["document"]
    sop = parse(text)
    assert [step.id for step in sop.steps][:4] == ["opening", "step_1", "need", "discovery"]
    assert (sop.step("opening").points, sop.step("opening").auto_fail) == (7, True)
    assert sop.step("discovery").title.en == "Asks: well"
    assert "closing" not in [step.id for step in sop.steps]
    assert "# Open questions in at least two separate turns" in text
    refused = changed(site, text, kind="move", path=["steps", 0], value="up")
    assert refused["refused"] == "steps: there is no place to move to"
    assert refused["document"] == text


def test_a_draft_is_kept_shown_and_discarded(site: Site) -> None:
    """Mistakes don't hinder saving, another name does; a rep never sees the draft."""
    save = {"document": DRAFT.replace("points: 25", "points: many"), "name": "en-b2b"}
    assert site.client.post("/sops/en-b2b/draft", headers=site.head["meg"], json=save).json() == {
        "address": "/sops/en-b2b/edit"
    }
    assert "points: many" in site.client.get("/sops/en-b2b/edit", headers=site.head["sue"]).text
    assert ">Draft<" in site.client.get("/sops", headers=site.head["meg"]).text
    assert ">Draft<" not in site.client.get("/sops", headers=site.head["ana"]).text
    other = {"document": DRAFT.replace("name: en-b2b", "name: other"), "name": "en-b2b"}
    refused = site.client.post("/sops/en-b2b/draft", headers=site.head["meg"], json=other)
    assert (refused.status_code, "other" in refused.json()["detail"]) == (409, True)
    gone = site.client.post("/sops/en-b2b/discard", headers=site.head["meg"])
    assert (gone.status_code, gone.headers["location"]) == (303, "/sops/en-b2b")
    assert "points: many" not in site.client.get("/sops/en-b2b/edit", headers=site.head["meg"]).text


def test_a_text_is_tried_on_a_call_one_may_see(site: Site) -> None:
    """Both cards and why they differ, without storing anything; another team's manager finds no such call."""
    wish = {"document": DRAFT, "name": "en-b2b", "call_id": str(site.call_id)}
    page = site.client.post("/sops/try", headers=site.head["meg"], json=wish).text
    assert page.count('class="pair-row changed"') == 1
    assert re.search(r'changed" data-step="opening"', page)
    assert site.client.post("/sops/try", headers=site.head["sue"], json=wish).status_code == 404
    assert (
        "has mistakes" in site.client.post("/sops/try", headers=site.head["meg"], json={**wish, "document": "x"}).text
    )
    assert "card-versions" not in site.client.get(f"/calls/{site.call_id}", headers=site.head["ana"]).text


def test_a_backtest_has_a_page_of_its_own(site: Site, database: Database) -> None:
    """It waits, tells its report once it is done, is nobody else's, and what it says is scoped to who asked."""
    head = site.head["meg"]
    site.client.post("/sops/en-b2b/draft", headers=head, json={"document": DRAFT, "name": "en-b2b"})
    started = site.client.post("/sops/en-b2b/backtest", headers=head)
    assert started.status_code == 303
    address = started.headers["location"]
    assert "Waiting for a worker" in site.client.get(address, headers=head).text
    assert site.client.get(f"{address}/state", headers=head).headers.get("HX-Refresh") is None
    for other, code in (("sue", 404), ("ana", 403)):
        assert site.client.get(address, headers=site.head[other]).status_code == code
        assert site.client.post(f"{address}/stop", headers=site.head[other]).status_code == code
    backtests.run(database, uuid.UUID(address.rpartition("/")[2]), lambda: None, no_tagger)
    assert site.client.get(f"{address}/state", headers=head).headers["HX-Refresh"] == "true"
    for language, shown in (("en", "Steps that come out otherwise"), ("zh", "结果有变的步骤")):
        page = site.client.get(address, headers=head | {"accept-language": language}).text
        assert shown in page
        assert 'id="histogram"' in page
    assert address in site.client.get("/sops", headers=head).text
    assert address not in site.client.get("/sops", headers=site.head["sue"]).text


def test_publishing_scores_the_past_again(site: Site, database: Database, settings: Settings) -> None:
    """From a date in the viewer's time zone, with re-scoring shown on the version's page; then two cards to compare."""
    head = site.head["meg"]
    site.client.post("/sops/en-b2b/draft", headers=head, json={"document": DRAFT, "name": "en-b2b"})
    form = {"start": "date", "at": "2020-02-01T08:00", "rescore": "yes"}
    zone = head | {"cookie": "time_zone=Asia%2FShanghai"}
    done = site.client.post("/sops/en-b2b/publish", headers=zone, data=form)
    assert (done.status_code, done.headers["location"]) == (303, "/sops/en-b2b/3")
    page = site.client.get("/sops/en-b2b/3", headers=zone).text
    assert 'datetime="2020-02-01T00:00:00+00:00"' in page
    assert "<strong>Opening</strong> points 5 → 25" in page
    (part,) = set(re.findall(r'hx-get="(/rescorings/[^"]+)"', page))
    for _ in range(3):
        rescoring.run(database, settings, uuid.UUID(part.rpartition("/")[2]))
    assert "Past calls are scored again" in site.client.get(part, headers=head).text
    over = site.client.get(part, headers=head)
    assert "hx-get" not in over.text
    assert over.headers["hx-refresh"] == "true"
    assert site.client.get(part, headers=site.head["ana"]).status_code == 403
    call = site.client.get(f"/calls/{site.call_id}", headers=site.head["ana"]).text
    assert "card-versions" in call
    address = f"/calls/{site.call_id}/scorecards"
    pair = site.client.get(f"{address}?old=en-b2b@2&new=en-b2b@3", headers=site.head["ana"]).text
    (said,) = re.findall(r'class="pair-said">([^<]+)', pair)
    assert re.fullmatch(r"[\d.]+ → [\d.]+, because .*Opening: 5/5 → 25/25 points.*", said)
    assert site.client.get(address, headers=site.head["sue"]).status_code == 404


def test_publishing_without_a_draft_or_date_does_nothing(site: Site) -> None:
    """Nothing to publish leads to the SOP, a missing date is refused, a retired version says so."""
    head = site.head["meg"]
    assert site.client.post("/sops/en-b2b/publish", headers=head).headers["location"] == "/sops/en-b2b"
    site.client.post("/sops/en-b2b/draft", headers=head, json={"document": DRAFT, "name": "en-b2b"})
    assert site.client.post("/sops/en-b2b/publish", headers=head, data={"start": "date"}).status_code == 422
    site.client.post("/sops/en-b2b/draft", headers=head, json={"document": "name: [", "name": "en-b2b"})
    refused = site.client.post("/sops/en-b2b/publish", headers=head, data={"start": "now"})
    assert refused.headers["location"] == "/sops/en-b2b/edit"
    for _ in range(2):
        assert site.client.post("/sops/en-b2b/1/retire", headers=head).status_code == 303
    assert "Retired" in site.client.get("/sops/en-b2b/1", headers=head).text


def no_tagger() -> Tagger:
    """Nothing is to be tagged."""
    raise AssertionError("a tagger was asked for")
