"""Choose the form of a reply by the kind of the question.

A short fact is shown alone if it has the expected type and enough confidence. Everything else is shown as sentences,
list items, sides of a comparison or table cells. Each part is a slice of a cited excerpt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from qa.answering.comparison import compared
from qa.answering.comparison_reply import compared_cells_reply, sides_reply, table_sides_reply
from qa.answering.definition import defined_term, defining_sentence
from qa.answering.enumerations import clause_around
from qa.answering.evidence import Evidence, Reply
from qa.answering.faq_reply import ANSWER_LABEL, SAYS_YES_OR_NO, faq_reply
from qa.answering.instructions import instructions
from qa.answering.list_reply import (
    announced_reply,
    announcing_sentence_reply,
    gathered_reply,
    items_reply,
    list_reply,
    meanings_reply,
    prose_reply,
    rated_process,
    several_reply,
    steps_reply,
)
from qa.answering.lists import list_after
from qa.answering.named_dates import heading_date_reply, life_date_reply
from qa.answering.other_subject import (
    is_of_another,
    is_of_another_code,
    is_of_longer_name,
    is_opposite,
    is_opposite_event,
    permits_otherwise,
)
from qa.answering.short_span import counted_value, extreme_value, fits, is_clause, value_in_series, whole_words
from qa.answering.table_reply import row_reply, table_reply
from qa.answering.topic_reply import topic_reply
from qa.answering.yes_no import polarity
from qa.protocols import AnswerSpan
from qa.types import Kind

HEADLINE_CONFIDENCE = 0.5
"""Minimum confidence of a short fact that is shown without its sentence."""
_MENTION_STRENGTH = 0.2  # `FormFeatures.strength` of a sentence that mentions the term without defining it
_MAX_DECIDING_SPANS = 3  # spans that may decide yes or no
_MIN_DECIDING_SHARE = 0.75  # of the best confidence, of a span that is preferred to the best
UNDECIDED = "The article says:"
# What an excerpt needs for its context, and a headline does not: "- ", "9.2 ", "A: ", the question that it answers.
_BEFORE_HEADLINE = re.compile(rf"[-*\u2022]\s+|\d+(?:\.\d+)+\s+(?=\W?[A-Z])|{ANSWER_LABEL.pattern}|[^?\n]+\?\s+(?=\S)")
# "Who voted against it, and why?", "When and where was she born?"
_ASKS_TWO = re.compile(
    r"\band\s+why\b|^\W*(?:who|what|when|where|how)\s+and\s+(?:who|what|when|where|how)\b", re.IGNORECASE
)
_COMPARES = re.compile(r"\b(?:\w+er|(?:more|less) \w+) than (?:the )?|\bas \w+ as (?:the )?")
_REPLIED = re.compile(r"(?i:yes|no)[.,!]\s+(?=[A-Z])")
MIN_FORM_CONFIDENCE = 0.5
"""The first form with this confidence is used; if none has it, the most confident one."""


def compose(evidence: Evidence) -> Reply | None:
    """Return the reply to a question; None if nothing was found."""
    replies = []
    for reply in replies_of(evidence):
        replies.append(reply)
        if reply.confidence_basis is None or reply.confidence >= MIN_FORM_CONFIDENCE:
            break
    return max(replies, key=lambda reply: reply.confidence, default=None)


def replies_of(evidence: Evidence) -> Iterator[Reply]:
    """Yield a reply in each form that suits the kind of the question, the most specific form first."""
    spans = [span for span in evidence.spans if not _says_otherwise(evidence, span)]
    plain = [span for span in spans if not is_of_longer_name(evidence.question, _excerpt(evidence, span))]
    if plain and plain[0].confidence >= _MIN_DECIDING_SHARE * spans[0].confidence:
        spans = plain
    evidence = replace(evidence, spans=spans)
    if evidence.spans:
        yield from filter(None, (make(evidence) for make in _REPLIES.get(evidence.asked.kind, (_best_sentence,))))


def _says_otherwise(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a span is clearly about something else, or contradicts the question."""
    text, excerpt = evidence.text(span), _excerpt(evidence, span)
    if evidence.asked.kind == "process":
        return is_of_another(evidence.question, excerpt)
    if permits_otherwise(evidence.question, excerpt):
        return True
    if evidence.asked.kind not in {"comparison", "table"} and is_of_another_code(
        evidence.question, f"{_above(evidence, span)}\n{excerpt}"
    ):
        return True
    if is_opposite_event(evidence.question, text[span.excerpt_start : span.start]):
        return True
    # "No ship could carry it, so the load was shared by two" does not deny the two.
    return evidence.asked.kind == "list" and is_opposite(evidence.question, text[slice(*clause_around(text, span))])


