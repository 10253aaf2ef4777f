"""An attacker who knows everything but the keys tries every endpoint for a visitor's articles and conversation."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any
from urllib.parse import quote

import httpx
import pytest
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client

from .http_api import call, call_endpoint

HIDDEN = "Velmoth keeps the amber seal beneath the third lantern."
NAME = "velmoth.txt"
QUESTION = "What does Velmoth keep beneath the third lantern?"
LINK = f"#cite:{NAME}:0:{len(HIDDEN)}"
ROUTES = [
    "/gradio_api/file=", "/gradio_api/file/", "/file=", "/file/", "/gradio_api/file%3D", "/static/", "/assets/",
    "/svelte/", "/gradio_api/custom_component/x/client/", "/gradio_api/proxy=", "/static/../../../../../../../..",
    "/static/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e/%2e%2e",
]  # fmt: skip
FORGED = ["", "x.y", "0" * 43 + "." + "0" * 64, "*"]
ATTACKERS = 8  # requests at the same time


@pytest.fixture(scope="module")
def library(app: str) -> str:
    """The key of a library that contains the secret, and whose owner has asked about it."""
    key = str(call_endpoint(app, "add_document", text=HIDDEN, title="Velmoth")["library"])
    assert HIDDEN in json.dumps(call_endpoint(app, "ask", question=QUESTION, library=key))
    return key


@pytest.fixture
def keys(app: str, library: str) -> list[str]:
    """Keys that an attacker may send: another visitor's own, changed ones, invented ones, and none."""
    own = str(call_endpoint(app, "add_document", text="Silk reached Ardcarn in 1312.", title="Silk")["library"])
    nonce, _, signature = library.partition(".")
    changed = [library[:-1], library + "0", nonce, f"{nonce}.", f".{signature}", f"{own.partition('.')[0]}.{signature}"]
    return [own, *changed, *FORGED]


@pytest.fixture
def client(app: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app, trust_env=False, timeout=60) as client:
        yield client


def assert_no_secret(text: object) -> None:
    content = json.dumps(text) if not isinstance(text, str) else text
    assert "amber seal" not in content
    assert "Velmoth keeps" not in content


def streamed(client: httpx.Client, path: str) -> str:
    """Return the content of a stream until it ends; Gradio closes the stream of an unknown session."""
    parts: list[str] = []
    with suppress(httpx.RemoteProtocolError), client.stream("GET", path) as stream:
        parts.extend(stream.iter_text())
    return "".join(parts)


def test_the_endpoints_give_nothing_without_the_key(app: str, keys: list[str]) -> None:
    def attack(key: str) -> None:
        for endpoint, inputs in (
            ("ask", {"question": QUESTION}),
            ("ask", {"question": QUESTION, "documents": [NAME]}),
            ("search", {"question": QUESTION, "k": 100}),
            ("list_documents", {}),
            ("cancel_adding", {}),
        ):
            assert_no_secret(call(app, endpoint, library=key, **inputs)[1])

    with ThreadPoolExecutor(ATTACKERS) as pool:
        assert len(list(pool.map(attack, keys))) == len(keys)


def test_the_page_s_functions_give_nothing_without_the_key(client: httpx.Client, library: str, keys: list[str]) -> None:
    components = client.get("/config").json()["components"]
    pane = next(part["id"] for part in components if part["props"].get("elem_id") == "source")
    conversation = [
        {
            "question": "?", "answer": None, "confidence": "",
            "excerpts": [{"n": 1, "document": NAME, "title": "", "start": 0, "end": len(HIDDEN), "text": "x"}],
        }
    ]  # fmt: skip

    def given(function: str, component: object, data: object) -> str:
        sent = {"session_hash": "attacker", "component_id": component, "fn_name": function, "data": data}
        return client.post("/gradio_api/component_server", json=sent).text

    for key in [*keys, None, 5, [library], {"key": library}]:
        for function in ("load_source", "load_pdf_page", "suggest", "save"):
            sent = {"links": [LINK, LINK], "library": key, "format": "json", "conversation": conversation}
            assert_no_secret(given(function, pane, sent))
    assert "amber seal" in given("load_source", pane, {"links": [LINK], "library": library})

    def refused(part: dict[str, Any]) -> None:
        for function in ("__init__", "postprocess", "preprocess", "get_config", "load_event_to_attach", "_x"):
            assert given(function, part["id"], {"links": [LINK], "library": library}) in {
                '{"detail":"Function not found."}', '"Function not found."',
            }  # fmt: skip

    # Nothing else of any component can be called.
    with ThreadPoolExecutor(ATTACKERS) as pool:
        assert len(list(pool.map(refused, components))) == len(components)


def test_events_reach_their_own_session_alone(client: httpx.Client, library: str) -> None:
    event = client.post("/gradio_api/call/v2/ask", json={"question": QUESTION, "library": library}).json()["event_id"]
    guesses = ["", "0", "1", "mcp", "null", "undefined", event[:-1], event.upper() + "0", uuid.uuid4().hex, "*", "%"]

    def attack(guess: str) -> None:
        assert_no_secret(streamed(client, f"/gradio_api/queue/data?session_hash={quote(guess)}"))
        assert_no_secret(streamed(client, f"/gradio_api/call/ask/{quote(guess) or 'x'}"))
        cancelled = {"session_hash": guess, "fn_index": 0, "event_id": guess}
        assert client.post("/gradio_api/cancel", json=cancelled).status_code == 200

    # Gradio waits for seconds before it closes the stream of an unknown session.
    with ThreadPoolExecutor(len(guesses)) as pool:
        assert len(list(pool.map(attack, guesses))) == len(guesses)
    # Nothing revealed its number, and nobody stopped it.
    for path in ("/config", "/gradio_api/queue/status", "/gradio_api/info", "/gradio_api/app_id"):
        assert event not in client.get(path).text
    assert "amber seal" in streamed(client, f"/gradio_api/call/ask/{event}")


def test_uploads_are_given_to_nobody(client: httpx.Client) -> None:
    (path,) = client.post("/gradio_api/upload", files={"files": (NAME, HIDDEN.encode())}).json()
    folder, name = path.rsplit("/", 1)
    names = [path, path.lstrip("/"), f"{folder}/./{name}", f"/proc/self/root{path}", f"file://{path}", folder]
    for each in [*names, "/etc/hostname", "app.py", "data/articles/honeybee-colony.md"]:
        for route in ROUTES:
            reply = client.get(route + each)
            assert reply.status_code in {403, 404}, route + each
            assert_no_secret(reply.text)


def test_tools_give_nothing_without_the_key(app: str, library: str, keys: list[str]) -> None:
    async def visit() -> list[Any]:
        async with (
            streamable_http_client(f"{app}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            owned = await session.call_tool("ask", {"question": QUESTION, "library": library})
            found = [str(owned.content)]
            for key in keys[:4]:
                for tool, inputs in (
                    ("ask", {"question": QUESTION, "documents": [NAME]}),
                    ("search", {"question": QUESTION, "k": 100}),
                    ("list_documents", {}),
                    ("cancel_adding", {}),
                ):
                    found.append(str((await session.call_tool(tool, {**inputs, "library": key})).content))
            found.append(str(await session.list_resources()))
            found.append(str(await session.list_prompts()))
            return found

    with ThreadPoolExecutor(1) as pool:
        owned, *foreign = pool.submit(lambda: asyncio.run(visit())).result()
    assert "amber seal" in owned
    for text in foreign:
        assert_no_secret(text)
