"""SQuAD 1.1 and 2.0 JSON.

Contexts are not used: questions have no `document` and no `evidence`. `answerable` is taken from "is_impossible", and a
"history" is that of a JSON Lines set.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import checked_text, fail, flag_field, parse_json, preview
from qa.evaluation.datasets.formats.entry import Entry, ErrorCollector, entry
from qa.evaluation.datasets.formats.text import read_text

_USED = {"id", "question", "answers", "history", "is_impossible"}


def squad_entries(path: Path) -> Iterator[Entry]:
    """Yield an entry for each question and malformed part, with its path in the JSON as position."""
    root = parse_json(read_text(path), str(path))
    if not isinstance(root, dict) or "data" not in root:
        raise QuestionSetError(
            f'{path}: expected SQuAD (an object with a "data" list) or one JSON object a line with its id and question'
        )
    for article_number, article in enumerate(_list(root, "data", str(path))):
        article_position = f"data[{article_number}]"
        collector = ErrorCollector()
        for number, paragraph in enumerate(_part(article, "paragraphs", path, article_position, collector)):
            position = f"{article_position}.paragraphs[{number}]"
            rows = _part(paragraph, "qas", path, position, collector)
            yield from (_question(path, f"{position}.qas[{at}]", row) for at, row in enumerate(rows))
        yield from (Entry(path, article_position, None, (problem,)) for problem in collector.problems)


def _part(parent: object, key: str, path: Path, position: str, collector: ErrorCollector) -> list[Any]:
    return collector(_list, parent, key, f"{path}, {position}") or []


def _list(parent: object, key: str, location: str) -> list[Any]:
    if not isinstance(parent, dict):
        raise QuestionSetError(f"{location}: expected a JSON object, got {preview(parent)}")
    if key not in parent:
        fail(location, key, "missing")
    if not isinstance(parent[key], list):
        fail(location, key, f"expected a list, got {preview(parent[key])}")
    return list(parent[key])


def _question(path: Path, position: str, row: object) -> Entry:
    if not isinstance(row, dict):
        return entry(path, position, row)
    location = f"{path}, {position}"
    collector = ErrorCollector()
    own = {name: row[name] for name in ("id", "question", "history") if name in row}
    answers = collector(_answers, row, location)
    impossible = collector(flag_field, row, "is_impossible", location, default=False) is True
    found = entry(path, position, {**own, "answers": answers, "answerable": not impossible}, collector)
    if found.question is None:
        return found
    extra = {name: value for name, value in row.items() if name not in _USED}
    return replace(found, question=replace(found.question, extra=extra))


def _answers(row: dict[str, Any], location: str) -> list[str]:
    texts = []
    for answer in [] if row.get("answers") is None else _list(row, "answers", location):
        if not isinstance(answer, dict) or "text" not in answer:
            fail(location, "answers", f'expected objects with a "text", got {preview(answer)}')
        texts.append(checked_text(answer["text"], "answers", location))
    return texts
