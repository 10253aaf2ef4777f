"""Question sets: what is asked, and what counts as a right answer.

Three formats are read, told apart by suffix and content: JSON Lines (one object a line), CSV with the same column
names, and SQuAD 1.1/2.0 JSON. Anything malformed is an error that names the file, the place and the field.
"""

from __future__ import annotations

import codecs
import csv
import io
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import QuestionSetError
from qa.evaluation.fields import checked_text, fail, flag_field, parse_json, shown, text_field, texts_field

if TYPE_CHECKING:
    from qa.types import Document

MAX_PROBLEMS_SHOWN = 20
"""Most problems listed in one message of `check_against`."""

_COLUMNS = ("id", "question", "answers", "answerable", "history", "document", "evidence")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A span of a document that holds the answer.

    Attributes
    ----------
    document : str
        Id of the document.
    start, end : int
        Span in code points, start inclusive, end exclusive, 0 <= start < end.
    """

    document: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Question:
    """One question of a set.

    Attributes
    ----------
    id : str
        Unique in its set.
    question : str
        As asked.
    answers : tuple of str
        Accepted short answers, any of which is right; empty when none are known or the question has no answer.
    answerable : bool
        False when the documents do not answer the question, so that declining is right.
    history : tuple of str
        The questions asked before in the same conversation, oldest first.
    document : str or None
        Id of the only document to ask within; None for the whole library.
    evidence : tuple of Evidence
        Where the answer stands; empty when not known.
    extra : dict
        Other columns of the line, unchanged.
    """

    id: str
    question: str
    answers: tuple[str, ...] = ()
    answerable: bool = True
    history: tuple[str, ...] = ()
    document: str | None = None
    evidence: tuple[Evidence, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)


def read_questions(path: str | Path) -> tuple[Question, ...]:
    """Read a question set.

    A ``.csv`` file is CSV; a ``.jsonl``, ``.ndjson`` or ``.json`` file is JSON Lines, or SQuAD when it holds one object
    with a "data" list; any other suffix is told by its first character. Text is UTF-8, with or without a byte order
    mark; blank lines are passed over. An optional field that is null (in CSV: an empty cell) counts as not given.

    In CSV, `answers`, `history` and `evidence` are JSON lists; a cell that does not start with "[" is a single answer
    or a single earlier question. Other columns are kept as text.

    The contexts of a SQuAD file are not documents: its questions are asked over the library given, so that their
    `document` is None and their `evidence` empty. `answerable` is taken from "is_impossible".

    Parameters
    ----------
    path : str or Path
        The file.

    Returns
    -------
    tuple of Question
        In the order of the file, at least one.

    Raises
    ------
    QuestionSetError
        When the file cannot be read, is not UTF-8, holds no question, repeats an id, or has a malformed line or field.
    """
    path = Path(path)
    text = _read_text(path)
    first_places: dict[str, str] = {}
    questions: list[Question] = []
    for place, question in _rows(path, text):
        if question.id in first_places:
            fail(f"{path}, {place}", "id", f"{shown(question.id)} already stands at {first_places[question.id]}")
        first_places[question.id] = place
        questions.append(question)
    if not questions:
        raise QuestionSetError(f"{path}: holds no question; at least 1 is needed")
    return tuple(questions)


def check_against(questions: Sequence[Question], documents: Mapping[str, Document]) -> None:
    """Check that the documents can serve the questions.

    Parameters
    ----------
    questions : sequence of Question
    documents : mapping of str to Document
        The loaded documents by id.

    Raises
    ------
    QuestionSetError
        When an id is repeated, a document is not loaded, or evidence lies outside its document's text. One message
        lists the first 20 problems.
    """
    problems: list[str] = []
    seen: set[str] = set()
    for question in questions:
        if question.id in seen:
            problems.append(f"question {shown(question.id)}: the id stands more than once")
        seen.add(question.id)
        named = [question.document] if question.document is not None else []
        named += [evidence.document for evidence in question.evidence]
        problems += [
            f"question {shown(question.id)}: document {shown(name)} is not among the {len(documents)} loaded"
            for name in dict.fromkeys(named)
            if name not in documents
        ]
        problems += [
            f"question {shown(question.id)}: evidence [{evidence.start}, {evidence.end}] lies outside "
            f"{shown(evidence.document)}, whose text is {len(documents[evidence.document].text)} characters long"
            for evidence in question.evidence
            if evidence.document in documents
            and not 0 <= evidence.start < evidence.end <= len(documents[evidence.document].text)
        ]
    if problems:
        lines = problems[:MAX_PROBLEMS_SHOWN]
        if len(problems) > len(lines):
            lines.append(f"and {len(problems) - len(lines)} more")
        raise QuestionSetError("the question set does not fit the documents:\n  " + "\n  ".join(lines))


def _read_text(path: Path) -> str:
    """Return the file's text without a byte order mark, line ends unchanged."""
    try:
        data = path.read_bytes()
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be read as a question set: {error.strerror}") from error
    data = data.removeprefix(codecs.BOM_UTF8)
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise QuestionSetError(
            f"{path}, line {line}: not UTF-8 (byte 0x{data[error.start]:02x}); save the file as UTF-8"
        ) from error


