"""The reply that is the sentence of a span, with what it announces."""

from __future__ import annotations

import re
from dataclasses import replace

from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.search import list_after
from qa.answering.reading.short_span import whole_words
from qa.answering.replies.below_heading import ANSWER_LABEL, SAYS_YES_OR_NO
from qa.answering.sentences.instructions import code_after
from qa.protocols import AnswerSpan
from qa.text.lines import BULLETS
from qa.types import Span

UNDECIDED = "The article says:"
# What an excerpt needs for its context, and a headline does not: "- ", "9.2 ", "A: ", the question that it answers.
_BEFORE_HEADLINE = re.compile(rf"[{BULLETS}]\s+|\d+(?:\.\d+)+\s+(?=\W?[A-Z])|{ANSWER_LABEL.pattern}|[^?\n]+\?\s+(?=\S)")
_REPLIED = re.compile(r"(?i:yes|no)[.,!]\s+(?=[A-Z])")


def sentence_reply(evidence: Evidence, best: AnswerSpan, lead: str = "", forbidding: Span | None = None) -> Reply:
    """Return the sentence of a span as the answer, with the list or code that it announces.

    It follows what forbids it, if any.
    """
    text = evidence.text(best)
    document = evidence.documents[best.document_id]
    if announced := list_after(document, best):
        best = replace(best, excerpt_end=announced.excerpt[1])
    elif code_end := code_after(document, best.excerpt_end):
        best = replace(best, excerpt_end=code_end)
    if forbidding:
        best = replace(best, excerpt_start=forbidding[0])
    span = whole_words(text, best.start, best.end, best.excerpt)
    excerpt = evidence.excerpt(best)
    before = None if forbidding else _BEFORE_HEADLINE.match(excerpt)
    excerpt = excerpt[before.end() :] if before else excerpt
    if lead == UNDECIDED and (replied := _REPLIED.match(excerpt)):
        # "No." was the reply to another question.
        excerpt = excerpt[replied.end() :]
    return Reply(
        f"{lead}. {excerpt}" if lead in {"Yes", "No"} and not SAYS_YES_OR_NO.match(excerpt) else excerpt,
        evidence.cited(best),
        evidence.confidence,
        evidence.asked.kind,
        "excerpts",
        span=span,
        lead=lead,
    )


def with_next_sentence(evidence: Evidence, begins: re.Pattern[str]) -> Reply:
    """Return the best sentence, with the next one of its paragraph if that begins with a pattern."""
    best, passage = evidence.spans[0], evidence.passage(evidence.spans[0])
    after = next((one for one in passage.sentences if one.start >= best.excerpt_end), None) if passage else None
    if after:
        text = evidence.text(best)
        if "\n\n" not in text[best.excerpt_end : after.start] and begins.match(text[after.start : after.end]):
            best = replace(best, excerpt_end=after.end)
    return sentence_reply(evidence, best)
