"""Documents -> the numbered sentences, list items and table rows of a prompt.

Numbers run through all documents of a prompt. A reply cites them and the program looks the text up: every citation is a
verbatim slice of its document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

from qa.documents.chunking import block_sentences, count_tokens, sentence_spans
from qa.documents.structure import heading_path
from qa.documents.tables import is_ruled_header, read_row
from qa.text.lines import one_line
from qa.text.spans import joined, trim
from qa.types import Document, Span

_MAX_PARSED_CHARACTERS = 300_000  # a longer document is parsed around its passages only
_CONTEXT_CHARACTERS = 4_000  # parsed on each side of such a passage
_MAX_CODE_CHARACTERS = 1_000  # a longer block of code gets several numbers
_MAX_WHOLE_DOCUMENTS = 3
_MIN_NEIGHBOURS, _MAX_NEIGHBOURS = 2, 12  # units on each side of a passage; as many as fit the budget
ABSENT = 0
"""The number to cite in a sentence about what the documents do not state; the first unit is S1."""
_MARK_TOKENS = 5  # "[S123] " and the separator
_DOCUMENT_TOKENS = 60  # the lines that open and close a document
# Text of a document that could be mistaken for a number or a tag of the prompt.
_FORGED_MARK = re.compile(r"\[(\s*S\s?\d[^\[\]\n]{0,40})\]", re.IGNORECASE)
_REFERENCE = re.compile(r"(`[^`\n]+`)|\[(\s*\d[^\[\]\n]{0,40})\]")
_FORGED_TAG = re.compile(r"<(?=\s*/?\s*(?:document|claim|evidence|question|conversation|notes)\b)", re.IGNORECASE)
_ITEM_NUMBER = re.compile(r"\(?\w{1,4}[.)]\s*")
_CLOSING_EMPHASIS = re.compile(r"(?:\*{1,3}|_{1,3})(?=\s)")
_DATE = re.compile(
    r"^(?:date|published|updated|last modified)[ \t]*:[ \t]*(\S[^\n]{3,40})$", re.IGNORECASE | re.MULTILINE
)
_DATE_CHARACTERS = 2_000  # a date is looked for at the start of a document


@dataclass(frozen=True, slots=True)
class Unit:
    """A sentence, list item, table row or piece of code with a number in the prompt; or a heading, without one."""

    document_id: str
    start: int
    end: int
    path: str
    """The headings above it, outermost first."""
    header: int | None
    """For a table row, the offset of the table's header."""
    is_heading: bool
    is_code: bool
    tokens: int
    """Its cost in a prompt."""


_known: WeakKeyDictionary[Document, tuple[Unit, ...]] = WeakKeyDictionary()


def units_of(document: Document, near: Sequence[Span]) -> tuple[Unit, ...]:
    """Return the units of a document in order; of a very long one, those around some spans, or at its start."""
    if len(document.text) <= _MAX_PARSED_CHARACTERS:
        # An equal document may be the key, and its entry goes with it.
        known = _known.get(document)
        if known is None:
            known = _known[document] = tuple(_units(document, 0))
        return known
    found: list[Unit] = []
    wanted = [(max(0, start - _CONTEXT_CHARACTERS), end + _CONTEXT_CHARACTERS) for start, end in near]
    for first, last in joined(wanted or [(0, _MAX_PARSED_CHARACTERS)]):
        start, end = document.text.rfind("\n", 0, first) + 1, document.text.find("\n", last)
        part = document.text[start : end if end >= 0 else None]
        found += _units(replace(document, text=part, page_starts=(), recognised=()), start)
    return tuple(found)


def _units(document: Document, offset: int) -> Iterable[Unit]:
    text = document.text
    above: list[tuple[int, str]] = []
    for block, found in block_sentences(document):
        header: int | None = None
        spans, path = found, " > ".join(one_line(words) for _, words in above)
        if block.kind == "heading":
            above = heading_path(above, text, block)
        elif block.kind == "preformatted":
            spans = list(_code(text, *trim(text, block.start, block.end)))
        elif block.kind != "table":
            first = block.hidden[0][1] if block.hidden and block.kind in {"bullet", "numbered"} else block.start
            spans = _whole_sentences(text, [trim(text, max(start, first), end) for start, end in found if end > first])
        for start, end in spans:
            if block.kind == "table" and is_ruled_header(text[start:end]):
                header = start + offset
            tokens = count_tokens(text[start:end]) + _MARK_TOKENS
            is_heading, is_code = block.kind == "heading", block.kind == "preformatted"
            yield Unit(document.id, start + offset, end + offset, path, header, is_heading, is_code, tokens)