def _excerpt(evidence: Evidence, span: AnswerSpan) -> str:
    return evidence.text(span)[span.excerpt_start : span.excerpt_end]


def _fact(evidence: Evidence) -> Reply:
    best = evidence.spans[0]
    text = evidence.text(best)
    if _ASKS_TWO.search(evidence.question):
        return _sentence(evidence, best)
    sentence = best.excerpt_start, best.excerpt_end
    span = best.start, best.end
    for chosen in (value_in_series, counted_value, extreme_value):
        span = chosen(evidence.question, text, span, sentence)
    span = whole_words(text, *span, sentence)
    words = text[slice(*span)]
    if is_clause(evidence.asked.expected, words):
        return _sentence(evidence, best)
    reply = Reply(words, evidence.cited(best), evidence.confidence, evidence.asked.kind, span)
    if of_row := row_reply(evidence, reply):
        reply = of_row
    elif evidence.asked.kind == "list":
        reply = evidence.rate(reply, "list", strength=0.0)
    shown = reply.confidence >= HEADLINE_CONFIDENCE and fits(evidence.asked.expected, words)
    return reply if shown else replace(reply, form="excerpts")


def _sentence(evidence: Evidence, best: AnswerSpan, lead: str = "") -> Reply:
    """Return the sentence of a span as the answer, with the list that it announces."""
    text = evidence.text(best)
    if announced := list_after(evidence.documents[best.document_id], best):
        best = replace(best, excerpt_end=announced.excerpt[1])
    span = whole_words(text, best.start, best.end, (best.excerpt_start, best.excerpt_end))
    excerpt = text[best.excerpt_start : best.excerpt_end]
    excerpt = excerpt[before.end() :] if (before := _BEFORE_HEADLINE.match(excerpt)) else excerpt
    if lead == UNDECIDED and (replied := _REPLIED.match(excerpt)):
        # "No." was the reply to another question.
        excerpt = excerpt[replied.end() :]
    return Reply(
        f"{lead}. {excerpt}" if lead in {"Yes", "No"} and not SAYS_YES_OR_NO.match(excerpt) else excerpt,
        evidence.cited(best),
        evidence.confidence,
        evidence.asked.kind,
        span,
        "excerpts",
        lead,
    )


def _best_sentence(evidence: Evidence) -> Reply:
    return _sentence(evidence, evidence.spans[0])


def _process(evidence: Evidence) -> Reply:
    best = evidence.spans[0]
    found = instructions(evidence.question, evidence.documents[best.document_id], best)
    return rated_process(evidence, items_reply(evidence, found) if found else _best_sentence(evidence))


def _list(evidence: Evidence) -> Reply | None:
    found = filter(None, (table_reply(evidence), list_reply(evidence)))
    return max(found, key=lambda reply: reply.confidence, default=None)


def _undefined(evidence: Evidence) -> Reply:
    reply = _best_sentence(evidence)
    named = defined_term(evidence.question).lower() in reply.text.lower()
    return evidence.rate(reply, "definition", strength=_MENTION_STRENGTH * named)


