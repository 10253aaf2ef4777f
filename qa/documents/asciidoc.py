"""Block rules for AsciiDoc: headings, delimited blocks, lists, tables, and the marks around them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from qa.documents.block_lines import add, add_heading, add_item, closing_line, words_of

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

SUFFIXES = (".adoc", ".asciidoc")
_HEADING = re.compile(r"={1,6}[ \t]+(\S.*)")
_TITLE = re.compile(r"\.[^\s.].*")  # of the block below
_CODE = re.compile(r"-{4,}|\.{4,}|\+{4,}|`{3,}\w*")
_COMMENT = re.compile(r"/{4,}")
# Such as "====", "[NOTE]", "include::part.adoc[]" and "+".
MARK = re.compile(
    r"={4,}|\*{4,}|_{4,}|--|\+|'''|<<<|[|,:!]===|\[(?:\[[^\]]*\]|[#.%,]?[\w-]*(?:[,#.%=].*)?)\]"
    r"|[a-z]+::[^\s\[\]]*\[.*\]|//(?!/).*"
)
"""Matches lines that are no text."""
_ITEM = re.compile(r"(?P<bullet>\*{1,5}|-)[ \t]+\S|(?P<number>\.{1,5}|\d{1,3}\.|<(?:\d{1,3}|\.)>)[ \t]+\S")
_TERM = re.compile(r"(?!//)\S.*?(?::{2,4}|;;)(?:[ \t]+(?P<definition>\S.*))?")


def asciidoc_block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find a block between two equal lines, such as code, or a line that is only markup."""
    words = words_of(state, line).rstrip()
    is_code, is_comment, is_table = _CODE.fullmatch(words), _COMMENT.fullmatch(words), words == "|==="
    if not (is_code or is_comment or MARK.fullmatch(words)):
        return False
    if silent:
        return True
    mark = words.rstrip("abcdefghijklmnopqrstuvwxyz") if is_code else words
    last = closing_line(state, line, end, mark) if is_code or is_comment or is_table else end
    if last == end:
        return not (is_code or is_comment) and add(state, "directive", (line, line + 1))
    if not is_table:
        return add(state, "fence" if is_code else "directive", (line, last + 1), mark)
    add(state, "directive", (line, line + 1))
    if last > line + 1:
        add(state, "list_rows", (line + 1, last))
    return add(state, "directive", (last, last + 1))


def asciidoc_literal(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find an indented paragraph, which is code."""
    words = words_of(state, line).rstrip()
    if silent or not state.sCount[line] or _starts_block(words):
        return False
    last = next((one for one in range(line, end) if state.isEmpty(one)), end)
    return add(state, "code_block", (line, last))


def asciidoc_heading(state: StateBlock, line: int, _: int, silent: bool) -> bool:
    """Find a heading, or the title of a block, which is a paragraph."""
    words = words_of(state, line).rstrip()
    if _TITLE.fullmatch(words):
        return silent or add(state, "paragraph_open", (line, line + 1))
    found = _HEADING.fullmatch(words)
    if found is None or silent:
        return found is not None
    return add_heading(state, words.index(" ") if " " in words else 1, found[1], (line, line + 1))


def asciidoc_item(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find an item of a list, or a term with its definition, up to a blank line or another block."""
    words = words_of(state, line).rstrip()
    item = _ITEM.match(words)
    term = None if item else _TERM.fullmatch(words)
    if not (item or term) or silent:
        return bool(item or term)
    last = line + 1
    if term and not term["definition"]:
        while last < end and state.isEmpty(last):
            last += 1
    while last < end and not state.isEmpty(last) and not _starts_block(words_of(state, last).rstrip()):
        last += 1
    if term or item is None:
        return add_item(state, "wiki_item", (line, last), "", 0)
    mark = item["bullet"] or item["number"]
    depth = 0 if mark[0] in "<0123456789" else len(mark) - 1
    return add_item(state, "wiki_item" if item["bullet"] else "numbered_item", (line, last), mark, depth)


def _starts_block(words: str) -> bool:
    patterns = (_CODE, _COMMENT, MARK, _TITLE, _TERM)
    return _ITEM.match(words) is not None or any(pattern.fullmatch(words) for pattern in patterns)
