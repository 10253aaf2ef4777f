"""The stylesheet, the fonts and the help page, which Gradio does not serve."""

from __future__ import annotations

import hashlib
from pathlib import Path

from starlette.responses import FileResponse, Response
from starlette.routing import BaseRoute, Route

from qa.web.ui.markup import HELP
from qa.web.ui.scripts import STATIC

_STYLES = ("base", "chat", "source", "pdf_page", "welcome", "library", "saved", "model", "tools", "phone", "print")
"""In the order in which they apply."""
STYLESHEET = "".join((STATIC / f"{name}.css").read_text(encoding="utf-8") for name in _STYLES)
STYLESHEET_PATH = f"static/page-{hashlib.sha256(STYLESHEET.encode()).hexdigest()[:12]}.css"
"""Path of the stylesheet of the page, which changes with its content, so that browsers may keep it."""
HELP_FILE = STATIC / "help.html"  # made from docs/explanation/confidence.md by docs/generate.py
_CACHE_HEADERS = {"cache-control": "public, max-age=2592000"}


def page_files() -> list[BaseRoute]:
    """Return the routes of the stylesheet, the fonts and the help page."""
    fonts = [_font_route(font) for font in (STATIC / "fonts").glob("*.woff2")]
    style = Response(STYLESHEET, media_type="text/css", headers=_CACHE_HEADERS)
    return [Route(f"/{HELP}", lambda _: FileResponse(HELP_FILE)), Route(f"/{STYLESHEET_PATH}", lambda _: style), *fonts]


def _font_route(font: Path) -> Route:
    return Route(f"/fonts/{font.name}", lambda _: FileResponse(font, media_type="font/woff2", headers=_CACHE_HEADERS))