def _rows(path: Path, text: str) -> Iterator[tuple[str, Question]]:
    """Yield (place within the file, question), by the format that suffix and content tell."""
    suffix = path.suffix.lower()
    json_lines_suffix = suffix in {".jsonl", ".ndjson"}
    if suffix == ".csv":
        return _csv_rows(path, text)
    if not json_lines_suffix and suffix != ".json" and not text.lstrip().startswith(("{", "[")):
        return _csv_rows(path, text)
    try:
        first = json.loads(text.lstrip().partition("\n")[0])
    except (ValueError, RecursionError):
        # The first line alone is no JSON: an indented file, or JSON Lines whose first line is broken.
        indented = not json_lines_suffix and "\n" in text.strip()
        return _squad_rows(path, text) if indented else _json_lines_rows(path, text)
    if isinstance(first, dict) and "data" in first and "question" not in first:
        return _squad_rows(path, text)
    return _json_lines_rows(path, text)


def _json_lines_rows(path: Path, text: str) -> Iterator[tuple[str, Question]]:
    # Not str.splitlines: JSON strings may hold U+2028 and other characters that it takes for line ends.
    for number, line in enumerate(text.split("\n"), start=1):
        if not line.strip():
            continue
        place = f"{path}, line {number}"
        row = parse_json(line, place)
        if not isinstance(row, dict):
            raise QuestionSetError(f"{place}: expected a JSON object, got {shown(row)}")
        yield f"line {number}", _question(row, place)


def _csv_rows(path: Path, text: str) -> Iterator[tuple[str, Question]]:
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    header: list[str] | None = None
    while True:
        # A quoted cell may span lines: the row is named by the line on which it starts.
        number = reader.line_num + 1
        place = f"{path}, line {number}"
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            raise QuestionSetError(f"{place}: not CSV: {error}") from error
        if not cells or (len(cells) == 1 and not cells[0].strip()):
            continue
        if header is None:
            header = _csv_header(cells, place)
        elif len(cells) != len(header):
            raise QuestionSetError(f"{place}: expected {len(header)} cells as in the header, got {len(cells)}")
        else:
            row = {name: _csv_value(name, cell, place) for name, cell in zip(header, cells, strict=True)}
            yield f"line {number}", _question(row, place)


def _csv_header(cells: Sequence[str], place: str) -> list[str]:
    header = [cell.strip() for cell in cells]
    for name in ("id", "question"):
        if name not in header:
            fail(place, name, f"missing; the columns are {shown(header)}")
    for position, name in enumerate(header):
        if not name or name in header[:position]:
            fail(place, name, f"expected columns with names of their own, got {shown(header)}")
    return header


def _csv_value(name: str, cell: str, place: str) -> Any:  # noqa: ANN401 -- what a JSON cell may hold
    if name in {"id", "question"} or name not in _COLUMNS:
        return cell
    stripped = cell.strip()
    if not stripped:
        return None
    if name == "answerable":
        return {"true": True, "false": False}.get(stripped.lower(), cell)
    if name == "document":
        return cell
    if stripped.startswith("["):
        return parse_json(stripped, f'{place}, field "{name}"')
    return cell if name == "evidence" else [cell]


