"""Excerpts -> HTML, with Markdown and MediaWiki styled, and rows of tables as tables.

The text nodes of the HTML, joined, are exactly the excerpt.
"""

from __future__ import annotations

from collections.abc import Iterator

from qa.documents.structure import Block, blocks, rows
from qa.documents.syntax import syntax_of
from qa.documents.tables import TableExcerpt
from qa.types import Document, Passage, Span
from qa.web.ui.article import row_html, styled_html
from qa.web.ui.inline import Style, styles

_FENCE = "\n```"


def excerpt_html(document: Document, start: int, end: int, emphasised: Span = (0, 0)) -> str:
    """Return a span of a document as HTML with `emphasised` in bold; rows of a table are a table."""
    text = document.text
    if text.count(_FENCE, 0, start) % 2:  # inside of code
        return styled_html(text, start, end, [Style("code", start, end), Style("strong", *emphasised)])
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    found = list(blocks(document, first, len(text) if last < 0 else last + 1))
    html = ""
    for block in found:
        inside = max(start, block.start), min(end, block.end)
        if block.kind == "table" and inside[0] < inside[1]:
            table = document.tables.at(inside[0])
            whole = rows(text, block.start, block.end, layout=table.layout if table else None)
            shown = [row.within(*inside) for row in whole if row.cells[0][0] < inside[1] and inside[0] < row.end]
            excerpt = TableExcerpt((), named_rows=False, rows=tuple(shown))
            html += rows_html(document, excerpt, emphasised, table.body if table else 0)
        elif inside[0] < inside[1]:
            html += styled_html(text, *inside, _looks(document, block, emphasised, alone=len(found) == 1))
    return html


def rows_html(document: Document, excerpt: TableExcerpt, emphasised: Span = (0, 0), body: int = 0) -> str:
    """Return rows of a table below the names of their columns; without the names, its text is exactly the excerpt.

    Rows above `body` are the header; the `emphasised` span is bold.
    """
    text, syntax = document.text, syntax_of(document)

    def cell_html(cell: Span, content: Span) -> str:
        (start, end), (first, last) = cell, content
        looks = [Style("hidden", start, first), Style("hidden", last, end), Style("strong", *emphasised)]
        return styled_html(text, start, end, looks + styles(text, first, last, syntax))

    names = "".join(f"<th>{words_html(name, document)}</th>" for name in excerpt.columns)
    head = f"<thead><tr>{names}</tr></thead>" if names else ""
    shown = "".join(row_html(row, cell_html, header=row.end <= body, named=excerpt.named_rows) for row in excerpt.rows)
    return f'<div class="table" tabindex="0"><table>{head}<tbody>{shown}</tbody></table></div>'


def words_html(text: str, document: Document) -> str:
    """Return words from a document as HTML, with its syntax styled."""
    return styled_html(text, 0, len(text), styles(text, 0, len(text), syntax_of(document)))


def opening_html(document: Document, passage: Passage, most: int) -> str:
    """Return at most `most` characters from the start of a passage, without its headings."""
    text, syntax = passage.text, syntax_of(document)
    found = blocks(Document(document.id, text, "", ""))
    html = ""
    for block in found:
        for start, end, separator in _spans(text, block):
            if most <= 0:
                return f"{html} \u2026"
            cut = end if end - start <= most else max(text.rfind(" ", start, start + most), start + 1)
            looks = [Style("hidden", *span) for span in block.hidden] + styles(text, start, end, syntax)
            html += f"{separator}{styled_html(text, start, cut, looks)}"
            most -= end - start
    return f"{html} \u2026" if most < 0 else html


def _looks(document: Document, block: Block, emphasised: Span, *, alone: bool) -> list[Style]:
    # The marks of list items are hidden only if there is one item.
    hides_marks = alone or block.kind not in {"bullet", "numbered"}
    hidden = [Style("hidden", *span) for span in block.hidden] if hides_marks else []
    if block.kind == "preformatted":
        return [*hidden, Style("code", block.start, block.end), Style("strong", *emphasised)]
    return [*hidden, Style("strong", *emphasised), *styles(document.text, block.start, block.end, syntax_of(document))]


def _spans(text: str, block: Block) -> Iterator[tuple[int, int, str]]:
    """Yield the spans of a block to show, or of the cells of a table, each with the separator before it."""
    if block.kind == "heading":
        return
    if block.kind != "table":
        yield block.start, block.end, " "
        return
    for row in rows(text, block.start, block.end):
        for column, (start, end) in enumerate(() if row.is_rule else row.contents):
            if start < end:
                yield start, end, " \u00b7 " if column else " "
