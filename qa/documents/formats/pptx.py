"""PowerPoint reader, on lxml."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import cache, partial
from itertools import pairwise
from typing import NamedTuple

from qa.documents.formats.article import MAX_TITLE_CHARS, Article, join_pages, left_out, load_error
from qa.documents.formats.blocks import TextBlock, blocks_text, list_number, merged_text, table_block
from qa.documents.formats.office.drawings import chart_blocks, diagram_blocks, paragraph_lines, paragraph_text
from qa.documents.formats.office.xml import CX, DGM, MC, A, C, P, Package, R, is_large, part_of_kind
from qa.documents.formats.zip_formats import Node, open_zip_format
from qa.text.lines import one_line

# Placeholder titles that programs insert.
_PLACEHOLDER_TITLE = re.compile(r"|.*powerpoint.*|slide 1|folie 1|.*\.(?:pp[st]x?|potx?|odp)", re.IGNORECASE)
_FOOTERS = {"dt", "ftr", "hdr"}
_OFFSETS = (f"{P}spPr/{A}xfrm/{A}off", f"{P}xfrm/{A}off", f"{P}grpSpPr/{A}xfrm/{A}off")
_MAX_OFFSET = 100_000  # EMU, a tenth of an inch, between edges that count as aligned
_TITLES = {"title", "ctrTitle"}
_CONTENT = {"", "body", "obj", "tbl", "chart", "dgm", "media", "clipArt", "pic", "subTitle"}
_MAX_LEVEL = 8  # of a list in PowerPoint, from 0
_FORMS = {
    **{"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter"},
    **{"romanLc": "lowerRoman", "romanUc": "upperRoman"},
}
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}."}
_BULLETS = {f"{A}buChar", f"{A}buBlip"}


def read_pptx(data: bytes, source: str) -> Article:
    """Return titles, text, tables, charts and speaker notes of a presentation, a page per slide.

    Lists keep their bullets and numbers, SmartArt becomes a list, and equations become text. A footer is read on the
    first slide that shows it. Slide numbers, dates that PowerPoint updates, pictures and comments are left out.
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
        self._layout = cache(partial(_Layout, package))
        self._left_out: Counter[str] = Counter()
        self._hidden: list[int] = []
        self._footers: dict[str, int] = {}  # and the slide that shows it first

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
            yield from self._shape_blocks(shape, layout, targets, number)
        yield from (TextBlock(text) for text, first in self._footers.items() if first == number)
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

    def _shape_blocks(self, shape: Node, layout: _Layout, targets: dict[str, str], number: int) -> Iterator[TextBlock]:
        placeholder = _placeholder_of(shape)
        body = shape.find(f"{P}txBody")
        if placeholder is not None and placeholder.kind == "sldNum":
            return
        if placeholder is not None and placeholder.kind in _FOOTERS:
            is_today = any(each.get("type", "").startswith("datetime") for each in shape.iter(f"{A}fld"))
            text = one_line(" ".join(map(paragraph_text, shape.iterfind(f"{P}txBody/{A}p"))))
            if text and not is_today:
                self._footers.setdefault(text, number)
        elif shape.tag == f"{P}pic":
            extent = shape.find(f"{P}spPr/{A}xfrm/{A}ext")
            self._left_out.update(["image"] * (extent is None or is_large(extent.attrib)))
        elif body is not None and _is_title(shape):
            words = one_line(" ".join(map(paragraph_text, body.iterfind(f"{A}p"))))
            if words:
                yield TextBlock(words, "heading", "# ")
        elif body is not None:
            yield from _shape_texts(body, layout.list_styles(placeholder))
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
            elif holder.tag == f"{CX}chart":
                self._left_out["chart"] += 1
            elif next(holder.iter(f"{P}oleObj"), None) is not None:
                self._left_out["embedded file"] += 1

    def _notes_blocks(self, part: str) -> Iterator[TextBlock]:
        tree = self._package.tree(part) if part else None
        for shape in () if tree is None else tree.iterfind(f"{P}cSld/{P}spTree/{P}sp"):
            placeholder, body = _placeholder_of(shape), shape.find(f"{P}txBody")
            if placeholder is None or placeholder.kind != "body" or body is None:
                continue
            notes = list(_shape_texts(body, []))
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


class _Placeholder(NamedTuple):
    """A placeholder: its kind, such as "title" or "body", and its number on the layout."""

    kind: str
    number: str


