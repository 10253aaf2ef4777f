"""What is let through to Gradio: the shapes that the page and the endpoints send, and nothing that names a file."""

from __future__ import annotations

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from conftest import TermEmbedder

from qa.documents.loader import load_text
from qa.pipeline import QA
from qa.settings import Settings
from qa.web.library_registry import LibraryRegistry
from qa.web.server.gradio_internals import forbid_downloads
from qa.web.server.middleware import _POSTABLE
from qa.web.server.request_bodies import MAX_BODY_BYTES, BodyError, BodyValidator

from .gradio_loop import in_a_loop

if TYPE_CHECKING:
    import gradio as gr

pytestmark = pytest.mark.slow

FETCHED = {"path": "http://127.0.0.1:9/x", "meta": {"_type": "gradio.FileData"}}
OPENED = {"type": "component", "component": "image", "value": {"path": "/dev/stdin"}}
JOIN = "/gradio_api/queue/join"
SESSION = {"session_hash": "abc", "trigger_id": 15}
EXCHANGE: dict[str, object] = {
    "question": "Why?",
    "shown": "<p>",
    "answer": None,
    "asked": True,
    "cited": [],
    "if_stopped": None,
    "saved": "",
}


@pytest.fixture(scope="module")
def page() -> gr.Blocks:
    from qa.web.ui.page import build

    bot = QA(Settings(), embedder=TermEmbedder())
    bot.replace([load_text("The mill of Ardcarn was built in 1312.", "The mill")])
    return in_a_loop(lambda: build(LibraryRegistry(bot)))


@pytest.fixture
def bodies(page: gr.Blocks) -> BodyValidator:
    return BodyValidator(page)


@pytest.fixture
def numbers(page: gr.Blocks) -> dict[str, int]:
    """The number of each event, by the name of its handler."""
    return {str(event.api_name): number for number, event in page.fns.items()}


def checked(bodies: BodyValidator, path: str, sent: object, *, own: bool = True) -> Any:  # noqa: ANN401 -- JSON
    body = sent if isinstance(sent, bytes) else json.dumps(sent).encode()
    return json.loads(bodies.checked(path, body, lambda _: own))


def everywhere(value: Any, planted: object) -> list[Any]:  # noqa: ANN401
    """Return copies of JSON, each with one of its values replaced."""
    copies = [planted]
    if isinstance(value, dict):
        copies += [{**value, key: copy} for key, each in value.items() for copy in everywhere(each, planted)]
        copies.append({**value, "more": planted})
    if isinstance(value, list):
        copies += [
            [*value[:position], copy, *value[position + 1 :]]
            for position, each in enumerate(value)
            for copy in everywhere(each, planted)
        ]
        copies.append([*value, planted])
    return copies


def sent_by_the_page(numbers: dict[str, int]) -> list[tuple[str, dict[str, Any]]]:
    """Return a body of each kind that the page, a program or an MCP client sends."""

    def event(name: str, *data: object, event_data: object = None) -> tuple[str, dict[str, Any]]:
        return JOIN, {"data": list(data), "event_data": event_data, "fn_index": numbers[name], **SESSION}

    chatting = ([EXCHANGE], "key", ["a.md"])
    files = {"files": [{"name": "a.md", "path": "/uploads/x/a"}, {"name": "b.md", "problem": "is too large"}]}
    served = {"session_hash": "abc", "component_id": 18}
    exchange = {"question": "Why?", "answer": "It is.", "searched_for": None, "phrased": None, "confidence": "Sure",
                "confidence_value": 0.5,
                "excerpts": [{"n": 1, "document": "a", "title": "A", "start": 0, "end": 1, "text": "I", "page": None,
                              "verdict": "verbatim"}]}  # fmt: skip
    return [
        event("respond", "Why?", *chatting),
        event("retry", *chatting, event_data={"index": 0, "value": "Why?"}),
        event("undo", [EXCHANGE], "key", event_data={"index": [0, 1], "value": "Why?"}),
        event("search_again", *chatting, event_data={"turn": 0, "text": "Why not?"}),
        event("judge", *chatting, event_data={"turn": 0, "verdict": "right", "expected": ""}),
        event("stop", [EXCHANGE]),
        event("clear", "key"),
        event("restore", [EXCHANGE]),
        event("_ask_all", "key"),
        event("_add", "key", [], event_data=files),
        event("_add", "key", [], event_data={"title": "T", "text": "It was."}),
        event("_add", "key", [], event_data={"url": "https://example.com"}),
        event("_remove", "key", [], event_data={"document": "a.md"}),
        event("_filter", "key", [], event_data={"words": "bees"}),
        ("/gradio_api/run/page_opened", event("page_opened", *chatting)[1]),
        ("/gradio_api/run/predict", event("page_opened", [], "", [])[1]),
        (JOIN, {"data": ["Why?", ["What?"], None, ""], "fn_index": numbers["ask"], "session_hash": "abc"}),
        ("/gradio_api/call/ask", {"data": ["Why?", None, ["a.md"], ""]}),
        ("/gradio_api/call/v2/search", {"question": "Why?", "k": 3, "documents": ["a.md"]}),
        ("/gradio_api/component_server", {**served, "fn_name": "load_source", "data": {
            "links": ["#a"], "library": ""}}),
        ("/gradio_api/component_server/", {**served, "fn_name": "save", "data": {
            "format": "json", "conversation": [exchange], "library": "key"}}),
        ("/gradio_api/mcp/", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {
            "name": "ask", "arguments": {"question": "Why?", "history": ["What?"]}, "_meta": {"progressToken": 1}}}),
        ("/gradio_api/cancel", {"session_hash": "abc", "fn_index": 1, "event_id": "def"}),
        ("/gradio_api/reset", {"event_id": "def"}),
    ]  # fmt: skip


