"""Analysis of a document before it is embedded: chunks, terms, number of tokens, overview.

The sandbox can do this, see `qa.documents.sandbox.Sandbox.load`. Its results are checked against the text: each span
lies within it, and each text that is shown is a slice of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from itertools import pairwise
from typing import Any

import numpy as np

from qa.documents.chunking import MAX_TOKEN_CHARS, count_tokens, split
from qa.documents.overview import MAX_MENTIONS, Mention, Overview, Section, overview
from qa.documents.tables import read_row
from qa.text.tokens import TermRows, term_rows
from qa.types import Chunk, Document

_MAX_HEADING_LEVEL = 6


@dataclass(frozen=True, slots=True)
class Analysis:
    """Analysis of a document."""

    tokens: int  # tiktoken cl100k
    chunks: tuple[Chunk, ...]
    terms: TermRows  # see `document_terms`
    overview: Overview

    def with_document_id(self, document_id: str) -> Analysis:
        """Return the analysis for the same document under another id."""
        chunks = tuple(replace(chunk, document_id=document_id) for chunk in self.chunks)
        return replace(self, chunks=chunks)


def analyse(document: Document, chunk_tokens: int) -> Analysis:
    """Return the analysis of a document."""
    chunks = split(document, chunk_tokens)
    terms = document_terms(document, chunks)
    return Analysis(count_tokens(document.text), chunks, terms, overview(document))


def document_terms(document: Document, chunks: Sequence[Chunk]) -> TermRows:
    """Return the terms that keyword search indexes, one row per chunk.

    The parts of a row are the headings above the chunk, the sentence before it, its own sentences, and the one after
    it; neighbours under other headings are left empty. Table rows include the names of their columns.
    """
    texts = [[read_row(document, span) or document.text[slice(*span)] for span in chunk.sentences] for chunk in chunks]
    joined = [False, *(one.headings == other.headings for one, other in pairwise(chunks)), False]
    rows = (
        (
            chunk.headings,
            "".join(texts[number - 1][-1:]) if joined[number] else "",
            *texts[number],
            "".join(texts[number + 1][:1]) if joined[number + 1] else "",
        )
        for number, chunk in enumerate(chunks)
    )
    return term_rows(rows, document.language)


def as_json(analysis: Analysis) -> dict[str, Any]:
    """Return an analysis as JSON values; chunks omit their text, which is in the document."""
    terms = analysis.terms
    return {
        "tokens": analysis.tokens,
        "chunks": [[chunk.start, chunk.end, chunk.sentences, chunk.headings] for chunk in analysis.chunks],
        "terms": [terms.vocabulary, terms.numbers.tolist(), terms.parts.tolist(), terms.lengths.tolist()],
        "overview": asdict(analysis.overview),
    }


def from_json(value: Any, document: Document) -> Analysis:  # noqa: ANN401 -- not trusted
    """Return the analysis of a document from the output of `as_json`.

    Raises
    ------
    ValueError, TypeError, KeyError, OverflowError
        If it is not an analysis of that document.
    """
    text = document.text
    tokens = _count(value["tokens"])
    _check(tokens * MAX_TOKEN_CHARS >= len(text.rstrip()))
    chunks = tuple(_chunk(chunk, document) for chunk in value["chunks"])
    _check_order([(chunk.start, chunk.end) for chunk in chunks], 0, len(text))
    sentences = sum(len(chunk.sentences) for chunk in chunks)
    # A token may contain the end of one sentence and the start of the next ("<!--" is cut after the "!").
    _check(sentences <= 2 * tokens)
    return Analysis(tokens, chunks, _terms(value["terms"], len(chunks)), _overview(value["overview"], document))


def _chunk(value: Any, document: Document) -> Chunk:  # noqa: ANN401
    start, end, sentences, headings = value
    sentences = tuple((_count(first), _count(last)) for first, last in sentences)
    _check_order([(_count(start), _count(end))], 0, len(document.text))
    _check_order(sentences, start, end)
    return Chunk(document.id, start, end, document.text[start:end], sentences, _text(headings, len(document.text)))


def _terms(value: Any, chunks: int) -> TermRows:  # noqa: ANN401
    vocabulary, *counts = value
    vocabulary = tuple(_text(term, len(term)) for term in vocabulary)
    numbers, parts, lengths = ([_count(each) for each in listed] for listed in counts)
    _check(len(set(vocabulary)) == len(vocabulary) and max(numbers, default=-1) < len(vocabulary))
    _check(len(lengths) == chunks and sum(lengths) == len(numbers) == len(parts))
    return TermRows(
        vocabulary,
        np.array(numbers, dtype=np.int32),
        np.array(parts, dtype=np.uint32),
        np.array(lengths, dtype=np.int32),
    )


def _overview(value: Any, document: Document) -> Overview:  # noqa: ANN401
    text = document.text
    sections = tuple(
        Section(each["heading"], _count(each["start"]), _count(each["level"])) for each in value["sections"]
    )
    for section in sections:
        _check_slice(text, section.heading, section.start)
        _check(1 <= section.level <= _MAX_HEADING_LEVEL)
    _check(len({section.start for section in sections}) == len(sections))
    names, dates = (
        tuple(Mention(each["text"], *(_count(each[key]) for key in ("start", "end", "count"))) for each in value[kind])
        for kind in ("names", "dates")
    )
    _check(len(names) <= MAX_MENTIONS and len(dates) <= MAX_MENTIONS)
    for mention in (*names, *dates):
        _check_slice(text, mention.text, mention.start)
        _check(mention.end == mention.start + len(mention.text))
    return Overview(document.title, _count(value["words"]), _count(value["minutes"]), sections, names, dates)


def _count(value: object) -> int:
    if type(value) is not int or value < 0:
        raise TypeError("not a count")
    return value


def _text(value: object, longest: int) -> str:
    if not isinstance(value, str) or len(value) > longest:
        raise TypeError("not a text")
    value.encode()  # unpaired surrogates cannot be searched
    return value


def _check(fits: bool) -> None:
    if not fits:
        raise ValueError("not an analysis of this document")


def _check_order(spans: Sequence[tuple[int, int]], start: int, end: int) -> None:
    """Raise an error if spans are empty, overlap, are out of order, or exceed a range."""
    for first, last in spans:
        _check(start <= first < last <= end)
        start = last


def _check_slice(text: str, part: object, start: int) -> None:
    _check(isinstance(part, str) and bool(part) and text.startswith(part, start))
