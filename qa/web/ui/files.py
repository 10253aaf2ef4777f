"""Files of the page that Gradio does not serve."""

from __future__ import annotations

from starlette.responses import FileResponse
from starlette.routing import Route

from qa.web.ui.markup import HELP
from qa.web.ui.scripts import STATIC

HELP_FILE = STATIC / "help.html"  # made from docs/explanation/confidence.md by docs/generate.py


def page_files() -> list[Route]:
    """Return the routes of these files."""
    return [Route(f"/{HELP}", lambda _: FileResponse(HELP_FILE))]
