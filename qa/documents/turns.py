"""Who says what in a document: minutes, transcripts, plays, chats and mails -> turns.

A turn starts with a label: ``Anna:``, ``**Anna:**``, ``ANNA.`` on a line of its own, ``<anna>``, or, as a list item of
minutes, ``- Anna``, ``- Anna, we could wait`` and ``- Anna - we could wait``. It ends where the next one starts, at a
heading or, in a list, at the next item that is not below it. In mail, "Anna wrote:" tells who says the quoted lines
below, and "From: Anna" in the headers who says the others.

A document has turns if two labels or more occur twice: "Note:" and "Price:" are labels, too, and a speaker is somebody
whom the question names.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from qa.documents.structure import blocks, heading_span
from qa.text.lines import BULLETS
from qa.text.spans import trim
from qa.types import Document

# "TO ANN." is above a letter to her.
_WORD = r"[A-Z][^\W_]*(?:[.'\u2019/-][^\W_]+)*\.?"
_NAME = rf"(?!TO ){_WORD}(?: (?:{_WORD}|de|van|von|der|and|&)){{0,3}}"
_TIME = r"[\[(]?\d{1,2}:\d{2}(?::\d{2})?(?:[.,]\d{1,3})?(?: ?[AaPp][Mm])?[\])]?[ \t]+(?:-[ \t]+)?"
_LABEL = re.compile(
    rf"^(?P<indent>[ \t]*)(?P<item>[{BULLETS}][ \t]+)?(?:{_TIME})?"
    r"(?:<[ \t@+]?(?P<nick>[^\s<>]{1,30})>[ \t]+"
    rf"|(?P<mark>\*\*|__)(?P<bold>{_NAME})(?::(?P=mark)|(?P=mark):)[ \t]*"
    rf"|(?P<plain>{_NAME}):(?=[ \t]|$)"
    rf"|(?P<played>{_NAME})\.(?:[ \t]{{2,}}(?=\S)|[ \t]+(?=[\[(])|[ \t]*$(?<![a-z]\.)(?<![a-z]\.[ \t]))"
    rf"|(?P<listed>{_NAME})(?:,[ \t]|[ \t][-\u2013\u2014][ \t]|[ \t]*$))",
    re.MULTILINE,
)
_ITEM = re.compile(rf"^(?P<indent>[ \t]*)(?:[{BULLETS}]|\d{{1,3}}[.)])[ \t]+(?P<words>[^\n]*)", re.MULTILINE)
_FROM = re.compile(r"(?:>[ ]?)*From: *\"?(?P<name>[^\"<\n]+)")
_HEADER = re.compile(r"[A-Z][\w-]*: |-+$")
_WROTE = re.compile(r"(?:.*[,>:\d]|On|Am)? *\"?(?P<name>[^\W\d_][^\"<>,:\d\n]{0,60}?)\"? *(?:<[^<>\n]*> *)?wrote:")
_QUOTED = re.compile(r"(?:>[ ]?)*")
_REMARK = re.compile(r"\s*[_*]{0,2}[\[(][^\[\]()]*[\])][_*]{0,2}\s*")  # "[laughter]"
_LETTER = re.compile(r"[^\W\d_]")
_JOINED = re.compile(r"\s+(?:and|&)\s+|/")
_MIN_RECURRING = 2  # labels that occur so often, or more, and the number of these labels


class Turn(NamedTuple):
    """What a person says at one time.

    Attributes
    ----------
    speaker : str
        As in the label; several names are separated by "/" or "and".
    start, end : int
        Its span in the document, with the label.
    words : int
        Where what is said starts.
    above : str
        The heading above it, and the items that it is below.
    """

    speaker: str
    start: int
    words: int
    end: int
    above: str = ""

    def is_by(self, name: str) -> bool:
        """Return whether a name, in full or in part, is that of the speaker."""
        asked = name.lower().split()
        return any(_same(asked, one.lower().split()) for one in _JOINED.split(self.speaker))


@lru_cache(maxsize=16)  # asked for by each span of a question
def turns(document: Document) -> tuple[Turn, ...]:
    """Return the turns of a document, in order; empty if it is no conversation."""
    return (*_messages(document.text),) or (*_labelled(document),)


def _same(asked: list[str], speaker: list[str]) -> bool:
    """Return whether one of two names contains the other; "Ann L" may be Ann Lee."""
    shorter, longer = sorted((asked, speaker), key=len)
    return bool(shorter) and all(
        any(one == other or (n and _is_initial(one, other)) for other in longer) for n, one in enumerate(shorter)
    )


def _is_initial(one: str, other: str) -> bool:
    first, second = sorted((one.strip("."), other.strip(".")), key=len)
    return len(first) == 1 and second.startswith(first)


def _labelled(document: Document) -> Iterator[Turn]:
    text = document.text
    # Outside a list, "Anna, who ..." is no label.
    labels = {one.start(): one for one in _LABEL.finditer(text) if one["item"] or not one["listed"]}
    counts = Counter(map(_speaker, labels.values()))
    if sum(count >= _MIN_RECURRING for count in counts.values()) < _MIN_RECURRING:
        return
    headings = {block.start: block for block in blocks(document) if block.kind == "heading"}
    items = {one.start(): one for one in _ITEM.finditer(text)}
    heading = ""
    path: list[tuple[int, str]] = []  # the indent and text of the items that a line is below
    said: tuple[re.Match[str], str] | None = None  # the label of the turn that goes on, and what is above it
    for start in sorted({*labels, *headings, *items}):
        label, item = labels.get(start), items.get(start)
        # In plain text, a short line is taken for a heading, although it is what is said.
        if start in headings and (label or (said and not text[said[0].end() : start].strip())):
            del headings[start]
        indent = len(item["indent"]) if item else 0
        ends = label or start in headings or (said and said[0]["item"] and indent <= len(said[0]["indent"]))
        if said and ends:
            yield from _turn(text, *said, start)
            said = None
        if start in headings:
            heading, path = text[slice(*heading_span(text, headings[start]))], []
        if item:
            path = [one for one in path if one[0] < indent]
        if label:
            said = label, "\n".join([heading, *(words for _, words in path)])
        if item:
            path.append((indent, item["words"]))
    if said:
        yield from _turn(text, *said, len(text))


def _turn(text: str, label: re.Match[str], above: str, end: int) -> Iterator[Turn]:
    """Yield the turn of a label unless nothing is said."""
    start, end = trim(text, label.start(), end)
    words = trim(text, label.end(), end)[0]
    last = text.rfind("\n\n", words, end)
    if last > 0 and _REMARK.fullmatch(text, last, end):
        end = trim(text, words, last)[1]
    below = _ITEM.match(text, text.rfind("\n", 0, words) + 1)
    # "- Anna" may be a participant: what she says is in the items below.
    is_only_name = label["listed"] and "\n" in text[label.end() - 1 : words]
    # "A. LEE." above "241." is the end of a letter.
    if _LETTER.search(text, words, end) and not (
        is_only_name and (below is None or len(below["indent"]) <= len(label["indent"]))
    ):
        yield Turn(_speaker(label), start, words, end, above)


def _speaker(label: re.Match[str]) -> str:
    names: tuple[str | None, ...] = label.group("nick", "bold", "plain", "played", "listed")
    return next(filter(None, names))


def _messages(text: str) -> Iterator[Turn]:
    """Yield what the senders of messages, and those whom they quote, say."""
    speakers: dict[int, str] = {}  # by the number of marks before a line
    found: list[Turn] = []
    offset, in_headers, subject = 0, False, ""
    for line in text.splitlines(keepends=True):
        marks = _QUOTED.match(line)
        depth = marks[0].count(">") if marks else 0
        words = line[marks.end() if marks else 0 :].strip()
        if sender := _FROM.match(line):
            speakers = {n: one for n, one in speakers.items() if n < depth} | {depth: sender["name"].strip()}
            in_headers = True
        elif wrote := words.endswith("wrote:") and _WROTE.fullmatch(words):
            speakers = {n: one for n, one in speakers.items() if n <= depth} | {depth + 1: wrote["name"].strip()}
        elif words.startswith("#") and not depth:
            subject = words.lstrip("# ")
        elif words and depth in speakers and not (in_headers and _HEADER.match(words)):
            in_headers = False
            start, end, speaker = offset + line.index(words), offset + len(line.rstrip()), speakers[depth]
            if found and found[-1].speaker == speaker:
                found[-1] = found[-1]._replace(end=end)
            else:
                found.append(Turn(speaker, start, start, end, subject))
        offset += len(line)
    yield from found
