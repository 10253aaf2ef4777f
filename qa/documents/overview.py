"""Overview of a document: length, sections, names and dates, found without a model."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from qa.documents.structure import Block, blocks, heading_span, parts
from qa.text.dates import MONTHS, WEEKDAYS, date_key, dates
from qa.text.lines import one_line
from qa.text.names import capitals, names, opens_sentence
from qa.text.spans import trim
from qa.types import Document, Span

WORDS_PER_MINUTE = 238
"""Silent reading speed for English non-fiction: Brysbaert (2019), "How many words do we read per minute?"."""
MAX_MENTIONS = 8  # names in an overview, and as many dates

# Lists of all articles are rendered often.
_counted: WeakKeyDictionary[Document, int] = WeakKeyDictionary()

# "Britain's Royal Navy" is two names, and so is "Roe of the Royal Society".
_PART_OF_NAME = re.compile(r"(?![a-z])\w.*?(?=['\u2019]s?\s|\s(?:\w+\s)?the\s|$)", re.DOTALL)
_FIRST_WORD = re.compile(r"(?P<word>[^\s_]+)\s*")
_NO_NAME_ALONE = re.compile(
    r"(?:\w+-)?(?:\w{3,}(?:ese|[ie]ans?|cans?|ish|ern)|Irish|(?:French|German|Dutch|Greek|Swiss|Thai|Czech|Soviet|Roman)s?)"
    rf"|{MONTHS}|(?:{WEEKDAYS})s?|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec|Mon|Tues?|Wed|Thu|Fri|Sat"
    r"|\w+-(?:specific|free|based|like|style|related|only|led|type|wide)"
)
_WORD = re.compile(r"[^\W_]")
_LOWER_CASE = re.compile(r"(?<![\w@./-])[a-z]{2,}+(?![\w@]|\.\w)")  # no part of an address
_ABBREVIATED = re.compile(r"\b(?:[A-Z]\.)+[A-Z]\Z")
_LINE = re.compile(r"[^\n]+")
_MAX_WRAPPED_LINES = 2
_RULE = re.compile(r"[\s|:+-]+")
_NEVER_NAMES = frozenset(
    """
    i the a an he she it they we you his her its their our my this that these those there here then both each every some
    most many one two three what when where which who why how yes no not if mr mrs ms dr prof vol fig table figure
    chapter section page hi hello dear hey
    """.split()  # noqa: SIM905 -- reads better as text
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading."""

    heading: str  # without marks
    start: int  # of that text in the document, in code points
    level: int  # 1 to 6, from its marks or numbering


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or date: its first mention, ``document.text[start:end]``, and the number of mentions."""

    text: str
    start: int
    end: int
    count: int  # a person's last name alone counts as a mention of the full name


@dataclass(frozen=True, slots=True)
class Overview:
    """The length, sections, names and dates of an article; at most `MAX_MENTIONS` of each of the latter."""

    title: str
    words: int
    minutes: int  # to read it silently, at least 1
    sections: tuple[Section, ...]  # in reading order, without the title
    names: tuple[Mention, ...]  # most mentioned first
    dates: tuple[Mention, ...]  # the most mentioned, in chronological order


def word_count(document: Document) -> int:
    """Return the number of words of a document, cached as long as the document is in use."""
    count = _counted.get(document)
    if count is None:
        count = _counted[document] = len(document.text.split())
    return count


def overview(document: Document, most: int = MAX_MENTIONS) -> Overview:
    """Return the overview of a document, with at most so many names, and dates.

    In languages other than English, some of them may be missing.
    """
    words, found = word_count(document), list(blocks(document))
    return Overview(
        title=document.title,
        words=words,
        minutes=max(1, round(words / WORDS_PER_MINUTE)),
        sections=tuple(
            one for one in _sections(document.text, found) if one.heading.casefold() != document.title.casefold()
        ),
        names=_names(document.text, found, most),
        dates=_dates(document.text, found, most),
    )


def sections(document: Document) -> tuple[Section, ...]:
    """Return the headings of a document in reading order, including the title."""
    return tuple(_sections(document.text, blocks(document)))


def section_span(document: Document, heading: str) -> Span:
    """Return the span of the text below a heading, up to the next one of its level; empty if there is none."""
    text, start, level = document.text, len(document.text), 0
    for block in blocks(document):
        if block.kind == "heading" and level and block.level <= level:
            return trim(text, start, block.start)
        if block.kind == "heading" and not level and text[slice(*heading_span(text, block))] == heading:
            start, level = block.end, block.level
    return trim(text, start, len(text))


def _sections(text: str, found: Iterable[Block]) -> Iterator[Section]:
    for block in found:
        if block.kind == "heading":
            start, end = heading_span(text, block)
            yield Section(text[start:end], start, block.level)


def _names(text: str, found: Iterable[Block], most: int) -> tuple[Mention, ...]:
    lower = frozenset(_LOWER_CASE.findall(text))
    read = [
        (first.start(), text[first.start() : end])
        for block in found
        for start, end in _read(text, block)
        if (first := _WORD.search(text, start, end))
    ]
    inside = capitals(part for _, part in read)
    occurrences: dict[str, list[Span]] = {}
    unsure: dict[str, list[Span]] = {}
    for offset, part in read:
        for (start, end), opens in _mentions(part, inside, lower):
            span = offset + start, offset + end
            name = one_line(text[slice(*span)])
            # A single word at the start of a sentence is a name only if it is one elsewhere too.
            (unsure if opens and " " not in name else occurrences).setdefault(name, []).append(span)
    known = set(occurrences) | {word for name in occurrences for word in name.split()}
    for name in unsure.keys() & known:
        occurrences.setdefault(name, []).extend(unsure[name])
    return _most_mentioned(text, _with_last_names(occurrences), most)


def _read(text: str, block: Block) -> list[Span]:
    """Return the parts of a block that may mention names: no heading, code or header of a table."""
    if block.kind == "heading" or _is_code(text, block):
        return []
    # Two lines may be one that was wrapped: "New\nYork".
    if block.kind == "lines" and len(lines := list(_LINE.finditer(text, block.start, block.end))) > _MAX_WRAPPED_LINES:
        return [line.span() for line in lines]
    found = parts(text, block)
    ruled = block.kind == "table" and len(found) > 1 and _RULE.fullmatch(text, *found[1])
    return found[2:] if ruled else found


def _is_code(text: str, block: Block) -> bool:
    """Return whether a block is preformatted, except for the fields at the start of a file or message."""
    return block.kind == "preformatted" and not text.startswith(("---", "+++"), block.start)


def _mentions(text: str, known: Set[str], lower: Set[str]) -> Iterator[tuple[Span, bool]]:
    """Yield the span of each name, and whether it opens a sentence; days and nationalities are no names."""
    for whole in names(text, known, wide=True):
        for part in _PART_OF_NAME.finditer(text, whole.start, whole.end):
            start, end = part.span()
            opens, first = opens_sentence(text, start), _FIRST_WORD.match(part[0])
            if first and first["word"].lower() in (_NEVER_NAMES | lower if opens else _NEVER_NAMES):
                start, opens = start + first.end(), False
                # "Use of Hard-coded Password"
                while start < end and text[start].islower() and (first := _FIRST_WORD.match(text, start, end)):
                    start = first.end()
            # A label, "Date:", or a word after a time, "[00:01] Welcome", may be no name either.
            opens = opens or text[end : end + 1] == ":" or text[max(0, start - 2) : start].rstrip()[-1:] == "]"
            if _ABBREVIATED.search(text, start, end) and text[end : end + 1] == ".":
                end += 1
            if end - start > 1 and not _NO_NAME_ALONE.fullmatch(text, start, end):
                yield (start, end), opens


def _with_last_names(occurrences: Mapping[str, list[Span]]) -> dict[str, list[Span]]:
    """Return the spans of each name; a last name counts for the most mentioned full name with it."""
    full: dict[str, str] = {}
    for name in sorted(occurrences, key=lambda name: -len(occurrences[name])):
        if " " in name:
            full.setdefault(name.split()[-1], name)
    together: dict[str, list[Span]] = {}
    for name, spans in occurrences.items():
        together.setdefault(full.get(name, name), []).extend(spans)
    return together


def _dates(text: str, found: Iterable[Block], most: int) -> tuple[Mention, ...]:
    occurrences: dict[str, list[Span]] = {}
    code = [block for block in found if _is_code(text, block)]
    ends = [block.end for block in code]
    for start, end in dates(text):
        after = bisect_right(ends, start)
        if after == len(code) or start < code[after].start:
            occurrences.setdefault(one_line(text[start:end]), []).append((start, end))
    return tuple(sorted(_most_mentioned(text, occurrences, most), key=lambda date: (date_key(date.text), date.start)))


def _most_mentioned(text: str, occurrences: Mapping[str, list[Span]], most: int) -> tuple[Mention, ...]:
    mentions = [Mention(text[slice(*min(spans))], *min(spans), len(spans)) for spans in occurrences.values()]
    return tuple(sorted(mentions, key=lambda mention: (-mention.count, mention.start))[:most])
