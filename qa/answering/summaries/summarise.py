"""Replies to requests for a summary: key sentences or mentions, each cited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import islice

from qa.answering.citations import citation, citations_of
from qa.answering.evidence import Reply, quoting
from qa.answering.summaries.key_sentences import MAX_SENTENCES, key_sentences
from qa.answering.summaries.mentions import MAX_MENTIONS, mentions
from qa.answering.summaries.requests import Mentioned, SummaryRequest
from qa.documents.overview import section_span
from qa.index.base import EmbeddedDocument
from qa.text.small_talk import enumerated, named_articles
from qa.types import AnswerPart, Citation, Document, Span

MAX_ARTICLES = MAX_SENTENCES
"""Articles summarised together: a sentence for each."""
_MAX_SECTION_CHARACTERS = 600  # of a section, or an article without prose, that is shown whole
_MAX_TABLES = 3  # of an article that are described


def summarise(request: SummaryRequest, entry_of: Callable[[str], EmbeddedDocument]) -> Reply | None:
    """Return the summary asked for; None if there is nothing to summarise.

    Parameters
    ----------
    request : SummaryRequest
        Of 1 to `MAX_ARTICLES` articles.
    entry_of : callable
        Returns the index entry of a document.
    """
    entries = [entry_of(name) for name in request.documents]
    if request.mentioned:
        return _mentioned(request.mentioned, entries)
    if request.heading and (whole := _short_section(entries[0].document, request.heading)):
        return quoting((whole,), f"Section \u201c{request.heading}\u201d:")
    most = None if len(entries) == 1 else MAX_SENTENCES // len(entries)
    found = [(entry.document, key_sentences(entry, most, request.heading)) for entry in entries]
    cited = [(document, span) for document, spans in found for span in spans]
    if not cited:
        return _without_prose([entry.document for entry in entries])
    subject = (
        f"\u201c{request.heading}\u201d"
        if request.heading
        else named_articles([one.title for one, _ in found[:MAX_SENTENCES]], len(found))
    )
    return quoting(citations_of(cited, 1.0), f"Key sentences of {subject}:")


def _short_section(document: Document, heading: str) -> Citation | None:
    """Return all that is below a heading; None if that is too long to be shown."""
    start, end = section_span(document, heading)
    return citation(1, document, (start, end), 1.0) if start < end <= start + _MAX_SECTION_CHARACTERS else None


def _without_prose(documents: Sequence[Document]) -> Reply | None:
    """Return a short document whole, or the sizes of the tables; None of texts with neither."""
    if len(documents) == 1 and 0 < len(text := documents[0].text.strip()) <= _MAX_SECTION_CHARACTERS:
        start = documents[0].text.index(text)
        whole = citation(1, documents[0], (start, start + len(text)), 1.0)
        return quoting((whole,), f"All of \u201c{documents[0].title}\u201d:")
    described = [
        f"\u201c{document.title}\u201d has a table with {sum(1 for _ in table.rows()):,} rows"
        + (f" and the columns {enumerated(table.columns)}." if table.columns else ".")
        for document in documents
        for table in islice(document.tables, _MAX_TABLES)
    ]
    return Reply(" ".join(described), (), 1.0, "about") if described else None


def which_article(titles: Sequence[str]) -> Reply:
    """Ask which article is meant."""
    return Reply(
        f"Which article do you mean: {named_articles(titles[:MAX_SENTENCES], len(titles))}? Ask again with its title.",
        (),
        1.0,
        "about",
    )


def _mentioned(kind: Mentioned, entries: list[EmbeddedDocument]) -> Reply | None:
    """Return the dates, names or numbers mentioned, each with the sentence that mentions it first."""
    citations: dict[tuple[str, Span], Citation] = {}
    parts: list[AnswerPart] = []
    most = MAX_MENTIONS // len(entries)
    for entry in entries:
        document = entry.document
        for (start, end), sentence in mentions(entry, kind, most):
            cited = citations.setdefault((document.id, sentence), citation(len(citations) + 1, document, sentence, 1.0))
            parts.append(AnswerPart(cited.n, start, end, document.text[start:end]))
    if not parts:
        return None
    return Reply(
        text="\n".join(part.text for part in parts),
        citations=tuple(citations.values()),
        confidence=1.0,
        kind="list",
        form="items",
        parts=tuple(parts),
    )
