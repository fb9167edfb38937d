"""A person's word in a real browser: who is the rep, which event is there, and a sample judged by keys."""

from __future__ import annotations

import uuid

import pytest
from playwright.sync_api import Page, expect

from browsing import SCREENSHOTS, Site, needs_browser
from fakes import FakeEngines
from models.calls import Call
from service.jobs.stages import Desk

pytestmark = needs_browser


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
