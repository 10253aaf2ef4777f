"""Document -> HTML: an article formatted for reading, with spans marked.

The text nodes of the HTML, joined, are exactly the document's text from the first character shown to the last: markup
such as the # of a heading is hidden, but stays in the text.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise

from qa.documents.structure import Block, Row, blocks, rows
from qa.documents.syntax import Syntax, syntax_of
from qa.types import Document, Span
from qa.web.ui.inline import Style, styles
from qa.web.ui.markup import escape

_LISTS = {"bullet": "ul", "numbered": "ol"}
_MAX_NARROW_CELL = 40  # characters; a longer cell gets a minimum width
_MAX_LEVEL = 4  # levels of nesting that the stylesheet distinguishes


@dataclass(frozen=True, slots=True)
class Mark:
    """A span to mark."""

    start: int
    end: int
    number: int = 0  # shown beside it; 0 for none
    strong: bool = True  # the excerpt that was opened; the other excerpts of its answer are marked faintly


def blocks_html(document: Document, start: int, end: int, marks: Sequence[Mark]) -> str:
    """Return whole lines of a document as HTML; the marks are disjoint and in order."""
    article = _Article(document, syntax_of(document), marks)
    made = []
    for kind, together in groupby(blocks(document, start, end), key=lambda block: block.kind):
        inner = "".join(article.block(block) for block in together)
        made.append(f"<{_LISTS[kind]}>{inner}</{_LISTS[kind]}>" if kind in _LISTS else inner)
    return "".join(made)


def row_html(row: Row, cell_html: Callable[[Span, Span], str], *, header: bool = False, named: bool = False) -> str:
    """Return a row of a table as HTML, a `header` with names of columns or one `named` by its first cell.

    `cell_html` returns the HTML of a cell, given its span and the span of its content.
    """
    inner = ""
    for column, (cell, content) in enumerate(zip(row.cells, row.contents, strict=True)):
        tag = "th" if header or (named and not column) else "td"
        long = ' class="long"' if content[1] - content[0] > _MAX_NARROW_CELL else ""
        inner += f"<{tag}{long}>{cell_html(cell, content)}</{tag}>"
    return f'<tr class="{"rule" if row.is_rule else "row"}">{inner}</tr>'


def styled_html(text: str, start: int, end: int, looks: Sequence[Style]) -> str:
    """Return text as HTML with styled spans; its text nodes, joined, are the text."""
    changes = Counter[tuple[int, str]]()
    for style in looks:
        first, last = max(start, style.start), min(end, style.end)
        if first < last:
            changes[first, style.look] += 1
            changes[last, style.look] -= 1
    offsets = sorted({start, end, *(offset for offset, _ in changes)})
    open_ = Counter[str]()
    parts = []
    for first, last in pairwise(offsets):
        for look in ("hidden", "code", "strong", "em"):
            open_[look] += changes[first, look]
        part = escape(text[first:last])
        if open_["hidden"]:
            parts.append(f'<span class="hidden" aria-hidden="true">{part}</span>')
            continue
        for look in ("code", "strong", "em"):
            part = f"<{look}>{part}</{look}>" if open_[look] else part
        parts.append(part)
    return "".join(parts)


def disjoint(marks: Sequence[Mark]) -> list[Mark]:
    """Return the marks in order, without those that overlap the strong one or an earlier one."""
    kept: list[Mark] = []
    for mark in sorted(marks, key=lambda mark: (not mark.strong, mark.start)):
        if all(mark.end <= other.start or other.end <= mark.start for other in kept):
            kept.append(mark)
    return sorted(kept, key=lambda mark: mark.start)


@dataclass(frozen=True, slots=True)
class _Article:
    document: Document
    syntax: Syntax
    marks: Sequence[Mark]

    def block(self, block: Block) -> str:
        """Return a block, after the number of a page that starts with it."""
        text, kind, start, end = self.document.text, block.kind, block.start, block.end
        page = self._page(start) if start in self.document.page_starts else ""
        if kind == "table":
            return f'{page}<div class="table" tabindex="0"><table>{self._rows(start, end)}</table></div>'
        looks = [Style("hidden", *span) for span in block.hidden]
        if kind == "preformatted":
            # The last line feed would show as an empty line.
            looks.append(Style("hidden", start + len(text[start:end].rstrip()), end))
            return f'<pre class="{kind}" tabindex="0">{page}{self._text(start, end, looks)}</pre>'
        inner = page + self._paged(start, end, looks + styles(text, start, end, self.syntax))
        match kind:
            case "heading":
                return f'<h{block.level} class="heading">{inner}</h{block.level}>'
            case "bullet" | "numbered":
                return f'<li class="{kind}" data-level="{min(block.level, _MAX_LEVEL)}">{inner}</li>'
            case "quote":
                return f'<blockquote class="quote">{inner}</blockquote>'
        return f'<p class="{kind}">{inner}</p>'

    def _page(self, start: int) -> str:
        number = self.document.page_at(start)
        return f'<span class="page-start" data-page="Page {number}" data-start="{start}"></span>'

    def _paged(self, start: int, end: int, looks: Sequence[Style]) -> str:
        """Return text in which pages may start."""
        pages = self.document.page_starts
        inside = pages[bisect_right(pages, start) : bisect_left(pages, end)]
        rest = (self._page(first) + self._text(first, last, looks) for first, last in pairwise((*inside, end)))
        return self._text(start, (*inside, end)[0], looks) + "".join(rest)

    def _rows(self, start: int, end: int) -> str:
        text, table = self.document.text, self.document.tables.at(start)
        body, layout, named = (table.body, table.layout, table.named_rows) if table else (start, None, False)
        return "".join(
            row_html(row, self._cell, header=row.end <= body, named=named)
            for row in rows(text, start, end, layout=layout)
        )

    def _cell(self, cell: Span, content: Span) -> str:
        (start, end), (first, last) = cell, content
        looks = [Style("hidden", start, first), Style("hidden", last, end)]
        return self._text(start, end, looks + styles(self.document.text, first, last, self.syntax))

    def _text(self, start: int, end: int, looks: Sequence[Style]) -> str:
        return "".join(_marked(self.document.text, start, end, looks, self.marks))


def _marked(text: str, start: int, end: int, looks: Sequence[Style], marks: Sequence[Mark]) -> Iterator[str]:
    """Yield the HTML of text, with one element around each span that is marked."""
    done = start
    for mark in marks:
        first, last = max(start, mark.start), min(end, mark.end)
        if first >= last:
            continue
        yield styled_html(text, done, first, looks)
        number = f' data-number="{mark.number}"' if mark.number and first == mark.start else ""
        tag, name = ("mark", ' tabindex="-1"') if mark.strong else ("span", ' class="neighbour"')
        yield f"<{tag}{name}{number}>{styled_html(text, first, last, looks)}</{tag}>"
        done = last
    yield styled_html(text, done, end, looks)
