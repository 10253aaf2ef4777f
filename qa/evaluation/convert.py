"""Write question sets as CSV, SQuAD, BEIR, Ragas, DeepEval, promptfoo and Hugging Face datasets."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from io import StringIO
from pathlib import Path
from typing import Any, Literal

from qa.documents.structure import blocks, heading_span
from qa.errors import QuestionSetError
from qa.evaluation.datasets.formats.entry import COLUMNS
from qa.evaluation.datasets.formats.jsonl import question_to_json, question_to_line
from qa.evaluation.datasets.formats.other_tools import CONTEXTS
from qa.evaluation.datasets.formats.text import YAML_SUFFIXES
from qa.evaluation.datasets.types import Evidence, Question
from qa.evaluation.runs.located import Locator
from qa.text.lines import one_line
from qa.types import Document

Format = Literal["jsonl", "csv", "ragas", "deepeval", "promptfoo", "squad", "beir", "huggingface"]

_ENDINGS: dict[str, Format] = {".jsonl": "jsonl", ".csv": "csv", **dict.fromkeys(YAML_SUFFIXES, "promptfoo")}
_Files = dict[str, str]
Documents = Mapping[str, Document]


def located(questions: Sequence[Question], documents: Documents) -> tuple[tuple[Question, ...], int]:
    """Turn the texts in the column "contexts" into evidence; also return how many were not found."""
    locator, missing = Locator(documents), 0
    found = []
    for question in questions:
        contexts = question.extra.get(CONTEXTS)
        if question.evidence or not isinstance(contexts, list):
            found.append(question)
            continue
        spans = [locator.locate(one, question.document) for one in contexts if isinstance(one, str)]
        missing += spans.count(None)
        evidence = tuple(dict.fromkeys(Evidence(span[0], *span[1]) for span in spans if span))
        extra = {name: value for name, value in question.extra.items() if name != CONTEXTS or None in spans}
        found.append(replace(question, evidence=evidence, extra=extra))
    return tuple(found), missing


def format_for(path: Path) -> Format:
    """Return the format that a file name suggests; raise a `QuestionSetError` if it suggests none."""
    form = _ENDINGS.get(path.suffix.lower())
    if form is None:
        known = ", ".join(_ENDINGS)
        raise QuestionSetError(f"{path}: its ending names no format (known: {known}); choose one with --to")
    return form


def convert(questions: Sequence[Question], documents: Documents, path: Path, form: Format) -> None:
    """Write a question set in another format, without the columns that the format lacks.

    The path is a new file, or a new folder for "beir" and "huggingface". Tests for promptfoo are YAML if it ends in
    ".yaml" or ".yml", else JSON. A format that contains the text of evidence leaves out evidence in other documents.

    Raises `QuestionSetError` if the path exists or cannot be written, or no question has what the format needs.
    """
    if path.exists():
        raise QuestionSetError(f"{path}: already exists; choose another path, or delete it")
    files = _files(questions, documents, path, form)
    try:
        for name, content in files.items():
            file = path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            # Single surrogates, which UTF-8 cannot encode, are written as escapes.
            with file.open("x", encoding="utf-8", errors="backslashreplace", newline="\n") as out:
                out.write(content)
    except OSError as error:
        raise QuestionSetError(f"{path}: cannot be written: {error.strerror}; choose another path") from None


def _files(questions: Sequence[Question], documents: Documents, path: Path, form: Format) -> _Files:
    """Return the content of each file by its path in the folder, or of the file itself by an empty path."""
    match form:
        case "beir":
            return _beir(questions, documents)
        case "huggingface":
            return _huggingface(questions, documents)
        case "csv":
            text = _csv(questions)
        case "squad":
            text = _json(_squad(questions, documents)) + "\n"
        case "ragas":
            text = _lines(_rows(questions, documents, "user_input", "reference", "reference_contexts"))
        case "deepeval":
            text = _json(_rows(questions, documents, "input", "expected_output", "context"), indent=1) + "\n"
        case "promptfoo" if path.suffix.lower() in YAML_SUFFIXES:
            from qa.evaluation.datasets.formats.yaml import dump_yaml

            text = dump_yaml(_promptfoo(questions, documents))
        case "promptfoo":
            text = _json(_promptfoo(questions, documents), indent=1) + "\n"
        case "jsonl":
            text = "".join(map(question_to_line, questions))
    return {"": text}


def _csv(questions: Sequence[Question]) -> str:
    rows = [question_to_json(question) for question in questions]
    names = list(dict.fromkeys([*COLUMNS, *(name for row in rows for name in row)]))
    out = StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([[_cell(row.get(name)) for name in names] for row in rows])
    return out.getvalue()


def _cell(value: object) -> str:
    return "" if value is None else value if isinstance(value, str) else _json(value)


def _rows(
    questions: Sequence[Question], documents: Documents, asked: str, answer: str, contexts: str
) -> list[dict[str, Any]]:
    """Return a row for each question, with first answer and evidence texts in the named columns."""
    return [
        {
            asked: question.question,
            answer: question.answers[0] if question.answers else None,
            contexts: _texts(question, documents),
            "answerable": question.answerable,
            "id": question.id,
        }
        for question in questions
    ]


def _promptfoo(questions: Sequence[Question], documents: Documents) -> list[dict[str, Any]]:
    rows = []
    for question in questions:
        variables = {"question": question.question}
        if texts := _texts(question, documents):
            variables["context"] = "\n\n".join(texts)
        rule: dict[str, Any] | None = None
        if not question.answerable:
            rule = {"type": "is-refusal"}
        elif question.answers:
            rule = {"type": "icontains-any", "value": list(question.answers)}
        rows.append({"vars": variables, "assert": [rule] if rule else [], "metadata": {"id": question.id}})
    return rows


def _squad(questions: Sequence[Question], documents: Documents) -> dict[str, Any]:
    """Return each document as one paragraph; questions about no document share one without text."""
    asked: dict[str, list[dict[str, Any]]] = {}
    for question in questions:
        name = question.document or next((span.document for span in question.evidence), "")
        text = documents[name].text if name in documents else ""
        answers = [
            {"text": answer, "answer_start": _start(answer, question, name, text)} for answer in question.answers
        ]
        row = {"id": question.id, "question": question.question, "answers": answers}
        if question.history:
            row["history"] = list(question.history)
        asked.setdefault(name, []).append({**row, "is_impossible": not question.answerable})
    data = [
        {"title": name, "paragraphs": [{"context": documents[name].text if name in documents else "", "qas": rows}]}
        for name, rows in asked.items()
    ]
    return {"version": "v2.0", "data": data}


def _start(answer: str, question: Question, name: str, text: str) -> int:
    """Return the offset of an answer, in its evidence if possible; -1 if it does not occur."""
    for span in question.evidence:
        if span.document == name and (at := text.find(answer, span.start, span.end)) >= 0:
            return at
    return text.find(answer)


def _beir(questions: Sequence[Question], documents: Documents) -> _Files:
    """Write each document as a corpus entry; documents with evidence are judged relevant."""
    corpus = [{"_id": one.id, "title": one.title, "text": _below_title(one)} for one in documents.values()]
    queries = [{"_id": question.id, "text": question.question} for question in questions]
    judged = [
        f"{question.id}\t{name}\t1\n"
        for question in questions
        for name in dict.fromkeys(span.document for span in question.evidence)
        if name in documents
    ]
    if not judged:
        raise QuestionSetError(
            "beir: no question has evidence in the documents, without which BEIR asks none; give them with --docs"
        )
    return {
        "corpus.jsonl": _lines(corpus),
        "queries.jsonl": _lines(queries),
        "qrels/test.tsv": "query-id\tcorpus-id\tscore\n" + "".join(judged),
    }


def _huggingface(questions: Sequence[Question], documents: Documents) -> _Files:
    """Write a folder for `datasets.load_dataset`: all rows have the same columns and types."""
    rows = [{name: value for name, value in asdict(one).items() if name != "extra"} for one in questions]
    texts = [{"id": one.id, "title": one.title, "text": one.text} for one in documents.values()]
    configs = "".join(
        f"- config_name: {name}\n  data_files:\n  - split: test\n    path: {name}.jsonl\n"
        for name in ("questions", *(["articles"] if texts else []))
    )
    card = f"---\nconfigs:\n{configs}---\n# Question set\n\n{len(rows)} questions; offsets count Unicode code points.\n"
    return {"README.md": card, "questions.jsonl": _lines(rows)} | ({"articles.jsonl": _lines(texts)} if texts else {})


def _below_title(document: Document) -> str:
    """Return the text without the title that it opens with, which readers of BEIR put before it."""
    text = document.text
    first = next((block for block in blocks(document) if block.kind != "blank"), None)
    is_title = first is not None and one_line(text[slice(*heading_span(text, first))]) == document.title
    return text[first.end :].lstrip() if first and is_title else text


def _texts(question: Question, documents: Documents) -> list[str]:
    given = question.extra.get(CONTEXTS)
    spans = [
        documents[one.document].text[one.start : one.end] for one in question.evidence if one.document in documents
    ]
    return spans or ([one for one in given if isinstance(one, str)] if isinstance(given, list) else [])


def _lines(rows: Iterable[object]) -> str:
    return "".join(_json(row) + "\n" for row in rows)


def _json(value: object, indent: int | None = None) -> str:
    # ASCII: a text may have single surrogates, which UTF-8 cannot encode.
    return json.dumps(value, ensure_ascii=True, indent=indent)