def test_requests_of_the_page_are_forwarded(bodies: BodyValidator, numbers: dict[str, int]) -> None:
    for path, body in sent_by_the_page(numbers):
        forwarded = checked(bodies, path, body)
        assert forwarded.get("data") == body.get("data"), body
        if "index" in (body.get("event_data") or {}):
            # What a message says is known from the conversation.
            assert forwarded["event_data"] == {"index": body["event_data"]["index"], "value": None}
        else:
            assert forwarded.get("event_data") == body.get("event_data")


@pytest.mark.parametrize(
    "planted", [FETCHED, OPENED, [FETCHED], {"a": [OPENED]}], ids=["file", "part", "files", "parts"]
)
def test_no_file_is_forwarded_in_any_part_of_any_body(
    bodies: BodyValidator, numbers: dict[str, int], planted: object
) -> None:
    tried = 0
    for path, body in sent_by_the_page(numbers):
        for forged in everywhere(body, planted):
            tried += 1
            try:
                forwarded = json.dumps(checked(bodies, path, forged))
            except BodyError:
                continue
            # What MCP carries besides a tool's arguments reaches no input; a message's own value is left out.
            assert "mcp" in path or "FileData" not in forwarded
            assert "mcp" in path or "component" not in forwarded
            arguments = json.dumps((json.loads(forwarded).get("params") or {}).get("arguments", ""))
            assert "FileData" not in arguments
            assert "component" not in arguments
    assert tried > 300


def test_only_ones_own_uploads_are_added(bodies: BodyValidator, numbers: dict[str, int]) -> None:
    path, body = next(each for each in sent_by_the_page(numbers) if "files" in (each[1].get("event_data") or {}))
    with pytest.raises(BodyError, match="that you did not upload"):
        checked(bodies, path, body, own=False)


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"", "not JSON"),
        (b"{", "not JSON"),
        ('{"data": ["Why?"]}'.encode("utf-16"), "not JSON in UTF-8"),
        (b'\xef\xbb\xbf{"data": []}', "not JSON"),
        (b'{"data": [NaN]}', "not JSON"),
        (b'{"data": [' + b"9" * 5000 + b"]}", "not JSON"),
        (b'{"data": [' + b"9" * 400 + b"]}", "data"),
        (b"[" * 100 + b"]" * 100, "nested 100 levels deep"),
        (b"[" * 15_000, "nested 15000 levels deep"),
        (b"[" + b"{}," * 100_000 + b"{}]", "too many values"),
        (b"[" + b"1," * 100_000 + b"1]", "too many values"),
        (b"[" + b'"",' * 100_000 + b'""]', "too many strings"),
        (b"[" + b'"\\"",' * 100_000 + b'""]', "too many strings"),
        (b'"' + b"a" * MAX_BODY_BYTES + b'"', "bytes; the limit is"),
        (b'{"data": ["Why?", null, null, "", 1]}', "expected 4 values, got 5"),
        (b'{"data": ["Why?"]}', "expected 4 values, got 1"),
        (b'{"data": [], "batched": true}', "batched"),
        (b'{"data": [], "fn_index": 99999}', "unknown event"),
        (b'{"data": [], "session_hash": ""}', "session_hash"),
        (b'{"data": {}}', "data"),
        (b'{"data": [], "more": 1}', "more"),
        (b'"' + b"\\" * 999_999, "not JSON"),
    ],
)
def test_excessive_and_malformed_bodies_are_refused_with_a_short_message(
    bodies: BodyValidator, body: bytes, problem: str
) -> None:
    with pytest.raises(BodyError, match=problem) as refused:
        bodies.checked("/gradio_api/call/ask", body, bool)
    assert len(str(refused.value)) < 1000


