"""From a chat answer and the verdict on it to a line of a question set."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qa.claims import Generation
from qa.errors import QuestionSetError
from qa.evaluation.datasets.from_chat import MAX_CASE_BYTES, MAX_FILE_BYTES, append_case, case_from_answer
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.datasets.types import Evidence, Question
from qa.types import Answer, Citation

NOW = datetime(2024, 5, 6, 7, 8, 9, 10, tzinfo=UTC)
ID = "chat-20240506T070809.000010"
QUESTION = "Who bought jets?"
CITATIONS = tuple(Citation(n, "jets.md", n, n + 5, "China", None, 1.0) for n in (1, 2))
ANSWERED = Answer(QUESTION, QUESTION, "China", None, 0.9, CITATIONS, (), {})
DECLINED = Answer(QUESTION, QUESTION, None, "not found", 0.1, (), (), {})


def test_a_right_answer_is_accepted_and_its_first_citation_is_evidence() -> None:
    assert case_from_answer(ANSWERED, NOW, right=True, history=["What was sold?"]) == Question(
        ID,
        QUESTION,
        answers=("China",),
        history=("What was sold?",),
        evidence=(Evidence("jets.md", 1, 6),),
        extra={"answered": "China", "right": True},
    )


def test_a_right_generated_answer_keeps_its_evidence_but_not_its_text() -> None:
    generated = replace(ANSWERED, text="China bought them.", generated=Generation("tiny"))
    case = case_from_answer(generated, NOW, right=True)
    assert (case.answers, case.answerable, case.evidence) == ((), True, (Evidence("jets.md", 1, 6),))
    assert case.extra == {"answered": "China bought them.", "right": True}
    fell_back = replace(ANSWERED, generated=Generation("tiny", problem="the server is busy"))
    assert case_from_answer(fell_back, NOW, right=True) == case_from_answer(ANSWERED, NOW, right=True)


def test_a_question_rightly_declined_is_not_answerable() -> None:
    extra = {"answered": None, "right": True}
    assert case_from_answer(DECLINED, NOW, right=True) == Question(ID, QUESTION, answerable=False, extra=extra)


@pytest.mark.parametrize("answer", [ANSWERED, DECLINED], ids=["answered", "declined"])
@pytest.mark.parametrize(
    ("expected", "answerable", "answers"),
    [
        pytest.param(" India ", True, ("India",), id="another-answer"),
        pytest.param(None, True, (), id="not-known"),
        pytest.param(" ", False, (), id="no-answer"),
    ],
)
def test_a_wrong_answer_keeps_the_expected_one(
    answer: Answer, expected: str | None, answerable: bool, answers: tuple[str, ...]
) -> None:
    case = case_from_answer(answer, NOW, right=False, expected=expected, answerable=answerable)
    extra = {"answered": answer.text, "right": False}
    assert case == Question(ID, QUESTION, answers=answers, answerable=answerable, extra=extra)


@pytest.mark.parametrize(("right", "answerable"), [(True, True), (False, False)])
def test_a_verdict_that_contradicts_itself_is_refused(right: bool, answerable: bool) -> None:
    with pytest.raises(QuestionSetError, match="expected answer 'India'"):
        case_from_answer(ANSWERED, NOW, right=right, expected="India", answerable=answerable)


@pytest.mark.parametrize("end", ["\n", ""], ids=["line-ended", "line-end-edited-away"])
def test_cases_are_appended_as_a_question_set(tmp_path: Path, end: str) -> None:
    path = tmp_path / "cases.jsonl"
    first = case_from_answer(ANSWERED, NOW, right=True)
    second = case_from_answer(DECLINED, NOW.replace(minute=9), right=True)
    append_case(path, first)
    path.write_text(path.read_text(encoding="utf-8").rstrip("\n") + end, encoding="utf-8", newline="")
    append_case(path, second)
    assert read_questions(path) == (first, second)
    assert path.read_bytes().count(b"\n") == 2


def test_a_file_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="cannot be written"):
        append_case(tmp_path / "none" / "cases.jsonl", case_from_answer(ANSWERED, NOW, right=True))


def test_a_case_has_a_largest_size(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    case = case_from_answer(ANSWERED, NOW, right=True, history=["x" * MAX_CASE_BYTES])
    with pytest.raises(
        QuestionSetError, match=r"the case was not saved: it has 100,[0-9]+ bytes; the limit is 100,000"
    ):
        append_case(path, case)
    assert not path.exists()


def test_a_full_file_takes_no_further_case(tmp_path: Path) -> None:
    path = tmp_path / "cases.jsonl"
    case = case_from_answer(ANSWERED, NOW, right=True)
    append_case(path, case)
    line = path.read_bytes()
    path.write_bytes(line.rjust(MAX_FILE_BYTES - len(line)))
    append_case(path, case)
    assert path.stat().st_size == MAX_FILE_BYTES
    with pytest.raises(
        QuestionSetError, match="was not saved: the file would have more than 10,000,000 bytes; move it away"
    ):
        append_case(path, case)
    assert path.stat().st_size == MAX_FILE_BYTES
