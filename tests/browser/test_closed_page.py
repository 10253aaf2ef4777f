"""What stays on the server of a page that was closed, and of files that two visitors add at once: nothing."""

from __future__ import annotations

from collections.abc import Iterator

import gradio as gr
import pytest
from playwright.sync_api import Browser, FilePayload, expect

from qa.load import load_text
from qa.pipeline import QA
from qa.web import build

from .conftest import Chat, eventually, opened


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


def test_the_same_file_is_added_by_two_at_once(app: str, browser: Browser) -> None:
    file: FilePayload = {"name": "ferry.txt", "mimeType": "text/plain", "buffer": b"The ferry of Dunmore sank in 1825."}

    def upload(chat: Chat) -> str:
        """Add the file and return the place on the server that its upload was given."""
        chat.page.locator("#library").get_by_text("Articles: ").click()
        with chat.page.expect_response("**/gradio_api/upload*") as answered:
            chat.page.set_input_files("#add-files", file)
        expect(chat.page.locator("#outcomes .added")).to_contain_text("Ferry added")
        (place,) = answered.value.json()
        return str(place)

    with opened(browser, app) as one, opened(browser, app) as other:
        assert upload(one) != upload(other)
