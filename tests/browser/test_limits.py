"""The app with a login and low limits: nothing is served without the login, and excess requests get a message.

Each test uses other visitor addresses: the app trusts X-Forwarded-For of a proxy on this computer.
"""

from __future__ import annotations

import asyncio
import base64
import json
import signal
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any

import httpx
import pytest
from gradio_client import Client
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.shared._httpx_utils import create_mcp_http_client
from mcp.types import CallToolResult, TextContent
from playwright.sync_api import Browser, expect
from scripted_model import CUT, JSON, Reply, ScriptedModel

from .conftest import TIMEOUT_MS, Chat, eventually, running, wait_until_idle

LOGIN = ("ann", "s3cret: never shown")
OTHER = ("bea", "another-never-shown")
JETS = "Which fighter jets did China buy?"
QUESTIONS, LIBRARIES, WAITING = 3, 2, 2
PARALLEL_QUESTIONS = 16  # questions that wait for a language model's server
SETTINGS = {
    "QA_LOGIN": ":".join(LOGIN),
    "QA_PER_VISITOR_QUESTIONS_PER_MINUTE": str(QUESTIONS),
    "QA_PER_VISITOR_LIBRARIES": str(LIBRARIES),
    "QA_MAX_WAITING": str(WAITING),
    "QA_LLM_MODEL": "scripted",
    "QA_LLM_TIMEOUT_SECONDS": "300",
    "QA_LLM_IDLE_TIMEOUT_SECONDS": "300",
}


@dataclass
class ProtectedApp:
    """The app, its language model, and the event that the model waits for before it fails."""

    address: str
    resume: Event
    model: ScriptedModel

    def client(self, visitor: str, login: tuple[str, str] | None = LOGIN) -> httpx.Client:
        headers = {"x-forwarded-for": visitor}
        return httpx.Client(base_url=self.address, auth=login, headers=headers, timeout=60, trust_env=False)


@pytest.fixture(scope="module")
def protected(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtectedApp]:
    resume = Event()
    resume.set()

    def script(_: JSON) -> Reply:
        return Reply(status=401) if resume.is_set() else Reply([resume, CUT])

    file = tmp_path_factory.mktemp("logins") / "logins"
    file.write_text(":".join(OTHER), encoding="utf-8")
    with ScriptedModel(script) as model:
        settings = {**SETTINGS, "QA_LOGIN_FILE": str(file), "QA_LLM_URL": model.url}
        with running([sys.executable, "app.py"], **settings) as (address, process):
            yield ProtectedApp(address, resume, model)
            process.send_signal(signal.SIGINT)
            assert process.wait(TIMEOUT_MS / 1000) == 0
            printed = process.stdout.read()
    assert not any(secret in printed for secret in (LOGIN[1], OTHER[1], "Bearer", "Traceback"))


@contextmanager
def logged_in(protected: ProtectedApp, browser: Browser, visitor: str) -> Iterator[Chat]:
    """Open the page in a browser that has the login."""
    user, password = LOGIN
    with browser.new_context(
        http_credentials={"username": user, "password": password}, extra_http_headers={"x-forwarded-for": visitor}
    ) as context:
        chat = Chat(context.new_page(), protected.address)
        chat.page.set_default_timeout(TIMEOUT_MS)
        chat.page.goto(protected.address)
        wait_until_idle(chat.page)
        yield chat


def ended(client: httpx.Client, endpoint: str, **inputs: Any) -> str:  # noqa: ANN401 -- what a program may send
    """Call an endpoint, and return its stream of events."""
    event = client.post(f"/gradio_api/call/v2/{endpoint}", json=inputs).raise_for_status().json()["event_id"]
    return client.get(f"/gradio_api/call/{endpoint}/{event}").raise_for_status().text


VISITED = [
    "/", "/?__theme=light", "/config", "/theme.css", "/assets/x.js", "/static/x", "/svelte/x", "/favicon.ico",
    "/manifest.json", "/robots.txt", "/login", "/logout", "/monitoring/summary", "/file=app.py",
]  # fmt: skip
ASKED = [
    "info", "openapi.json", "app_id", "user", "token", "login_check", "theme.css", "heartbeat/x", "runs",
    "queue/data?session_hash=x", "queue/status", "call/ask/x", "upload_progress?upload_id=x", "file=app.py", "mcp/",
    "mcp/schema", "mcp/sse", "deep_link?session_hash=x", "dev/reload",
]  # fmt: skip
POSTED = [
    "upload", "component_server", "cancel", "reset", "queue/join", "call/ask", "call/v2/ask", "run/predict", "mcp/",
    "mcp/http/", "mcp/messages/", "startup-events",
]  # fmt: skip


def test_nothing_is_served_without_the_login(protected: ProtectedApp) -> None:
    requests = [("GET", path) for path in [*VISITED, *(f"/gradio_api/{path}" for path in ASKED)]]
    requests += [("POST", "/login"), *(("POST", f"/gradio_api/{path}") for path in POSTED)]
    with protected.client("192.0.2.9", login=None) as client:
        for method, path in requests:
            reply = client.request(method, path)
            assert (reply.status_code, reply.json()) == (401, {"detail": "Login required."}), path
            assert reply.headers["www-authenticate"].startswith("Basic "), path
        for login in [(LOGIN[0], "x"), ("x", LOGIN[1]), (LOGIN[0], OTHER[1]), ("", "")]:
            for path in ("/", "/config", "/gradio_api/mcp/"):
                # Each from another address, since wrong logins are counted.
                visitor = {"x-forwarded-for": f"198.51.100.{len(path)}"}
                assert client.get(path, auth=login, headers=visitor).status_code == 401


