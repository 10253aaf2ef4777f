"""BEIR folders: queries become questions, judged corpus entries become evidence, and every malformed case is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.beir import is_beir
from qa.evaluation.datasets.questions import check_against, read_questions, read_set
from qa.evaluation.datasets.types import Evidence, Question
from qa.evaluation.datasets.validate import check_questions

CORPUS: list[dict[str, Any]] = [
    {"_id": "d1", "title": "Jets", "text": "China bought 24 jets."},
    {"_id": "d2", "title": "", "text": "Bees dance.\r\nThey point.", "metadata": {"url": "x"}},
    {"_id": "d3", "title": "Only a title", "text": ""},
]
QUERIES: list[dict[str, Any]] = [
    {"_id": "q1", "text": "Who bought jets?"},
    {"_id": "q2", "text": "What do bees do?", "metadata": {"topic": "bees"}},
    {"_id": "q3", "text": "Never judged?"},
    {"_id": "q4", "text": "Judged, and nothing fits?"},
]
HEADER = "query-id\tcorpus-id\tscore\n"
TEST = HEADER + "q2\td2\t2\nq1\td1\t1\nq1\td3\t1\nq1\td2\t0\nq4\td1\t0\n"


def lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def write(folder: Path, **files: str | None) -> Path:
    """Write a valid folder, except for the given files: corpus, queries and splits; None leaves a file out."""
    contents: dict[str, str | None] = {"corpus": lines(CORPUS), "queries": lines(QUERIES), "test": TEST, **files}
    (folder / "qrels").mkdir(parents=True, exist_ok=True)
    for name, content in contents.items():
        path = folder / f"{name}.jsonl" if name in {"corpus", "queries"} else folder / "qrels" / f"{name}.tsv"
        if content is not None:
            path.write_bytes(content.encode("utf-8"))
    return folder


def message_of(folder: Path) -> str:
    with pytest.raises(QuestionSetError) as caught:
        read_set(folder)
    return str(caught.value)


def test_queries_become_questions_and_the_corpus_documents(tmp_path: Path) -> None:
    questions, documents = read_set(write(tmp_path))
    assert [(document.id, document.title, document.text) for document in documents] == [
        ("d1", "Jets", "Jets\n\nChina bought 24 jets."),
        ("d2", "d2", "Bees dance.\nThey point."),
        ("d3", "Only a title", "Only a title"),
    ]
    assert questions == (
        Question("q1", "Who bought jets?", evidence=(Evidence("d1", 0, 27), Evidence("d3", 0, 12))),
        Question("q2", "What do bees do?", evidence=(Evidence("d2", 0, 23),), extra={"metadata": {"topic": "bees"}}),
        Question("q4", "Judged, and nothing fits?"),
    )
    check_against(questions, {document.id: document for document in documents})
    assert read_questions(tmp_path) == questions


def test_marks_line_ends_and_blank_lines_are_all_right(tmp_path: Path) -> None:
    plain = read_set(write(tmp_path / "plain"))
    windows = {
        name: "\ufeff" + content.replace("\n", "\r\n") + "\r\n"
        for name, content in {"corpus": lines(CORPUS), "queries": lines(QUERIES), "test": TEST}.items()
    }
    questions, documents = read_set(write(tmp_path / "windows", **windows))
    assert questions == plain[0]
    assert [document.text for document in documents] == [document.text for document in plain[1]]


def test_judgements_without_a_header_are_read(tmp_path: Path) -> None:
    assert len(read_set(write(tmp_path, test="q1\td1\t1\n"))[0]) == 1


@pytest.mark.parametrize(
    ("splits", "asked"),
    [
        pytest.param({"train": HEADER + "q1\td1\t1\n"}, ["q1", "q2", "q4"], id="test-goes-first"),
        pytest.param({"test": None, "dev": HEADER + "q2\td2\t1\n"}, ["q2"], id="the-only-one"),
    ],
)
def test_the_split_is_chosen(tmp_path: Path, splits: dict[str, str | None], asked: list[str]) -> None:
    assert [question.id for question in read_set(write(tmp_path, **splits))[0]] == asked


@pytest.mark.parametrize(
    ("files", "location", "problem"),
    [
        pytest.param({"corpus": None}, "corpus.jsonl", "cannot be read", id="no-corpus"),
        pytest.param({"queries": None}, "queries.jsonl", "cannot be read", id="no-queries"),
        pytest.param({"test": None}, "qrels", "there is no .tsv file", id="no-judgements"),
        pytest.param({"test": None, "a": "", "b": ""}, "qrels", "there are a, b", id="no-telling-the-split"),
        pytest.param({"test": HEADER + "q1 d1 1\n"}, "test.tsv, line 2", "separated by tabs", id="spaces"),
        pytest.param({"test": HEADER + "q1\td1\n"}, "test.tsv, line 2", "expected query-id", id="two-cells"),
        pytest.param({"test": "q1\t0\td1\t1\n"}, "test.tsv, line 1", "expected query-id", id="four-cells"),
        pytest.param({"test": HEADER + "\td1\t1\n"}, "test.tsv, line 2", "expected query-id", id="empty-cell"),
        pytest.param({"test": "q1\td1\tyes\n"}, 'test.tsv, line 1, field "score"', 'got "yes"', id="score"),
        pytest.param(
            {"test": "q1\td1\t1\nq1\td1\t0\n"}, 'test.tsv, line 2, field "corpus-id"', "already judged", id="twice"
        ),
        pytest.param(
            {"test": "q1\td1\t1\nq9\td1\t1\n"}, 'test.tsv, line 2, field "query-id"', '"q9" is not in', id="query"
        ),
        pytest.param(
            {"test": "q1\td9\t0\n"}, 'test.tsv, line 1, field "corpus-id"', '"d9" is not in', id="corpus-entry"
        ),
        pytest.param({"test": HEADER}, "", "contains no question", id="nothing-judged"),
        pytest.param({"corpus": "{}\n"}, 'corpus.jsonl, line 1, field "_id"', "missing", id="corpus-id-missing"),
        pytest.param({"corpus": '{"_id": 3}\n'}, 'corpus.jsonl, line 1, field "_id"', "got 3", id="corpus-id-number"),
        pytest.param({"corpus": "[]\n"}, "corpus.jsonl, line 1", "expected a JSON object", id="corpus-list"),
        pytest.param({"corpus": "{\n"}, "corpus.jsonl, line 1", "not JSON", id="corpus-cut"),
        pytest.param(
            {"corpus": lines([*CORPUS, CORPUS[0]])}, 'corpus.jsonl, line 4, field "_id"', "at line 1", id="corpus-twice"
        ),
        pytest.param(
            {"corpus": lines([*CORPUS, {"_id": "d4", "text": 7}])},
            'corpus.jsonl, line 4, field "text"',
            "got 7",
            id="corpus-text-number",
        ),
        pytest.param(
            {"corpus": lines([*CORPUS, {"_id": "d4", "title": ["a"], "text": "b"}])},
            'corpus.jsonl, line 4, field "title"',
            'got ["a"]',
            id="corpus-title-list",
        ),
        pytest.param(
            {"corpus": lines([*CORPUS, {"_id": "d4", "title": "", "text": ""}])},
            "corpus.jsonl, line 4",
            "neither a title nor a text",
            id="corpus-empty",
        ),
        pytest.param(
            {"queries": lines([*QUERIES, QUERIES[2]])},
            'queries.jsonl, line 5, field "_id"',
            "at line 3",
            id="query-twice",
        ),
        pytest.param(
            {"queries": lines([{"_id": "q1"}, *QUERIES[1:]])},
            'queries.jsonl, line 1, field "text"',
            "missing",
            id="query-text",
        ),
    ],
)
def test_what_is_wrong_names_file_line_and_field(
    tmp_path: Path, files: dict[str, str | None], location: str, problem: str
) -> None:
    folder = write(tmp_path / "set", **files)
    message = message_of(folder)
    assert message.startswith(str(folder))
    assert location in message
    assert problem in message


def test_check_lists_the_problems_of_all_files(tmp_path: Path) -> None:
    folder = write(
        tmp_path, test=TEST + "q9\td1\t1\nq1\td9\t1\n", queries=lines(QUERIES) + "{\n", corpus="x\n" + lines(CORPUS)
    )
    report = check_questions(folder, read_set(write(tmp_path / "sound"))[1])
    assert [error.removeprefix(str(folder))[1:].split(":")[0] for error in report.errors] == [
        "corpus.jsonl, line 1",
        "queries.jsonl, line 5",
        'qrels/test.tsv, line 8, field "corpus-id"',
        'qrels/test.tsv, line 7, field "query-id"',
    ]
    assert report.questions == 3


def test_a_folder_of_other_things_is_no_set(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("x", encoding="utf-8")
    assert not is_beir(tmp_path)
    assert not is_beir(tmp_path / "notes.txt")
    assert not is_beir(tmp_path / "none")