def _whole_sentences(text: str, spans: Iterable[Span]) -> list[Span]:
    """Return sentences with the number before them ("1.", "(2)") and the emphasis that closes after them."""
    found: list[Span] = []
    for span in spans:
        start, end = span
        if start == end:
            continue
        if found and (closing := _CLOSING_EMPHASIS.match(text, *span)):
            found[-1] = found[-1][0], closing.end()
            start, _ = trim(text, closing.end(), end)
        if found and _ITEM_NUMBER.fullmatch(text, *found[-1]):
            found[-1] = found[-1][0], end
        elif text[start] == "(" and (number := _ITEM_NUMBER.match(text, start, end)):
            # The splitter takes a text that starts with a bracket for one sentence.
            after = number.end()
            (_, first), *others = sentence_spans(text[after:end]) or [(0, end - after)]
            found += [(start, after + first), *((after + one, after + other) for one, other in others)]
        else:
            found.append((start, end))
    return found


def _code(text: str, start: int, end: int) -> Iterable[Span]:
    """Yield the pieces of a block of code; a long block is cut at the ends of lines."""
    while end - start > _MAX_CODE_CHARACTERS:
        cut = text.rfind("\n", start, start + _MAX_CODE_CHARACTERS) + 1 or start + _MAX_CODE_CHARACTERS
        if text[start:cut].strip():
            yield trim(text, start, cut)
        start = cut
    if text[start:end].strip():
        yield trim(text, start, end)


@dataclass(frozen=True)
class Sources:
    """The parts of documents that a prompt contains."""

    chosen: tuple[Unit, ...]
    """In the order of the prompt, headings included."""
    documents: Mapping[str, Document]
    whole: frozenset[str]
    """Ids of the documents that are in the prompt from start to end."""

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The numbered units: the first is S1."""
        return tuple(unit for unit in self.chosen if not unit.is_heading)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of each numbered unit; a table row is written with its column names."""
        return tuple(
            read_row(document, (unit.start, unit.end)) or document.text[unit.start : unit.end]
            for unit in self.units
            for document in [self.documents[unit.document_id]]
        )

    def numbers_within(self, spans: Iterable[tuple[str, int, int]]) -> tuple[int, ...]:
        """Return the numbers of the units that overlap any of some spans (document id, start, end)."""
        wanted = list(spans)
        return tuple(
            number
            for number, unit in enumerate(self.units, start=1)
            if any(name == unit.document_id and unit.start < end and start < unit.end for name, start, end in wanted)
        )

    def parts(self, tokens: int, most: int) -> list[Sources]:
        """Return the first parts of the sources, of about `tokens` tokens each, at most `most` of them."""
        parts: list[list[Unit]] = [[]]
        cost = 0
        for unit in self.chosen:
            if cost + unit.tokens > tokens and parts[-1]:
                parts.append([])
                cost = 0
            parts[-1].append(unit)
            cost += unit.tokens
        return [Sources(tuple(part), self.documents, frozenset()) for part in parts[:most]]

    def in_prompt(self, numbering: Sources | None = None) -> str:
        """Return the text of the prompt: the layout of the documents, with a number before each unit.

        The numbers are those of `numbering`, if these sources are a part of it.
        """
        numbers = {unit: number for number, unit in enumerate((numbering or self).units, start=1)}
        lines: list[str] = []
        last: Unit | None = None
        for unit in self.chosen:
            document = self.documents[unit.document_id]
            before = last if last and last.document_id == unit.document_id else None
            new_section = before is None or (unit.path != before.path and not unit.is_heading)
            section = f"(Section: {unmarked(unit.path)})\n" if unit.path and new_section else ""
            if before is None:
                lines += [*["\n</document>\n\n"] * bool(lines), _opening(document), section]
            else:
                gap = document.text[before.end : unit.start]
                # Neighbours are separated by white space and list markers only.
                lines.append(unmarked(gap) if len(gap.split()) <= 2 and len(gap) < 200 else f"\n[...]\n{section}")
            number = "" if unit.is_heading else f"[S{numbers[unit]}] "
            lines.append(number + unmarked(document.text[unit.start : unit.end], is_code=unit.is_code))
            last = unit
        return "".join([*lines, "\n</document>"] if lines else [])


