"""Find a list that is told in prose: the sub-headings or the sentences of a section, or of a paragraph."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from qa.answering.lists.item_blocks import blocks_around
from qa.answering.lists.search import Items
from qa.answering.questions.asked_terms import DUTY, asked_terms, normalised_terms, share_of
from qa.answering.subjects.other_subject import is_opposite
from qa.documents.chunking import sentence_spans
from qa.documents.structure import Block, heading_span
from qa.protocols import AnswerSpan
from qa.text.numbers import numbers
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MAX_PASSAGES = 5
_MIN_ITEMS, _MAX_ITEMS = 2, 12
_MAX_TOPIC_CHARACTERS = 90  # of a sentence that says what its paragraph is about
_MIN_SHARE = 0.5  # of the question's terms in what announces the list, and the other way round
_GOES_ON = re.compile(
    r"(?:he|she|it|they|this|these|that|those|his|her|its|their|both|neither|none|(?:all|each)\s+of)\b", re.IGNORECASE
)
# What follows the noun restricts nothing: "Which programmes does the machine have?".
_OPEN = re.compile(
    r"\b(?:(?:are|were)\s+(?:there|available|offered|possible)|(?:do|does|did|can)\b.+\b(?:have|offer|use|provide|sell|choose))"
    r"\W*$",
    re.IGNORECASE,
)
_NUMBERING = re.compile(r"^\W*\d+(?:\.\d+)*[.)]?\s+")
_WHO = re.compile(r"\W*(?:who|whom|what)\b", re.IGNORECASE)
_SEVERAL = re.compile(
    r"\b(?:several|many|some|various|different|few|both|all|other|others|every(?:body|one))\b", re.IGNORECASE
)


def prose_list(
    question: str, passages: Sequence[Passage], documents: Mapping[str, Document]
) -> tuple[Items, Sequence[Span]] | None:
    """Return what a section or paragraph lists whose heading or first sentence names the things asked for.

    The excerpts that contain the items are returned as well. None if the question restricts the things to some of the
    items. If it has no noun ("Who ...?", not "Which fees ...?"), the sentence must speak of several.
    """
    asked, nouns = asked_terms(question)
    if _OPEN.search(question):
        asked = nouns
    several = not nouns and _WHO.match(question) is not None
    # Without a noun, only the best passage is near enough.
    searched = _MAX_PASSAGES if nouns else int(several)
    best: tuple[Items, Sequence[Span]] | None = None
    for passage in passages[:searched]:
        document = documents[passage.document_id]
        title = {*terms(document.title)}
        # "the line management principles", in a text about line management
        key_terms = nouns - title or asked
        for announcement, items, excerpts in _announced(document, (passage.start, passage.end)):
            announced = normalised_terms(announcement)
            share = len(asked & (announced | title)) / max(1, len(asked))
            whole = share_of(announcement, asked)
            if several and not (_SEVERAL.search(announcement) or numbers(_NUMBERING.sub("", announcement))):
                continue
            if not key_terms & announced - title or (DUTY in nouns and not nouns <= announced | title):
                continue
            if min(share, whole) < _MIN_SHARE or is_opposite(question, announcement):
                continue
            kept = [item for item in items if not is_opposite(question, document.text[slice(*item)])]
            if len(kept) < _MIN_ITEMS or _restricts(asked - announced, document, kept):
                continue
            match = (len(key_terms & announced) / len(key_terms) + whole) / 2
            if best is None or match > best[0].match:
                shown = [one for one in excerpts if any(one[0] <= item[0] < one[1] for item in kept)]
                best = Items(document.id, tuple(kept), shown[0], share, match), shown
    return best


def counted_list(document: Document, span: AnswerSpan) -> Items | None:
    """Return the sentences that follow the one with a span such as "Three enemies" or "several sources"."""
    answer = document.text[span.start : span.end]
    counts = [value for number in numbers(answer) for value in number.values]
    several = _SEVERAL.match(answer)
    around = _announced(document, span.excerpt) if counts or several else ()
    for announcement, items, [excerpt, *_] in around:
        if (several and answer in announcement) or (len(items) in counts and announcement.startswith(answer)):
            return Items(document.id, tuple(items), excerpt)
    return None


def _restricts(rest: set[str], document: Document, items: Sequence[Span]) -> bool:
    """Return whether a term of the question is in some of the items only: "Which clubs meet on Thursdays?"."""
    counts = [sum(term in terms(document.text[slice(*item)]) for item in items) for term in rest]
    return any(0 < count < len(items) for count in counts)


def _announced(document: Document, span: Span) -> Iterator[tuple[str, list[Span], list[Span]]]:
    """Yield announcements in a span with the items and the excerpts that they announce."""
    found = blocks_around(document, span)
    for index, block in enumerate(found):
        if block.start >= span[1]:
            return
        rest = found[index + 1 :]
        if block.kind == "heading":
            same = (n for n, one in enumerate(rest) if one.kind == "heading" and one.level <= block.level)
            body = rest[: next(same, len(rest))]
            topic = heading_span(document.text, block)
            items, excerpts = _section(document, body) if body and body[-1].end > span[0] else ([], [])
        elif block.kind == "paragraph" and block.end > span[0]:
            topic, *items = _sentences(document, block)
            excerpts = [trim(document.text, block.start, block.end)]
            items = items if topic[1] - topic[0] <= _MAX_TOPIC_CHARACTERS else []
        else:
            continue
        if _MIN_ITEMS <= len(items) <= _MAX_ITEMS:
            yield document.text[slice(*topic)], items, excerpts


def _section(document: Document, body: Sequence[Block]) -> tuple[list[Span], list[Span]]:
    """Return the sub-headings of a section, or else its sentences; nothing if it has lists or tables."""
    text = document.text
    levels = [block.level for block in body if block.kind == "heading"]
    if levels:
        indices = [n for n, block in enumerate(body) if block.kind == "heading" and block.level == min(levels)]
        items = [heading_span(text, body[n]) for n in indices]
        # A sub-heading is shown with what follows it.
        return items, [trim(text, body[n].start, body[min(n + 1, len(body) - 1)].end) for n in indices]
    if any(block.kind not in {"paragraph", "lines"} for block in body):
        return [], []
    return (
        [item for block in body for item in _sentences(document, block)],
        [trim(text, block.start, block.end) for block in body],
    )


def _sentences(document: Document, block: Block) -> list[Span]:
    """Return the sentences of a paragraph; one that goes on ("It ...") belongs to the one before."""
    found: list[Span] = []
    for first, last in sentence_spans(document.text[block.start : block.end], document.language):
        start, end = block.start + first, block.start + last
        if found and _GOES_ON.match(document.text, start):
            found[-1] = found[-1][0], end
        else:
            found.append((start, end))
    return found
