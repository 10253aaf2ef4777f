"""The log of a running server for invalid requests: short, and without terminal control sequences."""

from __future__ import annotations

import re
import signal
import sys
import threading
from contextlib import suppress
from typing import Any

import httpx

from .conftest import TIMEOUT_MS, running

ESCAPES = "\x1b]0;x\x07\x9b31m\u202e"
LONG = ESCAPES + "y" * 3_000_000
CONTROL_CHARACTERS = re.compile("[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")
MOST_CHARACTERS = 2_000 + len("2026-11-29 14:01:36,430 WARNING of.some.logger: ")
STOPPING = 3
"""Number of the page's event that gets a conversation and runs outside the queue."""

CONVERSATIONS: list[Any] = [
    [[1, 2], [3]] * 100_000,
    [{"role": ESCAPES, "content": [{"type": ESCAPES}]}] * 1_000,
    [{"role": "user", "content": LONG}],
    LONG,
]
TOOL = {"jsonrpc": "2.0", "id": 1, "method": "tools/call"}
TOOLS = [
    {**TOOL, "params": {"name": LONG, "arguments": {}}},
    {**TOOL, "params": {"name": "ask", "arguments": {"question": [LONG]}}},
    {**TOOL, "method": LONG},
]
CALLS = [
    ("call/ask", {"data": [LONG]}),
    ("call/v2/ask", {"question": LONG}),
    ("call/v2/ask", {"question": "Why?", "documents": [LONG]}),
    ("call/v2/search", {"question": LONG, "k": LONG}),
    ("call/v2/add_document", {"url": LONG}),
    ("call/v2/list_documents", {"library": LONG}),
    ("run/predict", {"data": [LONG], "session_hash": ESCAPES}),
    ("queue/join", {"data": LONG, "fn_index": ESCAPES}),
    ("component_server", {"data": LONG, "component_id": 1, "fn_name": LONG, "session_hash": LONG}),
]


def test_a_bad_request_leaves_one_short_line_at_most() -> None:
    written: list[str] = []
    with running([sys.executable, "app.py"]) as (address, process):
        # A full pipe that nobody reads would block the server.
        reader = threading.Thread(target=written.extend, args=[process.stdout])
        reader.start()
        with httpx.Client(base_url=f"{address}/gradio_api", timeout=TIMEOUT_MS / 1000, trust_env=False) as client:
            sent = _send(client)
        process.send_signal(signal.SIGINT)
        process.wait(TIMEOUT_MS / 1000)
        reader.join()
    assert not [line[:300] for line in written if CONTROL_CHARACTERS.search(line)]
    assert max(map(len, written), default=0) <= MOST_CHARACTERS
    assert len(written) <= sent
    assert not [line for line in written if "Traceback" in line]


def _send(client: httpx.Client) -> int:
    """Send all bad requests, and wait for the replies; return the number of requests."""
    for number, conversation in enumerate(CONVERSATIONS):
        session = f"bad{number}"
        body = {"data": [conversation], "fn_index": STOPPING, "session_hash": session, "event_data": None}
        if client.post("/queue/join", json=body).is_success:
            _read(client, f"/queue/data?session_hash={session}", "process_completed")
    for path, inputs in CALLS:
        reply = client.post(f"/{path}", json=inputs)
        if path.startswith("call/") and reply.is_success:
            _read(client, f"/{path.replace('/v2', '')}/{reply.json()['event_id']}", "event: error", "event: complete")
    for body in TOOLS:
        _read(client, "/mcp/", "data: ", method="POST", json=body)
    client.get("/info/" + "%1b%5d0;x%07" * 20)
    client.get(str(client.base_url.join("/assets/" + "%1b" + "x" * 60_000)))
    return len(CONVERSATIONS) + len(CALLS) + len(TOOLS) + 2


def _read(client: httpx.Client, path: str, *last: str, method: str = "GET", **more: Any) -> None:  # noqa: ANN401
    headers = {"accept": "application/json, text/event-stream"}
    with suppress(httpx.ReadTimeout), client.stream(method, path, headers=headers, timeout=10, **more) as reply:
        for line in reply.iter_lines():
            if any(word in line for word in last):
                return
