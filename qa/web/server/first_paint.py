"""What is shown until Gradio's page is ready: the progress, and a box that keeps a question which is asked early."""

from __future__ import annotations

import re
from string import Template

from starlette.types import ASGIApp, Receive, Scope, Send

from qa.web.server.csp import with_changed_page, with_headers
from qa.web.ui.files import STYLESHEET_PATH
from qa.web.ui.markup import escape
from qa.web.ui.scripts import STATIC, script

_DOCUMENT = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Cited QA</title>
</head>
<body>
$body
</body>
</html>
"""
# Nothing is painted before the stylesheets in the head have arrived.
_STYLESHEET = re.compile(rb'<link rel="stylesheet"[^>]*>')
_BODY = re.compile(rb"<body\b[^>]*>")
_DESCRIPTION = b'<meta name="description" content="Ask articles, and get the exact excerpts that answer.">'
# The names of assets change with their content.
_CACHE_CONTROL = {"/assets/": b"public, max-age=31536000, immutable", "/static/": b"public, max-age=2592000"}


def start_page(step: str) -> str:
    """Return the page of a server that is starting; it reloads once the chat is ready."""
    return Template(_DOCUMENT).substitute(body=_body("starting", f"Starting: {step} ..."))


class FirstPaint:
    """ASGI middleware that covers Gradio's page until its scripts have drawn it, and lets browsers cache them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._added = _body("loading", "Loading the page ...").encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if header := next(
            (header for folder, header in _CACHE_CONTROL.items() if scope["path"].startswith(folder)), None
        ):
            await self._app(scope, receive, with_headers(send, (b"cache-control", header), only=200))
        elif scope["path"] == "/" and scope["method"] == "GET":
            await self._app(scope, receive, with_changed_page(send, self._with_box))
        else:
            await self._app(scope, receive, send)

    def _with_box(self, page: bytes) -> bytes:
        stylesheets = b"".join(_STYLESHEET.findall(page))
        page = page.replace(b"</head>", _DESCRIPTION + b"</head>", 1)
        return _BODY.sub(lambda body: body[0] + self._added + stylesheets, _STYLESHEET.sub(b"", page), count=1)


def _body(state: str, step: str) -> str:
    template = Template((STATIC / "start_page.html").read_text(encoding="utf-8"))
    fonts = (STATIC / "fonts.css").read_text(encoding="utf-8")
    return template.substitute(
        state=state, step=escape(step), script=script("start_page"), fonts=fonts, stylesheet=STYLESHEET_PATH
    )
