"""The app, with calls in every state unless a module has its own, and a Chromium in which the admin is signed in."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import replace

import pytest
from playwright.sync_api import Browser, Page

from asr.guards import Removed
from browsing import Site, chromium, is_error, served, sign_in, watched
from databases import Demo
from fakes_web import add_call, add_transcribed, mono, set_state
from models.database import Database
from service.settings import Settings

NOT_BELIEVED = (
    Removed(0, 3_600, 3_900, "Mhm.", "outside_speech"),
    Removed(0, 16_200, 17_500, "Thanks for watching! Thanks for watching!", "subtitle"),
    Removed(0, 18_000, 19_500, "lalala", "sung_by_nobody"),
)


@pytest.fixture(scope="module")
def calls(scored_demo: Demo) -> dict[str, uuid.UUID]:
    """Calls in every state beside the demo's; a module that needs others has a fixture of this name."""
    database, settings = scored_demo.database, scored_demo.settings
    made = scored_demo.calls | add_mono_calls(database, settings)
    made["waiting"] = add_call(database, settings, "waiting")
    set_state(database, "waiting.wav", "transcribing", progress=0.3)
    for state, reason in (("failed", "no audio stream"), ("no_speech", "no_speech")):
        made[state] = add_call(database, settings, state)
        set_state(database, f"{state}.wav", state, state_reason=reason)
    return made


@pytest.fixture(scope="module")
def site(scored_demo: Demo, calls: dict[str, uuid.UUID]) -> Iterator[Site]:
    """The real app on a free port of this machine."""
    with served(scored_demo.database, scored_demo.settings, calls) as running:
        yield running


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
