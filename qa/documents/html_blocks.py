"""HTML within Markdown: its tags as marks, and what they say about structure.

As in CommonMark, HTML starts at a tag of a block and ends at a blank line; a table, and code in `pre`, end at their end
tag. Tables of data and lists of descriptions are tables, see `qa.documents.list_tables`. The cells of other tables,
such as those with code, are paragraphs. A ``<summary>`` is the heading of its details if no paragraph follows them.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import islice, pairwise
from typing import TYPE_CHECKING, Literal

from qa.documents.block_lines import MAX_HEADING_CHARS, add, words_of
from qa.text.spans import trim
from qa.types import Span

if TYPE_CHECKING:
    from markdown_it.rules_block import StateBlock

_BLOCKS = (
    "address|article|aside|blockquote|caption|center|col|colgroup|dd|details|div|dl|dt|fieldset|figcaption|figure"
    "|footer|form|h[1-6]|header|hr|li|main|nav|noscript|object|ol|p|picture|pre|section|summary|table"
    "|tbody|td|tfoot|th|thead|tr|ul"
)
_INLINE = (
    "a|abbr|b|big|br|button|cite|code|del|em|font|i|iframe|img|input|ins|kbd|label|mark|option|q|s|samp|select|small"
    "|source|span|strike|strong|sub|sup|tt|u|var|video|wbr"
)
_ATTRIBUTES = r"(?=[\s/>])(?:[^<>\"']|\"[^\"<]*\"|'[^'<]*')*+>"
_TAG = re.compile(
    rf"<(?P<end>/?)(?:(?P<block>{_BLOCKS})|{_INLINE}){_ATTRIBUTES}|<!--[^<>]*-->"
    r"|<(?P<script>script|style)\b[^<>]*>[^<]*</(?P=script)\s*>",
    re.IGNORECASE,
)
_CODE_OR_TAG = re.compile(rf"(?P<code>`+[^`\n]*`+)|{_TAG.pattern}", re.IGNORECASE)
_LINE_BREAK = re.compile(r"<br[\s/>]", re.IGNORECASE)
_OPENING = re.compile(rf"</?(?:{_BLOCKS}|script|style)(?=[\s/>]|$)", re.IGNORECASE)
_LASTING = re.compile(r"<(?P<name>table|pre|script|style)(?=[\s>])", re.IGNORECASE)
_DATA = re.compile(r"<(?P<name>table|dl)(?=[\s>])", re.IGNORECASE)
_END_OF_DATA = {"table": re.compile(r"</table\s*>", re.IGNORECASE), "dl": re.compile(r"</dl\s*>", re.IGNORECASE)}
# In a table, these show that it is there for its layout; cells that span rows would need to be repeated.
_NO_DATA = re.compile(r"```|~~~|<(?:table|dl|pre|h[1-6]|img|picture|video)(?=[\s/>])|\browspan=", re.IGNORECASE)
_ROW = re.compile(r"<(?:tr|dt)(?=[\s>])", re.IGNORECASE)
_CELL = re.compile(r"<(?P<name>td|th|dt|dd)(?=[\s>])(?:[^<>]*?\bcolspan=[\"']?(?P<columns>[1-9]\d?)\b)?", re.IGNORECASE)
_NEXT_CELL = re.compile(r"</(?:(?P<term>dt)|td|th)\s*>\s*<(?:dd|td|th)\b[^<>]*>", re.IGNORECASE)
_SPACES = re.compile(r"(?<=\S)[ \t]{2,}")
_END_OF_DETAILS = re.compile(r"</details\s*>\s*(?P<below>#|<(?:details|h\d|/)|\Z)?", re.IGNORECASE)
_SUMMARY_LEVEL = 6
_MAX_DETAILS_CHARS = 50_000

Kind = Literal["heading", "paragraph", "bullet", "numbered", "table", "preformatted"]
Piece = tuple[Kind, int, int, int, tuple[Span, ...]]
"""The fields of a block: kind, start, end, level, and its tags."""


def without_tags(text: str) -> str:
    """Return Markdown of the same length with white space in place of the tags that are not in code."""
    return _CODE_OR_TAG.sub(_blank, text) if "<" in text else text


def _blank(found: re.Match[str]) -> str:
    if found["code"]:
        return found[0]
    return ("\n" if _LINE_BREAK.match(found[0]) else " ").ljust(len(found[0]))


def words_between_tags(text: str) -> str:
    """Return Markdown without its tags, with signs between the cells of a table."""
    if "<" not in text:
        return text
    text = without_tags(_NEXT_CELL.sub(lambda found: ": " if found["term"] else "; ", text))
    return "\n".join(filter(None, (_SPACES.sub(" ", line).strip() for line in text.split("\n"))))


def trim_tags(text: str, start: int, end: int) -> Span:
    """Return a span without surrounding white space and tags."""
    first, last = trim(without_tags(text[start:end]), 0, end - start)
    return start + first, start + last


# --- blocks -----------------------------------------------------------------------------------------------------------


def html_block(state: StateBlock, line: int, end: int, silent: bool) -> bool:
    """Find the lines of HTML that start with a tag of a block."""
    words = words_of(state, line)
    if not _OPENING.match(words) or silent:
        return _OPENING.match(words) is not None
    last, searched = line, state.bMarks[line]
    while last < end and not state.isEmpty(last):
        last += 1
        # What is opened before a blank line may be closed after it.
        while opened := _LASTING.search(state.src, searched, state.eMarks[last - 1]):
            closing = _closing(state, f"</{opened['name'].lower()}", opened.end())
            searched = max(opened.end(), closing)
            last = max(last, min(end, bisect_left(state.eMarks, closing, line, end) + 1))
        searched = max(searched, state.eMarks[last - 1])
    return add(state, "html", (line, last))


def _closing(state: StateBlock, mark: str, start: int) -> int:
    """Return the start of the next end tag; -1 without one."""
    lowered: str = state.env.setdefault("lower case", state.src.lower())
    known = state.env.setdefault("last end tags", {})
    if mark not in known:
        known[mark] = lowered.rfind(mark)
    return lowered.find(mark, start) if start <= known[mark] else -1


def html_pieces(text: str, start: int, end: int) -> Iterator[Piece]:
    """Yield the blocks of some lines of HTML; the first one starts there, even if it is only tags."""
    first, made = start, False
    for kind, level, opened, closed in _pieces(text, start, end):
        first, made = (opened if made else start), True
        yield _piece(text, kind, first, closed, level)
    if not made:
        yield "preformatted", start, end, 0, ((start, end),)


def _piece(text: str, kind: Kind, start: int, end: int, level: int) -> Piece:
    marks = tuple(found.span() for found in _TAG.finditer(text, start, end))
    if kind != "heading":
        return kind, start, end, level, () if kind == "table" else marks
    if end - start > MAX_HEADING_CHARS:
        return "paragraph", start, end, 0, marks
    first, last = trim_tags(text, start, end)
    inside = (mark for mark in marks if first <= mark[0] and mark[1] <= last)
    return kind, start, end, level, ((start, first), *inside, (last, end))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[Kind, int, int, int]]:
    """Yield kind, level, start and end of each table, and of what is between them."""
    first, position = start, start
    while data := _DATA.search(text, position, end):
        closing = _END_OF_DATA[data["name"].lower()].search(text, data.end(), end)
        position = closing.end() if closing else end
        inside = text[data.end() : closing.start() if closing else end]
        if closing and len(_ROW.findall(inside)) > 1 and not _NO_DATA.search(inside):
            before = list(_flow(text, first, data.start()))
            yield from before
            yield "table", 0, data.start() if before else first, position
            first = position
    yield from _flow(text, first, end)


def _flow(text: str, start: int, end: int) -> Iterator[tuple[Kind, int, int, int]]:
    """Yield the blocks of HTML without tables."""
    lists: list[str] = []
    kind: Kind = "paragraph"
    level, after, filled = 0, start, False
    for tag in _TAG.finditer(text, start, end):
        filled |= not text[after : tag.start()].isspace() and after < tag.start()
        after = tag.end()
        name = (tag["block"] or "").lower()
        if not name:
            continue
        if filled:
            cut = tag.end() if tag["end"] else tag.start()
            yield kind, level, start, cut
            kind, level, start, filled = "paragraph", 0, cut, False
        if name in {"ul", "ol"}:
            lists = lists[:-1] if tag["end"] else [*lists, name]
        elif tag["end"]:
            kind, level = "paragraph", 0
        elif name == "li":
            kind, level = "numbered" if lists[-1:] == ["ol"] else "bullet", max(0, len(lists) - 1)
        elif name[1:].isdecimal():
            kind, level = "heading", int(name[1])
        elif name == "summary" and _ends_section(text, after):
            kind, level = "heading", _SUMMARY_LEVEL
        elif name == "pre":
            kind, level = "preformatted", 0
    if filled or text[after:end].strip():
        yield kind, level, start, end


def _ends_section(text: str, summary: int) -> bool:
    """Return whether the text below the details is not in the section that their summary would be the heading of."""
    found = _END_OF_DETAILS.search(text, summary, summary + _MAX_DETAILS_CHARS)
    return found is not None and found["below"] is not None


# --- rows and cells of tables -----------------------------------------------------------------------------------------


def is_html_table(text: str, start: int) -> bool:
    """Return whether a table starts with tags."""
    return _TAG.match(text, trim(text, start, len(text))[0]) is not None


def html_rows(text: str, start: int, end: int) -> list[int]:
    """Return the starts of the rows of a table."""
    return [found.start() for found in _ROW.finditer(text, start, end)]


def html_cells(text: str, start: int, end: int) -> list[Span]:
    """Return the spans of the cells of a row, or of a part of it, with their tags.

    A cell that spans columns is followed by empty ones.
    """
    found = list(_CELL.finditer(text, start, end))
    columns = [int(cell["columns"] or 1) for cell in found]
    starts = [cell.start() for cell in found]
    if not found or without_tags(text[start : starts[0]]).strip():
        starts, columns = [start, *starts], [1, *columns]
    spans: list[Span] = []
    for cell, count in zip(pairwise([start, *starts[1:], end]), columns, strict=True):
        spans += [cell, *[(cell[1], cell[1])] * (count - 1)]
    return spans


def has_html_header(text: str, start: int) -> bool:
    """Return whether the first row of a table has only header cells."""
    first, second = (found.start() for found in islice(_ROW.finditer(text, start), 2))
    return {cell["name"].lower() for cell in _CELL.finditer(text, first, second)} == {"th"}
