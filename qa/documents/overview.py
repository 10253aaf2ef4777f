"""Document -> what a reader wants to know before asking: its length, sections, names and dates. No model."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from weakref import WeakKeyDictionary

from qa.documents.chunking import sentence_spans
from qa.documents.structure import Block, blocks, syntax_of
from qa.text.lexicon import BE, HAVE, MODALS, MONTHS, is_plural
from qa.text.spans import trim
from qa.types import Document, Span

WORDS_A_MINUTE = 238
"""Silent reading of English non-fiction: Brysbaert (2019), "How many words do we read per minute?"."""
MOST_MENTIONS = 8
"""Most names, and most dates, in an overview."""

# Lists of all articles are drawn often. Nothing of an article outlives it here.
_counted: WeakKeyDictionary[Document, int] = WeakKeyDictionary()

_RUNNING_HEADER = 3  # times; what stands on so many pages is no heading

_WORD = re.compile(r"(?:[A-Z]\.){2,}|[^\W\d_][^\W_]*(?:[.'\u2019&/-](?=\w)[^\W_]+)*|\d[\w.,]*\w|\d")
_POSSESSIVE = re.compile(r"['\u2019]s$")
_INSIDE_NAME = frozenset({"of", "de", "von", "van", "der", "la", "du", "di", "da", "del", "bin", "al"})
_DEMONYM = re.compile(
    r"(?:\w+-)?(?:\w{3,}(?:ese|[ie]ans?|cans?|ish|ern)|Irish|(?:French|German|Dutch|Greek|Swiss|Thai|Czech|Soviet|Roman)s?)"
)
_CALENDAR = re.compile(rf"(?:{MONTHS})|(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)days?")
_BETWEEN = re.compile(r"[^\S\n]|[^\S\n]?\n[^\S\n]?")
# A paragraph, list item or table row.
_BLOCK = re.compile(r"\S.*?(?=\n[^\S\n]*\n|\n[^\S\n]*(?:[-*+|#=\u2022]|\d{1,3}[.)])|\Z)", re.DOTALL)
_NEVER_NAMES = frozenset(
    """
    i the a an he she it they we you his her its their our my this that these those there here then both each every some
    most many one two three what when where which who why how yes no not if mr mrs ms dr prof vol fig table figure
    chapter section page
    """.split()  # noqa: SIM905 -- reads better as text
)

_YEAR = r"(?:1\d{3}|20\d{2})"
_DAY = r"[0-3]?\d(?:st|nd|rd|th)?"
_DATE = re.compile(
    rf"\b(?:(?:{MONTHS})\s{_DAY},?\s{_YEAR}|{_DAY}\s(?:{MONTHS}),?\s{_YEAR}|(?:{MONTHS}),?\s{_YEAR}|{_YEAR}s"
    rf"|{_YEAR}-[01]\d-[0-3]\d|{_YEAR})(?![\w%]|[.,]\d|-\w)"
)
_BARE_YEAR = re.compile(_YEAR)
_VERBS = BE | HAVE | MODALS | {"as"}
# "in 1858", "1858 and", "(1858": a bare number of four digits is a year only where one can stand.
_BEFORE_YEAR = re.compile(
    r"(?:\b(?:in|for|since|by|from|until|till|to|after|before|of|and|or|during|between|around|about|early|late|mid|circa|c\."
    r"|spring|summer|autumn|fall|winter|year|years|the|than)|[(\[,;/\u2013\u2014-])\s*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Section:
    """A heading.

    Attributes
    ----------
    heading : str
        Its text, without marks.
    start : int
        Where that text starts in the document, in code points.
    level : int
        From 1 to 6, as its marks or its numbering tell.
    """

    heading: str
    start: int
    level: int


@dataclass(frozen=True, slots=True)
class Mention:
    """A name or date.

    Attributes
    ----------
    text : str
        As first written: ``document.text[start:end]``.
    start, end : int
        Span of the first mention, in code points.
    count : int
        How often it is mentioned; a person's last name alone counts for the full name.
    """

    text: str
    start: int
    end: int
    count: int


@dataclass(frozen=True, slots=True)
class Overview:
    """What an article is like.

    Attributes
    ----------
    title : str
    words : int
    minutes : int
        Time to read it silently, at least 1.
    sections : tuple of Section
        In reading order, the title left out.
    names : tuple of Mention
        Most mentioned first, at most `MOST_MENTIONS`.
    dates : tuple of Mention
        The most mentioned, at most `MOST_MENTIONS`, in order of time.
    """

    title: str
    words: int
    minutes: int
    sections: tuple[Section, ...]
    names: tuple[Mention, ...]
    dates: tuple[Mention, ...]


def word_count(document: Document) -> int:
    """Return how many words a document has; counted once while it is held."""
    count = _counted.get(document)
    if count is None:
        count = _counted[document] = len(document.text.split())
    return count


def overview(document: Document) -> Overview:
    """Return the overview of a document in English; for other languages names and dates may be missing."""
    words = word_count(document)
    found = sections(document)
    return Overview(
        title=document.title,
        words=words,
        minutes=max(1, round(words / WORDS_A_MINUTE)),
        sections=tuple(section for section in found if section.heading.casefold() != document.title.casefold()),
        names=_names(document.text, found),
        dates=_dates(document.text),
    )


def sections(document: Document) -> tuple[Section, ...]:
    """Return the headings of a document in reading order, the title's included: those that the page shows as such."""
    found = [_section(document.text, block) for block in blocks(document) if block.kind == "heading"]
    often = Counter(section.heading for section in found)
    plain = syntax_of(document) == "plain"
    return tuple(section for section in found if not plain or often[section.heading] < _RUNNING_HEADER)


