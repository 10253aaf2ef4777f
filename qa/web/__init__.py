"""The web chat. Importing this imports no Gradio: both functions load it when called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import gradio as gr

    from qa.pipeline import QA

__all__ = ["build", "serve"]

# Gradio looks up outside hosts unless this is set before it is imported.
os.environ.setdefault("GRADIO_ANALYTICS_ENABLED", "False")


def build(bot: QA) -> gr.Blocks:
    """Return the chat about a bot's documents, not yet running; see `qa.web.page.build`."""
    from qa.web import page

    return page.build(bot)


def serve(bot: QA, host: str | None = None, port: int | None = None) -> None:
    """Run the chat until Ctrl-C; see `qa.web.server.serve`."""
    from qa.web import server

    server.serve(bot, host, port)
