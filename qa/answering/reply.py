"""Choose the form of a reply by the kind of the question.

A short fact is shown alone if it has the expected type and enough confidence. Everything else is shown as sentences,
list items, sides of a comparison or table cells. Each part is a slice of a cited excerpt.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

from qa.answering.evidence import Evidence, Reply
from qa.answering.excluded_spans import is_denied_fact
from qa.answering.lists.search import announcement
from qa.answering.questions.comparison import compared
from qa.answering.reading.sentences import sentences
from qa.answering.replies.below_heading import (
    SAYS_YES_OR_NO,
    described_reply,
    faq_reply,
    opening_reply,
    task_reply,
)
from qa.answering.replies.comparisons import compared_cells_reply, sides_reply, table_sides_reply
from qa.answering.replies.front_matter import front_matter_reply
from qa.answering.replies.listed_amounts import listed_amount_reply
from qa.answering.replies.lists import (
    announced_reply,
    announcing_sentence_reply,
    excluded_reply,
    gathered_reply,
    items_reply,
    list_reply,
    meanings_reply,
    prose_reply,
    rated_process,
    steps_reply,
)
from qa.answering.replies.option_entries import entry_reply
from qa.answering.replies.sentence import UNDECIDED, sentence_reply, with_next_sentence
from qa.answering.replies.shared_lists import shared_list_reply
from qa.answering.replies.short_fact import HEADLINE_CONFIDENCE, fact_reply
from qa.answering.replies.statements import speaker_reply, statement_reply
from qa.answering.replies.tables import cell_yes_no_reply, table_reply
from qa.answering.replies.topics import topic_reply
from qa.answering.sentences.definition import defined_term, defining_sentence
from qa.answering.sentences.instructions import below_problem, code_after, instructions, is_code
from qa.answering.sentences.yes_no import forbids, polarity
from qa.answering.span_choice import BULLET, MIN_PREFERRED_SHARE, suitable
from qa.answering.subjects.named_dates import heading_date_reply, life_date_reply
from qa.documents.html_blocks import words_between_tags
from qa.documents.syntax import has_html
from qa.protocols import AnswerSpan
from qa.types import Kind, Span

_MENTION_STRENGTH = 0.2  # `FormFeatures.strength` of a sentence that mentions the term without defining it
_MIN_DEFINED_STRENGTH = 0.85  # the same, of one that says what a term means
_MIN_CLEAR_STRENGTH = 0.7  # the same, to go before the first paragraph of a section with that name
_WHO_IS = re.compile(r"\W*who(?:'s|\s+is|\s+are)\s+the\b", re.IGNORECASE)
_WHAT_IS = re.compile(r"\W*what(?:'s|\s+is|\s+are)\s+(?:the|an?)\s+(?P<term>[^?]+?)\W*", re.IGNORECASE)
_DEFINES = r"\s+(?:means|refers\s+to|denotes|is\s+defined\s+as)\s"
_MAX_DECIDING_SPANS = 3  # spans that may decide yes or no, give a reason, or announce code
_ANY = re.compile("")
_COMPARES = re.compile(r"\b(?:\w+er|(?:more|less) \w+) than (?:the )?|\bas \w+ as (?:the )?")
_GIVES_REASON = re.compile(
    r"\b(?:because|since|so that|in order to|due to|owing to|for fear|reasons?|caus\w+)\b", re.IGNORECASE
)
_GIVES_ITS_REASON = re.compile(
    r"(?:the (?:\w+ )?(?:reason|cause|purpose)s?\b|(?:this|that|it) (?:is|was) (?:because|due to|caused)\b|because\b"
    r"|[^.\n]{0,60}?\b(?:puts?|blames?|attributes?|explains?) (?:this|it|that)\b)",
    re.IGNORECASE,
)
_NAMES_OF = re.compile(
    r"^\W*(?:(?:what|which) (?:are|were) )?(?:the )?names of (?:all |each of )?(?:the )?", re.IGNORECASE
)
MIN_FORM_CONFIDENCE = 0.5
"""The first form with this confidence is used; if none has it, the most confident one."""


def compose(evidence: Evidence) -> Reply | None:
    """Return the reply to a question; None if nothing was found."""
    replies = []
    for reply in replies_of(evidence):
        replies.append(reply)
        if reply.confidence_basis is None or reply.confidence >= MIN_FORM_CONFIDENCE:
            break
    best = max(replies, key=lambda reply: reply.confidence, default=None)
    if best and best.citations and has_html(evidence.documents[best.citations[0].document]):
        return replace(best, text=words_between_tags(best.text))
    return best


def replies_of(evidence: Evidence) -> Iterator[Reply]:
    """Yield a reply in each form that suits the kind of the question, the most specific form first."""
    evidence = suitable(evidence)
    if evidence.spans:
        forms = (statement_reply, speaker_reply, *_REPLIES.get(evidence.asked.kind, (_best_sentence,)))
        yield from filter(None, (make(evidence) for make in forms))


def _stated_fact(evidence: Evidence) -> Reply | None:
    """Return the best short fact that its sentence does not deny: not "August" of "cannot be booked in August"."""
    stated = [span for span in evidence.spans if not is_denied_fact(evidence, span)]
    return fact_reply(replace(evidence, spans=stated)) if stated else None


def _best_sentence(evidence: Evidence) -> Reply:
    return sentence_reply(evidence, evidence.spans[0])


def _reason(evidence: Evidence) -> Reply:
    """Return the best sentence, with the next one if only that gives a reason: "The committee puts this down to".

    Code, such as the message of an error, gives no reason.
    """
    prose = [
        one for one in evidence.spans[:_MAX_DECIDING_SPANS] if not is_code(evidence.documents[one.document_id], one)
    ]
    if prose and prose[0] is not evidence.spans[0]:
        evidence = replace(evidence, spans=prose)
    if below := _below_problem(evidence, evidence.spans[0]):
        return below
    best = evidence.spans[0]
    if _GIVES_REASON.search(evidence.excerpt(best)):
        return _best_sentence(evidence)
    # "Ice forms on the unit. |It then reverses its cycle to melt it|, and steam rises."
    likely = any(
        one.excerpt_start == best.excerpt_end + 1 and one.confidence >= MIN_PREFERRED_SHARE * best.confidence
        for one in evidence.spans
    )
    return with_next_sentence(evidence, _ANY if likely else _GIVES_ITS_REASON)


def _instructions(evidence: Evidence) -> Reply | None:
    best = evidence.spans[0]
    found = instructions(evidence.question, evidence.documents[best.document_id], best)
    return rated_process(evidence, items_reply(evidence, found)) if found else None


def _process(evidence: Evidence) -> Reply:
    """Return the sentence of the best span, or one nearly as good that announces code."""
    best = evidence.spans[0]
    for span in () if is_code(evidence.documents[best.document_id], best) else evidence.spans[:_MAX_DECIDING_SPANS]:
        enough = span.confidence >= MIN_PREFERRED_SHARE * best.confidence
        if enough and code_after(evidence.documents[span.document_id], span.excerpt_end):
            best = span
            break
    in_table = evidence.documents[best.document_id].tables.at(best.start)
    below = _below_problem(evidence, best)
    return rated_process(evidence, below or (fact_reply(evidence) if in_table else sentence_reply(evidence, best)))


def _below_problem(evidence: Evidence, best: AnswerSpan) -> Reply | None:
    """Return all that a paragraph says below its first line, if that is the problem asked about."""
    document = evidence.documents[best.document_id]
    found = below_problem(evidence.question, document, best)
    if found is None:
        return None
    (start, end), cure = found
    reply = sentence_reply(evidence, replace(best, excerpt_start=start, excerpt_end=end))
    return replace(reply, text=document.text[slice(*cure)])


def _list(evidence: Evidence) -> Reply | None:
    if authors := front_matter_reply(evidence):
        return authors
    evidence = replace(evidence, question=_NAMES_OF.sub("Which ", evidence.question))
    found = filter(None, (table_reply(evidence), list_reply(evidence)))
    return max(found, key=lambda reply: reply.confidence, default=None)


def _undefined(evidence: Evidence) -> Reply:
    best = evidence.spans[0]
    if evidence.documents[best.document_id].tables.at(best.start):
        return fact_reply(evidence)
    reply = _best_sentence(evidence)
    named = defined_term(evidence.question).lower() in reply.text.lower()
    return evidence.with_confidence(reply, "definition", strength=_MENTION_STRENGTH * named)


def _uncompared(evidence: Evidence) -> Reply:
    reply = _best_sentence(evidence)
    return evidence.with_confidence(reply, "comparison", strength=0.0) if compared(evidence.question) else reply


def _yes_no(evidence: Evidence) -> Reply:
    """Return the best sentence, or one nearly as good that clearly says yes or no."""
    best = evidence.spans[0]
    for span in evidence.spans[:_MAX_DECIDING_SPANS]:
        decided = _decided(evidence, span)
        if decided is not None and span.confidence >= MIN_PREFERRED_SHARE * best.confidence:
            forbidding = _forbidding(evidence, span)
            return sentence_reply(evidence, span, "Yes" if decided and not forbidding else "No", forbidding)
    return sentence_reply(evidence, best, UNDECIDED, _forbidding(evidence, best))


def _forbidding(evidence: Evidence, span: AnswerSpan) -> Span | None:
    """Return the span of the line or heading that forbids what a span is an item of."""
    is_item = BULLET.match(evidence.excerpt(span))
    announced = announcement(evidence.documents[span.document_id], span) if is_item else None
    return announced if announced and forbids(evidence.question, evidence.text(span)[slice(*announced)]) else None


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
        return evidence.with_confidence(reply, "comparison", strength=named)
    return table_sides_reply(evidence) or sides_reply(evidence)


def _decided(evidence: Evidence, span: AnswerSpan) -> bool | None:
    passage = evidence.passage(span)
    excerpt = evidence.excerpt(span).removeprefix("A: ")
    if passage and passage.heading.endswith("?") and SAYS_YES_OR_NO.match(excerpt):
        excerpt = f"{passage.heading} {excerpt}"
    return polarity(evidence.question, excerpt, evidence.above(span), passage.text if passage else "")


def _definition(evidence: Evidence) -> Reply | None:
    sentence, strength = defining_sentence(evidence.question, evidence.passages) or (None, 0.0)
    if strength < _MIN_CLEAR_STRENGTH and (opening := opening_reply(evidence)):
        return opening
    if sentence is None:
        return None
    best = next(
        (
            span
            for span in evidence.spans
            if span.document_id == sentence.passage.document_id and span.excerpt_end == sentence.match.end
        ),
        sentence.span(),
    )
    return evidence.with_confidence(sentence_reply(evidence, best), "definition", strength=strength)


def _defined_role(evidence: Evidence) -> Reply | None:
    """Return the sentence that gives a name to a person or firm: 'Brightwater Ltd ("the Contractor")'.

    None if it is only a label with a name that the reader is sure of: "Treasurer: Ann Lee".
    """
    reply = _definition(evidence) if _WHO_IS.match(evidence.question) else None
    strength = reply.confidence_basis[1].strength if reply and reply.confidence_basis else 0.0
    labelled = strength == 1 and evidence.confidence >= HEADLINE_CONFIDENCE
    return reply if strength >= _MIN_DEFINED_STRENGTH and not labelled else None


def _defined_measure(evidence: Evidence) -> Reply | None:
    """Return the first sentence that says how the measure asked for is defined: "The birth rate is defined as"."""
    asked = _WHAT_IS.fullmatch(evidence.question)
    defines = re.compile(rf"(?:the\s|an?\s)?{re.escape(asked['term'])}{_DEFINES}", re.IGNORECASE) if asked else None
    found = [one for one in sentences(evidence.passages) if defines.match(one.text)] if defines else []
    if not found:
        return None
    first = min(found, key=lambda one: (one.passage.document_id, one.match.start))
    return evidence.with_confidence(sentence_reply(evidence, first.span()), "definition", strength=1.0)


# Tried in order; the last one never returns None. A kind that is missing gets `_best_sentence`.
_REPLIES: dict[Kind, tuple[Callable[[Evidence], Reply | None], ...]] = {
    "factoid": (
        faq_reply,
        front_matter_reply,
        life_date_reply,
        heading_date_reply,
        _defined_role,
        _defined_measure,
        excluded_reply,
        table_reply,
        entry_reply,
        listed_amount_reply,
        shared_list_reply,
        prose_reply,
        announcing_sentence_reply,
        described_reply,
        _stated_fact,
    ),
    "yes_no": (faq_reply, cell_yes_no_reply, compared_cells_reply, _undecided_sides, _yes_no),
    "list": (faq_reply, _list, shared_list_reply, gathered_reply, prose_reply, announcing_sentence_reply, fact_reply),
    "reason": (faq_reply, announcing_sentence_reply, _reason),
    "process": (faq_reply, table_reply, steps_reply, _instructions, task_reply, announcing_sentence_reply, _process),
    "definition": (faq_reply, shared_list_reply, _definition, meanings_reply, table_reply, topic_reply, _undefined),
    "comparison": (table_sides_reply, sides_reply, _uncompared),
    "table": (table_reply, fact_reply),
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
