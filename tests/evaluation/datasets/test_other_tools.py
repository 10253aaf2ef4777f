"""Question sets of other tools: what is read of each, and that what is written for each is read back."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from command import MODELS, qa

from qa.evaluation.convert import Format, convert, located
from qa.evaluation.datasets.questions import Evidence, Question, read_questions, read_set
from qa.types import Document

TEXT = "The tower was built in 1887. Bees live in it, and make honey."
DOCUMENTS = {"a.md": Document("a.md", TEXT, "A tower", "a.md")}
QUESTIONS = (
    Question("q1", "When was it built?", ("1887",), document="a.md", evidence=(Evidence("a.md", 0, 28),)),
    Question("q2", "Who lives in it?", ("Bees", "bees"), document="a.md", evidence=(Evidence("a.md", 29, 61),)),
    Question("q3", "Who bought it?", answerable=False, document="a.md"),
)
PROMPTFOO = [
    {"vars": {"question": "When?"}, "assert": [{"type": "icontains", "value": "1887"}, {"type": "llm-rubric"}]},
    {"vars": {"query": "What do bees make?"}, "assert": [{"type": "contains-any", "value": ["honey", "wax"]}]},
    {"vars": {"question": "Who?"}, "assert": [{"type": "is-refusal"}], "metadata": {"id": "x"}},
]


@pytest.mark.parametrize(
    ("name", "content", "expected"),
    [
        pytest.param(
            "ragas.jsonl",
            {"user_input": "When?", "reference": "1887", "reference_contexts": ["built in 1887"], "persona_name": "p"},
            Question("1", "When?", ("1887",), extra={"persona_name": "p", "contexts": ["built in 1887"]}),
            id="ragas",
        ),
        pytest.param(
            "old.jsonl",
            {"question": "When?", "ground_truth": "1887", "contexts": ["built in 1887"]},
            Question("1", "When?", ("1887",), extra={"contexts": ["built in 1887"]}),
            id="ragas of before",
        ),
        pytest.param(
            "turns.jsonl",
            {"user_input": [{"type": "human", "content": "When?"}, {"type": "ai", "content": "1887"},
                            {"type": "human", "content": "Why?"}]},
            Question("1", "Why?", history=("When?",)),
            id="ragas, several turns",
        ),
        pytest.param(
            "goldens.json",
            [{"input": "When?", "expected_output": "1887", "context": ["built in 1887"], "comments": None}],
            Question("1", "When?", ("1887",), extra={"comments": None, "contexts": ["built in 1887"]}),
            id="deepeval",
        ),
        pytest.param("tests.json", PROMPTFOO[:1], Question("1", "When?", ("1887",)), id="promptfoo"),
        pytest.param(
            "tests.csv", "question,__expected\nWhen?,icontains: 1887\n", Question("1", "When?", ("1887",)), id="csv"
        ),
        pytest.param(
            "golden.csv", 'input,expected_output,context\nWhen?,1887,"[""in 1887""]"\n',
            Question("1", "When?", ("1887",), extra={"contexts": ["in 1887"]}), id="deepeval csv",
        ),
    ],
)  # fmt: skip
def test_rows_of_other_tools_are_read(tmp_path: Path, name: str, content: Any, expected: Question) -> None:  # noqa: ANN401
    (tmp_path / name).write_text(content if isinstance(content, str) else json.dumps(content))
    assert read_questions(tmp_path / name) == (expected,)


def test_assertions_of_promptfoo(tmp_path: Path) -> None:
    (tmp_path / "tests.json").write_text(json.dumps(PROMPTFOO, indent=2))
    _, second, third = read_questions(tmp_path / "tests.json")
    assert (second.question, second.answers) == ("What do bees make?", ("honey", "wax"))
    assert (third.id, third.answerable) == ("x", False)


def test_contexts_are_located() -> None:
    given = Question("1", "When?", ("1887",), extra={"contexts": ["the TOWER was  built in 1887", "nowhere at all"]})
    (found,), missing = located([given], DOCUMENTS)
    assert found.evidence == (Evidence("a.md", 0, 27),)
    assert missing == 1
    assert found.extra["contexts"] == given.extra["contexts"]


@pytest.mark.parametrize("form", ["jsonl", "csv", "huggingface", "ragas", "deepeval", "promptfoo", "squad", "beir"])
def test_what_is_written_is_read_back(tmp_path: Path, form: Format) -> None:
    suffix = {"jsonl": ".jsonl", "ragas": ".jsonl", "csv": ".csv", "beir": "", "huggingface": ""}.get(form, ".json")
    path = tmp_path / f"set{suffix}"
    convert(QUESTIONS, DOCUMENTS, path, form)
    questions, corpus = read_set(path)
    back, missing = located(questions, DOCUMENTS)
    assert missing == 0
    if form in {"jsonl", "csv", "huggingface"}:
        assert back == QUESTIONS
    if form in {"beir", "huggingface"}:
        assert [document.id for document in corpus] == ["a.md"]
    expected = [one for one in QUESTIONS if one.answerable or form != "beir"]
    assert [(one.id, one.question) for one in back] == [(one.id, one.question) for one in expected]
    if form in {"ragas", "deepeval"}:
        assert [one.evidence for one in back] == [one.evidence for one in expected]
        assert [one.answers[:1] for one in back] == [one.answers[:1] for one in expected]
    if form in {"promptfoo", "squad"}:
        assert [one.answers for one in back] == [one.answers for one in expected]
    if form != "beir":
        assert [one.answerable for one in back] == [one.answerable for one in expected]


def test_the_command_converts_and_never_writes_over_a_file(tmp_path: Path) -> None:
    source, out = tmp_path / "tests.json", tmp_path / "set.jsonl"
    source.write_text(json.dumps(PROMPTFOO))
    done = qa("questions", "convert", source, out, without=MODELS)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}: 3 questions\n", "")
    again = qa("questions", "convert", source, out, without=MODELS)
    assert again.returncode == 2
    assert again.stderr == f"qa: {out}: already exists; choose another path, or delete it\n"
