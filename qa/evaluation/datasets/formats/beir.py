"""A BEIR folder: `corpus.jsonl`, `queries.jsonl` and judgements in `qrels/*.tsv`.

The layout is that of Thakur et al., "BEIR: A Heterogeneous Benchmark for Zero-shot Evaluation of Information Retrieval
Models" (NeurIPS 2021, https://arxiv.org/abs/2104.08663). Such a set brings its own documents: each entry of the corpus
becomes one, whose id is its "_id" and whose text is its title, a blank line, and its text. A query becomes a question,
and each corpus entry judged relevant to it (a score above 0) becomes evidence as a whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QuestionSetError
from qa.evaluation.datasets.fields import fail, parse_json, shown, text_field
from qa.evaluation.datasets.formats.entry import Entry, ErrorCollector
from qa.evaluation.datasets.formats.text import read_lines
from qa.evaluation.datasets.types import Evidence, Question

if TYPE_CHECKING:
    from qa.types import Document

CORPUS = "corpus.jsonl"
QUERIES = "queries.jsonl"
JUDGEMENTS = "qrels"

_USUAL_SPLIT = "test"
_HEADER = ["query-id", "corpus-id", "score"]

_Judgements = dict[str, dict[str, tuple[int, str]]]
"""Query id -> corpus id -> (score, the file and line that give it)."""


def is_beir(path: str | Path) -> bool:
    """Return whether the path is a folder that holds a corpus or queries as BEIR names them."""
    return any((Path(path) / name).is_file() for name in (CORPUS, QUERIES))


def read_beir(folder: str | Path, split: str | None = None) -> tuple[tuple[Question, ...], tuple[Document, ...]]:
    """Read the questions and the documents of a BEIR folder.

    Only queries with judgements in the split are asked, in the order of `queries.jsonl`. Files are read a line at a
    time. A query's other fields are kept as extra columns.

    Parameters
    ----------
    folder : str or Path
        The folder.
    split : str, optional
        The judgements to use: the name of a file in `qrels` without ".tsv". By default "test" where there is one,
        else the only one.

    Returns
    -------
    tuple of Question, tuple of Document
        At least one question; evidence is whole documents.

    Raises
    ------
    QuestionSetError
        When a file is missing, not readable or has a malformed line, an id is repeated, a judgement names an unknown
        query or corpus entry, no query is judged, or the split cannot be told. The message names file, line and field.
    """
    entries, documents = beir_entries(folder, split)
    questions = []
    for entry in entries:
        if entry.question is None:
            raise entry.problems[0]
        questions.append(entry.question)
    if not questions:
        raise QuestionSetError(f"{folder}: holds no question; at least 1 judged query is needed")
    return tuple(questions), documents


def beir_entries(folder: str | Path, split: str | None = None) -> tuple[list[Entry], tuple[Document, ...]]:
    """Return an entry for each problem, then one for each question, and the documents; see `read_beir`.

    Raises
    ------
    QuestionSetError
        When a file is missing or not readable, or the split cannot be told.
    """
    folder = Path(folder)
    attempts = ErrorCollector()
    judged = _judgements(_judgement_file(folder / JUDGEMENTS, split), attempts)
    documents = _documents(folder / CORPUS, attempts)
    questions = _questions(folder / QUERIES, judged, documents, attempts)
    for query, judgements in judged.items():
        if query not in questions:
            _, where = next(iter(judgements.values()))
            attempts(fail, where, "query-id", f"{shown(query)} is not in {folder / QUERIES}")
        for name, (_, where) in judgements.items():
            if name not in documents:
                attempts(fail, where, "corpus-id", f"{shown(name)} is not in {folder / CORPUS}")
    problems = [Entry(folder, "", None, (problem,)) for problem in attempts.problems]
    return problems + [entry for query, entry in questions.items() if query in judged], tuple(documents.values())


def _judgement_file(folder: Path, split: str | None) -> Path:
    files = {path.stem: path for path in sorted(folder.glob("*.tsv"))}
    if split is None:
        split = _USUAL_SPLIT if _USUAL_SPLIT in files or len(files) != 1 else next(iter(files))
    if split not in files:
        found = f"there are {', '.join(files)}" if files else "there is no .tsv file"
        raise QuestionSetError(f"{folder}: no judgements {split}.tsv; {found}")
    return files[split]


def _judgements(path: Path, attempts: ErrorCollector) -> _Judgements:
    judged: _Judgements = {}
    for number, line in read_lines(path):
        cells = line.rstrip("\r").split("\t")
        if cells != _HEADER:
            attempts(_add_judgement, judged, cells, f"{path}, line {number}")
    return judged


def _add_judgement(judged: _Judgements, cells: list[str], where: str) -> None:
    if len(cells) != len(_HEADER) or not all(cells):
        raise QuestionSetError(f"{where}: expected {', '.join(_HEADER)} with tabs between them, got {shown(cells)}")
    query, name, score = cells
    try:
        value = int(score)
    except ValueError:
        fail(where, "score", f"expected a whole number, got {shown(score)}")
    judgements = judged.setdefault(query, {})
    if name in judgements:
        fail(where, "corpus-id", f"{shown(name)} is already judged for {shown(query)}")
    judgements[name] = value, where


def _documents(path: Path, attempts: ErrorCollector) -> dict[str, Document]:
    from qa.types import Document

    documents = {}
    for name, _, where, row in _rows(path, attempts):
        title, text = (attempts(_optional_text, row, field, where) or "" for field in ("title", "text"))
        parts = [part for part in (title.strip(), text) if part.strip()]
        # Line ends as in a loaded file.
        whole = "\n\n".join(parts).replace("\r\n", "\n").replace("\r", "\n")
        documents[name] = Document(id=name, text=whole, title=" ".join(title.split()) or name, source=str(path))
        if not parts:
            attempts.problems.append(QuestionSetError(f"{where}: holds neither a title nor a text"))
    return documents


def _optional_text(row: Mapping[str, Any], field: str, where: str) -> str:
    return "" if row.get(field) in (None, "") else text_field(row, field, where)


def _questions(
    path: Path, judged: _Judgements, documents: Mapping[str, Document], attempts: ErrorCollector
) -> dict[str, Entry]:
    entries = {}
    for name, place, where, row in _rows(path, attempts):
        text = attempts(text_field, row, "text", where) or ""
        evidence = tuple(
            Evidence(document.id, 0, len(document.text))
            for entry, (score, _) in judged.get(name, {}).items()
            if score > 0 and (document := documents.get(entry)) is not None and document.text
        )
        extra = {field: value for field, value in row.items() if field not in {"_id", "text"}}
        entries[name] = Entry(path, place, Question(name, text, evidence=evidence, extra=extra))
    return entries


def _rows(path: Path, attempts: ErrorCollector) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Yield (id, place, file and place, object) for each line that holds an object with an id of its own."""
    places: dict[str, str] = {}
    for number, line in read_lines(path):
        place = f"line {number}"
        found = attempts(_row, line, f"{path}, {place}", places)
        if found is not None:
            name = found["_id"]
            places[name] = place
            yield name, place, f"{path}, {place}", found


def _row(line: str, where: str, places: Mapping[str, str]) -> dict[str, Any]:
    row = parse_json(line, where)
    if not isinstance(row, dict):
        raise QuestionSetError(f"{where}: expected a JSON object, got {shown(row)}")
    name = text_field(row, "_id", where)
    if name in places:
        fail(where, "_id", f"{shown(name)} already stands at {places[name]}")
    return row
