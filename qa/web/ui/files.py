"""Files of the page that Gradio does not serve."""

from __future__ import annotations

from starlette.responses import FileResponse
from starlette.routing import BaseRoute, Route

from qa.web.ui.markup import HELP
from qa.web.ui.scripts import STATIC

HELP_FILE = STATIC / "help.html"  # made from docs/explanation/confidence.md by docs/generate.py
_KEPT = {"cache-control": "public, max-age=2592000"}


def page_files() -> list[BaseRoute]:
    """Return the routes of these files."""
    fonts = [_route(f"/fonts/{font.name}", str(font), "font/woff2") for font in (STATIC / "fonts").glob("*.woff2")]
    return [Route(f"/{HELP}", lambda _: FileResponse(HELP_FILE)), *fonts]


def _route(path: str, file: str, media_type: str) -> Route:
    return Route(path, lambda _: FileResponse(file, media_type=media_type, headers=_KEPT))
