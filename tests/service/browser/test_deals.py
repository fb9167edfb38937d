"""Deals in a real browser: from the board to the second that proves a gate, and every thing a person does there."""

from __future__ import annotations

import re
import uuid
from datetime import datetime

import pytest
from playwright.sync_api import Browser, Page, expect

from browsing import SCREENSHOTS, Site, needs_browser, until
from databases import Demo
from fakes_web import add_call
from service.calls.ingest import CallDetails
from service.demo.loading import PASSWORD

pytestmark = needs_browser

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
EARLY = CallDetails(customer_phone="+447700900142", started_at=datetime.fromisoformat("2026-09-25T10:00:00+01:00"))
"""A call with Marrowby Flowers seven days (begun) before their deal was opened."""


@pytest.fixture(scope="module")
def calls(scored_demo: Demo) -> dict[str, uuid.UUID]:
    """The demo's, and the early one."""
    said = ["Hello, it's Tom from Northlamp.", "Hello."]
    return scored_demo.calls | {"early": add_call(scored_demo.database, scored_demo.settings, "early", said, EARLY)}


def shot(page: Page, name: str) -> None:
    """A picture of the whole page, and one at a phone's width, where nothing may push the page wider."""
    page.screenshot(path=SCREENSHOTS / f"deals-{name}.png", full_page=True)
    page.set_viewport_size(PHONE)
    page.wait_for_timeout(150)
    page.screenshot(path=SCREENSHOTS / f"deals-{name}-phone.png", full_page=True)
    assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], name
    page.set_viewport_size(WIDE)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_is_drawn(site: Site, page: Page, language: str) -> None:
    """Each page loads without an error of script, style policy or request, wide and on a phone."""
    page.goto(f"/language/{language}")
    pages = {
        "board": "/pipeline",
        "list": "/opportunities",
        "gaps": "/pipeline/gaps",
        "won": "/opportunities/OPP-1001",
        "gap": "/opportunities/OPP-1002",
        "lost": "/opportunities/OPP-1003",
        "silent": "/opportunities/OPP-1004",
        "today": "/today",
        "accounts": "/accounts",
        "call": f"/calls/{site.calls['en-demo-003']}",
        "linking": "/settings/linking",
        "pipelines": "/settings/pipelines",
        "pipeline": "/settings/pipelines/default",
        "import": "/settings/import",
    }
    for name, address in pages.items():
        page.goto(address)
        if address.startswith("/opportunities/"):
            page.locator("#timeline canvas").wait_for()
        shot(page, f"{name}-{language}")
    for name, link in (("account", "Tallow Creek Dairy"), ("contact", "Walt")):
        page.goto("/accounts") if name == "account" else None
        page.get_by_role("link", name=link, exact=True).first.click()
        page.locator("#contacts").wait_for()
        shot(page, f"{name}-{language}")


@pytest.mark.parametrize(("language", "lacks"), [("en", "no customer need, decision"), ("zh", "缺客户需求、决策流程")])
def test_from_the_board_to_the_second_that_proves_a_gate(site: Site, page: Page, language: str, lacks: str) -> None:
    """The card draws its gap; on the deal a gate's quote plays its seconds there, and opens the call at them."""
    page.goto(f"/language/{language}")
    page.goto("/pipeline")
    card = page.locator(".deal-card", has_text="Marrowby Flowers")
    expect(card).to_contain_text(lacks)
    expect(card.locator(".edge-gap")).to_have_count(4)
    card.get_by_role("link").click()
    page.wait_for_url("**/opportunities/OPP-1002")
    play = page.locator("#gates [open] .play").first
    start = int(play.get_attribute("data-start") or 0)
    assert start > 1_000
    play.click()
    expect(play).to_have_attribute("aria-pressed", "true")
    until(lambda: int(page.locator("body").get_attribute("data-heard-ms") or 0) >= start)
    play.click()
    expect(play).to_have_attribute("aria-pressed", "false")
    page.locator("#gates [open] .quote-call").first.click()
    page.wait_for_url(f"**/calls/*?t={start}")
    expect(page.locator(".turn.active")).to_be_in_viewport()


