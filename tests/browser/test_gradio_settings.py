"""Gradio's settings that matter for a public page, read from the running app over HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

PRIVATE = {"api_visibility": "private"}
FEATURES = ("enable_monitoring", "is_colab", "is_space", "analytics_enabled", "pwa", "dev_mode", "vibe_mode")


@pytest.fixture
def client(app: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=app, trust_env=False, timeout=60) as client:
        yield client


@pytest.fixture
def config(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/config").raise_for_status().json()
    return found


def test_telemetry_and_extra_features_are_off(config: dict[str, Any]) -> None:
    assert {name: config[name] for name in FEATURES if config.get(name)} == {}
    assert config["max_file_size"] == 20_000_000
    assert config["footer_links"] == ["api"]
    assert config.get("run_history") in {None, False}


def test_events_with_work_are_queued_and_private(config: dict[str, Any], client: httpx.Client) -> None:
    public = {"ask", "search", "add_document", "cancel_adding", "list_documents"}
    for function in config["dependencies"]:
        name = function["api_name"]
        assert (function["api_visibility"] == "public") == (name in public), name
        queued = function["queue"]
        if function["backend_fn"]:
            assert queued or name in {"page_opened", "page_opened_1", "page_closed", "_opened"}, name
            if queued:
                # Not past the queue and its limits.
                body = {"data": [None] * len(function["inputs"]), "fn_index": function["id"]}
                reply = client.post(f"/gradio_api/run/{name}", json=body)
                assert reply.status_code == 404, name
                assert "join the queue" in reply.json()["detail"]


@pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://localhost:9"])
def test_on_this_computer_other_sites_may_read_nothing(client: httpx.Client, origin: str) -> None:
    # Gradio lets other ports of this computer read its replies; this one contains only the refusal.
    for asked in (client.get("/config", headers={"origin": origin}), post(client, origin)):
        assert (asked.status_code, asked.json()) == (403, {"detail": "Cross-origin requests are refused."})


def post(client: httpx.Client, origin: str) -> httpx.Response:
    return client.post("/gradio_api/call/v2/list_documents", json={}, headers={"origin": origin})


@pytest.mark.parametrize(
    "path",
    [
        "/docs", "/redoc", "/openapi.json", "/monitoring", "/monitoring/summary", "/gradio_api/runs",
        "/gradio_api/dev/reload", "/gradio_api/vibe-code", "/gradio_api/profiling/summary",
        "/gradio_api/deep_link?session_hash=x", "/gradio_api/custom_component/x/client/a/b", "/gradio_api/token",
        "/gradio_api/file=data/articles/honeybee-colony.md", "/gradio_api/stream/x/1/2/playlist.m3u8",
    ],
)  # fmt: skip
def test_routes_that_the_page_does_not_need_are_closed(client: httpx.Client, path: str) -> None:
    assert client.get(path).status_code == 403


def test_each_response_has_the_headers_that_bind_a_browser(client: httpx.Client) -> None:
    for path in ("/", "/config", "/theme.css", "/gradio_api/info"):
        headers = client.get(path).raise_for_status().headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'self'; script-src 'self' 'nonce-")
        assert "http" not in policy
