"""What is written is read back the same: JSON Lines by the package's own writer, CSV as a spreadsheet would."""

from __future__ import annotations

import csv
import json
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conftest import examples
from hypothesis import given
from hypothesis import strategies as st

from qa.evaluation.datasets.formats.jsonl import question_to_json, write_questions
from qa.evaluation.datasets.questions import read_questions
from qa.evaluation.datasets.types import Evidence, Question

# Every character but halves of surrogate pairs; with some characters that line readers treat as line ends more often.
TEXT = st.text(
    st.characters(exclude_categories=["Cs"]) | st.sampled_from("\n\r\u2028\x85\x1c[]{}\",;'\ufeff"), min_size=1
).filter(lambda text: bool(text.strip()))
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=5,
)
COLUMNS = {"id", "question", "answers", "answerable", "history", "document", "evidence"}
OF_OTHER_TOOLS = {
    "vars",
    "__expected",
    "user_input",
    "ground_truth",
    "ground_truths",
}  # with one of these a file is read as another tool's
SPANS = st.tuples(st.integers(0, 10**6), st.integers(1, 10**6)).map(lambda pair: (pair[0], pair[0] + pair[1]))


def _is_extra(name: str) -> bool:
    return name.strip() not in COLUMNS | OF_OTHER_TOOLS


@st.composite
def questions(draw: st.DrawFn, extra: st.SearchStrategy[Any] = VALUES) -> Question:
    answerable = draw(st.booleans())
    document = draw(st.none() | TEXT)
    names = [TEXT] if document is None else [TEXT, st.just(document)]
    evidence = st.tuples(st.one_of(names), SPANS).map(lambda pair: Evidence(pair[0], *pair[1]))
    return Question(
        id=draw(TEXT),
        question=draw(TEXT),
        answers=tuple(draw(st.lists(TEXT, max_size=3))) if answerable else (),
        answerable=answerable,
        history=tuple(draw(st.lists(TEXT, max_size=2))),
        document=document,
        evidence=tuple(draw(st.lists(evidence, max_size=3))),
        extra=draw(st.dictionaries(TEXT.filter(_is_extra), extra, max_size=3)),
    )


def question_sets(extra: st.SearchStrategy[Any] = VALUES) -> st.SearchStrategy[list[Question]]:
    return st.lists(questions(extra), min_size=1, max_size=4, unique_by=lambda question: question.id)


@examples(60)
@given(question_sets())
def test_json_lines_have_every_field(asked: list[Question]) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "questions.jsonl")
        write_questions(path, asked)
        assert read_questions(path) == tuple(asked)
        # One line each, for every reader of lines.
        assert len(path.read_text(encoding="utf-8").splitlines()) == len(asked)


@examples(40)
@given(st.dictionaries(TEXT.map(str.strip).filter(_is_extra), st.just(""), max_size=3), st.data())
def test_csv_has_every_field(extra_columns: dict[str, str], data: st.DataObject) -> None:
    cells = st.fixed_dictionaries(dict.fromkeys(extra_columns, st.text(st.characters(exclude_categories=["Cs"]))))
    asked = [
        Question(
            one.id, one.question, one.answers, one.answerable, one.history, one.document, one.evidence, data.draw(cells)
        )
        for one in data.draw(question_sets())
    ]
    with TemporaryDirectory() as folder:
        path = Path(folder, "questions.csv")
        with path.open("w", encoding="utf-8", newline="") as file:
            writer = csv.DictWriter(file, [*sorted(COLUMNS), *extra_columns])
            writer.writeheader()
            for one in asked:
                row = question_to_json(one)
                lists: dict[str, Any] = {
                    name: json.dumps(row[name]) for name in ("answers", "history", "evidence") if name in row
                }
                writer.writerow({**row, **lists})
        assert read_questions(path) == tuple(asked)


def test_only_columns_that_say_something_are_written() -> None:
    assert question_to_json(Question("a", "Why?")) == {"id": "a", "question": "Why?", "answerable": True}


def test_an_extra_column_never_replaces_a_known_one(tmp_path: Path) -> None:
    # SQuAD rows may have such fields; as a line they would mean something else.
    squad = {"data": [{"paragraphs": [{"qas": [{"id": "a", "question": "Why?", "evidence": "p. 3", "level": 2}]}]}]}
    (tmp_path / "squad.json").write_text(json.dumps(squad), encoding="utf-8")
    write_questions(tmp_path / "q.jsonl", read_questions(tmp_path / "squad.json"))
    assert read_questions(tmp_path / "q.jsonl") == (Question("a", "Why?", extra={"level": 2}),)


def test_plain_text_stays_readable(tmp_path: Path) -> None:
    write_questions(tmp_path / "q.jsonl", [Question("a", "Où est Zoë?")])
    assert "Où est Zoë?" in (tmp_path / "q.jsonl").read_text(encoding="utf-8")
