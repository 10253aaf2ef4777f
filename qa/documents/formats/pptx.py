"""Presentation -> article, by python-pptx."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Any

from qa.documents.formats.archive import check_archive
from qa.documents.formats.parsed import LONGEST_TITLE, Article, load_error, parsing
from qa.text.lines import one_line

# What python-pptx puts in when a file carries no properties at all.
_DEFAULT_TITLE = "PowerPoint Presentation"
# python-pptx's types leave out much of what its objects have.
_Node = Any


def read_pptx(data: bytes, source: str) -> Article:
    """Return the text of a presentation, a slide a page: titles, text, tables, charts' figures and speaker's notes.

    Raises
    ------
    LoadError
        If the file is encrypted or damaged, has no text on any slide, or unpacks to more than `check_archive` allows.
    """
    from pptx import Presentation

    check_archive(data, source, "a presentation", old_suffix=".ppt")
    with parsing(source, "is damaged or not a presentation", "save it again as .pptx"):
        presentation = Presentation(io.BytesIO(data))
        title = one_line(presentation.core_properties.title or "")
        slides = ["\n\n".join(filter(None, _slide_blocks(slide))) for slide in presentation.slides]
    if not any(slides):
        raise load_error(source, "has no text on any slide", "export it as PDF and run OCR first")
    if title in {"", _DEFAULT_TITLE}:
        title = next(slide for slide in slides if slide).split("\n", 1)[0].lstrip("# ")
    lengths = [len(slide) + len("\n\n") for slide in slides]
    starts = tuple(accumulate(lengths[:-1], initial=0))
    return Article("\n\n".join(slides), title if len(title) <= LONGEST_TITLE else None, starts)


def _slide_blocks(slide: _Node) -> Iterator[str]:
    """Yield the title, paragraphs, tables and charts of a slide from top to bottom, then its notes."""
    title = slide.shapes.title
    for shape in _in_order(slide.shapes):
        if shape == title:
            heading = one_line(shape.text_frame.text)
            yield heading and f"# {heading}"
        elif shape.has_text_frame:
            yield from _paragraphs(shape.text_frame)
        elif shape.has_table:
            rows = ([one_line(cell.text) for cell in row.cells] for row in shape.table.rows)
            yield "\n".join(" | ".join(cells) for cells in rows if any(cells))
        elif shape.has_chart:
            yield from _chart_blocks(shape.chart.element)
    if slide.has_notes_slide and (frame := slide.notes_slide.notes_text_frame) is not None:
        notes = list(_paragraphs(frame))
        if any(notes):
            yield "### Notes:"
            yield from notes


def _in_order(shapes: Iterable[_Node]) -> Iterator[_Node]:
    """Yield shapes from top to bottom and left to right, those of a group in its place."""
    from pptx.shapes.group import GroupShape

    for shape in sorted(shapes, key=lambda shape: (shape.top or 0, shape.left or 0)):
        if isinstance(shape, GroupShape):
            yield from _in_order(shape.shapes)
        else:
            yield shape


def _paragraphs(frame: _Node) -> Iterator[str]:
    """Yield the paragraphs of a text frame; a line break within one is a space."""
    return (one_line(paragraph.text) for paragraph in frame.paragraphs)


def _chart_blocks(chart: _Node) -> Iterator[str]:
    """Yield the title of a chart, and its figures as a table with a column for each series.

    Figures are taken as they are in the file, whatever the type of chart; there may be fewer than a chart says.
    """
    heading = one_line("".join(chart.xpath("c:chart/c:title//a:t/text()")))
    yield f"### Chart: {heading}" if heading else "### Chart"
    series = chart.xpath("c:chart/c:plotArea/*/c:ser")
    labels: dict[int, str] = {}
    for each in series:
        labels = _points(each, "c:cat | c:xVal") | labels
    columns = [_points(each, "c:val | c:yVal") for each in series]
    names = [one_line("".join(each.xpath("c:tx//c:v/text()"))) for each in series]
    rows = [["Category", *names]]
    for index in sorted(labels.keys() | {index for column in columns for index in column}):
        rows.append([labels.get(index, ""), *(column.get(index, "") for column in columns)])
    yield "\n".join(" | ".join(row) for row in rows) if len(rows) > 1 else ""


def _points(series: _Node, path: str) -> dict[int, str]:
    """Return the values of a series by their index; of labels in several levels the innermost."""
    points: dict[int, str] = {}
    for holder in series.xpath(path):
        for point in holder.iter("{*}pt"):
            points.setdefault(int(point.get("idx")), one_line("".join(point.itertext())))
    return points
