"""Paragraph styles of a Word document: headings, lists, hidden text, tables of contents."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from qa.documents.formats.office.xml import W, is_on, value_of
from qa.documents.formats.zip_formats import Node

_BODY_TEXT = 9  # the outline level of text that is not a heading
# Word saves its own styles under their English names; other programs save the names that they display.
_HEADING = re.compile(
    r"(?:heading|berschrift|überschrift|titre|título|titolo|titlu|kop|rubrik|overskrift|otsikko|nagłówek|nadpis|címsor"
    r"|başl\u0131k|заголовок|επικεφαλίδα|标题|標題|見出し|제목) ?([1-9])"
)
_TITLE = {"title", "titel", "titre (document)", "标题", "標題", "表題", "제목"}
_CONTENTS = re.compile(r"(?:toc|contents) (?:[1-9]|heading)|table of figures")
_LIST = re.compile(r"list (?:bullet|number)\b")


@dataclass(frozen=True, slots=True)
class ParagraphStyle:
    """The properties that a style gives its paragraphs, inherited ones included."""

    level: int = 0  # of a heading, from 1; 0 for other paragraphs
    is_title: bool = False  # the document's title
    is_contents: bool = False  # an entry in a table of contents
    is_hidden: bool = False
    list_id: str = ""  # the list that its paragraphs belong to; empty for none
    list_level: int | None = None  # in that list, from 0; None if the list itself defines it
    is_list: bool = False  # whether the style's name identifies a list


class Styles:
    """The styles of a document, given the root of ``styles.xml`` or None; resolved on demand and cached."""

    def __init__(self, tree: Node) -> None:
        self._elements = {} if tree is None else {each.get(f"{W}styleId", ""): each for each in tree.iter(f"{W}style")}
        self._found: dict[str, ParagraphStyle] = {}
        defaults = (key for key, each in self._elements.items() if each.get(f"{W}default") in {"1", "true", "on"})
        self._default = next((key for key in defaults if self._elements[key].get(f"{W}type") == "paragraph"), "")

    def __getitem__(self, name: str) -> ParagraphStyle:
        """Return the style with an id; for an empty id, the default paragraph style."""
        name = name or self._default
        chain: list[str] = []
        while name in self._elements and name not in self._found and name not in chain:
            chain.append(name)
            name = value_of(self._elements[name], "basedOn")
        style = self._found.get(name, ParagraphStyle())
        for each in reversed(chain):
            style = self._found[each] = _refine(style, self._elements[each])
        return style


def _refine(base: ParagraphStyle, element: Node) -> ParagraphStyle:
    """Return a style, given the style that it is based on."""
    name = value_of(element, "name").lower()
    heading = _HEADING.fullmatch(name)
    changes: dict[str, bool | int | str] = {
        "is_title": name in _TITLE,
        "is_contents": bool(_CONTENTS.fullmatch(name)),
        "is_list": base.is_list or bool(_LIST.match(name)),
    }
    outline = value_of(element, "pPr", "outlineLvl")
    if outline.isdecimal():
        changes["level"] = heading_level(outline)
    elif heading:
        changes["level"] = int(heading[1])
    list_id, list_level = (value_of(element, "pPr", "numPr", each) for each in ("numId", "ilvl"))
    if list_id:
        changes |= {"list_id": list_id}
    if list_level.isdecimal():
        changes |= {"list_level": int(list_level)}
    vanish = element.find(f"{W}rPr/{W}vanish")
    if vanish is not None:
        changes["is_hidden"] = is_on(vanish.attrib)
    return replace(base, **changes)  # type: ignore[arg-type]


def heading_level(outline: str) -> int:
    """Return the heading level for an outline level, which counts from 0; 0 for body text."""
    level = int(outline) if outline.isdecimal() and len(outline) == 1 else _BODY_TEXT
    return 0 if level == _BODY_TEXT else level + 1
