"""The endpoints: over plain HTTP, with gradio_client, and as tools of a real MCP client."""

from __future__ import annotations

import asyncio
import base64
import json
import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from gradio_client import Client
from hostile_files import SHOWN, one_page, packed
from mcp import ClientSession
from mcp.client.streamable_http import streamable_http_client
from mcp.types import CallToolResult, TextContent

from .http_api import ask, call, call_endpoint

ROOT = Path(__file__).parents[2]
TEA = "Tea reached the harbour of Port Amarel in 1650. Merchants sold it by weight."
WHEN = "When did tea reach the harbour of Port Amarel?"


def test_the_endpoints_add_ask_search_and_list_documents(app: str) -> None:
    first = call_endpoint(app, "add_document", text=TEA, title="Tea")
    key, document = first["library"], first["document"]
    assert {name: document[name] for name in ("id", "title", "words", "characters", "language")} == {
        "id": "tea.txt", "title": "Tea", "words": 14, "characters": len(TEA), "language": "",
    }  # fmt: skip
    page = base64.b64encode(b"<h1>Silk</h1><p>Silk reached Velmora in 1312.</p>").decode()
    second = call_endpoint(app, "add_document", file=page, name="silk.html", library=key)
    assert (second["library"], second["document"]["id"]) == (key, "silk.html")

    citation = ask(app, WHEN, library=key)["citations"][0]
    assert TEA[citation["start"] : citation["end"]] == citation["text"]
    found = call_endpoint(app, "search", question="Silk in Velmora", k=2, library=key)
    assert [len(found), found[0]["document"]] == [2, "silk.html"]
    assert "1312" in found[0]["text"]
    listed = call_endpoint(app, "list_documents", library=key)
    assert [each["id"] for each in listed if each["added"]] == ["tea.txt", "silk.html"]
    assert call_endpoint(app, "list_documents", library=key, after="tea.txt") == listed[-1:]


def test_a_file_that_crashes_its_reader_does_not_affect_the_server(app: str) -> None:
    bomb = base64.b64encode(one_page(packed(SHOWN, 400))).decode()
    kind, problem = call(app, "add_document", file=bomb, name="bomb.pdf")
    assert (kind, "bomb.pdf: crashed the parser" in str(problem)) == ("error", True)
    added = call_endpoint(app, "add_document", text=TEA, title="Tea")
    assert ask(app, WHEN, library=added["library"])["answer"]


def test_an_added_document_is_private_to_its_library(app: str) -> None:
    key = call_endpoint(app, "add_document", text=TEA, title="Tea")["library"]
    other = call_endpoint(app, "add_document", text="Silk reached Velmora in 1312.", title="Silk")["library"]
    for other_key in ({}, {"library": other}):
        assert "tea.txt" not in {each["id"] for each in call_endpoint(app, "list_documents", **other_key)}
        assert "Amarel" not in json.dumps(call_endpoint(app, "search", question="tea harbour", k=100, **other_key))
        assert "tea.txt" not in json.dumps(ask(app, WHEN, **other_key)["passages"])
        kind, problem = call(app, "ask", question=WHEN, documents=["tea.txt"], **other_key)
        assert (kind, "no document 'tea.txt' here" in str(problem)) == ("error", True)
    for forged in (key[:-1], key.split(".")[0] + ".", "x"):
        for endpoint, inputs in (("list_documents", {}), ("ask", {"question": WHEN}), ("add_document", {"text": "x"})):
            kind, problem = call(app, endpoint, library=forged, **inputs)
            assert (kind, "unknown library key" in str(problem)) == ("error", True)


@pytest.mark.parametrize(
    ("endpoint", "inputs", "message"),
    [
        ("search", {"question": "Why?", "k": 0}, "k is 0; it must be an integer from 1 to 100"),
        ("search", {"question": "Why?", "k": "many"}, "k is 'many'"),
        ("search", {"question": ""}, "the question is empty"),
        ("add_document", {}, "give exactly one of text, url and file"),
        ("add_document", {"text": "a", "url": "b"}, "give exactly one of text, url and file"),
        ("add_document", {"file": "?", "name": "a.txt"}, "file is not base64"),
        ("add_document", {"file": "AAAA", "name": "a.xls"}, "a.xls: is in the format .xls, which is not read"),
        ("add_document", {"text": 5}, "text must be a string"),
        ("add_document", {"url": "http://127.0.0.1/"}, "127.0.0.1"),
        ("add_document", {"url": "/etc/hostname"}, "/etc/hostname"),
        ("list_documents", {"library": 5}, "library must be a string"),
    ],
)
def test_an_endpoint_says_what_is_wrong(app: str, endpoint: str, inputs: dict[str, Any], message: str) -> None:
    kind, problem = call(app, endpoint, **inputs)
    assert kind == "error"
    assert message in str(problem)


def test_the_documentation_says_how_with_curl_and_gradio_client(app: str) -> None:
    page = (ROOT / "docs/reference/http-api-and-mcp.md").read_text(encoding="utf-8")
    section = page[page.index("## Ask from other programs") :]
    endpoints = set(re.findall(r"\$api/v2/(\w+)", section)) | set(re.findall(r'api_name="/(\w+)"', section))
    assert endpoints == {"ask", "search", "add_document", "cancel_adding", "list_documents"}
    example = re.search(r"```python\n(.*?)```", section, re.DOTALL)
    assert example
    names: dict[str, Any] = {}
    exec(example[1].replace("http://127.0.0.1:7860", app), names)  # noqa: S102 -- what our documentation says
    assert names["answer"]["answer"] == "1650"
    client = names["client"]
    assert isinstance(client, Client)
    client.close()


def test_the_endpoints_are_mcp_tools(app: str) -> None:
    def data(result: CallToolResult) -> Any:  # noqa: ANN401
        (content,) = result.content
        assert isinstance(content, TextContent)
        assert not result.isError, content.text
        return json.loads(content.text)

    async def visit() -> None:
        async with (
            streamable_http_client(f"{app}/gradio_api/mcp/") as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            assert set(tools) == {"ask", "search", "add_document", "cancel_adding", "list_documents"}
            for tool in tools.values():
                assert all(parameter["description"] for parameter in tool.inputSchema["properties"].values())
            key = data(await session.call_tool("add_document", {"text": TEA, "title": "Tea"}))["library"]
            answer = data(await session.call_tool("ask", {"question": WHEN, "library": key}))
            assert (answer["answer"], answer["citations"][0]["document"]) == ("1650", "tea.txt")
            found = data(await session.call_tool("search", {"question": "tea", "k": 1, "library": key}))
            assert found[0]["document"] == "tea.txt"
            # Gradio calls its endpoints in one session for all MCP clients; additions belong to their key.
            assert "tea.txt" not in {each["id"] for each in data(await session.call_tool("list_documents", {}))}
            refused = await session.call_tool("ask", {"question": " "})
            assert refused.isError
            assert "the question is empty" in str(refused.content)

    # The tests' thread may be driving a browser, which occupies its event loop.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(lambda: asyncio.run(visit())).result()
