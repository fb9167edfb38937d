"""Slots on their way: from the review into the database, to the API and onto the call page, in both languages."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient

from asr.transcript import Transcript, Turn
from databases import copy_of
from fakes_nlp import WordTagger
from fakes_web import add_call
from models.database import Database
from nlp.slots.events import SLOTS
from nlp.slots.words import CHANNELS, ROLES
from service import pipeline
from service.calls.ingest import CallDetails
from service.calls.queries import get_call
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.sops.versions import shipped
from service.web.formats import Formats
from service.web.slots import shown_slots
from service.web.translation import LANGUAGES, translator
from sop.document import parse
from sop.events import Slot

STARTED = datetime.fromisoformat("2026-11-25T23:30+08:00")
"""In Greenwich it is still the afternoon of that Wednesday: the day is that of the place of the call."""
TEXTS = [
    "So it's three hundred and twenty thousand yuan, ten percent off.",
    "Let's meet tomorrow at three then.",
    "It goes to the CFO, after procurement.",
]
EVENTS = [["price_discussion"], ["next_step"], ["decision_process"]]


@dataclass(frozen=True)
class Site:
    """The app with one call full of slots."""

    client: TestClient
    database: Database
    call_id: uuid.UUID


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One app for all tests of this module; they only read."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with copy_of(template) as database:
        call_id = add_call(database, settings, "slots", TEXTS, CallDetails(started_at=STARTED), EVENTS)
        with database.transaction() as session:
            add_user(session, NewUser("Ana", "ana@example.com", "admin", password="correct horse"))
        client = TestClient(create_app(settings, database))
        client.post("/login", data={"email": "ana@example.com", "password": "correct horse"})
        yield Site(client, database, call_id)


def test_stored_slots_are_those_of_the_review(site: Site) -> None:
    """They come back from the database as they went in, days counted from the call's own clock."""
    with site.database.transaction() as session:
        detail = get_call(session, OPERATOR, site.call_id)
    assert detail is not None
    price, step, decision = detail.events
    assert [(slot.name, slot.value) for slot in price.slots][-1] == ("discount", 0.1)
    assert step.slots == (Slot("when", "tomorrow at three", 11, 28, "2026-11-26T15:00+08:00"),)
    assert [slot.value for slot in decision.slots] == ["cfo", "procurement"]


def test_the_page_shows_slots_in_the_readers_language(site: Site) -> None:
    """Dates, percentages and roles are written for the reader; the words of the call are told beside them."""
    shown = {}
    for language in LANGUAGES:
        page = site.client.get(f"/calls/{site.call_id}", headers={"accept-language": language})
        assert page.status_code == 200
        shown[language] = re.findall(r'<span class="slot[^>]*>([^<]*)</span>', page.text)
        assert "tomorrow at three" in page.text
    assert "−10%" in shown["en"]
    assert {"CFO", "Procurement"} <= set(shown["en"])
    assert {"财务总监", "采购"} <= set(shown["zh"])
    assert any("26 Nov" in text and text.endswith("15:00") for text in shown["en"])
    assert any("11月26日" in text and text.endswith("15:00") for text in shown["zh"])


def test_the_api_answers_with_slots(site: Site) -> None:
    """The events of a call carry them as the command line prints them."""
    events = site.client.get(f"/api/calls/{site.call_id}").json()["events"]
    assert {tuple(slot) for event in events for slot in event["slots"]} == {("name", "text", "start", "end", "value")}


def test_a_review_counts_days_only_from_a_known_start() -> None:
    """The same transcript has the date with a start and only its words without one; scores don't depend on it."""
    transcript = Transcript(5_000, "en", 2, (Turn("rep", 0, 0, 4_000, "Shall we meet next Wednesday?", 0.9),))
    procedure = parse(shipped()["en-b2b"])
    tagger = WordTagger({"next_step": "meet"})
    bare = pipeline.review(transcript, tagger, procedure)
    dated = pipeline.review(transcript, tagger, procedure, STARTED)
    assert [event["slots"][0]["value"] for event in bare.to_json()["events"]] == [None]
    assert [event["slots"][0]["value"] for event in dated.to_json()["events"]] == ["2026-12-02"]
    assert bare.scorecard == dated.scorecard


@pytest.mark.parametrize(
    ("slots", "en", "zh"),
    [
        ([Slot("amount", "三十二万块", 0, 5, 320000), Slot("currency", "块", 4, 5, "CNY")], "CN¥320,000", "¥320,000"),
        ([Slot("amount", "三十二万", 0, 4, 320000)], "320,000", "320,000"),
        ([Slot("amount_off", "$1.50", 0, 5, 1.5), Slot("currency", "$", 0, 1, "USD")], "−US$1.50", "−US$1.50"),
        ([Slot("amount", "forty five nine", 0, 15)], "“forty five nine”", "“forty five nine”"),
        ([Slot("discount", "八折", 0, 2, 0.2)], "−20%", "−20%"),
        ([Slot("when", "x", 0, 1, "2031-11-26")], "Wed, 26 Nov 2031", "2031年11月26日周三"),
        ([Slot("when", "x", 0, 1, "2031-11-26T15:00+08:00")], "Wed, 26 Nov 2031, 15:00", "2031年11月26日周三, 15:00"),
        ([Slot("when", "x", 0, 1, "2031-11-26/2031-11-30")], "26–30 Nov 2031", "2031年11月26日至30日"),
        ([Slot("when", "x", 0, 1, "T15:00")], "15:00", "15:00"),
        (
            [Slot("when", "x", 0, 1, "2031-11-26T12:00+08:00/2031-11-26T18:00+08:00")],
            "Wed, 26 Nov 2031, afternoon",
            "2031年11月26日周三下午",
        ),
        (
            [Slot("when", "x", 0, 1, "2031-11-26T14:00+08:00/2031-11-26T15:00+08:00")],
            "Wed, 26 Nov 2031, 14:00–15:00",
            "2031年11月26日周三, 14:00–15:00",
        ),
        ([Slot("channel", "演示", 0, 2, "demo")], "Demo", "演示"),
        ([Slot("competitor", "兰双", 0, 2, "蓝霜")], "蓝霜", "蓝霜"),
    ],
)
def test_slots_are_written_for_the_reader(slots: list[Slot], en: str, zh: str) -> None:
    """Each kind in both languages; what has no value is quoted."""
    for language, text in (("en", en), ("zh", zh)):
        shown = shown_slots(slots, Formats(language, UTC), translator(language))
        assert [slot.text for slot in shown] == [text]


@pytest.mark.parametrize("language", list(LANGUAGES))
def test_every_slot_and_value_has_a_name(language: str) -> None:
    """No channel, role or kind of slot is shown by its code."""
    t = translator(language)
    assert all(f"slots.{name}" in t for name in SLOTS if name != "currency")
    assert all(f"slots.channels.{value}" in t for value in CHANNELS)
    assert all(f"slots.roles.{value}" in t for value in ROLES)
