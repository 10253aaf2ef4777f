"""Org-mode markup -> Markdown of the same length, so that offsets stay valid."""

from __future__ import annotations

import re

SUFFIX = ".org"
_MARKS = re.compile(
    r"^(?:(?P<heading>\*{1,6})(?= )|[ \t]*(?:(?P<code>#\+(?:begin|end)_(?:src|example)\b)"
    r"|(?P<mark>#\+(?:begin|end)_.*|:[\w-]+:[ \t]*$)|(?P<comment>#)(?= )))",
    re.IGNORECASE | re.MULTILINE,
)


def as_markdown(text: str) -> str:
    """Return Org text with headings, code and the marks of its blocks and drawers as in Markdown."""
    return _MARKS.sub(_markdown, text)


def _markdown(found: re.Match[str]) -> str:
    kind, marks = found.lastgroup, found[0].lstrip(" \t")
    indent = found[0][: len(found[0]) - len(marks)]
    # A comment is no heading, and other marks become those of a division.
    written = {"heading": "#" * len(marks), "code": "```", "comment": "%"}.get(kind or "", ":" * len(marks))
    return indent + written.ljust(len(marks))
