"""A language model's reply, complete or partial -> its sentences, each with the passages that it cites."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from qa.documents.chunking import sentence_spans
from qa.types import Span

_NUMBERS = r"\d{1,3}(?:\s*(?:,|;|and|&|-|\u2013)\s*(?:passages?\s+)?\d{1,3})*"
# The look behind keeps a long run of spaces from being tried from each of its spaces.
_MARK = re.compile(rf"(?:(?<!\s)\s+)?\[\s*(?:passages?\s+|sources?\s+|#)?({_NUMBERS})\s*\]", re.IGNORECASE)
# A mark after the full stop belongs to the sentence before it.
_BEHIND = re.compile(rf"([.!?\u2026][\"'\u201d\u2019)]*)((?:{_MARK.pattern})+)", re.IGNORECASE)
_HALF_A_MARK = re.compile(r"(?:(?<!\s)\s+)?\[[^\[\]]{0,40}$")
_LIST_SIGN = re.compile(r"^\s*(?:[-*\u2022]|#{1,6}|\d{1,2}[.)])\s+")
_EMPHASIS = re.compile(r"\*\*|__")
_OPENED_BY = {")": "(", "]": "[", "\u201d": "\u201c", '"': '"'}
_MOST_NAMED = 8  # passages that one mark names: "[1-400]" names none


@dataclass(frozen=True, slots=True)
class CitedSentence:
    """One sentence of a reply.

    Attributes
    ----------
    text : str
        Without its marks, and without signs of a list or of emphasis.
    named : tuple of int
        Numbers of the passages that it cites, in order, as written: some may not exist.
    """

    text: str
    named: tuple[int, ...]


def sentences(reply: str, *, ended: bool) -> tuple[list[CitedSentence], str]:
    """Return the complete sentences of a reply, and the words after them.

    Parameters
    ----------
    reply : str
    ended : bool
        Whether the reply is complete, and so its last sentence too.
    """
    # The mark of a line's last sentence may still follow.
    text = reply if ended else _HALF_A_MARK.sub("", reply).rstrip()
    text = _EMPHASIS.sub("", _BEHIND.sub(lambda behind: behind[2] + behind[1], text))
    found: list[CitedSentence] = []
    pending = ""
    lines = text.split("\n")
    for number, line in enumerate(lines):
        bare = _LIST_SIGN.sub("", line)
        spans = sentence_spans(bare)
        whole = len(spans) if ended or number < len(lines) - 1 else _whole(bare, spans)
        found += [_parse_sentence(bare[start:end]) for start, end in spans[:whole]]
        pending = _parse_sentence(bare[spans[whole][0] :]).text if whole < len(spans) else ""
    return [one for one in found if re.search(r"\w", one.text)], pending


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


def _parse_sentence(sentence: str) -> CitedSentence:
    named: list[int] = []
    for mark in _MARK.finditer(sentence):
        named += _named(mark[1])
    return CitedSentence(" ".join(_MARK.sub("", sentence).split()), tuple(dict.fromkeys(named)))


def _named(numbers: str) -> list[int]:
    found: list[int] = []
    for part in re.split(r",|;|and|&", numbers, flags=re.IGNORECASE):
        ends = [int(number) for number in re.findall(r"\d+", part)]
        found += range(ends[0], ends[-1] + 1) if ends else ()
        if len(found) > _MOST_NAMED:
            return []
    return found
