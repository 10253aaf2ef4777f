"""Document -> the blocks that it reads as: headings, paragraphs, list items, tables.

Text never changes: a block is a span, and what marks it as a heading or an item (``## ``, ``== ``, ``- ``) is a span
in it that a reader need not see. Markdown, MediaWiki and plain text are told apart by what stands in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass
from typing import Literal

from qa.types import Document, Span

Syntax = Literal["markdown", "wiki", "plain"]
Kind = Literal["blank", "heading", "paragraph", "lines", "bullet", "numbered", "quote", "table", "preformatted"]

_ATX = re.compile(r" {0,3}(#{1,6})[^\S\n]+(?=\S)")
_ATX_END = re.compile(r"[^\S\n]+#+[^\S\n]*$|[^\S\n]+$")
_SETEXT = re.compile(r" {0,3}(=+|-{2,})[^\S\n]*$")
_WIKI = re.compile(r"[^\S\n]*(=+(?: =+)*)[^\S\n]*(?=[^=\s])(.*[^=\s])([^\S\n]*\1)[^\S\n]*$")
_WIKI_ANYWHERE = re.compile(r"^(?:={2,6}[^=\n].*={2,6}| = .* = )[^\S\n]*$", re.MULTILINE)
_ATX_ANYWHERE = re.compile(r"^#{1,6}[^\S\n]+\S", re.MULTILINE)
_BULLET = re.compile(r"([^\S\n]*)[-*+\u2022\u25aa\u25cf\u25e6\u2023][^\S\n]+(?=\S)")
_NUMBERED = re.compile(r"([^\S\n]*)\d{1,3}[.)][^\S\n]+(?=\S)")
_WIKI_BULLET = re.compile(r"()[*:;]+[^\S\n]*(?=\S)")
_QUOTE = re.compile(r" {0,3}>[^\S\n]?")
_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_BRACES = re.compile(r"\{\{|\}\}")
_NUMBERING = re.compile(r"\d+(?:\.\d+)*(?=\.?\s)")

_LONGEST_HEADING = 500  # characters of a line with a heading's mark
_LONGEST_ALONE = 80  # characters of a heading told by nothing but standing alone
_MOST_HEADINGS_IN_A_ROW = 2
_WHOLE_PARAGRAPH = 160  # characters; a line this long is a paragraph of its own, not one broken at a page's width
_FULL_LINE, _NARROWEST = 0.7, 45  # share of the longest line, and its least length, where lines are broken by width
_MOST_COLUMNS = 50
_ITEM_INDENT = 2  # columns for a level of nesting


@dataclass(frozen=True, slots=True)
class Block:
    """A span of a document that reads as one thing.

    Attributes
    ----------
    kind : str
        "lines" is a paragraph whose line ends mean something, such as a verse.
    start, end : int
        The span. It ends where the next one starts: blank lines belong to the block before them.
    level : int
        Of a heading, 1 to 6; of a list item, how deep it is nested, from 0.
    hidden : tuple of (int, int)
        Spans inside that mark the block and are not read, in order.
    """

    kind: Kind
    start: int
    end: int
    level: int = 0
    hidden: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class _Line:
    kind: Kind
    start: int
    end: int
    level: int = 0
    hidden: tuple[Span, ...] = ()


def syntax_of(document: Document) -> Syntax:
    """Return how the document marks headings and emphasis."""
    if _ATX_ANYWHERE.search(document.text):
        return "markdown"
    if _WIKI_ANYWHERE.search(document.text):
        return "wiki"
    return "markdown" if document.id.lower().endswith((".md", ".markdown")) else "plain"


def blocks(document: Document, start: int = 0, end: int | None = None) -> Iterator[Block]:
    """Yield the blocks of a document, or of whole lines of it, in order.

    Parameters
    ----------
    document : Document
    start, end : int, optional
        The part to take; by default all of it.

    Yields
    ------
    Block
        Disjoint, and together everything from `start` to `end`. None goes over the start of a page.
    """
    lines = _lines(document, start, len(document.text) if end is None else end)
    pages = set(document.page_starts)
    held: list[_Line] = []
    closed = False
    for line in lines:
        starts_block = line.kind != "blank" and (closed or not _continues(held, line))
        if held and (starts_block or line.start in pages):
            yield _block(document.text, held)
            held = []
        closed = line.kind == "blank"
        held.append(line)
    if held:
        yield _block(document.text, held)


def _lines(document: Document, start: int, end: int) -> list[_Line]:
    text, syntax = document.text, syntax_of(document)
    front_matter = _FRONT_MATTER.match(text)
    preformatted_until = front_matter.end() if front_matter else 0
    templates = _template_ends(text, start, end) if syntax == "wiki" else {}
    found: list[_Line] = []
    fenced = False
    for match in _LINE.finditer(text, start, end):
        line = match.group()
        preformatted_until = max(preformatted_until, templates.get(match.start(), 0))
        fence = syntax == "markdown" and bool(_FENCE.match(line))
        if fence:
            found.append(_Line("preformatted", *match.span(), hidden=(match.span(),)))
        elif fenced or match.start() < preformatted_until:
            found.append(_Line("preformatted", *match.span()))
        else:
            found.append(_line(line, match.start(), syntax))
            _underlined(found, text, syntax)
        fenced ^= fence
    return found if syntax != "plain" else _with_headings_that_stand_alone(document, found)


def _line(line: str, start: int, syntax: Syntax) -> _Line:
    end = start + len(line)
    if not line.strip():
        return _Line("blank", start, end)
    if heading := _marked_heading(line, start, syntax):
        return heading
    bullet = _BULLET.match(line) or (_WIKI_BULLET.match(line) if syntax == "wiki" else None)
    if bullet:
        return _Line("bullet", start, end, _depth(bullet[1]), ((start, start + bullet.end()),))
    if match := _NUMBERED.match(line):
        # The number itself is read.
        return _Line("numbered", start, end, _depth(match[1]), ((start, start + match.end(1)),))
    if syntax == "markdown" and (match := _QUOTE.match(line)):
        return _Line("quote", start, end, 0, ((start, start + match.end()),))
    table = (line.lstrip().startswith("|") or " | " in line) and line.count("|") <= _MOST_COLUMNS
    return _Line("table" if table else "paragraph", start, end)


def _marked_heading(line: str, start: int, syntax: Syntax) -> _Line | None:
    end = start + len(line)
    if len(line) > _LONGEST_HEADING:
        return None
    if syntax == "wiki" and (match := _WIKI.match(line)):
        hidden = ((start, start + match.start(2)), (start + match.end(2), end))
        return _Line("heading", start, end, min(match[1].count("="), 6), hidden)
    if syntax == "markdown" and (match := _ATX.match(line)):
        tail = _ATX_END.search(line, match.end())
        closing = (start + tail.start(), end) if tail else (end, end)
        return _Line("heading", start, end, len(match[1]), ((start, start + match.end()), closing))
    return None


def _depth(indent: str) -> int:
    return len(indent.expandtabs(4)) // _ITEM_INDENT


def _underlined(found: list[_Line], text: str, syntax: Syntax) -> None:
    """Make a heading of a line that the last one underlines."""
    if syntax == "wiki" or len(found) < 2:
        return
    under, over = found[-1], found[-2]
    match = _SETEXT.match(text[under.start : under.end].rstrip("\n"))
    alone = len(found) < 3 or found[-3].kind in {"blank", "heading"}
    if match and over.kind == "paragraph" and alone:
        level = 1 if "=" in match[1] else 2
        found[-2:] = [
            _Line("heading", over.start, under.end, level, ((under.start, under.end),)),
        ]


def _with_headings_that_stand_alone(document: Document, lines: Sequence[_Line]) -> list[_Line]:
    """Tell the headings of plain text: short lines without a full stop, alone, with text after them."""
    found = list(lines)
    if any(line.kind == "heading" for line in lines):
        return found
    written = [place for place, line in enumerate(lines) if line.kind != "blank"]
    opening = len(document.text) - len(document.text.lstrip())
    pages = frozenset(document.page_starts)
    candidates: list[int] = []
    for order, place in enumerate(written):
        line = lines[place]
        alone = _opens(lines, place, pages) and place + 1 < len(lines) and lines[place + 1].kind == "blank"
        if alone and line.kind == "paragraph" and _looks_like_heading(document.text[line.start : line.end]):
            candidates.append(place)
        if candidates and (place != candidates[-1] or order == len(written) - 1):
            # What follows the candidates is the text that they head, or there is none.
            if place != candidates[-1] and len(candidates) <= _MOST_HEADINGS_IN_A_ROW:
                for heading in candidates:
                    found[heading] = _heading(document.text, lines[heading], opening)
            candidates = []
    return found


def _opens(lines: Sequence[_Line], place: int, pages: Set[int]) -> bool:
    return place == 0 or lines[place - 1].kind == "blank" or lines[place].start in pages


def _looks_like_heading(line: str) -> bool:
    words = line.strip()
    first = next((character for character in words if character.isalnum()), "")
    return (
        len(words) <= _LONGEST_ALONE
        and words[-1] not in '.!?,;:\u2026"\u201d'
        and (first.isupper() or first.isdecimal())
        and any(character.isalpha() for character in words)
    )


def _heading(text: str, line: _Line, opening: int) -> _Line:
    """Return the line as a heading; of level 1 if the text opens with it."""
    numbering = _NUMBERING.match(text, line.start)
    depth = numbering.group().count(".") + 2 if numbering else 2
    level = 1 if line.start <= opening else depth
    return _Line("heading", line.start, line.end, min(level, 6))


def _continues(held: Sequence[_Line], line: _Line) -> bool:
    """Return whether a line goes on with the block that the lines before it make."""
    if not held or held[0].kind == "blank":
        return True
    kind = held[0].kind
    if line.kind == "paragraph" and kind in {"paragraph", "bullet", "numbered"}:
        return max(line.end - line.start, held[-1].end - held[-1].start) < _WHOLE_PARAGRAPH
    return line.kind == kind and kind in {"preformatted", "table", "quote"}


def _block(text: str, lines: Sequence[_Line]) -> Block:
    first = next((line for line in lines if line.kind != "blank"), lines[0])
    kind = first.kind
    if kind == "paragraph" and not _broken_by_width(text, lines):
        kind = "lines"
    hidden = tuple(span for line in lines for span in line.hidden)
    return Block(kind, lines[0].start, lines[-1].end, first.level, hidden)


def _broken_by_width(text: str, lines: Sequence[_Line]) -> bool:
    """Return whether the line ends of a paragraph come from the width of a page and mean nothing."""
    lengths = [len(text[line.start : line.end].strip()) for line in lines if line.kind != "blank"]
    longest = max(lengths, default=0)
    return len(lengths) < 2 or (longest >= _NARROWEST and min(lengths[:-1]) >= _FULL_LINE * longest)


def _template_ends(text: str, start: int, end: int) -> dict[int, int]:
    """Return the end of each ``{{template}}`` by its start."""
    opened: list[int] = []
    ends: dict[int, int] = {}
    for match in _BRACES.finditer(text, start, end):
        if match.group() == "{{":
            opened.append(match.start())
        elif opened:
            ends[opened.pop()] = match.end()
    return ends
