"""The app on a port of its own and a Chromium that looks at it, for the tests of pages."""

from __future__ import annotations

import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from playwright.sync_api import Browser, ConsoleMessage, Page, expect, sync_playwright

from models.database import Database
from service.demo.loading import PASSWORD
from service.main import create_app
from service.settings import Settings
from service.web.mounting import missing_libraries

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
SCREENSHOTS = Path(__file__).parents[1] / ".screenshots"
FLAGS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--autoplay-policy=no-user-gesture-required",
)
LACKING = ", ".join([*missing_libraries(), *([] if CHROMIUM else ["chromium"])])
needs_browser = pytest.mark.skipif(LACKING != "" and "CI" not in os.environ, reason=f"{LACKING}: make test brings it")


@dataclass(frozen=True)
class Site:
    """The running app: its address, its database and the calls of the demo."""

    address: str
    database: Database
    settings: Settings
    calls: dict[str, uuid.UUID]


@contextmanager
def served(database: Database, settings: Settings, calls: dict[str, uuid.UUID]) -> Iterator[Site]:
    """The real app on a free port of this machine."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        app = create_app(settings, database)
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", timeout_graceful_shutdown=10))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            time.sleep(0.05)
        yield Site(f"http://127.0.0.1:{listener.getsockname()[1]}", database, settings, calls)
        server.should_exit = True
        thread.join(timeout=20)


@contextmanager
def chromium() -> Iterator[Browser]:
    """A Chromium without a window."""
    if LACKING:
        pytest.fail(f"browser tests must run here (CI is set), and these are missing: {LACKING}")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(FLAGS))
        yield browser
        browser.close()


def sign_in(site: Site, browser: Browser, path: Path) -> str:
    """Sign the admin in through the form; the file that keeps the state of that browser."""
    context = browser.new_context(base_url=site.address, locale="en-GB")
    page = context.new_page()
    page.goto("/login")
    page.fill("[name=email]", "sam.ortiz@example.com")
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    expect(page.locator("#results")).to_be_visible()
    context.storage_state(path=path)
    context.close()
    return str(path)


@contextmanager
def watched(
    site: Site, browser: Browser, state: str, is_error: Callable[[ConsoleMessage], bool], **options: Any
) -> Iterator[Page]:
    """A signed-in page whose every script error, blocked style and failed request fails the test."""
    context = browser.new_context(
        base_url=site.address, storage_state=state, locale="en-GB", timezone_id="Europe/London", **options
    )
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.on("console", lambda line: problems.append(line.text) if is_error(line) else None)
    yield opened
    context.close()
    assert problems == []


def is_error(line: ConsoleMessage) -> bool:
    """An error, unless HTMX tells that a newer filter took over from one still on its way."""
    superseded = ("htmx:afterRequest", "htmx:sendAbort")
    return line.type == "error" and not line.text.startswith(superseded)


def until(is_so: Callable[[], bool], seconds: float = 8.0) -> None:
    """Wait for a condition. (The page's policy forbids Playwright's own way, which evaluates text.)"""
    last = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < last, "it never came to be"
        time.sleep(0.05)