def _squad_rows(path: Path, text: str) -> Iterator[tuple[str, Question]]:
    root = parse_json(text, str(path))
    if not isinstance(root, dict) or "data" not in root:
        raise QuestionSetError(
            f'{path}: expected SQuAD (an object with a "data" list) or one JSON object a line with its id and question'
        )
    for article_number, article in enumerate(_squad_list(root, "data", str(path))):
        article_place = f"data[{article_number}]"
        paragraphs = _squad_list(article, "paragraphs", f"{path}, {article_place}")
        for paragraph_number, paragraph in enumerate(paragraphs):
            paragraph_place = f"{article_place}.paragraphs[{paragraph_number}]"
            for number, row in enumerate(_squad_list(paragraph, "qas", f"{path}, {paragraph_place}")):
                place = f"{paragraph_place}.qas[{number}]"
                yield place, _squad_question(row, f"{path}, {place}")


def _squad_list(parent: object, key: str, place: str) -> list[Any]:
    if not isinstance(parent, dict):
        raise QuestionSetError(f"{place}: expected a JSON object, got {shown(parent)}")
    if key not in parent:
        fail(place, key, "missing")
    if not isinstance(parent[key], list):
        fail(place, key, f"expected a list, got {shown(parent[key])}")
    return list(parent[key])


def _squad_question(row: object, place: str) -> Question:
    if not isinstance(row, dict):
        raise QuestionSetError(f"{place}: expected a JSON object, got {shown(row)}")
    answers = [] if row.get("answers") is None else _squad_list(row, "answers", place)
    texts = []
    for answer in answers:
        if not isinstance(answer, dict) or "text" not in answer:
            fail(place, "answers", f'expected objects with a "text", got {shown(answer)}')
        texts.append(checked_text(answer["text"], "answers", place))
    own = {name: row[name] for name in ("id", "question") if name in row}
    impossible = flag_field(row, "is_impossible", place, default=False)
    question = _question({**own, "answers": texts, "answerable": not impossible}, place)
    used = {"id", "question", "answers", "is_impossible"}
    return replace(question, extra={name: value for name, value in row.items() if name not in used})


def _question(row: Mapping[str, Any], place: str) -> Question:
    """Check one row, whose values have their JSON types, and make it a question."""
    answers = texts_field(row, "answers", place)
    answerable = flag_field(row, "answerable", place, default=True)
    if answers and not answerable:
        fail(place, "answers", f"expected no answers to a question that is not answerable, got {shown(answers)}")
    document = None if row.get("document") is None else text_field(row, "document", place)
    return Question(
        id=text_field(row, "id", place),
        question=text_field(row, "question", place),
        answers=answers,
        answerable=answerable,
        history=texts_field(row, "history", place),
        document=document,
        evidence=_evidence(row, document, place),
        extra={name: value for name, value in row.items() if name not in _COLUMNS},
    )


def _evidence(row: Mapping[str, Any], document: str | None, place: str) -> tuple[Evidence, ...]:
    items = row.get("evidence")
    if items is None:
        return ()
    if not isinstance(items, list):
        fail(place, "evidence", f"expected a list of [start, end], got {shown(items)}")
    found = []
    for item in items:
        if isinstance(item, dict):
            if set(item) != {"document", "start", "end"}:
                fail(place, "evidence", f"expected an object with document, start and end, got {shown(item)}")
            name = checked_text(item["document"], "evidence", place)
            start, end = item["start"], item["end"]
        elif isinstance(item, list) and len(item) == 2:
            if document is None:
                fail(place, "evidence", f'{shown(item)} needs the field "document" to say where it lies')
            name = document
            start, end = item
        else:
            fail(place, "evidence", f"expected [start, end] or {{document, start, end}}, got {shown(item)}")
        # type(), since True and False are ints to isinstance.
        if type(start) is not int or type(end) is not int:
            fail(place, "evidence", f"expected [start, end] as whole numbers, got {shown([start, end])}")
        if start < 0:
            fail(place, "evidence", f"expected [start, end] with start of at least 0, got {shown([start, end])}")
        if start >= end:
            fail(place, "evidence", f"expected [start, end] with start < end, got {shown([start, end])}")
        found.append(Evidence(name, start, end))
    return tuple(found)