def test_the_board_is_used_by_keys_and_its_filters_are_shared(page: Page) -> None:
    """ "/" finds a deal as one types; the address says the filters; list and gaps keep them; Enter opens a card."""
    page.goto("/pipeline")
    page.keyboard.press("/")
    page.keyboard.type("marrowby")
    expect(page.locator(".deal-card")).to_have_count(1)
    expect(page).to_have_url(re.compile(r"/pipeline\?q=marrowby$"))
    page.locator("[name=min_gap]").select_option("1")
    expect(page).to_have_url(re.compile(r"/pipeline\?q=marrowby&min_gap=1$"))
    page.reload()
    expect(page.locator(".deal-card")).to_have_count(1)
    expect(page.locator("[data-view]").nth(1)).to_have_attribute("href", "/opportunities?q=marrowby&min_gap=1")
    page.locator("[name=risk]").select_option("competitor")
    expect(page.locator(".empty")).to_be_visible()
    page.goto("/pipeline?q=marrowby")
    page.locator(".deal-card a").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/opportunities/OPP-1002")


@pytest.mark.parametrize(("language", "said"), [("en", "Explained by Sam Ortiz"), ("zh", "已说明：Sam Ortiz")])
def test_a_violation_is_answered(page: Page, language: str, said: str) -> None:
    """The answer stands beside the violation, with who gave it, and after a reload too."""
    page.goto(f"/language/{language}")
    page.goto("/opportunities/OPP-1002")
    part = page.locator("#violations")
    if language == "zh":
        part.locator("summary").click()
    part.locator("[name=text]").fill("Martin knew what he wanted")
    part.locator("form button").click()
    expect(part).to_contain_text(said)
    expect(part).to_contain_text("Martin knew what he wanted")
    page.reload()
    expect(page.locator("#violations")).to_contain_text(said)


def test_a_next_step_is_marked_and_undone(page: Page) -> None:
    """On the deal and in the day list: marked, shown so, and taken back."""
    page.goto("/opportunities/OPP-1004")
    first = page.locator("#steps .items > li").first
    expect(first.locator(".state-mark")).to_have_text("Missed")
    first.get_by_role("button", name="Kept").click()
    expect(first.locator(".state-mark")).to_have_text("Kept")
    expect(first).to_contain_text("marked by Sam Ortiz")
    first.get_by_role("button", name="Undo").click()
    expect(first.locator(".state-mark")).to_have_text("Missed")
    page.goto("/today")
    row = page.locator(".day-steps li", has_text="Tallow Creek Dairy")
    row.get_by_role("button", name="Dropped").click()
    expect(row).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(row).to_have_count(1)


def test_a_call_is_linked_elsewhere_and_back(site: Site, page: Page) -> None:
    """A person's word is shown as theirs and can be undone; an unknown opportunity is told in place."""
    page.goto(f"/calls/{site.calls['early']}")
    link = page.locator("#link")
    expect(link).to_contain_text("OPP-1002")
    expect(link).to_contain_text("opened 7 days after")
    link.locator("summary").click()
    link.locator("input[name=opportunity][type=text]").fill("OPP-1006")
    link.get_by_role("button", name="Link", exact=True).click()
    expect(link).to_contain_text("linked by Sam Ortiz")
    expect(link).to_contain_text("OPP-1006")
    link.get_by_role("button", name="Undo").click()
    expect(link).not_to_contain_text("linked by")
    expect(link).to_contain_text("opened 7 days after")
    link.locator("summary").click()
    link.locator("input[name=opportunity][type=text]").fill("NO-SUCH")
    link.get_by_role("button", name="Link", exact=True).click()
    expect(link.get_by_role("alert")).to_contain_text("NO-SUCH")


