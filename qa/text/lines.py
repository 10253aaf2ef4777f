"""Folding of text into one line."""

from __future__ import annotations


def one_line(text: str) -> str:
    """Return text with each run of white space replaced by one space, and stripped."""
    return " ".join(text.split())
