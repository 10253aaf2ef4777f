"""PowerPoint reader, on lxml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cache, partial

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, join_pages, left_out, load_error
from qa.documents.formats.blocks import TextBlock, blocks_text, merged_text, table_block
from qa.documents.formats.office.drawings import chart_blocks, diagram_blocks
from qa.documents.formats.office.xml import DGM, A, C, P, Package, R, is_large
from qa.documents.formats.pptx.layout import Layout, is_title, placeholder_of
from qa.documents.formats.pptx.text import paragraph_text, shape_blocks
from qa.documents.formats.safe_xml import Node
from qa.documents.formats.zip_formats import open_zip_format
from qa.text.lines import one_line

# Placeholder titles that programs insert.
_PLACEHOLDER_TITLE = re.compile(r"|.*powerpoint.*|slide 1|folie 1|.*\.(?:pp[st]x?|potx?|odp)", re.IGNORECASE)
_HEADERS_AND_FOOTERS = {"sldNum", "dt", "ftr", "hdr"}


def read_pptx(data: bytes, source: str) -> Article:
    """Return titles, text, tables, charts and speaker notes of a presentation, a page per slide.

    Lists keep their bullets and numbers, SmartArt becomes a list, and equations become text. Dates, footers, slide
    numbers, pictures and comments are left out.
    """
    with open_zip_format(data, source, "a presentation", "save it again as .pptx", old_suffix=".ppt") as archive:
        package = Package(archive)
        deck = _Deck(package)
        title = package.title()
        slides = [blocks_text(deck.blocks(number, part)) for number, part in enumerate(deck.slides(), start=1)]
    if not any(slides):
        raise load_error(source, "has no text on any slide", "export it as PDF and run OCR first")
    if _PLACEHOLDER_TITLE.fullmatch(title):
        title = next(slide for slide in slides if slide).split("\n", 1)[0].lstrip("#- ")
    text, starts = join_pages(slides)
    return Article(text, title if len(title) <= MAX_TITLE_CHARS else None, starts, tuple(deck.notes()))


class _Deck:
    """The slides of a presentation, with counts of omitted items."""

    def __init__(self, package: Package) -> None:
        self._package = package
        self._layout = cache(partial(Layout, package))
        self._left_out: Counter[str] = Counter()
        self._hidden: list[int] = []

    def slides(self) -> Iterator[str]:
        """Yield the part names of the slides in order; raise a `ValueError` if the main part is not a presentation."""
        tree = self._package.tree(self._package.main)
        if tree is None or tree.tag != f"{P}presentation":
            raise ValueError("the main part is not a presentation")
        related = self._package.related(self._package.main)
        for entry in tree.iterfind(f"{P}sldIdLst/{P}sldId"):
            slide = related.get(entry.get(f"{R}id", ""))
            if slide is not None:
                yield slide.target

    def blocks(self, number: int, part: str) -> Iterator[TextBlock]:
        """Yield the blocks of a slide, followed by those of its notes."""
        slide = self._package.tree(part)
        if slide is None:
            return
        related = self._package.related(part)
        kinds = {each.kind: each.target for each in related.values()}
        targets = {key: each.target for key, each in related.items()}
        if slide.get("show") in {"0", "false"}:
            self._hidden.append(number)
        layout = self._layout(kinds.get("slideLayout", ""))
        for shape in layout.in_order(slide):
            yield from self._shape_blocks(shape, layout, targets)
        if "comments" in kinds and (comments := self._package.tree(kinds["comments"])) is not None:
            self._left_out["comment"] += len(comments)
        yield from self._notes_blocks(kinds.get("notesSlide", ""))

    def notes(self) -> Iterator[str]:
        """Yield a note for each kind of item omitted from the slides read so far."""
        for what, count in sorted(self._left_out.items()):
            yield left_out(count, what)
        if self._hidden:
            numbers = ", ".join(map(str, self._hidden))
            yield f"slide{'s' * (len(self._hidden) > 1)} {numbers}: hidden when presented"

    def _shape_blocks(self, shape: Node, layout: Layout, targets: dict[str, str]) -> Iterator[TextBlock]:
        placeholder = placeholder_of(shape)
        body = shape.find(f"{P}txBody")
        if placeholder is not None and placeholder.kind in _HEADERS_AND_FOOTERS:
            return
        if shape.tag == f"{P}pic":
            extent = shape.find(f"{P}spPr/{A}xfrm/{A}ext")
            self._left_out.update(["image"] * (extent is None or is_large(extent.attrib)))
        elif body is not None and is_title(shape):
            words = one_line(" ".join(map(paragraph_text, body.iterfind(f"{A}p"))))
            if words:
                yield TextBlock(words, "heading", "# ")
        elif body is not None:
            yield from shape_blocks(body, layout.list_styles(placeholder))
        elif shape.tag == f"{P}graphicFrame":
            yield from self._frame_blocks(shape, targets)

    def _frame_blocks(self, frame: Node, targets: dict[str, str]) -> Iterator[TextBlock]:
        """Yield the blocks of a frame: a table, a chart or SmartArt."""
        for holder in frame.iterfind(f"{A}graphic/{A}graphicData/*"):
            if holder.tag == f"{A}tbl":
                yield from table_block(_rows(holder))
            elif holder.tag == f"{C}chart":
                chart = self._package.tree(targets.get(holder.get(f"{R}id", ""), ""))
                yield from () if chart is None else chart_blocks(chart)
            elif holder.tag == f"{DGM}relIds":
                data = self._package.tree(targets.get(holder.get(f"{R}dm", ""), ""))
                yield from () if data is None else diagram_blocks(data)
            elif next(holder.iter(f"{P}oleObj"), None) is not None:
                self._left_out["embedded file"] += 1

    def _notes_blocks(self, part: str) -> Iterator[TextBlock]:
        tree = self._package.tree(part) if part else None
        for shape in () if tree is None else tree.iterfind(f"{P}cSld/{P}spTree/{P}sp"):
            placeholder, body = placeholder_of(shape), shape.find(f"{P}txBody")
            if placeholder is None or placeholder.kind != "body" or body is None:
                continue
            notes = list(shape_blocks(body, []))
            if notes:
                yield TextBlock("Notes:", "heading", "### ")
                yield from notes


def _rows(table: Node) -> Iterator[list[str]]:
    """Yield the text of each cell by rows; the first of several merged cells is repeated below it."""
    above: list[str] = []
    for row in table.iterfind(f"{A}tr"):
        texts: list[str] = []
        for cell in row.iterfind(f"{A}tc"):
            text = one_line(" ".join(map(paragraph_text, cell.iterfind(f"{A}txBody/{A}p"))))
            continued = cell.get("vMerge") in {"1", "true"} and len(texts) < len(above)
            texts.append(merged_text(text, above[len(texts)]) if continued else text)
        yield texts
        above = texts
