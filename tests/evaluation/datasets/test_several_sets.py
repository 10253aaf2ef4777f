"""Several question sets asked as one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.errors import QuestionSetError
from qa.evaluation import read_questions, read_sets


def write(path: Path, *ids: str) -> Path:
    path.write_text("".join(f'{{"id": "{name}", "question": "Who is {name}?"}}\n' for name in ids), encoding="utf-8")
    return path


def beir(folder: Path, document: str, query: str) -> Path:
    (folder / "qrels").mkdir(parents=True)
    (folder / "corpus.jsonl").write_text(json.dumps({"_id": document, "text": "Bees dance."}) + "\n", encoding="utf-8")
    (folder / "queries.jsonl").write_text(json.dumps({"_id": query, "text": "Who dances?"}) + "\n", encoding="utf-8")
    (folder / "qrels" / "test.tsv").write_text(
        f"query-id\tcorpus-id\tscore\n{query}\t{document}\t1\n", encoding="utf-8"
    )
    return folder


def test_sets_follow_each_other(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", "a2", "a1"), write(tmp_path / "b.jsonl", "b")
    assert read_sets([second, first]) == ((*read_questions(second), *read_questions(first)), ())


def test_sets_bring_their_documents(tmp_path: Path) -> None:
    folders = [beir(tmp_path / "one", "d1", "q1"), beir(tmp_path / "two", "d2", "q2")]
    questions, documents = read_sets([folders[0], write(tmp_path / "a.jsonl", "a"), folders[1]])
    assert [question.id for question in questions] == ["q1", "a", "q2"]
    assert [document.id for document in documents] == ["d1", "d2"]


def test_an_id_in_two_sets_names_both(tmp_path: Path) -> None:
    first, second = write(tmp_path / "a.jsonl", "x", "y"), write(tmp_path / "b.jsonl", "z", "y")
    with pytest.raises(QuestionSetError) as caught:
        read_sets([first, second])
    assert str(caught.value) == f'{second}: question "y" is in {first} too; ids must be unique'
    with pytest.raises(QuestionSetError, match='question "x" is in'):
        read_sets([first, first])


def test_a_document_in_two_sets_is_refused(tmp_path: Path) -> None:
    with pytest.raises(QuestionSetError, match='document "d" is in'):
        read_sets([beir(tmp_path / "one", "d", "q1"), beir(tmp_path / "two", "d", "q2")])
