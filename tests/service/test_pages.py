"""The pages over HTTP: what they show to whom, in which language, in every state."""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient

from databases import Demo
from fakes_web import add_call, set_state
from models.database import Database
from service.calls.ingest import CallDetails
from service.demo.loading import PASSWORD
from service.main import create_app
from service.people.queries import NewUser, add_user
from service.people.sessions import COOKIE
from service.settings import Settings

EVIL = "<script>alert(1)</script> & <img src=x onerror=alert(2)>"


@dataclass(frozen=True)
class Site:
    """The app over the scored demo, and a few calls in other states."""

    app: FastAPI
    calls: dict[str, uuid.UUID]
    sessions: dict[str, str] = field(default_factory=dict)

    def browser(self, email: str | None = "sam.ortiz@example.com", language: str = "en") -> TestClient:
        """A browser, signed in unless ``email`` is None. Passwords are slow to check: once a person."""
        client = TestClient(self.app, headers={"accept-language": language})
        if email and email not in self.sessions:
            form = {"email": email, "password": PASSWORD}
            assert client.post("/login", data=form, follow_redirects=False).status_code == 303
            self.sessions[email] = client.cookies[COOKIE]
            client.cookies.clear()
        if email:
            client.cookies.set(COOKIE, self.sessions[email])
        return client


@pytest.fixture(scope="module")
def site(scored_demo: Demo) -> Site:
    """One app for all tests of this module; they only read."""
    settings, database = scored_demo.settings, scored_demo.database
    calls = scored_demo.calls | add_calls_in_all_states(database, settings)
    return Site(create_app(settings, database), calls)


def add_calls_in_all_states(database: Database, settings: Settings) -> dict[str, uuid.UUID]:
    """One call in each state, and one full of markup."""
    started = CallDetails(started_at=datetime(2026, 1, 1, tzinfo=UTC))
    states = ("queued", "transcribing", "analyzing", "no_speech", "failed")
    calls = {state: add_call(database, settings, state, details=started) for state in states}
    set_state(database, "transcribing.wav", "transcribing", progress=0.4)
    set_state(database, "analyzing.wav", "analyzing", progress=0.1)
    set_state(database, "no_speech.wav", "no_speech", state_reason="no speech in 0:20")
    set_state(database, "failed.wav", "failed", state_reason=f"not an audio file ({EVIL})")
    calls["evil"] = add_call(database, settings, f"evil {EVIL}", [EVIL, "fine"], started, [["opening"], []])
    return calls


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("address", ["/calls", "/opportunities", "/opportunities/OPP-1001", "/design", "/login"])
def test_pages_speak_both_languages(site: Site, address: str, language: str) -> None:
    """Each page answers in the reader's language, and says so in its lang attribute."""
    client = site.browser(None if address == "/login" else "sam.ortiz@example.com", language)
    page = client.get(address)
    assert page.status_code == 200
    assert f'<html lang="{"zh-Hans-CN" if language == "zh" else "en-GB"}"' in page.text
    assert ("通话" in page.text) == (language == "zh" and address != "/login")


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_demo_call_has_its_page(site: Site, language: str) -> None:
    """Each scored call shows its turns, its steps with evidence to play, and its metrics."""
    client = site.browser(language=language)
    for name in (name for name in site.calls if "demo" in name):
        page = client.get(f"/calls/{site.calls[name]}")
        assert page.status_code == 200, name
        assert page.text.count('class="turn ') > 8
        assert page.text.count('class="step ') >= 5
        assert re.search(r'class="play" type="button" data-play data-start="\d+" data-end="\d+"', page.text)
        assert 'class="measure"' in page.text


def test_a_search_shows_the_quote_and_leads_to_the_moment(site: Site) -> None:
    """A hit has its words marked and links to the second they are said."""
    page = site.browser().get("/calls", params={"q": "蓝霜"}).text
    assert "<mark>蓝霜</mark>" in page
    assert re.search(r'href="/calls/[0-9a-f-]{36}\?t=\d+&amp;q=%E8%93%9D%E9%9C%9C"', page)


def test_htmx_gets_only_the_results(site: Site) -> None:
    """A filter change is answered with the results alone, and caches are told the difference."""
    answer = site.browser().get("/calls?event=closing", headers={"HX-Request": "true", "HX-Target": "results"})
    assert answer.text.lstrip().startswith('<section id="results"')
    assert "<html" not in answer.text
    assert answer.headers["vary"] == "HX-Target"


def test_filters_in_the_address_are_shown_and_can_be_taken_off(site: Site) -> None:
    """Each filter is a tag whose link is the list without it."""
    page = site.browser().get("/calls?event=closing&event=competitor&direction=inbound").text
    assert 'href="/calls?event=competitor&amp;direction=inbound"' in page
    assert 'value="closing" checked' in page