def _opening(document: Document) -> str:
    found = _DATE.search(document.text[:_DATE_CHARACTERS])
    date = f' date="{_attribute(found[1])}"' if found else ""
    return f'<document title="{_attribute(document.title)}" file="{_attribute(document.id)}"{date}>\n'


def _attribute(text: str) -> str:
    return unmarked(one_line(text)).replace('"', "'")


def unmarked(text: str, *, is_code: bool = False) -> str:
    """Return text in which nothing can be mistaken for a number or a tag of the prompt; code keeps its ``[1]``."""
    text = _FORGED_TAG.sub("\u2039", _FORGED_MARK.sub(r"(\1)", text))
    return text if is_code else _REFERENCE.sub(lambda found: found[1] or f"({found[2]})", text)


def choose(
    spans: Sequence[tuple[str, int, int]], documents: Mapping[str, Document], room: int, wanted: Sequence[str] = ()
) -> Sources:
    """Choose the parts of documents that fit a prompt.

    First the sentences of the passages, with two neighbours on each side; then whole documents, best first; then more
    neighbours.

    Parameters
    ----------
    spans : sequence of (str, int, int)
        Document id and span of each passage, best first.
    room : int
        Budget in tokens.
    wanted : sequence of str
        Ids of documents to include whole before all others, whether or not they have a passage.
    """
    order = list(dict.fromkeys([*wanted, *(name for name, _, _ in spans)]))
    units = {
        name: units_of(documents[name], [(start, end) for other, start, end in spans if other == name])
        for name in order
    }
    taken: dict[str, set[int]] = {name: set() for name in order}

    def take(name: str, positions: Iterable[int]) -> bool:
        """Take units if all of them fit; table rows come with their header."""
        nonlocal room
        listed = units[name]
        new = {position for position in positions if 0 <= position < len(listed)} - taken[name]
        headers = {listed[position].header for position in new} - {None}
        if headers:
            new |= {index for index, one in enumerate(listed) if one.start in headers} - taken[name]
        cost = sum(listed[position].tokens for position in new) + _DOCUMENT_TOKENS * (not taken[name] and bool(new))
        if cost > room:
            return False
        taken[name] |= new
        room -= cost
        return True

    found = [(name, index) for name, start, end in spans for index in _touching(units[name], start, end)]
    for name, (first, last) in found:
        if not take(name, range(first - _MIN_NEIGHBOURS, last + _MIN_NEIGHBOURS)):
            take(name, range(first, last))
    short = [name for name in order if len(documents[name].text) <= _MAX_PARSED_CHARACTERS]
    whole = {name for name in wanted if take(name, range(len(units[name])))}.intersection(short)
    others = [name for name in short if name not in wanted][:_MAX_WHOLE_DOCUMENTS]
    whole |= {name for name in others if take(name, range(len(units[name])))}
    for more in range(_MIN_NEIGHBOURS + 1, _MAX_NEIGHBOURS + 1):
        for name, (first, last) in found:
            take(name, (first - more, last + more - 1))
    chosen = [unit for name in order for index, unit in enumerate(units[name]) if index in taken[name]]
    return Sources(tuple(chosen), {name: documents[name] for name in order}, frozenset(whole))


def _touching(units: Sequence[Unit], start: int, end: int) -> list[Span]:
    """Return the range of units that overlap a span; nothing if none does."""
    touching = [index for index, unit in enumerate(units) if unit.start < end and start < unit.end]
    return [(touching[0], touching[-1] + 1)] if touching else []
