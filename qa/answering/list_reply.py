"""Replies with several items, from a list, an enumeration or several sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence

from qa.answering.citations import citation, parts_of
from qa.answering.definition import defined_term
from qa.answering.enumerations import enumeration, of_asked_noun
from qa.answering.evidence import Evidence, Reply
from qa.answering.lists import Items, announced_list, list_after, list_around, listed_text, titled_list
from qa.answering.prose_lists import counted_list, prose_list
from qa.answering.short_span import fits, whole_words
from qa.answering.table_lookup import asking_terms
from qa.text.lexicon import is_only_plural
from qa.text.lines import one_line
from qa.text.tokens import terms
from qa.types import AnswerPart, Citation, Span

MORE = "There may be more than these:"
_MIXED_STRENGTH = 0.5  # `FormFeatures.strength` of items that are not all names or all plural nouns
_MAX_GATHERED, _MIN_GATHERED_CONFIDENCE = 8, 0.3  # spans
_MIN_SEVERAL_CONFIDENCE = 0.5  # of a span with several things, to be shown rather than a section
_OPEN_NUMBER = re.compile(r"\W*what\s+(?:do|does|did|can|could|may|must|should|shall)\b", re.IGNORECASE)
_MEANING = re.compile(r"[^:\n]{1,60}:\s+\S")
_SEVERAL = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
# Minimum share of the question's terms in what announces a list.
_ANNOUNCED, _ANNOUNCED_STEPS, _ANNOUNCED_OTHER = 0.5, 0.6, 0.75


def list_reply(evidence: Evidence) -> Reply | None:
    """Return the items of an announced list, or of the enumeration around the best span."""
    return _announced(evidence, _ANNOUNCED) or _titled(evidence) or _enumerated(evidence)


def _enumerated(evidence: Evidence) -> Reply | None:
    """Return the items of the enumeration around the best span, with further citations."""
    best = evidence.spans[0]
    text = evidence.text(best)
    found = of_asked_noun(evidence.question, text, enumeration(text, best))
    if len(found) < 2 or any(text.count("(", *item) != text.count(")", *item) for item in found):
        return None
    if evidence.asked.kind == "factoid":
        # "Ann Lee and Bo Ek" needs no list if the reader found both.
        whole = best.start <= found[0][0] and found[-1][1] <= best.end
        persons = evidence.asked.expected == "person"
        if whole or (persons and not _alike([text[slice(*item)] for item in found])):
            return None
    citations = evidence.cited(best)
    parts = parts_of(evidence.documents[best.document_id], found, citations[:1])
    reply = Reply(listed_text(text, found), citations, evidence.confidence, "list", None, "items", "", parts)
    if evidence.asked.kind != "list":
        return reply
    alike = _alike([text[slice(*item)] for item in found])
    return evidence.rate(reply, "items", strength=1.0 if alike else _MIXED_STRENGTH)


def gathered_reply(evidence: Evidence) -> Reply | None:
    """Return what the reader found in several sentences, each cited; None if the items are not alike."""
    best = evidence.spans[0]
    parts: list[AnswerPart] = []
    citations: list[Citation] = []
    for span in evidence.spans[:_MAX_GATHERED]:
        if (
            span.score < best.score - evidence.settings.multi_citation_margin
            or span.confidence < _MIN_GATHERED_CONFIDENCE
        ):
            break
        text, document = evidence.text(span), evidence.documents[span.document_id]
        start, end = whole_words(text, span.start, span.end, (span.excerpt_start, span.excerpt_end))
        item_text = text[start:end].lower()
        if any(item_text in one.text.lower() or one.text.lower() in item_text for one in parts):
            continue
        excerpt = span.excerpt_start, span.excerpt_end
        cited = next((one for one in citations if one.overlaps(span.document_id, *excerpt)), None)
        if cited is None:
            cited = citation(len(citations) + 1, document, excerpt, span.score)
            citations.append(cited)
        parts += parts_of(document, [(start, end)], [cited])
    if len(citations) < 2 or len(parts) < 2 or not _alike([part.text for part in parts]):
        return None
    text = "\n".join(one_line(part.text) for part in parts)
    reply = Reply(text, tuple(citations), evidence.confidence, "list", None, "items", MORE, tuple(parts))
    return evidence.rate(reply, "items", strength=0.0)


def prose_reply(evidence: Evidence) -> Reply | None:
    """Return the sub-headings or the sentences of the section that the question names."""
    best = evidence.spans[0]
    if best.confidence >= _MIN_SEVERAL_CONFIDENCE and _SEVERAL.search(evidence.text(best)[best.start : best.end]):
        return None
    found = prose_list(evidence.question, evidence.passages, evidence.documents)
    return None if found is None else _rated_list(evidence, *found)


def _alike(items: Sequence[str]) -> bool:
    """Return whether all items are names, or all are plural nouns."""
    named = [re.search(r"\b[A-Z]", item) is not None for item in items]
    plural = [is_only_plural(item.split()[-1].lower()) and len(item.split()) < 4 for item in items]
    return all(named) or all(plural)


def several_reply(evidence: Evidence) -> Reply | None:
    """Return what a sentence enumerates, if the question expects a person or leaves open how many things."""
    open_number = evidence.asked.expected == "phrase" and _OPEN_NUMBER.match(evidence.question)
    return _enumerated(evidence) if evidence.asked.expected == "person" or open_number else None


def steps_reply(evidence: Evidence) -> Reply | None:
    """Return the steps of a document about the task, or an announced list of them."""
    return _titled(evidence) or _announced(evidence, _ANNOUNCED_STEPS)


def _titled(evidence: Evidence) -> Reply | None:
    found = titled_list(evidence.question, evidence.passages, evidence.documents)
    return evidence.rate(items_reply(evidence, found), "list", rest=0, strength=found.named) if found else None


def announcing_sentence_reply(evidence: Evidence) -> Reply | None:
    """Return the list that the best sentence announces, unless the sentence has a fact of the type asked for.

    "Three enemies threaten the trees." announces the next three sentences. If the question asks for several things or
    for steps, a list is also returned if the sentence is an item of it.
    """
    best = evidence.spans[0]
    text = evidence.text(best)
    if evidence.asked.expected != "phrase" and fits(evidence.asked.expected, text[best.start : best.end]):
        return None
    document, kind = evidence.documents[best.document_id], evidence.asked.kind
    found = list_after(document, best) or (list_around(document, best) if kind in {"list", "process"} else None)
    found = found or counted_list(document, best)
    if found is None:
        return None
    reply = items_reply(evidence, found)
    return rated_process(evidence, reply) if kind == "process" else reply


def rated_process(evidence: Evidence, reply: Reply) -> Reply:
    """Return a reply that says how, rated as a process, since the reader is too unsure of answers this long."""
    return evidence.rate(reply, "process", strength=evidence.spans[0].features.passage_overlap)


def meanings_reply(evidence: Evidence) -> Reply | None:
    """Return the list of meanings under the heading that a question names: "Green: ready" below "Lights"."""
    term = defined_term(evidence.question)
    found = announced_list(term, evidence.passages, evidence.documents, _ANNOUNCED) if term else None
    if found is None:
        return None
    text = evidence.documents[found.document_id].text
    return _rated_list(evidence, found) if all(_MEANING.match(text, *item) for item in found.items) else None


def announced_reply(evidence: Evidence) -> Reply | None:
    """Return a list whose announcement has nearly all terms of a question that does not ask for one."""
    return _announced(evidence, _ANNOUNCED_OTHER)


def _announced(evidence: Evidence, least: float) -> Reply | None:
    items = announced_list(evidence.question, evidence.passages, evidence.documents, least)
    return None if items is None else _rated_list(evidence, items)


def _rated_list(evidence: Evidence, items: Items, excerpts: Sequence[Span] = ()) -> Reply:
    asked = len({*terms(evidence.question)} - asking_terms())
    reply = items_reply(evidence, items, excerpts)
    return evidence.rate(reply, "list", rest=round(asked * (1 - items.share)), strength=items.named)


def items_reply(evidence: Evidence, found: Items, excerpts: Sequence[Span] = ()) -> Reply:
    """Return items with the excerpts that contain them; by default one excerpt contains all."""
    document = evidence.documents[found.document_id]
    score = evidence.spans[0].score
    shown = excerpts or [found.excerpt]
    citations = tuple(citation(n, document, excerpt, score) for n, excerpt in enumerate(shown, start=1))
    parts = parts_of(document, found.items, citations)
    text = listed_text(document.text, found.items)
    return Reply(text, citations, evidence.confidence, evidence.asked.kind, None, "items", "", parts)
