"""Entries of help text, manuals and lists of settings: a line that starts with names, and what is indented below it.

-v, --verbose         Print each file; may be given twice
                      for more.
--output <FILE>
        Write to a file.
- `CACHE_DIR` - folder of the cache
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from qa.text.lines import BULLETS
from qa.text.spans import trim
from qa.types import Span

_MAX_CHARACTERS = 1_000  # of an entry
_MAX_BEFORE = 80  # characters of a line before the name
_VALUE = r"(?:<[^<>\n]{1,40}>|\[[^\[\]\n]{1,40}\][A-Z]*|[A-Z][A-Z\d_:./-]*|(?<==)(?:[\w.-]+|\{[^{}\n]{1,60}\}))"
_NAME = rf"(?:-\d|(?:--?)?[^\W\d]\w*(?:[.-]\w+)*)(?:(?:[ =]\[?|\[=?){_VALUE}\]?){{0,3}}(?:\.{{3}})?"
_MARKED = rf"(?:\*{{0,2}}``?[^`\n]{{1,80}}``?\*{{0,2}}|\*\*{_NAME}\*\*|{_NAME})"
_REMARK = r"(?:[^\S\n]\*{0,2}\([^()\n]{1,40}\)\*{0,2})?"
_AFTER = r"(?:[^\S\n]{0,4}:(?:[^\S\n]+|(?=\n))|[^\S\n]{2,}|\t|[^\S\n]+[-\u2013\u2014]+[^\S\n]+|[^\S\n]*(?=\n))"
_KEY = r"[\w.]+:"  # "maxSize: 3," in code
_ENTRY = re.compile(
    rf"(?P<indent>[^\S\n]*)(?!{_KEY})(?:[{BULLETS}][^\S\n]+|:param[^\S\n]+)?"
    rf"(?P<label>{_MARKED}(?:(?:,(?:[^\S\n]*\n)?|[^\S\n]*[|/])[^\S\n]*{_MARKED}){{0,5}}){_REMARK}{_AFTER}"
)
_OPTION = re.compile(r"^[^\S\n]*--?[^\W_]", re.MULTILINE)
_SEPARATOR = re.compile(r"[,|/]\s*")
_NAME_ONLY = re.compile(r"-{0,2}\w[\w.-]*")
_OF_VALUE = re.compile(r"\s[a-z]")
_MARK = re.compile(rf"\s*[:{BULLETS}]\s+")
_LINE = re.compile(r"(?P<indent>[^\S\n]*(?::[^\S\n]+)?)[^\n]*\n?")
_LETTER = re.compile(r"[^\W\d_]")


class Entry(NamedTuple):
    """The spans of an entry, and of its description."""

    whole: Span
    description: Span


def option_lines(text: str, start: int, end: int) -> list[int]:
    """Return where the lines start that begin with options and are entries: "-v, --verbose   Print each file"."""
    lines = (one.start() for one in _OPTION.finditer(text, start, end))
    return [line for line in lines if _ENTRY.match(text, line, end)]


def entries(text: str, name: str) -> Iterator[Entry]:
    """Yield the entries for a name, which may have a value: "--verbose", "--mode strict", "CACHE_DIR"."""
    bare = _NAME_ONLY.match(name)
    if bare is None:
        return
    mentions = re.compile(rf"^[^\n]{{0,{_MAX_BEFORE}}}?(?<![\w-]){re.escape(bare[0])}(?![\w-])", re.MULTILINE)
    for mention in mentions.finditer(text):
        entry = _ENTRY.match(text, mention.start())
        labels = _SEPARATOR.split(entry["label"]) if entry else ()
        if entry and any(_is_label(one.strip("`* "), bare[0], name) for one in labels):
            description = _description(text, entry)
            if _LETTER.search(text, *description):
                yield Entry((entry.start("label"), description[1]), description)


def _is_label(label: str, bare: str, name: str) -> bool:
    """Return whether a label is for a name; that of "--mode strict" is not for "--mode" alone."""
    named = _NAME_ONLY.match(label)
    return named is not None and named[0] == bare and (label == name or not _OF_VALUE.match(label, named.end()))


def _description(text: str, entry: re.Match[str]) -> Span:
    """Return what follows the names, with the lines below that are indented more than these."""
    first, *below = _LINE.finditer(text, entry.end(), min(len(text), entry.end() + _MAX_CHARACTERS))
    end = first.end()
    column = entry.end() - text.rfind("\n", 0, entry.end()) - 1 if first[0].strip() else 0
    for line in below:
        if not line[0].strip():
            continue
        indent = len(line["indent"])
        column = column or indent
        another = indent < column and _OPTION.match(line[0]) and _ENTRY.match(text, line.start())
        if another or indent <= len(entry["indent"]):
            break
        end = line.end()
    mark = _MARK.match(text, entry.end(), end)
    return trim(text, mark.end() if mark else entry.end(), end)
