"""The endpoints as tools for MCP clients, whose answers are JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr
    from mcp.types import TextContent


def answer_in_json(page: gr.Blocks) -> None:
    """Let the tools of a running page answer in JSON; by itself Gradio answers in Python's notation."""
    server: Any = page.mcp_server_obj
    server.postprocess_output_data = _in_json


def _in_json(data: list[Any], _root_url: str) -> list[TextContent]:
    from mcp.types import TextContent

    return [TextContent(type="text", text=json.dumps(output, ensure_ascii=False)) for output in data]
