"""BEIR folders: `corpus.jsonl`, `queries.jsonl` and judgements in `qrels/*.tsv`.

The layout is that of Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval
Models" (NeurIPS 2021, https://arxiv.org/abs/2104.08663). Each entry of the corpus becomes a document with its "_id" and
a text of title, blank line and text. A query becomes a question, and each corpus entry with a positive score becomes
evidence as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import fail, parse_object, preview, text_field
from qa.evaluation.datasets.formats.entry import Entry, ErrorCollector
from qa.evaluation.datasets.formats.text import read_lines
from qa.evaluation.datasets.types import Evidence, Question
from qa.text.languages import detect
from qa.types import Document

CORPUS = "corpus.jsonl"
QUERIES = "queries.jsonl"
JUDGEMENTS = "qrels"

_USUAL_SPLIT = "test"
_HEADER = ["query-id", "corpus-id", "score"]

_Judgements = dict[str, dict[str, tuple[int, str]]]
"""Query id -> corpus id -> (score, the file and line that give it)."""


def is_beir(path: Path) -> bool:
    """Return whether the path is a folder with a BEIR corpus or queries."""
    return any((path / name).is_file() for name in (CORPUS, QUERIES))


def read_beir(folder: Path) -> tuple[list[Entry], tuple[Document, ...]]:
    """Return an entry for each error and each question, and the documents.

    Only queries with judgements become questions, in the order of `queries.jsonl`; their other fields are kept as extra
    columns. Judgements are those of "test.tsv", or else of the only file in `qrels`.
    """
    collector = ErrorCollector()
    judged = _judgements(_judgement_file(folder / JUDGEMENTS), collector)
    documents = _documents(folder / CORPUS, collector)
    questions = _questions(folder / QUERIES, judged, documents, collector)
    for query, judgements in judged.items():
        if query not in questions:
            _, location = next(iter(judgements.values()))
            collector(fail, location, "query-id", f"{preview(query)} is not in {folder / QUERIES}")
        for name, (_, location) in judgements.items():
            if name not in documents:
                collector(fail, location, "corpus-id", f"{preview(name)} is not in {folder / CORPUS}")
    problems = [Entry(folder, "", None, (problem,)) for problem in collector.problems]
    return problems + [entry for query, entry in questions.items() if query in judged], tuple(documents.values())


def _judgement_file(folder: Path) -> Path:
    files = {path.stem: path for path in sorted(folder.glob("*.tsv"))}
    split = _USUAL_SPLIT if _USUAL_SPLIT in files or len(files) != 1 else next(iter(files))
    if split not in files:
        found = f"there are {', '.join(files)}" if files else "there is no .tsv file"
        raise QuestionSetError(f"{folder}: no judgements {split}.tsv; {found}")
    return files[split]


def _judgements(path: Path, collector: ErrorCollector) -> _Judgements:
    judged: _Judgements = {}
    for number, line in read_lines(path):
        cells = line.rstrip("\r").split("\t")
        if cells != _HEADER:
            collector(_add_judgement, judged, cells, f"{path}, line {number}")
    return judged


def _add_judgement(judged: _Judgements, cells: list[str], location: str) -> None:
    if len(cells) != len(_HEADER) or not all(cells):
        raise QuestionSetError(f"{location}: expected {', '.join(_HEADER)} separated by tabs, got {preview(cells)}")
    query, name, score = cells
    try:
        value = int(score)
    except ValueError:
        fail(location, "score", f"expected a whole number, got {preview(score)}")
    judgements = judged.setdefault(query, {})
    if name in judgements:
        fail(location, "corpus-id", f"{preview(name)} is already judged for {preview(query)}")
    judgements[name] = value, location


def _documents(path: Path, collector: ErrorCollector) -> dict[str, Document]:
    documents = {}
    for name, _, location, row in _rows(path, collector):
        title, text = (collector(_optional_text, row, field, location) or "" for field in ("title", "text"))
        parts = [part for part in (title.strip(), text) if part.strip()]
        # Line ends as in a loaded file.
        whole = "\n\n".join(parts).replace("\r\n", "\n").replace("\r", "\n")
        title = " ".join(title.split()) or name
        documents[name] = Document(name, whole, title, source=str(path), language=detect(whole))
        if not parts:
            collector.problems.append(QuestionSetError(f"{location}: has neither a title nor a text"))
    return documents


def _optional_text(row: Mapping[str, Any], field: str, location: str) -> str:
    return "" if row.get(field) in (None, "") else text_field(row, field, location)


def _questions(
    path: Path, judged: _Judgements, documents: Mapping[str, Document], collector: ErrorCollector
) -> dict[str, Entry]:
    entries = {}
    for name, position, location, row in _rows(path, collector):
        text = collector(text_field, row, "text", location) or ""
        evidence = tuple(
            Evidence(document.id, 0, len(document.text))
            for entry, (score, _) in judged.get(name, {}).items()
            if score > 0 and (document := documents.get(entry)) is not None and document.text
        )
        extra = {field: value for field, value in row.items() if field not in {"_id", "text"}}
        entries[name] = Entry(path, position, Question(name, text, evidence=evidence, extra=extra))
    return entries


def _rows(path: Path, collector: ErrorCollector) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield (id, position, location, object) for each line with an object and a unique id."""
    positions: dict[str, str] = {}
    for number, line in read_lines(path):
        position = f"line {number}"
        found = collector(_row, line, f"{path}, {position}", positions)
        if found is not None:
            name = found["_id"]
            positions[name] = position
            yield name, position, f"{path}, {position}", found


def _row(line: str, location: str, positions: Mapping[str, str]) -> dict[str, Any]:
    row = parse_object(line, location)
    name = text_field(row, "_id", location)
    if name in positions:
        fail(location, "_id", f"{preview(name)} is already at {positions[name]}")
    return row