def test_a_text_may_be_long_and_contain_any_characters(bodies: BodyValidator) -> None:
    text = '[{"a": 1, "b": [2, 3]}],\\"\n' * 50_000
    assert checked(bodies, "/gradio_api/call/v2/add_document", {"text": text})["text"] == text


def test_a_forwarded_body_has_one_meaning_for_every_parser(bodies: BodyValidator) -> None:
    twice = b'{"data": ["a"], "data": [' + json.dumps(FETCHED).encode() + b"]}"
    with pytest.raises(BodyError):
        bodies.checked("/gradio_api/call/ask", twice, bool)
    other = b'{"data": [' + json.dumps(FETCHED).encode() + b'], "data": ["a", 0]}'
    forwarded = bodies.checked("/gradio_api/call/list_documents", other, bool)
    assert json.loads(forwarded) == {"data": ["a", 0], "event_data": None}


@pytest.mark.parametrize(
    ("path", "inputs", "problem"),
    [
        (
            "ask",
            {"question": "Why?", "session_hash": "x"},
            "session_hash: unknown parameter; ask takes question, ",
        ),
        ("ask", {"asker": "x", "question": "Why?"}, "asker: unknown parameter"),
        ("search", {"k": 3}, "question: missing parameter"),
        ("respond", {"question": "Why?"}, "unknown endpoint"),
        ("ask", {"question": "Why?", "history": [{"role": "user"}]}, "^body.history: must be valid text, a number"),
    ],
)
def test_an_endpoint_is_given_its_own_parameters(
    bodies: BodyValidator, path: str, inputs: dict[str, Any], problem: str
) -> None:
    with pytest.raises(BodyError, match=problem):
        checked(bodies, f"/gradio_api/call/v2/{path}", inputs)


def test_an_undescribed_input_keeps_the_page_from_starting() -> None:
    import gradio as gr

    def build_page() -> gr.Blocks:
        page: gr.Blocks = gr.Blocks()
        with page:
            picture = gr.Image()
            picture.change(lambda value: value, picture, picture)
        return page

    page = in_a_loop(build_page)
    with pytest.raises(TypeError, match="_INPUTS does not describe it"):
        BodyValidator(page)


def test_each_path_that_gradio_takes_something_at_is_known(page: gr.Blocks) -> None:
    """Fails where a new version of Gradio adds a way in: add it to the checks, or see that it is closed."""
    from gradio.routes import App

    app = in_a_loop(lambda: App.create_app(page, mcp_server=True))
    openapi = {
        path for path, methods in app.openapi()["paths"].items() if {"post", "put", "patch", "delete"} & set(methods)
    }
    taken = {path.rstrip("/") for path in openapi if _POSTABLE.fullmatch(path.replace("{api_name}", "ask"))}
    assert taken == {
        f"/gradio_api/{path}"
        for path in ("upload", "component_server", "cancel", "reset", "queue/join", "call/{api_name}",
                     "call/v2/{api_name}", "run/{api_name}")
    }  # fmt: skip
    closed = {path.rstrip("/") for path in openapi} - taken
    assert closed == {
        "/login", "/gradio_api/api/{api_name}", "/gradio_api/process_recording",
        "/gradio_api/run-history/connect", "/gradio_api/stream/{event_id}",
        "/gradio_api/stream/{event_id}/close", "/gradio_api/undo-vibe-edit", "/gradio_api/vibe-code",
        "/gradio_api/vibe-edit", "/gradio_api/vibe-starter-queries",
    }  # fmt: skip


def test_gradio_itself_fetches_nothing(page: gr.Blocks, numbers: dict[str, int]) -> None:
    async def read(name: str) -> None:
        event = page.fns[numbers[name]]
        await page.preprocess_data(event, [FETCHED] * len(event.inputs), None)

    forbid_downloads()
    with ThreadPoolExecutor(1) as pool:
        for name in ("ask", "respond", "list_documents"):
            with pytest.raises(ValueError, match="downloads are disabled"):
                pool.submit(asyncio.run, read(name)).result()
