"""Question sets of other tools: reading each, and reading back what is written for each."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from command import MODELS, qa

from qa.errors import QuestionSetError
from qa.evaluation.convert import Format, convert, format_for, located
from qa.evaluation.datasets.questions import read_questions, read_set
from qa.evaluation.datasets.types import Evidence, Question
from qa.types import Document

TEXT = "The tower was built in 1887. Bees live in it, and make honey."
DOCUMENTS = {"a.md": Document("a.md", TEXT, "A tower", "a.md")}
QUESTIONS = (
    Question("q1", "When was it built?", ("1887",), document="a.md", evidence=(Evidence("a.md", 0, 28),)),
    Question(
        "q2",
        "Who lives in it?",
        ("Bees", "bees"),
        history=("When was it built?",),
        document="a.md",
        evidence=(Evidence("a.md", 29, 61),),
    ),
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


YAML = """\
# A configuration of promptfoo; what else it has is not read.
providers: [echo]
tests:
  - vars: {question: "When?", context: built in 1887}
    assert:
      - type: icontains
        value: 1887
  - description: what a reader of YAML 1.1 makes a boolean, a number and a date of
    vars:
      question: Which?
    assert:
      - {type: contains-any, value: [yes, 1.10, 2024-01-01]}
  - vars: {question: "Who?"}
    assert: [{type: is-refusal}]
    metadata: {id: x}
