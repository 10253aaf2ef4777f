"""Replies from tables: a cell, the names of rows, or a computed figure."""

from __future__ import annotations

import re

from qa.answering.citations import citation, citations_of, parts_of
from qa.answering.evidence import Evidence, Reply
from qa.answering.form_confidence import ReplyForm
from qa.answering.lists.search import Items
from qa.answering.questions.asked_terms import asks_two
from qa.answering.questions.limits import quantities
from qa.answering.questions.superlatives import is_of_another_extreme, is_stated
from qa.answering.reading.short_span import HOW_OFTEN, TIME, fits, is_time_of_day
from qa.answering.replies.below_heading import SAYS_YES_OR_NO
from qa.answering.replies.lists import items_reply
from qa.answering.tables.computations import Found
from qa.answering.tables.grid import BEGUN, HOW_MANY, NUMBERED, Grid
from qa.answering.tables.lookup import asking_terms, look_up
from qa.answering.tables.scale import scale_note
from qa.answering.tables.words import words_of
from qa.text.dates import dates, has_date, is_date
from qa.text.lines import LIST_MARK
from qa.text.numbers import is_numeral, numbers
from qa.text.tokens import terms
from qa.text.units import DIMENSIONS

_MIN_STATED_CONFIDENCE = 0.5
_OF_DATE = re.compile(r"\bdate\W*$", re.IGNORECASE)
_ASKS_FOR_COLUMN = re.compile(r"\b(?:columns?|fields?|headers?|headings?|table)\b", re.IGNORECASE)
_POSSESSIVE = re.compile(r"\w['\u2019]s\s")


def table_reply(evidence: Evidence) -> Reply | None:
    """Return the cell or figure that a question asks for; None if no table clearly has it."""
    found = look_up(evidence.question, evidence.passages, evidence.documents)
    if found is None or (found.operation == "cell" and not _is_expected(evidence, found)):
        return None
    if found.operation == "cell" and asks_two(evidence.question):
        return None
    if found.operation == "count" and _states_number(evidence):
        return None
    if evidence.asked.kind == "process" and (found.operation != "cell" or found.strength < 1):
        return None
    document = evidence.documents[found.document_id]
    citations = citations_of(((document, rows) for rows in found.excerpts), evidence.spans[0].score)
    if found.operation == "rows":
        reply = items_reply(evidence, Items(document.id, found.cells, found.excerpts[0]), found.excerpts)
    else:
        scale = "" if found.operation == "count" else scale_note(document, found.cells[0])
        lead = ". ".join(filter(None, ["" if found.operation == "cell" else _computed(found), scale]))
        one = found.operation in {"cell", "highest", "lowest"}
        text = document.text[slice(*found.cells[0])] if one else found.value
        parts = () if one else parts_of(document, found.cells, citations)
        span = found.cells[0] if one else None
        reply = Reply(text, citations, evidence.confidence, "table", span=span, lead=lead, parts=parts)
    form: ReplyForm = "cell" if found.operation in {"cell", "rows"} else "figure"
    return evidence.with_confidence(reply, form, missing=len(found.missing), strength=found.strength)


def cell_yes_no_reply(evidence: Evidence) -> Reply | None:
    """Return yes or no by the cell that says it; its row is the excerpt."""
    found = look_up(evidence.question, evidence.passages, evidence.documents)
    if found is None or found.operation != "cell" or not SAYS_YES_OR_NO.fullmatch(found.value):
        return None
    document, lead = evidence.documents[found.document_id], found.value.capitalize()
    cited = citation(1, document, found.excerpts[0], evidence.spans[0].score)
    reply = Reply(f"{lead}.", (cited,), 0.0, "yes_no", "excerpts", span=found.cells[0], lead=lead)
    return evidence.with_confidence(reply, "cell", missing=len(found.missing), strength=found.strength)


