"""Leads in a real browser: who is quicker, who gives them out, what becomes of them, and points that play."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, ConsoleMessage, expect

from browsing import Site, needs_browser
from databases import Demo
from fakes_leads import lead_id
from service.demo.loading import PASSWORD

pytestmark = needs_browser


@pytest.fixture(scope="module")
def calls(scored_demo: Demo) -> dict[str, uuid.UUID]:
    """The demo's, and no others."""
    return scored_demo.calls


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


def test_two_reps_see_one_lead_and_the_second_is_told_in_place(site: Site, open_as) -> None:
    """Both pages offer the lead; one click wins and shows the number, the other row says who was quicker."""
    lead = lead_id(site.database, "L-2007")
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


def test_a_manager_assigns_and_the_rep_is_told(site: Site, open_as) -> None:
    """The bell of the rep counts the notice, which leads to the lead and then counts no more."""
    lead = lead_id(site.database, "L-2006")
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


def test_a_lead_becomes_a_deal_on_its_page(site: Site, open_as) -> None:
    """The dialog makes the deal and goes there; a wrong amount is told and changes nothing."""
    page = open_as("tom.becker", f"/leads/{lead_id(site.database, 'L-2010')}")
    for amount, address in (("a lot", "/leads/"), ("12,500", "/opportunities/LEAD-L-2010")):
        page.get_by_role("button", name="Make a deal").click()
        page.fill("#convert [name=amount]", amount)
        page.locator("#convert button[type=submit]").click()
        page.wait_for_url(re.compile(address))
        if amount == "a lot":
            expect(page.locator("[role=alert]").first).to_contain_text("a lot is not an amount")
    expect(page.locator("main")).to_contain_text("Cedar Fork Creamery")


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
