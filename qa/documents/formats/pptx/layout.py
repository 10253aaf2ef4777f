"""Positions of the shapes on a slide, and what they inherit from its layout and master."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from qa.documents.formats.office.xml import MC, A, P, Package, part_of_kind
from qa.documents.formats.safe_xml import Node

_OFFSETS = (f"{P}spPr/{A}xfrm/{A}off", f"{P}xfrm/{A}off", f"{P}grpSpPr/{A}xfrm/{A}off")
_MAX_OFFSET = 100_000  # EMU, a tenth of an inch, between edges that count as aligned
_TITLES = {"title", "ctrTitle"}
_CONTENT = {"", "body", "obj", "tbl", "chart", "dgm", "media", "clipArt", "pic", "subTitle"}


class Placeholder(NamedTuple):
    """A placeholder: its kind, such as "title" or "body", and its number on the layout."""

    kind: str
    number: str


class Layout:
    """The placeholders of a slide layout and its master; `part` is empty if the slide has no layout."""

    def __init__(self, package: Package, part: str) -> None:
        master = package.tree(part_of_kind(package.related(part), "slideMaster") if part else "")
        self._holders = [_placeholders(tree) for tree in (package.tree(part), master) if tree is not None]
        self._styles = None if master is None else master.find(f"{P}txStyles")

    def inherited_shapes(self, placeholder: Placeholder) -> Iterator[Node]:
        """Yield the shapes that a placeholder inherits from, the nearest first."""
        for holders in self._holders:
            numbered = holders.get(("", placeholder.number)) if placeholder.number else None
            shape = holders.get((placeholder.kind, "")) if numbered is None else numbered
            if shape is not None:
                yield shape

    def list_styles(self, placeholder: Placeholder | None) -> list[Node]:
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
        titles = [shape for shape in shapes if is_title(shape)]
        rest = [(self._offset(shape), shape) for shape in shapes if not is_title(shape)]
        if not _is_read_in_order([offset for offset, _ in rest]):
            rest.sort(key=lambda item: (item[0][0] // _MAX_OFFSET, item[0][1]))
        return [*titles, *(shape for _, shape in rest)]

    def _offset(self, shape: Node) -> tuple[int, int]:
        """Return the top and left edges of a shape."""
        if shape.tag == f"{MC}AlternateContent":
            shape = next(iter(shape.iterfind(f"{MC}Choice/*")), shape)
        placeholder = placeholder_of(shape)
        for each in (shape, *(self.inherited_shapes(placeholder) if placeholder else ())):
            for path in _OFFSETS:
                if (offset := each.find(path)) is not None:
                    return int(offset.get("y", "0")), int(offset.get("x", "0"))
        return 0, 0


def placeholder_of(shape: Node) -> Placeholder | None:
    """Return the placeholder that a shape fills, or None."""
    found = shape.find(f"*/{P}nvPr/{P}ph")
    return None if found is None else Placeholder(found.get("type", ""), found.get("idx", ""))


def is_title(shape: Node) -> bool:
    """Return whether a shape is the title of its slide."""
    placeholder = placeholder_of(shape)
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
        placeholder = placeholder_of(shape)
        if placeholder is not None:
            found.setdefault(("", placeholder.number), shape)
            found.setdefault((placeholder.kind, ""), shape)
    return found
