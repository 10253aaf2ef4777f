"""The blocks of a list, and the items in them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from qa.documents.structure import Block, blocks
from qa.text.lexicon import DETERMINERS, POSSESSIVES, is_base
from qa.text.lines import BULLETS
from qa.text.spans import trim
from qa.types import Document, Span

_LETTERED = re.compile(r"[^\S\n]*(?:\(?[a-z]{1,4}\)|\(?\d{1,2}\)|[a-z]\.)[^\S\n]+(?=\S)", re.IGNORECASE)
# "B1. We insure ...", "6.2 The order is ...", "(3) Not allowed are ...": the paragraphs of a contract or of rules.
_CLAUSE_NUMBER = re.compile(r"\s*\**(?:[A-Z]\d{1,2}\.?|\d{1,2}\.\d{1,2}\.?|\(\d{1,2}\))\**\s+(?=\S)")
_ITEMS = frozenset({"bullet", "numbered"})
_CONTENT = frozenset({"table", "preformatted", "paragraph", "lines", "quote"})
_CODE = re.compile(r"`[^`\n]+`")
_NUMBER = re.compile(r"\s*\(?(\d{1,3})[.)]")
MARK = re.compile(rf"\s*(?:\.{{1,5}}|[{BULLETS}]|\(?(?:\d{{1,3}}|[A-Za-z]|[ivx]{{1,4}})[.)])\s+")
ITEM_END = re.compile(r"[,;]?(?:\s+(?:and|or))?\s*$")

_CHARACTERS_BEFORE, CHARACTERS_AFTER = 1_500, 6_000  # around a passage in which a list is looked for
_NUMBERED_HEADING_LEVEL = 6
_NUMBERED_TITLE = re.compile(r"\s*\d{1,2}[.)]\s+[A-Z][^\n.:;,?!]{0,60}\n(?=[A-Z]|\d{1,2}\.\d)")


def blocks_around(document: Document, span: Span) -> list[Block]:
    """Return the blocks around a span; a single numbered line is a heading, such as "3. Duties" in a contract."""
    text = document.text
    first, last = max(0, span[0] - _CHARACTERS_BEFORE), min(len(text), span[1] + CHARACTERS_AFTER)
    start = text.find("\n", first, span[0]) + 1 or span[0] if first else 0
    if (text.count("\n```", 0, start) + text.startswith("```")) % 2:
        # It is within code.
        start = text.rfind("\n```", 0, start) + 1
    end = text.rfind("\n", span[1], last) + 1 or span[1] if last < len(text) else last
    found: list[Block] = []
    for block in blocks(document, start, end):
        title = _NUMBERED_TITLE.match(text, block.start, block.end) if block.kind == "numbered" else None
        if title:
            body = replace(block, kind="lines", start=title.end())
            found += [replace(block, kind="heading", end=title.end(), level=_NUMBERED_HEADING_LEVEL, hidden=()), body]
        else:
            found.append(block)
    kinds = ["", *(block.kind for block in found), ""]
    for index, block in enumerate(found):
        one_of_one = kinds[index : index + 3].count("numbered") == 1
        if block.kind == "numbered" and one_of_one and not _is_item(text, found[index : index + 2]):
            found[index] = replace(block, kind="heading", level=_NUMBERED_HEADING_LEVEL, hidden=())
    return found


def _is_item(text: str, beside: Sequence[Block]) -> bool:
    """Return whether a numbered block is no heading: it has two lines, tells what to do, or content below is indented.

    `beside` is the block and the one after it.
    """
    block, *below = beside
    line = text[block.start : block.end].strip()
    return (
        "\n" in line
        or any(one.kind in _CONTENT and _indent(text, one) > _indent(text, block) for one in below)
        or _tells_to_do(line)
    )


def _tells_to_do(line: str) -> bool:
    """Return whether a numbered line is an instruction: "2. Open the lid", but not "2. Deposit"."""
    words = line.split()[1:3]
    if not words or not is_base(words[0].lower()):
        return False
    return line.endswith((".", "!", ":", ";", ",")) or words[-1].lower() in DETERMINERS | POSSESSIVES


def group_at(text: str, found: Sequence[Block], index: int) -> Sequence[Block]:
    """Return the blocks of the list that starts at a position: consecutive items, or one block of lettered lines."""
    end = after = index
    while after < len(found) and found[after].kind in _ITEMS:
        end = after + 1
        after = _after_content(text, found, index, end)
    if end > index:
        return found[index:end]
    while end < len(found) and found[end].kind == "paragraph" and _CLAUSE_NUMBER.match(text, found[end].start):
        end += 1
    if end > index + 1:
        return found[index:end]
    return found[index : index + 1] if len(list(lettered_lines(text, found[index]))) > 1 else ()


def _after_content(text: str, found: Sequence[Block], first: int, index: int) -> int:
    """Return the position of the next item of a list after the content of one: paragraphs, code, tables and the like.

    Content is indented, or the numbers go on after it. The position itself is returned if no item of the list follows.
    """
    kind, outer, after = found[first].kind, _indent(text, found[first]), index
    while after < len(found) and found[after].kind in _CONTENT:
        after += 1
    if after >= len(found) or found[after].kind not in _ITEMS:
        return index
    attached = text.startswith("+\n", found[index].start)  # in AsciiDoc
    indented = attached or all(_indent(text, one) > outer for one in found[index:after])
    if indented and (found[after].kind == kind == "bullet" or _indent(text, found[after]) > outer):
        return after
    items = (one for one in reversed(found[first:index]) if one.kind == "numbered" and one.level <= found[after].level)
    last, following = (_number(text, one) for one in (next(items, found[first]), found[after]))
    goes_on = following == last + 1 if following and last else indented and following == last
    return after if found[after].kind == kind == "numbered" and goes_on else index


def _number(text: str, item: Block) -> int:
    """Return the number of an item; 0 of an item that is numbered when shown."""
    mark = _NUMBER.match(text, item.start, item.end)
    return int(mark[1]) if mark else 0


def _indent(text: str, block: Block) -> int:
    return len(text[block.start : block.end]) - len(text[block.start : block.end].lstrip(" \t"))


def without_descriptions(text: str, group: Sequence[Block]) -> Sequence[Block]:
    """Return the blocks of a list, or only those of its items if these are names that lists below describe."""
    names = [one for one in group if one.level == group[0].level and one.kind == "bullet"]
    are_names = all(_CODE.fullmatch(text, *trim(text, one.hidden[-1][1], one.end)) for one in names if one.hidden)
    return names if 1 < len(names) < len(group) and are_names else group


def lettered_lines(text: str, block: Block) -> Iterator[Span]:
    """Yield the lines of a paragraph that start with a letter or number: "(a) the date"."""
    if block.kind not in {"paragraph", "lines"}:
        return
    start = block.start
    for line in text[block.start : block.end].splitlines(keepends=True):
        if _LETTERED.match(line):
            yield trim(text, start, start + len(line))
        start += len(line)


def items_of(text: str, block: Block) -> Iterator[Span]:
    """Yield the spans of the items in a block, without their bullets or numbers."""
    number = _CLAUSE_NUMBER.match(text, block.start)
    if block.kind == "paragraph" and number:
        yield trim(text, number.end(), block.end)
        return
    spans = (
        [trim(text, block.start, block.end)] if block.kind in {"bullet", "numbered"} else lettered_lines(text, block)
    )
    for start, end in spans:
        mark = MARK.match(text, start, end)
        ending = ITEM_END.search(text, start, end)
        first, last = mark.end() if mark else start, ending.start() if ending else end
        if first < last:
            yield first, last