def row_reply(evidence: Evidence, reply: Reply) -> Reply | None:
    """Return the reader's reply with the confidence of a table row; None if it is not from a table.

    Such a reply is likely right if the question names the row and its columns. One of several values is likely wrong if
    the largest or the total is asked for, and so is a value of another type than expected.
    """
    best = evidence.spans[0]
    document = evidence.documents[best.document_id]
    table = document.tables.at(best.start)
    expected = table is None or _may_be_expected(evidence, reply.text, " ".join(table.columns))
    is_header = table is not None and best.start < table.body and not _ASKS_FOR_COLUMN.search(evidence.question)
    if not expected or is_header or _is_one_of_several(evidence):
        return evidence.with_confidence(reply, "row", missing=len(evidence.question), strength=0.0)
    if table is None:
        return None
    asked = {*terms(evidence.question)} - asking_terms()
    grid = Grid(document, table)
    context_terms = terms(" ".join([*table.columns, grid.announcement()]))

    def shared(start: int, end: int) -> float:
        return len(asked & {*terms(document.text[start:end])}) / max(1, len(asked))

    share = shared(*best.excerpt)
    named = grid.excerpts(one.index for one in grid.named_rows(evidence.question, asked) if one.share == 1)
    # The question may name another row by more of its words.
    elsewhere = named and all(shared(*row) > share for row in named)
    if elsewhere or grid.is_another(evidence.question, best.start):
        share = 0.0
    return evidence.with_confidence(reply, "row", context=context_terms, strength=share)


def _is_one_of_several(evidence: Evidence) -> bool:
    """Return whether the reader found a row or item that does not claim to be the largest, or the total, as asked."""
    best = evidence.spans[0]
    document = evidence.documents[best.document_id]
    excerpt = evidence.excerpt(best)
    line = document.text.rfind("\n", 0, best.start) + 1
    if document.tables.at(best.start) is None and not LIST_MARK.match(document.text, line):
        return evidence.asked.kind == "table" and is_of_another_extreme(evidence.question, excerpt)
    return not is_stated(evidence.question, excerpt)


def _states_number(evidence: Evidence) -> bool:
    """Return whether the reader found a number outside of tables: "It has 42 plots" beside a table of three sizes."""
    best = evidence.spans[0]
    document = evidence.documents[best.document_id]
    stated = best.confidence >= _MIN_STATED_CONFIDENCE and bool(numbers(document.text[best.start : best.end]))
    return stated and document.tables.at(best.start) is None


def _is_expected(evidence: Evidence, found: Found) -> bool:
    """Return whether a cell has the type that the question expects: a number for "how many", a name for "who"."""
    value, expected = found.value, evidence.asked.expected
    if evidence.asked.kind == "definition":
        # "Germany's area" is asked for like "the area of Germany".
        return _POSSESSIVE.search(evidence.question) is not None or not NUMBERED.match(value)
    if not _may_be_expected(evidence, value, found.column):
        return False
    if expected in {"number", "money", "duration"}:
        return bool(NUMBERED.match(value) or is_numeral(value.split(maxsplit=1)[0]) or HOW_OFTEN.match(value))
    return expected in {"date", "person", "place"} or fits(expected, value)


def _may_be_expected(evidence: Evidence, value: str, column: str) -> bool:
    """Return whether a value of a column may have the type that the question expects."""
    expected, numbered = evidence.asked.expected, NUMBERED.match(value) is not None
    if expected == "date" or _OF_DATE.search(evidence.question):
        told = numbered and (TIME.search(column) or {*words_of(column)} & BEGUN)
        return bool(told or TIME.search(value)) or has_date(value) or is_date(value)
    if expected == "duration" and is_time_of_day(value):
        return False
    if expected in {"person", "place"}:
        is_when = expected == "person" and any(start == 0 for start, _ in dates(value))
        return not numbered and not is_when and re.search(r"[^\W\d_]", value) is not None
    return not _counts_otherwise(evidence.question, value)


def _counts_otherwise(question: str, value: str) -> bool:
    """Return whether a question asks how many, and the value is measured in another unit: "35 %" of quizzes."""
    counted = HOW_MANY.search(question)
    measured = next((one.dimension for one in quantities(value) if one.dimension in DIMENSIONS), "")
    return bool(counted and measured) and measured != next(quantities(f"1 {counted[1] if counted else ''}")).dimension


def _computed(found: Found) -> str:
    """Describe what was computed."""
    rows = "1 row" if found.compared == 1 else f"{found.compared} rows"
    return f"Computed from {rows}: {found.operation} of \u201c{found.column}\u201d"
