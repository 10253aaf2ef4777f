"""Numbers and bullets of OpenDocument lists, and the numbers of headings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from qa.documents.formats.blocks import OpenList, list_number

_FORMS = {"": "none", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_OUTLINE = "outline"  # the name of the style of headings here; those of lists start with "list "
_MAX_LEVELS = 10


@dataclass(frozen=True, slots=True)
class _Level:
    """The numbering of one level of a list style."""

    form: str = "none"
    prefix: str = ""
    suffix: str = ""
    shown: int = 1  # number of levels in a label, such as 2 for "3.1"
    start: int = 1


class Lists:
    """The open lists of a text; `group` numbers the outermost ones."""

    def __init__(self) -> None:
        self.group = 0
        self._styles: dict[str, dict[int, _Level]] = {}
        self._style = ""
        self._open: list[OpenList] = []
        # Of lists that may go on, by style and depth: the counts around them, and their own.
        self._counts: dict[tuple[str, int], tuple[list[int], int]] = {}
        self._headings: list[int] = []

    @property
    def innermost(self) -> OpenList | None:
        """The list that is open."""
        return self._open[-1] if self._open else None

    def start(self, name: str, given: Mapping[str, str]) -> None:
        """Handle the start of an element of a list or of a list style."""
        if name == "text:list":
            self._start_list(given)
        elif name == "text:list-item" and self._open:
            self._start_item(given)
        elif name in {"text:list-style", "text:outline-style"}:
            self._style = _OUTLINE if name == "text:outline-style" else f"list {given.get('style:name', '')}"
            self._styles[self._style] = {}
        elif name in {"text:list-level-style-number", "text:outline-level-style"} and self._style in self._styles:
            form = given.get("style:num-format", "1")
            self._styles[self._style][count_of(given, "text:level")] = _Level(
                _FORMS.get(form, "decimal"),
                given.get("style:num-prefix", ""),
                given.get("style:num-suffix", ""),
                count_of(given, "text:display-levels"),
                count_of(given, "text:start-value"),
            )

    def end_list(self) -> None:
        """Handle the end of a list."""
        if self._open:
            ended = self._open.pop()
            self._counts[ended.style, len(self._open)] = self._open_counts(), ended.count
            self.group += not self._open

    def heading_label(self, level: int) -> str:
        """Return the number of a heading as displayed; empty if it has none. Those outside of lists are counted."""
        if self._open:
            return "" if self._open[-1].marker == "- " else self._open[-1].marker.strip()
        levels = self._styles.get(_OUTLINE, {})
        level = min(level, _MAX_LEVELS)
        counts = self._headings
        counts += (
            levels.get(number + 1, _Level()).start - (number == level - 1) for number in range(len(counts), level)
        )
        del counts[level:]
        counts[-1] += 1
        return _label(levels, counts)

    def _start_list(self, given: Mapping[str, str]) -> None:
        inherited = self._open[-1].style if self._open else ""
        style = f"list {given['text:style-name']}" if "text:style-name" in given else inherited
        goes_on = given.get("text:continue-numbering") == "true" or "text:continue-list" in given
        self.group += not self._open
        depth = len(self._open)
        opened = OpenList(numbered=False, count=self._first(style, depth) - 1, style=style)
        around, known = None, self._counts.get((style, depth))
        if self._open:
            outer = self._open[-1]
            opened.nest(outer)
            if outer.pending and outer.count > self._first(outer.style, depth - 1):
                # The item before goes on: this one only holds the rest of its list, and is not counted.
                outer.count, outer.pending = outer.count - 1, False
                around = self._open_counts()
        if known is not None and (goes_on or known[0] == around):
            opened.count = known[1]
        self._open.append(opened)

    def _open_counts(self) -> list[int]:
        return [each.count for each in self._open]

    def _first(self, style: str, depth: int) -> int:
        return self._styles.get(style, {}).get(depth + 1, _Level()).start

    def _start_item(self, given: Mapping[str, str]) -> None:
        inner = self._open[-1]
        if "text:start-value" in given:
            inner.count = count_of(given, "text:start-value") - 1
        inner.start_item()
        label = _label(self._styles.get(inner.style, {}), self._open_counts())
        if label:
            inner.marker = f"{label}{'.' * label.isdecimal()} "


def _label(levels: Mapping[int, _Level], counts: Sequence[int]) -> str:
    """Return a label, given the counts of its level and of those around it; empty for a bullet."""
    level = levels.get(len(counts), _Level())
    if level.form == "none":
        return ""
    first = max(len(counts) - level.shown, 0)
    numbers = (
        list_number(count, levels.get(number, _Level()).form)
        for number, count in enumerate(counts[first:], start=first + 1)
    )
    return f"{level.prefix}{'.'.join(filter(None, numbers))}{level.suffix}".strip()


def count_of(given: Mapping[str, str], key: str) -> int:
    """Return the count in an attribute, or 1."""
    text = given.get(key, "1")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 8 else 1
