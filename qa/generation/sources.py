"""Documents -> numbered sentences and list items, as a language model is given them.

Numbers run through all documents of a prompt. A reply names them, and what it names is looked up here, so that every
citation is a slice of its document.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from weakref import WeakKeyDictionary

from qa.documents.chunking import block_sentences, count_tokens
from qa.documents.structure import heading_span
from qa.documents.tables import is_ruled_header, read_row
from qa.text.lines import one_line
from qa.text.spans import joined, trim
from qa.types import Document, Span

_LONGEST_PARSED = 300_000  # characters of a document that is parsed as a whole
_AROUND = 4_000  # characters on each side of a passage that are parsed of a longer one
_LONGEST_CODE = 1_000  # characters of a block of code that has one number
_MOST_WHOLE = 3  # documents given as a whole, those with the best passages
_NEIGHBOURS = 2  # units on each side of a passage that are given with it
_MOST_NEIGHBOURS = 12  # the same, where the budget allows
_MARK_TOKENS = 5  # of "[S123] " and what separates two units
_HEADER_TOKENS = 60  # of the lines that open and close a document
# What in a document could pass for a number or a tag of the prompt.
_FORGED_MARK = re.compile(r"\[(\s*S?\d[^\[\]\n]{0,40})\]", re.IGNORECASE)
_FORGED_TAG = re.compile(r"<(?=\s*/?\s*(?:document|claim|evidence|question|conversation|notes)\b)", re.IGNORECASE)
_ITEM_NUMBER = re.compile(r"\(?\w{1,4}[.)]")
_DATE = re.compile(
    r"^(?:date|published|updated|last modified)[ \t]*:[ \t]*(\S[^\n]{3,40})$", re.IGNORECASE | re.MULTILINE
)
_DATE_WITHIN = 2_000  # characters


@dataclass(frozen=True, slots=True)
class Unit:
    """What has a number in the prompt: a sentence, a list item, a row of a table, a piece of code; or a heading.

    Attributes
    ----------
    document_id : str
    start, end : int
        Its span in the document.
    path : str
        The headings above it, outermost first.
    header : int or None
        Of a row of a table, where the table's header starts.
    is_heading : bool
        Headings have no number.
    tokens : int
        What it costs in a prompt.
    """

    document_id: str
    start: int
    end: int
    path: str
    header: int | None
    is_heading: bool
    tokens: int


_known: WeakKeyDictionary[Document, tuple[Unit, ...]] = WeakKeyDictionary()


def units_of(document: Document, near: Iterable[Span]) -> tuple[Unit, ...]:
    """Return the units of a document in order; of a very long one those around some spans."""
    if len(document.text) <= _LONGEST_PARSED:
        if document not in _known:
            _known[document] = tuple(_units(document, 0))
        return _known[document]
    found: list[Unit] = []
    for first, last in joined((max(0, start - _AROUND), end + _AROUND) for start, end in near):
        start, end = document.text.rfind("\n", 0, first) + 1, document.text.find("\n", last)
        part = document.text[start : end if end >= 0 else None]
        found += _units(replace(document, text=part, page_starts=(), recognised=()), start)
    return tuple(found)


def _units(document: Document, offset: int) -> Iterable[Unit]:
    text = document.text
    above: list[tuple[int, str]] = []
    header: int | None = None
    for block, found in block_sentences(document):
        spans = found
        path = " > ".join(words for _, words in above)
        if block.kind == "heading":
            words = one_line(text[slice(*heading_span(text, block))])
            above = [one for one in above if one[0] < block.level] + [(block.level, words)]
        elif block.kind == "preformatted":
            spans = list(_code(text, *trim(text, block.start, block.end)))
        elif block.kind in {"bullet", "numbered"}:
            after = block.hidden[0][1] if block.hidden else block.start
            spans = [trim(text, max(start, after), end) for start, end in found if end > after]
            # "1." is no sentence.
            if len(spans) > 1 and _ITEM_NUMBER.fullmatch(text, *spans[0]):
                spans = [(spans[0][0], spans[1][1]), *spans[2:]]
        for start, end in spans:
            if block.kind == "table" and is_ruled_header(text[start:end]):
                header = start
            cost = count_tokens(text[start:end]) + _MARK_TOKENS
            own = header if block.kind == "table" and header is not None and header >= block.start else None
            yield Unit(
                document.id, start + offset, end + offset, path,
                None if own is None else own + offset, block.kind == "heading", cost,
            )  # fmt: skip


def _code(text: str, start: int, end: int) -> Iterable[Span]:
    """Yield the pieces of a block of code, cut at ends of lines where it is long."""
    while end - start > _LONGEST_CODE:
        cut = text.rfind("\n", start, start + _LONGEST_CODE) + 1 or start + _LONGEST_CODE
        if text[start:cut].strip():
            yield trim(text, start, cut)
        start = cut
    if text[start:end].strip():
        yield trim(text, start, end)


@dataclass(frozen=True)
class Sources:
    """What a prompt gives of the documents.

    Attributes
    ----------
    chosen : tuple of Unit
        In the order of the prompt, headings included.
    documents : mapping of str to Document
        Those that the units are of, by id.
    whole : frozenset of str
        Ids of the documents that are given as a whole.
    """

    chosen: tuple[Unit, ...]
    documents: Mapping[str, Document]
    whole: frozenset[str]

    @cached_property
    def units(self) -> tuple[Unit, ...]:
        """The numbered units: the first is S1."""
        return tuple(unit for unit in self.chosen if not unit.is_heading)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The text of each numbered unit; a row of a table has the names of its columns."""
        return tuple(self.text(unit) for unit in self.units)

    @cached_property
    def tokens(self) -> int:
        """About how many tokens the units have in a prompt."""
        return sum(unit.tokens for unit in self.chosen)

    def text(self, unit: Unit) -> str:
        """Return the text of a unit; a row of a table has the names of its columns."""
        document, span = self.documents[unit.document_id], (unit.start, unit.end)
        return read_row(document, span) or document.text[slice(*span)]

    def numbers_within(self, spans: Iterable[tuple[str, int, int]]) -> tuple[int, ...]:
        """Return the numbers of the units that spans of documents, as (id, start, end), touch."""
        wanted = list(spans)
        return tuple(
            number
            for number, unit in enumerate(self.units, start=1)
            if any(name == unit.document_id and unit.start < end and start < unit.end for name, start, end in wanted)
        )

    def parts(self, tokens: int, most: int) -> list[Sources]:
        """Return the sources in parts of about that many tokens, at most `most`; numbers are those of the whole."""
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
        """Return the documents as a prompt has them: layout kept, a number before each unit.

        Parameters
        ----------
        numbering : Sources, optional
            Those whose numbers are written; by default its own.
        """
        numbers = {unit: number for number, unit in enumerate((numbering or self).units, start=1)}
        lines: list[str] = []
        last: Unit | None = None
        for unit in self.chosen:
            document = self.documents[unit.document_id]
            if last is None or last.document_id != unit.document_id:
                lines += ["</document>\n\n"] * (last is not None)
                lines.append(_opening(document))
                between = f"(Section: {plain(unit.path)})\n" if unit.path else ""
            else:
                gap = document.text[last.end : unit.start]
                section = f"(Section: {plain(unit.path)})\n" if unit.path != last.path and not unit.is_heading else ""
                # Between neighbours are white space, and the signs of a list.
                between = plain(gap) if len(gap.split()) <= 2 and len(gap) < 200 else f"\n[...]\n{section}"
            words = plain(document.text[unit.start : unit.end])
            lines.append(f"{between}{words}" if unit.is_heading else f"{between}[S{numbers[unit]}] {words}")
            last = unit
            lines += ["\n"] * (unit is self.chosen[-1])
        return "".join([*lines, "</document>"] if lines else [])


