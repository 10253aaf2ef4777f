"""What the server holds on to of those who came and left: nothing, and no holes where it lay.

Gradio keeps what it was asked and what it told until many others came. The C library gives each new thread one of many
places to take memory from, each of which keeps the holes that its threads leave; every answer has a thread of its own.
"""

from __future__ import annotations

import asyncio
import ctypes
import os
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

SECONDS_BETWEEN = 10.0
"""How often what was answered is looked for and forgotten."""

_SECONDS_TO_WAIT = 0.5
_ARENA_MAX = -8  # M_ARENA_MAX of glibc's malloc.h


def limit_malloc_arenas() -> None:
    """Have glibc give all threads memory from one place, unless MALLOC_ARENA_MAX says from how many.

    To be called before models run: once it has made eight places, glibc goes on. Elsewhere nothing is changed.
    """
    if sys.platform == "linux" and "MALLOC_ARENA_MAX" not in os.environ:
        # Another C library than glibc has none of it.
        with suppress(AttributeError):
            ctypes.CDLL(None).mallopt(_ARENA_MAX, 1)


def keep_no_statistics(page: gr.Blocks) -> None:
    """Have the queue of a page keep a record of its last event alone, and draw up no table of them after each."""
    page._queue.ANALYTICS_MAX_EVENTS = 1
    page._queue.ANAYLTICS_CACHE_FREQUENCY = sys.maxsize


async def forget(page: gr.Blocks, session: str) -> None:
    """Forget a page that was closed, once what it asked last has ended. On the event loop of the server.

    Parameters
    ----------
    page : gradio.Blocks
    session : str
        By which Gradio knows who had the page open.
    """
    page.state_holder.session_data.pop(session, None)
    page.state_holder.time_last_used.pop(session, None)
    queue = page._queue
    while not queue.stopped and _is_busy(page, session):
        await asyncio.sleep(_SECONDS_TO_WAIT)
    # Work that went on until now has made it anew.
    page.state_holder.session_data.pop(session, None)
    page.state_holder.time_last_used.pop(session, None)
    queue.pending_event_ids_session.pop(session, None)
    queue.pending_messages_per_session.pop(session, None)


def forget_answered(page: gr.Blocks) -> None:
    """Forget all who were told what they asked for, and who can be told no more. On the event loop of the server.

    A program that calls an endpoint opens no page that it could close. What it does not fetch is kept until 2,000
    others have come.
    """
    asked, told = page._queue.pending_event_ids_session, page._queue.pending_messages_per_session
    for session, events in list(asked.items()):
        if not events or (session not in told and not _is_busy(page, session)):
            del asked[session]
    for session in [session for session in told if session not in asked]:
        del told[session]


def forgetting(page: gr.Blocks) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """Return the lifespan of a server that forgets, now and then, whom it has answered."""

    async def go_on() -> None:
        while True:
            await asyncio.sleep(SECONDS_BETWEEN)
            forget_answered(page)

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        task = asyncio.create_task(go_on())
        try:
            yield
        finally:
            task.cancel()

    return lifespan


def _is_busy(page: gr.Blocks, session: str) -> bool:
    """Return whether something that a session asked for waits or is under way."""
    events = page._queue.pending_event_ids_session.get(session, set())
    return not events.isdisjoint(page._queue.event_ids_to_events)
