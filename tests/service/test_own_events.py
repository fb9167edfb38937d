"""Events of one's own through the service: published, tagged, stored, shown, and found again."""

from __future__ import annotations

import io
import time
import uuid
from collections.abc import Iterator

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from databases import copy_of
from fakes import FakeEngines, tone, wav
from fakes_web import add_call
from models.calls import Recording
from models.database import Database
from models.scores import Analysis, StoredKeyEvent
from service.calls.changes import reprocess
from service.calls.filters import CallFilters
from service.calls.ingest import ingest
from service.calls.queries import list_calls
from service.cli.searching import known_events, unknown_event
from service.jobs.worker import Worker, in_background
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.sops.checking import checked
from service.sops.own_events import own_titles, titles_to
from service.sops.publishing import publish
from service.sops.versions import shipped
from sop.problems import SopError

EVENTS = """
events:
  - id: asks_for_reference
    title: {zh: 询问客户案例, en: Asks for a reference}
    speaker: customer
    rule: {keywords: [reference]}
  - id: any_word
    title: {zh: 随便一词, en: Any word}
    rule: {regex: '[a-z]+'}
"""
STEP = """
  - id: references
    title: References
    points: 5
    event: product_intro
    answers: asks_for_reference
"""


def document(name: str = "en-b2b") -> str:
    """A shipped SOP with events of its own, and a step that asks for one."""
    return shipped()[name].rstrip() + "\n" + STEP + EVENTS


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, TestClient, uuid.UUID]]:
    """The app with one call that shows an event of one's own, one that does not, and a signed-in person."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with copy_of(template) as database:
        with database.transaction() as session:
            for name in ("en-b2b", "zh-telesales"):
                publish(session, shipped()[name], OPERATOR)
            publish(session, document(), OPERATOR)
            person = NewUser("Ana", "ana@example.com", "admin", "North", password="correct horse battery")
            add_user(session, person)
        texts = ["Hello, Ana from Northlamp.", "Any reference?", "Sure."]
        asked = [["opening"], ["asks_for_reference"], []]
        shown = add_call(database, settings, "asks", texts, events=asked)
        add_call(database, settings, "silent", texts, events=[["opening"], [], []])
        client = TestClient(create_app(settings, database), headers={"accept-language": "en"})
        form = {"email": "ana@example.com", "password": "correct horse battery"}
        assert client.post("/login", data=form, follow_redirects=False).status_code == 303
        yield database, client, shown


def test_calls_are_found_by_an_event_of_ones_own(site: tuple[Database, TestClient, uuid.UUID]) -> None:
    """The list, the API and the command line find the calls with the event; a name nobody published filters nothing."""
    database, client, shown = site
    found = client.get("/api/calls?event=asks_for_reference").json()
    assert [row["id"] for row in found["rows"]] == [str(shown)]
    assert client.get("/api/calls?event=never_published").json()["total"] == 2
    with database.transaction() as session:
        page = list_calls(session, OPERATOR, CallFilters(events=("asks_for_reference", "opening")))
        assert [row.id for row in page.rows] == [shown]
    known = known_events(database)
    assert unknown_event("asks_for_reference", known) is None
    assert "did you mean 'asks_for_reference'?" in (unknown_event("ask_for_reference", known) or "")


@pytest.mark.parametrize(("language", "title"), [("en", "Asks for a reference"), ("zh", "询问客户案例")])
def test_events_of_ones_own_go_by_their_titles(
    site: tuple[Database, TestClient, uuid.UUID], language: str, title: str
) -> None:
    """The filter's menu, the set filter, the call's chips and the reasons of its score speak the reader's language."""
    _, client, shown = site
    headers = {"accept-language": language}
    everything = client.get("/calls", headers=headers).text
    assert f">{title}<" in everything
    assert 'value="asks_for_reference"' in everything
    assert title in client.get("/calls?event=asks_for_reference", headers={**headers, "hx-target": "results"}).text
    page = client.get(f"/calls/{shown}", headers=headers).text
    assert page.count(title) >= 3
    assert 'class="chip family-own"' in page
    assert client.get("/opportunities", headers=headers).status_code == 200


def test_titles_are_those_of_the_newest_versions(database: Database) -> None:
    """A later version renames an event, and one that lists it no more takes it from the menu."""
    with database.transaction() as session:
        publish(session, document(), OPERATOR)
        assert own_titles(session)["asks_for_reference"].en == "Asks for a reference"
        publish(session, document().replace("en: Asks for a reference", "en: Reference"), OPERATOR)
        assert titles_to(session, "en")["asks_for_reference"] == "Reference"
        assert titles_to(session, "en", document())["asks_for_reference"] == "Asks for a reference"
        publish(session, shipped()["en-b2b"], OPERATOR)
        assert own_titles(session) == {}


def test_changed_events_make_another_analysis(database: Database, settings: Settings) -> None:
    """A call analyzed again under a changed event is tagged anew; the earlier answer is kept beside it."""
    with database.transaction() as session:
        for name in ("en-b2b", "zh-telesales"):
            publish(session, shipped()[name], OPERATOR)
    done = ingest(database, settings, OPERATOR, io.BytesIO(wav(tone(3.0))), "a.wav")
    finish_all(database, settings)
    with database.transaction() as session:
        for name in ("en-b2b", "zh-telesales"):
            publish(session, document(name), OPERATOR, "ever")
        assert done.call_id is not None
        assert reprocess(session, OPERATOR, done.call_id)
    finish_all(database, settings)
    with database.transaction() as session:
        plain, own = session.scalars(select(Analysis).order_by(Analysis.created_at)).all()
        assert plain.tagger_hash.startswith("fake-tagger-")
        assert own.tagger_hash.startswith(f"{plain.tagger_hash}-own")

        def events_of(analysis: Analysis) -> set[str]:
            return set(session.scalars(select(StoredKeyEvent.event).where(StoredKeyEvent.analysis_id == analysis.id)))

        assert events_of(plain) == {"opening"}
        assert events_of(own) == {"opening", "any_word"}


def finish_all(database: Database, settings: Settings) -> None:
    """Work until every recording is finished."""
    with in_background(Worker(settings, database, engines=FakeEngines())):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            with database.transaction() as session:
                if all(state == "scored" for state in session.scalars(select(Recording.state))):
                    return
            time.sleep(0.1)
    pytest.fail("took too long")


def test_a_rule_that_cannot_be_used_is_not_published(database: Database) -> None:
    """What only shows when a rule is made ready is told with its path and line, and nothing is published."""
    broken = document().replace("rule: {keywords: [reference]}", "rule: {regex: '['}")
    with pytest.raises(SopError, match=r"events\[0\]\.rule\.regex"):
        checked(broken)
    with database.transaction() as session, pytest.raises(SopError):
        publish(session, broken, OPERATOR)
