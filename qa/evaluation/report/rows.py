"""Data of the report's table of questions: an object for each question, and the text to show."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.scores import QuestionScore, is_verbatim, outcome
from qa.evaluation.runs.results import Run
from qa.text.printable import replace_surrogates
from qa.text.spans import joined
from qa.types import Document, JSONObject, Span

CONTEXT = 240
"""Characters shown before and after an excerpt, at most."""

LEAD = 200
"""Characters shown of a passage, at most."""

MAX_SPAN = 3000
"""Characters shown of an excerpt or a span of evidence, at most: evidence may be a whole book."""


def page_data(run: Run, documents: Mapping[str, Document]) -> JSONObject:
    """Return the data of the page's script, as a JSON object; text of other documents than those given is not shown.

    Returns
    -------
    dict
        "lead" (`LEAD`), "documents" (in the order of their first mention, each with "id", "title", "length" in
        characters and "pieces", a list of [start, text]), and "questions" (in the order of the set). Documents are
        named by their position in the list. The spans of a question are lists that begin with document, start, end:
        "citations" (then score, page, verbatim), "evidence", "passages" (then score) and "contexts", the parts of text
        to show around citations and evidence. Offsets are code points, as everywhere.
    """
    positions: dict[str, int] = {}
    windows: dict[str, list[Span]] = {}

    def position(document_id: str) -> int:
        return positions.setdefault(document_id, len(positions))

    def show(document_id: str, span: Span) -> list[int]:
        windows.setdefault(document_id, []).append(span)
        return [position(document_id), *span]

    questions = []
    for question, score in zip(run.questions, run.scores, strict=True):
        prediction = run.predictions.get(question.id, {})
        citations = prediction.get("citations", [])
        passages = prediction.get("passages", [])
        marked = [(citation["document"], citation["start"], citation["end"]) for citation in citations]
        marked += [(evidence.document, evidence.start, evidence.end) for evidence in question.evidence]
        for passage in passages:
            show(passage["document"], (passage["start"], min(passage["end"], passage["start"] + LEAD)))
        spans = {
            "contexts": [show(name, span) for name, span in _contexts(marked, documents)],
            "citations": [
                [position(citation["document"]), citation["start"], citation["end"], citation.get("score"),
                 citation.get("page"), is_verbatim(citation, documents)]
                for citation in citations
            ],
            "evidence": [[position(span.document), span.start, span.end] for span in question.evidence],
            "passages": [
                [position(passage["document"]), passage["start"], passage["end"], passage.get("score")]
                for passage in passages
            ],
        }  # fmt: skip
        questions.append({**_row(question, score, prediction, run.errors), **spans})
    return {
        "lead": LEAD,
        "documents": [_pieces(name, documents.get(name), windows.get(name, ())) for name in positions],
        "questions": questions,
    }


def script_json(value: object) -> str:
    """Return JSON for a script element: no markup, no line or paragraph separators, no NaN."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return re.sub("[<>&\u2028\u2029\ud800-\udfff]", lambda found: f"\\u{ord(found.group()):04x}", text)


def _row(question: Question, score: QuestionScore, prediction: JSONObject, errors: Mapping[str, str]) -> JSONObject:
    searched_for = prediction.get("searched_for")
    return {
        "id": question.id,
        "question": question.question,
        "outcome": outcome(score),
        "answerable": question.answerable,
        "answer": prediction.get("answer"),
        "accepted": list(question.answers),
        "within": question.document,
        "history": list(question.history),
        "searched": searched_for if searched_for != question.question else None,
        "reason": prediction.get("reason"),
        "generated": prediction.get("generated"),
        "error": errors.get(question.id),
        "confidence": score.confidence,
        "exact": score.exact_match,
        "f1": score.f1,
        "inFirst": score.answer_in_first_excerpt,
        "hitsFirst": score.first_citation_hits_evidence,
        "milliseconds": score.latency_ms,
        "extra": {
            name: value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
            for name, value in question.extra.items()
        },
    }


def _contexts(marked: Iterable[tuple[str, int, int]], documents: Mapping[str, Document]) -> Iterator[tuple[str, Span]]:
    """Yield the parts of the documents to show around the marked spans, in the order of the spans."""
    windows: list[tuple[str, Span]] = []
    for name, start, end in marked:
        text = documents[name].text if name in documents else ""
        last = min(end, start + MAX_SPAN, len(text))
        # Another system may cite what is outside the text.
        if 0 <= start < last:
            windows.append((name, (_word_start(text, start - CONTEXT, start), _word_end(text, last, last + CONTEXT))))
    shown: dict[tuple[str, Span], None] = {}
    for name, (start, end) in windows:
        merged = joined([span for other, span in windows if other == name])
        shown[name, next(span for span in merged if span[0] <= start and end <= span[1])] = None
    yield from shown


def _word_start(text: str, earliest: int, latest: int) -> int:
    """Return the start of the first whole word after `earliest`; at most `latest`."""
    if earliest <= 0:
        return 0
    space = re.compile(r"\s+\S").search(text, earliest - 1, latest)
    return space.end() - 1 if space else earliest


def _word_end(text: str, earliest: int, latest: int) -> int:
    """Return the end of the last word before `latest`; at least `earliest`."""
    if latest >= len(text):
        return len(text)
    cut = max(earliest, latest)
    while cut > earliest and not text[cut].isspace():
        cut -= 1
    return cut if cut > earliest else latest


def _pieces(name: str, document: Document | None, windows: Sequence[Span]) -> JSONObject:
    if document is None:
        return {"id": name, "title": name, "length": 0, "pieces": []}
    # A browser would count two single surrogates as one character, and shift all offsets.
    return {
        "id": name,
        "title": document.title,
        "length": len(document.text),
        "pieces": [[start, replace_surrogates(document.text[start:end])] for start, end in joined(windows)],
    }
