"""Plugin: a real Chromium for the journeys. Each test gets a tab of its own that watches what goes wrong in it."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, Playwright, Request, expect, sync_playwright

from tests.support import debian
from tests.support.sockets import is_loopback

NAMES = ("chromium", "chromium-browser", "google-chrome")
MAC_PATH = "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome"
# It starts with nothing to fetch, to update or to ask, and no name but this machine's is found.
FLAGS = [
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-gpu",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
    "--autoplay-policy=no-user-gesture-required",
]
# A busy machine is slow, not wrong.
expect.set_options(timeout=30_000)
WIDE = {"width": 1280, "height": 900}
NARROW = {"width": 360, "height": 740}


def find_chromium() -> str:
    """Path of a Chromium or Chrome, installed first if there is none; MissingProgramError if that fails too."""
    found = _find()
    if found is None:
        debian.install("chromium", "fonts-liberation")
        found = _find()
    if found is None:
        raise debian.MissingProgramError("No Chromium was found on PATH after its installation.")
    return found


def launch(playwright: Playwright) -> Browser:
    """Start a headless browser."""
    # Chromium refuses its own sandbox to root, as on a build machine.
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    return playwright.chromium.launch(executable_path=find_chromium(), args=[*FLAGS, *sandbox])


class Watch:
    """What went wrong in a context's pages: errors of scripts, refused resources, requests to other machines."""

    def __init__(self, context: BrowserContext) -> None:
        self.faults: list[str] = []
        context.on("weberror", lambda error: self.faults.append(f"script error: {error.error}"))
        context.on("console", lambda message: self._hear(message.type, message.text))
        context.on("request", self._see)

    def _hear(self, kind: str, text: str) -> None:
        # The browser notes each answer of 400 and more as an error; a refused form is not one.
        if kind == "error" and not text.startswith("Failed to load resource: the server responded"):
            self.faults.append(f"console: {text}")

    def _see(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme in {"http", "https", "ws", "wss"} and not is_loopback(address.hostname):
            self.faults.append(f"request to another machine: {request.url}")


@contextmanager
def open_context(browser: Browser, **options: Any) -> Iterator[BrowserContext]:
    """A browser with no memory, as of one person; AssertionError at its end if something went wrong in it.

    `options` are playwright's: `viewport=NARROW`, `java_script_enabled=False`, `locale="en-GB"` and so on.
    """
    context = browser.new_context(**{"locale": "ru-RU", "viewport": WIDE, "service_workers": "block"} | options)
    context.set_default_timeout(10_000)
    watch = Watch(context)
    try:
        yield context
    finally:
        context.close()
    assert not watch.faults, "The browser complained:\n" + "\n".join(watch.faults)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser for the process; people are told apart by contexts."""
    with sync_playwright() as playwright:
        running = launch(playwright)
        yield running
        running.close()


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """An empty tab of a person who has never been here, wide and in Russian."""
    with open_context(browser) as context:
        yield context.new_page()


def _find() -> str | None:
    on_path = next((path for name in NAMES if (path := shutil.which(name))), None)
    return on_path or shutil.which(MAC_PATH)
