"""The stream of a page's events: none is lost while it closes."""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import AbstractContextManager, ExitStack
from time import monotonic
from typing import TYPE_CHECKING

import httpx
import pytest
from fastapi import FastAPI
from starlette.middleware import Middleware

from qa.web.server.gradio_internals import EventStreams
from qa.web.server.listening import listen, running

from .gradio_loop import in_a_loop

if TYPE_CHECKING:
    import gradio as gr

pytestmark = pytest.mark.slow


@pytest.fixture
def session() -> str:
    return secrets.token_hex(8)


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    """A client of a page with one event, which returns its input."""
    import gradio as gr

    def build() -> FastAPI:
        page: gr.Blocks = gr.Blocks(analytics_enabled=False)
        with page:
            box = gr.Textbox()
            box.submit(lambda text: text, box, box)
        inner = {"middleware": [Middleware(EventStreams, page=page)]}
        app: FastAPI = gr.mount_gradio_app(FastAPI(), page, path="/", app_kwargs=inner, ssr_mode=False)
        return app

    with ExitStack() as stack:
        listening = stack.enter_context(listen("127.0.0.1", 0))
        stack.enter_context(running(in_a_loop(build), listening))
        address = f"http://127.0.0.1:{listening.getsockname()[1]}/gradio_api"
        yield stack.enter_context(httpx.Client(base_url=address, timeout=30, trust_env=False))


def send(client: httpx.Client, session: str, text: str) -> str:
    body = {"data": [text], "fn_index": 0, "session_hash": session}
    event: str = client.post("/queue/join", json=body).raise_for_status().json()["event_id"]
    return event


def opened(client: httpx.Client, session: str) -> AbstractContextManager[httpx.Response]:
    """Return the stream of a session's events, as a context."""
    return client.stream("GET", "/queue/data", params={"session_hash": session})


def read_to_close(lines: Iterator[str]) -> dict[str, object]:
    """Read a stream until it says to close; return the outputs by event."""
    read: dict[str, object] = {}
    for message in (json.loads(line.removeprefix("data: ")) for line in lines if line):
        if message["msg"] == "close_stream":
            return read
        if message["msg"] == "process_completed":
            output = message["output"]
            assert isinstance(output, dict)
            read[str(message["event_id"])] = output["data"]
    raise AssertionError(f"the stream ended without saying so, after {read}")


def test_an_event_is_accepted_once_the_stream_before_it_is_closed(client: httpx.Client, session: str) -> None:
    first = send(client, session, "one")
    with ThreadPoolExecutor(1) as pool:
        with opened(client, session) as stream:
            lines = stream.iter_lines()  # httpx closes the stream when this goes
            assert read_to_close(lines) == {first: ["one"]}
            sent = pool.submit(send, client, session, "two")
            assert not wait([sent], timeout=0.5).done
        second = sent.result()
    with opened(client, session) as stream:
        assert read_to_close(stream.iter_lines()) == {second: ["two"]}


def test_an_event_is_accepted_once_all_streams_before_it_are_closed(client: httpx.Client, session: str) -> None:
    send(client, session, "one")
    with ThreadPoolExecutor(1) as pool:
        with ExitStack() as other:
            with opened(client, session) as stream:
                lines = stream.iter_lines()
                read_to_close(lines)
                sent = pool.submit(send, client, session, "two")
                other_lines = other.enter_context(opened(client, session)).iter_lines()
                assert read_to_close(other_lines) == {}
            assert not wait([sent], timeout=0.5).done
        second = sent.result()
    with opened(client, session) as stream:
        assert read_to_close(stream.iter_lines()) == {second: ["two"]}


@pytest.mark.parametrize("texts", [[], ["one"]], ids=["idle", "with an event"])
def test_no_stream_is_stored_by_a_browser(client: httpx.Client, session: str, texts: list[str]) -> None:
    for text in texts:
        send(client, session, text)
    with opened(client, session) as stream:
        assert stream.headers["cache-control"] == "no-store"
        read_to_close(stream.iter_lines())


def test_a_client_that_leaves_its_stream_open_is_waited_for_a_short_time(client: httpx.Client, session: str) -> None:
    send(client, session, "one")
    with opened(client, session) as stream:
        lines = stream.iter_lines()
        read_to_close(lines)
        second = send(client, session, "two")
        assert list(lines) == [""]
        with opened(client, session) as other:
            assert read_to_close(other.iter_lines()) == {second: ["two"]}


@pytest.mark.parametrize("before", [[], ["one"]], ids=["unknown", "idle"])
def test_a_stream_without_events_closes_at_once(client: httpx.Client, session: str, before: list[str]) -> None:
    for text in before:
        send(client, session, text)
        with opened(client, session) as stream:
            read_to_close(stream.iter_lines())
    begun = monotonic()
    with opened(client, session) as stream:
        assert read_to_close(stream.iter_lines()) == {}
    assert monotonic() - begun < 10, "as long as Gradio waits for a message"


def test_events_sent_at_once_come_in_one_stream(client: httpx.Client, session: str) -> None:
    events = {send(client, session, text): [text] for text in ("one", "two", "three")}
    with opened(client, session) as stream:
        assert read_to_close(stream.iter_lines()) == events
