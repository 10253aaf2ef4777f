"""What is changed of Gradio's page: a question box before its stylesheet, and scripts that a browser keeps."""

from __future__ import annotations

from starlette.applications import Starlette
from starlette.responses import HTMLResponse, PlainTextResponse
from starlette.routing import Route

from qa.web.server.first_paint import FirstPaint

from .test_middleware import send

SHEET = '<link rel="stylesheet" crossorigin href="./assets/index-1.css">'
PAGE = f"<html><head><title>Chat</title>{SHEET}</head><body style='margin: 0'><gradio-app></gradio-app></body></html>"
GRADIO = FirstPaint(
    Starlette(
        routes=[Route("/", lambda _: HTMLResponse(PAGE)), Route("/assets/a.js", lambda _: PlainTextResponse("a"))]
    )
)


def test_the_box_comes_before_what_blocks_it() -> None:
    page, script, none = send(GRADIO, {"url": "/"}, {"url": "/assets/a.js"}, {"url": "/assets/none.js"})
    offsets = [page.text.index(part) for part in ("</head>", '<main id="start"', SHEET, "<gradio-app>")]
    assert offsets == sorted(offsets)
    assert page.text.count(SHEET) == 1
    assert int(page.headers["content-length"]) == len(page.content)
    assert "immutable" in script.headers["cache-control"]
    assert "cache-control" not in none.headers
