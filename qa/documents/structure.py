"""Document -> blocks: headings, paragraphs, list items, quotations, tables, preformatted text.

The only parser of structure. The text never changes: a block is a span, and so is each mark in it that a person need
not see (``## ``, ``== ``, ``- ``). There are seven kinds of text:

- *Markdown files* (``.md``, ``.markdown``) follow CommonMark, with tables and HTML, see `qa.documents.html_blocks`.
  Link definitions are paragraphs.
- *Other documents with an ATX heading*, such as those our format readers make, follow CommonMark too, except where
  plain text may mean something else: indented text is not code, consecutive lines that start with ``#`` are comments,
  and an underlined line is a heading only if it looks like one.
- *MDX files* (``.mdx``) are Markdown in which indented text is no code; imports and lines of tags are no text.
- *AsciiDoc files* (``.adoc``, ``.asciidoc``) have ``== headings``, see `qa.documents.asciidoc`.
- *Org files* (``.org``) have ``* headings``, and code between ``#+begin_src`` and ``#+end_src``.
- *MediaWiki* has ``== headings ==``, ``*`` items and ``{{templates}}``.
- *Plain text* has lists and tables. Its headings are underlined or numbered lines and, if none is underlined, short
  lines without a full stop, between blank lines and followed by text. A line that occurs three times is a running
  header, and an underline much shorter or longer than its line a rule. ``#hashtag`` and ``> `` have no meaning.

Rows of cells between bars are a table; in plain text, so are rows aligned with spaces (see `qa.documents.aligned`). A
four-digit number does not start a list. Outside MediaWiki, a line that is a question in bold or after "Q:" is the
heading of its answer. The meaning of tables is in `qa.documents.tables`.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Literal

from qa.documents import org
from qa.documents.aligned import aligned_tables, cell_starts, cuts
from qa.documents.block_lines import MAX_HEADING_CHARS
from qa.documents.block_rules import ANY_UNDERLINE, TABLE_RULE, looks_like_heading, tokens_of
from qa.documents.html_blocks import html_pieces
from qa.documents.list_tables import MARKS, is_list_table, list_cells, list_rows
from qa.documents.option_entries import option_lines
from qa.documents.syntax import rules_of, syntax_of
from qa.text.lines import BULLETS
from qa.text.spans import trim
from qa.types import Document, Span

Layout = bool | tuple[int, ...] | Literal["list"]
"""How the cells of a table are separated: by bars, with or without a border, aligned from these columns on, or as items
of nested lists."""
Kind = Literal["blank", "heading", "paragraph", "lines", "bullet", "numbered", "quote", "table", "preformatted"]

_KINDS: dict[str, Kind] = {
    "blockquote_open": "quote",
    "heading_open": "heading",
    "wiki_item": "bullet",
    "numbered_item": "numbered",
    **dict.fromkeys(("paragraph_open", "hr", "html"), "paragraph"),
    **dict.fromkeys(("rows", "list_rows"), "table"),
    **dict.fromkeys(("fence", "code_block", "directive", "front_matter", "template"), "preformatted"),
}
_LISTS: dict[str, Kind] = {"bullet_list_open": "bullet", "ordered_list_open": "numbered"}

_ITEM = re.compile(rf"[^\S\r\n]*(?:[{BULLETS}][^\S\r\n]+)*")
_QUOTE = re.compile(r"^(?: {0,3}>[^\S\n]?)+(?:\[!\w+\](?=[^\S\n]*$))?", re.MULTILINE)  # "> [!NOTE]"
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_NUMBERING = re.compile(r"\s*(\d+(?:\.\d+)*)\.?\s")
_CONTINUES = re.compile(r"[\W_]*[a-z]|:\s")  # the sentence, or the term, of the line before
_ROW = re.compile(r"[^\n]*\n\s*|[^\n]+")
_WORDS = re.compile(r"[^\n]+")
_BAR = re.compile(r"(?<!\\)\|")
# Between two rows with bars there can be a rule of plus signs, or a cell that spans all columns.
_TWO_ROWS = re.compile(r"^[^|\n]*\|.*\n(?:.*\n)?.*[|+]", re.MULTILINE)
# Such as "Dryer ..... 1.80", "Lift stuck    0555-7722" and "**Labs:** Thu 13:00".
_LABELLED = re.compile(r"[^\S\n]*+\S[^\n]{0,39}?(?::\**[^\S\n]|\.{3,}+|[^\S\n]{3,}+|\t)[^\S\n]*+[^\w\s]{0,2}\w")
# "4.3 If delivery is late", a clause of a contract, or a term with its definition below: "lodger", ": A person who ..."
_ENTRY = re.compile(r"^[^\S\n]*\d{1,2}(?:\.\d{1,2})+\.?\s+\W?[A-Z]|^(?!\s|:\s)[^\n]+\n {0,3}(?=:\s)", re.MULTILINE)
_NO_BAR_BEFORE = re.compile(r"^[^\S\n]*[^|\s][^\n|]*\|", re.MULTILINE)

_MAX_CONSECUTIVE_HEADINGS = 2
_MIN_RUNNING_HEADER_COUNT = 3  # a line that stands alone this often is not a heading
_MIN_PARAGRAPH_LINE = 160  # characters; a line this long is a whole paragraph, not one wrapped at the page width
# In wrapped text:
_MIN_WRAPPED_SHARE = 0.7  # length of every line but the last, as a share of the longest
_MIN_WRAP_WIDTH = 45  # characters of the longest line
# Anchors, images and attributes before and after the words of a heading: "<a name="faq">Questions</a> {#faq}".
_AROUND_HEADING = re.compile(
    r"\A(?:</?(?:a|span|font|img|br|center)\b[^<>]*>\s*)+|(?<!\s)(?:\s*(?:</?(?:a|span|font|img|br|center)\b[^<>]*>|!\[[^\]]*\]\([^()]*\)"
    r"|\{[:#.][^{}]*\}))+\Z"
)


@dataclass(frozen=True, slots=True)
class Block:
    """A heading, paragraph, list item, quotation, table or preformatted text."""

    kind: Kind  # "lines" is a paragraph whose line breaks matter, such as a verse or a price list
    start: int
    end: int  # where the next block starts: blank lines belong to the block before them
    level: int = 0  # of a heading, 1 to 6, or nesting depth of a list item, from 0
    hidden: tuple[Span, ...] = ()  # spans of the marks inside the block, in order

    def within(self, start: int, end: int) -> Block:
        """Return the part of the block between two offsets."""
        hidden = ((max(first, start), min(last, end)) for first, last in self.hidden)
        inside = tuple((first, last) for first, last in hidden if first <= last)
        return replace(self, start=start, end=end, hidden=inside)

    def moved(self, by: int) -> Block:
        """Return the block shifted by a number of characters."""
        hidden = tuple((start + by, end + by) for start, end in self.hidden)
        return replace(self, start=self.start + by, end=self.end + by, hidden=hidden)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table."""

    cells: tuple[Span, ...]  # with their bars; together they cover the row
    contents: tuple[Span, ...]  # without bars and surrounding white space; empty for empty cells
    is_rule: bool  # whether it is a line of dashes

    @property
    def end(self) -> int:
        """Start of the next row."""
        return self.cells[-1][1]

    def within(self, start: int, end: int) -> Row:
        """Return the row cut to a span; cells outside it are empty."""
        cells, contents = (
            tuple((min(max(first, start), end), min(max(last, start), end)) for first, last in spans)
            for spans in (self.cells, self.contents)
        )
        return Row(cells, contents, self.is_rule)


