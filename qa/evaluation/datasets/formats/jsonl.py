"""JSON Lines: one object a line; also the format in which question sets are written.

A question set with its documents is a folder of `questions.jsonl` and `articles.jsonl`, each line of which is an object
with "id", "title" and "text".
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from pathlib import Path

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import fail, parse_json, preview, text_field
from qa.evaluation.datasets.formats.entry import COLUMNS, Entry, ErrorCollector, entry
from qa.evaluation.datasets.formats.other_tools import as_row
from qa.evaluation.datasets.formats.text import read_lines, read_objects, read_text
from qa.evaluation.datasets.types import Question
from qa.text.languages import detect
from qa.text.printable import printable_json
from qa.types import Document, JSONObject

ARTICLES, QUESTIONS = "articles.jsonl", "questions.jsonl"


def json_lines_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each line that is not blank."""
    for number, line in read_lines(path):
        collector = ErrorCollector()
        position = f"line {number}"
        row = collector(parse_json, line, f"{path}, {position}")
        if collector.problems:
            yield Entry(path, position, None, tuple(collector.problems))
        else:
            yield entry(path, position, as_row(row, number))


def json_list_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each item of a list, as DeepEval and promptfoo write it."""
    rows = parse_json(read_text(path), str(path))
    if not isinstance(rows, list):
        raise QuestionSetError(f"{path}: expected a list, got {preview(rows)}")
    for number, row in enumerate(rows, start=1):
        yield entry(path, f"item {number}", as_row(row, number))


def has_articles(path: Path) -> bool:
    """Return whether the path is a folder with articles."""
    return (path / ARTICLES).is_file()


def read_articles(folder: Path) -> tuple[Document, ...]:
    """Read the articles of a folder, in the order of the file; raises a `QuestionSetError` if it is malformed."""
    file = folder / ARTICLES
    documents: dict[str, Document] = {}
    for location, row in read_objects(file):
        name, title, text = (text_field(row, field, location) for field in ("id", "title", "text"))
        if name in documents:
            fail(location, "id", f"{preview(name)} occurs more than once")
        documents[name] = Document(name, text, " ".join(title.split()), source=str(file), language=detect(text))
    return tuple(documents.values())


def question_to_json(question: Question) -> JSONObject:
    """Return a question as `read_questions` reads it, without empty columns.

    Evidence in the question's `document` is ``[start, end]``, other evidence names its document. Extra columns with the
    name of a regular one are left out.
    """
    evidence = [
        [span.start, span.end] if span.document == question.document else asdict(span) for span in question.evidence
    ]
    values = {name: getattr(question, name) for name in COLUMNS} | {"evidence": evidence}
    row = {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}
    extra = {name: value for name, value in question.extra.items() if name not in COLUMNS}
    return {name: value for name, value in row.items() if value not in (None, [])} | extra


def question_to_line(question: Question) -> str:
    """Return a question as a line of JSON, in readable UTF-8."""
    line = json.dumps(question_to_json(question), ensure_ascii=False, allow_nan=False)
    return printable_json(line) + "\n"


def write_questions(path: str | Path, questions: Iterable[Question]) -> None:
    """Write a question set as JSON Lines, replacing the file."""
    with Path(path).open("w", encoding="utf-8", newline="\n") as file:
        file.writelines(map(question_to_line, questions))
