"""What a conversation means for the answer to a follow-up.

The article that the previous question was about is preferred: the first search result for that question. Within the
article, spans near the first excerpt of its answer are preferred. "Who else?" gets no answer that was given before.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from qa.protocols import AnswerSpan
from qa.retrieval.hybrid import Retriever
from qa.text.spans import gap, overlaps
from qa.text.tokens import terms
from qa.types import Document, Passage, Request, Turn

_MAX_ARTICLE_PASSAGES = 2
"""Maximum passages of the article that are read in addition to the best of all."""
_ARTICLE_BONUS = 1.5
"""Added to the scores of spans in the article."""
_NEAR_BONUS, _NEAR_CHARACTERS = 1.5, 200
"""Added to the score of a span in the previous excerpt; it falls linearly to nothing at this distance."""
_ELSE = re.compile(r"\b(?:who|whom|what|where|which)\s+else\b", re.IGNORECASE)


def article_before(retriever: Retriever, before: str, among: Collection[str] | None) -> str | None:
    """Return the id of the article that the previous question was about; None if nothing was found."""
    return next((one.document_id for one in retriever.retrieve(before, 1, among)), None)


def with_article(
    retriever: Retriever, question: str, passages: Sequence[Passage], read: int, article: str
) -> list[Passage]:
    """Return disjoint passages, with the best ones of an article among the first `read`."""
    first = passages[:read]
    own = [one for one in retriever.retrieve(question, _MAX_ARTICLE_PASSAGES, [article]) if _is_new(one, first)]
    kept = max(0, read - len(own))
    others = [one for one in passages[kept:] if _is_new(one, own)]
    return [*passages[:kept], *own, *others][: max(len(passages), read)]


def _is_new(passage: Passage, known: Iterable[Passage]) -> bool:
    """Return whether a passage overlaps none of the known ones."""
    return not any(
        one.document_id == passage.document_id and overlaps((one.start, one.end), (passage.start, passage.end))
        for one in known
    )


def preferring(
    request: Request, spans: Sequence[AnswerSpan], article: str | None, documents: Mapping[str, Document]
) -> list[AnswerSpan]:
    """Return the spans, with a bonus for those in an article, if one is given, and near the previous excerpt there.

    A span that only repeats the previous answer is not preferred for being near it.
    """
    if article is None:
        return [*spans]
    scored = [
        replace(span, score=span.score + _ARTICLE_BONUS + _near_bonus(request, span, documents))
        if span.document_id == article
        else span
        for span in spans
    ]
    return sorted(scored, key=lambda span: -span.score)


def _near_bonus(request: Request, span: AnswerSpan, documents: Mapping[str, Document]) -> float:
    last = request.history[-1] if request.history else None
    if not isinstance(last, Turn) or not last.cited or last.cited[0][0] != span.document_id:
        return 0.0
    if {*terms(documents[span.document_id].text[span.start : span.end])} <= {*terms(last.answer or "")}:
        return 0.0
    _, start, end = last.cited[0]
    distance = max(0, gap(span.excerpt, (start, end)))
    return _NEAR_BONUS * max(0.0, 1 - distance / _NEAR_CHARACTERS)


def besides_earlier(
    request: Request, spans: Sequence[AnswerSpan], documents: Mapping[str, Document]
) -> list[AnswerSpan]:
    """Return the spans, for "Who else?" without those that only repeat an earlier answer."""
    if not _ELSE.search(request.question):
        return [*spans]
    known = {*terms(" ".join(turn.answer or "" for turn in request.history if isinstance(turn, Turn)))}
    return [one for one in spans if {*terms(documents[one.document_id].text[one.start : one.end])} - known]
