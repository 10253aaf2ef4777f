"""The list or the column that several of the reader's spans are in, for a question that does not name it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import islice

from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.search import Items, list_with
from qa.answering.questions.asked_terms import asked_terms
from qa.answering.reading.short_span import fits
from qa.answering.replies.lists import MIN_GATHERED_CONFIDENCE, announced_reply, items_reply
from qa.protocols import AnswerSpan
from qa.text.lexicon import AUXILIARIES, BE, DO, HAVE, MODALS, is_participle, third_person_of
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Passage, Span

_MAX_SPANS, _MIN_HITS = 6, 3  # best spans, and those in the items of one list
_MIN_SHARE = 0.4  # of the best confidence
_MAX_CELL_MARGIN = 1.5  # of scores
_MAX_ROWS = 1_000  # of a table that are read
_OPEN_NUMBER = re.compile(r"\W*(?:what|which)\s+([\w-]+)\s+([\w-]+)(?:\s+([\w-]+))?", re.IGNORECASE)
_ASKS_WHICH = re.compile(r"\W*what (?:are|were)\b", re.IGNORECASE)
_Cell = tuple[tuple[int, int], Span, Span]  # its table and column, its span, and its row


def shared_list_reply(evidence: Evidence) -> Reply | None:
    """Return the list, or the cells of a table's column, that several of the best spans are in."""
    best = evidence.spans[0]
    asks_for_several = _SEVERAL_OF.get(evidence.asked.kind)
    open_number = asks_for_several is None or asks_for_several(evidence.question)
    expected = evidence.asked.expected
    fact = expected != "phrase" and fits(expected, evidence.text(best)[best.start : best.end])
    if fact or evidence.confidence < MIN_GATHERED_CONFIDENCE or not (open_number or expected == "person"):
        return None
    if evidence.asked.kind == "factoid" and open_number and (announced := announced_reply(evidence, 1.0)):
        return replace(announced, kind="list")
    least = _MIN_SHARE * best.confidence
    near = [
        one for one in evidence.spans[:_MAX_SPANS] if one.confidence >= least and one.document_id == best.document_id
    ]
    return _cells_reply(evidence, near) or _items_reply(evidence, near)


def _may_have_several_answers(question: str) -> bool:
    """Return whether a question leaves open how many things: "What did she buy?", "What damage was found?"."""
    asks = _OPEN_NUMBER.match(question)
    if asks is None:
        return False
    first, second, third = ((word or "").lower() for word in asks.groups())
    if first in BE:
        return is_participle(second)
    verbs = {second, third} & (AUXILIARIES | MODALS)
    of_noun = verbs and question.lower().lstrip().startswith("what")
    return bool(
        first in DO | HAVE | MODALS | {"shall"}
        or (first not in AUXILIARIES and (third_person_of(first, unless_noun=False) or of_noun))
    )


# Of other kinds, every question may ask for several things.
_SEVERAL_OF: dict[str, Callable[[str], object]] = {
    "factoid": _may_have_several_answers,
    "definition": _ASKS_WHICH.match,
}


def _items_reply(evidence: Evidence, spans: Sequence[AnswerSpan]) -> Reply | None:
    """Return the list that most of the spans are items of."""
    document = evidence.documents[spans[0].document_id]
    listed = list_with(document, spans[0])
    if listed is None or not _may_list(evidence, listed, evidence.passage(spans[0])):
        return None
    hits = tuple(item for item in listed.items if any(item[0] <= one.start < item[1] for one in spans))
    if len(hits) < min(_MIN_HITS, len(listed.items)):
        return None
    # Rules of a club, for example: each says something of its own.
    if any(document.text.endswith(".", *item) for item in listed.items):
        listed = replace(listed, items=hits)
    reply = replace(items_reply(evidence, listed), kind="list")
    return evidence.with_confidence(reply, "items", strength=len(hits) / len(spans))


def _may_list(evidence: Evidence, listed: Items, passage: Passage | None) -> bool:
    """Return whether the noun of "Which sauces ...?" is near the list, and all or none of its items have it."""
    text = evidence.documents[listed.document_id].text
    nouns = asked_terms(evidence.question)[1] if evidence.asked.kind == "list" else set()
    around = f"{evidence.above(evidence.spans[0])}\n{passage.text if passage else ''}"
    named = sum(bool(nouns & {*terms(text[slice(*item)])}) for item in listed.items)
    return named in {0, len(listed.items)} and not (nouns and nouns.isdisjoint(terms(around)))


def _cells_reply(evidence: Evidence, spans: Sequence[AnswerSpan]) -> Reply | None:
    """Return the cells of one column that the reader found nearly as good, in rows with the same asked words.

    Cells that have these words themselves are not the answer: of "Which firms sell nails?", the names of such rows are.
    """
    document, asked = evidence.documents[spans[0].document_id], {*terms(evidence.question)}
    words = asked & {*terms(evidence.excerpt(spans[0]))}
    likely = [one for one in spans if one.score >= spans[0].score - _MAX_CELL_MARGIN]
    cells = [(_cell(document, one.start), {*terms(evidence.excerpt(one))}) for one in likely]
    column = cells[0][0][0] if cells[0][0] else None
    found = sorted({cell[1:] for cell, row in cells if cell and cell[0] == column and words and words <= row})
    if len(found) < 2:
        return None
    if column and column[1] and all(words <= {*terms(document.text[slice(*cell)])} for cell, _ in found):
        found = _named_rows(document, found[0][0][0], column[1], words) or found
    items, excerpts = zip(*found, strict=True)
    reply = replace(items_reply(evidence, Items(document.id, items, excerpts[0]), excerpts), kind="list")
    return evidence.with_confidence(reply, "items", strength=1.0)


def _named_rows(document: Document, offset: int, column: int, words: set[str]) -> list[tuple[Span, Span]]:
    """Return the first cell and the span of each row of the table at an offset whose cell in a column has the words."""
    table = document.tables.at(offset)
    rows = islice(table.rows(), _MAX_ROWS) if table else ()
    named = (row for row in rows if column < len(row) and words <= {*terms(document.text[slice(*row[column])])})
    return [(row[0], (row[0][0], row[-1][1])) for row in named if row[0][0] < row[0][1]]


def _cell(document: Document, offset: int) -> _Cell | None:
    """Return the cell at an offset; None outside of tables."""
    table = document.tables.at(offset)
    if table is None or offset < table.body:
        return None
    row = table.row_at(offset)
    line = row.contents[0][0], row.contents[-1][1]
    if table.layout != "list":
        line = trim(document.text, row.cells[0][0], row.end)
    cells = enumerate(row.contents)
    return next((((table.start, column), cell, line) for column, cell in cells if cell[0] <= offset < cell[1]), None)
