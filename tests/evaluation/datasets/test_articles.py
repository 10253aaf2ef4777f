"""Folders of articles and questions: both are read, and every malformed case is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from qa.errors import QuestionSetError
from qa.evaluation.datasets.questions import check_against, read_questions, read_set, read_sets
from qa.evaluation.datasets.types import Evidence
from qa.evaluation.datasets.validate import check_questions

ARTICLE = {"id": "bees.md", "title": "Bees\nand more", "text": "# Bees\n\nBees dance for the others in the dark hive."}
QUESTION = {
    "id": "1",
    "question": "What do bees do?",
    "answers": ["dance"],
    "document": "bees.md",
    "evidence": [[8, 51]],
}


def write(folder: Path, article: Any = None, **changes: object) -> Path:  # noqa: ANN401
    (folder / "questions.jsonl").write_text(json.dumps(QUESTION) + "\n", encoding="utf-8")
    first, second = json.dumps(ARTICLE), json.dumps(article if article is not None else {**ARTICLE, **changes})
    (folder / "articles.jsonl").write_text(f"{first}\n\n{second}\n", encoding="utf-8")
    return folder


def test_questions_come_with_their_articles(tmp_path: Path) -> None:
    questions, documents = read_set(write(tmp_path, id="wasps.md", title="Wasps"))
    assert [(document.id, document.title, document.text) for document in documents] == [
        ("bees.md", "Bees and more", ARTICLE["text"]),
        ("wasps.md", "Wasps", ARTICLE["text"]),
    ]
    assert questions[0].evidence == (Evidence("bees.md", 8, 51),)
    check_against(questions, {document.id: document for document in documents})
    assert read_questions(tmp_path) == questions
    assert read_sets([tmp_path]) == (questions, documents)
    assert check_questions(tmp_path, documents).summary().startswith("1 question (1 answerable, 0 not")


def test_questions_are_checked_with_the_articles_of_their_folder(tmp_path: Path) -> None:
    write(tmp_path, id="wasps.md")
    assert check_questions(tmp_path).errors == ()
    row = {**QUESTION, "evidence": [[8, 52]]}
    (tmp_path / "questions.jsonl").write_text(json.dumps(row), encoding="utf-8")
    (error,) = check_questions(tmp_path).errors
    assert error.endswith('evidence [8, 52] is outside "bees.md", whose text is 51 characters long')


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({}, 'line 3, field "id": "bees.md" occurs more than once'),
        ({"article": [1]}, "line 3: expected a JSON object, got [1]"),
        ({"article": {"id": "a", "text": "b"}}, 'line 3, field "title": missing'),
        ({"id": "a", "text": " "}, 'line 3, field "text": expected a non-empty string'),
    ],
    ids=["twice", "no object", "no title", "no text"],
)
def test_a_malformed_article_is_named(tmp_path: Path, changes: dict[str, Any], message: str) -> None:
    with pytest.raises(QuestionSetError) as caught:
        read_set(write(tmp_path, **changes))
    assert f"{tmp_path / 'articles.jsonl'}, {message}" in str(caught.value)


def test_a_folder_without_questions_is_named(tmp_path: Path) -> None:
    (write(tmp_path, id="wasps.md") / "questions.jsonl").unlink()
    with pytest.raises(QuestionSetError, match=r"questions\.jsonl: cannot be read: "):
        read_set(tmp_path)
