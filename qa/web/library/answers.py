"""Answers as stored JSON, and answers whose articles were removed or changed."""

from __future__ import annotations

import json
from collections import ChainMap
from collections.abc import Mapping
from dataclasses import asdict, replace
from functools import cache

from pydantic import TypeAdapter

from qa.types import Answer, Citation, Document
from qa.web.library.conversations import StoredTurn

_GONE = "(no longer in this collection)"


def stored_turn(question: str, answer: Answer) -> StoredTurn:
    """Return a question and its answer as they are stored."""
    # The page does not show the sentences of passages.
    passages = tuple(replace(passage, sentences=()) for passage in answer.passages)
    data = json.dumps(asdict(replace(answer, passages=passages)), ensure_ascii=False)
    reply_text = answer.text or answer.reason or ""
    cited = " ".join(citation.text for citation in answer.citations)
    question, words, data = (_encodable(text) for text in (question, f"{question}\n{reply_text}\n{cited}", data))
    return StoredTurn(question, data, words)


def stored_answer(turn: StoredTurn) -> Answer:
    """Return the answer of a stored turn.

    Raises
    ------
    ValueError
        If it is not an answer, or its parts do not fit together.
    """
    answer = _adapter().validate_python(json.loads(turn.answer))
    numbers = {citation.n for citation in answer.citations}
    claims = answer.generated.claims if answer.generated else ()
    first = answer.citations[0] if answer.citations else None
    fits = (
        [citation.n for citation in answer.citations] == list(range(1, len(answer.citations) + 1))
        and all(0 <= citation.start < citation.end for citation in answer.citations)
        and all(len(citation.text) == citation.end - citation.start for citation in answer.citations)
        and numbers.issuperset(part.citation for part in answer.parts)
        and numbers.issuperset(number for claim in claims for number in claim.citations)
        and 0 <= answer.confidence <= 1
        and (
            answer.span is None or (first is not None and first.start <= answer.span[0] <= answer.span[1] <= first.end)
        )
        and (answer.text is not None or not answer.citations)
    )
    if not fits:
        raise ValueError("the parts of an answer do not fit together")
    return answer


def readable_answer(turn: StoredTurn) -> Answer | None:
    """Return the answer of a stored turn; None if it is damaged."""
    try:
        return stored_answer(turn)
    except (ValueError, RecursionError):
        return None


def with_missing(answer: Answer, documents: Mapping[str, Document]) -> tuple[Answer, Mapping[str, Document]]:
    """Return an answer, and documents to show it with although some of its own are gone or have changed.

    Each of these is replaced by a document that consists of the cited excerpts.
    """
    named = {each.document for each in answer.citations} | {each.document_id for each in answer.passages}
    named.update(answer.partly_read)
    gone = {name for name in named if name not in documents} | {
        citation.document for citation in answer.citations if not _is_verbatim(citation, documents)
    }
    if not gone:
        return answer, documents
    texts = dict.fromkeys(sorted(gone), "")
    moved: dict[int, int] = {}
    citations = []
    for citation in answer.citations:
        if citation.document in gone:
            start = len(texts[citation.document])
            texts[citation.document] += f"{citation.text}\n\n"
            moved[citation.n] = start - citation.start
            citation = replace(citation, start=start, end=start + len(citation.text))  # noqa: PLW2901
        citations.append(citation)
    parts = tuple(
        replace(part, start=part.start + moved.get(part.citation, 0), end=part.end + moved.get(part.citation, 0))
        for part in answer.parts
    )
    by = moved.get(1, 0)
    span = answer.span and (answer.span[0] + by, answer.span[1] + by)
    stubs = {name: Document(name, text, f"{name} {_GONE}", name) for name, text in texts.items()}
    return replace(answer, citations=tuple(citations), parts=parts, span=span), ChainMap(stubs, documents)  # type: ignore[arg-type]


@cache
def _adapter() -> TypeAdapter[Answer]:
    return TypeAdapter(Answer)


def _is_verbatim(citation: Citation, documents: Mapping[str, Document]) -> bool:
    document = documents.get(citation.document)
    return document is not None and document.text[citation.start : citation.end] == citation.text


def _encodable(text: str) -> str:
    """Return a text with its lone surrogates replaced, which a database cannot store."""
    return text.encode("utf-8", "replace").decode()
