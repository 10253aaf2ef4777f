"""The sentences written for the checks of a language model: what they promise, against questions and articles."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTICLES, ROOT

from qa.evaluation import Question, read_questions
from qa.split import sentence_spans

HERE = Path(__file__).parent
STEMS = ("china-russia-partnership", "honeybee-colony", "transatlantic-cable")
KINDS = {"number": 90, "name": 120, "negation": 150}
QUOTED_ANSWERS = 15
NUMBER = re.compile(
    r"\d+(?:,\d{3})*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|"
    r"dozens?|decades?|century|centuries|once|twice|half|thirds?|quarters?|first|second|fourth|fifth|sixteenth|nineteenth|twentieth)\b",
    re.IGNORECASE,
)
QUOTATION = re.compile('["“]([^"”]+)["”]')


def lines(name: str) -> list[dict[str, Any]]:
    """The objects of one of the files beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def sentences(text: str) -> list[str]:
    """The sentences of a text, as the program tells them apart."""
    return [text[start:end] for start, end in sentence_spans(text)]


ANSWERS = lines("answers.jsonl")
QUESTIONS: dict[str, Question] = {
    question.id: question
    for stem in STEMS
    for question in read_questions(ROOT / "data" / "questions" / f"{stem}.jsonl")
    if question.answerable
}
BY_ID = pytest.mark.parametrize("answer", ANSWERS, ids=[answer["id"] for answer in ANSWERS])


def test_each_answerable_question_has_one_answer() -> None:
    assert sorted(answer["id"] for answer in ANSWERS) == sorted(QUESTIONS)


def test_there_are_enough_changed_sentences_of_each_kind() -> None:
    kinds = [changed["kind"] for answer in ANSWERS for changed in answer["changed"]]
    assert set(kinds) == set(KINDS)
    for kind, least in KINDS.items():
        assert kinds.count(kind) >= least


@BY_ID
def test_an_answer_is_a_sentence_or_two_without_marks(answer: dict[str, Any]) -> None:
    assert list(answer) == ["id", "true", "changed"]
    for text in (answer["true"], *(changed["text"] for changed in answer["changed"])):
        assert text == " ".join(text.split())
        assert text[0].isupper()
        assert re.search(r"[.!]$", text)
        assert not re.search(r"\[\d", text)
    assert 1 <= len(sentences(answer["true"])) <= 2


@BY_ID
def test_one_sentence_of_a_changed_answer_differs(answer: dict[str, Any]) -> None:
    true = sentences(answer["true"])
    texts = [changed["text"] for changed in answer["changed"]]
    assert len(set(texts)) == len(texts) >= 1
    for text in texts:
        changed = sentences(text)
        assert len(changed) == len(true)
        assert sum(before != after for before, after in zip(true, changed, strict=True)) == 1


@BY_ID
def test_a_changed_number_is_another_number(answer: dict[str, Any]) -> None:
    true = {number.lower() for number in NUMBER.findall(answer["true"])}
    for changed in answer["changed"]:
        numbers = {number.lower() for number in NUMBER.findall(changed["text"])}
        assert changed["kind"] != "number" or numbers != true
        assert changed["kind"] != "name" or numbers == true


@BY_ID
def test_what_a_true_answer_quotes_stands_in_the_evidence(answer: dict[str, Any]) -> None:
    question = QUESTIONS[answer["id"]]
    assert question.document is not None
    document = (ARTICLES / question.document).read_text(encoding="utf-8")
    evidence = " ".join(document[place.start : place.end] for place in question.evidence)
    assert all(quotation in evidence for quotation in QUOTATION.findall(answer["true"]))


def test_enough_true_answers_quote() -> None:
    assert sum(bool(QUOTATION.search(answer["true"])) for answer in ANSWERS) >= QUOTED_ANSWERS
