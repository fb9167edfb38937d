"""Every page in a real browser: drawn without an error in both languages, and on a tablet."""

from __future__ import annotations

import io
import json
import re
import uuid

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from browsing import SCREENSHOTS, Site, needs_browser
from fakes import tone, wav
from fakes_web import (
    GOLD,
    GoldTagger,
    add_call,
    finish,
    transcript_of,
)
from service.calls.ingest import ingest
from service.people.viewer import OPERATOR
from service.sops.publishing import publish
from service.sops.versions import shipped

pytestmark = needs_browser


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_drawn_in_both_languages(site: Site, page: Page, language: str) -> None:
    """Each page loads without an error of script, style policy or request; a screenshot of each is kept."""
    page.goto(f"/language/{language}")
    pages = {
        "calls": "/calls",
        "search": "/calls?q=%E8%93%9D%E9%9C%9C&event=price_objection",
        "empty": "/calls?q=zzzz",
        "call": f"/calls/{site.calls['zh-demo-002']}",
        "call-missed": f"/calls/{site.calls['en-demo-003']}",
        "call-failed": f"/calls/{site.calls['failed']}",
        "call-no-speech": f"/calls/{site.calls['no_speech']}",
        "call-waiting": f"/calls/{site.calls['waiting']}",
        "call-mono-told": f"/calls/{site.calls['mono-told']}?removed=1",
        "call-mono-unknown": f"/calls/{site.calls['mono-unknown']}",
        "call-mono-three": f"/calls/{site.calls['mono-three']}",
        "call-mono-music": f"/calls/{site.calls['mono-music']}?removed=1",
        "quality": "/quality",
        "opportunities": "/opportunities",
        "opportunity": "/opportunities/OPP-1001",
        "opportunity-gap": "/opportunities/OPP-1002",
        "design": "/design",
        "api": "/api/docs",
    }
    for name, address in pages.items():
        page.goto(address)
        if name in ("call", "call-missed", "call-no-speech") or name.startswith("call-mono"):
            page.locator("#wave > div").wait_for()
        if name == "api":
            page.get_by_text("/api/recordings").first.wait_for()
        if name.startswith("opportunity"):
            page.locator("#scores canvas").wait_for()
        page.screenshot(path=SCREENSHOTS / f"{name}-{language}.png", full_page=name == "design")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_sign_in_and_errors_are_drawn(site: Site, browser: Browser, language: str) -> None:
    """Signed out there is the form; a wrong address has a page of its own."""
    context = browser.new_context(base_url=site.address, viewport={"width": 1440, "height": 900})
    opened = context.new_page()
    opened.goto(f"/language/{language}?next=/login")
    opened.screenshot(path=SCREENSHOTS / f"login-{language}.png")
    opened.goto("/nowhere")
    expect(opened.locator(".empty-code")).to_have_text("404")
    opened.screenshot(path=SCREENSHOTS / f"404-{language}.png")
    context.close()


def test_pages_fit_a_tablet(site: Site, page: Page) -> None:
    """At 820 pixels nothing pushes the page wider than the screen."""
    page.set_viewport_size({"width": 820, "height": 1180})
    for name, address in {
        "calls": "/calls",
        "call": f"/calls/{site.calls['zh-demo-002']}",
        "call-mono": f"/calls/{site.calls['mono-three']}",
        "opportunity": "/opportunities/OPP-1001",
        "quality": "/quality",
    }.items():
        page.goto(address)
        page.wait_for_timeout(300)
        page.screenshot(path=SCREENSHOTS / f"{name}-tablet.png")
        assert page.evaluate("document.documentElement.scrollWidth") <= 820, name


def test_long_titles_of_own_events_stay_in_their_places(site: Site, page: Page) -> None:
    """In the filter's menu and on the quality card they end within their line or cell."""
    title = "Mentions terms of the contract, ways of payment and liability, and asks for a review by legal first"
    event = f"events: [{{id: terms, title: '{title}', rule: {{keywords: [contract]}}}}]"
    with site.database.transaction() as session:
        publish(session, f"{shipped()['en-b2b'].rstrip()}\n{event}\n", OPERATOR)
    add_call(site.database, site.settings, "terms", ["Here is the contract.", "Thanks."], events=[["terms"], []])
    page.goto("/quality")
    chip = page.locator("tr[data-event=terms] .chip").first
    assert is_within(chip, page.locator("tr[data-event=terms] th").first)
    assert chip.get_attribute("title") == title
    page.goto("/calls")
    page.locator("summary", has_text="Key events").click()
    line = page.locator(".events-grid .check", has_text=title)
    assert is_within(line.locator(".chip"), page.locator(".events-panel"))


def is_within(inner: Locator, outer: Locator) -> bool:
    """Whether one element ends, to the right, inside another."""
    one, other = inner.bounding_box(), outer.bounding_box()
    assert one
    assert other
    return one["x"] + one["width"] <= other["x"] + other["width"]


@pytest.fixture(scope="module")
def weighed(site: Site) -> uuid.UUID:
    """A demo call scored once more, by an SOP whose steps have four dimensions."""
    dimensions = "    dimensions: {points: 2, skill: 1, attitude: 1, reaction: 1}"
    with site.database.transaction() as session:
        publish(session, re.sub(r"(?m)^    points: \d+$", rf"\g<0>\n{dimensions}", shipped()["en-b2b"]), OPERATOR)
    document = json.loads((GOLD / "en-demo-004.json").read_text("utf-8"))
    turns = [turn for turn in document["turns"] if "speaker" in turn]
    transcript = transcript_of({**document, "turns": turns})
    sound = io.BytesIO(wav(tone(transcript.turns[-1].end_ms / 1000 + 1, 2)))
    done = ingest(site.database, site.settings, OPERATOR, sound, "weighed.wav")
    assert done.call_id is not None
    tagger = GoldTagger({"weighed": [turn["events"] for turn in turns]}, "weighed")
    finish(site.database, site.settings, done.recording_id, transcript, tagger)
    return done.call_id


@pytest.mark.parametrize("language", ["en", "zh"])
def test_dimensions_open_to_their_reasons_and_moments(weighed: uuid.UUID, page: Page, language: str) -> None:
    """Under a step stand four bars in their order; an opened one tells why, and its moments can be played."""
    page.goto(f"/language/{language}")
    page.goto(f"/calls/{weighed}")
    page.locator("#wave > div").wait_for()
    step = page.locator(".step", has=page.locator(".dimensions")).nth(1)
    titles = [title.strip() for title in step.locator(".dimension-title").all_inner_texts()]
    zh = ["要点完成", "沟通技巧", "沟通态度", "客户反馈"]
    assert titles == (zh if language == "zh" else ["Points covered", "Skill", "Attitude", "Customer's reaction"])
    page.screenshot(path=SCREENSHOTS / f"dimensions-closed-{language}.png")
    step.locator(".dimension > summary").nth(1).click()
    moment = step.locator(".dimension[open] .dimension-measure [data-play]").first
    expect(moment).to_be_visible()
    step.scroll_into_view_if_needed()
    page.screenshot(path=SCREENSHOTS / f"dimensions-{language}.png")
    moment.click()
    expect(page.locator(".turn.active").first).to_be_visible()
    page.locator("#scorecard").screenshot(path=SCREENSHOTS / f"dimensions-card-{language}.png")
