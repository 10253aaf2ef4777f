"""Call the endpoints of the API over plain HTTP."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import httpx


def call(address: str, endpoint: str = "ask", **inputs: Any) -> tuple[str, Any]:  # noqa: ANN401 -- what a program may send
    """Call an endpoint; return its last event, "complete" or "error", and the event's data."""
    with httpx.Client(base_url=f"{address}/gradio_api/call", timeout=60, trust_env=False) as client:
        event = client.post(f"/v2/{endpoint}", json=inputs).raise_for_status().json()["event_id"]
        lines = client.get(f"/{endpoint}/{event}").raise_for_status().text.splitlines()
    kinds = [line.removeprefix("event: ") for line in lines if line.startswith("event: ")]
    data = [line.removeprefix("data: ") for line in lines if line.startswith("data: ")]
    return kinds[-1], json.loads(data[-1])


def call_endpoint(address: str, endpoint: str, **inputs: Any) -> Any:  # noqa: ANN401
    """Call an endpoint, and return its result."""
    kind, data = call(address, endpoint, **inputs)
    assert kind == "complete", data
    return data[0]


def ask(address: str, question: str, **inputs: Any) -> dict[str, Any]:  # noqa: ANN401
    """Ask a question, and return the answer as JSON."""
    answer: dict[str, Any] = call_endpoint(address, "ask", question=question, **inputs)
    return answer


def source(address: str, link: str, library: object) -> str:
    """Return the article that the source pane shows for a link, given the key of a library."""
    return _served(address, "load_source", link, library)


def printed(address: str, link: str, library: object) -> str:
    """Return the printed page that the source pane shows for a link, given the key of a library."""
    return _served(address, "load_pdf_page", link, library)


@cache
def _pane(address: str) -> int:
    """Return Gradio's number of the source pane."""
    config = httpx.get(f"{address}/config", trust_env=False, timeout=60).json()
    pane: int = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "source")
    return pane


def _served(address: str, function: str, link: str, library: object) -> str:
    sent = {"links": [link], "library": library}
    body = {"session_hash": "test", "component_id": _pane(address), "fn_name": function, "data": sent}
    url = f"{address}/gradio_api/component_server"
    html: str = httpx.post(url, json=body, trust_env=False, timeout=60).raise_for_status().json()
    return html