def _section(text: str, block: Block) -> Section:
    edges = [block.start, *(edge for hidden in block.hidden for edge in hidden), block.end]
    shown = (trim(text, start, end) for start, end in zip(edges[::2], edges[1::2], strict=True))
    start, end = next(span for span in shown if span[0] < span[1])
    return Section(text[start:end], start, block.level)


def _names(text: str, headings: Iterable[Section]) -> tuple[Mention, ...]:
    lower = frozenset(re.findall(r"\b[a-z][a-z]+\b", text))
    places: dict[str, list[Span]] = {}
    unsure: dict[str, list[Span]] = {}
    for sentence in _sentences(_without(text, headings)):
        for span, opens in _runs(text, sentence, lower):
            name = " ".join(text[slice(*span)].split())
            # One capitalised word that opens a sentence is a name only where it is one elsewhere.
            (unsure if opens and " " not in name else places).setdefault(name, []).append(span)
    known = set(places) | {word for name in places for word in name.split()}
    for name, spans in unsure.items():
        if name in known:
            places.setdefault(name, []).extend(spans)
    return _most_mentioned(text, _with_last_names(places))


def _without(text: str, headings: Iterable[Section]) -> str:
    """Return a text of the same length with line ends in place of the headings."""
    parts, cursor = [], 0
    for section in headings:
        end = section.start + len(section.heading)
        parts += [text[cursor : section.start], "\n" * len(section.heading)]
        cursor = end
    return "".join(parts) + text[cursor:]


def _sentences(text: str) -> Iterator[Span]:
    for block in _BLOCK.finditer(text):
        for start, end in sentence_spans(block[0]):
            yield block.start() + start, block.start() + end


def _runs(text: str, sentence: Span, lower: frozenset[str]) -> Iterator[tuple[Span, bool]]:
    """Yield the runs of capitalised words in a sentence, and whether a run opens it."""
    words = list(_WORD.finditer(text, *sentence))
    position = 0
    while position < len(words):
        first = position
        # What is written small elsewhere, or is no name anywhere, has its capital from the start of the sentence.
        if not words[first][0][0].isupper() or (
            words[first][0].lower() in (_NEVER_NAMES | lower if first == 0 else _NEVER_NAMES)
        ):
            position += 1
            continue
        last = first
        for following in range(first + 1, len(words)):
            word = words[following][0]
            if not _BETWEEN.fullmatch(text, words[following - 1].end(), words[following].start()) or (
                _POSSESSIVE.search(words[following - 1][0])
            ):
                break
            if word[0].isupper():
                last = following
            elif word not in _INSIDE_NAME:
                break
        position = last + 1
        possessive = _POSSESSIVE.search(words[last][0])
        end = words[last].end() - (len(possessive[0]) if possessive else 0)
        name = text[words[first].start() : end]
        if len(name) > 1 and not (first == last and (_DEMONYM.fullmatch(name) or _CALENDAR.fullmatch(name))):
            yield (words[first].start(), end), first == 0


def _with_last_names(places: Mapping[str, list[Span]]) -> dict[str, list[Span]]:
    """Return the places of each name; those of a last name alone go to the full name that is mentioned most."""
    full: dict[str, str] = {}
    for name in sorted(places, key=lambda name: -len(places[name])):
        if " " in name:
            full.setdefault(name.split()[-1], name)
    together: dict[str, list[Span]] = {}
    for name, spans in places.items():
        together.setdefault(full.get(name, name), []).extend(spans)
    return together


def _dates(text: str) -> tuple[Mention, ...]:
    places: dict[str, list[Span]] = {}
    for found in _DATE.finditer(text):
        if not _BARE_YEAR.fullmatch(found[0]) or _is_year(text, *found.span()):
            places.setdefault(" ".join(found[0].split()), []).append(found.span())
    return tuple(sorted(_most_mentioned(text, places), key=lambda date: (_time(date.text), date.start)))


def _is_year(text: str, start: int, end: int) -> bool:
    following = re.match(r"\s([a-z]+)", text[end : end + 40])
    counts = following is not None and following[1] not in _VERBS and is_plural(following[1])
    return not counts and _BEFORE_YEAR.search(text[max(0, start - 20) : start]) is not None


def _time(date: str) -> tuple[int, int, int]:
    """Return year, month and day, 0 where the date does not say."""
    year = int(re.findall(_YEAR, date)[-1])
    if re.fullmatch(r"\d{4}-\d\d-\d\d", date):
        return int(date[:4]), int(date[5:7]), int(date[8:])
    month = re.search(MONTHS, date)
    day = re.search(r"\b\d\d?(?!\d)", date)
    return year, MONTHS.split("|").index(month[0]) + 1 if month else 0, int(day[0]) if day else 0


def _most_mentioned(text: str, places: Mapping[str, list[Span]]) -> tuple[Mention, ...]:
    mentions = [Mention(text[slice(*min(spans))], *min(spans), len(spans)) for spans in places.values()]
    return tuple(sorted(mentions, key=lambda mention: (-mention.count, mention.start))[:MOST_MENTIONS])
