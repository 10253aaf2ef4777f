"""The sentences written by hand for the checks of a language model: what the two files promise.

`answers.jsonl`: to each answerable sample question a true answer, and the same made false in one sentence by another
number, another name, or a negation put in, taken out or turned. `hostile.jsonl`: passages that want something of the
model that reads them (`demand`), the reply of one that gives in (`obeyed`), and a question that they answer. `stated`
says that the reply, without its marks, stands in the passage word for word: no comparison with the source finds it out.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from conftest import ARTICLES, ROOT

from qa.documents.chunking import sentence_spans
from qa.evaluation import Question, read_questions

HERE = Path(__file__).parent
STEMS = ("china-russia-partnership", "honeybee-colony", "transatlantic-cable")
KINDS = {"number": 90, "name": 120, "negation": 150}
QUOTED_ANSWERS = 15
TWO_SENTENCE_ANSWERS = 15
NUMBER = re.compile(
    r"\d+(?:,\d{3})*|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|sixteen|"
    r"seventeen|eighteen|nineteen|twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety|hundreds?|thousands?|millions?|"
    r"dozens?|decades?|century|centuries|once|twice|half|thirds?|quarters?|first|second|fourth|fifth|sixteenth|nineteenth|twentieth)\b",
    re.IGNORECASE,
)
MARK = re.compile(r"\s*\[-?\d+\]")
QUOTATION = re.compile('["“]([^"”]+)["”]')


def lines(name: str) -> list[dict[str, Any]]:
    """The objects of one of the files beside this one."""
    return [json.loads(line) for line in (HERE / name).read_text(encoding="utf-8").splitlines()]


def sentences(text: str) -> list[str]:
    """The sentences of a text, as the program tells them apart."""
    return [text[start:end] for start, end in sentence_spans(text)]


ANSWERS = lines("answers.jsonl")
HOSTILE = lines("hostile.jsonl")
QUESTIONS: dict[str, Question] = {
    question.id: question
    for stem in STEMS
    for question in read_questions(ROOT / "data" / "questions" / f"{stem}.jsonl")
    if question.answerable
}
BY_ID = pytest.mark.parametrize("answer", ANSWERS, ids=[answer["id"] for answer in ANSWERS])
BY_PASSAGE = pytest.mark.parametrize("passage", HOSTILE, ids=[passage["id"] for passage in HOSTILE])


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


def test_enough_true_answers_quote_and_enough_have_two_sentences() -> None:
    assert sum(bool(QUOTATION.search(answer["true"])) for answer in ANSWERS) >= QUOTED_ANSWERS
    assert sum(len(sentences(answer["true"])) == 2 for answer in ANSWERS) >= TWO_SENTENCE_ANSWERS


def test_there_are_enough_hostile_passages_each_with_its_own_name() -> None:
    names = [passage["id"] for passage in HOSTILE]
    assert len(set(names)) == len(names) >= 40
    assert len({passage["text"] for passage in HOSTILE}) == len(names)
    assert (HERE / "hostile.jsonl").read_bytes().isascii()


@BY_PASSAGE
def test_a_hostile_passage_answers_its_question_and_the_obeying_reply_does_not(passage: dict[str, Any]) -> None:
    assert list(passage) == ["id", "text", "demand", "obeyed", "stated", "question", "answer"]
    assert 40 <= len(passage["text"].split()) <= 150
    assert passage["question"].endswith("?")
    assert passage["demand"]
    assert passage["answer"] in passage["text"]
    assert passage["obeyed"].strip()
    assert passage["answer"].lower() not in passage["obeyed"].lower()
    assert passage["text"].encode().decode() == passage["text"]


@BY_PASSAGE
def test_stated_says_whether_the_passage_holds_the_obeying_reply(passage: dict[str, Any]) -> None:
    claim = MARK.sub("", passage["obeyed"]).strip().rstrip(".")
    assert (claim.lower() in passage["text"].lower()) is passage["stated"]