class _Layout:
    """The placeholders of a slide layout and its master; `part` is empty if the slide has no layout."""

    def __init__(self, package: Package, part: str) -> None:
        master = package.tree(part_of_kind(package.related(part), "slideMaster") if part else "")
        self._holders = [_placeholders(tree) for tree in (package.tree(part), master) if tree is not None]
        self._styles = None if master is None else master.find(f"{P}txStyles")

    def inherited_shapes(self, placeholder: _Placeholder) -> Iterator[Node]:
        """Yield the shapes that a placeholder inherits from, the nearest first."""
        for holders in self._holders:
            numbered = holders.get(("", placeholder.number)) if placeholder.number else None
            shape = holders.get((placeholder.kind, "")) if numbered is None else numbered
            if shape is not None:
                yield shape

    def list_styles(self, placeholder: _Placeholder | None) -> list[Node]:
        """Return the list styles that a shape inherits, the nearest first."""
        if placeholder is None:
            return []
        found = [shape.find(f"{P}txBody/{A}lstStyle") for shape in self.inherited_shapes(placeholder)]
        if self._styles is not None and placeholder.kind in _CONTENT:
            found.append(self._styles.find(f"{P}bodyStyle"))
        return [style for style in found if style is not None]

    def in_order(self, slide: Node) -> Iterator[Node]:
        """Yield the shapes of a slide in reading order, the title first; groups are expanded in place."""
        waiting = [slide.find(f"{P}cSld/{P}spTree")]
        while waiting:
            node = waiting.pop()
            if node is None:
                continue
            if node.tag == f"{MC}AlternateContent":
                waiting.append(node.find(f"{MC}Choice"))
            elif node.tag in {f"{P}spTree", f"{P}grpSp", f"{MC}Choice"}:
                waiting += reversed(self._sorted(list(node.iterchildren("*"))))
            else:
                yield node

    def _sorted(self, shapes: list[Node]) -> list[Node]:
        titles = [shape for shape in shapes if _is_title(shape)]
        rest = [(self._offset(shape), shape) for shape in shapes if not _is_title(shape)]
        if not _is_read_in_order([offset for offset, _ in rest]):
            rest.sort(key=lambda item: (item[0][0] // _MAX_OFFSET, item[0][1]))
        return [*titles, *(shape for _, shape in rest)]

    def _offset(self, shape: Node) -> tuple[int, int]:
        """Return the top and left edges of a shape."""
        if shape.tag == f"{MC}AlternateContent":
            shape = next(iter(shape.iterfind(f"{MC}Choice/*")), shape)
        placeholder = _placeholder_of(shape)
        for each in (shape, *(self.inherited_shapes(placeholder) if placeholder else ())):
            for path in _OFFSETS:
                if (offset := each.find(path)) is not None:
                    return int(offset.get("y", "0")), int(offset.get("x", "0"))
        return 0, 0


def _placeholder_of(shape: Node) -> _Placeholder | None:
    """Return the placeholder that a shape fills, or None."""
    found = shape.find(f"*/{P}nvPr/{P}ph")
    return None if found is None else _Placeholder(found.get("type", ""), found.get("idx", ""))


def _is_title(shape: Node) -> bool:
    """Return whether a shape is the title of its slide."""
    placeholder = _placeholder_of(shape)
    return placeholder is not None and placeholder.kind in _TITLES


def _is_read_in_order(offsets: Sequence[tuple[int, int]]) -> bool:
    """Return whether each shape is below or to the right of the one before.

    If so, the order of the file, which screen readers follow, reflects columns and rows better than any rule.
    """
    return all(
        after[0] > before[0] - _MAX_OFFSET or after[1] >= before[1] + _MAX_OFFSET for before, after in pairwise(offsets)
    )


def _placeholders(tree: Node) -> dict[tuple[str, str], Node]:
    """Return the placeholders of a layout or master by number and by kind."""
    found: dict[tuple[str, str], Node] = {}
    for shape in tree.iter(f"{P}sp"):
        placeholder = _placeholder_of(shape)
        if placeholder is not None:
            found.setdefault(("", placeholder.number), shape)
            found.setdefault((placeholder.kind, ""), shape)
    return found


def _shape_texts(body: Node, list_styles: Sequence[Node]) -> Iterator[TextBlock]:
    """Yield the paragraphs of a text body, with their line breaks.

    Of the inherited list styles, the nearest is first.
    """
    own = body.find(f"{A}lstStyle")
    styles = [*(() if own is None else (own,)), *list_styles]
    counts = [0] * (_MAX_LEVEL + 1)
    for paragraph in body.iterfind(f"{A}p"):
        text = "\n".join(paragraph_lines(paragraph))
        if not text:
            continue
        properties = paragraph.find(f"{A}pPr")
        level = "0" if properties is None else properties.get("lvl", "0")
        depth = min(int(level), _MAX_LEVEL) if level.isdecimal() else 0
        mark = _mark(properties, styles, depth)
        counts[depth + 1 :] = [0] * (_MAX_LEVEL - depth)
        if mark is None or mark.tag == f"{A}buNone":
            counts[depth] = 0
            yield TextBlock(text)
        elif mark.tag in _BULLETS:
            yield TextBlock(text, "item", "- ", depth)
        else:
            start = mark.get("startAt", "1")
            counts[depth] = counts[depth] + 1 if counts[depth] else int(start) if start.isdecimal() else 1
            yield TextBlock(text, "item", f"{_number(mark.get('type', ''), counts[depth])} ", depth)


def _mark(properties: Node, styles: Sequence[Node], depth: int) -> Node:
    """Return the element that defines a paragraph's bullet: its own, or that of the nearest list style."""
    levels = (style.find(f"{A}lvl{depth + 1}pPr") for style in styles)
    for holder in (properties, *levels):
        for child in () if holder is None else holder:
            if child.tag in _BULLETS or child.tag in {f"{A}buNone", f"{A}buAutoNum"}:
                return child
    return None


def _number(kind: str, count: int) -> str:
    form = next((form for start, form in _FORMS.items() if kind.startswith(start)), "decimal")
    around = next((around for end, around in _AROUND.items() if kind.endswith(end)), "{}.")
    return around.format(list_number(count, form))