def test_the_simulator_tells_what_would_move(page: Page) -> None:
    """With fewer days the early call would leave its deal; nothing moves before it is saved."""
    page.goto("/settings/linking")
    page.locator("[name=opened_after_days]").fill("3")
    page.get_by_role("button", name="Show what would move").click()
    moves = page.locator("#moves")
    expect(moves).to_contain_text("1 call would move")
    expect(moves.locator("tbody tr").first).to_contain_text("OPP-1002")
    expect(moves.locator("tbody tr").first).to_contain_text("none")
    page.screenshot(path=SCREENSHOTS / "deals-simulated.png")
    page.reload()
    expect(page.locator("[name=opened_after_days]")).to_have_value("14")


def test_an_import_is_looked_at_before_it_is_done(page: Page) -> None:
    """The preview lists what is new, what would change and what is wrong; applied, a second one changes nothing."""
    rows = (
        "opportunity_id,name,account,stage,amount,outcome\n"
        'OPP-1002,"Cold room monitoring, 20 rooms",Marrowby Flowers,negotiate,61000,open\n'
        "OPP-2001,Depot sensors,Kestrel Foods,qualify,12000,open\n"
        "OPP-2002,Bad one,Kestrel Foods,nowhere,1,open\n"
    )
    page.goto("/settings/import")
    file = {"name": "deals.csv", "mimeType": "text/csv", "buffer": rows.encode()}
    page.locator("[name=file]").set_input_files(file)  # type: ignore[arg-type]
    page.get_by_role("button", name="Preview").click()
    result = page.locator("#import-result")
    expect(result.locator(".counts")).to_contain_text(
        re.compile(r"New\s*1\s*Changed\s*1\s*Unchanged\s*0\s*With mistakes\s*1")
    )
    expect(result).to_contain_text("nowhere")
    expect(result).to_contain_text("61000")
    page.screenshot(path=SCREENSHOTS / "deals-import-preview.png", full_page=True)
    page.get_by_role("button", name="Apply").click()
    expect(result).to_contain_text("The import is done")
    page.get_by_role("button", name="Preview").click()
    expect(result.locator(".counts")).to_contain_text(re.compile(r"New\s*0\s*Changed\s*0\s*Unchanged\s*2"))
    page.goto("/opportunities/OPP-1002")
    expect(page.locator("#history")).to_contain_text("61000")


def test_a_pipelines_mistake_is_shown_at_its_line(page: Page) -> None:
    """A wrong key is marked in the text and keeps it from being saved; mended, it is saved."""
    page.goto("/settings/pipelines/telesales")
    text = page.locator("#document")
    good = text.input_value()
    text.fill(good.replace("probability: 0.03", "probabilty: 0.03"))
    expect(page.locator("#problems .problem").last).to_contain_text("probabilty")
    expect(page.locator("#gutter .wrong")).to_have_text(["4", "6"])
    expect(page.locator("#save")).to_be_disabled()
    text.fill(good.replace("probability: 0.03", "probability: 0.04"))
    expect(page.locator("#words")).to_contain_text("4% chance")
    page.locator("#save").click()
    expect(page.locator(".toast")).to_contain_text("saved")


def test_a_rep_sees_only_theirs(site: Site, browser: Browser) -> None:
    """Tom has his own deal on the board and no settings in his menu."""
    context = browser.new_context(base_url=site.address, locale="en-GB", viewport=WIDE)
    opened = context.new_page()
    opened.goto("/login?next=/pipeline")
    opened.fill("[name=email]", "tom.becker@example.com")
    opened.fill("[name=password]", PASSWORD)
    opened.click("button[type=submit]")
    expect(opened.locator(".deal-card")).to_have_count(1)
    expect(opened.locator(".deal-card")).to_contain_text("Marrowby")
    assert opened.locator('a[href="/settings/linking"]').count() == 0
    context.close()
