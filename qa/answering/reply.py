"""Spans, passages and the kind of a question -> the reply that a person expects.

A short fact of fitting type and enough confidence is shown by itself; everything else as whole sentences, items, sides
or cells. Each part is cut from an excerpt that is cited.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from qa.answering.citations import citation, cite
from qa.answering.comparison import compared, joint_span, side_sentence
from qa.answering.definition import defining_sentence
from qa.answering.kinds import Asked
from qa.answering.lists import Items, announced_list, enumeration, listed_text
from qa.answering.short_span import fits, whole_words
from qa.answering.table_computations import Found
from qa.answering.table_lookup import look_up
from qa.answering.yes_no import polarity
from qa.settings import Settings
from qa.text.lexicon import is_only_plural
from qa.text.lines import one_line
from qa.text.spans import overlaps
from qa.types import AnswerPart, AnswerSpan, Citation, Document, Form, Kind, Passage, Span

HEADLINE_CONFIDENCE = 0.5
"""Confidence at which a short fact is shown by itself."""
UNDECIDED = "The article says:"
# Least confidence in what is found by its form: a cell by row and column, an announced list, a defining sentence, and
# the sides of a comparison. About as often such replies are right on held-out questions (make bench-kinds).
_CELL_FOUND, _LIST_FOUND, _DEFINITION_FOUND, _BOTH_FOUND = 0.7, 0.75, 0.9, 0.6
# Share of the question's terms that what announces a list must have.
_ANNOUNCED, _ANNOUNCED_STEPS, _ANNOUNCED_OTHER = 0.5, 0.6, 0.75


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered; the fields are those of `Answer`."""

    text: str
    citations: tuple[Citation, ...]
    confidence: float
    kind: Kind
    span: Span | None = None
    form: Form = "span"
    lead: str = ""
    parts: tuple[AnswerPart, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that a reply is made of.

    Attributes
    ----------
    question : str
        As it is searched for.
    asked : Asked
    spans : sequence of AnswerSpan
        Of the reader, best first.
    passages : sequence of Passage
        Best first.
    documents : mapping of str to Document
    search : callable
        Finds the passages for another query, in the same documents.
    settings : Settings
    """

    question: str
    asked: Asked
    spans: Sequence[AnswerSpan]
    passages: Sequence[Passage]
    documents: Mapping[str, Document]
    search: Callable[[str], Sequence[Passage]]
    settings: Settings

    @property
    def confidence(self) -> float:
        """That of the best span."""
        return self.spans[0].confidence if self.spans else 0.0

    def text(self, span: AnswerSpan) -> str:
        """Return the text of its document."""
        return self.documents[span.document_id].text

    def cited(self, first: AnswerSpan) -> tuple[Citation, ...]:
        """Return the citations, the first of which contains a span."""
        others = [span for span in self.spans if span is not first]
        best = replace(first, score=self.spans[0].score)
        several = self.asked.kind == "list"
        margin = self.settings.multi_citation_margin if several else self.settings.citation_margin
        return cite([best, *others], self.documents, self.settings.max_citations, margin)


def compose(evidence: Evidence) -> Reply | None:
    """Return the reply to a question; None where nothing was found."""
    if not evidence.spans:
        return None
    found = (make(evidence) for make in _REPLIES.get(evidence.asked.kind, ()))
    return next(filter(None, found), None) or _sentence(evidence, evidence.spans[0])


def _fact(evidence: Evidence) -> Reply:
    best = evidence.spans[0]
    text = evidence.text(best)
    span = whole_words(text, best.start, best.end, (best.excerpt_start, best.excerpt_end))
    words = text[slice(*span)]
    shown = evidence.confidence >= HEADLINE_CONFIDENCE and fits(evidence.asked.expected, words)
    return Reply(
        words, evidence.cited(best), evidence.confidence, _kind(evidence), span, "span" if shown else "excerpts"
    )


def _sentence(evidence: Evidence, best: AnswerSpan, certainty: float | None = None, lead: str = "") -> Reply:
    """Return the sentence of a span as the answer, with the span in it."""
    text = evidence.text(best)
    span = whole_words(text, best.start, best.end, (best.excerpt_start, best.excerpt_end))
    said = text[best.excerpt_start : best.excerpt_end]
    return Reply(
        f"{lead}. {said}" if lead in {"Yes", "No"} else said,
        evidence.cited(best),
        evidence.confidence if certainty is None else certainty,
        _kind(evidence),
        span,
        "excerpts",
        lead,
    )


def _kind(evidence: Evidence) -> Kind:
    # A reply about the library or the product is never made of excerpts.
    return "other" if evidence.asked.kind == "about" else evidence.asked.kind


def _yes_no(evidence: Evidence) -> Reply:
    best = evidence.spans[0]
    text = evidence.text(best)
    passage = next(
        (one for one in evidence.passages if one.document_id == best.document_id and one.start <= best.start < one.end),
        None,
    )
    sentence = text[best.excerpt_start : best.excerpt_end]
    around = f"{evidence.documents[best.document_id].title} {passage.text if passage else ''}"
    decided = polarity(evidence.question, sentence, around)
    lead = UNDECIDED if decided is None else "Yes" if decided else "No"
    return _sentence(evidence, best, lead=lead)


def _definition(evidence: Evidence) -> Reply | None:
    found = defining_sentence(evidence.question, evidence.passages)
    if found is None:
        return None
    best = next(
        (
            span
            for span in evidence.spans
            if span.document_id == found.passage.document_id and span.excerpt_end == found.match.end
        ),
        found.span(),
    )
    return _sentence(evidence, best, max(evidence.confidence, _DEFINITION_FOUND))


def _list(evidence: Evidence) -> Reply | None:
    if items := _announced(evidence, _ANNOUNCED):
        return items
    return _enumerated(evidence)


def _enumerated(evidence: Evidence) -> Reply | None:
    """Return the items of the enumeration that the best span is in, and what else may have some."""
    best = evidence.spans[0]
    text = evidence.text(best)
    found = enumeration(text, best)
    if not found or (evidence.asked.kind == "factoid" and not _alike([text[slice(*item)] for item in found])):
        return None
    citations = evidence.cited(best)
    return Reply(
        listed_text(text, found),
        citations,
        evidence.confidence,
        "list",
        None,
        "items",
        "",
        _parts(evidence.documents[best.document_id], found, citations[:1]),
    )


def _alike(items: Sequence[str]) -> bool:
    """Return whether all items are names, or all are plural nouns."""
    named = [re.search(r"\b[A-Z]", item) is not None for item in items]
    plural = [is_only_plural(item.split()[-1].lower()) and len(item.split()) < 4 for item in items]
    return all(named) or all(plural)


def _persons(evidence: Evidence) -> Reply | None:
    return _enumerated(evidence) if evidence.asked.expected == "person" else None


def _steps(evidence: Evidence) -> Reply | None:
    return _announced(evidence, _ANNOUNCED_STEPS)


def _other(evidence: Evidence) -> Reply | None:
    return _announced(evidence, _ANNOUNCED_OTHER)


def _announced(evidence: Evidence, least: float) -> Reply | None:
    items = announced_list(evidence.question, evidence.passages, evidence.documents, least)
    return _items(evidence, items, max(evidence.confidence, _LIST_FOUND)) if items else None


def _items(evidence: Evidence, found: Items, certainty: float, excerpts: Sequence[Span] = ()) -> Reply:
    """Return items, each with the excerpt that shows it; by default one shows all."""
    document = evidence.documents[found.document_id]
    score = evidence.spans[0].score
    shown = excerpts or [found.excerpt]
    citations = tuple(citation(n, document, excerpt, score) for n, excerpt in enumerate(shown, start=1))
    parts = _parts(document, found.items, citations)
    text = listed_text(document.text, found.items)
    return Reply(text, citations, certainty, _kind(evidence), None, "items", "", parts)


def _parts(document: Document, spans: Sequence[Span], citations: Sequence[Citation]) -> tuple[AnswerPart, ...]:
    return tuple(
        AnswerPart(citation.n, start, end, document.text[start:end])
        for start, end in spans
        for citation in citations
        if citation.start <= start and end <= citation.end
    )


def _comparison(evidence: Evidence) -> Reply | None:
    comparison = compared(evidence.question)
    if comparison is None:
        return None
    read = [evidence.text(span)[span.excerpt_start : span.excerpt_end] for span in evidence.spans]
    joint = joint_span(comparison, evidence.spans, read)
    chosen = [] if joint is None else [(" / ".join(comparison.sides), evidence.spans[joint])]
    taken = [(span.document_id, span.excerpt_end) for _, span in chosen]
    for side in (0, 1):
        passages = [*evidence.search(comparison.query(side)), *evidence.passages]
        found = side_sentence(comparison, side, passages, taken)
        if found is None and joint is None:
            return None
        if found and (joint is None or (found.passage.document_id, found.match.end) not in taken):
            chosen.append((comparison.sides[side], found.span()))
            taken.append((found.passage.document_id, found.match.end))
    return _sides(evidence, chosen)


def _sides(evidence: Evidence, chosen: Sequence[tuple[str, AnswerSpan]]) -> Reply:
    """Return the excerpts that say something of each side; those that overlap are one."""
    excerpts: list[tuple[str, int, int]] = []
    for _, span in chosen:
        name, start, end = span.document_id, span.excerpt_start, span.excerpt_end
        same = [one for one in excerpts if one[0] == name and overlaps(one[1:], (start, end))]
        start, end = min([start, *(one[1] for one in same)]), max([end, *(one[2] for one in same)])
        place = excerpts.index(same[0]) if same else len(excerpts)
        excerpts = [one for one in excerpts if one not in same]
        excerpts.insert(place, (name, start, end))
    citations = tuple(
        citation(n, evidence.documents[name], (start, end), evidence.spans[0].score)
        for n, (name, start, end) in enumerate(excerpts, start=1)
    )
    parts = []
    for label, span in chosen:
        start, end = span.excerpt_start, span.excerpt_end
        n = next(one.n for one in citations if one.overlaps(span.document_id, start, end))
        parts.append(AnswerPart(n, start, end, evidence.text(span)[start:end], label))
    text = "\n".join(f"{part.label}: {one_line(part.text)}" for part in parts)
    certainty = max(evidence.confidence, _BOTH_FOUND)
    return Reply(text, citations, certainty, "comparison", None, "excerpts", "", tuple(parts))


def _table(evidence: Evidence) -> Reply | None:
    found = look_up(evidence.question, evidence.passages, evidence.documents)
    if found is None or (found.operation == "cell" and not _is_expected(evidence, found.value)):
        return None
    document = evidence.documents[found.document_id]
    citations = tuple(
        citation(n, document, rows, evidence.spans[0].score) for n, rows in enumerate(found.excerpts, start=1)
    )
    certainty = max(evidence.confidence, _CELL_FOUND)
    if found.operation == "rows":
        items = Items(document.id, found.cells, found.excerpts[0])
        return _items(evidence, items, certainty, found.excerpts)
    if found.operation in {"cell", "highest", "lowest"}:
        lead = "" if found.operation == "cell" else _computed(found)
        return Reply(document.text[slice(*found.cells[0])], citations, certainty, "table", found.cells[0], "span", lead)
    parts = _parts(document, found.cells, citations)
    return Reply(found.value, citations, certainty, "table", None, "span", _computed(found), parts)


def _is_expected(evidence: Evidence, value: str) -> bool:
    """Return whether a cell may be what the question asks for: a number where it asks how many, a name for "who"."""
    numbered = re.match(r"[^\w\s]{0,3}\s?\d", value) is not None
    expected = evidence.asked.expected
    if expected in {"number", "money", "duration"}:
        return numbered
    return not numbered if expected in {"person", "place"} else fits(expected, value)


def _computed(found: Found) -> str:
    """Return the words that say what was computed."""
    return f"Computed from {found.compared} rows: {found.operation} of {found.column}"


# Tried in order; where none applies, a whole sentence is the answer.
_REPLIES: dict[Kind, tuple[Callable[[Evidence], Reply | None], ...]] = {
    "factoid": (_table, _persons, _fact),
    "yes_no": (_yes_no,),
    "list": (_table, _list, _fact),
    "process": (_steps,),
    "definition": (_table, _definition),
    "comparison": (_comparison,),
    "table": (_table, _fact),
    "other": (_table, _other),
}
