"""Lines of the state of markdown-it-py's block parser, for the rules in this package."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

MAX_HEADING_CHARS = 500  # of a line with a heading mark
_MARKS = re.compile(r"([-`~:.+/])\1{2,}|[|,:!]===")


class Rule(Protocol):
    """A block rule: whether a block starts at a line and, unless `silent`, its tokens."""

    def __call__(self, state: StateBlock, startLine: int, endLine: int, silent: bool, /) -> bool:  # noqa: N803
        """Return whether the block starts at the line."""


def words_of(state: StateBlock, line: int) -> str:
    """Return a line without its indentation and the marks of the lists and quotations around it."""
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def add(state: StateBlock, kind: str, lines: tuple[int, int], markup: str = "") -> bool:
    """Add a block of these lines, and go on after them."""
    token = state.push(kind, "", 0)
    token.map, token.markup = list(lines), markup
    state.line = lines[1]
    return True


def add_heading(state: StateBlock, level: int, words: str, lines: tuple[int, int]) -> bool:
    """Add a heading, given its words, and go on after it."""
    add(state, "heading_open", lines)
    state.tokens[-1].tag = f"h{level}"
    state.push("inline", "", 0).content = words
    return True


def add_item(state: StateBlock, kind: str, lines: tuple[int, int], markup: str, depth: int) -> bool:
    """Add an item of a list, given its mark and how deep it is nested, and go on after it."""
    add(state, kind, lines, markup)
    state.tokens[-1].level = depth
    return True


def closing_line(state: StateBlock, line: int, end: int, mark: str) -> int:
    """Return the next line that consists of a mark; `end` without one."""
    if "marks" not in state.env:
        marks = state.env["marks"] = dict[str, list[int]]()
        for one in range(state.lineMax):
            if _MARKS.fullmatch(words := words_of(state, one).strip()):
                marks.setdefault(words, []).append(one)
    lines = state.env["marks"].get(mark, [])
    index = bisect_right(lines, line)
    return min(end, lines[index]) if index < len(lines) else end


def dedented_line(state: StateBlock, line: int, end: int) -> int:
    """Return the next line that is indented no more than a line."""
    below = (one for one in range(line + 1, end) if not state.isEmpty(one) and state.sCount[one] <= state.sCount[line])
    return next(below, end)
