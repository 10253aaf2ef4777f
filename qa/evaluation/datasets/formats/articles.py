"""Question sets with their documents: folders of `questions.jsonl` and `articles.jsonl`.

Each line of `articles.jsonl` is an object with "id", "title" and "text".
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from qa.evaluation.datasets.fields import fail, preview, text_field
from qa.evaluation.datasets.formats.text import read_objects

if TYPE_CHECKING:
    from qa.types import Document

ARTICLES, QUESTIONS = "articles.jsonl", "questions.jsonl"


def has_articles(path: Path) -> bool:
    """Return whether the path is a folder with articles."""
    return (path / ARTICLES).is_file()


def read_articles(folder: Path) -> tuple[Document, ...]:
    """Read the articles of a folder, in the order of the file; raises a `QuestionSetError` if it is malformed."""
    from qa.text.languages import detect
    from qa.types import Document

    file = folder / ARTICLES
    documents: dict[str, Document] = {}
    for location, row in read_objects(file):
        name, title, text = (text_field(row, field, location) for field in ("id", "title", "text"))
        if name in documents:
            fail(location, "id", f"{preview(name)} occurs more than once")
        documents[name] = Document(name, text, " ".join(title.split()), source=str(file), language=detect(text))
    return tuple(documents.values())
