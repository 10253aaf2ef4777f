"""ASGI middleware that makes Gradio's page appear sooner: with a question box first, and cached scripts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa.web.server.csp import with_changed_page, with_headers
from qa.web.ui.start_page import loading

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Receive, Scope, Send

# Nothing is painted before the stylesheets in the head have arrived.
_STYLESHEET = re.compile(rb'<link rel="stylesheet"[^>]*>')
_BODY = re.compile(rb"<body\b[^>]*>")
_DESCRIPTION = b'<meta name="description" content="Ask articles, and get the exact excerpts that answer.">'
# The names of assets change with their content.
_CACHE_CONTROL = {"/assets/": b"public, max-age=31536000, immutable", "/static/": b"public, max-age=2592000"}


class FirstPaint:
    """ASGI middleware that adds `loading` to the page at "/", and lets browsers cache its scripts."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._added = loading().encode()

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
