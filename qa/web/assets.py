"""What the browser is given beside the page: its script and its styles, each file one subject."""

from __future__ import annotations

from pathlib import Path

_HERE = Path(__file__).parent
_SCRIPTS = ("source.js", "sheet.js", "card.js", "keep.js", "turns.js", "welcome.js", "follow.js")
STYLES = tuple(
    _HERE / name for name in ("base.css", "chat.css", "source.css", "sheet.css", "welcome.css", "library.css")
)
"""Files of styles, in order."""


def script() -> str:
    """Return what runs once the source pane is in the page."""
    return "\n".join((_HERE / name).read_text(encoding="utf-8") for name in _SCRIPTS)
