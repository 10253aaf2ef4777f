"""Replies with several items, from a list, an enumeration or several sentences."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice, takewhile

from qa.answering.citations import citation, citations_of, parts_of
from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.enumerations import enumeration, of_asked_noun
from qa.answering.lists.prose import counted_list, prose_list
from qa.answering.lists.search import (
    Items,
    announced_list,
    announcement,
    is_about_one_item,
    list_after,
    list_around,
    listed_text,
    titled_list,
)
from qa.answering.questions.asked_terms import WHO, asked_terms, normalised_terms, stated_count
from qa.answering.reading.short_span import fits, whole_words
from qa.answering.sentences.definition import defined_term
from qa.answering.tables.lookup import asking_terms
from qa.protocols import AnswerSpan
from qa.text.dates import ANY_YEAR
from qa.text.lexicon import PREPOSITIONS, is_only_plural
from qa.text.lines import one_line
from qa.text.numbers import numbers
from qa.text.tokens import terms
from qa.types import AnswerPart, Citation, Span

MIN_GATHERED_CONFIDENCE = 0.3
"""Of a span, to be an item of a list that nothing announces."""
MORE = "There may be more than these:"
_MAX_GATHERED = 8  # spans
_MIN_SEVERAL_CONFIDENCE = 0.5  # of a span with several things, to be shown rather than a section
_MIN_FURTHER_SHARE, _MIN_SHARE_OF_SAME = 0.3, 0.1  # of the best confidence; of the same subject
_SURE = 0.9  # confidence of an enumeration that need not have more of the question than a list
_MAX_BEFORE_ADDED = 300  # characters from the end of a sentence to the words in the next
_MEANING = re.compile(r"[^:\n]{1,60}:\s+\S")
# A sentence that adds to the one before: "She also wrote songs", "In addition, ..."
_ALSO = re.compile(
    r"\s*+(?:(?:later|afterwards|finally),?\s+(?P<later>he|she|it|they)\b"
    r"|(?P<same>(?:he|she|it|they|we|you)\b)?[^.!?:\n]*\b(?:also|in addition|furthermore|moreover|additionally)\b)",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"[.!?:]\s")
_IN_RELATIVE_CLAUSE = re.compile(r"\b(?:who|which|whose|whom)\b[^,]*\Z")
_WHO_NOT = re.compile(r"\W*who\s+(?:should|must|may|can|could)(?:\s*not|n['\u2019]t)\s+(?P<do>[^?]+)", re.IGNORECASE)
_TO_DO = re.compile(r"(?:not\s+)?to\s", re.IGNORECASE)
_ARTICLES = frozenset({"a", "an", "the", "anyone", "everyone", "those", "people", "your", "our"})
_POINTER = re.compile(r"\W*(?:\[[^\[\]\n]*\]\([^()\n]*\)|https?://\S+)(?:\s\(.{0,200}\))?\W*", re.DOTALL)
"""Matches an item that is only a link, with a remark in brackets or not."""
# "Please ask which tools can be borrowed." does not say it.
_INDIRECT_QUESTION = re.compile(
    r"\b(?:which|what)(?:\s+[\w-]+){1,3}?\s+(?:is|are|can|may|must|should|will)\b", re.IGNORECASE
)
_COMMAND = re.compile(r"`[^`\n]*[^`\s][ ][^`\n]*`")
_SEVERAL = re.compile(r"\b(?:and|or)\b", re.IGNORECASE)
# Minimum share of the question's terms in what announces a list.
_ANNOUNCED, _ANNOUNCED_STEPS, _ANNOUNCED_OTHER = 0.5, 0.6, 0.75


def list_reply(evidence: Evidence) -> Reply | None:
    """Return the items of an announced list, or of the enumeration around the best span."""
    announced, enumerated = announced_reply(evidence, _ANNOUNCED) or _titled(evidence), _enumerated(evidence)
    if announced and enumerated and announced.confidence_basis and enumerated.confidence_basis:
        nouns = asked_terms(evidence.question)[1]
        other, found = announced.confidence_basis[1], enumerated.confidence_basis[1]
        covers_more = (found.coverage, evidence.confidence >= _SURE) > (other.coverage, False)
        surer = evidence.confidence >= MIN_GATHERED_CONFIDENCE and covers_more
        # "the date, the evidence and the possible outcomes" are no outcomes.
        with_noun = [bool(nouns & {*terms(one.text)}) for one in enumerated.parts if one.text.split()[-1].islower()]
        surer = surer and len({*with_noun}) < 2
        announced = enumerated if surer and not other.agreement else announced
    return announced or enumerated


def _enumerated(evidence: Evidence) -> Reply | None:
    """Return the items of the enumeration around the best span, with further citations."""
    best = evidence.spans[0]
    text = evidence.text(best)
    if _saying_the_same(evidence):
        return gathered_reply(evidence)
    if list_after(evidence.documents[best.document_id], best):
        return None  # "the ports for incoming and outgoing traffic:" announces them
    found = of_asked_noun(evidence.question, text, enumeration(text, best), best)
    spans = _with_further(evidence)
    if len(spans) > 1:
        found = [item for one in spans for item in enumeration(text, one) or [_words(text, one)]]
        best = replace(best, excerpt_start=spans[0].excerpt_start, excerpt_end=spans[-1].excerpt_end)
    found = _as_many_as_asked(evidence.question, found, best)
    in_table = evidence.documents[best.document_id].tables.at(best.start) is not None
    if in_table and not any(mark in text[best.start : best.end] for mark in ",;"):
        return None  # "Fish and chips" is the value of one cell
    asked = {*terms(evidence.question)}
    stated = [words for item in found if asked.issuperset(terms(words := text[slice(*item)]))]
    if (in_table and stated) or any(map(numbers, stated)):
        return None  # for "Which firms sell nails?", the row has nails among its values
    if len(found) < 2 or any(text.count("(", *item) != text.count(")", *item) for item in found):
        return None
    citations = evidence.cited(best)
    parts = parts_of(evidence.documents[best.document_id], found, citations[:1])
    reply = Reply(listed_text(text, found), citations, evidence.confidence, "list", "items", parts=parts)
    return evidence.with_confidence(reply, "items", strength=best.features.passage_overlap)


def _as_many_as_asked(question: str, items: list[Span], best: AnswerSpan) -> list[Span]:
    """Return the items, or those in the best span; none if neither are as many as the question says."""
    own = [item for item in items if item[0] < best.end and best.start < item[1]]
    count = stated_count(question) or len(items)
    return next((found for found in (items, own) if len(found) == count), [])


def _with_further(evidence: Evidence) -> list[AnswerSpan]:
    """Return the best span, and what the reader found in the sentences that add to it: "She also wrote |songs|"."""
    best = evidence.spans[0]
    text, near = evidence.text(best), [one for one in evidence.spans if one.document_id == best.document_id]
    found = [best]
    for span in sorted(near, key=lambda one: one.start):
        if (
            _is_in_also_sentence(text, found[-1], span)
            and span.confidence >= _min_share_in_also_sentence(text, best, span) * best.confidence
        ):
            found.append(span)
        elif _is_in_also_sentence(text, span, best) and span.confidence >= _MIN_FURTHER_SHARE * best.confidence:
            found.insert(0, span)
    return found


def _is_in_also_sentence(text: str, first: AnswerSpan, second: AnswerSpan) -> bool:
    """Return whether the second span is in the sentence after the first one, which says "also"."""
    end = first.excerpt_end
    if not end <= second.start <= end + _MAX_BEFORE_ADDED:
        return False
    between = text[end : second.start]
    if "\n\n" in between or _SENTENCE_END.search(between):
        return False
    return _ALSO.match(text, end, second.excerpt_end) is not None


def _min_share_in_also_sentence(text: str, best: AnswerSpan, span: AnswerSpan) -> float:
    """Return the minimum share of the best confidence; less is enough if both sentences have the same subject."""
    also = _ALSO.match(text, best.excerpt_end, span.excerpt_end)
    other = _IN_RELATIVE_CLAUSE.search(text, best.excerpt_start, best.start)
    return _MIN_SHARE_OF_SAME if also and (also["same"] or also["later"]) and not other else _MIN_FURTHER_SHARE


def _words(text: str, span: AnswerSpan) -> Span:
    return whole_words(text, span.start, span.end, span.excerpt)


def _saying_the_same(evidence: Evidence) -> list[AnswerSpan]:
    """Return the likely spans of several sentences with all terms of the question: "Dogs are not allowed here"."""
    asked, best = asked_terms(evidence.question)[0], evidence.spans[0]
    found: dict[int, AnswerSpan] = {}
    for span in evidence.spans if len(asked) > 1 else ():
        likely = span.confidence >= _MIN_SEVERAL_CONFIDENCE and span.document_id == best.document_id
        if likely and asked <= normalised_terms(evidence.excerpt(span)):
            found.setdefault(span.excerpt_start, span)
    several = len(found) > 1 and best.excerpt_start in found
    return sorted(found.values(), key=lambda one: one.start) if several else []


def gathered_reply(evidence: Evidence) -> Reply | None:
    """Return what the reader found in several sentences, each cited; None if these and the items are not alike."""
    same, least = _saying_the_same(evidence), evidence.spans[0].score - evidence.settings.multi_citation_margin
    likely = takewhile(lambda one: one.score >= least and one.confidence >= MIN_GATHERED_CONFIDENCE, evidence.spans)
    parts: list[AnswerPart] = []
    citations: list[Citation] = []
    for span in same or islice(likely, _MAX_GATHERED):
        text, document = evidence.text(span), evidence.documents[span.document_id]
        items = (enumeration(text, span) if same else ()) or [_words(text, span)]
        known = [one.text.lower() for one in parts]
        words = {item: text[slice(*item)].lower() for item in items}
        items = [item for item in items if not any(one in words[item] or words[item] in one for one in known)]
        if not items:
            continue
        cited = next((one for one in citations if one.overlaps(span.document_id, *span.excerpt)), None)
        if cited is None:
            cited = citation(len(citations) + 1, document, span.excerpt, span.score)
            citations.append(cited)
        parts += parts_of(document, items, [cited])
    if len(citations) < 2 or len(parts) < 2 or not (same or _alike([part.text for part in parts])):
        return None
    text = "\n".join(one_line(part.text) for part in parts)
    reply = Reply(text, tuple(citations), evidence.confidence, "list", "items", lead=MORE, parts=tuple(parts))
    return evidence.with_confidence(reply, "items", strength=0.0)


def prose_reply(evidence: Evidence) -> Reply | None:
    """Return the sub-headings or the sentences of the section that the question names."""
    best = evidence.spans[0]
    if best.confidence >= _MIN_SEVERAL_CONFIDENCE and _SEVERAL.search(evidence.text(best)[best.start : best.end]):
        return None
    found = prose_list(evidence.question, evidence.passages, evidence.documents)
    if found is None:
        return None
    document_id, listed = found[0].document_id, found[0].items
    inside = best.document_id == document_id and any(start <= best.start < end for start, end in listed)
    # The reader is sure of something else.
    is_fact = evidence.asked.kind == "factoid" and best.confidence >= _MIN_SEVERAL_CONFIDENCE and not inside
    return None if is_fact else _rated_list(evidence, *found)


def _alike(items: Sequence[str]) -> bool:
    """Return whether all items are names, or all are plural nouns, or all begin with an article."""
    return bool(set.intersection(*map(_forms, items)))


def _forms(item: str) -> set[str]:
    first, *_ = words = item.lower().split()
    head = next((n for n, word in enumerate(words) if n and word in PREPOSITIONS), len(words))
    forms = {
        "name": re.search(r"\b[A-Z]", item),
        "plural": is_only_plural(words[head - 1]),
        "article": first in _ARTICLES,
    }
    return {form for form, found in forms.items() if found and (form != "plural" or head < 4)}


def steps_reply(evidence: Evidence) -> Reply | None:
    """Return the steps of a document about the task, or an announced list of them."""
    reply = _titled(evidence) or announced_reply(evidence, _ANNOUNCED_STEPS)
    # Pages to read are no steps.
    if (
        reply is None
        or _names_only_command(evidence, reply)
        or all(_POINTER.fullmatch(one.text) for one in reply.parts)
    ):
        return None
    return reply


def _names_only_command(evidence: Evidence, reply: Reply) -> bool:
    """Return whether what announces a list has words of the question only in a command: "Names for `foo install`:"."""
    document = evidence.documents[reply.citations[0].document]
    line = document.text[reply.citations[0].start : reply.parts[0].start]
    commands = {*terms(" ".join(_COMMAND.findall(line)))} - {*terms(f"{_COMMAND.sub('', line)} {document.title}")}
    return "`" not in evidence.question and not commands.isdisjoint(terms(evidence.question))


def _titled(evidence: Evidence) -> Reply | None:
    found = titled_list(evidence.question, evidence.passages, evidence.documents)
    if found is None:
        return None
    return evidence.with_confidence(items_reply(evidence, found), "list", missing=0, strength=found.match)


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
    several = kind in {"list", "process"} or evidence.asked.expected == "person"
    found = list_after(document, best)
    if found is None and several:
        line = announcement(document, best) or (0, 0)
        around = {*terms(f"{evidence.above(best)}\n{text[slice(*line)]}")}
        found = None if is_about_one_item(evidence.question, around) else list_around(document, best)
    found = found or counted_list(document, best)
    if found is None:
        return None
    if kind == "list":
        passage = evidence.passage(best)
        headings = passage.headings if passage else ""
        announcing = f"{text[found.excerpt[0] : found.items[0][0]]}\n{headings}"
        asked, nouns = asked_terms(evidence.question)
        announced = normalised_terms(announcing)
        years = {*ANY_YEAR.findall(announcing)}
        if years and not years.issuperset(ANY_YEAR.findall(evidence.question)):
            return None
        named = [item for item in found.items if nouns & normalised_terms(text[slice(*item)])]
        if len(named) == 1 and not nouns & announced and named[0][0] <= best.start < named[0][1]:
            # "Czech and Catalan translations" among other things that were added
            found = replace(found, items=(named[0],))
            announced |= nouns
        share = len(asked & announced) / max(1, len(asked))
        return _rated_list(evidence, replace(found, share=share, match=share))
    reply = items_reply(evidence, found)
    return rated_process(evidence, reply) if kind == "process" else reply


def rated_process(evidence: Evidence, reply: Reply) -> Reply:
    """Return a reply that says how, rated as a process, since the reader is too unsure of answers this long."""
    return evidence.with_confidence(reply, "process", strength=evidence.spans[0].features.passage_overlap)


def meanings_reply(evidence: Evidence) -> Reply | None:
    """Return the list of meanings under the heading that a question names: "Green: ready" below "Lights"."""
    term = defined_term(evidence.question)
    found = announced_list(term, evidence.passages, evidence.documents, _ANNOUNCED) if term else None
    if found is None:
        return None
    text = evidence.documents[found.document_id].text
    return _rated_list(evidence, found) if all(_MEANING.match(text, *item) for item in found.items) else None


def announced_reply(evidence: Evidence, least: float = _ANNOUNCED_OTHER) -> Reply | None:
    """Return a list whose announcement has enough of the question's terms.

    `least` is their minimum share; by default nearly all, as for a question that does not ask for a list.
    """
    columns = evidence.asked.kind != "process"  # which has steps
    items = announced_list(evidence.question, evidence.passages, evidence.documents, least, columns=columns)
    return None if items is None or _is_other_list(evidence, items) else _rated_list(evidence, items)


def excluded_reply(evidence: Evidence) -> Reply | None:
    """Return the list announced by "Do not take it if you:" for "Who should not take it?"."""
    asked = _WHO_NOT.match(evidence.question)
    return announced_reply(replace(evidence, question=f"Do not {asked['do']} if")) if asked else None


def _is_other_list(evidence: Evidence, found: Items) -> bool:
    """Return whether the reader is sure of a better answer than a list, or its items are no persons, as asked for."""
    best, text, kind = evidence.spans[0], evidence.documents[found.document_id].text, evidence.asked.kind
    if WHO.match(evidence.question) and all(_TO_DO.match(text, *item) for item in found.items):
        return True
    if kind == "process" and found.unnamed:
        asked = asked_terms(evidence.question)[0]
        if any(asked <= normalised_terms(one.heading) for one in evidence.passages):
            return True  # its section, which has no list
    if evidence.confidence < _MIN_SEVERAL_CONFIDENCE:
        return False
    here = best.document_id == found.document_id
    if here and found.excerpt[0] <= best.start and best.excerpt_end <= found.items[0][0]:
        # "Courts 5 and 6 have floodlights." above the rules for courts
        sentence = evidence.excerpt(best)
        return kind == "list" and sentence.endswith(".") and not _INDIRECT_QUESTION.search(sentence)
    inside = here and found.excerpt[0] <= best.start < found.excerpt[1]
    return (
        (kind == "process" or not here) and not inside and not found.unnamed.isdisjoint(terms(evidence.excerpt(best)))
    )


def _rated_list(evidence: Evidence, items: Items, excerpts: Sequence[Span] = ()) -> Reply:
    asked = len({*terms(evidence.question)} - asking_terms())
    reply = items_reply(evidence, items, excerpts)
    return evidence.with_confidence(reply, "list", missing=round(asked * (1 - items.share)), strength=items.match)


def values_reply(evidence: Evidence, found: Items, excerpts: Sequence[Span] = ()) -> Reply:
    """Return several values as items, and a single one as a span."""
    if len(found.items) > 1:
        return items_reply(evidence, found, excerpts)
    document, [span] = evidence.documents[found.document_id], found.items
    cited = citation(1, document, found.excerpt, evidence.spans[0].score)
    return Reply(document.text[slice(*span)], (cited,), evidence.confidence, evidence.asked.kind, span=span)


def items_reply(evidence: Evidence, found: Items, excerpts: Sequence[Span] = ()) -> Reply:
    """Return items with the excerpts that contain them; by default one excerpt contains all."""
    document = evidence.documents[found.document_id]
    shown = excerpts or [found.excerpt]
    citations = citations_of(((document, excerpt) for excerpt in shown), evidence.spans[0].score)
    parts = parts_of(document, found.items, citations)
    text = listed_text(document.text, found.items)
    return Reply(text, citations, evidence.confidence, evidence.asked.kind, "items", parts=parts)
