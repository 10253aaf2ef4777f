"""Word document -> article, by python-docx."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator
from typing import Any

from qa.documents.formats.archive import check_archive
from qa.documents.formats.parsed import Article, parsing
from qa.text.lines import one_line

# What python-docx puts in when a file carries no properties at all.
_DOCX_DEFAULT_TITLE = "Word Document"
# lxml and python-docx ship no complete types.
_Node = Any


def read_docx(data: bytes, source: str) -> Article:
    """Return the paragraphs and tables of a Word document in order, with inserted (tracked) text included.

    Headings become lines with number signs, list items lines with a dash, table rows lines of cells separated by
    bars. Headers, footers, footnotes, comments and text boxes are left out.

    Raises
    ------
    LoadError
        If the file is encrypted, damaged, not a Word document, or unpacks to more than `check_archive` allows.
    """
    import docx

    check_archive(data, source, "a Word document", old_suffix=".doc")
    with parsing(source, "is damaged or not a Word document", "save it again as .docx"):
        document = docx.Document(io.BytesIO(data))
        _unwrap(document.element.body)
        blocks = list(_docx_blocks(document))
        title = one_line(document.core_properties.title or "")
    if title in {"", _DOCX_DEFAULT_TITLE}:
        title = next((block.lstrip("# ") for block, kind in blocks if kind == "heading"), "")
    text = ""
    previous = ""
    for block, kind in blocks:
        separator = "\n" if kind == previous == "item" else "\n\n"
        text += separator + block if text else block
        previous = kind
    return Article(text, title or None)


def _unwrap(body: _Node) -> None:
    """Take content out of content controls, tracked insertions and smart tags, which python-docx passes over."""
    from docx.oxml.ns import qn

    names = ("w:sdt", "w:ins", "w:moveTo", "w:smartTag", "w:customXml")
    for wrapper in list(body.iter(*map(qn, names))):
        content = wrapper.find(qn("w:sdtContent")) if wrapper.tag == qn("w:sdt") else wrapper
        for child in list(() if content is None else content):
            wrapper.addprevious(child)
        wrapper.getparent().remove(wrapper)


def _docx_blocks(document: _Node) -> Iterator[tuple[str, str]]:
    """Yield each block's text and kind: "heading", "item", "table" or "paragraph"."""
    from docx.table import Table

    for block in document.iter_inner_content():
        if isinstance(block, Table):
            rows = [row for row in map(_docx_row, block.rows) if row]
            if rows:
                yield "\n".join(rows), "table"
            continue
        text = block.text.strip()
        style = block.style.name if block.style is not None and block.style.name else ""
        heading = re.fullmatch(r"Title|Heading ([1-9])", style)
        if not text:
            continue
        if heading:
            yield f"{'#' * min(int(heading[1] or 1), 6)} {one_line(text)}", "heading"
        elif style.startswith(("List Bullet", "List Number")) or _is_numbered(block):
            yield f"- {one_line(text)}", "item"
        else:
            yield text, "paragraph"


def _docx_row(row: _Node) -> str:
    cells: list[str] = []
    previous = None
    for cell in row.cells:
        # A cell merged over several columns is listed once per column.
        if cell is not previous:
            cells.append(one_line(_cell_text(cell)))
        previous = cell
    return " | ".join(cells) if any(cells) else ""


def _cell_text(cell: _Node) -> str:
    from docx.table import Table

    parts = (
        " ".join(map(_docx_row, block.rows)) if isinstance(block, Table) else block.text
        for block in cell.iter_inner_content()
    )
    return " ".join(parts)


def _is_numbered(paragraph: _Node) -> bool:
    properties = paragraph._p.pPr
    numbering = None if properties is None else properties.numPr
    # Number format 0 takes a paragraph out of the list that its style puts it in.
    return numbering is not None and (numbering.numId is None or numbering.numId.val != 0)
