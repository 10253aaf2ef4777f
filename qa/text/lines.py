"""Lines of a text: folding into one, except for code, shortening, and the marks of list items."""

from __future__ import annotations

import re
from itertools import groupby
from textwrap import dedent, indent

BULLETS = r"*+\u2022\u25aa\u25cf\u25e6\u2023-"
"""The bullets of list items, for a character class."""
LIST_MARK = re.compile(rf"\s*(?:[{BULLETS}]|\d{{1,3}}[.)])\s+")
"""Matches the bullet or the number before a list item."""
_FENCE = re.compile(r"\s*(?:(?P<fence>`{3,}|~{3,})[^`]*|(?P<colons>:{3,})\{code[^}]*\}.*)")
_INDENTED = re.compile(r"(?: {4}|\t)\s*\S")


def one_line(text: str) -> str:
    """Return text with each run of white space replaced by one space, and stripped."""
    return " ".join(text.split())


def shortened(text: str, most: int) -> str:
    """Return a text, cut off after a word, with an ellipsis, if it has more than `most` characters."""
    return text if len(text) <= most else f"{text[:most].rsplit(' ', 1)[0]} \u2026"


def with_code_lines(text: str) -> str:
    """Return text folded into one line, in which each line of code keeps a line of its own, indented by four spaces.

    Code is between fences, or indented below a line that ends with a colon.
    """
    lines = text.split("\n")
    groups = groupby(zip(_code_marks(lines), lines, strict=True), key=lambda pair: pair[0])
    parts: list[str] = []
    for is_code, pairs in groups:
        part = "\n".join(line for _, line in pairs)
        if is_code and part.strip():
            parts.append(indent(dedent(part.strip("\n").rstrip()), "    "))
        elif is_code is not None and part.strip():
            parts.append(one_line(part))
    return "\n".join(parts) if any(part.startswith(" ") for part in parts) else one_line(text)


def _code_marks(lines: list[str]) -> list[bool | None]:
    """Return whether each line is code; None for a fence."""
    marks: list[bool | None] = []
    fence, before, was_code = "", "", False
    for line in lines:
        opening = None if fence else _FENCE.fullmatch(line)
        if opening or (fence and line.strip() == fence):
            fence = (opening["fence"] or opening["colons"]) if opening else ""
            marks.append(None)
            continue
        is_code = bool(fence) or (_INDENTED.match(line) is not None and (was_code or before.endswith(":")))
        marks.append(is_code or (was_code and not line.strip()))
        if line.strip():
            before, was_code = line.rstrip(), is_code
    if fence and marks[-1] is None and len(marks) > 1:
        # The text starts within the code.
        last = max((n for n, mark in enumerate(marks[:-1]) if mark is None), default=-1)
        marks[last + 1 : -1] = [True] * (len(marks) - last - 2)
    return marks
