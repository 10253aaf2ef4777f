"""The running server: refusals, messages and shutdown."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import httpx
import pytest
from command import COMMAND
from playwright.sync_api import Browser, expect
from scripted_model import JSON, Reply, ScriptedModel

from qa.web import notices

from .conftest import ROOT, TIMEOUT_MS, eventually, running, wait_until_idle
from .http_api import ask, call

# As app.py, but computing suggestions never ends.
ENDLESS_SUGGESTIONS = """
import itertools, runpy
import qa.web.ui.welcome as welcome

welcome.suggest = lambda bot, document: [bot.ask(f"What is {number}?") for number in itertools.count()]
runpy.run_path("app.py", run_name="__main__")
"""


def test_the_endpoint_gives_the_contract(app: str) -> None:
    answer = ask(app, "Which fighter jets did China buy?")
    assert set(answer) == {
        "id", "question", "searched_for", "kind", "answer", "short", "lead", "parts", "abstained", "reason",
        "confidence", "citations", "passages", "timings_ms", "generated",
    }  # fmt: skip
    citation = answer["citations"][0]
    text = (ROOT / "data" / "articles" / citation["document"]).read_text(encoding="utf-8")
    assert text[citation["start"] : citation["end"]] == citation["text"]


def test_the_endpoint_takes_a_conversation_and_documents(app: str) -> None:
    followed = ask(app, "And why then?", history=["When did China turn towards Russia?"])
    assert followed["searched_for"] == "Why did China turn towards Russia?"
    within = ask(app, "Which fighter jets did China buy?", documents=["honeybee-colony.md"])
    assert {passage["document"] for passage in within["passages"]} == {"honeybee-colony.md"}


@pytest.mark.parametrize(
    ("inputs", "message"),
    [
        ({"question": "  "}, "the question is empty"),
        ({"question": "x" * 1001}, "the question has 1001 characters; the limit is 1000"),
        ({"question": 5}, "question must be a string"),
        ({"question": "Why?", "history": "no list"}, "history must be a list of strings"),
        ({"question": "Why?", "documents": ["none.md"]}, "no document 'none.md' here"),
    ],
    ids=["empty", "too long", "no string", "no list", "unknown document"],
)
def test_the_endpoint_says_what_is_wrong(app: str, inputs: dict[str, Any], message: str) -> None:
    kind, data = call(app, **inputs)
    assert kind == "error"
    assert message in str(data)


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/gradio_api/component_server", 403),
        ("POST", "/gradio_api/process_recording", 403),
        ("GET", "/gradio_api/proxy=http://example.com/", 403),
        ("GET", "/gradio_api/file=/etc/hostname", 403),
        ("GET", "/gradio_api/file=app.py", 403),
        ("GET", "/monitoring/summary", 403),
    ],
)
def test_closed_routes(app: str, method: str, path: str, status: int) -> None:
    files = {"files": ("a.txt", b"a")} if method == "POST" else None
    assert httpx.request(method, app + path, files=files, trust_env=False, timeout=60).status_code == status


def test_an_oversized_request_is_refused(app: str) -> None:
    body = b"{" + b" " * 5_000_000
    url = f"{app}/gradio_api/queue/join"
    assert httpx.post(url, content=body, trust_env=False, timeout=60).status_code == 413
    pieces = (body[start : start + 500_000] for start in range(0, len(body), 500_000))
    unannounced = httpx.post(url, content=pieces, trust_env=False, timeout=60)
    assert unannounced.status_code >= 400


def test_the_page_may_load_from_nowhere_else(app: str) -> None:
    policy = httpx.get(app, trust_env=False, timeout=60).headers["content-security-policy"]
    assert policy.startswith("default-src 'self';")
    assert "http" not in policy


def test_only_the_named_endpoints_are_public(app: str) -> None:
    info = httpx.get(f"{app}/gradio_api/info", trust_env=False, timeout=60).json()
    parameters = {
        name: [parameter["parameter_name"] for parameter in endpoint["parameters"]]
        for name, endpoint in info["named_endpoints"].items()
    }
    assert parameters == {
        "/ask": ["question", "history", "documents", "library"],
        "/search": ["question", "k", "documents", "library"],
        "/add_document": ["text", "title", "url", "file", "name", "library"],
        "/cancel_adding": ["library"],
        "/list_documents": ["library", "after"],
    }
    assert not info["unnamed_endpoints"]


@pytest.mark.parametrize(
    ("links", "status"),
    [
        (None, 200), ([], 200), (["#cite:none.md:0:5"], 200), (["#cite:honeybee-colony.md:0:999999"], 200),
        (["x"], 200), (5, 400), ("#cite:none.md:0:5", 400), ({"a": 1}, 400), ([{"path": "/etc/hostname"}], 400),
    ],
)  # fmt: skip
def test_the_source_pane_takes_links_alone(app: str, links: object, status: int) -> None:
    config = httpx.get(f"{app}/config", trust_env=False, timeout=60).json()
    pane = next(part["id"] for part in config["components"] if part["props"].get("elem_id") == "source")
    body = {"session_hash": "test", "component_id": pane, "fn_name": "load_source", "data": {"links": links}}
    reply = httpx.post(f"{app}/gradio_api/component_server", json=body, trust_env=False, timeout=60)
    assert reply.status_code == status
    assert status != 200 or 'class="notice"' in reply.json()


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    serve = [*COMMAND, "serve", "--docs", "data/articles", "--port"]
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        done = subprocess.run([*serve, port], cwd=ROOT, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 2
    assert done.stderr.strip().startswith(f"qa: cannot listen on port {port} of 127.0.0.1: the port is already in use")
    assert "Traceback" not in done.stderr


def upload(address: str) -> None:
    sent = {"files": ("a.md", b"Bees dance.")}
    (path,) = httpx.post(f"{address}/gradio_api/upload", files=sent, trust_env=False, timeout=60).json()
    assert Path(path).is_file()


def test_a_terminated_server_deletes_uploads(tmp_path: Path) -> None:
    with running([sys.executable, "app.py"], TMPDIR=str(tmp_path)) as (address, process):
        upload(address)
        process.send_signal(signal.SIGTERM)
        assert process.wait(TIMEOUT_MS / 1000) == 0
    assert not list(tmp_path.glob("cited-qa-*"))


def test_a_terminated_server_finishes_the_answer_in_progress() -> None:
    asked, resume = Event(), Event()

    def script(_: JSON) -> Reply:
        asked.set()
        return Reply([resume, "No answer."])

    with ScriptedModel(script) as model, ThreadPoolExecutor(1) as pool:
        settings = {"QA_LLM_MODEL": "scripted", "QA_LLM_URL": model.url, "QA_JUDGE": "off"}
        with running([sys.executable, "app.py"], **settings) as (address, process):
            answer = pool.submit(ask, address, "Which fighter jets did China buy?")
            assert asked.wait(TIMEOUT_MS / 1000)
            process.send_signal(signal.SIGTERM)
            eventually(lambda: httpx.get(f"{address}/ready", trust_env=False, timeout=60).json()["status"], "stopping")
            refused = httpx.post(f"{address}/gradio_api/call/ask", json={"data": []}, trust_env=False, timeout=60)
            assert refused.status_code == 503
            resume.set()
            assert answer.result(TIMEOUT_MS / 1000)["generated"]["model"] == "scripted"
            assert process.wait(TIMEOUT_MS / 1000) == 0


def test_ctrl_c_deletes_uploads_and_the_page_reports_the_end(tmp_path: Path, browser: Browser) -> None:
    with (
        running([sys.executable, "-c", ENDLESS_SUGGESTIONS], TMPDIR=str(tmp_path)) as (address, process),
        browser.new_context() as context,
    ):
        page = context.new_page()
        page.set_default_timeout(TIMEOUT_MS)
        page.goto(address)
        wait_until_idle(page)
        upload(address)
        process.send_signal(signal.SIGINT)
        assert process.wait(TIMEOUT_MS / 1000) == 0
        assert process.stdout.read() == ""
        assert not list(tmp_path.glob("cited-qa-*"))
        page.locator("#source .articles a").first.click()
        expect(page.locator("#source .notice")).to_have_text(notices.NO_SERVER.sentence())


def test_ctrl_c_during_the_start_prints_no_traceback() -> None:
    # With another chunk size than the index, it reports that it embeds the articles, which takes a while.
    environment = {**os.environ, "QA_PORT": "0", "QA_CHUNK_TOKENS": "96"}
    with subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        stderr=subprocess.PIPE,
        text=True,
        # Background processes of a shell ignore Ctrl-C.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 -- one thread
    ) as process:
        assert process.stderr is not None
        while "embedded at every start" not in (line := process.stderr.readline()):
            assert line, "the app ended before it embedded anything"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=TIMEOUT_MS / 1000)
    assert process.returncode == 130
    assert errors == ""


def test_the_server_works_behind_a_proxy_and_on_other_addresses() -> None:
    proxy = {"HTTP_PROXY": "http://127.0.0.1:9", "http_proxy": "http://127.0.0.1:9", "NO_PROXY": "", "no_proxy": ""}
    with running([sys.executable, "app.py"], QA_HOST="::1", **proxy) as (address, _):
        assert address.startswith("http://[::1]:")
        assert httpx.get(address, trust_env=False, timeout=60).status_code == 200
