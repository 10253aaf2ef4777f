"""Choose among the reader's spans: those about another thing are left out, and one about the very thing preferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.evidence import Evidence
from qa.answering.excluded_spans import is_unmentioned, says_otherwise, sentence_of
from qa.answering.questions.asked_terms import asked_noun
from qa.answering.questions.kinds import VALUES
from qa.answering.reading.short_span import fits
from qa.answering.subjects.means import with_asked_means
from qa.answering.subjects.other_subject import is_of_another_part
from qa.protocols import AnswerSpan
from qa.text.lines import BULLETS
from qa.text.tokens import terms

MIN_PREFERRED_SHARE = 0.75
"""Share of the best confidence of a span that may be preferred to the best."""
BULLET = re.compile(rf"[{BULLETS}]\s+\S")
"""Matches an item of a list."""
# An item, or a line with a label: "Vaccination, dog ..... 52.00".
_ITEM = re.compile(rf"{BULLET.pattern}|[^\n:.]{{1,40}}?(?:: |\.{{3,}}|\s{{3,}}|\t)")
_MIN_ITEM_SHARE = 0.5  # the same, of an item of a list
_MIN_CONSIDERED = 12  # of the best spans; no reply to 1,600 questions used a later one
_ASKS_DEADLINE = re.compile(
    r"\b(?:due|deadline|payable|latest|last (?:day|date))\b"
    r"|\bwhen (?:must|should|do|does) .+\b(?:pay|paid|apply|return|returned)\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:by|due|before|until|till|payable|within|deadline|closing|latest|last (?:day|date))\b", re.IGNORECASE
)
# "How much is the fine for this?", "What is the weekly rent?"
_ATTRIBUTE = re.compile(
    r"\W*(?:how (?:much|high|large|big)|what) (?:is|are|was|were) (?:the|my|our|its|an?) (?:\w+ ){0,2}?(\w+)"
    r"(?=\s(?:of|for|to|on|in|if|when|per|at|with|without)\b|\W*$)",
    re.IGNORECASE,
)


def suitable(evidence: Evidence) -> Evidence:
    """Return the evidence with the spans that may answer the question, the preferred one first.

    If the question names a section by its number, passages of other sections are left out.
    """
    others = [one for one in evidence.passages if is_of_another_part(evidence.question, one.headings, one.text)]
    if others:
        passages = [one for one in evidence.passages if one not in others]
        spans = [one for one in evidence.spans if evidence.passage(one) not in others]
        evidence = replace(evidence, passages=passages, spans=spans)
    return replace(evidence, spans=_suitable_spans(evidence))


def _suitable_spans(evidence: Evidence) -> list[AnswerSpan]:
    """Return the spans that may answer the question, the preferred one first."""
    if not evidence.spans or is_unmentioned(evidence, evidence.spans[0]):
        return []
    best = evidence.spans[: max(_MIN_CONSIDERED, evidence.settings.max_citations)]
    spans = _of_titled(evidence, [span for span in best if not says_otherwise(evidence, span)])
    if not spans:
        return []
    if evidence.asked.kind == "process":
        return with_asked_means(evidence, spans)
    return _with_deadline(evidence, _with_attribute(evidence, _with_named_item(evidence, spans)))


def _of_titled(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans without those of other documents if the question has a title that no other one mentions.

    The salt of "Rye bread" is none for "How much salt do I need for waffles?" beside the recipe "Waffles".
    """
    asked = {*terms(evidence.question)}
    titles = {one: {*terms(evidence.documents[one].title)} for one in {each.document_id for each in evidence.passages}}
    titled = {one: title for one, title in titles.items() if title and title <= asked}
    if not titled:
        return spans
    about = {
        one.document_id
        for one in evidence.passages
        for found in [titles[one.document_id].union(terms(f"{one.headings} {one.text}"))]
        if any(title <= found for title in titled.values())
    }
    return [one for one in spans if one.document_id in about] if about <= titled.keys() else spans


def _with_attribute(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, first the value of the attribute asked for: "a fine of |50|", not "the permit costs |20|"."""
    asked = _ATTRIBUTE.match(evidence.question) if evidence.asked.expected in VALUES else None
    if asked is None or {*terms(asked[1])} & {*terms(sentence_of(evidence, spans[0]))}:
        return spans
    of = re.compile(rf"\b{asked[1]} of\s\Z", re.IGNORECASE)
    least = MIN_PREFERRED_SHARE * spans[0].confidence
    stated = (one for one in spans if of.search(evidence.text(one), one.excerpt_start, one.start))
    first = next((one for one in stated if one.confidence >= least), spans[0])
    return [first, *(one for one in spans if one is not first)]


def _with_deadline(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, first one after words such as "pay by" if the question asks for a deadline."""
    if evidence.asked.expected != "date" or not _ASKS_DEADLINE.search(evidence.question):
        return spans
    least = _MIN_ITEM_SHARE * spans[0].confidence
    likely = [one for one in spans if one.confidence >= least and fits("date", evidence.text(one)[one.start : one.end])]
    until = [one for one in likely if _DEADLINE.search(evidence.text(one), one.excerpt_start, one.end)]
    return [until[0], *(one for one in spans if one is not until[0])] if until else spans


def _with_named_item(evidence: Evidence, spans: Sequence[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, that first whose item has most of the question: "For a boat: S 2", not "For a cellar: D 8".

    A label that is the noun asked for counts once more: "Period: May to July" for "Which period does the bill cover?".
    """
    asked, noun = {*terms(evidence.question)}, {*terms(asked_noun(evidence.question))}
    shares = []
    for span in spans:
        excerpt = evidence.excerpt(span)
        item = _ITEM.match(excerpt)
        shares.append(len(asked & {*terms(excerpt)}) + bool(noun and noun == {*terms(item[0])}) if item else -1)
    best = shares.index(max(shares))
    preferred = shares[0] >= 0 and spans[best].confidence >= _MIN_ITEM_SHARE * spans[0].confidence
    return [spans[best], *spans[:best], *spans[best + 1 :]] if preferred else [*spans]
