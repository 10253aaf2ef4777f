"""The loaders of public sets, on tiny files of the same format: every span has the stated text."""

from __future__ import annotations

import gzip
import json
import runpy
from pathlib import Path
from typing import Any

import pytest
from conftest import ROOT

from qa.evaluation.datasets.questions import check_against

LOADERS = runpy.run_path(str(ROOT / "tests" / "benchmarks" / "public_sets.py"))
SETS = {one.name: one for one in LOADERS["SETS"]}


def load(folder: Path, name: str) -> tuple[list[Any], list[str]]:
    """Load the set of a folder; return its questions, and the text of their evidence."""
    one = SETS[name]
    loaded = one.load(LOADERS["found"](folder, one))
    documents = {document.id: document for document in loaded.documents}
    check_against(loaded.questions, documents)
    evidence = [documents[span.document].text[span.start : span.end] for q in loaded.questions for span in q.evidence]
    return loaded.questions, evidence


def put(folder: Path, name: str, content: str) -> None:
    (folder / name).parent.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text(content, encoding="utf-8")


def test_squad_and_xquad(tmp_path: Path) -> None:
    rows = [
        {
            "id": "1",
            "question": "When? ",
            "answers": [{"text": "1887", "answer_start": 26}] * 2,
            "is_impossible": False,
        },
        {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
        # A wrong offset is corrected.
        {"id": "3", "question": "What?", "answers": [{"text": "tower", "answer_start": 0}]},
    ]
    context = "\U0001f41d The tower was built in 1887."
    content = json.dumps({"data": [{"title": "A_tower", "paragraphs": [{"context": context, "qas": rows}]}]})
    put(tmp_path, "squad/dev-v2.0.json", content)
    put(tmp_path, "xquad/xquad.de.json", content)
    for name in ("SQuAD 2.0, dev", "XQuAD"):
        questions, evidence = load(tmp_path, name)
        assert evidence == ["1887", "tower"]
        assert [(one.question, one.answers, one.answerable) for one in questions] == [
            ("When?", ("1887",), True), ("Who?", (), False), ("What?", ("tower",), True),
        ]  # fmt: skip


def annotation(short: list[tuple[int, int]], long: int = -1, yes_no: str = "NONE") -> dict[str, Any]:
    spans = [{"start_token": start, "end_token": end} for start, end in short]
    return {"short_answers": spans, "long_answer": {"start_token": long, "end_token": long}, "yes_no_answer": yes_no}


def test_natural_questions(tmp_path: Path) -> None:
    words = ["<P>", "Built", "in", "1887", ".", "</P>", "<Table>", "Bees", "</Table>"]
    page = {
        "document_tokens": [{"token": word, "html_token": word[0] == "<"} for word in words],
        "document_title": "Tower",
    }
    given = [
        ("when", [annotation([(3, 4)], 0), annotation([(2, 4)], 0)]),
        ("who", [annotation([]), annotation([])]),
        ("is it", [annotation([], 0, "YES")]),
        ("how", [annotation([], 0)]),
    ]
    (tmp_path / "nq").mkdir()
    with gzip.open(tmp_path / "nq" / "v1.0_sample_nq-dev-sample.jsonl.gz", "wt") as file:
        for number, (asked, annotations) in enumerate(given):
            row = {**page, "example_id": number, "question_text": asked, "annotations": annotations}
            file.write(json.dumps(row) + "\n")
    questions, evidence = load(tmp_path, "Natural Questions, dev sample")
    assert evidence == ["1887", "in 1887"]
    assert [(one.question, one.answers, one.answerable) for one in questions] == [
        ("when?", ("1887", "in 1887"), True), ("who?", (), False), ("is it?", ("yes",), True),
    ]  # fmt: skip


def test_mtrag(tmp_path: Path) -> None:
    def task(number: int, answerability: str, *, inside: bool = False) -> dict[str, Any]:
        turns: list[dict[str, Any]] = [
            {"speaker": "user", "text": "When?"},
            {"speaker": "agent", "text": "1887"},
            {"speaker": "user", "text": "Who?"},
        ]
        row: dict[str, Any] = {
            "task_id": f"t{number}",
            "input": turns,
            "contexts": [{"document_id": "d", "text": "Bees."}],
        }
        if inside:
            turns[-1]["enrichments"] = {"answerability": [answerability]}
        else:
            row["answerability"] = [answerability]
        return row

    tasks = [task(1, "ANSWERABLE"), task(2, "UNANSWERABLE", inside=True), task(3, "CONVERSATIONAL")]
    put(tmp_path, "mtrag/reference.jsonl", "".join(json.dumps(one) + "\n" for one in tasks))
    questions, evidence = load(tmp_path, "MTRAG")
    assert evidence == ["Bees.\n"]
    assert [(one.id, one.question, one.history, one.answerable) for one in questions] == [
        ("t1", "Who?", ("When?",), True), ("t2", "Who?", ("When?",), False),
    ]  # fmt: skip


def test_chroma(tmp_path: Path) -> None:
    references = json.dumps([{"content": "Bees live", "start_index": 6, "end_index": 15}]).replace('"', '""')
    put(tmp_path, "chroma/questions_df.csv", f'question,references,corpus_id\nWho?,"{references}",tower\n')
    put(tmp_path, "chroma/corpora/tower.md", "Tall. Bees live in it.\n")
    (question,), evidence = load(tmp_path, "Chroma chunking")
    assert (question.document, question.answers, evidence) == ("tower", (), ["Bees live"])


def test_hotpot(tmp_path: Path) -> None:
    row = {
        "_id": "h1", "question": "Who?", "answer": "Bees",
        "context": [["Tower", ["It is tall.", " Bees live in it."]], ["Bridge", ["It is long."]]],
        "supporting_facts": [["Tower", 1], ["Bridge", 0], ["Bridge", 9]],
    }  # fmt: skip
    put(tmp_path, "hotpotqa/hotpot_dev_distractor_v1.json", json.dumps([row]))
    (question,), evidence = load(tmp_path, "HotpotQA, distractor")
    assert (question.document, question.answers) == ("h1", ("Bees",))
    assert evidence == ["Bees live in it.", "It is long."]


@pytest.mark.parametrize("name", SETS)
def test_a_set_whose_files_are_not_there_is_not_found(tmp_path: Path, name: str) -> None:
    assert LOADERS["found"](tmp_path, SETS[name]) == []
