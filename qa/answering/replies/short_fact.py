"""Replies that are a short fact alone, or its sentence if the fact needs that."""

from __future__ import annotations

import re
from dataclasses import replace

from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.enumerations import clause_around, item_of_asked_noun
from qa.answering.lists.whole_enumeration import whole_enumeration
from qa.answering.questions.asked_terms import asks_two
from qa.answering.questions.code_names import asks_what_code_does, is_markup, named_code
from qa.answering.questions.kinds import VALUES
from qa.answering.reading.short_span import (
    fits,
    is_clause,
    is_part_of_person,
    phone_number,
    value_after_change,
    value_in_line,
    value_in_series,
    whole_words,
    with_counted_time,
    with_modifier,
)
from qa.answering.replies.sentence import sentence_reply, with_next_sentence
from qa.answering.replies.tables import row_reply
from qa.answering.subjects.other_owner import elliptic_value, is_of_another_clause
from qa.answering.subjects.other_subject import is_opposite
from qa.answering.subjects.parallel_values import another_date_follows, case_value, has_several_values, parallel_value
from qa.answering.tables.scale import scale_note
from qa.text.lexicon import POINTERS, is_base, is_noun
from qa.text.lines import BULLETS
from qa.text.names import with_rest_of_name
from qa.types import Span

HEADLINE_CONFIDENCE = 0.5
"""Minimum confidence of a short fact that is shown without its sentence."""
_HOW_MANY = re.compile(r"\bhow many\b", re.IGNORECASE)
_HAS_A_NAME = re.compile(r"(?<=\s)[A-Z][a-z]")
# "{}" says something.
_SAYS_NOTHING = re.compile(
    r"(?:[\s#*_`~=>|:.,;-]"
    r"|\b(?:it|this|that|these|those|the following(?: \w+)?|a (?:wide )?(?:variety|number|range))\b)*",
    re.IGNORECASE,
)
_SUBORDINATE = re.compile(r"\b(?:because|unless|although)\s+\Z", re.IGNORECASE)
_NEW_ITEM = re.compile(rf"\n\s*(?:[{BULLETS}]|\d{{1,3}}[.)]?)\s")
_ASKS_OUTCOME = re.compile(
    r"\W*what (?:(?:was|were|is|ha(?:s|ve) been) (?:decided|agreed|resolved)|did .+ (?:decide|agree|resolve))\b",
    re.IGNORECASE,
)
_IS_OUTCOME = re.compile(r"(?:this|that|it) (?:was|is|has been|will be)\b", re.IGNORECASE)


def fact_reply(evidence: Evidence) -> Reply:
    """Return the best span as a short fact, or else its sentence."""
    best, question = evidence.spans[0], evidence.question
    if _ASKS_OUTCOME.match(question):
        return with_next_sentence(evidence, _IS_OUTCOME)
    text, own, sentence = evidence.text(best), (best.start, best.end), best.excerpt
    in_table = evidence.documents[best.document_id].tables.at(best.start) is not None
    if asks_two(question) or (asks_what_code_does(question) and not in_table):
        return sentence_reply(evidence, best)
    case = case_value(question, text, own, sentence)
    span = elliptic_value(question, text, case or own, sentence)
    if not case or span != own or is_of_another_clause(question, text, span, sentence):
        return sentence_reply(evidence, replace(best, start=span[0], end=span[1]))
    span = item_of_asked_noun(question, text, best)
    # "Which prizes?" is answered by their names, and not by their years.
    is_value = evidence.asked.expected in VALUES or not _HAS_A_NAME.search(text, *span)
    span = _whole(evidence, _value(evidence, span) if is_value else span, in_table=in_table)
    if _is_incomplete(evidence, span) or (is_value and has_several_values(text, span, sentence)):
        return sentence_reply(evidence, best)
    words = text[slice(*span)]
    reply = Reply(words, evidence.cited(best), evidence.confidence, evidence.asked.kind, span=span)
    if of_row := row_reply(evidence, reply):
        reply = of_row
    elif evidence.asked.kind == "list":
        reply = evidence.with_confidence(reply, "list", strength=0.0)
    shown = reply.confidence >= HEADLINE_CONFIDENCE and fits(evidence.asked.expected, words)
    if not shown:
        return replace(reply, form="excerpts")
    return replace(reply, lead=scale_note(evidence.documents[best.document_id], span))


def _value(evidence: Evidence, span: Span) -> Span:
    """Return the value asked for among those that a sentence has for several years, things or the like."""
    best = evidence.spans[0]
    text, sentence = evidence.text(best), best.excerpt
    figures = (value_in_line,) if evidence.asked.expected in {"money", "number"} else ()
    for chosen in (*figures, value_in_series, parallel_value, value_after_change):
        span = chosen(evidence.question, text, span, sentence)
    return span


def _whole(evidence: Evidence, span: Span, *, in_table: bool) -> Span:
    """Return a span with the rest of its words, unit, name, enumeration or code."""
    best, question, expected = evidence.spans[0], evidence.question, evidence.asked.expected
    text, sentence = evidence.text(best), best.excerpt
    span = whole_words(text, *span, sentence)
    if expected in {"phrase", "place"}:
        span = with_modifier(question, text, span, sentence)
    if expected in VALUES and not _HOW_MANY.search(question):
        span = with_counted_time(text, span, sentence)
    if in_table:
        return span
    if expected not in VALUES:
        span = with_rest_of_name(text, span, sentence)
        span = whole_enumeration(question, text, best, span)
    return named_code(question, text, span, sentence)


def _is_incomplete(evidence: Evidence, span: Span) -> bool:
    """Return whether a span does not answer without its sentence: a pronoun, a clause, or a part of a date."""
    best, expected = evidence.spans[0], evidence.asked.expected
    text, sentence = evidence.text(best), best.excerpt
    words = text[slice(*span)]
    # "Because |light damages it|" is not what is forbidden.
    is_subordinate = _SUBORDINATE.search(text, best.excerpt_start, span[0]) is not None or " because " in words
    # "They plan to |widen| the canal"
    is_infinitive = text.startswith(" ", span[1]) and text.endswith("to ", 0, span[0])
    is_no_date = expected == "date" and (
        phone_number(text, span[0], sentence) is not None or another_date_follows(text, span, sentence)
    )
    return (
        is_subordinate
        or is_no_date
        or _NEW_ITEM.search(words) is not None
        or _SAYS_NOTHING.fullmatch(words) is not None
        or (is_infinitive and is_base(words) and not is_noun(words))
        or is_markup(text, span, sentence)
        or is_clause(expected, words)
        or _is_nobody(evidence, words, span)
    )


def _is_nobody(evidence: Evidence, words: str, span: Span) -> bool:
    """Return whether words name no person as asked for: "we", "people", or a name in "Ann never married"."""
    text, best = evidence.text(evidence.spans[0]), evidence.spans[0]
    return evidence.asked.expected == "person" and (
        words.lower() in POINTERS
        or is_part_of_person(text, span, best.excerpt)
        or is_opposite(evidence.question, text[slice(*clause_around(text, best))])
    )
