"""Replies from tables: a cell, the names of rows, or a computed figure."""

from __future__ import annotations

import re

from qa.answering.citations import citation, parts_of
from qa.answering.evidence import Evidence, Reply
from qa.answering.form_confidence import ReplyForm
from qa.answering.list_reply import items_reply
from qa.answering.lists import Items
from qa.answering.short_span import HOW_OFTEN, fits
from qa.answering.table_computations import Found
from qa.answering.table_grid import Grid
from qa.answering.table_lookup import asking_terms, look_up
from qa.documents.tables import Table
from qa.text.numbers import is_numeral, numbers
from qa.text.tokens import terms
from qa.types import Document

_MIN_STATED_CONFIDENCE = 0.5


def table_reply(evidence: Evidence) -> Reply | None:
    """Return the cell or figure that a question asks for; None if no table clearly has it."""
    found = look_up(evidence.question, evidence.passages, evidence.documents)
    if found is None or (found.operation == "cell" and not _is_expected(evidence, found.value)):
        return None
    if found.operation == "count" and _states_number(evidence):
        return None
    if evidence.asked.kind == "process" and (found.operation != "cell" or found.strength < 1):
        return None
    document = evidence.documents[found.document_id]
    citations = tuple(
        citation(n, document, rows, evidence.spans[0].score) for n, rows in enumerate(found.excerpts, start=1)
    )
    if found.operation == "rows":
        reply = items_reply(evidence, Items(document.id, found.cells, found.excerpts[0]), found.excerpts)
    else:
        lead = "" if found.operation == "cell" else _computed(found)
        one = found.operation in {"cell", "highest", "lowest"}
        text = document.text[slice(*found.cells[0])] if one else found.value
        parts = () if one else parts_of(document, found.cells, citations)
        span = found.cells[0] if one else None
        reply = Reply(text, citations, evidence.confidence, "table", span, "span", lead, parts)
    form: ReplyForm = "cell" if found.operation in {"cell", "rows"} else "figure"
    return evidence.rate(reply, form, rest=len(found.rest), strength=found.strength)


def row_reply(evidence: Evidence, reply: Reply) -> Reply | None:
    """Return the reader's reply with the confidence of a table row; None if it is not from a table.

    Such a reply is likely right if the question names the row and its columns.
    """
    best = evidence.spans[0]
    document = evidence.documents[best.document_id]
    table = _table_around(document, best.start)
    if table is None:
        return None
    asked = {*terms(evidence.question)} - asking_terms()
    row = {*terms(document.text[best.excerpt_start : best.excerpt_end])}
    grid = Grid(document, table)
    context_terms = terms(" ".join([*table.columns, grid.announcement()]))
    share = 0.0 if grid.is_another(evidence.question, best.start) else len(asked & row) / max(1, len(asked))
    return evidence.rate(reply, "row", context=context_terms, strength=share)


def _states_number(evidence: Evidence) -> bool:
    """Return whether the reader found a number outside of tables: "It has 42 plots" beside a table of three sizes."""
    best = evidence.spans[0]
    document = evidence.documents[best.document_id]
    stated = best.confidence >= _MIN_STATED_CONFIDENCE and bool(numbers(document.text[best.start : best.end]))
    return stated and _table_around(document, best.start) is None


def _table_around(document: Document, offset: int) -> Table | None:
    return next((one for one in document.tables if one.start <= offset < one.end), None)


def _is_expected(evidence: Evidence, value: str) -> bool:
    """Return whether a cell has the type that the question expects: a number for "how many", a name for "who"."""
    numbered = re.match(r"[^\w\s]{0,3}\s?\d", value) is not None
    if evidence.asked.kind == "definition":
        return not numbered
    expected = evidence.asked.expected
    if expected in {"number", "money", "duration"}:
        return numbered or is_numeral(value.split(maxsplit=1)[0]) or HOW_OFTEN.match(value) is not None
    return not numbered if expected in {"person", "place"} else fits(expected, value)


def _computed(found: Found) -> str:
    """Describe what was computed."""
    return f"Computed from {found.compared} rows: {found.operation} of \u201c{found.column}\u201d"
