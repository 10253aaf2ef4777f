"""A server from its start to its end: health, readiness, the page meanwhile, and answers that are finished."""

from __future__ import annotations

import asyncio
import logging
import threading
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from qa.web.server.auth import Login
from qa.web.server.front import Front
from qa.web.server.listening import listen, running
from qa.web.server.logs import MAX_LINE_CHARACTERS

pytestmark = pytest.mark.slow

ASK = "/gradio_api/call/ask"


class Chat:
    """Replaces Gradio's page: an answer of a given duration, and an endless stream."""

    def __init__(self) -> None:
        self.resume = threading.Event()
        self.asked = threading.Event()
        self.events: list[str] = []
        routes = [
            Route(ASK, self._ask, methods=["POST"]),
            Route("/gradio_api/heartbeat/{session}", self._beat),
            Route("/{path:path}", lambda _: PlainTextResponse("the chat")),
        ]
        self.app = Starlette(routes=routes, lifespan=self._lifespan)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        self.events.append("started")
        yield
        self.events.append("ended")

    async def _ask(self, _: Request) -> Response:
        self.asked.set()
        while not self.resume.is_set():
            await asyncio.sleep(0.01)
        return PlainTextResponse("an answer")

    async def _beat(self, _: Request) -> Response:
        async def beats() -> AsyncIterator[str]:
            while True:
                yield "alive"
                await asyncio.sleep(0.01)

        return StreamingResponse(beats(), media_type="text/event-stream")


@contextmanager
def served(front: Front) -> Iterator[httpx.Client]:
    listening = listen("127.0.0.1", 0)
    address = f"http://127.0.0.1:{listening.getsockname()[1]}"
    with running(front, listening), httpx.Client(base_url=address, trust_env=False, timeout=20) as client:
        yield client


def front(login: Login | None = None) -> Front:
    return Front(frozenset({"127.0.0.1"}), login, [Route("/help", lambda _: PlainTextResponse("help"))])


def test_the_server_responds_before_it_is_ready_and_reports_its_progress() -> None:
    server, chat = front(), Chat()
    with served(server) as client:
        assert client.get("/health").json() == {"status": "ok"}
        server.show_step("embedding the articles: 42%")
        waiting = client.get("/ready")
        assert (waiting.status_code, waiting.json()["step"]) == (503, "embedding the articles: 42%")
        assert int(waiting.headers["retry-after"]) > 0
        page = client.get("/")
        assert (page.status_code, page.headers["cache-control"]) == (200, "no-store")
        assert "embedding the articles" in page.text
        refused = client.post(ASK)
        assert (refused.status_code, refused.headers["retry-after"]) == (503, "2")
        assert client.get("/help").text == "help"
        server.open(chat.app, chat.app)
        assert client.get("/ready").json() == {"status": "ready"}
        assert client.get("/").text == "the chat"
    assert chat.events == ["started", "ended"]


def test_a_login_and_the_host_are_asked_for_before_the_page_is_shown_but_not_for_its_health() -> None:
    with served(front(Login(["ann:one"]))) as client:
        assert client.get("/").status_code == 401
        assert client.get("/", auth=("ann", "one")).status_code == 200
        assert client.get("/help").status_code == 401
        assert [client.get(path).status_code for path in ("/health", "/ready")] == [200, 503]
    with served(front()) as client:
        assert client.get("/", headers={"host": "evil.example"}).status_code == 403


@pytest.mark.parametrize("finishes", [True, False], ids=["finished", "cut off"])
def test_answers_in_progress_are_finished_up_to_a_limit_and_new_ones_refused(*, finishes: bool) -> None:
    server, chat = front(), Chat()
    messages: list[str] = []
    ended = threading.Event()

    def ask(client: httpx.Client) -> None:
        try:
            messages.append(client.post(ASK).text)
        except httpx.HTTPError as error:
            messages.append(type(error).__name__)

    def listen_to(client: httpx.Client) -> None:
        with client.stream("GET", "/gradio_api/heartbeat/secret") as stream:
            for _ in stream.iter_raw():
                pass
        ended.set()

    with served(server) as client:
        server.open(chat.app, chat.app)
        asking = threading.Thread(target=ask, args=[client])
        beating = threading.Thread(target=listen_to, args=[client])
        asking.start()
        beating.start()
        assert chat.asked.wait(20)
        cut_off: list[int] = []
        stopping = threading.Thread(target=lambda: cut_off.append(server.drain(20 if finishes else 0.2)))
        stopping.start()
        while client.get("/ready").json()["status"] != "stopping":
            time.sleep(0.01)
        assert client.post(ASK).status_code == 503
        assert client.get("/health").status_code == 200
        assert not ended.is_set() or not finishes
        if finishes:
            chat.resume.set()
        stopping.join()
        assert ended.wait(20)
    asking.join()
    beating.join()
    assert cut_off == [0 if finishes else 1]
    assert messages == ["an answer"] or not finishes


def test_requests_are_logged_without_what_identifies_a_session(caplog: pytest.LogCaptureFixture) -> None:
    server, chat = front(), Chat()
    caplog.set_level(logging.DEBUG, "qa.web.server.requests")
    with served(server) as client:
        server.open(chat.app, chat.app)
        client.get("/gradio_api/call/ask/0123456789abcdef", params={"session_hash": "0123456789abcdef"})
        client.get("/ready")
        client.get("/collection/0123456789abcdef")
        client.get(f"/{'x' * 10_000}")
    shown, health, download, long = caplog.records
    assert download.__dict__["request"]["path"] == "/collection/..."
    assert len(long.__dict__["request"]["path"]) == MAX_LINE_CHARACTERS
    request = shown.__dict__["request"]
    assert (request["path"], request["status"]) == ("/gradio_api/call/ask/...", 200)
    assert request["duration_ms"] >= 0
    assert "0123456789abcdef" not in caplog.text
    assert health.levelname == "DEBUG"
