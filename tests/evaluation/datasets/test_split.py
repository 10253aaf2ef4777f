"""A set is split by document."""

from __future__ import annotations

import pytest

from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question
from qa.evaluation.datasets.split import split_questions


def test_no_document_is_in_both_parts() -> None:
    questions = [Question(f"q{at}", "?", document=f"d{at % 9}.md") for at in range(90)]
    questions += [Question(f"n{at}", "?") for at in range(10)]
    # Evidence connects two documents that earlier questions were about separately.
    questions.append(Question("both", "?", evidence=(Evidence("d0.md", 0, 1), Evidence("d1.md", 0, 1))))
    first, second = split_questions(questions, 0.5)
    assert {one.document for one in first} & {one.document for one in second} <= {None}
    together = [part for part in (first, second) if {"both", "q0", "q1"} & {one.id for one in part}]
    assert len(together) == 1
    assert abs(len(first) - len(second)) <= 10
    assert sorted(first + second, key=questions.index) == questions
    assert split_questions(questions, 0.5) == (first, second)
    assert len(split_questions(questions, 0.2)[0]) == pytest.approx(20, abs=6)


def test_chains_of_documents_stay_together() -> None:
    spans = [(Evidence(f"d{at}.md", 0, 1), Evidence(f"d{at + 1}.md", 0, 1)) for at in range(0, 40, 2)]
    questions = [Question(f"q{at}", "?", evidence=pair) for at, pair in enumerate(spans)]
    questions += [
        Question(f"j{at}", "?", evidence=(Evidence(f"d{at}.md", 0, 1),), document=f"d{at + 1}.md") for at in (1, 3)
    ]
    first, second = split_questions(questions)
    assert {one.id for one in questions[:3] + questions[-2:]} in (
        {one.id for one in part} & {"q0", "q1", "q2", "j1", "j3"} for part in (first, second)
    )


def test_one_document_cannot_be_split() -> None:
    with pytest.raises(QuestionSetError, match="all about the same documents"):
        split_questions([Question("a", "?", document="d"), Question("b", "?", document="d")])