def _uncompared(evidence: Evidence) -> Reply:
    reply = _best_sentence(evidence)
    return evidence.rate(reply, "comparison", strength=0.0) if compared(evidence.question) else reply


def _yes_no(evidence: Evidence) -> Reply:
    """Return the best sentence, or one nearly as good that clearly says yes or no."""
    best = evidence.spans[0]
    for span in evidence.spans[:_MAX_DECIDING_SPANS]:
        decided = _decided(evidence, span)
        if decided is not None and span.confidence >= _MIN_DECIDING_SHARE * best.confidence:
            return _sentence(evidence, span, lead="Yes" if decided else "No")
    return _sentence(evidence, best, lead=UNDECIDED)


def _undecided_sides(evidence: Evidence) -> Reply | None:
    """Return the sentence that compares, or an excerpt for each side, of "Is oak heavier than pine?".

    None if one sentence decides, or if the question names no two sides.
    """
    comparison = compared(evidence.question)
    if comparison is None or (reply := _yes_no(evidence)).lead != UNDECIDED:
        return None
    text = reply.text.lower()
    if any(f"{than[0]}{side.lower()}" in text for than in _COMPARES.finditer(text) for side in comparison.sides):
        named = sum(side.lower() in text for side in comparison.sides) / len(comparison.sides)
        return evidence.rate(reply, "comparison", strength=named)
    return table_sides_reply(evidence) or sides_reply(evidence)


def _above(evidence: Evidence, span: AnswerSpan) -> str:
    """Return the title and the headings above a span, a line each."""
    passage = evidence.passage(span)
    return f"{evidence.documents[span.document_id].title}\n{passage.headings if passage else ''}"


def _decided(evidence: Evidence, span: AnswerSpan) -> bool | None:
    passage = evidence.passage(span)
    above = _above(evidence, span)
    headings = passage.headings if passage else ""
    excerpt = _excerpt(evidence, span).removeprefix("A: ")
    if headings.endswith("?") and SAYS_YES_OR_NO.match(excerpt):
        excerpt = f"{headings.rsplit(': ', 1)[-1]} {excerpt}"
    return polarity(evidence.question, excerpt, above, passage.text if passage else "")


def _definition(evidence: Evidence) -> Reply | None:
    found = defining_sentence(evidence.question, evidence.passages)
    if found is None:
        return None
    sentence, strength = found
    best = next(
        (
            span
            for span in evidence.spans
            if span.document_id == sentence.passage.document_id and span.excerpt_end == sentence.match.end
        ),
        sentence.span(),
    )
    return evidence.rate(_sentence(evidence, best), "definition", strength=strength)


def _faq_if_unsure(evidence: Evidence) -> Reply | None:
    return faq_reply(evidence) if evidence.confidence < HEADLINE_CONFIDENCE else None


# Tried in order; the last one never returns None. A kind that is missing gets `_best_sentence`.
_REPLIES: dict[Kind, tuple[Callable[[Evidence], Reply | None], ...]] = {
    "factoid": (
        life_date_reply,
        heading_date_reply,
        table_reply,
        several_reply,
        prose_reply,
        announcing_sentence_reply,
        _faq_if_unsure,
        _fact,
    ),
    "yes_no": (faq_reply, compared_cells_reply, _undecided_sides, _yes_no),
    "list": (_list, gathered_reply, prose_reply, announcing_sentence_reply, _faq_if_unsure, _fact),
    "reason": (faq_reply, announcing_sentence_reply, _best_sentence),
    "process": (table_reply, steps_reply, faq_reply, announcing_sentence_reply, _process),
    "definition": (faq_reply, _definition, meanings_reply, table_reply, topic_reply, _undefined),
    "comparison": (table_sides_reply, sides_reply, _uncompared),
    "table": (table_reply, _fact),
    "other": (
        faq_reply,
        _definition,
        table_reply,
        announced_reply,
        topic_reply,
        announcing_sentence_reply,
        _best_sentence,
    ),
}
