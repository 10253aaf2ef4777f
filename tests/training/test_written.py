"""The articles and questions written for training, and the examples made of them."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from statistics import mean

import pytest
from huggingface_hub import DatasetCard

from qa.evaluation import Question, check_against
from qa.evaluation.datasets.questions import question_to_json
from qa.models.span_model import BundledSpanModel
from qa.pipeline import QA
from qa.training.examples import LONGEST_WINDOW, Example
from qa.training.written import ARTICLES, QUESTIONS, read_written, written_cases, written_examples
from qa.types import Document

DATA = Path(__file__).parents[2] / "data"
TRAIN, HELD_OUT = DATA / "training" / "train", DATA / "training" / "held-out"
parts = pytest.mark.parametrize("folder", [TRAIN, HELD_OUT], ids=["train", "held-out"])

QUESTION_KEYS = ["id", "question", "answers", "answerable", "document", "evidence"]
COUNTS = {TRAIN: (1_394, 47_307, 16_686), HELD_OUT: (76, 2_417, 1_023)}
"""Articles, questions that they answer, and questions that they do not."""
DIGESTS = {
    TRAIN: (
        "a99e361cc7956c9f6b3e27f5d26464a851ecf0bdb958287256938116a1d5eb5c",
        "1a2a2570fb5d3b84c45488b4f1311479b48c0e5b92de25ed4a76d9fe0ea90cda",
    ),
    HELD_OUT: (
        "0303c0efb81c7637dede1efe48f4a600d4d5797f42e3e6ad7c92b51d9491fef4",
        "a7799ef485ef6820b46afbc69a77518a495bdef2010f895e3f01d3e103156a2a",
    ),
}
"""SHA-256 over the articles and over the questions, sorted: taken when each article was a file of its own."""


@cache
def read_part(folder: Path) -> tuple[list[Document], list[Question]]:
    return read_written(folder)


def digest(rows: Iterable[object]) -> str:
    lines = sorted(json.dumps(row, ensure_ascii=False, sort_keys=True) for row in rows)
    return hashlib.sha256("\n".join(lines).encode("utf-8")).hexdigest()


def two_articles(folder: Path, every: int = 1) -> Path:
    """Copy the first two articles, with every so-manyth of the questions about each."""
    articles = lines(TRAIN / ARTICLES)[:2]
    questions = lines(TRAIN / QUESTIONS)
    kept = []
    for article in articles:
        name = json.loads(article)["id"]
        kept += [line for line in questions if json.loads(line)["document"] == name][::every]
    (folder / ARTICLES).write_text("\n".join([*articles, ""]), encoding="utf-8")
    (folder / QUESTIONS).write_text("\n".join([*kept, ""]), encoding="utf-8")
    return folder


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return two_articles(tmp_path_factory.mktemp("written"))


@pytest.fixture(scope="module")
def examples(few: Path) -> list[Example]:
    return written_examples(few, QA(), seed=1, passes=2)


@parts
def test_no_article_or_question_is_lost_or_changed(folder: Path) -> None:
    documents, questions = read_part(folder)
    answerable = sum(question.answerable for question in questions)
    assert (len(documents), answerable, len(questions) - answerable) == COUNTS[folder]
    articles = [{"id": one.id, "title": one.title, "text": one.text} for one in documents]
    assert (digest(articles), digest(map(question_to_json, questions))) == DIGESTS[folder]


def test_the_card_names_the_files_and_counts() -> None:
    card = DatasetCard.load(DATA / "training" / "README.md")
    files = {
        config["config_name"]: {one["split"]: one["path"] for one in config["data_files"]}
        for config in card.data.to_dict()["configs"]
    }
    examples = {
        info["config_name"]: {one["name"]: one["num_examples"] for one in info["splits"]}
        for info in card.data.to_dict()["dataset_info"]
    }
    for kind, name in (("articles", ARTICLES), ("questions", QUESTIONS)):
        assert files[kind] == {"train": f"train/{name}", "held_out": f"held-out/{name}"}
        assert examples[kind] == {split: len(lines(DATA / "training" / path)) for split, path in files[kind].items()}
    for split, folder in (("train", TRAIN), ("held_out", HELD_OUT)):
        row = " | ".join(f"{count:,}" for count in COUNTS[folder])
        assert f"| `{split}` | {row} |" in card.text


@parts
def test_lines_are_plain_json_with_their_keys_in_one_order(folder: Path) -> None:
    keys = {ARTICLES: ["id", "title", "text"], QUESTIONS: QUESTION_KEYS}
    for name, expected in keys.items():
        for line in lines(folder / name):
            row = json.loads(line)
            assert list(row) == expected
            assert line == json.dumps(row, ensure_ascii=False)


@parts
def test_every_answer_stands_in_its_evidence(folder: Path) -> None:
    documents, questions = read_part(folder)
    check_against(questions, {document.id: document for document in documents})
    texts = {document.id: document.text for document in documents}
    assert {question.document for question in questions} == set(texts)
    for question in questions:
        assert question.answerable == bool(question.answers) == bool(question.evidence), question.id
        [*spans] = question.evidence
        assert all(question.answers[0] in texts[span.document][span.start : span.end] for span in spans), question.id


def test_no_article_is_both_trained_on_and_held_out() -> None:
    trained, held_out = ({document.id for document in read_part(folder)[0]} for folder in (TRAIN, HELD_OUT))
    assert not trained & held_out


def test_no_question_of_the_samples_is_trained_on() -> None:
    trained = {question.question.lower() for question in read_part(TRAIN)[1]}
    sample_lines = [line for file in (DATA / "questions").glob("*.jsonl") for line in lines(file)]
    asked = {json.loads(line)["question"].lower() for line in sample_lines}
    assert len(asked) > 200
    assert not asked & trained


def test_examples_hold_their_answer_or_none(few: Path, examples: list[Example]) -> None:
    accepted = {question.question: question.answers for question in read_written(few)[1]}
    answered = [one for one in examples if one.start >= 0]
    assert len(answered) >= 80
    assert len(examples) >= 2.5 * len(answered)
    assert all(len(one.text) <= LONGEST_WINDOW for one in examples)
    assert all(one.text[one.start : one.end] in accepted[one.question] for one in answered)
    lacking = [one for one in examples if one.start < 0]
    assert not [one for one in lacking for answer in accepted[one.question] if answer.lower() in one.text.lower()]


def test_the_same_seed_gives_the_same_examples(few: Path, examples: list[Example]) -> None:
    assert written_examples(few, QA(), seed=1, passes=2) == examples


def test_a_reader_chooses_the_rivals_that_it_is_surest_of(tmp_path: Path) -> None:
    few = two_articles(tmp_path, every=3)
    reader = BundledSpanModel()
    chosen = written_examples(few, QA(), seed=1, passes=1, reader=reader)
    by_chance = written_examples(few, QA(), seed=1, passes=1)
    sure, others = (
        mean(
            scores.scores.sum(axis=1).max() - scores.no_answer
            for scores in reader.score([(one.question, one.text) for one in drawn if one.start < 0])
        )
        for drawn in (chosen, by_chance)
    )
    assert sure > others + 2
    answerable = {question.question: question.answerable for question in read_written(few)[1]}
    rivals = Counter(one.question for one in chosen if one.start < 0)
    assert {number for question, number in rivals.items() if answerable[question]} == {1}
    assert {number for question, number in rivals.items() if not answerable[question]} == {2}


def test_cases_ask_each_question_of_its_article_and_of_another(few: Path) -> None:
    documents, cases = written_cases(few)
    own, other = cases[0], cases[1]
    assert [one.id for one in documents] == [own.documents[0], other.documents[0]]
    assert (own.kind, other.kind, own.question) == ("answerable", "off-topic", other.question)
    assert {case.kind for case in cases} == {"answerable", "near-miss", "off-topic"}
