"""The articles and questions written for training, and the examples made of them."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from statistics import mean

import pytest

from qa.evaluation import read_questions
from qa.evaluation.datasets.formats.jsonl import ARTICLES, QUESTIONS
from qa.models.span_model import BundledSpanModel
from qa.pipeline import QA
from qa.training.examples import MAX_WINDOW_CHARACTERS, Example
from qa.training.written import written_examples

pytestmark = pytest.mark.slow

DATA = Path(__file__).parents[2] / "data"
TRAIN = DATA / "training" / "train"


def lines(file: Path) -> list[str]:
    return file.read_text(encoding="utf-8").removesuffix("\n").split("\n")


@pytest.fixture(scope="module")
def few(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the first two articles, with every fourth of the questions about each."""
    folder = tmp_path_factory.mktemp("written")
    articles = lines(TRAIN / ARTICLES)[:2]
    questions = lines(TRAIN / QUESTIONS)
    kept = []
    for article in articles:
        name = json.loads(article)["id"]
        kept += [line for line in questions if json.loads(line)["document"] == name][::4]
    (folder / ARTICLES).write_text("\n".join([*articles, ""]), encoding="utf-8")
    (folder / QUESTIONS).write_text("\n".join([*kept, ""]), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def examples(few: Path) -> list[Example]:
    return written_examples(few, QA(), seed=1, passes=2)


def test_examples_contain_their_answer_or_none(few: Path, examples: list[Example]) -> None:
    accepted = {question.question: question.answers for question in read_questions(few)}
    answered = [one for one in examples if one.start >= 0]
    assert len(answered) >= 20
    assert len(examples) >= 2.5 * len(answered)
    assert all(len(one.text) <= MAX_WINDOW_CHARACTERS for one in examples)
    assert all(one.text[one.start : one.end] in accepted[one.question] for one in answered)
    lacking = [one for one in examples if one.start < 0]
    assert not [one for one in lacking for answer in accepted[one.question] if answer.lower() in one.text.lower()]


def test_the_same_seed_gives_the_same_examples(few: Path, examples: list[Example]) -> None:
    assert written_examples(few, QA(), seed=1, passes=2) == examples


def test_the_number_of_articles_is_limited(few: Path, examples: list[Example]) -> None:
    documents = {question.question: question.document for question in read_questions(few)}
    drawn = written_examples(few, QA(), seed=1, passes=1, articles=1)
    assert len({documents[one.question] for one in drawn}) == 1 < len({documents[one.question] for one in examples})


def test_a_reader_chooses_the_hard_negatives_that_it_is_surest_of(few: Path, examples: list[Example]) -> None:
    reader = BundledSpanModel()
    chosen = written_examples(few, QA(), seed=1, passes=1, reader=reader)
    sure, others = (
        mean(
            scores.scores.sum(axis=1).max() - scores.no_answer
            for scores in reader.score([(one.question, one.text) for one in drawn if one.start < 0])
        )
        for drawn in (chosen, examples)
    )
    assert sure > others + 2
    answerable = {question.question: question.answerable for question in read_questions(few)}
    hard_negatives = Counter(one.question for one in chosen if one.start < 0)
    assert {number for question, number in hard_negatives.items() if answerable[question]} == {1}
    assert {number for question, number in hard_negatives.items() if not answerable[question]} == {2}
