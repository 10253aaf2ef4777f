"""The application in front of the chat: health checks, a page during the start, a graceful shutdown.

The server accepts connections before models and articles are loaded: it runs `Front`, which gets the chat once that is
complete.
"""

from __future__ import annotations

import asyncio
import logging
import re
import time
from collections.abc import Sequence
from concurrent.futures import Future
from functools import partial
from typing import TYPE_CHECKING

from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse, JSONResponse
from starlette.routing import BaseRoute, Router

from qa.web.server.access import AccessControl, RefusedError, refuse
from qa.web.server.first_paint import start_page
from qa.web.server.logs import one_log_line

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from qa.web.server.auth import Login

_STARTING = (b"retry-after", b"2")
_STOPPING = (b"retry-after", b"30")
_POLL_SECONDS = 0.05
# Requests that last until an answer is complete. A page's heartbeat, which lasts as long as the page, is not one.
_ANSWERS = re.compile(r"/gradio_api/(call/.+|run/.+|queue/data/?|mcp.*)")
_NEW_WORK = re.compile(r"/gradio_api/(call/.+|run/.+|queue/join/?|mcp.*|component_server/?|upload/?)")
_FILES = re.compile(r"/(assets|static|svelte|fonts|help|theme\.css|favicon\.ico|manifest\.json)\b.*")
_SECRET = re.compile(r"(?<=/heartbeat/).+|(?<=/collection/).+|(/call/(?:v2/)?\w+/).+")  # sessions and tickets
_log = logging.getLogger("qa.web.server.requests")


class Front:
    """The ASGI application that the server runs; it serves `routes` from the start, before there is a chat.

    Without `host_names`, requests may use any host name.
    """

    def __init__(self, host_names: frozenset[str] | None, login: Login | None, routes: Sequence[BaseRoute]) -> None:
        router = Router(routes, default=self._chat_or_start_page)
        self._protected = GZipMiddleware(AccessControl(router, host_names, login), compresslevel=6)
        self._chat: ASGIApp | None = None
        self._step = "starting"
        self._answering = 0
        self._stopping = False
        self._ended = asyncio.Event()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._lifespan: asyncio.Task[None] | None = None

    def show_step(self, step: str) -> None:
        """Set the step that the page and `/ready` report while the server starts."""
        self._step = step

    def open(self, chat: Starlette, filtered: ASGIApp) -> None:
        """Start the chat and serve it from now on. Do not call this from the server's thread.

        The lifespan of `chat` runs on the server's event loop until the server stops; `filtered` is the chat behind the
        checks of its requests.
        """
        opened: Future[None] = Future()
        self._event_loop.call_soon_threadsafe(partial(self._start_chat, chat, filtered, opened))
        opened.result()

    def drain(self, seconds: float) -> int:
        """Refuse new work, wait so long for answers in progress, end all streams; return how many were cut off."""
        self._stopping = True
        deadline = time.monotonic() + seconds
        while self._answering and time.monotonic() < deadline:
            time.sleep(_POLL_SECONDS)
        cut_off = self._answering
        self._event_loop.call_soon_threadsafe(self._ended.set)
        return cut_off

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._run_lifespan(receive, send)
        elif scope["type"] == "http":
            await self._logged(scope, receive, send)
        else:
            await self._protected(scope, receive, send)

    @property
    def _event_loop(self) -> asyncio.AbstractEventLoop:
        assert self._loop is not None  # noqa: S101 -- the server has started
        return self._loop

    async def _run_lifespan(self, receive: Receive, send: Send) -> None:
        await receive()
        self._loop = asyncio.get_running_loop()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        self._ended.set()
        if self._lifespan:
            await self._lifespan
        await send({"type": "lifespan.shutdown.complete"})

    def _start_chat(self, chat: Starlette, filtered: ASGIApp, opened: Future[None]) -> None:
        # The task that enters a lifespan must also leave it.
        self._lifespan = asyncio.ensure_future(self._run_chat(chat, filtered, opened))

    async def _run_chat(self, chat: Starlette, filtered: ASGIApp, opened: Future[None]) -> None:
        try:
            async with chat.router.lifespan_context(chat):
                self._chat = filtered
                opened.set_result(None)
                await self._ended.wait()
        except Exception as error:
            if opened.done():
                raise
            opened.set_exception(error)

    async def _logged(self, scope: Scope, receive: Receive, send: Send) -> None:
        status, started = 500, time.perf_counter()
        incomplete = False

        async def sent(message: Message) -> None:
            nonlocal status, incomplete
            if message["type"] == "http.response.start":
                status = message["status"]
            incomplete = message["type"] == "http.response.start" or message.get("more_body", False)
            await send(message)

        path, method = scope["path"], scope["method"]
        answers = bool(_ANSWERS.fullmatch(path)) and not (method == "GET" and path.startswith("/gradio_api/mcp"))
        self._answering += answers
        try:
            # Only GET requests can last long without counting as answers: heartbeats and idle streams.
            await self._respond(scope, self._until_shutdown(receive) if method == "GET" else receive, sent)
            if incomplete and self._ended.is_set():
                await send({"type": "http.response.body"})
        finally:
            self._answering -= answers
            milliseconds = round(1000 * (time.perf_counter() - started), 1)
            shown = one_log_line(_SECRET.sub(r"\1...", path))
            level = (
                logging.DEBUG
                if status < 400 and (_FILES.fullmatch(path) or path in {"/health", "/ready"})
                else logging.INFO
            )
            request = {"method": method, "path": shown, "status": status, "duration_ms": milliseconds}
            _log.log(level, "%s %s %d in %.1f ms", method, shown, status, milliseconds, extra={"request": request})

    async def _respond(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope["path"]
        if path == "/health":
            await JSONResponse({"status": "ok"})(scope, receive, send)
        elif path == "/ready":
            await self._readiness()(scope, receive, send)
        elif self._stopping and scope["method"] == "POST" and _NEW_WORK.fullmatch(path):
            await refuse(send, RefusedError(503, "The server is stopping; try again in a minute.", _STOPPING))
        else:
            await self._protected(scope, receive, send)

    def _readiness(self) -> JSONResponse:
        if self._stopping:
            return JSONResponse({"status": "stopping"}, 503, {"retry-after": "30"})
        if self._chat is None:
            return JSONResponse({"status": "starting", "step": self._step}, 503, {"retry-after": "2"})
        return JSONResponse({"status": "ready"})

    async def _chat_or_start_page(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._chat is not None:
            await self._chat(scope, receive, send)
        elif scope["path"] == "/" and scope["method"] in {"GET", "HEAD"}:
            headers = {"cache-control": "no-store"}
            await HTMLResponse(start_page(self._step), headers=headers)(scope, receive, send)
        else:
            await refuse(send, RefusedError(503, f"The server is starting: {self._step}; try again soon.", _STARTING))

    def _until_shutdown(self, receive: Receive) -> Receive:
        """Return a `receive` that reports a disconnect once the server shuts down."""

        async def received() -> Message:
            if self._ended.is_set():
                return {"type": "http.disconnect"}
            first = asyncio.ensure_future(receive())
            ended = asyncio.ensure_future(self._ended.wait())
            try:
                await asyncio.wait({first, ended}, return_when=asyncio.FIRST_COMPLETED)
                return first.result() if first.done() else {"type": "http.disconnect"}
            finally:
                for task in (first, ended):
                    task.cancel()

        return received