def blocks(document: Document, start: int = 0, end: int | None = None) -> Iterator[Block]:
    """Yield the blocks of a document, or of some whole lines of it, in order; together they cover it.

    Nothing outside these lines is parsed, so a page of a book takes no longer than an article. A page that starts at a
    line start also starts a new block; one that starts within a line does not.
    """
    text, rules = document.text[start:end], rules_of(document)
    text = org.as_markdown(text) if rules == "org" else text
    pages = frozenset(page - start for page in document.page_starts)
    found = [piece for block in _parse(text, rules) for piece in _split(text, block, pages)]
    underlined = (block.kind == "heading" and "\n" in text[block.start : block.end].strip() for block in found)
    if rules == "plain" and not any(underlined):
        for index in _unmarked_headings(text, found):
            level = _level(text, found[index]) if start or index else 1
            found[index] = replace(found[index], kind="heading", level=level)
    for block in found:
        yield block.moved(start) if start else block


def is_heading(text: str) -> bool:
    """Return whether the text is exactly one heading in Markdown or MediaWiki syntax, or an underlined one."""
    start, line = text.lstrip()[:1], text.strip().partition("\n")[0]
    marked = start in ("#", "=") or ANY_UNDERLINE.fullmatch(text.rpartition("\n")[2])
    if marked and len(text) <= MAX_HEADING_CHARS:
        for rules in ("file", "wiki", "plain"):
            found = list(_parse(text, rules))
            if len(found) == 1 and found[0].kind == "heading":
                return start in ("#", "=") or rules == "plain" or looks_like_heading(line)
    return False


