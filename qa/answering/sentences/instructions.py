"""Find the instructions of a paragraph, the sentences that say what to do, and the code that a sentence announces."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.lists.item_blocks import blocks_around
from qa.answering.lists.search import Items
from qa.answering.questions.asked_terms import asked_terms, share_of
from qa.answering.tables.lookup import asking_terms
from qa.documents.chunking import sentence_spans
from qa.documents.structure import blocks, heading_span
from qa.protocols import AnswerSpan
from qa.text.lexicon import AUXILIARIES, is_base
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MAX_INSTRUCTIONS = 12
_MAX_CODE_CHARACTERS = 2_000
_MAX_MARKS = 10  # of emphasis after the colon that announces code
_MIN_HEADING_SHARE = 0.5
_OPENING = re.compile(
    r"(?:(?:first|then|now|next|finally|always)\b,?\s+)?(?:(?:never|do not|don['\u2019]t)\s+)?", re.IGNORECASE
)
_RUN_IN = re.compile(r"\s*(?P<line>\*\*[^*\n]+\*\*|[A-Z][^\n.:;?!|]{3,60}(?<! ))[^\S\n]*\n(?=\s*[A-Z])")
_MIN_SHARED_TERMS = 2
_WORDS = re.compile(r"([^\W\d_]+)(?:\s+([^\W\d_]+))?")


def below_problem(question: str, document: Document, span: AnswerSpan) -> tuple[Span, Span] | None:
    """Return the paragraph of a span, and its rest, if its first line is the problem asked about: "The tap drips"."""
    text, asked = document.text, {*terms(question)} - asking_terms()
    for block in blocks_around(document, span.excerpt):
        heading = _RUN_IN.match(text, block.start, block.end) if block.start <= span.start < block.end else None
        if heading is None or block.kind not in {"paragraph", "lines"}:
            continue
        own = {*terms(heading["line"])}
        if len(own & asked) >= _MIN_SHARED_TERMS and (own <= asked or asked <= own):
            return trim(text, block.start, block.end), trim(text, heading.end(), block.end)
    return None


def instructions(question: str, document: Document, span: AnswerSpan) -> Items | None:
    """Return the instructions around a span, one after the other in its paragraph.

    None if there is only one, or if the heading of the paragraph does not name the task.
    """
    text, heading = document.text, ""
    for block in blocks_around(document, span.excerpt):
        if block.kind == "heading":
            heading = text[slice(*heading_span(text, block))]
        elif block.start <= span.start < block.end:
            if block.kind != "paragraph" or share_of(heading, asked_terms(question)[0]) < _MIN_HEADING_SHARE:
                return None
            items = _run(document, (block.start, block.end), span.start)
            whole = (items[0][0], items[-1][1]) if items else (0, 0)
            return Items(document.id, tuple(items), whole) if 1 < len(items) <= _MAX_INSTRUCTIONS else None
    return None


def code_after(document: Document, end: int) -> int | None:
    """Return the end of the code that a sentence with a colon at its end announces: "Run:"; None without any."""
    text = document.text
    if not _announces(text[max(0, end - _MAX_MARKS) : end]):
        return None
    start = text.find("\n", end) + 1
    if not start or text[end:start].strip():
        return None
    found = None
    for block in blocks(document, start, min(len(text), start + _MAX_CODE_CHARACTERS)):
        if block.kind == "preformatted":
            found = trim(text, block.start, block.end)[1]
        # "Run the following:" may be followed by "First, stop the server:".
        elif block.kind != "blank" and (found or not _announces(text[block.start : block.end])):
            break
    return found


def _announces(text: str) -> bool:
    return text.rstrip("*_ \n").endswith(":")


def is_code(document: Document, span: AnswerSpan) -> bool:
    """Return whether a span is in a block of code."""
    return _is_in(_code_around(document, span.excerpt), span.start)


def without_code(document: Document, passage: Passage) -> Passage:
    """Return a passage without the sentences that are in blocks of code."""
    code = _code_around(document, (passage.start, passage.end))
    return replace(passage, sentences=tuple(one for one in passage.sentences if not _is_in(code, one.start)))


def _code_around(document: Document, span: Span) -> list[Span]:
    return [(one.start, one.end) for one in blocks_around(document, span) if one.kind == "preformatted"]


def _is_in(spans: Sequence[Span], offset: int) -> bool:
    return any(start <= offset < end for start, end in spans)


def _run(document: Document, paragraph: Span, offset: int) -> list[Span]:
    """Return the consecutive instructions of a paragraph, one of which contains the offset."""
    found: list[Span] = []
    for first, last in sentence_spans(document.text[slice(*paragraph)], document.language):
        start, end = paragraph[0] + first, paragraph[0] + last
        if _is_instruction(document.text[start:end]):
            found.append((start, end))
        elif found and start > offset:
            break
        else:
            found = []
    return found if found and found[0][0] <= offset < found[-1][1] else []


def _is_instruction(sentence: str) -> bool:
    """Return whether a sentence begins with a verb in its base form; "Water comes from tanks" does not."""
    words = _WORDS.match(_OPENING.sub("", sentence, count=1))
    if words is None or not is_base(words[1].lower()):
        return False
    following = (words[2] or "").lower()
    return following not in AUXILIARIES and not (following.endswith("s") and is_base(following[:-1]))
