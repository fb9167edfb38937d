"""The pages of SOPs in a real browser: a change from the first letter to two scorecards side by side."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import SCREENSHOTS, Site, needs_browser, watched
from databases import Demo
from nlp.tagging.tagger import Tagger
from service.sops import backtests, rescoring

pytestmark = needs_browser


@pytest.fixture(scope="module")
def calls(scored_demo: Demo) -> dict[str, uuid.UUID]:
    """The demo's, and no others."""
    return scored_demo.calls


@pytest.fixture
def page(site: Site, browser: Browser, signed_in: str) -> Iterator[Page]:
    """A signed-in page whose every script error, blocked style and failed request fails the test."""
    view = {"width": 1280, "height": 860}
    with watched(site, browser, signed_in, lambda line: line.type == "error", viewport=view) as opened:
        yield opened


def shot(page: Page, name: str) -> None:
    """A screenshot of the whole page, and one at a tablet's width, where nothing may push the page wider."""
    page.screenshot(path=SCREENSHOTS / f"sops-{name}.png", full_page=True)
    page.set_viewport_size({"width": 820, "height": 1100})
    page.wait_for_timeout(200)
    page.screenshot(path=SCREENSHOTS / f"sops-{name}-tablet.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= 820, name
    page.set_viewport_size({"width": 1280, "height": 860})


@pytest.mark.parametrize("language", ["en", "zh"])
def test_what_is_published_is_drawn(site: Site, page: Page, language: str) -> None:
    """The list, a version in words, the templates and the editor load without an error, at both widths."""
    page.goto(f"/language/{language}")
    pages = {
        "list": "/sops",
        "version": "/sops/zh-telesales/1",
        "templates": "/templates",
        "template": "/templates/zh-education",
        "editor": "/templates/saas-discovery/edit",
    }
    for name, address in pages.items():
        page.goto(address)
        shot(page, f"{name}-{language}")
    expect(page.locator("#problems .no-problem")).to_be_visible()
    expect(page.locator(".form-step")).to_have_count(6)


def test_keys_of_the_editor(page: Page) -> None:
    """Tab indents and can be left by Escape; Enter keeps the depth; the browser undoes what the form did."""
    page.goto("/templates/bant/edit")
    text = page.locator("#document")
    before = text.input_value()
    page.locator(".form-points input").first.fill("33")
    page.keyboard.press("Enter")
    expect(text).to_have_value(re.compile(r"points: 33\n"))
    text.focus()
    page.keyboard.press("Control+z")
    expect(text).to_have_value(before)
    text.evaluate("field => field.setSelectionRange(0, 0)")
    page.keyboard.press("Tab")
    expect(text).to_have_value(f"  {before}")
    page.keyboard.press("Shift+Tab")
    expect(text).to_have_value(before)
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")
    expect(text).not_to_be_focused()
    page.get_by_role("tab", name="Form").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#panel-changes")).to_be_visible()


SAID = {
    "en": {"wrong": "did you mean 'opening'?", "rows": "in the first 60 s", "done": "Past calls are scored again"},
    "zh": {"wrong": "did you mean 'opening'?", "rows": "在前 60 秒内", "done": "过去的通话已重新评分"},
}


@pytest.mark.parametrize(
    ("language", "name", "call"), [("en", "en-b2b", "en-demo-003"), ("zh", "zh-telesales", "zh-demo-002")]
)
def test_a_change_from_the_first_letter_to_two_cards(
    site: Site, page: Page, language: str, name: str, call: str
) -> None:
    """A mistake is shown at its line and mended; the form changes the text; tried, back-tested, published, compared."""
    said = SAID[language]
    page.goto(f"/language/{language}")
    page.goto(f"/sops/{name}/edit")
    text = page.locator("#document")
    good = text.input_value()
    wrong = good.replace("event: opening", "event: openning")
    text.fill(wrong)
    line = wrong[: wrong.index("openning")].count("\n") + 1
    expect(page.locator("#problems .problem")).to_contain_text(said["wrong"])
    expect(page.locator("#gutter .wrong")).to_have_text(str(line))
    expect(page.locator("#publish")).to_be_disabled()
    page.locator("#problems .problem").click()
    assert (
        text.evaluate("field => field.value.slice(field.selectionStart, field.selectionEnd)").strip()
        == "event: openning"
    )
    page.wait_for_timeout(100)
    shot(page, f"problem-{language}")
    text.fill(good)
    expect(page.locator("#problems .no-problem")).to_be_visible()

    points = page.locator(".form-points input").first
    points.fill("40")
    points.blur()
    expect(text).to_have_value(re.compile(r"points: 40\n +event: opening"))
    page.locator(".form-step").nth(1).locator("[data-key=auto_fail]").check()
    expect(text).to_have_value(re.compile(r"auto_fail: true"))
    text.fill(re.sub(r"min_count: \d", "min_count: 9", text.input_value()))
    expect(page.locator("#publish")).to_be_enabled()
    page.locator("#tab-changes").click()
    expect(page.locator("#panel-changes .changes li").last).to_contain_text("9")
    page.locator("#tab-try").click()
    page.locator("#try-call").select_option(str(site.calls[call]))
    page.locator("#try button").click()
    expect(page.locator("#tried .pair-row[data-step=opening]")).to_have_class(re.compile("changed"))
    page.wait_for_timeout(100)
    shot(page, f"tried-{language}")

    page.locator("#backtest").click()
    page.wait_for_url("**/backtests/*")
    shot(page, f"backtest-waiting-{language}")
    backtests.run(site.database, uuid.UUID(page.url.rpartition("/")[2]), lambda: None, no_tagger)
    page.locator("#histogram canvas").wait_for()
    assert page.locator(".flips tbody tr").count() > 0
    shot(page, f"backtest-{language}")
    page.locator(".flips-examples a").first.click()
    expect(page.locator("#scorecard")).to_be_visible()

    page.goto(f"/sops/{name}/edit")
    page.locator("#publish").click()
    page.locator("[name=start][value=ever]").check()
    expect(page.locator("[name=rescore]")).to_be_checked()
    page.locator("[name=start][value=date]").check()
    page.wait_for_timeout(100)
    shot(page, f"publish-{language}")
    page.locator("[name=start][value=ever]").check()
    page.locator("#publish-form [type=submit]").click()
    page.wait_for_url(f"**/sops/{name}/3")
    page.wait_for_timeout(100)
    shot(page, f"rescoring-{language}")
    job = (page.locator("#rescoring").get_attribute("hx-get") or "").rpartition("/")[2]
    for _ in range(3):
        rescoring.run(site.database, site.settings, uuid.UUID(job))
    expect(page.locator("#rescoring")).to_contain_text(said["done"])
    expect(page.locator(".sop-steps")).to_contain_text(said["rows"])
    shot(page, f"version-3-{language}")
    page.goto("/sops")
    shot(page, f"list-3-{language}")

    page.goto(f"/calls/{site.calls[call]}")
    page.screenshot(path=SCREENSHOTS / f"sops-call-{language}.png")
    page.locator(".card-versions a").first.click()
    page.wait_for_url("**/scorecards?old=*")
    expect(page.locator(".pair-said")).to_contain_text("→")
    shot(page, f"side-by-side-{language}")


def no_tagger() -> Tagger:
    """Nothing is to be tagged."""
    raise AssertionError("a tagger was asked for")
