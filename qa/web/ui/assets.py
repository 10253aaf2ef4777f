"""What the browser is given beside the page: its script and its styles, each file one subject."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parents[1] / "static"
_SCRIPTS = (
    "source.js",
    "pdf_page.js",
    "citation_card.js",
    "export.js",
    "search_again.js",
    "welcome.js",
    "autoscroll.js",
)
STYLES = tuple(
    _HERE / name for name in ("base.css", "chat.css", "source.css", "pdf_page.css", "welcome.css", "library.css")
)
"""Files of styles, in order."""


def script() -> str:
    """Return what runs once the source pane is in the page."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