def heading_span(text: str, heading: Block) -> Span:
    """Return the span of a heading's words, without its marks."""
    hidden = heading.hidden
    return trim(text, hidden[0][1], hidden[-1][0]) if hidden else trim(text, heading.start, heading.end)


def heading_path(above: Sequence[tuple[int, str]], text: str, heading: Block) -> list[tuple[int, str]]:
    """Return the levels and words of the headings above what follows a heading, given those above the heading."""
    kept = [one for one in above if one[0] < heading.level]
    return [*kept, (heading.level, text[slice(*heading_span(text, heading))])]


def rows(text: str, start: int, end: int, *, layout: Layout | None = None) -> Iterator[Row]:
    """Yield the rows of a table, or of a part of it; together their cells cover it.

    A part does not show the `layout` of the whole table.
    """
    layout = layout_of(text, start, end) if layout is None else layout
    for line in _lines(text, start, end, layout):
        yield row(text, *line, layout=layout)


def layout_of(text: str, start: int, end: int) -> Layout:
    """Return how the cells of a table are separated.

    If every row starts with a bar, the table has a border: that bar does not follow an empty cell.
    """
    if is_list_table(text, start, end):
        return "list"
    if text.find("|", start, end) < 0:
        return cell_starts(text, start, end)
    return _NO_BAR_BEFORE.search(text, start, end) is None


def row(text: str, start: int, end: int, *, layout: Layout) -> Row:
    """Return a row, given the span of a table's line or of a part of it.

    A bar separates two cells unless it is escaped by a backslash. In a table with a border, the bars at the start and
    end of a line separate nothing.
    """
    if layout == "list":
        return Row(*list_cells(text, start, end), is_rule=False)
    first, last = trim(text, start, end)
    is_rule = TABLE_RULE.fullmatch(text, first, last) is not None
    if isinstance(layout, tuple):
        line = text.rfind("\n", 0, start) + 1
        edges = [min(max(line + cut, start), last) for cut in cuts(text[line:last], layout)]
        aligned = tuple(zip((start, *edges), (*edges, end), strict=True))
        return Row(aligned, tuple(trim(text, *cell) for cell in aligned), is_rule)
    bars = [bar.start() for bar in _BAR.finditer(text, first, last)]
    inner = bars
    if layout and bars and bars[0] == first:
        first, inner = first + 1, bars[1:]
    if layout and inner and inner[-1] == last - 1:
        last, inner = last - 1, inner[:-1]
    cells = zip((start, *inner), (*inner, end), strict=True)
    contents = zip((first, *(bar + 1 for bar in inner)), (*inner, last), strict=True)
    return Row(tuple(cells), tuple(trim(text, *content) for content in contents), is_rule)


def may_have_tables(document: Document) -> bool:
    """Return whether a document can have tables, without parsing it."""
    text = document.text
    in_lower_case = text.lower()
    # Each question asks this of the documents found; one pattern for all marks takes fifty times as long.
    if any(mark in in_lower_case for mark in MARKS):
        return True
    if "|" in text and (text[0].isspace() or _TWO_ROWS.search(text)):
        return True
    return "  " in text and syntax_of(document) == "plain" and any(aligned_tables(text))


