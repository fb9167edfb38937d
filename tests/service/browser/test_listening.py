"""The call page in a real browser: playing, following, finding; and the list that leads there."""

from __future__ import annotations

import re
from functools import partial

from playwright.sync_api import FilePayload, Page, expect

from browsing import SCREENSHOTS, Site, needs_browser, until
from fakes_web import (
    set_state,
)

pytestmark = needs_browser


def now_ms(page: Page) -> int:
    """Where the player is."""
    return int(page.locator("#call").get_attribute("data-now") or -1)


def is_at(page: Page, ms: int) -> bool:
    """Whether the player is at this moment, give or take a frame."""
    return abs(now_ms(page) - ms) < 50


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