"""


def test_promptfoo_tests_in_yaml(tmp_path: Path) -> None:
    (tmp_path / "promptfooconfig.yaml").write_text(YAML)
    first, second, third = read_questions(tmp_path / "promptfooconfig.yaml")
    assert first == Question("1", "When?", ("1887",), extra={"contexts": ["built in 1887"]})
    assert (second.id, second.answers) == ("2", ("yes", "1.10", "2024-01-01"))
    assert (third.id, third.answerable) == ("x", False)
    (tmp_path / "tests.yml").write_text("- vars:\n    question: What?\n")
    assert read_questions(tmp_path / "tests.yml") == (Question("1", "What?"),)


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        pytest.param("- vars: {question: A}\n- vars: {question: [B]}", 'line 2, field "question"', id="field"),
        pytest.param("- vars: {question: A}\n- file://more.yaml", "line 2: expected a JSON object", id="reference"),
        pytest.param("tests: file://tests.csv", "expected a list of promptfoo tests, or", id="file"),
        pytest.param("", "expected a list", id="empty"),
        pytest.param("- a: 1\n- [b", "line 2: not YAML: expected", id="cut"),
        pytest.param("- \x00", "not YAML: ", id="control"),
        pytest.param("a: &a [x]\ntests: [*a]", "line 2: not YAML: aliases", id="alias"),
        pytest.param("[" * 1000, "nested too deeply", id="deep"),
    ],
)
def test_yaml_that_is_refused(tmp_path: Path, text: str, problem: str) -> None:
    (tmp_path / "tests.yaml").write_text(text)
    with pytest.raises(QuestionSetError, match=re.escape(problem)):
        read_questions(tmp_path / "tests.yaml")


def test_yaml_is_written_so_that_strings_stay_strings(tmp_path: Path) -> None:
    answers = ("yes", "1e3", "0o17", "1887", "~", "a: b", "# c", "two\nlines", "\ud800", " x ", "Zürich", "- d")
    path = tmp_path / "tests.yaml"
    convert([Question("q", "Which?", answers)], {}, path, format_for(path))
    assert path.read_text(encoding="utf-8").startswith("- vars:\n    question: Which?\n")
    (test,) = yaml.safe_load(path.read_text(encoding="utf-8"))
    assert tuple(test["assert"][0]["value"]) == answers
    # YAML 1.2, which promptfoo reads, has other numbers than PyYAML.
    assert '- "1e3"\n' in path.read_text(encoding="utf-8")


def test_contexts_are_located() -> None:
    given = Question("1", "When?", ("1887",), extra={"contexts": ["the TOWER was  built in 1887", "nowhere at all"]})
    (found,), missing = located([given], DOCUMENTS)
    assert found.evidence == (Evidence("a.md", 0, 27),)
    assert missing == 1
    assert found.extra["contexts"] == given.extra["contexts"]


@pytest.mark.parametrize(
    ("form", "suffix"),
    [
        ("jsonl", ".jsonl"), ("csv", ".csv"), ("huggingface", ""), ("ragas", ".jsonl"), ("deepeval", ".json"),
        ("promptfoo", ".json"), ("promptfoo", ".yaml"), ("squad", ".json"), ("beir", ""),
    ],
)  # fmt: skip
def test_what_is_written_is_read_back(tmp_path: Path, form: Format, suffix: str) -> None:
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
    if form == "squad":
        assert [one.history for one in back] == [one.history for one in expected]
    if form != "beir":
        assert [one.answerable for one in back] == [one.answerable for one in expected]


def test_a_set_without_evidence_is_not_written_as_beir(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match="give them with --docs"):
        convert(QUESTIONS, {}, tmp_path / "set", "beir")
    assert not (tmp_path / "set").exists()


@pytest.mark.parametrize("name", ["set.xyz", "set.json", "set"])
def test_an_ending_that_names_no_format_is_refused(name: str) -> None:
    with pytest.raises(QuestionSetError, match=rf"{name}: its ending .* \.jsonl, \.csv, \.yaml, \.yml.*--to"):
        format_for(Path(name))


@pytest.mark.parametrize(
    ("text", "below"),
    [
        pytest.param("# A tower\n\nIt is old.", "It is old.", id="markdown"),
        pytest.param("A tower\n=======\nIt is old.", "It is old.", id="underlined"),
        pytest.param("A tower\n\nIt is old.", "It is old.", id="as-beir-is-read"),
        pytest.param("A tower is old.\n\nA tower", "A tower is old.\n\nA tower", id="no-title-first"),
        pytest.param("# A tower", "", id="only-a-title"),
    ],
)
def test_the_title_of_a_beir_entry_is_not_repeated_in_its_text(tmp_path: Path, text: str, below: str) -> None:
    document = Document("a.md", text, "A tower", "a.md")
    asked = [Question("q", "What?", evidence=(Evidence("a.md", 0, 5),))]
    convert(asked, {"a.md": document}, tmp_path / "set", "beir")
    corpus = (tmp_path / "set" / "corpus.jsonl").read_text(encoding="utf-8")
    assert json.loads(corpus) == {"_id": "a.md", "title": "A tower", "text": below}
    again, (read,) = read_set(tmp_path / "set")
    convert(again, {read.id: read}, tmp_path / "again", "beir")
    assert (tmp_path / "again" / "corpus.jsonl").read_text(encoding="utf-8") == corpus


def test_own_columns_beside_those_of_a_tool(tmp_path: Path) -> None:
    lines = tmp_path / "own.jsonl"
    row = {"id": "1", "question": "When?", "answers": ["1887"], "ground_truth": "soon"}
    lines.write_text(json.dumps(row))
    (question,) = read_questions(lines)
    assert (question.answers, question.extra) == (("1887",), {"ground_truth": "soon"})
    cells = tmp_path / "ragas.csv"
    cells.write_text("user_input,reference,answerable\nWhen?,,False\nWho?,Ann,True\n")
    assert [(one.answers, one.answerable) for one in read_questions(cells)] == [((), False), (("Ann",), True)]


def test_the_command_converts_single_surrogates_to_csv(tmp_path: Path) -> None:
    source, out = tmp_path / "set.jsonl", tmp_path / "set.csv"
    source.write_text('{"id": "1", "question": "When?", "note": "\\ud800"}')
    done = qa("questions", "convert", source, out, without=MODELS)
    assert (done.returncode, done.stderr) == (0, "")
    assert "\\ud800" in out.read_text(encoding="utf-8")


def test_the_command_converts_and_never_writes_over_a_file(tmp_path: Path) -> None:
    source, out = tmp_path / "tests.yaml", tmp_path / "set.jsonl"
    source.write_text(YAML)
    done = qa("questions", "convert", source, out, without=MODELS)
    assert (done.returncode, done.stdout, done.stderr) == (0, f"{out}: 3 questions\n", "")
    again = qa("questions", "convert", source, out, without=MODELS)
    assert again.returncode == 2
    assert again.stderr == f"qa: {out}: already exists; choose another path, or delete it\n"
