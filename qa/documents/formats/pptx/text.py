"""Text of a shape on a slide, with lists as defined by the slide, its layout and its master."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from qa.documents.formats.blocks import TextBlock, superscript
from qa.documents.formats.docx.numbering import format_number
from qa.documents.formats.office.math import equation_text
from qa.documents.formats.office.xml import MC, A, M
from qa.documents.formats.safe_xml import Node
from qa.text.lines import one_line

_MAX_LEVEL = 8  # of a list in PowerPoint, from 0
_FORMS = {
    **{"arabic": "decimal", "alphaLc": "lowerLetter", "alphaUc": "upperLetter"},
    **{"romanLc": "lowerRoman", "romanUc": "upperRoman"},
}
_AROUND = {"Period": "{}.", "ParenR": "{})", "ParenBoth": "({})", "Plain": "{}."}
_BULLETS = {f"{A}buChar", f"{A}buBlip"}


def shape_blocks(body: Node, list_styles: Sequence[Node]) -> Iterator[TextBlock]:
    """Yield the paragraphs of a text body; line breaks within one become spaces.

    Of the inherited list styles, the nearest is first.
    """
    own = body.find(f"{A}lstStyle")
    styles = [*(() if own is None else (own,)), *list_styles]
    counts = [0] * (_MAX_LEVEL + 1)
    for paragraph in body.iterfind(f"{A}p"):
        text = paragraph_text(paragraph)
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


def paragraph_text(paragraph: Node) -> str:
    """Return the text of a paragraph on one line, without slide numbers."""
    from lxml import etree  # type: ignore[import-untyped]

    parts: list[str] = []
    raised = False
    walk = etree.iterwalk(paragraph, ("start",))
    for _, node in walk:
        if node.tag == f"{A}t":
            text = node.text or ""
            parts.append(superscript(text, parts[-1]) if raised and parts else text)
        elif node.tag == f"{A}rPr":
            raised = node.get("baseline", "0").isdecimal() and node.get("baseline", "0") != "0"
        elif node.tag == f"{A}r":
            raised = False
        elif node.tag == f"{A}br":
            parts.append("\n")
        elif node.tag == f"{M}oMath":
            parts.append(equation_text(node))
            walk.skip_subtree()
        elif node.tag == f"{MC}Fallback" or (node.tag == f"{A}fld" and node.get("type") == "slidenum"):
            walk.skip_subtree()
    return one_line("".join(parts))


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
    return around.format(format_number(count, form))
