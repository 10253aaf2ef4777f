"""Locate the texts that other systems cite in the documents.

A quotation is looked for exactly, then word by word (ignoring case, punctuation and white space), then where most of
its groups of three words occur. Only an exact match is verbatim; a quotation that is not found has an empty span.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import checked_text, fail, preview
from qa.evaluation.datasets.types import Question
from qa.evaluation.metrics.kinds import expected_kind
from qa.types import Document, JSONObject, Span

MIN_FOUND_SHARE = 0.6
"""A quotation counts as found where at least this share of its words occurs within about its length."""

_WORD = re.compile(r"\w+")
_GROUP = 3
_MAX_WORDS = 2_000
_MAX_POSITIONS = 20  # of one group in a document
_MAX_CITATIONS = 1_000
_MAX_NUMBER = 1e100


class _Words:
    """The words of a document in lower case, with their spans, and where each group of words is."""

    def __init__(self, text: str) -> None:
        self._spans = [match.span() for match in _WORD.finditer(text)]
        words = [text[start:end].lower() for start, end in self._spans]
        self._joined = f" {' '.join(words)} "
        self._starts = list(accumulate((len(word) + 1 for word in words), initial=1))
        self._groups: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
        for at in range(len(words) - _GROUP + 1):
            positions = self._groups[tuple(words[at : at + _GROUP])]
            if len(positions) < _MAX_POSITIONS:
                positions.append(at)

    def whole(self, words: Sequence[str]) -> Span | None:
        """Return the span in which the words follow one another."""
        at = self._joined.find(f" {' '.join(words)} ")
        if at < 0 or not words:
            return None
        first = bisect_right(self._starts, at + 1) - 1
        return self._spans[first][0], self._spans[first + len(words) - 1][1]

    def nearest(self, words: Sequence[str]) -> tuple[float, Span]:
        """Return the largest share of the groups of words found in a stretch, and its span."""
        length = max(1, len(words) - _GROUP + 1)
        hits = [
            (position - at, position)
            for at in range(len(words) - _GROUP + 1)
            for position in self._groups.get(tuple(words[at : at + _GROUP]), ())
        ]
        if not hits:
            return 0.0, (0, 0)
        # Omitted and inserted words shift those that follow.
        step = max(4, length // 4)
        counts = Counter(shift // step for shift, _ in hits)
        best = max(counts, key=lambda group: (counts[group] + counts[group + 1], -group))
        found = sorted(position for shift, position in hits if shift // step in {best, best + 1})
        covered = {at + more for at in found for more in range(_GROUP)}
        share = min(1.0, len(covered) / len(words))
        return share, (self._spans[found[0]][0], self._spans[found[-1] + _GROUP - 1][1])


class Locator:
    """Finds quotations in documents, which are given by id."""

    def __init__(self, documents: Mapping[str, Document]) -> None:
        self._documents = documents
        self._words: dict[str, _Words] = {}

    def locate(self, quoted: str, within: str | None = None) -> tuple[str, Span] | None:
        """Return the document and span of a quotation, the first best match; None if it is not found.

        With `within`, only the document with this id is searched.
        """
        names = list(self._documents) if within is None else [within] if within in self._documents else []
        for name in names:
            at = self._documents[name].text.find(quoted) if quoted else -1
            if at >= 0:
                return name, (at, at + len(quoted))
        words = [match[0].lower() for match in _WORD.finditer(quoted)][:_MAX_WORDS]
        for name in names:
            if span := self._of(name).whole(words):
                return name, span
        ranked = [(*self._of(name).nearest(words), name) for name in names] if len(words) > _GROUP else []
        share, span, name = max(ranked, key=lambda found: found[0], default=(0.0, (0, 0), ""))
        return (name, span) if share >= MIN_FOUND_SHARE else None

    def text_of(self, name: str, start: int, end: int) -> str:
        """Return the text of a span; empty if there is no such document or span."""
        document = self._documents.get(name)
        return document.text[start:end] if document and 0 <= start < end else ""

    def _of(self, name: str) -> _Words:
        if name not in self._words:
            self._words[name] = _Words(self._documents[name].text)
        return self._words[name]


def prediction_of(
    question: Question,
    row: Any,  # noqa: ANN401 -- any JSON value
    locator: Locator,
    location: str,
    milliseconds: float | None = None,
) -> JSONObject:
    """Return an answer of another system as JSON, in the form of ``qa ask --json``.

    `row` is an object with "answer" (a string, or null where it declined), and any of "citations" and "contexts"
    (lists, best first, of strings, or of objects with "text" and "document", or with "document", "start" and "end"),
    "confidence" (0 to 1) and "seconds", else `milliseconds`. Contexts are the passages retrieved. If citations or
    contexts are missing, the others serve as both. `location` is the file and line, for messages.

    Raises `QuestionSetError` if a field is malformed; names it.
    """
    if not isinstance(row, dict) or "answer" not in row:
        raise QuestionSetError(f'{location}: expected an object with the field "answer", got {preview(row)}')
    answer = row["answer"]
    if answer is not None and not isinstance(answer, str):
        fail(location, "answer", f"expected a string or null, got {preview(answer)}")
    answer = answer.strip() or None if answer else None
    confidence, seconds = (_number(row, name, location) for name in ("confidence", "seconds"))
    if confidence is not None and not 0 <= confidence <= 1:
        fail(location, "confidence", f"expected a number from 0 to 1, got {preview(confidence)}")
    if seconds is not None and seconds < 0:
        fail(location, "seconds", f"expected a number of at least 0, got {preview(seconds)}")
    # An empty list is not missing: the answer cites nothing.
    given = {name: row[name] for name in ("citations", "contexts") if row.get(name) is not None}
    cited, contexts = (
        [_located(item, locator, name, location) for item in _items(given.get(name, given.get(other)), name, location)]
        for name, other in (("citations", "contexts"), ("contexts", "citations"))
    )
    return {
        "id": question.id,
        "question": question.question,
        "searched_for": question.question,
        "kind": expected_kind(question),
        "answer": answer,
        "abstained": answer is None,
        "reason": "It gave no answer." if answer is None else None,
        "confidence": confidence,
        "citations": [{"n": n, **one, "page": None, "score": None} for n, one in enumerate(cited, start=1)]
        if answer is not None
        else [],
        "passages": [{name: one[name] for name in ("document", "start", "end")} | {"score": None} for one in contexts],
        "timings_ms": {"total": milliseconds if seconds is None else 1000 * seconds},
    }


def _items(value: Any, name: str, location: str) -> list[Any]:  # noqa: ANN401 -- any JSON value
    if value is None:
        return []
    if not isinstance(value, list):
        fail(location, name, f"expected a list, got {preview(value)}")
    return value[:_MAX_CITATIONS]


def _number(row: JSONObject, name: str, location: str) -> float | None:
    value = row.get(name)
    # Not NaN: a comparison with it is false.
    if value is not None and (type(value) not in {int, float} or not abs(value) < _MAX_NUMBER):
        fail(location, name, f"expected a number, got {preview(value)}")
    return value


def _located(item: Any, locator: Locator, name: str, location: str) -> JSONObject:  # noqa: ANN401 -- any JSON value
    """Return a cited text with its span, which is empty if the text is not found."""
    row = {"text": item} if isinstance(item, str) else item
    if not isinstance(row, dict):
        fail(location, name, f"expected strings or objects, got {preview(item)}")
    document = row.get("document")
    if document is not None:
        document = checked_text(document, name, location)
    start, end, text = row.get("start"), row.get("end"), row.get("text")
    if type(start) is int and type(end) is int and document is not None and abs(start) + abs(end) < 2**60:
        if not isinstance(text, str):
            text = locator.text_of(document, start, end)
        return {"document": document, "start": start, "end": end, "text": text}
    if not isinstance(text, str):
        fail(location, name, f'expected "text", or "document", "start" and "end", got {preview(item)}')
    found = locator.locate(text.strip(), document)
    where, (start, end) = found or (document or "", (0, 0))
    return {"document": where, "start": start, "end": end, "text": text.strip()}