def test_page_api_and_tools_work_with_the_login(protected: ProtectedApp, browser: Browser) -> None:
    with logged_in(protected, browser, "192.0.2.1") as chat:
        chat.page.on("console", chat.note_message)
        for _ in range(QUESTIONS):
            expect(chat.ask(JETS).locator("a.cite").first).to_be_visible()
            wait_until_idle(chat.page)
        # One more exceeds the limit, which the conversation says.
        chat.box.fill(JETS)
        chat.box.press("Enter")
        message = f"Too many questions: the limit is {QUESTIONS} per minute per visitor; try again in"
        expect(chat.page.locator("#chat .problem")).to_contain_text(message)
        assert chat.complaints == []

    for login in (LOGIN, OTHER):
        client = Client(protected.address, verbose=False, analytics_enabled=False, httpx_kwargs={"auth": login})
        assert "Su-35" in client.predict(question=JETS, api_name="/ask")["answer"]
        client.close()


def test_tools_work_with_the_login_and_count_each_visitor(protected: ProtectedApp) -> None:
    basic = base64.b64encode(":".join(LOGIN).encode()).decode()

    async def answers(visitor: str, times: int) -> list[CallToolResult]:
        headers = {"authorization": f"Basic {basic}", "x-forwarded-for": visitor}
        async with (
            create_mcp_http_client(headers) as http,
            streamable_http_client(f"{protected.address}/gradio_api/mcp/", http_client=http) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            return [await session.call_tool("ask", {"question": JETS}) for _ in range(times)]

    # The tests' thread may be driving a browser, which occupies its event loop.
    with ThreadPoolExecutor(1) as pool:
        results = pool.submit(lambda: asyncio.run(answers("192.0.2.3", QUESTIONS + 1))).result()
        others = pool.submit(lambda: asyncio.run(answers("192.0.2.4", 1))).result()
    for result in [*results[:-1], *others]:
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert "Su-35" in json.loads(content.text)["answer"]
    assert results[-1].isError
    assert f"Too many questions: the limit is {QUESTIONS} per minute" in str(results[-1].content)


def test_the_endpoint_says_which_limit_is_reached(protected: ProtectedApp) -> None:
    with protected.client("192.0.2.5") as client:
        # Searches count as questions do.
        for _ in range(QUESTIONS - 1):
            assert "event: complete" in ended(client, "search", question=JETS, k=1)
        assert "event: complete" in ended(client, "ask", question=JETS)
        for endpoint in ("ask", "search"):
            events = ended(client, endpoint, question=JETS)
            assert "event: error" in events
            assert f"Too many questions: the limit is {QUESTIONS} per minute per visitor" in events
        for number in range(LIBRARIES):
            assert "event: complete" in ended(client, "add_document", text=f"Tea {number} came.", title="Tea")
        events = ended(client, "add_document", text="Tea came.", title="Tea")
        assert f"too many libraries: the limit is {LIBRARIES} per visitor" in events
    with protected.client("192.0.2.6") as other:
        assert "event: complete" in ended(other, "ask", question=JETS)
        assert "event: complete" in ended(other, "add_document", text="Tea came.", title="Tea")


def test_a_full_queue_says_so(protected: ProtectedApp, browser: Browser) -> None:
    path, body = "/gradio_api/call/v2/ask", {"question": JETS}
    protected.resume.clear()
    before = len(protected.model.requests)
    try:
        with protected.client("192.0.2.10") as client:
            for number in range(PARALLEL_QUESTIONS + WAITING):
                visitor = {"x-forwarded-for": f"192.0.2.{20 + number}"}
                # A question that has just started may still be in the queue.
                eventually(lambda visitor=visitor: client.post(path, json=body, headers=visitor).status_code, 200)  # type: ignore[misc]
                if number < PARALLEL_QUESTIONS:
                    eventually(lambda: len(protected.model.requests), before + number + 1)
            refused = client.post(path, json=body)
            assert refused.status_code == 503
            assert "Queue is full" in refused.json()["detail"]
        with logged_in(protected, browser, "192.0.2.12") as chat:
            chat.box.fill(JETS)
            chat.box.press("Enter")
            expect(chat.page.get_by_text("This application is currently busy. Please try again.")).to_be_visible()
            expect(chat.box).to_have_value(JETS)
    finally:
        protected.resume.set()
    with protected.client("192.0.2.11") as client:
        eventually(lambda: client.post(path, json=body).status_code, 200)


def test_another_site_cannot_use_a_visitors_login(protected: ProtectedApp) -> None:
    with protected.client("192.0.2.7") as client:
        for headers in ({"origin": "https://evil.example"}, {"origin": "null"}, {"host": "evil.example"}):
            assert client.get("/config", headers=headers).status_code == 403
        assert client.get("/config", headers={"origin": protected.address}).status_code == 200
        policy = client.get("/").headers["content-security-policy"]
        assert policy.endswith("frame-ancestors 'self' https://huggingface.co")


def test_the_password_is_in_nothing_that_is_served(protected: ProtectedApp) -> None:
    with protected.client("192.0.2.8") as client:
        paths = ("/", "/config", "/gradio_api/info", "/gradio_api/openapi.json", "/gradio_api/mcp/schema")
        for path in paths:
            text = client.get(path).raise_for_status().text
            assert not any(secret in text for secret in (LOGIN[1], OTHER[1], "Bearer"))
