# ruff: noqa: RUF001 -- other scripts than Latin
"""Replies to questions in languages that the models in use do not understand."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from qa.answering.about.other_languages import in_its_language
from qa.pipeline import QA
from qa.settings import Settings
from qa.text.question_language import question_language
from qa.types import Answer, Citation, Document, Passage

QUESTIONS = {
    "ar": "من مدّ الكابل عبر المحيط؟",
    "de": "Wer hat das Kabel verlegt?",
    "es": "¿Cuándo se tendió el cable?",
    "fr": "Qui a posé le câble ?",
    "it": "Chi ha posato il cavo nell'oceano?",
    "ja": "誰がこの電信ケーブルを敷設しましたか？",
    "ko": "누가 대서양 케이블을 놓았습니까?",
    "nl": "Wie heeft de kabel gelegd?",
    "pt": "Quem colocou o cabo no oceano?",
    "ru": "Кто проложил кабель?",
    "th": "ใครเป็นผู้วางสายเคเบิล",
    "zh": "谁铺设了海底电缆？",
}


@pytest.mark.parametrize(("language", "question"), QUESTIONS.items())
def test_the_language_of_a_question(language: str, question: str) -> None:
    assert question_language(question) == language


@pytest.mark.parametrize("question", ["Was ist in der Kiste?", "Was steht in Kapitel 3?", "Was kostet das in Bern?"])
def test_a_german_was_is_told_from_an_english_one(question: str) -> None:
    assert question_language(question) == "de"


@pytest.mark.parametrize(
    "question",
    [
        "Who was Le Yucheng?",
        "Was L'Anse aux Meadows found?",
        "Was Hanna Ruhl born in Velden?",
        "Was milk sold in Bern?",
        "Beidou",
        "",
        "1858?",
    ],
)
def test_english_is_not_taken_for_another_language(question: str) -> None:
    assert question_language(question) in {"", "en"}


@pytest.mark.parametrize("file", sorted(Path("data/questions").glob("*.jsonl")), ids=lambda file: file.stem)
def test_the_sample_questions_are_english(file: Path) -> None:
    for line in file.read_text(encoding="utf-8").splitlines():
        assert question_language(json.loads(line)["question"]) == "en"


@pytest.mark.slow
@pytest.mark.parametrize(("language", "question"), QUESTIONS.items())
def test_the_reply_is_in_the_language_of_the_question(sample_bot: QA, language: str, question: str) -> None:
    answer = sample_bot.ask(question)
    assert answer.abstained
    assert answer.citations == ()
    assert question_language(str(answer.reason)) == language
    assert all(passage.overlap > 0 for passage in answer.passages)


def test_what_keyword_search_found_is_offered(sample_bot: QA) -> None:
    answer = sample_bot.ask("Wer war Cyrus Field und was hat er gemacht?")
    assert str(answer.reason).endswith("Unten steht, was die Suche nach Stichwörtern gefunden hat.")
    assert "Cyrus Field" in answer.passages[0].text


def _answer(language: str, *, text: str | None = "1891") -> tuple[Answer, dict[str, Document]]:
    document = Document("a.md", "Sie wurde 1891 eröffnet.", "A", "a.md", language=language)
    citation = Citation(1, "a.md", 0, len(document.text), document.text, None, 1.0)
    passage = Passage("a.md", 0, len(document.text), document.text, None, 1.0, 0.5, 0.5)
    question = "Wann wurde die Bahn eröffnet?"
    reason = None if text else "No answer found in these articles."
    citations = (citation,) if text else ()
    return Answer(question, question, text, reason, 0.5, citations, (passage,), {}), {"a.md": document}


def test_an_answer_from_an_article_in_that_language_is_kept() -> None:
    answer, documents = _answer("de")
    assert in_its_language(answer, documents, Settings()) == answer
    answer, documents = _answer("de", text=None)
    assert str(in_its_language(answer, documents, Settings()).reason).startswith("Die Modelle, die hier laufen")


def test_models_that_may_know_the_language_answer() -> None:
    answer, documents = _answer("en")
    assert in_its_language(answer, documents, Settings()).abstained
    multilingual = Settings(
        embedding_model="intfloat/multilingual-e5-small", reader_model="deepset/xlm-roberta-base-squad2"
    )
    assert in_its_language(answer, documents, multilingual) == answer
