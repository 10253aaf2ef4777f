"""Replies to comparisons: the table cells of both sides, or an excerpt for each side."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from qa.answering.citations import citations_of, parts_of
from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.enumerations import has_verb
from qa.answering.questions.comparison import Compared, compared
from qa.answering.questions.superlatives import direction
from qa.answering.reading.sentences import Sentence
from qa.answering.sentences.comparison import MAX_JOINT_SPANS, joint_span, name_match_score, side_sentences
from qa.answering.sentences.instructions import is_code, without_code
from qa.answering.tables.comparison import TableSides, table_sides
from qa.protocols import AnswerSpan
from qa.text.lines import BULLETS, one_line
from qa.text.spans import overlaps
from qa.text.tokens import terms
from qa.types import AnswerPart, Passage

_THAN = re.compile(
    r"\b(?:(?P<more>more|less|fewer)\s+)?(?P<word>\w+)\s+than\b|\b(?:as\s+(?P<as>\w+)\s+as|equally\s+(?P<equally>\w+))\b",
    re.IGNORECASE,
)

_LABEL = re.compile(r"(?=.*[*_]{2})(?:\S+\s){0,5}\S+", re.DOTALL)  # a few words, some of them bold
_MIN_READER_CONFIDENCE = 0.5  # to show the reader's best sentence before those about the sides


def table_sides_reply(evidence: Evidence) -> Reply | None:
    """Return the cells of both sides; None if the question does not name two or no table has both."""
    comparison = compared(evidence.question)
    cells = _table_sides(evidence, comparison) if comparison else None
    return _cells(evidence, cells) if cells else None


def compared_cells_reply(evidence: Evidence) -> Reply | None:
    """Return yes or no with the two cells that decide it: "Is oak heavier than pine?"; None if no table does."""
    than = _THAN.search(evidence.question)
    comparison = compared(evidence.question) if than else None
    adjective = direction((than["word"] or than["as"] or than["equally"]).lower()) if than else None
    adjective = adjective or (("", 1) if than and than["more"] else None)  # "more matches than"
    if than is None or comparison is None or adjective is None:
        return None
    cells = _table_sides(evidence, comparison)
    if cells is None or cells.order is None:
        return None
    sign = -adjective[1] if (than["more"] or "").lower() in {"less", "fewer"} else adjective[1]
    sign *= than["word"] is not None  # as tall as: neither is greater
    lead = "Yes" if cells.order == sign else "No"
    reply = _cells(evidence, cells)
    return replace(reply, text=f"{lead}.\n{reply.text}", lead=lead, kind="yes_no")


def _table_sides(evidence: Evidence, comparison: Compared) -> TableSides | None:
    found = (one for side in _searched(evidence, comparison) for one in side)
    return table_sides(comparison, [*evidence.passages, *found], evidence.documents)


def _searched(evidence: Evidence, comparison: Compared) -> tuple[Sequence[Passage], Sequence[Passage]]:
    """Return the results for each side."""
    return evidence.search(comparison.query(0)), evidence.search(comparison.query(1))


def sides_reply(evidence: Evidence) -> Reply | None:
    """Return an excerpt for each side; None if the question does not name two, or one is not found."""
    comparison = compared(evidence.question)
    if comparison is None:
        return None
    one, other, own = (
        [without_code(evidence.documents[passage.document_id], passage) for passage in passages]
        for passages in (*_searched(evidence, comparison), evidence.passages)
    )
    first, second = [*one, *own], [*other, *own]
    prose = (span for span in evidence.spans if not is_code(evidence.documents[span.document_id], span))
    likely = list(islice(prose, MAX_JOINT_SPANS))
    joint = joint_span(comparison, likely, [evidence.excerpt(span) for span in likely])
    if joint is not None:
        return _sides(evidence, _with_joint(comparison, likely[joint], (first, second)), 1.0)
    pair = side_sentences(comparison, (first, second))
    if pair is None:
        return None
    chosen = [(name, _whole(one)) for name, one in zip(comparison.sides, pair, strict=True)]
    return _sides(evidence, _best_first(evidence, chosen), name_match_score(comparison, pair))


def _whole(sentence: Sentence) -> AnswerSpan:
    """Return the span of a sentence, with the next one of its line if it is only a label: "**H.** **SIZE** knob."."""
    span = sentence.span()
    after = next((one for one in sentence.passage.sentences if one.start >= span.excerpt_end), None)
    if after is None or not _LABEL.fullmatch(sentence.text) or has_verb(sentence.text):
        return span
    between = slice(span.excerpt_end - sentence.passage.start, after.start - sentence.passage.start)
    is_beside = "\n" not in sentence.passage.text[between]
    return replace(span, end=after.end, excerpt_end=after.end) if is_beside else span


def _best_first(evidence: Evidence, chosen: list[tuple[str, AnswerSpan]]) -> list[tuple[str, AnswerSpan]]:
    """Return the sentences about both sides after the reader's best one, if that is likely the answer."""
    best = evidence.spans[0]
    known = [_contains(span, best) for _, span in chosen]
    if any(known):
        return [chosen[n] for n in sorted(range(len(chosen)), key=lambda n: not known[n])]
    same = best.document_id in {span.document_id for _, span in chosen}
    if evidence.asked.kind == "yes_no" or (same and best.confidence >= _MIN_READER_CONFIDENCE):
        return [("", best), *chosen]
    return chosen