def parts(text: str, block: Block) -> list[Span]:
    """Return the spans of the rows of a table, of labelled lines or of options with the lines below, or the block's."""
    if block.kind == "table":
        return [*_lines(text, block.start, block.end, layout_of(text, block.start, block.end))]
    if block.kind == "lines" and _is_labelled(text[block.start : block.end]):
        return [*_lines(text, block.start, block.end)]
    return [*pairwise((block.start, *option_lines(text, block.start + 1, block.end), block.end))]


def _lines(text: str, start: int, end: int, layout: Layout = False) -> Iterator[Span]:
    """Yield the spans of the rows of a table or of other lines, with the blank lines after each."""
    yield from (
        list_rows(text, start, end) if layout == "list" else (line.span() for line in _ROW.finditer(text, start, end))
    )


def _with_bars(text: str) -> str:
    """Return a text of the same length in which rows aligned with spaces start with a bar."""
    pieces, end = list[str](), 0
    for start, after in aligned_tables(text):
        pieces += text[end:start], _WORDS.sub(lambda line: "|".ljust(len(line[0]), "x"), text[start:after])
        end = after
    return "".join((*pieces, text[end:]))


def _parse(text: str, rules: str) -> Iterator[Block]:
    """Yield the blocks found by a set of rules, see `tokens_of`."""
    tokens, source = tokens_of(_with_bars(text) if rules == "plain" else text, rules)
    lines = [0, *(end.end() for end in re.finditer("\n", source)), len(source)]
    found: list[Block] = []
    lists: list[Kind] = []
    quotations = 0
    for index, token in enumerate(tokens):
        if token.type in _LISTS:
            lists.append(_LISTS[token.type])
        elif token.type in {"bullet_list_close", "ordered_list_close"}:
            lists.pop()
        elif token.type.startswith("blockquote"):
            quotations += token.nesting
        kind = lists[-1] if token.type == "list_item_open" else _KINDS.get(token.type)
        # A block that starts on the line of a list item or quotation is its content.
        if kind is None or token.map is None or (found and found[-1].start == lines[token.map[0]]):
            continue
        block = Block("quote" if quotations else kind, lines[token.map[0]], lines[token.map[1]])
        if block.kind == "heading" and block.end - block.start > MAX_HEADING_CHARS:
            block = replace(block, kind="paragraph")
        elif block.kind == "heading":
            words = _AROUND_HEADING.sub("", tokens[index + 1].content) or tokens[index + 1].content
            marks = _heading_marks(source, block, words, token.markup.count("#"))
            block = replace(block, level=int(token.tag[1:]), hidden=marks)
        elif token.type in {"fence", "directive"}:
            is_code = token.type == "fence" and block.kind == "preformatted"
            marks = _fences(source, block, token.markup) if is_code else ((block.start, block.end),)
            block = replace(block, hidden=marks if block.kind == "preformatted" else ())
        elif token.type in {"wiki_item", "numbered_item"}:
            signs = source.index(token.markup, block.start) + len(token.markup)
            block = replace(block, level=token.level, hidden=((block.start, signs),))
        elif token.type == "list_item_open" and block.kind != "quote":
            marks = tuple(mark.span() for mark in islice(_ITEM.finditer(text, block.start, block.end), 1))
            block = replace(block, level=len(lists) - 1, hidden=marks)
        pieces = html_pieces(source, block.start, block.end) if token.type == "html" and not quotations else ()
        found += [Block(*piece) for piece in pieces] or [block]
    found = found or [Block("blank", 0, 0)] if text else []
    ends = [*(block.start for block in found[1:]), len(text)]
    for block, start, end in zip(found, [0, *ends], ends, strict=False):
        hidden = block.hidden
        if block.kind == "quote":
            hidden = tuple(mark.span() for mark in _QUOTE.finditer(text, start, end))
        yield Block(block.kind, start, end, block.level, hidden)


def _heading_marks(source: str, heading: Block, words: str, marks: int) -> tuple[Span, ...]:
    """Return the spans before and after the words of a heading."""
    start = source.find(words, heading.start + marks, heading.end)
    return ((heading.start, start), (start + len(words), heading.end)) if start >= 0 else ()


