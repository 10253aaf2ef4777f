"""Make numbered citations of answer spans."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from qa.protocols import AnswerSpan
from qa.text.spans import adjoins, trim
from qa.types import AnswerPart, Citation, Document, Span, TableHeader


def cite(
    spans: Sequence[AnswerSpan], documents: Mapping[str, Document], most: int, margin: float
) -> tuple[Citation, ...]:
    """Return citations of the best spans.

    Excerpts that overlap, or are adjacent within a paragraph, are merged.

    Parameters
    ----------
    spans : sequence of AnswerSpan
        Best first.
    documents : mapping of str to Document
    most : int
        Most spans to cite.
    margin : float
        A further span is cited if its score is at most this much below the best.

    Returns
    -------
    tuple of Citation
        Best first, numbered from 1, no two overlapping; the first contains the best span.
    """
    excerpts: list[AnswerSpan] = []
    for span in spans[:most]:
        if span.score < spans[0].score - margin:
            break
        text = documents[span.document_id].text
        touching = [excerpt for excerpt in excerpts if _touch(excerpt, span, text)]
        if not touching:
            excerpts.append(span)
            continue
        joined = replace(
            touching[0],
            excerpt_start=min(excerpt.excerpt_start for excerpt in (*touching, span)),
            excerpt_end=max(excerpt.excerpt_end for excerpt in (*touching, span)),
        )
        excerpts = [
            joined if excerpt is touching[0] else excerpt for excerpt in excerpts if excerpt not in touching[1:]
        ]
    return tuple(
        citation(n, documents[one.document_id], one.excerpt, one.score) for n, one in enumerate(excerpts, start=1)
    )


def citations_of(spans: Iterable[tuple[Document, Span]], score: float) -> tuple[Citation, ...]:
    """Return the citations of spans of documents, numbered from 1."""
    return tuple(citation(n, document, span, score) for n, (document, span) in enumerate(spans, start=1))


def citation(n: int, document: Document, span: Span, score: float) -> Citation:
    """Return the citation, numbered `n`, of a span of a document."""
    start, end = span
    page, recognised = document.page_at(start), document.is_recognised(start, end)
    return Citation(
        n, document.id, start, end, document.text[start:end], page, score, recognised, _header(document, start)
    )


def _header(document: Document, offset: int) -> TableHeader | None:
    """Return the header of the table that has a row at an offset; None if there is none."""
    text = document.text
    table = document.tables.at(offset)
    if table is None or offset < table.body or not any(table.columns):
        return None
    cells = [cell for row in table.header() for cell in row]
    line_end = text.find("\n", cells[-1][1], table.body) if cells else -1
    if line_end < 0:
        return None
    start, end = (cells[0][0], cells[-1][1]) if table.layout == "list" else trim(text, table.start, line_end)
    return TableHeader(start, end, text[start:end])


def parts_of(document: Document, spans: Sequence[Span], citations: Sequence[Citation]) -> tuple[AnswerPart, ...]:
    """Return the spans that a citation contains as parts of an answer."""
    return tuple(
        AnswerPart(citation.n, start, end, document.text[start:end])
        for start, end in spans
        for citation in citations
        if citation.start <= start and end <= citation.end
    )


def _touch(one: AnswerSpan, other: AnswerSpan, text: str) -> bool:
    return one.document_id == other.document_id and adjoins(one.excerpt, other.excerpt, text)
