"""Validation of a question set: all its errors and their locations."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation.datasets.answers import contains_answer
from qa.evaluation.datasets.fields import preview
from qa.evaluation.datasets.questions import misfits, open_set
from qa.evaluation.datasets.types import Question
from qa.output.text import counted
from qa.text.verbatim import whole_words
from qa.types import Document

_POLARITY = re.compile(r"(?:yes|no)\b.*", re.IGNORECASE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class CheckReport:
    """Errors and warnings on a question set, which name file, location and field, and counts of valid questions."""

    errors: tuple[str, ...]
    warnings: tuple[str, ...]
    questions: int
    answerable: int
    with_answers: int
    with_evidence: int

    def summary(self) -> str:
        """Return the counts on one line."""
        return (
            f"{counted(self.questions, 'question')} ({self.answerable} answerable, "
            f"{self.questions - self.answerable} not; {self.with_answers} with accepted answers, "
            f"{self.with_evidence} with evidence): {counted(len(self.errors), 'error')}, "
            f"{counted(len(self.warnings), 'warning')}"
        )


def check_questions(path: str | Path, documents: Iterable[Document] | None = None) -> CheckReport:
    """Find all errors in a question set.

    Errors are malformed lines and fields, repeated ids, a set without questions and, if documents are given or in the
    set, unknown documents, evidence outside the text, and accepted answers that are not in the evidence (ignoring case,
    articles and punctuation). Warnings are repeated questions, and answerable ones with neither accepted answers nor
    evidence.
    """
    errors: list[str] = []
    warnings: list[str] = []
    positions: dict[tuple[str, str | None, tuple[str, ...]], str] = {}
    counts = {"questions": 0, "answerable": 0, "with_answers": 0, "with_evidence": 0}
    try:
        entries, own = open_set(path)
        by_id = {document.id: document for document in (own if documents is None else documents)}
        for entry in entries:
            errors += map(str, entry.problems)
            question = entry.question
            if question is None:
                continue
            errors += _errors(question, entry.location, by_id) if by_id or documents is not None else ()
            counts["questions"] += 1
            counts["answerable"] += question.answerable
            counts["with_answers"] += bool(question.answers)
            counts["with_evidence"] += bool(question.evidence)
            if question.answerable and not question.answers and not question.evidence:
                warnings.append(f"{entry.location}: answerable, but has neither accepted answers nor evidence")
            # Not the same question in another conversation or about another document.
            key = " ".join(question.question.casefold().split()), question.document, question.history
            first = positions.setdefault(key, entry.position)
            if first != entry.position:
                warnings.append(
                    f'{entry.location}, field "question": {preview(question.question)} is already at {first}'
                )
    except QuestionSetError as error:
        errors.append(str(error))
    if not counts["questions"] and not errors:
        errors.append(f"{path}: contains no question; at least 1 is needed")
    return CheckReport(tuple(errors), tuple(warnings), **counts)


def _errors(question: Question, location: str, documents: Mapping[str, Document]) -> Iterator[str]:
    """Yield the errors of a question about the documents."""
    problems = misfits(question, documents)
    for field, problem in problems:
        yield f'{location}, field "{field}": {problem}'
    if problems or not question.evidence:
        return
    spans = [documents[span.document].text[span.start : span.end] for span in question.evidence]
    for answer in question.answers:
        # "Yes" and "no" need not occur in the evidence.
        if not _POLARITY.fullmatch(answer) and not any(_contains(span, answer) for span in spans):
            evidence = "its evidence" if len(spans) == 1 else f"any of its {len(spans)} spans of evidence"
            problem = f"{preview(answer)} is not in {evidence}, which starts {preview(spans[0])}"
            yield f'{location}, field "answers": {problem}'


def _contains(text: str, answer: str) -> bool:
    """Return whether the text contains the answer as whole words, as written or in SQuAD's normal form."""
    as_written = whole_words(answer.casefold(), text.casefold())
    return as_written is not None or contains_answer(text, [answer])
