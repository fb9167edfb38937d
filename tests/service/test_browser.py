"""The pages in a real browser: playing, following, filtering; a screenshot of each in both languages."""

from __future__ import annotations

import io
import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import pytest
from playwright.sync_api import Browser, ConsoleMessage, FilePayload, Locator, Page, expect

from asr.guards import Removed
from browsing import SCREENSHOTS, Site, chromium, needs_browser, served, sign_in, watched
from fakes import FakeEngines, tone, wav
from fakes_web import (
    GOLD,
    GoldTagger,
    add_call,
    add_transcribed,
    copy_of,
    finish,
    mono,
    seed,
    set_state,
    transcript_of,
)
from models.calls import Call
from models.database import Database
from service.calls.ingest import ingest
from service.jobs.stages import Desk
from service.people.viewer import OPERATOR
from service.settings import Settings
from service.sops.publishing import publish
from service.sops.versions import shipped

pytestmark = needs_browser


@pytest.fixture(scope="module")
def site(template: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The real app on a free port of this machine."""
    settings = Settings(home=tmp_path_factory.mktemp("home"))
    with copy_of(template) as database:
        calls = seed(database, settings)
        calls["waiting"] = add_call(database, settings, "waiting")
        set_state(database, "waiting.wav", "transcribing", progress=0.3)
        for state, reason in (("failed", "no audio stream"), ("no_speech", "no_speech")):
            calls[state] = add_call(database, settings, state)
            set_state(database, f"{state}.wav", state, state_reason=reason)
        calls |= add_mono_calls(database, settings)
        with served(database, settings, calls) as running:
            yield running


NOT_BELIEVED = (
    Removed(0, 3_600, 3_900, "Mhm.", "outside_speech"),
    Removed(0, 16_200, 17_500, "Thanks for watching! Thanks for watching!", "subtitle"),
    Removed(0, 18_000, 19_500, "lalala", "sung_by_nobody"),
)


def add_mono_calls(database: Database, settings: Settings) -> dict[str, uuid.UUID]:
    """Calls on one channel: roles told, not told, of three voices, and one in which nobody speaks after all."""
    transcripts = {
        "mono-told": mono(("rep", "customer") * 2, 0.72),
        "mono-unknown": mono(("unknown",) * 4, 0.55),
        "mono-three": mono(("rep", "customer", "rep", "customer"), 0.81, voices=(0, 1, 0, 2)),
        "mono-music": replace(mono(("unknown",) * 4, 1.0), turns=()),
    }
    made = {}
    for name, transcript in transcripts.items():
        removed = NOT_BELIEVED if name in ("mono-told", "mono-music") else ()
        made[name] = add_transcribed(database, settings, name, transcript, removed).call_id
    set_state(database, "mono-music.wav", "no_speech", state_reason="no_speech")
    return {name: call_id for name, call_id in made.items() if call_id}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """One Chromium for all tests."""
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def signed_in(site: Site, browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The stored state of a browser in which the admin signed in through the form."""
    return sign_in(site, browser, tmp_path_factory.mktemp("browser") / "state.json")


@pytest.fixture
def page(site: Site, browser: Browser, signed_in: str) -> Iterator[Page]:
    """A signed-in page whose every script error, blocked style and failed request fails the test."""
    view = {"width": 1440, "height": 900}
    with watched(
        site, browser, signed_in, is_error, viewport=view, permissions=["clipboard-read", "clipboard-write"]
    ) as opened:
        yield opened


def is_error(line: ConsoleMessage) -> bool:
    """An error, unless HTMX tells that a newer filter took over from one still on its way."""
    superseded = ("htmx:afterRequest", "htmx:sendAbort")
    return line.type == "error" and not line.text.startswith(superseded)


def now_ms(page: Page) -> int:
    """Where the player is."""
    return int(page.locator("#call").get_attribute("data-now") or -1)


def is_at(page: Page, ms: int) -> bool:
    """Whether the player is at this moment, give or take a frame."""
    return abs(now_ms(page) - ms) < 50


def until(is_so: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait for a condition. (The page's policy forbids Playwright's own way, which evaluates text.)"""
    last = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < last, "it never came to be"
        time.sleep(0.05)


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


def test_evidence_plays_exactly_its_seconds(site: Site, page: Page) -> None:
    """The button of a scorecard line plays from its start, marks its turn, and stops at its end."""
    page.goto(f"/calls/{site.calls['en-demo-007']}")
    button = page.locator("#scorecard .play").nth(2)
    start, end = (int(button.get_attribute(f"data-{name}") or 0) for name in ("start", "end"))
    assert start > 1_000
    button.click()
    expect(page.locator("#player")).to_have_class(re.compile("is-playing"))
    turn = page.locator(f"#turn-{button.get_attribute('data-turn')}")
    expect(turn).to_have_class(re.compile("active"))
    expect(turn).to_be_in_viewport()
    expect(turn.locator(".evidence-word").first).to_be_visible()
    until(lambda: now_ms(page) > start)
    assert start <= now_ms(page) <= end + 250
    expect(page.locator("#player")).not_to_have_class(re.compile("is-playing"), timeout=end - start + 5_000)
    assert end <= now_ms(page) <= end + 250
    page.screenshot(path=SCREENSHOTS / "evidence-played.png")


def test_a_link_opens_the_call_at_its_moment(site: Site, page: Page) -> None:
    """?t= sets the player and the transcript; the copied link leads to where the player is."""
    page.goto(f"/calls/{site.calls['en-demo-007']}?t=60000")
    expect(page.locator(".turn.active")).to_be_in_viewport()
    assert is_at(page, 60_000)
    page.locator(".turn .w").nth(8).click()
    page.click("#copy-link")
    expect(page.locator(".toast")).to_be_visible()
    assert page.evaluate("navigator.clipboard.readText()").endswith(f"?t={now_ms(page)}")


def test_the_keyboard_moves_the_player(site: Site, page: Page) -> None:
    """Arrows, J, L and the space key do what the list of keys says; typing in a field does not."""
    page.goto(f"/calls/{site.calls['en-demo-007']}?t=30000")
    page.locator("#wave > div").wait_for()
    for key, moved_to in (("ArrowRight", 35_000), ("j", 25_000), ("l", 35_000), ("ArrowLeft", 30_000)):
        page.keyboard.press(key)
        until(partial(is_at, page, moved_to))
    page.keyboard.press("/")
    page.keyboard.type("jl fridge")
    assert is_at(page, 30_000)
    page.keyboard.press("Escape")
    page.keyboard.press(" ")
    expect(page.locator("#player")).to_have_class(re.compile("is-playing"))
    page.keyboard.press("k")
    page.keyboard.press("?")
    expect(page.locator("#keys")).to_be_visible()


def test_the_transcript_is_searched_and_filtered_by_event(site: Site, page: Page) -> None:
    """Only turns with the words stay, then only turns with the event; clearing brings all back."""
    page.goto(f"/calls/{site.calls['en-demo-007']}")
    turns = page.locator(".turn:visible")
    everything = turns.count()
    page.fill("#find", "fridge")
    expect(page.locator("#find-count")).to_have_text("4 turns")
    assert turns.count() == 4
    page.fill("#find", "")
    page.click("[data-filter=closing]")
    assert turns.count() == 1
    page.click("[data-filter=closing]")
    assert turns.count() == everything


def test_filters_change_the_list_and_its_address(page: Page) -> None:
    """Typing and ticking update results and address; going back and reloading keep them."""
    page.goto("/calls")
    page.fill("#q", "Frostmere")
    page.wait_for_url("**/calls?q=Frostmere")
    expect(page.locator(".hit mark").first).to_be_visible()
    page.locator("summary", has_text="Key events").click()
    page.check("input[value=competitor]")
    page.wait_for_url("**/calls?q=Frostmere&event=competitor")
    shown = page.locator(".results-count").inner_text()
    expect(page.locator("[data-count]:visible")).to_have_text("1")
    page.screenshot(path=SCREENSHOTS / "filters-en.png")
    page.reload()
    assert page.locator(".results-count").inner_text() == shown
    page.keyboard.press("Escape")
    page.locator(".sort", has_text="Score").click()
    page.wait_for_url("**&sort=-score")


def test_progress_arrives_by_itself(site: Site, page: Page) -> None:
    """The list's bar moves, and the page of a waiting call, without a reload."""
    page.goto("/calls?state=transcribing")
    bar = page.locator("[data-state-cell] progress")
    set_state(site.database, "waiting.wav", "transcribing", progress=0.7)
    expect(bar).to_have_js_property("value", 0.7, timeout=8_000)
    page.goto(f"/calls/{site.calls['waiting']}")
    set_state(site.database, "waiting.wav", "failed", state_reason="not an audio file (test)")
    expect(page.locator(".notice-error")).to_contain_text("not an audio file (test)", timeout=8_000)
    set_state(site.database, "waiting.wav", "transcribing", progress=0.3, state_reason=None)


def test_files_are_uploaded_with_their_result(page: Page) -> None:
    """Each file gets a line that ends in what became of it, bad ones with the reason."""
    page.goto("/calls")
    page.click("[data-open=upload]")
    page.set_input_files(
        "#upload-form input[type=file]",
        FilePayload(name="notes <b>.wav", mimeType="audio/wav", buffer=b"this is text, not sound"),
    )
    expect(page.locator(".upload.failed .upload-reason")).to_be_visible()
    expect(page.locator(".upload-name")).to_have_text("notes <b>.wav")
    page.screenshot(path=SCREENSHOTS / "upload-en.png")
    page.locator("#upload [data-close]").last.click()
    expect(page.locator(".row-link").first).to_have_text("notes <b>.wav")


def test_a_deleted_call_comes_back(site: Site, page: Page) -> None:
    """Deleting hides the call and offers to undo it at once."""
    page.goto(f"/calls/{site.calls['en-demo-001']}")
    page.click(".call-menu summary")
    page.click("#delete")
    expect(page.locator("#deleted")).to_be_visible()
    page.click("#restore")
    expect(page.locator("#scorecard")).to_be_visible()


def analyze(site: Site, call_id: uuid.UUID) -> None:
    """What a worker does with the waiting job."""
    with site.database.transaction() as session:
        recording_id = session.get_one(Call, call_id).recording_id
    Desk(site.settings, site.database, FakeEngines(), lambda: None).analyze(recording_id)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_roles_are_swapped_with_one_click_and_undone(site: Site, page: Page, language: str) -> None:
    """Low confidence is told with the button; the page waits for the new score by itself, says who did it, undoes."""
    swap, undo, by = {
        "en": ("Swap rep and customer", "Undo", "Sam Ortiz swapped rep and customer."),
        "zh": ("对调双方角色", "撤销", "Sam Ortiz 对调了销售与客户。"),
    }[language]
    page.goto(f"/language/{language}")
    call_id = site.calls["mono-told"]
    page.goto(f"/calls/{call_id}")
    who = page.locator(".turn .turn-who")
    told = who.all_inner_texts()
    expect(page.locator("#roles")).to_contain_text("72")
    page.locator("#roles").get_by_role("button", name=swap).click()
    expect(page.locator(".stages")).to_be_visible()
    page.screenshot(path=SCREENSHOTS / f"roles-analyzing-{language}.png")
    analyze(site, call_id)
    expect(page.locator("#scorecard")).to_be_visible(timeout=8_000)
    assert who.all_inner_texts() == [told[1], told[0]] * 2
    expect(page.locator("#roles")).to_contain_text(by)
    page.screenshot(path=SCREENSHOTS / f"roles-swapped-{language}.png")
    page.locator("#roles").get_by_role("button", name=undo).click()
    expect(page.locator("#call[data-state=analyzing]")).to_be_visible()
    analyze(site, call_id)
    expect(page.locator("#scorecard")).to_be_visible(timeout=8_000)
    assert who.all_inner_texts() == told
    page.click(".call-menu summary")
    expect(page.locator(".call-menu").get_by_role("button", name=swap)).to_be_visible()


def test_a_voice_is_named_the_rep(site: Site, page: Page) -> None:
    """Where roles are unknown voices have numbers, and naming one gives every turn its role."""
    page.goto(f"/calls/{site.calls['mono-unknown']}")
    who = page.locator(".turn .turn-who")
    assert who.all_inner_texts() == ["Voice 1", "Voice 2"] * 2
    page.locator("#roles").get_by_role("button", name="Voice 2 is the rep").click()
    expect(who.first).to_have_text("Customer")
    assert who.all_inner_texts() == ["Customer", "Rep"] * 2


def test_what_was_not_believed_is_shown_on_request(site: Site, page: Page) -> None:
    """The toggle shows it among the turns, playable and shareable; finding words finds only what was believed."""
    page.goto(f"/calls/{site.calls['mono-told']}")
    page.locator("#wave > div").wait_for()
    lines = page.locator(".not-believed")
    expect(lines.first).to_be_hidden()
    page.get_by_role("button", name="Show what was not believed (3)").click()
    page.wait_for_url("**?removed=1")
    expect(lines).to_have_count(3)
    expect(lines.nth(1)).to_contain_text("A line from video subtitles")
    expect(lines.nth(2)).to_contain_text("Not believed (sung_by_nobody)")
    lines.nth(1).locator("[data-play]").click()
    until(lambda: now_ms(page) >= 16_200)
    page.fill("#find", "watching")
    expect(lines.nth(1)).to_be_hidden()
    page.fill("#find", "")
    page.reload()
    expect(lines.nth(1)).to_be_visible()
    page.click("#copy-link")
    assert "removed=1" in page.evaluate("navigator.clipboard.readText()")
    page.get_by_role("button", name="Hide what was not believed (3)").click()
    expect(lines.first).to_be_hidden()


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


def test_an_event_is_rejected_and_the_toast_undoes_it(site: Site, page: Page) -> None:
    """Struck through, off the tally and the timeline, said beside its evidence; undone all is as it was."""
    page.goto(f"/calls/{site.calls['zh-demo-002']}")
    chip = page.locator("#turn-0 [data-event=opening]")
    marks = page.locator(".lanes .mark").count()
    chip.click()
    expect(page.locator("#verdict")).to_contain_text("Opening")
    page.locator("#verdict").get_by_role("button", name="No, it is not").click()
    expect(chip.locator("s")).to_have_text("Opening")
    expect(page.locator("#tally [data-filter=opening]")).to_have_count(0)
    expect(page.locator(".lanes .mark")).to_have_count(marks - 1)
    expect(page.locator("#scorecard .evidence-verdict.rejected")).to_have_count(1)
    page.screenshot(path=SCREENSHOTS / "call-rejected-en.png")
    page.locator(".toast").get_by_role("button", name="Undo").click()
    expect(page.locator("#tally [data-filter=opening]")).to_have_count(1)
    expect(page.locator(".lanes .mark")).to_have_count(marks)
    expect(page.locator("#scorecard .evidence-verdict")).to_have_count(0)


def test_a_missed_event_is_added_by_the_keyboard(site: Site, page: Page) -> None:
    """The menu offers what the speaker can show, the choice appears on its turn, and the popover takes it back."""
    page.goto(f"/calls/{site.calls['en-demo-003']}")
    turn = page.locator(".turn.speaker-customer").first
    turn.locator("[data-add]").focus()
    page.keyboard.press("Enter")
    offered = page.locator("#missed [data-missed]:visible")
    expect(offered.first).to_be_focused()
    assert not {"opening", "closing"} & {item.get_attribute("data-missed") for item in offered.all()}
    event = offered.first.get_attribute("data-missed")
    page.keyboard.press("Enter")
    chip = turn.locator(f"[data-event={event}][data-verdict=missed]")
    expect(chip).to_be_visible()
    chip.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#verdict-told")).to_contain_text("Sam Ortiz added it")
    page.locator("#verdict").get_by_role("button", name="Take back").click()
    expect(chip).to_have_count(0)


def test_a_sample_is_judged_by_keys(site: Site, page: Page) -> None:
    """Y, N and S answer and lead on, U goes back, the end leads to the card, which counts what was answered."""
    page.goto("/quality")
    page.get_by_role("button", name="Start").click()
    progress = page.locator(".sample-progress span")
    page.locator("#wave > div").wait_for()
    count = int(progress.inner_text().split()[-1])
    assert count >= 5
    for done, key in enumerate(("y", "n", "s"), start=1):
        page.keyboard.press(key)
        expect(progress).to_have_text(f"{done} of {count}")
    page.keyboard.press("u")
    expect(progress).to_have_text(f"2 of {count}")
    page.screenshot(path=SCREENSHOTS / "sample-en.png")
    for done in range(3, count + 1):
        page.keyboard.press("n")
        expect(progress).to_have_text(f"{done} of {count}")
    expect(page.locator("#finished")).to_contain_text("The sample is done")
    page.screenshot(path=SCREENSHOTS / "sample-done-en.png")
    page.get_by_role("link", name="To the quality card").click()
    expect(page.locator(".quality-table .estimate").first).to_be_visible()
    page.screenshot(path=SCREENSHOTS / "quality-reviewed-en.png")


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
