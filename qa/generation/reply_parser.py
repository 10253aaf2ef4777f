"""A language model's reply, complete or partial -> its sentences, items and code, each with the numbers it names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.claims import Opens
from qa.documents.chunking import sentence_spans
from qa.types import Span

# White space after "S" alone: two ways to match a space would take exponential time.
_ONE = r"\^?(?:S\s?)?\d{1,4}"
_LISTED = rf"{_ONE}(?:\s*(?:,|;|and|&|-|\u2013|\u2014|to)\s*{_ONE})*"
_WITH_S = _LISTED.replace(r"(?:S\s?)?", r"S\s?", 1)
# "[S1, S2]", "[S1-S3]", "(S1)", "[1]". The look behind keeps a long run of spaces from being tried from each of them.
_MARK = re.compile(
    rf"(?:(?<!\s)\s+)?(?:[\[\u3010]\s*(?:sources?\s+|sentences?\s+)?({_LISTED})\s*[\]\u3011]|\(\s*({_WITH_S})\s*\))",
    re.IGNORECASE,
)
# A mark after the full stop belongs to the sentence before it.
_BEHIND = re.compile(rf"([.!?\u2026:][\"'\u201d\u2019)]*)((?:{_MARK.pattern})+)", re.IGNORECASE)
_HALF_A_MARK = re.compile(r"(?:(?<!\s)\s+)?(?:[\[\u3010][^\[\]\n]{0,40}|\([\sS\d,;\u2013-]{0,40})$")
_SIGN = re.compile(r"[^\S\n]*(?:(?P<bullet>[-*+\u2022])|(?P<step>\d{1,3})[.)]|(?P<heading>#{1,6}))[^\S\n]+")
_FENCE = re.compile(r"[^\S\n]*(```+|~~~+)")
_BOLD_LINE = re.compile(r"\s*(?:\*\*|__)([^*_\n]{1,120}?):?(?:\*\*|__):?\s*")
_EMPHASIS = re.compile(r"\*\*|(?<!\w)__(?=\S)|(?<=\S)__(?!\w)")
_RULE = re.compile(r"[\s|:_*=-]*")
_OPENED_BY = {")": "(", "]": "[", "\u201d": "\u201c", '"': '"'}
_MOST_NAMED = 24  # units that one sentence names: "[S1-S400]" names none


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence, list item, heading or block of code of a reply.

    Attributes
    ----------
    text : str
        Without its numbers, and without signs of a list or of emphasis.
    named : tuple of int
        The numbers that it names, in order, as written: some may not exist.
    opens : str
    number : int
        See `qa.claims.Claim`.
    """

    text: str
    named: tuple[int, ...] = ()
    opens: Opens = ""
    number: int = 0


def sentences(reply: str, *, ended: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a reply, and the words after them.

    Parameters
    ----------
    reply : str
    ended : bool
        Whether the reply is complete, and so its last sentence too.
    """
    # The numbers of a line's last sentence may still follow.
    text = reply if ended else _HALF_A_MARK.sub("", reply).rstrip()
    text = _BEHIND.sub(lambda behind: behind[2] + behind[1], text)
    found: list[CitedSentence] = []
    pending = ""
    opens: Opens = "paragraph"
    lines = text.split("\n")
    code: list[str] | None = None
    fence = ""
    for place, line in enumerate(lines):
        last = place == len(lines) - 1 and not ended
        if code is not None:
            if line.strip().startswith(fence) and not line.strip().strip(fence[0]):
                found.append(CitedSentence("\n".join(code), (), "code"))
                code, opens = None, "paragraph"
            else:
                code.append(line)
            continue
        if opened := _FENCE.match(line):
            code, fence = [], opened[1]
            continue
        if not line.strip():
            opens = "paragraph"
            continue
        new, pending = _line(line, opens, last=last)
        found += new
        opens = "paragraph" if new and new[-1].opens == "heading" else ""
    if code and ended:
        found.append(CitedSentence("\n".join(code), (), "code"))
    elif code is not None:
        pending = "\n".join(code)
    return [one for one in found if re.search(r"\w", one.text)], pending


def _line(line: str, opens: Opens, *, last: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a line, and the words after them if it is the last of an unfinished reply."""
    if _RULE.fullmatch(line):
        return [], ""
    number = 0
    if bold := None if last else _BOLD_LINE.fullmatch(line):
        return [CitedSentence(bold[1].strip(), (), "heading")], ""
    if sign := _SIGN.match(line):
        line = line[sign.end() :]
        opens = "bullet" if sign["bullet"] else "step" if sign["step"] else "heading"
        number = int(sign["step"] or 0)
    elif line.lstrip().startswith("|"):
        opens = "paragraph"
    bare = _EMPHASIS.sub("", line)
    spans = [(0, len(bare))] if opens == "heading" else sentence_spans(bare)
    whole = _whole(bare, spans) if last else len(spans)
    found = [
        _sentence(bare[start:end], opens if not place else "", 0 if place else number)
        for place, (start, end) in enumerate(spans[:whole])
    ]
    rest = _sentence(bare[spans[whole][0] :], "", 0).text if whole < len(spans) else ""
    if found and not re.search(r"\w", found[0].text) and len(found) > 1:
        found[1] = CitedSentence(found[1].text, found[1].named, found[0].opens, found[0].number)
    return found, rest


def _whole(line: str, spans: Sequence[Span]) -> int:
    """Return how many sentences of an unfinished line are complete.

    The last is not, nor one with an open bracket or quotation mark: once that closes, all inside is one sentence.
    """
    opened: dict[str, int] = {}
    for offset, sign in enumerate(line):
        if _OPENED_BY.get(sign) in opened:
            del opened[_OPENED_BY[sign]]
        elif sign in _OPENED_BY.values():
            opened.setdefault(sign, offset)
    first = min(opened.values(), default=len(line))
    return sum(end <= first for _, end in spans[:-1])


def _sentence(sentence: str, opens: Opens, number: int) -> CitedSentence:
    named: list[int] = []
    for mark in _MARK.finditer(sentence):
        named += _named(mark[1] or mark[2])
    text = " ".join(_MARK.sub("", sentence).split())
    return CitedSentence(text, tuple(dict.fromkeys(named)) if len(named) <= _MOST_NAMED else (), opens, number)


def _named(numbers: str) -> list[int]:
    found: list[int] = []
    for part in re.split(r",|;|and|&", numbers, flags=re.IGNORECASE):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        found += range(ends[0], min(ends[-1], ends[0] + _MOST_NAMED) + 1) if ends else ()
    return found
