"""Articles lost in a restart or an expiry are announced, and typed or pasted text is kept."""

from __future__ import annotations

import signal
import socket
import sys
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from qa.web import notices

from .conftest import Chat, opened, running, wait_until_idle
from .test_library import TEA, add, unfold

TYPED = "When did tea reach the harbour"
LOST = notices.ARTICLES_LOST.sentence()


@pytest.fixture
def port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as free:
        return int(free.getsockname()[1])


@pytest.fixture
def expiring() -> Iterator[str]:
    """The address of an app that deletes articles after three seconds without use."""
    with running([sys.executable, "app.py"], QA_VISITOR_IDLE_MINUTES="0.05") as (address, _):
        yield address


def is_announced(chat: Chat) -> None:
    """Check that the page names the lost articles, shows the others, and keeps typed text."""
    page = chat.page
    expect(page.locator("#announcement p span")).to_have_text(LOST)
    expect(page.locator("#masthead")).to_contain_text("from 3 articles")
    expect(page.locator("#library > button")).to_contain_text("Articles: 3")
    expect(page.locator("#source .articles li, #source .notice")).not_to_have_count(0)
    expect(page.locator("#source")).not_to_contain_text("Amarel")
    expect(chat.box).to_have_value(TYPED)


def test_a_restart_is_announced_and_keeps_what_is_typed(browser: Browser, port: int) -> None:
    command, fixed = [sys.executable, "app.py"], {"QA_PORT": str(port)}
    with browser.new_context() as context:
        with running(command, **fixed) as (address, process):
            page = context.new_page()
            page.goto(address)
            chat = Chat(page, address)
            wait_until_idle(page)
            unfold(page)
            add(page, "tea.txt", TEA)
            expect(page.locator("#masthead")).to_contain_text("from 4 articles")
            page.get_by_text("Paste text").click()
            page.locator("#add-text").fill("A text that is not added yet.")
            chat.box.fill(TYPED)
            process.send_signal(signal.SIGKILL)
        # Gradio reports the lost connection, and reloads the page once there is a server.
        chat.box.press("Enter")
        expect(page.get_by_text("Connection to the server was lost")).to_be_visible()
        with running(command, **fixed):
            is_announced(chat)
            unfold(page)
            expect(page.locator("#add-text")).to_have_value("A text that is not added yet.")
            page.get_by_role("button", name="Dismiss").click()
            expect(page.locator("#announcement p")).to_have_count(0)


def test_an_expiry_is_announced_under_an_open_page(browser: Browser, expiring: str) -> None:
    with opened(browser, expiring) as chat:
        page = chat.page
        unfold(page)
        add(page, "tea.txt", TEA)
        expect(page.locator("#source .id")).to_have_text("tea.txt")
        wait_until_idle(page)
        refused, asked = page.locator("#chat .problem"), 0
        while not refused.count():
            page.wait_for_timeout(3500)
            chat.box.fill(TYPED)
            chat.box.press("Enter")
            asked += 1
            expect(page.locator("#chat .problem, #chat .answer .confidence")).to_have_count(asked)
        chat.box.fill(TYPED)
        # The refusal makes the page check for lost articles earlier than it would have.
        expect(page.locator("#announcement p")).to_be_visible(timeout=10_000)
        is_announced(chat)
        expect(page.locator("#article-list li")).to_have_count(3)
        # The page continues like a new one.
        add(page, "tea.txt", TEA)
        expect(page.locator("#masthead")).to_contain_text("from 4 articles")
