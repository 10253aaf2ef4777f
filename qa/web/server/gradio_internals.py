"""All code that uses Gradio's internals, so that an upgrade of Gradio is checked in one place."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    import gradio as gr
    from mcp.types import TextContent

    from qa.web.server.auth import Login

CLEANUP_SECONDS = 10.0  # interval between two removals of finished sessions
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
