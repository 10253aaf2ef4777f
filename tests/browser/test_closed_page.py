"""The server keeps nothing of a closed page or an answered call."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Event
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, expect
from scripted_model import Reply, ScriptedModel

from qa.documents.loader import load_text
from qa.pipeline import QA
from qa.settings import Settings
from qa.web.library_registry import LibraryRegistry
from qa.web.server import gradio_internals
from qa.web.server.listening import listen

from .conftest import eventually, opened
from .http_api import ask

if TYPE_CHECKING:
    import gradio as gr

MILL = "The mill of Ardcarn was built in 1312."
QUESTION = "When was the mill of Ardcarn built?"


@pytest.fixture(scope="module")
def resume() -> Event:
    """Lets the language model send the rest."""
    return Event()


@pytest.fixture(scope="module")
def page(resume: Event) -> Iterator[gr.Blocks]:
    """The page, run by this process, so that its memory can be inspected."""
    from qa.web.ui.page import build

    with ScriptedModel(Reply([f"{MILL[:-1]} [1]. ", "It was ", resume, "built well [1]."])) as model:
        bot = QA(Settings(llm_model="scripted", llm_url=model.url))
        bot.replace([load_text(MILL, "The mill")])
        page = build(LibraryRegistry(bot))
        lifespan = {"lifespan": gradio_internals.cleanup_lifespan(page)}
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(gradio_internals, "CLEANUP_SECONDS", 0.1)
            # Seconds until Gradio notices that a page is closed.
            patch.setenv("GRADIO_HEARTBEAT_INTERVAL", "0.2")
            with listen("127.0.0.1", 0) as free:
                port = free.getsockname()[1]
            page.launch(
                server_name="127.0.0.1",
                server_port=port,
                quiet=True,
                prevent_thread_lock=True,
                enable_monitoring=False,
                app_kwargs=lifespan,
            )
            yield page
        page.close(verbose=False)


def held(page: gr.Blocks) -> dict[str, int]:
    """Return the numbers of sessions and events that the server keeps data of."""
    queue, states = page._queue, page.state_holder
    return {
        "states": len(states.session_data),
        "times": len(states.time_last_used),
        "messages": len(queue.pending_messages_per_session),
        "sessions": len(queue.pending_event_ids_session),
        "events": len(queue.event_ids_to_events),
    }


NOTHING = {"states": 0, "times": 0, "messages": 0, "sessions": 0, "events": 0}


def address(page: gr.Blocks) -> str:
    return str(page.local_url).rstrip("/")


def test_a_page_closed_during_an_answer_is_forgotten(page: gr.Blocks, browser: Browser, resume: Event) -> None:
    with opened(browser, address(page)) as chat:
        chat.box.fill(QUESTION)
        chat.box.press("Enter")
        expect(chat.answers.first.locator(".partial")).to_have_text("It was")
        assert held(page) == dict.fromkeys(NOTHING, 1)
    eventually(lambda: held(page), NOTHING)
    resume.set()


def test_a_closed_page_is_forgotten(page: gr.Blocks, browser: Browser, resume: Event) -> None:
    resume.set()
    with opened(browser, address(page)) as chat:
        chat.ask(QUESTION)
        eventually(lambda: held(page)["states"], 1)
    eventually(lambda: held(page), NOTHING)


def test_sessions_of_the_endpoint_are_forgotten(page: gr.Blocks, resume: Event) -> None:
    resume.set()
    for _ in range(3):
        assert "1312" in ask(address(page), QUESTION)["answer"]
    eventually(lambda: {**held(page), "states": 0, "times": 0}, NOTHING)


def test_no_record_of_what_was_asked_is_kept(page: gr.Blocks, resume: Event) -> None:
    resume.set()
    for _ in range(3):
        ask(address(page), QUESTION)
    queue = page._queue
    assert queue.events_recorded >= 3
    assert len(queue.event_analytics) == 1
    assert queue.cached_event_analytics_summary == {"functions": {}}
