"""Numbers that Word displays before the paragraphs of a list."""

from __future__ import annotations

import re
from dataclasses import dataclass

from qa.documents.formats.blocks import list_number
from qa.documents.formats.docx.styles import Styles
from qa.documents.formats.office.xml import W, is_on, value_of
from qa.documents.formats.zip_formats import Node

BULLET = "-"
CONTINUED = " "  # a bullet that shows nothing, which goes on with the item before
_LEVELS = 9
_PLACEHOLDER = re.compile(r"%([1-9])")
_MAX_LABEL_CHARS = 40


@dataclass(frozen=True, slots=True)
class _Level:
    """The numbering of one list level."""

    form: str = "decimal"
    text: str = ""
    start: int = 1
    style: str = ""
    is_decimal: bool = False


@dataclass(slots=True)
class _List:
    """A list; several lists that are numbered as one share their counts."""

    levels: list[_Level]
    counts: list[int | None]
    restarts: dict[int, int]


class Numbering:
    """The lists of a document, counted while its paragraphs are read.

    The tree is the root of ``numbering.xml`` or None; the styles include numbering styles, which lists may refer to.
    """

    def __init__(self, tree: Node, styles: Styles) -> None:
        self._lists: dict[str, _List] = {}
        if tree is None:
            return
        definitions = {each.get(f"{W}abstractNumId", ""): each for each in tree.iter(f"{W}abstractNum")}
        named = {each.get(f"{W}numId", ""): value_of(each, "abstractNumId") for each in tree.iter(f"{W}num")}
        # A list may be defined by a style that refers to another list.
        linked = {key: value_of(each, "numStyleLink") for key, each in definitions.items()}
        links = {key: styles[style].list_id for key, style in linked.items() if style}
        read = {key: _levels(each, [_Level()] * _LEVELS) for key, each in definitions.items()}
        counts: dict[str, list[int | None]] = {}
        for each in tree.iter(f"{W}num"):
            key = value_of(each, "abstractNumId")
            levels = read.get(named.get(links.get(key, ""), key), [_Level()] * _LEVELS)
            restarts = {}
            for override in each.iterfind(f"{W}lvlOverride"):
                levels = _levels(override, levels)
                start = value_of(override, "startOverride")
                if start.isdecimal():
                    restarts[_index(override)] = int(start)
            shared = counts.setdefault(key, [None] * _LEVELS)
            self._lists[each.get(f"{W}numId", "")] = _List(levels, shared, restarts)

    def level_of(self, list_id: str, style: str) -> int:
        """Return the list level that a paragraph style is linked to, or 0."""
        levels = self._lists[list_id].levels if list_id in self._lists else []
        return next((index for index, level in enumerate(levels) if style and level.style == style), 0)

    def label(self, list_id: str, index: int) -> str | None:
        """Count a paragraph; return its label as Word displays it, a dash for a bullet, or None without such a list.

        A bullet of white space is `CONTINUED`.
        """
        found = self._lists.get(list_id)
        if found is None:
            return None
        index = min(index, _LEVELS - 1)
        counts = found.counts
        if index in found.restarts:
            counts[index] = found.restarts.pop(index)
        else:
            before = counts[index]
            counts[index] = found.levels[index].start if before is None else before + 1
        counts[index + 1 :] = [None] * (_LEVELS - index - 1)
        level = found.levels[index]
        if level.form == "bullet":
            return CONTINUED if level.text.isspace() else BULLET

        def shown(match: re.Match[str]) -> str:
            position = int(match[1]) - 1
            other, count = found.levels[position], counts[position]
            return list_number(other.start if count is None else count, "decimal" if level.is_decimal else other.form)

        return _PLACEHOLDER.sub(shown, level.text).strip()[:_MAX_LABEL_CHARS]


def _levels(holder: Node, base: list[_Level]) -> list[_Level]:
    """Return the levels of a list, with those defined by an element replaced."""
    levels = base.copy()
    for each in holder.iterfind(f"{W}lvl"):
        start, is_decimal = value_of(each, "start"), each.find(f"{W}isLgl")
        levels[_index(each)] = _Level(
            form=value_of(each, "numFmt") or "decimal",
            text=value_of(each, "lvlText"),
            start=int(start) if start.isdecimal() else 1,
            style=value_of(each, "pStyle"),
            is_decimal=is_decimal is not None and is_on(is_decimal.attrib),
        )
    return levels


def _index(element: Node) -> int:
    index = element.get(f"{W}ilvl", "0")
    return min(int(index), _LEVELS - 1) if index.isdecimal() else 0
