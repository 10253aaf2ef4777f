"""The real app in a separate process, and a browser that records requests and errors of the page."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep
from typing import TypeVar
from urllib.parse import unquote

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    FrameLocator,
    Locator,
    Page,
    Request,
    expect,
    sync_playwright,
)

from .servers import Server

ROOT = Path(__file__).parents[2]
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
# Only the last --disable-features counts, so this repeats the list of Playwright. The popups of the omnibox are pages
# that every window would load.
DISABLED = (
    "AimEnabled,AvoidCorsURLLoaderRestartOnRedirect,AvoidUnnecessaryBeforeUnloadCheckSync,DestroyProfileOnBrowserClose,"
    "HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,LensOverlay,MediaRouter,NetworkTimeServiceQuerying,"
    "OptimizationHints,PaintHolding,PreconnectToSearch,ThirdPartyStoragePartitioning,"
    "WebUIOmniboxAimPopup,WebUIOmniboxPopup"
)
FLAGS = [
    f"--disable-features={DISABLED}",
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
TIMEOUT_MS = 60_000  # milliseconds

Read = TypeVar("Read")

expect.set_options(timeout=TIMEOUT_MS)


def eventually(read: Callable[[], Read], expected: Read) -> None:
    """Wait until `read()` returns what is expected, where `expect` of Playwright cannot wait for it."""
    deadline = monotonic() + TIMEOUT_MS / 1000
    while (found := read()) != expected and monotonic() < deadline:
        sleep(0.05)
    assert found == expected


def wait_until_idle(page: Page | FrameLocator) -> None:
    """Wait until the page has its library, and the source pane what it last asked for."""
    expect(page.locator('#source [data-busy="0"]')).to_be_attached()


@contextmanager
def running(command: list[str], prints: str = "running at", **environment: str) -> Iterator[tuple[str, Server]]:
    """Run a command that serves the chat on a free port; yield its address, once it prints that, and its process."""
    with Server(command, {**os.environ, "QA_PORT": "0", "PYTHONPATH": str(ROOT), **environment}) as process:
        try:
            printed = ""
            while not (address := re.search(rf"{prints} (http://[\w.:\[\]]+:\d+)", printed)):
                line = process.stdout.readline()
                printed += line
                assert line, f"the app ended before it served:\n{printed}"
            yield address[1], process
        finally:
            process.send_signal(signal.SIGINT)
            try:
                process.wait(TIMEOUT_MS / 1000)
            except subprocess.TimeoutExpired:
                process.kill()


@pytest.fixture(scope="session")
def app() -> Iterator[str]:
    """The address of the Space's app about the sample articles."""
    with running([sys.executable, "app.py"]) as (address, _):
        yield address


@contextmanager
def launched() -> Iterator[Browser]:
    """Launch the browser that is installed."""
    executable = next(filter(None, map(shutil.which, BROWSERS)))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not any(map(shutil.which, BROWSERS)):
        if os.environ.get("CI"):
            pytest.fail(f"none of {', '.join(BROWSERS)} is installed")
        pytest.skip(f"none of {', '.join(BROWSERS)} is installed; run tests/install-browser")
    with launched() as browser:
        yield browser


@dataclass
class Chat:
    """The page as a user sees it, with its requests to other hosts and its errors."""

    page: Page
    address: str
    outside: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    @property
    def answers(self) -> Locator:
        return self.page.locator("#chat .answer")

    @property
    def box(self) -> Locator:
        return self.page.locator("#question textarea")

    @property
    def mark(self) -> Locator:
        return self.page.locator("#source mark")

    def ask(self, question: str) -> Locator:
        """Ask a question, and return the complete answer."""
        complete = self.page.locator("#chat .answer .confidence")
        before = complete.count()
        self.box.fill(question)
        self.box.press("Enter")
        expect(complete).to_have_count(before + 1)
        return self.answers.nth(before)

    def shows(self, text: str) -> None:
        """Wait until the source pane marks this text; each paragraph has a separate mark."""
        eventually(lambda: "".join(self.mark.all_text_contents()), text)
        wait_until_idle(self.page)

    def close_source(self) -> None:
        """Go back to the list of articles, where nothing is marked."""
        self.page.locator("#source").get_by_text("All articles").click()
        wait_until_idle(self.page)
        expect(self.mark).to_have_count(0)

    def note_request(self, request: Request) -> None:
        if not request.url.startswith((self.address, "data:", "blob:")):
            self.outside.append(request.url)

    def note_message(self, message: ConsoleMessage) -> None:
        if message.type in {"error", "warning"}:
            self.complaints.append(message.text)


@contextmanager
def opened(
    browser: Browser | BrowserContext, address: str, *, width: int = 1280, height: int = 800, query: str = ""
) -> Iterator[Chat]:
    """Open the chat; at the end, check that it made no request to another host and reported no error.

    With a `Browser`, the page gets a new context.
    """
    with ExitStack() as stack:
        context = stack.enter_context(browser.new_context()) if isinstance(browser, Browser) else browser
        page = stack.enter_context(context.new_page())
        page.set_viewport_size({"width": width, "height": height})
        page.set_default_timeout(TIMEOUT_MS)
        chat = Chat(page, address)
        page.on("request", chat.note_request)
        page.on("console", chat.note_message)
        page.on("pageerror", lambda error: chat.complaints.append(str(error)))
        page.on("dialog", lambda dialog: chat.complaints.append(f"dialog: {dialog.message}"))
        page.goto(f"{address}/{query}")
        expect(chat.box).to_be_visible()
        wait_until_idle(page)
        yield chat
        assert not chat.outside
        assert not chat.complaints


@pytest.fixture(scope="session")
def visitors(browser: Browser) -> Iterator[BrowserContext]:
    """A context whose pages share a cache, so that not each of them loads and compiles all scripts."""
    with browser.new_context() as context:
        yield context


@pytest.fixture
def chat(app: str, visitors: BrowserContext) -> Iterator[Chat]:
    with opened(visitors, app) as chat:
        yield chat
    visitors.clear_permissions()


def kept(page: Page, words: str = "") -> dict[str, object]:
    """Return what the browser stores for a reload, once it contains the words."""
    script = "words => { const kept = sessionStorage.getItem('cited-qa'); return kept?.includes(words) && kept }"
    kept: dict[str, object] = json.loads(page.wait_for_function(script, arg=words).json_value())
    return kept


def cited(link: Locator) -> tuple[str, int, int]:
    """Return the document and span in a link."""
    href = link.get_attribute("href") or ""
    match = re.fullmatch(r"#(?:cite|passage):([^:]+):(\d+):(\d+)", href)
    assert match, href
    return unquote(match[1]), int(match[2]), int(match[3])


def article(document: str) -> str:
    """Return the text of a sample article."""
    return (ROOT / "data" / "articles" / document).read_text(encoding="utf-8")