def _contains(one: AnswerSpan, other: AnswerSpan) -> bool:
    return (
        one.document_id == other.document_id
        and one.excerpt_start <= other.excerpt_start
        and other.excerpt_end <= one.excerpt_end
    )


def _with_joint(
    comparison: Compared, joint: AnswerSpan, passages: tuple[Sequence[Passage], Sequence[Passage]]
) -> list[tuple[str, AnswerSpan]]:
    """Return the span about both sides, and a further sentence about each."""
    shown = joint.document_id, joint.excerpt_end
    pair = side_sentences(comparison, passages, shown) or ()
    return [
        (" / ".join(comparison.sides), joint),
        *(
            (name, _whole(one))
            for name, one in zip(comparison.sides, pair, strict=False)
            if (one.passage.document_id, one.match.end) != shown
        ),
    ]


def _cells(evidence: Evidence, found: TableSides) -> Reply:
    """Return the cells of both sides, attribute by attribute."""
    document = evidence.documents[found.document_id]
    citations = citations_of(((document, rows) for rows in found.excerpts), evidence.spans[0].score)
    parts = tuple(
        replace(part, label=label) for label, cell in found.cells for part in parts_of(document, [cell], citations)
    )
    text = "\n".join(f"{part.label}: {one_line(part.text)}" for part in parts)
    reply = Reply(text, citations, evidence.confidence, "comparison", "excerpts", parts=parts)
    context_terms = terms(" ".join(label for label, _ in found.cells))
    return evidence.with_confidence(
        reply, "comparison", context=context_terms, missing=len(found.missing), strength=found.name_match
    )


def _sides(evidence: Evidence, chosen: Sequence[tuple[str, AnswerSpan]], strength: float) -> Reply:
    """Return the excerpts about each side; overlapping ones are merged."""
    excerpts: list[tuple[str, int, int]] = []
    for _, span in chosen:
        name, start, end = span.document_id, span.excerpt_start, span.excerpt_end
        same = [one for one in excerpts if one[0] == name and overlaps(one[1:], (start, end))]
        start, end = min([start, *(one[1] for one in same)]), max([end, *(one[2] for one in same)])
        index = excerpts.index(same[0]) if same else len(excerpts)
        excerpts = [one for one in excerpts if one not in same]
        excerpts.insert(index, (name, start, end))
    cited = ((evidence.documents[name], (start, end)) for name, start, end in excerpts)
    citations = citations_of(cited, evidence.spans[0].score)
    parts = []
    for label, span in chosen:
        start, end = span.excerpt_start, span.excerpt_end
        n = next(one.n for one in citations if one.overlaps(span.document_id, start, end))
        text = evidence.text(span)
        start = _after_label(text, start, end, label)
        parts.append(AnswerPart(n, start, end, text[start:end], label))
    text = "\n".join(f"{part.label}: {one_line(part.text)}".removeprefix(": ") for part in parts)
    reply = Reply(text, citations, evidence.confidence, "comparison", "excerpts", parts=tuple(parts))
    return evidence.with_confidence(reply, "comparison", strength=strength)


def _after_label(text: str, start: int, end: int, label: str) -> int:
    """Return where an excerpt starts without its bullet, and without the label if it begins with that: "Red: ..."."""
    named = rf"[*_]*{re.escape(label)}[*_]*\s*[:\u2013\u2014][*_]*\s+(?=\S)"
    found = re.compile(rf"(?:[{BULLETS}]\s+)?(?:{named})?", re.IGNORECASE).match(text, start, end)
    return found.end() if found else start
