"""Preference for the article that a conversation is about when a follow-up is answered.

That article is the first search result for the previous standalone question.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace

from qa.protocols import AnswerSpan
from qa.retrieval.hybrid import Retriever
from qa.text.spans import overlaps
from qa.types import Passage

_MAX_ARTICLE_PASSAGES = 2
"""Maximum passages of the article that are read in addition to the best of all."""
_ARTICLE_BONUS = 1.5
"""Added to the scores of spans in the article."""


def article_before(retriever: Retriever, before: str, among: Collection[str] | None) -> str | None:
    """Return the id of the article that the previous question was about; None if nothing was found."""
    return next((one.document_id for one in retriever.retrieve(before, 1, among)), None)


def with_article(
    retriever: Retriever, question: str, passages: Sequence[Passage], read: int, article: str
) -> list[Passage]:
    """Return the passages, with the best ones of an article among the first `read`."""
    first = passages[:read]
    known = [(one.start, one.end) for one in first if one.document_id == article]
    own = [
        one
        for one in retriever.retrieve(question, _MAX_ARTICLE_PASSAGES, [article])
        if not any(overlaps((one.start, one.end), other) for other in known)
    ]
    kept = max(0, read - len(own))
    return [*passages[:kept], *own, *passages[kept:]][: max(len(passages), read)]


def preferring(spans: Sequence[AnswerSpan], article: str) -> list[AnswerSpan]:
    """Return the spans, with a bonus for those in an article; best first."""
    scored = [
        replace(span, score=span.score + _ARTICLE_BONUS) if span.document_id == article else span for span in spans
    ]
    return sorted(scored, key=lambda span: -span.score)
