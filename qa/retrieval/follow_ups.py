"""The article that a conversation is about: a follow-up is answered from it rather than from another, among equals.

It is the one that is found first for the standalone question before.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from qa.retrieval.hybrid import Retriever
from qa.text.spans import overlaps
from qa.types import AnswerSpan, Passage

_OF_THE_ARTICLE = 2
"""Passages of the article that are read where they are not among the best of all."""
_PREFERRED = 1.5
"""By how much the score of a sentence of another article must be higher."""


def article_before(retriever: Retriever, before: str, among: Collection[str] | None) -> str | None:
    """Return the id of the article of the question before; None where there is none."""
    return next((one.document_id for one in retriever.retrieve(before, 1, among)), None)


def with_article(
    retriever: Retriever, question: str, passages: Sequence[Passage], read: int, article: str
) -> list[Passage]:
    """Return passages with the best ones of an article among the first `read`, and as many as before."""
    first = passages[:read]
    known = [(one.start, one.end) for one in first if one.document_id == article]
    own = [
        one
        for one in retriever.retrieve(question, _OF_THE_ARTICLE, [article])
        if not any(overlaps((one.start, one.end), other) for other in known)
    ]
    kept = max(0, read - len(own))
    return [*passages[:kept], *own, *passages[kept:]][: max(len(passages), read)]


def preferring(spans: Sequence[AnswerSpan], article: str) -> list[AnswerSpan]:
    """Return spans with those of an article before others that are hardly better."""
    scored = [replace(span, score=span.score + _PREFERRED) if span.document_id == article else span for span in spans]
    return sorted(scored, key=lambda span: -span.score)