def _opening(document: Document) -> str:
    found = _DATE.search(document.text[:_DATE_WITHIN])
    date = f' date="{_attribute(found[1])}"' if found else ""
    return f'<document title="{_attribute(document.title)}" file="{_attribute(document.id)}"{date}>\n'


def _attribute(text: str) -> str:
    return plain(one_line(text)).replace('"', "'")


def plain(text: str) -> str:
    """Return text without what could pass for a number or a tag of the prompt."""
    return _FORGED_TAG.sub("\u2039", _FORGED_MARK.sub(r"(\1)", text))


def choose(
    spans: Sequence[tuple[str, int, int]],
    documents: Mapping[str, Document],
    room: int,
    wanted: Sequence[str] = (),
    most_whole: int = _MOST_WHOLE,
) -> Sources:
    """Choose what of the documents fits in a prompt.

    The sentences of the spans, best first, with two neighbours on each side; then whole documents, the best first; then
    more neighbours.

    Parameters
    ----------
    spans : sequence of (str, int, int)
        Document and span of each passage, best first.
    documents : mapping of str to Document
    room : int
        Tokens for the documents.
    wanted : sequence of str
        Ids of documents to give as a whole before all others, whatever the spans are.
    most_whole : int
        Most other documents to give as a whole.
    """
    order = list(dict.fromkeys([*wanted, *(name for name, _, _ in spans)]))
    units = {
        name: units_of(documents[name], [(start, end) for other, start, end in spans if other == name])
        for name in order
    }
    taken: dict[str, set[int]] = {name: set() for name in order}

    def take(name: str, positions: Iterable[int]) -> bool:
        """Take units, rows of a table with its header, if all of them fit."""
        nonlocal room
        listed = units[name]
        new = {position for position in positions if 0 <= position < len(listed)} - taken[name]
        headers = {listed[position].header for position in new} - {None}
        if headers:
            new |= {place for place, one in enumerate(listed) if one.start in headers} - taken[name]
        cost = sum(listed[position].tokens for position in new) + _HEADER_TOKENS * (not taken[name] and bool(new))
        if cost > room:
            return False
        taken[name] |= new
        room -= cost
        return True

    places = [(name, place) for name, start, end in spans for place in _touching(units[name], start, end)]
    for name, (first, last) in places:
        for more in (_NEIGHBOURS, 0):
            if take(name, range(first - more, last + more)):
                break
    whole = {name for name in wanted if take(name, range(len(units[name])))}
    for name in [name for name in order if name not in whole][:most_whole]:
        if len(documents[name].text) <= _LONGEST_PARSED and take(name, range(len(units[name]))):
            whole.add(name)
    for more in range(_NEIGHBOURS + 1, _MOST_NEIGHBOURS + 1):
        for name, (first, last) in places:
            take(name, (first - more, last + more - 1))
    # A long document that is wanted is given from its start, as far as it goes.
    for name in wanted if not spans else ():
        for position in range(len(units[name])):
            if not take(name, [position]):
                break
    chosen = [unit for name in order for place, unit in enumerate(units[name]) if place in taken[name]]
    return Sources(tuple(chosen), {name: documents[name] for name in order}, frozenset(whole))


def _touching(units: Sequence[Unit], start: int, end: int) -> list[Span]:
    """Return the position of the first unit that touches a span, and the one after the last; nothing if none does."""
    touching = [place for place, unit in enumerate(units) if unit.start < end and start < unit.end]
    return [(touching[0], touching[-1] + 1)] if touching else []