def _fences(source: str, block: Block, fence: str) -> tuple[Span, ...]:
    """Return the spans of the lines that open and close a fenced block; the closing one may be missing."""
    first = source.find("\n", block.start, block.end) + 1 or block.end
    last = source.rfind("\n", block.start, max(first, block.end - 1)) + 1
    line = source[last : block.end].strip()
    closed = first <= last < block.end and line.startswith(fence) and not line.strip(fence[0])
    return ((block.start, first), (last, block.end)) if closed else ((block.start, first),)


def _split(text: str, block: Block, pages: Container[int]) -> Iterator[Block]:
    """Split a block where pages start, and where a line is a paragraph of its own."""
    flows = block.kind in {"paragraph", "bullet", "numbered"}
    start, before = block.start, 0
    entries = block.kind == "paragraph" and _ENTRY.search(text, block.start, block.end) is not None
    cut = entries or (flows and block.end - block.start >= _MIN_PARAGRAPH_LINE)
    for line in _LINE.finditer(text, block.start, block.end) if cut or pages else ():
        words = line[0].strip()
        long = flows and words and max(before, len(words)) >= _MIN_PARAGRAPH_LINE
        apart = long and before and not _CONTINUES.match(words)
        entry = entries and _ENTRY.match(text, line.start(), block.end)
        if line.start() > start and (apart or entry or line.start() in pages):
            yield _with_final_kind(text, block.within(start, line.start()))
            start = line.start()
            block = replace(block, kind="paragraph") if flows else block
        before = len(words) or before
    yield _with_final_kind(text, block.within(start, block.end) if start > block.start else block)


def _with_final_kind(text: str, block: Block) -> Block:
    part = text[block.start : block.end]
    if not part.strip():
        return Block("blank", block.start, block.end)
    broken = block.kind == "paragraph" and not block.hidden and (_is_labelled(part) or not _is_wrapped(part))
    return replace(block, kind="lines") if broken else block


def _unmarked_headings(text: str, found: Sequence[Block]) -> Iterator[int]:
    """Yield the indices of plain-text headings: short lines without a full stop, followed by text."""
    lines = [_heading_candidate(text, block) for block in found]
    counts = Counter(lines)
    consecutive: list[int] = []
    after_blank = True
    for index, (block, line) in enumerate(zip(found, lines, strict=True)):
        if block.kind == "blank":
            continue
        if after_blank and line and counts[line] < _MIN_RUNNING_HEADER_COUNT:
            consecutive.append(index)
        else:
            # This block is the text under them; a rule ends a section, unless it is below the title.
            below = text[block.start : block.end].strip("-=*_~ \t\n") or 0 in consecutive
            yield from consecutive if below and len(consecutive) <= _MAX_CONSECUTIVE_HEADINGS else ()
            consecutive = []
        after_blank = _ends_blank(text, block)


def _heading_candidate(text: str, block: Block) -> str:
    """Return the text of a block that looks like a heading; empty for other blocks."""
    words = text[block.start : block.end].strip()
    alone = block.kind == "paragraph" and "\n" not in words and _ends_blank(text, block)
    return words if alone and looks_like_heading(words) else ""


def _ends_blank(text: str, block: Block) -> bool:
    part = text[block.start : block.end]
    return part.count("\n", len(part.rstrip())) > 1


def _level(text: str, heading: Block) -> int:
    """Return the level of a plain-text heading below the title: from its numbering, else 2."""
    numbering = _NUMBERING.match(text, heading.start)
    return min(numbering[1].count(".") + 2, 6) if numbering else 2


def _is_wrapped(paragraph: str) -> bool:
    """Return whether a paragraph was wrapped at a page width, so that its line breaks do not matter."""
    lengths = [len(line.strip()) for line in paragraph.split("\n") if line.strip()]
    longest = max(lengths, default=0)
    return len(lengths) < 2 or (longest >= _MIN_WRAP_WIDTH and min(lengths[:-1]) >= _MIN_WRAPPED_SHARE * longest)


def _is_labelled(paragraph: str) -> bool:
    """Return whether all lines of a paragraph but perhaps the first, which may announce them, have a label each."""
    first, *rest = paragraph.strip("\n").split("\n")
    labelled = [_LABELLED.match(line) is not None for line in rest]
    return all(labelled) and len(labelled) + (_LABELLED.match(first) is not None) > 1
