"""Question sets: questions, and what counts as a right answer.

The formats are recognized by name and content: JSON Lines, CSV with the same columns, SQuAD 1.1/2.0 JSON, BEIR folders,
folders of articles and questions, and rows of Ragas, DeepEval and promptfoo. Malformed input is an error that names the
file, the location and the field.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from os import PathLike
from pathlib import Path

from qa.errors import QuestionSetError, check_type
from qa.evaluation.datasets.fields import preview, shortened
from qa.evaluation.datasets.formats.beir import CORPUS, JUDGEMENTS, QUERIES, is_beir, read_beir
from qa.evaluation.datasets.formats.csv import csv_entries
from qa.evaluation.datasets.formats.entry import Entry
from qa.evaluation.datasets.formats.jsonl import (
    ARTICLES,
    QUESTIONS,
    has_articles,
    json_lines_entries,
    json_list_entries,
    read_articles,
)
from qa.evaluation.datasets.formats.squad import squad_entries
from qa.evaluation.datasets.formats.text import YAML_SUFFIXES, read_lines
from qa.evaluation.datasets.types import Question
from qa.files import as_path
from qa.types import Document

MAX_PROBLEMS_SHOWN = 20
"""Problems listed in a message of `check_against`, at most."""


def read_questions(path: str | Path) -> tuple[Question, ...]:
    """Read a question set: a file or a folder.

    A ``.csv`` file is CSV; ``.yaml`` or ``.yml`` means promptfoo tests; a ``.jsonl``, ``.ndjson`` or ``.json`` file is
    JSON Lines, or SQuAD if it is one object with a "data" list; with any other suffix, the first character decides. A
    folder with `corpus.jsonl`, `queries.jsonl` and `qrels` is a BEIR set, one with `articles.jsonl` and
    `questions.jsonl` a set of that file; `read_set` returns their documents too. Text is UTF-8, with or without a byte
    order mark; blank lines are skipped. An optional field that is null (in CSV, an empty cell) counts as missing.

    Returns
    -------
    tuple of Question
        In the order of the file, at least one.

    Raises
    ------
    QuestionSetError
        If the file cannot be read, is not UTF-8, has no question, a repeated id, or a malformed line or field.
    """
    return read_set(path)[0]


def read_set(path: str | Path) -> tuple[tuple[Question, ...], tuple[Document, ...]]:
    """Read a question set and the documents in it, of which only folders have any; errors as for `read_questions`."""
    entries, documents = open_set(path)
    questions = []
    for entry in entries:
        if entry.question is None or entry.problems:
            raise entry.problems[0]
        questions.append(entry.question)
    if not questions:
        raise QuestionSetError(f"{path}: contains no question; at least 1 is needed")
    return tuple(questions), documents


def read_sets(paths: Sequence[str | Path]) -> tuple[tuple[Question, ...], tuple[Document, ...]]:
    """Read several question sets as one, in the order given, with the documents in them.

    Raises
    ------
    QuestionSetError
        As for `read_questions`, and if two sets share the id of a question or a document.
    """
    questions: list[Question] = []
    documents: list[Document] = []
    positions: dict[tuple[str, str], str | Path] = {}
    if isinstance(paths, str | PathLike):
        paths = [paths]
    check_type("the question sets", paths, Sequence, "a list of paths")
    for path in paths:
        own_questions, own_documents = read_set(path)
        ids = [("question", question.id) for question in own_questions]
        ids += [("document", document.id) for document in own_documents]
        for kind, name in ids:
            if (kind, name) in positions:
                first = positions[kind, name]
                raise QuestionSetError(f"{path}: {kind} {preview(name)} is in {first} too; ids must be unique")
            positions[kind, name] = path
        questions += own_questions
        documents += own_documents
    return tuple(questions), tuple(documents)


def open_set(path: str | Path) -> tuple[Iterator[Entry], tuple[Document, ...]]:
    """Return a question set with all its errors, repeated ids too, in the order of the file, and the documents in it.

    Raises `QuestionSetError` if the file cannot be read, is not UTF-8, or is malformed as a whole, now or when the
    entries are read.
    """
    path = as_path("the question set", path)
    if is_beir(path):
        entries, documents = read_beir(path)
        return iter(entries), documents
    return _unique(_entries(path)), read_articles(path) if has_articles(path) else ()


def _unique(entries: Iterable[Entry]) -> Iterator[Entry]:
    """Yield entries, with an error where an id is repeated."""
    positions: dict[str, str] = {}
    for entry in entries:
        question = entry.question
        if question is not None and question.id in positions:
            repeated = f"{preview(question.id)} is already at {positions[question.id]}"
            problem = QuestionSetError(f'{entry.location}, field "id": {repeated}')
            yield replace(entry, problems=(*entry.problems, problem))
        else:
            if question is not None:
                positions[question.id] = entry.position
            yield entry


def check_against(questions: Sequence[Question], documents: Mapping[str, Document]) -> None:
    """Check that questions fit the documents, which are given by id.

    Raises
    ------
    QuestionSetError
        If an id is repeated, a document is not loaded, or evidence is outside its document's text. One message
        lists the first 20 problems.
    """
    check_type("questions", questions, Sequence, "a list of Questions; load_questions reads them from a file")
    check_type("the documents", documents, Mapping, "Documents by id, as bot.documents")
    problems: list[str] = []
    seen: set[str] = set()
    for question in questions:
        if not isinstance(question, Question):
            raise QuestionSetError(f"expected Questions, got {question!r}; load_questions reads them from a file")
        if question.id in seen:
            problems.append(f"question {preview(question.id)}: the id occurs more than once")
        seen.add(question.id)
        problems += [f"question {preview(question.id)}: {problem}" for _, problem in misfits(question, documents)]
    if problems:
        listed = "\n  ".join(shortened(problems, MAX_PROBLEMS_SHOWN))
        raise QuestionSetError(f"the question set does not fit the documents; correct it, or give others:\n  {listed}")


def misfits(question: Question, documents: Mapping[str, Document]) -> list[tuple[str, str]]:
    """Return unknown documents of a question, and evidence outside their texts, as (field, problem)."""
    named = {} if question.document is None else {question.document: "document"}
    for evidence in question.evidence:
        named.setdefault(evidence.document, "evidence")
    problems = [
        (field, f"document {preview(name)} is not among the {len(documents)} loaded")
        for name, field in named.items()
        if name not in documents
    ]
    for evidence in question.evidence:
        length = len(documents[evidence.document].text) if evidence.document in documents else None
        if length is not None and not 0 <= evidence.start < evidence.end <= length:
            span = f"evidence [{evidence.start}, {evidence.end}] is outside {preview(evidence.document)}"
            problems.append(("evidence", f"{span}, whose text is {length} characters long"))
    return problems


def _entries(path: Path) -> Iterator[Entry]:
    """Choose the reader by suffix and first lines."""
    if has_articles(path):
        path /= QUESTIONS
    elif path.is_dir():
        known = f"{CORPUS}, {QUERIES} and {JUDGEMENTS} (BEIR), or {ARTICLES} and {QUESTIONS}"
        raise QuestionSetError(f"{path}: is a folder without a question set; one contains {known}")
    suffix = path.suffix.lower()
    if suffix == ".csv":
        return csv_entries(path)
    if suffix in YAML_SUFFIXES:
        # PyYAML would slow down the start of every command.
        from qa.evaluation.datasets.formats.yaml import yaml_entries

        return yaml_entries(path)
    lines = [line.lstrip() for _, line in islice(read_lines(path), 2)] or [""]
    json_lines_suffix = suffix in {".jsonl", ".ndjson"}
    if not json_lines_suffix and not lines[0].startswith("{") and (suffix != ".json" or lines[0].startswith("[")):
        return json_list_entries(path) if lines[0].startswith("[") else csv_entries(path)
    try:
        first = json.loads(lines[0])
    except (ValueError, RecursionError):
        # The first line alone is not JSON: an indented file, or JSON Lines whose first line is malformed.
        indented = not json_lines_suffix and len(lines) > 1
        return squad_entries(path) if indented else json_lines_entries(path)
    if isinstance(first, dict) and "data" in first and "question" not in first:
        return squad_entries(path)
    return json_lines_entries(path)
