"""What stays on the server of a page that was closed: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import Browser

from qa.load import load_text
from qa.pipeline import QA
from qa.web import build

from .conftest import eventually, opened


@pytest.fixture(scope="module")
def page() -> Iterator[gr.Blocks]:
    """The page, run by this process, so that its memory can be looked into."""
    bot = QA()
    bot.replace([load_text("The mill of Ardcarn was built in 1312.", "The mill")])
    page = build(bot)
    page.launch(server_name="127.0.0.1", quiet=True, prevent_thread_lock=True, enable_monitoring=False)
    yield page
    page.close(verbose=False)


def test_a_closed_page_is_forgotten(page: gr.Blocks, browser: Browser) -> None:
    held = page.state_holder.session_data
    with opened(browser, str(page.local_url).rstrip("/")) as chat:
        chat.ask("When was the mill of Ardcarn built?")
        eventually(lambda: len(held), 1)
    eventually(lambda: len(held), 0)
    assert not page.state_holder.time_last_used
