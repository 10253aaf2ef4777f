"""Question sets: reading, and the message for each malformed location."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from qa.errors import QuestionSetError
from qa.evaluation import Evidence, Question, read_questions

FULL_LINE = {
    "id": "q1",
    "question": "Who bought the jets?",
    "answers": ["China", "the Chinese air force"],
    "answerable": True,
    "history": ["What was sold?"],
    "document": "jets.md",
    "evidence": [[4, 9], {"document": "other.md", "start": 0, "end": 2}],
    "topic": {"name": "trade"},
}
FULL_QUESTION = Question(
    id="q1",
    question="Who bought the jets?",
    answers=("China", "the Chinese air force"),
    answerable=True,
    history=("What was sold?",),
    document="jets.md",
    evidence=(Evidence("jets.md", 4, 9), Evidence("other.md", 0, 2)),
    extra={"topic": {"name": "trade"}},
)


def write(folder: Path, content: str | bytes, name: str = "questions.jsonl") -> Path:
    path = folder / name
    path.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return path


def message_of(path: Path) -> str:
    with pytest.raises(QuestionSetError) as caught:
        read_questions(path)
    return str(caught.value)


# --- JSON Lines


def test_every_field_of_a_line_is_read(tmp_path: Path) -> None:
    assert read_questions(write(tmp_path, json.dumps(FULL_LINE))) == (FULL_QUESTION,)


def test_defaults_and_nulls_are_the_same(tmp_path: Path) -> None:
    nulls = dict.fromkeys(["answers", "answerable", "history", "document", "evidence"])
    lines = [json.dumps({"id": "a", "question": "Why?"}), json.dumps({"id": "b", "question": "Why?", **nulls})]
    bare, with_nulls = read_questions(write(tmp_path, "\n".join(lines)))
    assert bare == Question("a", "Why?")
    assert with_nulls == Question("b", "Why?")
    assert bare.answerable


@pytest.mark.parametrize("ending", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["no-BOM", "BOM"])
def test_marks_line_ends_and_blank_lines_are_all_right(tmp_path: Path, mark: bytes, ending: str) -> None:
    lines = [
        "",
        json.dumps({"id": "a", "question": "Où?"}, ensure_ascii=False),
        "  ",
        '{"id": "b", "question": "?"}',
        "",
    ]
    path = write(tmp_path, mark + ending.join(lines).encode())
    assert [(question.id, question.question) for question in read_questions(path)] == [("a", "Où?"), ("b", "?")]


def test_unicode_line_separators_inside_a_string_do_not_end_the_line(tmp_path: Path) -> None:
    question = "One\u2028two\u0085three?"
    path = write(tmp_path, json.dumps({"id": "a", "question": question}, ensure_ascii=False))
    assert read_questions(path)[0].question == question


MALFORMED: dict[str, tuple[Any, str, str]] = {
    "id-missing": ({"id": ...}, "id", "missing"),
    "id-empty": ({"id": ""}, "id", 'expected a non-empty string, got ""'),
    "id-blank": ({"id": " \t"}, "id", "expected a non-empty string"),
    "id-number": ({"id": 7}, "id", "expected a non-empty string, got 7"),
    "id-null": ({"id": None}, "id", "expected a non-empty string, got null"),
    "question-missing": ({"question": ...}, "question", "missing"),
    "question-empty": ({"question": "  "}, "question", "expected a non-empty string"),
    "question-list": ({"question": ["Who?"]}, "question", "expected a non-empty string"),
    "question-half-surrogate": ({"question": "a\ud800b"}, "question", "expected text without single surrogates"),
    "answers-singular": ({"answers": ..., "answer": "China"}, "answer", 'unknown; rename it to "answers"'),
    "document-capital": ({"document": ..., "Document": "a"}, "Document", 'unknown; rename it to "document"'),
    "answers-string": ({"answers": "China"}, "answers", 'expected a list of strings, got "China"'),
    "answers-of-numbers": ({"answers": [1998]}, "answers", "expected a non-empty string, got 1998"),
    "answers-with-empty": ({"answers": ["China", ""]}, "answers", 'expected a non-empty string, got ""'),
    "answers-with-null": ({"answers": [None]}, "answers", "expected a non-empty string, got null"),
    "answers-to-unanswerable": ({"answerable": False}, "answers", "expected no answers"),
    "answerable-string": ({"answerable": "no"}, "answerable", 'expected true or false, got "no"'),
    "answerable-number": ({"answerable": 1}, "answerable", "expected true or false, got 1"),
    "history-string": ({"history": "Who?"}, "history", "expected a list of strings"),
    "history-of-objects": ({"history": [{}]}, "history", "expected a non-empty string, got {}"),
    "document-empty": ({"document": ""}, "document", "expected a non-empty string"),
    "document-number": ({"document": 3}, "document", "expected a non-empty string, got 3"),
    "evidence-number": ({"evidence": 4}, "evidence", "expected a list of [start, end], got 4"),
    "evidence-flat": ({"evidence": [4, 9]}, "evidence", "expected [start, end] or {document, start, end}, got 4"),
    "evidence-three": ({"evidence": [[1, 2, 3]]}, "evidence", "got [1, 2, 3]"),
    "evidence-reversed": ({"evidence": [[9, 4]]}, "evidence", "expected [start, end] with start < end, got [9, 4]"),
    "evidence-empty-span": ({"evidence": [[4, 4]]}, "evidence", "expected [start, end] with start < end, got [4, 4]"),
    "evidence-negative": ({"evidence": [[-1, 4]]}, "evidence", "start of at least 0, got [-1, 4]"),
    "evidence-boolean": ({"evidence": [[False, True]]}, "evidence", "whole numbers, got [false, true]"),
    "evidence-float": ({"evidence": [[0, 4.0]]}, "evidence", "whole numbers, got [0, 4.0]"),
    "evidence-string": ({"evidence": [["0", "4"]]}, "evidence", 'whole numbers, got ["0", "4"]'),
    "evidence-without-document": ({"document": ..., "evidence": [[0, 4]]}, "evidence", 'needs the field "document"'),
    "evidence-object-short": ({"evidence": [{"document": "a", "start": 0}]}, "evidence", "document, start and end"),
    "evidence-object-more": (
        {"evidence": [{"document": "a", "start": 0, "end": 1, "page": 2}]},
        "evidence",
        "document, start and end",
    ),
    "evidence-object-document": (
        {"evidence": [{"document": None, "start": 0, "end": 1}]},
        "evidence",
        "expected a non-empty string, got null",
    ),
}


@pytest.mark.parametrize(("change", "field", "problem"), MALFORMED.values(), ids=MALFORMED.keys())
def test_a_malformed_field_names_file_line_and_field(
    tmp_path: Path, change: dict[str, Any], field: str, problem: str
) -> None:
    row = {name: value for name, value in {**FULL_LINE, **change}.items() if value is not ...}
    path = write(tmp_path, '{"id": "first", "question": "?"}\n\n' + json.dumps(row) + "\n")
    message = message_of(path)
    assert message.startswith(f'{path}, line 3, field "{field}": ')
    assert problem in message


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ('{"id": "a", "question": "?"', "not JSON"),
        ('{"id": "a", "question": "?', "not JSON: Unterminated string starting at column 25"),
        ('["a", "?"]', "expected a JSON object, got"),
        ('"a"', "expected a JSON object, got"),
        ('{"id": "a", "question": "?", "x": NaN}', "NaN is not a JSON number"),
        ('{"id": "a", "id": "b", "question": "?"}', 'field "id" occurs more than once'),
        ('{"id": "a", "question": "?"} {"id": "b"}', "not JSON: Extra data"),
        ('{"id": "a", "question": "?", "x": ' + "[" * 100_000, "nested too deeply"),
        ('{"id": "a", "question": "?", "x": 1e999}', '"1e999" is too large a number'),
        ('{"id": "a", "question": "?", "x": -1e999}', '"-1e999" is too large'),
        ('{"id": "a", "question": "?", "x": ' + "9" * 5_000 + "}", "not JSON"),
    ],
    ids=[
        "cut",
        "cut-string",
        "list",
        "string",
        "NaN",
        "field-twice",
        "two-objects",
        "deep",
        "infinite",
        "minus-infinite",
        "huge",
    ],
)
def test_a_malformed_line_names_file_and_line(tmp_path: Path, line: str, problem: str) -> None:
    path = write(tmp_path, '{"id": "first", "question": "?"}\n' + line + '\n{"id": "last", "question": "?"}\n')
    message = message_of(path)
    assert message.startswith(f"{path}, line 2: ")
    assert problem in message


@pytest.mark.parametrize("field", ["question", "x"])
@pytest.mark.parametrize("name", ["questions.jsonl", "questions.json"])
def test_nesting_near_the_limit_of_python_is_refused(tmp_path: Path, name: str, field: str) -> None:
    # Python can read it, but neither show it in the message nor write it.
    for depth in range(900, 1000):
        line = f'{{"id": "a", "{field}": {"[" * depth}{"]" * depth}}}'
        text = line if name == "questions.jsonl" else json.dumps({"data": []}).replace("[]", f"[\n{line}]")
        assert "nested too deeply" in message_of(write(tmp_path, text, name))


def test_nesting_that_a_person_writes_is_kept(tmp_path: Path) -> None:
    deep = "[" * 99 + "1" + "]" * 99
    (question,) = read_questions(write(tmp_path, f'{{"id": "a", "question": "?", "x": {deep}}}'))
    assert json.dumps(question.extra["x"]) == deep


@pytest.mark.parametrize("name", ["questions.jsonl", "questions.ndjson", "questions.json", "questions.txt"])
@pytest.mark.parametrize("rest", ["", '{"id": "b", "question": "?"}\n'], ids=["alone", "with-more"])
def test_a_malformed_first_line_is_named_too(tmp_path: Path, name: str, rest: str) -> None:
    message = message_of(write(tmp_path, '{"id": "a" "question": "?"}\n' + rest, name))
    assert "not JSON" in message
    assert "line 1" in message


def test_a_repeated_id_names_both_lines(tmp_path: Path) -> None:
    path = write(
        tmp_path, '{"id": "a", "question": "1?"}\n{"id": "b", "question": "2?"}\n{"id": "a", "question": "3?"}'
    )
    assert message_of(path) == f'{path}, line 3, field "id": "a" is already at line 1'


@pytest.mark.parametrize("name", ["q.jsonl", "q.json", "q.csv", "q.txt"])
@pytest.mark.parametrize("content", [b"", b"\xef\xbb\xbf", b"\r\n \n"], ids=["empty", "BOM-only", "blank-lines"])
def test_an_empty_set_is_an_error(tmp_path: Path, name: str, content: bytes) -> None:
    path = write(tmp_path, content, name)
    assert message_of(path) == f"{path}: contains no question; at least 1 is needed"


@pytest.mark.parametrize("name", ["q.jsonl", "q.csv"])
@pytest.mark.parametrize("bad", [b"\xe9", b"\xff\xfe", b"\xed\xa0\x80"], ids=["latin-1", "UTF-16-mark", "surrogate"])
def test_invalid_utf8_names_the_line(tmp_path: Path, name: str, bad: bytes) -> None:
    path = write(tmp_path, b"\xef\xbb\xbfid,question\n\n" + bad, name)
    assert message_of(path).startswith(f"{path}, line 3: not UTF-8 (byte 0x{bad[0]:02x})")


def test_a_missing_file_and_a_folder_are_errors(tmp_path: Path) -> None:
    assert "cannot be read" in message_of(tmp_path / "none.jsonl")
    os.mkfifo(tmp_path / "pipe.jsonl")
    assert message_of(tmp_path / "pipe.jsonl").endswith(
        "pipe.jsonl: is not a regular file; copy its content into a file"
    )
    assert "is a folder without a question set; one contains corpus.jsonl" in message_of(tmp_path)


@pytest.mark.slow
def test_twenty_thousand_lines_are_read(tmp_path: Path) -> None:
    line = '{{"id": "q{}", "question": "Who?", "answers": ["China"], "document": "a.md", "evidence": [[1, 5]]}}\n'
    questions = read_questions(write(tmp_path, "".join(line.format(number) for number in range(20_000))))
    assert len(questions) == 20_000
    assert questions[-1].id == "q19999"


# --- CSV


def test_csv_reads_the_same_question(tmp_path: Path) -> None:
    content = (
        "\ufeffid,question,answers,answerable,history,document,evidence,topic\r\n"
        '\r\nq1,"Who, then?","[""China"", ""PRC""]",TRUE,"[""What?""]",jets.md,"[[4, 9]]",trade\r\n'
        "q2,Where?,Beijing,,What was sold?,,,\r\n"
        "q3,Why?,,false,,,,\r\n"
    )
    assert read_questions(write(tmp_path, content, "questions.csv")) == (
        Question(
            "q1",
            "Who, then?",
            answers=("China", "PRC"),
            history=("What?",),
            document="jets.md",
            evidence=(Evidence("jets.md", 4, 9),),
            extra={"topic": "trade"},
        ),
        Question("q2", "Where?", answers=("Beijing",), history=("What was sold?",), extra={"topic": ""}),
        Question("q3", "Why?", answerable=False, extra={"topic": ""}),
    )


@pytest.mark.parametrize("delimiter", [";", "\t"], ids=["semicolons", "tabs"])
def test_csv_of_another_delimiter_is_read(tmp_path: Path, delimiter: str) -> None:
    rows = [
        ("id", "question", "answers", "answerable"),
        ("q1", "Who, then?", "350,000", ""),
        ("q2", "Why?", "", "FALSE"),
    ]
    content = "".join(delimiter.join(row) + "\r\n" for row in rows)
    assert read_questions(write(tmp_path, f"\ufeff{content}", "questions.csv")) == (
        Question("q1", "Who, then?", answers=("350,000",)),
        Question("q2", "Why?", answerable=False),
    )


@pytest.mark.parametrize(
    ("row", "location", "problem"),
    [
        pytest.param(",Why?,,,,", 'line 5, field "id"', "non-empty string", id="no-id"),
        pytest.param("b,,,,,", 'line 5, field "question"', "non-empty string", id="no-question"),
        pytest.param("b,Why?,[x],,,", 'line 5, field "answers"', "not JSON", id="answers-not-JSON"),
        pytest.param("b,Why?,[1998],,,", 'line 5, field "answers"', "got 1998", id="answers-of-numbers"),
        pytest.param("b,Why?,,maybe,,", 'line 5, field "answerable"', 'got "maybe"', id="answerable"),
        pytest.param("b,Why?,x,false,,", 'line 5, field "answers"', "expected no answers", id="contradiction"),
        pytest.param("b,Why?,,,jets.md,4-9", 'line 5, field "evidence"', 'got "4-9"', id="evidence-text"),
        pytest.param('b,Why?,,,jets.md,"[[9,4]]"', 'line 5, field "evidence"', "got [9, 4]", id="evidence-reversed"),
        pytest.param('b,Why?,,,,"[[4,9]]"', 'line 5, field "evidence"', 'field "document"', id="evidence-homeless"),
        pytest.param("a,Why?,,,,", 'line 5, field "id"', "is already at line 2", id="repeated-id"),
        pytest.param("b,Why?,,,", "line 5", "expected 6 cells as in the header, got 5", id="too-few-cells"),
        pytest.param("b,Why?,,,,,", "line 5", "expected 6 cells as in the header, got 7", id="too-many-cells"),
        pytest.param(",,,,,", 'line 5, field "id"', "non-empty string", id="all-empty"),
        pytest.param('b,"Why?', "line 5", "not CSV", id="open-quote"),
    ],
)
def test_csv_errors_name_the_physical_line(tmp_path: Path, row: str, location: str, problem: str) -> None:
    # The row before spans two lines and a blank one follows.
    content = f'id,question,answers,answerable,document,evidence\na,"Two\nlines?",,,,\n\n{row}\n'
    path = write(tmp_path, content, "questions.csv")
    message = message_of(path)
    assert message.startswith(f"{path}, {location}")
    assert problem in message


@pytest.mark.parametrize(
    ("header", "field"),
    [
        pytest.param("question,answers", "id", id="no-id"),
        pytest.param("id,text", "question", id="no-question"),
        pytest.param("id,question,id", "id", id="column-twice"),
        pytest.param("id,question,", "", id="column-without-name"),
    ],
)
def test_a_csv_header_is_checked(tmp_path: Path, header: str, field: str) -> None:
    path = write(tmp_path, f"{header}\na,b,c\n", "questions.csv")
    assert message_of(path).startswith(f'{path}, line 1, field "{field}": ')


def test_a_file_of_another_kind_is_no_question_set(tmp_path: Path) -> None:
    for name, content in (("notes.md", "# Notes\n\nOn bees, and more.\n"), ("set.xlsx", "PK\x03\x04\n")):
        assert "line 1: not a question set: expected JSON Lines, CSV with the col" in message_of(
            write(tmp_path, content, name)
        )


# --- SQuAD

SQUAD = {
    "version": "v2.0",
    "data": [
        {
            "title": "Jets",
            "paragraphs": [
                {
                    "context": "China bought 24 jets.",
                    "qas": [
                        {
                            "id": "s1",
                            "question": "Who bought jets?",
                            "answers": [{"text": "China", "answer_start": 0}, {"text": "China", "answer_start": 0}],
                            "is_impossible": False,
                        },
                        {
                            "id": "s2",
                            "question": "Who sold them?",
                            "history": ["Who bought jets?"],
                            "answers": [],
                            "is_impossible": True,
                            "plausible_answers": [{"text": "China", "answer_start": 0}],
                        },
                    ],
                }
            ],
        }
    ],
}
SQUAD_QUESTIONS = (
    Question("s1", "Who bought jets?", answers=("China", "China")),
    Question(
        "s2",
        "Who sold them?",
        answerable=False,
        history=("Who bought jets?",),
        extra={"plausible_answers": [{"text": "China", "answer_start": 0}]},
    ),
)


@pytest.mark.parametrize("name", ["squad.json", "squad.txt", "squad"])
@pytest.mark.parametrize("indent", [None, 2], ids=["one-line", "indented"])
def test_squad_is_read(tmp_path: Path, name: str, indent: int | None) -> None:
    assert read_questions(write(tmp_path, json.dumps(SQUAD, indent=indent), name)) == SQUAD_QUESTIONS


def test_squad_without_is_impossible_is_answerable(tmp_path: Path) -> None:
    row = {"id": "s1", "question": "Who?", "answers": [{"text": "China", "answer_start": 0}]}
    content = json.dumps({"data": [{"paragraphs": [{"context": "China", "qas": [row]}]}]})
    assert read_questions(write(tmp_path, content, "v1.json")) == (Question("s1", "Who?", answers=("China",)),)


@pytest.mark.parametrize(
    ("change", "location"),
    [
        pytest.param({"id": ...}, 'field "id": missing', id="no-id"),
        pytest.param({"question": ""}, 'field "question": expected', id="empty-question"),
        pytest.param({"answers": {}}, 'field "answers": expected a list', id="answers-object"),
        pytest.param({"answers": ["China"]}, 'field "answers": expected objects with a "text"', id="answers-strings"),
        pytest.param({"answers": [{"text": 3}]}, 'field "answers": expected a non-empty string', id="answer-number"),
        pytest.param({"is_impossible": "no"}, 'field "is_impossible": expected true or false', id="flag"),
        pytest.param({"is_impossible": True}, 'field "answers": expected no answers', id="contradiction"),
        pytest.param({"id": "s1"}, 'field "id": "s1" is already at data[0].paragraphs[2].qas[0]', id="repeated"),
    ],
)
def test_squad_errors_name_the_path(tmp_path: Path, change: dict[str, Any], location: str) -> None:
    first = {"id": "s1", "question": "?", "answers": []}
    row = {"id": "s2", "question": "?", "answers": [{"text": "China"}], **change}
    row = {name: value for name, value in row.items() if value is not ...}
    paragraphs = [{"qas": []}, {"qas": []}, {"qas": [first, row]}]
    path = write(tmp_path, json.dumps({"data": [{"paragraphs": paragraphs}]}), "squad.json")
    assert message_of(path).startswith(f"{path}, data[0].paragraphs[2].qas[1], {location}")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param({"data": {}}, ', field "data": expected a list', id="data"),
        pytest.param({"data": ["x"]}, ", data[0]: expected a JSON object", id="article"),
        pytest.param({"data": [{}]}, ', data[0], field "paragraphs": missing', id="paragraphs"),
        pytest.param({"data": [{"paragraphs": [{}]}]}, ', data[0].paragraphs[0], field "qas": missing', id="qas"),
        pytest.param({"data": [{"paragraphs": [{"qas": [1]}]}]}, ", data[0].paragraphs[0].qas[0]: expected", id="row"),
        pytest.param({"data": []}, ": contains no question", id="no-question"),
    ],
)
def test_squad_structure_is_checked(tmp_path: Path, content: dict[str, Any], problem: str) -> None:
    path = write(tmp_path, json.dumps(content), "squad.json")
    assert message_of(path).startswith(f"{path}{problem}")


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        pytest.param('[\n {"id": "a"}\n]', 'item 1, field "question": missing', id="indented-array"),
        pytest.param('{\n "id": "a",\n "question": "?"\n}', "expected SQuAD", id="indented-question"),
        pytest.param('{\n "data": [\n', "not JSON: Expecting value at line 3", id="cut"),
        pytest.param("[[3]]", "item 1: expected a JSON object", id="array"),
    ],
)
def test_other_json_is_refused(tmp_path: Path, content: str, problem: str) -> None:
    assert problem in message_of(write(tmp_path, content, "questions.json"))


@pytest.mark.parametrize("name", ["questions.json", "questions.txt", "questions"])
def test_json_lines_are_recognised_by_content(tmp_path: Path, name: str) -> None:
    content = '{"id": "a", "question": "?", "data": []}\n{"id": "b", "question": "?"}\n'
    assert [question.id for question in read_questions(write(tmp_path, content, name))] == ["a", "b"]


def test_csv_is_recognised_by_content(tmp_path: Path) -> None:
    assert read_questions(write(tmp_path, "id,question\na,Why?\n", "questions.txt")) == (Question("a", "Why?"),)
