"""Question sets and documents: misfits are named before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest

from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question, check_against
from qa.types import Document


def document(name: str, text: str) -> Document:
    return Document(id=name, text=text, title=name, source=name)


def test_questions_that_fit_pass() -> None:
    documents = {name: document(name, "x" * 9) for name in ("jets.md", "other.md")}
    evidence = (Evidence("jets.md", 4, 9), Evidence("other.md", 0, 2))
    check_against([Question("a", "?", document="jets.md", evidence=evidence)], documents)


@pytest.mark.parametrize("questions", ["questions.jsonl", ["Why"]], ids=["path", "texts"])
def test_what_is_no_question_is_named(questions: Any) -> None:  # noqa: ANN401
    with pytest.raises(QuestionSetError, match=f"expected Questions, got '{questions[0]}'; load_questions reads"):
        check_against(questions, {})


def test_all_problems_are_in_one_message() -> None:
    questions = [
        Question("a", "?", document="none.md"),
        Question("b", "?", evidence=(Evidence("gone.md", 0, 1), Evidence("gone.md", 2, 3))),
        Question("c", "?", evidence=(Evidence("jets.md", 0, 5), Evidence("jets.md", 3, 6))),
        Question("a", "again?"),
    ]
    with pytest.raises(QuestionSetError) as caught:
        check_against(questions, {"jets.md": document("jets.md", "12345")})
    assert str(caught.value).splitlines()[1:] == [
        '  question "a": document "none.md" is not among the 1 loaded',
        '  question "b": document "gone.md" is not among the 1 loaded',
        '  question "c": evidence [3, 6] is outside "jets.md", whose text is 5 characters long',
        '  question "a": the id occurs more than once',
    ]


def test_at_most_twenty_problems_are_listed() -> None:
    questions = [Question(f"q{number}", "?", document="none.md") for number in range(25)]
    with pytest.raises(QuestionSetError) as caught:
        check_against(questions, {})
    lines = str(caught.value).splitlines()
    assert len(lines) == 22
    assert lines[-1] == "  and 5 more"
