"""Text, charts and SmartArt in the drawings of Office documents."""

from __future__ import annotations

from contextlib import suppress
from functools import partial
from itertools import islice

from qa.documents.formats.blocks import TextBlock, superscript, table_block
from qa.documents.formats.office.math import equation_text
from qa.documents.formats.office.symbols import with_symbols
from qa.documents.formats.office.xml import DGM, MC, A, C, M, characters
from qa.documents.formats.sheets.number_formats import format_number, general
from qa.documents.formats.zip_formats import Node
from qa.text.lines import one_line

_MAX_SERIES = 255  # Excel's own limit
_NUMBERS = {f"{C}numCache", f"{C}numLit"}
_TRUE = {"1", "true"}


def chart_blocks(chart: Node) -> list[TextBlock]:
    """Return the titles of a chart and of its axes, and its figures as a table with a column per series.

    Figures are taken from the file, whatever the type of chart; a chart may be saved with only some of them. Series
    with other categories than the one before, as in scatter plots, are in a table of their own.
    """
    year = chart.find(f"{C}date1904")
    shown = partial(_points, from_1904=year is not None and year.get("val", "1") in _TRUE)
    heading = _title(chart.find(f"{C}chart/{C}title"))
    blocks = [TextBlock(f"Chart: {heading}" if heading else "Chart", "heading", "### ")]
    axes = filter(None, map(_title, chart.iterfind(f"{C}chart/{C}plotArea/*/{C}title")))
    if named := ", ".join(dict.fromkeys(axes)):
        blocks.append(TextBlock(f"Axes: {named}"))
    tables: list[tuple[dict[int, str], list[Node]]] = []
    for each in islice(chart.iterfind(f"{C}chart/{C}plotArea/*/{C}ser"), _MAX_SERIES):
        labels = shown(each, "cat", "xVal")
        if not tables or any(tables[-1][0].get(index, label) != label for index, label in labels.items()):
            tables.append(({}, []))
        tables[-1][0].update(labels)
        tables[-1][1].append(each)
    for labels, series in tables:
        columns = [shown(each, "val", "yVal") for each in series]
        names = [one_line("".join(value.text or "" for value in each.iterfind(f"{C}tx//{C}v"))) for each in series]
        rows = [["Category", *names]]
        for index in sorted(labels.keys() | {index for column in columns for index in column}):
            rows.append([labels.get(index, ""), *(column.get(index, "") for column in columns)])
        blocks += table_block(rows) if len(rows) > 1 else []
    return blocks


def _title(holder: Node) -> str:
    """Return a title, which may be saved as the value of a cell."""
    if holder is None:
        return ""
    return one_line(
        " ".join([*map(paragraph_text, holder.iter(f"{A}p")), *(each.text or "" for each in holder.iter(f"{C}v"))])
    )


def _points(series: Node, *names: str, from_1904: bool) -> dict[int, str]:
    """Return the values of a series as displayed, by index; for multi-level labels, those of the innermost level."""
    points: dict[int, str] = {}
    for name in names:
        for point in series.iterfind(f"{C}{name}//{C}pt"):
            value = one_line("".join(point.itertext()))
            holder = point.getparent()
            if holder.tag in _NUMBERS:
                code = point.get("formatCode") or holder.findtext(f"{C}formatCode") or "General"
                with suppress(ValueError):
                    number = float(value)
                    value = general(number) if code == "General" else format_number(number, code, from_1904=from_1904)
            points.setdefault(int(point.get("idx")), value)
    return points


def diagram_blocks(data: Node) -> list[TextBlock]:
    """Return the text of SmartArt as a list, nested like its shapes."""
    texts: dict[str, str] = {}
    roots: list[str] = []
    for point in data.iter(f"{DGM}pt"):
        kind, key = point.get("type", "node"), point.get("modelId", "")
        if kind == "doc":
            roots.append(key)
        elif kind in {"node", "asst"}:
            texts[key] = " ".join(filter(None, map(paragraph_text, point.iter(f"{A}p"))))
    children: dict[str, list[tuple[int, str]]] = {}
    for connection in data.iter(f"{DGM}cxn"):
        if connection.get("type", "parOf") == "parOf":
            order = connection.get("srcOrd", "0")
            child = (int(order) if order.isdecimal() else 0, connection.get("destId", ""))
            children.setdefault(connection.get("srcId", ""), []).append(child)
    blocks = []
    waiting = [(key, -1) for key in reversed(roots)]
    while waiting:
        key, depth = waiting.pop()
        # Each once: connections may be circular.
        text = texts.pop(key, "")
        if text:
            blocks.append(TextBlock(text, "item", "- ", depth))
        waiting += [(child, depth + 1) for _, child in sorted(children.pop(key, ()), reverse=True)]
    return blocks + [TextBlock(text, "item", "- ") for text in texts.values() if text]


def paragraph_text(paragraph: Node) -> str:
    """Return the text of a paragraph on one line, without slide numbers."""
    return " ".join(paragraph_lines(paragraph))


def paragraph_lines(paragraph: Node) -> list[str]:
    """Return the lines of a paragraph that line breaks separate, without slide numbers and empty lines.

    A line that starts in lower case goes on with the one before.
    """
    from lxml import etree  # type: ignore[import-untyped]

    parts: list[str] = []
    raised, fonts = False, None
    walk = etree.iterwalk(paragraph, ("start",))
    for _, node in walk:
        if node.tag == f"{A}t":
            text = with_symbols(characters(node), fonts, "typeface")
            parts.append(superscript(text, parts[-1]) if raised and parts else text)
        elif node.tag == f"{A}rPr":
            raised = node.get("baseline", "0").isdecimal() and node.get("baseline", "0") != "0"
            fonts = node.find(f"{A}sym")
        elif node.tag == f"{A}r":
            raised, fonts = False, None
        elif node.tag == f"{A}br":
            parts.append("\n")
        elif node.tag == f"{M}oMath":
            parts.append(equation_text(node))
            walk.skip_subtree()
        elif node.tag == f"{MC}Fallback" or (node.tag == f"{A}fld" and node.get("type") == "slidenum"):
            walk.skip_subtree()
    lines: list[str] = []
    for line in filter(None, map(one_line, "".join(parts).split("\n"))):
        if lines and line[0].islower():
            lines[-1] = f"{lines[-1]} {line}"
        else:
            lines.append(line)
    return lines