def test_an_empty_list_says_what_to_do(site: Site, database: Database, settings: Settings) -> None:
    """No match offers to clear the filters; no call at all offers to add recordings."""
    assert "Take off a filter" in site.browser().get("/calls?q=zzzz").text
    with database.transaction() as session:
        add_user(session, NewUser("Ana", "ana@example.com", "admin", password=PASSWORD))
    client = TestClient(create_app(settings, database), headers={"accept-language": "en"})
    page = client.post("/login", data={"email": "ana@example.com", "password": PASSWORD}).text
    assert "No calls yet" in page
    assert "clearcall process" in page
    assert "clearcall import opportunities" in client.get("/opportunities").text


@pytest.mark.parametrize(
    ("state", "shown"),
    [
        ("queued", "This page shows the call as soon as it is ready"),
        ("transcribing", 'value="0.4"'),
        ("analyzing", 'aria-current="step"'),
        ("no_speech", "Nobody speaks in this recording"),
        ("failed", "not an audio file"),
    ],
)
def test_calls_in_every_state_have_a_page(site: Site, state: str, shown: str) -> None:
    """A call that is not scored says where it is, or why it stopped, and what to do."""
    page = site.browser().get(f"/calls/{site.calls[state]}")
    assert page.status_code == 200
    assert shown in page.text
    assert 'id="scorecard"' not in page.text


def test_a_call_without_speech_says_so_once(site: Site) -> None:
    """There is the sound, but neither an empty transcript nor the code the worker noted."""
    page = site.browser().get(f"/calls/{site.calls['no_speech']}").text
    assert 'id="player"' in page
    assert re.search(r'class="transcript card"[^>]* hidden>', page)
    assert "no speech in 0:20" not in page + site.browser().get("/calls?state=no_speech").text


@pytest.mark.parametrize("address", ["/calls", "/calls?q=alert", "/calls/{evil}", "/calls/{failed}"])
def test_markup_in_recordings_is_only_text(site: Site, address: str) -> None:
    """File names, reasons and transcripts are escaped wherever they are shown."""
    page = site.browser().get(address.format(**{name: str(id) for name, id in site.calls.items()}))
    assert page.status_code == 200
    assert "&lt;" in page.text
    assert "alert(1)</script>" not in page.text
    assert "<img src=x" not in page.text


def test_what_one_may_not_see_is_not_there(site: Site) -> None:
    """Another rep's call, another team's opportunity and wrong ids are all just not found."""
    client = site.browser("tom.becker@example.com")
    assert client.get(f"/calls/{site.calls['en-demo-001']}").status_code == 200
    hidden = [f"/calls/{site.calls['zh-demo-001']}", "/opportunities/OPP-1001"]
    for address in [*hidden, f"/calls/{uuid.uuid4()}", "/calls/x", "/opportunities/x", "/nowhere"]:
        page = client.get(address)
        assert page.status_code == 404, address
        assert "Not found" in page.text
    assert client.get("/design").status_code == 403


def test_programs_get_errors_as_json(site: Site) -> None:
    """Under /api an error is JSON, not a page."""
    answer = site.browser().get(f"/api/calls/{uuid.uuid4()}")
    assert answer.status_code == 404
    assert "detail" in answer.json()


