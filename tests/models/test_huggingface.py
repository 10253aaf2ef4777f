"""Models on the Hugging Face Hub: a Hub on 127.0.0.1, one that cannot be reached, and the local cache."""

from __future__ import annotations

from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest
from huggingface_hub import HfApi

from qa.errors import ModelError
from qa.models.huggingface import find_model

UNREACHABLE = "http://127.0.0.1:1"


class Hub(BaseHTTPRequestHandler):
    """Knows the model owner/known, and has failed for owner/broken."""

    asked: ClassVar[list[str]] = []

    def do_GET(self) -> None:
        self.asked.append(self.path)
        name = self.path.removeprefix("/api/models/")
        body = b'{"id": "owner/known", "siblings": []}' if name == "owner/known" else b"{}"
        self.send_response({"owner/known": 200, "owner/broken": 400}.get(name, 404))
        if name == "owner/none":
            self.send_header("X-Error-Code", "RepoNotFound")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Print nothing."""


def use(monkeypatch: pytest.MonkeyPatch, endpoint: str) -> None:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", False)
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", endpoint)
    assert HfApi().endpoint == endpoint


@pytest.fixture
def hub(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Hub)
    Thread(target=server.serve_forever, daemon=True).start()
    use(monkeypatch, f"http://127.0.0.1:{server.server_port}")
    Hub.asked.clear()
    yield
    server.shutdown()
    server.server_close()


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path))
    return tmp_path


@pytest.mark.parametrize("name", ["owner/known", "owner/broken"])
@pytest.mark.usefixtures("hub")
def test_a_hub_that_replies_is_asked_for_the_files(name: str) -> None:
    assert find_model("embedding", name) == (name, False)
    assert Hub.asked == [f"/api/models/{name}"]


@pytest.mark.usefixtures("hub")
def test_a_name_that_the_hub_does_not_have_is_refused_after_one_request() -> None:
    with pytest.raises(ModelError, match=r"reader model 'owner/none' could not be loaded .the Hub has no such model"):
        find_model("reader", "owner/none")
    assert Hub.asked == ["/api/models/owner/none"]


def test_a_name_that_cannot_be_on_the_hub_is_refused() -> None:
    with pytest.raises(ModelError, match="there is no such folder, and a Hub id has the form owner/name"):
        find_model("reader", "a b/c")


def test_without_the_hub_a_cached_model_is_used(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    use(monkeypatch, UNREACHABLE)
    with pytest.raises(ModelError, match="the Hub cannot be reached, and the local cache has no such model"):
        find_model("embedding", "owner/known")
    model = cache / "models--owner--known"
    (model / "refs").mkdir(parents=True)
    (model / "refs" / "main").write_text("0" * 40)
    (model / "snapshots" / ("0" * 40)).mkdir(parents=True)
    (model / "snapshots" / ("0" * 40) / "config.json").write_text("{}")
    assert find_model("embedding", "owner/known") == ("owner/known", True)
