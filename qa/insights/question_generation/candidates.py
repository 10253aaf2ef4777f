"""Find candidate questions in documents, and spread drafts over documents."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from qa.documents.chunking import block_sentences
from qa.insights.question_generation.clauses import WORD, is_finite
from qa.insights.question_generation.patterns import Draft, drafts, persons_in
from qa.text.lexicon import is_plural
from qa.text.names import capitals
from qa.text.spans import gap
from qa.types import Document, Span

# A sentence of prose starts with a capital or a digit and ends with a full stop.
_PROSE = re.compile(r"[^\W_a-z].*[.]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A draft, with the span in the document of the sentences that contain its answer.

    The offsets of the draft are relative to `start`. `also` is a second span that is needed to answer.
    """

    draft: Draft
    document: Document
    start: int
    end: int
    also: Span | None = None


def candidates(document: Document) -> Iterator[Candidate]:
    """Yield every draft of a document, in reading order; a sentence may give several."""
    sentences = prose(document)
    texts = [document.text[start:end] for start, end in sentences]
    names, persons = names_in(texts), persons_in(texts)
    for (start, end), text in zip(sentences, texts, strict=True):
        for draft in drafts(text, names, persons):
            yield Candidate(draft, document, start, end)


def prose(document: Document) -> list[Span]:
    """Return the spans of the sentences in running text, without headings, list items and table rows."""
    return [
        (start, end)
        for block, sentences in block_sentences(document)
        for start, end in (sentences if block.kind in {"paragraph", "lines"} else ())
        if _PROSE.fullmatch(document.text, start, end)
    ]


def shuffled(documents: Sequence[Document]) -> list[Document]:
    """Return the documents in a fixed arbitrary order, so that few drafts do not favour the first ones."""
    return sorted(documents, key=lambda document: hashlib.sha256(document.id.encode()).digest())


def distance(span: Span, others: Iterable[Span]) -> int:
    """Return the distance of a span to the nearest other: 0 if they overlap, 1 if there are none."""
    return min((max(gap(span, other), -1) + 1 for other in others), default=1)


def names_in(sentences: Sequence[str]) -> frozenset[str]:
    """Return the words that keep their capital at the start of a sentence.

    They are capitalised within a sentence, or are a singular subject without an article ("Commodore had ..."), and are
    never written in lower case.
    """
    known, small = set(capitals(sentences)), set[str]()
    for sentence in sentences:
        first, *others = WORD.findall(sentence) or [""]
        small.update(others)
        if others and first[0].isupper() and is_finite(others[0]) and not is_plural(first.lower()):
            known.add(first)
    return frozenset(word for word in known if word.lower() not in small)
