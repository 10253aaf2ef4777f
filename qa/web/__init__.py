"""The web chat. Importing this imports no Gradio: the functions load it when called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    import gradio as gr

    from qa.pipeline import QA

__all__ = ["begin", "build", "end", "serve"]

# Gradio looks up outside hosts unless this is set before it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def build(bot: QA) -> gr.Blocks:
    """Return the chat about a bot's documents, not yet running; see `qa.web.ui.page.build`."""
    from qa.web.ui import page

    return page.build(bot)


def begin() -> None:
    """Make ready, before articles are opened, a process that does nothing else than `serve`."""
    from qa.web.server.memory import limit_malloc_arenas

    limit_malloc_arenas()


def serve(bot: QA, host: str | None = None, port: int | None = None) -> None:
    """Run the chat until Ctrl-C; see `qa.web.server.server.serve`."""
    from qa.web.server import server

    server.serve(bot, host, port)


def end() -> NoReturn:
    """End the process that served; see `qa.web.server.server.end`."""
    from qa.web.server import server

    server.end()
