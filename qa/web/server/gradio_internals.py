"""All code that uses Gradio's internals, so that an upgrade of Gradio is checked in one place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn
from urllib.parse import parse_qs

if TYPE_CHECKING:
    import gradio as gr
    from mcp.types import TextContent
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

    from qa.web.server.auth import Login

CLEANUP_SECONDS = 10.0  # interval between two removals of finished sessions
_STREAM = "/gradio_api/queue/data"
_CLOSE = b'data: {"msg":"close_stream"'
_NOT_STORED = (b"cache-control", b"no-store")
_CLOSE_SECONDS = 2.0  # timeout of a client that was told to close its stream
_POLL_SECONDS = 0.5
_DOWNLOADS = (
    "async_ssrf_protected_get",
    "async_ssrf_protected_download",
    "ssrf_protected_download",
    "save_url_to_cache",
    "unsafe_download",
)


def forbid_downloads() -> None:
    """Replace every function with which Gradio downloads a file by one that raises `ValueError`.

    Gradio downloads whatever looks like a file in an input, before the event's handler runs.
    `qa.web.server.request_bodies` rejects such inputs; this is the second line of defence.

    Raises
    ------
    AttributeError
        If the installed Gradio lacks one of these functions: see what it downloads with now.
    """
    from gradio import processing_utils

    for name in _DOWNLOADS:
        getattr(processing_utils, name)
        setattr(processing_utils, name, _refuse)


def _refuse(*_: object, **__: object) -> NoReturn:
    raise ValueError("downloads are disabled")


def configure_mcp(page: gr.Blocks, url: str, login: Login | None) -> None:
    """Make the MCP tools of a running page return JSON, and call this server, at `url`, with its login.

    By default Gradio returns Python's notation. Its MCP server calls the page over HTTP with the headers of the MCP
    client, but fetches the page's configuration without them, and from the host that the first client names.
    """
    from gradio_client import Client

    server: Any = page.mcp_server_obj
    server.postprocess_output_data = _to_json
    known = {"authorization": login.own_header} if login else {}
    # With the arguments that Gradio gives at the first call.
    server._client_instance = Client(
        url,
        download_files=False,
        verbose=False,
        analytics_enabled=False,
        ssl_verify=False,
        _skip_components=False,
        headers={"x-gradio-user": "mcp", **known},
    )


def _to_json(data: list[Any], _root_url: str) -> list[TextContent]:
    from mcp.types import TextContent

    return [TextContent(type="text", text=json.dumps(output, ensure_ascii=False)) for output in data]


class EventStreams:
    """ASGI middleware that keeps Gradio from losing an event which is sent while a page closes its stream.

    A page reads the messages of all its events from one stream, which Gradio tells it to close after the last event.
    If the next event is accepted before the page reads that, the page opens no new stream, and never gets the answer.
    If the page learns of the acceptance only after the old stream delivered the answer, it opens a stream that nothing
    closes, which fails once the session is deleted, and it opens no other.

    If the browser may store the stream, it at times sends the request for the next one twice, and what goes into the
    first of the two is lost.

    So an event is accepted only while no stream is being closed, a stream without events is closed at once, and none is
    stored.
    """

    def __init__(self, app: ASGIApp, page: gr.Blocks) -> None:
        self._app = app
        self._queue: Any = page._queue
        self._accept = self._queue.push
        self._queue.push = self._push  # type: ignore[method-assign]
        self._closing: dict[str, asyncio.Event] = {}  # by session; set once its stream is closed

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["path"].rstrip("/") != _STREAM:
            await self._app(scope, receive, send)
            return
        session = parse_qs(scope["query_string"].decode("latin-1")).get("session_hash", [""])[-1]
        closed, closing = asyncio.Event(), False

        async def sent(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start":
                message["headers"] = [*message["headers"], _NOT_STORED]
            if message.get("body", b"").startswith(_CLOSE):
                closing, self._closing[session] = True, closed
            if message.get("more_body", True) or not closing:
                await send(message)

        try:
            if self._queue.pending_event_ids_session.get(session):
                await self._app(scope, receive, sent)
            else:
                closing, self._closing[session] = True, closed
                headers = [(b"content-type", b"text/event-stream; charset=utf-8"), _NOT_STORED]
                await send({"type": "http.response.start", "status": 200, "headers": headers})
                await send({"type": "http.response.body", "body": _CLOSE + b"}\n\n", "more_body": True})
            if closing:
                await _disconnected(receive)
                await send({"type": "http.response.body", "body": b""})
        finally:
            closed.set()
            if self._closing.get(session) is closed:
                del self._closing[session]

    async def _push(self, body: Any, *arguments: Any, **options: Any) -> Any:  # noqa: ANN401 -- as Gradio's
        """Accept an event once the page has closed the stream that it was told to close."""
        # By then, the page may have opened another one, which is closed at once.
        while (closed := self._closing.get(body.session_hash)) is not None:
            await closed.wait()
        return await self._accept(body, *arguments, **options)


async def _disconnected(receive: Receive) -> None:
    """Wait until the client has closed the connection, for `_CLOSE_SECONDS` at most."""
    try:
        async with asyncio.timeout(_CLOSE_SECONDS):
            while (await receive())["type"] != "http.disconnect":
                pass
    except TimeoutError:
        pass


async def forget_session(page: gr.Blocks, session: str) -> None:
    """Delete what Gradio keeps of a closed page, given its session hash, once its last event has ended.

    This runs on the server's event loop.
    """
    _delete_state(page, session)
    queue = page._queue
    while not queue.stopped and _is_busy(page, session):
        await asyncio.sleep(_POLL_SECONDS)
    # An event that was still running has created it again.
    _delete_state(page, session)
    queue.pending_event_ids_session.pop(session, None)
    queue.pending_messages_per_session.pop(session, None)


def forget_finished_sessions(page: gr.Blocks) -> None:
    """Delete the sessions whose events have ended and that nobody can poll any more.

    This runs on the server's event loop. A program that calls an endpoint has no page to close, and Gradio keeps
    results that it does not fetch until 2,000 other sessions have started.
    """
    events_of, messages_of = page._queue.pending_event_ids_session, page._queue.pending_messages_per_session
    for session, events in list(events_of.items()):
        if not events or (session not in messages_of and not _is_busy(page, session)):
            del events_of[session]
    for session in [session for session in messages_of if session not in events_of]:
        del messages_of[session]


def cleanup_lifespan(page: gr.Blocks) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Return a lifespan for the server that calls `forget_finished_sessions` every `CLEANUP_SECONDS`."""

    async def clean_up() -> None:
        while True:
            await asyncio.sleep(CLEANUP_SECONDS)
            forget_finished_sessions(page)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        task = asyncio.create_task(clean_up())
        try:
            yield
        finally:
            task.cancel()

    return lifespan


def _delete_state(page: gr.Blocks, session: str) -> None:
    page.state_holder.session_data.pop(session, None)
    page.state_holder.time_last_used.pop(session, None)


def _is_busy(page: gr.Blocks, session: str) -> bool:
    """Return whether an event of a session is waiting or running."""
    events = page._queue.pending_event_ids_session.get(session, set())
    return not events.isdisjoint(page._queue.event_ids_to_events)
