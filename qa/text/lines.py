"""Text folded into one line."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text with every run of white space as one space, and none around it."""
    return " ".join(text.split())
