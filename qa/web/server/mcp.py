"""The endpoints as tools for MCP clients, whose answers are JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import gradio as gr
    from mcp.types import TextContent

    from qa.web.server.auth import Login


def serve_tools(page: gr.Blocks, login: Login | None) -> None:
    """Let the tools of a running page answer in JSON, and reach the page where it asks for a login.

    By itself Gradio answers in Python's notation. Its MCP server asks the page over HTTP, with the headers of the
    client, but looks it up without.

    Parameters
    ----------
    page : gradio.Blocks
    login : Login or None
    """
    server: Any = page.mcp_server_obj
    server.postprocess_output_data = _in_json
    if login is not None:
        from gradio_client import Client

        # As Gradio makes it at the first call.
        server._client_instance = Client(
            server.local_url,
            download_files=False,
            verbose=False,
            analytics_enabled=False,
            ssl_verify=False,
            _skip_components=False,
            headers={"x-gradio-user": "mcp", "authorization": login.own_header},
        )


def _in_json(data: list[Any], _root_url: str) -> list[TextContent]:
    from mcp.types import TextContent

    return [TextContent(type="text", text=json.dumps(output, ensure_ascii=False)) for output in data]
