"""Charts and SmartArt of Office documents -> blocks."""

from __future__ import annotations

import re
from itertools import islice

from qa.documents.formats.blocks import TextBlock, table_block
from qa.documents.formats.office.xml import DGM, A, C
from qa.documents.formats.zip_formats import Node
from qa.text.lines import one_line

# Numbers with more digits than Office displays: 20.399999999999999 is 20.4.
_INEXACT = re.compile(r"-?\d{1,15}\.\d{10,20}")
_MAX_SERIES = 255  # Excel's own limit


def chart_blocks(chart: Node) -> list[TextBlock]:
    """Return the title of a chart, and its figures as a table with a column per series.

    Figures are taken from the file, whatever the type of chart; a chart may be saved with only some of them.
    """
    holder = chart.find(f"{C}chart/{C}title")
    heading = "" if holder is None else one_line("".join(each.text or "" for each in holder.iter(f"{A}t")))
    series = list(islice(chart.iterfind(f"{C}chart/{C}plotArea/*/{C}ser"), _MAX_SERIES))
    labels: dict[int, str] = {}
    for each in series:
        labels = _points(each, "cat", "xVal") | labels
    columns = [_points(each, "val", "yVal") for each in series]
    names = [one_line("".join(value.text or "" for value in each.iterfind(f"{C}tx//{C}v"))) for each in series]
    rows = [["Category", *names]]
    for index in sorted(labels.keys() | {index for column in columns for index in column}):
        rows.append([labels.get(index, ""), *(column.get(index, "") for column in columns)])
    blocks = [TextBlock(f"Chart: {heading}" if heading else "Chart", "heading", "### ")]
    return blocks + table_block(rows) if len(rows) > 1 else blocks


def _points(series: Node, *names: str) -> dict[int, str]:
    """Return the values of a series by index; for multi-level labels, those of the innermost level."""
    points: dict[int, str] = {}
    for name in names:
        for holder in series.iterfind(f"{C}{name}"):
            for point in holder.iter(f"{C}pt"):
                value = one_line("".join(point.itertext()))
                if _INEXACT.fullmatch(value):
                    value = f"{float(value):.15g}"
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
            texts[key] = one_line(
                " ".join("".join(each.text or "" for each in line.iter(f"{A}t")) for line in point.iter(f"{A}p"))
            )
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