def test_an_unexpected_error_is_a_page_too(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    """A broken page says sorry in the reader's language and shows no trace."""
    client = site.browser(language="zh")
    monkeypatch.setattr("service.calls.pages.list_calls", None)
    page = TestClient(site.app, raise_server_exceptions=False, cookies=client.cookies).get(
        "/calls", headers={"accept-language": "zh"}
    )
    assert page.status_code == 500
    assert "出错了" in page.text
    assert "Traceback" not in page.text


def test_pages_lead_to_the_sign_in_and_back(site: Site) -> None:
    """A page asked for while signed out is shown after signing in."""
    client = site.browser(None)
    asked = client.get("/opportunities/OPP-1002?x=1", follow_redirects=False)
    assert (asked.status_code, asked.headers["location"]) == (
        303,
        "/login?next=%2Fopportunities%2FOPP-1002%3Fx%3D1",
    )
    form = client.get(asked.headers["location"]).text
    assert 'value="/opportunities/OPP-1002?x=1"' in form
    data = {"email": "Sam.Ortiz@example.com ", "password": PASSWORD, "next": "/opportunities/OPP-1002?x=1"}
    assert client.post("/login", data=data, follow_redirects=False).headers["location"] == data["next"]
    assert client.get("/login", follow_redirects=False).status_code == 303


def test_a_wrong_password_is_told_and_tried_again(site: Site) -> None:
    """The form comes back with the address kept, the password not, and status 401."""
    answer = site.browser(None).post("/login", data={"email": "tom.becker@example.com", "password": "guess"})
    assert answer.status_code == 401
    assert "The e-mail address or the password is wrong." in answer.text
    assert 'value="tom.becker@example.com"' in answer.text
    assert "guess" not in answer.text


def test_guessing_has_to_wait(database: Database, settings: Settings) -> None:
    """After too many failures the form says how long, with status 429 and Retry-After."""
    client = TestClient(create_app(settings, database), headers={"accept-language": "en"})
    data = {"email": "ana@example.com", "password": "guess"}
    answers = [client.post("/login", data=data) for _ in range(settings.login_attempts + 1)]
    assert [answer.status_code for answer in answers[-2:]] == [401, 429]
    assert int(answers[-1].headers["retry-after"]) > 0
    assert "Too many attempts" in answers[-1].text


def test_the_session_cookie_is_kept_from_scripts_and_other_sites(site: Site) -> None:
    """HttpOnly and SameSite; a sign-in form posted by another site is refused."""
    client = site.browser(None)
    data = {"email": "sam.ortiz@example.com", "password": PASSWORD}
    evil = client.post("/login", data=data, headers={"origin": "https://evil.example"})
    assert evil.status_code == 403
    cookie = client.post("/login", data=data, follow_redirects=False).headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie


def test_signing_out_needs_the_forms_token(site: Site) -> None:
    """Without the CSRF token nothing happens; with it the session ends on the server."""
    client = site.browser("priya.nair@example.com")
    site.sessions.clear()
    assert client.post("/logout", data={}).status_code == 403
    token = re.search(r'name="csrf_token" value="([^"]+)"', client.get("/calls").text)
    assert token is not None
    session = dict(client.cookies)
    assert client.post("/logout", data={"csrf_token": token[1]}, follow_redirects=False).status_code == 303
    again = TestClient(site.app, cookies=session).get("/calls", follow_redirects=False)
    assert again.status_code == 303


def test_the_language_switch_is_remembered(site: Site) -> None:
    """The choice stays in the browser, and leads back to the page it was made on."""
    client = site.browser(language="en")
    answer = client.get("/language/zh?next=/opportunities", follow_redirects=False)
    assert answer.headers["location"] == "/opportunities"
    assert '<html lang="zh-Hans-CN"' in client.get("/opportunities").text
    assert client.get("/language/xx").status_code == 404
    assert client.get("/language/en?next=//evil.example", follow_redirects=False).headers["location"] == "/"


def test_the_account_decides_the_language_before_the_browser(site: Site) -> None:
    """A user whose account is Chinese gets Chinese from an English browser."""
    assert '<html lang="zh-Hans-CN"' in site.browser("chen.yun@example.com", "en").get("/calls").text


def test_times_are_those_of_the_account_or_the_browser(site: Site) -> None:
    """The list shows the reader's zone, the tooltip the clock where the call was."""
    shanghai = site.browser("chen.yun@example.com").get("/calls").text
    assert "10:05" in shanghai
    client = site.browser()
    client.cookies.set("time_zone", "America%2FNew_York")
    assert "10月11日" not in client.get("/calls?opportunity=OPP-1001").text
    assert re.search(
        r'title="Local time there: 2026-10-12 10:05 UTC\+08:00">Sun 11 Oct 22:05<', client.get("/calls").text
    )


def test_every_page_has_the_security_headers(site: Site) -> None:
    """One policy for all: nothing inline but the player's nonce, fresh each time."""
    client = site.browser()
    policies = [client.get("/calls").headers["content-security-policy"] for _ in range(2)]
    assert policies[0] != policies[1]
    assert "default-src 'self'" in policies[0]
    assert "unsafe" not in policies[0]
    page = client.get("/calls")
    nonce = re.search(r'name="csp-nonce" content="([^"]+)"', page.text)
    assert nonce is not None
    assert f"'nonce-{nonce[1]}'" in page.headers["content-security-policy"]
    assert page.headers["x-content-type-options"] == "nosniff"


def test_only_chosen_vendor_files_are_served(site: Site) -> None:
    """Nothing else of node_modules can be fetched."""
    client = site.browser(None)
    assert client.get("/vendor/htmx.org/htmx.min.js").status_code == 200
    for address in (
        "/vendor/htmx.org/package.json",
        "/vendor/zrender/package.json",
        "/vendor/htmx.org/%2e%2e%2fpackage.json",
    ):
        assert client.get(address).status_code == 404
    assert client.get("/static/css/tokens.css").headers["cache-control"] == "no-cache"


def test_the_matrix_leads_to_the_moments(site: Site) -> None:
    """A cell links to the second the event was heard; what no call has is called never."""
    page = site.browser().get("/opportunities/OPP-1002").text
    assert re.search(r'class="cell family-price" href="/calls/[0-9a-f-]{36}\?t=\d+"', page)
    assert page.count('<strong class="never">') >= 2
