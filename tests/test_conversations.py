"""The sample conversations: what the file promises, and that a run reads it."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest
from conftest import ARTICLES, ROOT

from qa import QA
from qa.documents.chunking import split
from qa.documents.loader import load_paths
from qa.evaluation import Question, read_questions, run
from qa.evaluation.datasets.validate import check_questions

FILE = ROOT / "data" / "conversations.jsonl"
QUESTIONS = read_questions(FILE)
DOCUMENTS = {document.id: document for document in load_paths(ARTICLES).documents}
SENTENCES = {
    (name, *span) for name, document in DOCUMENTS.items() for chunk in split(document, 400) for span in chunk.sentences
}
HALVES = {"development", "held"}
KINDS = {"pronoun", "event", "ellipsis", "bare", "answer", "definite", "shift", "unanswerable"}


def conversation(question: Question) -> tuple[str, str]:
    """The name of the conversation, and the half that it is in."""
    return question.id.rsplit("-", 1)[0], question.extra["tags"][0]


def test_there_are_enough_conversations_in_both_halves() -> None:
    conversations = {conversation(question) for question in QUESTIONS}
    assert len(conversations) == len({name for name, _ in conversations}) >= 60
    halves = Counter(half for _, half in conversations)
    assert set(halves) == HALVES
    assert min(halves.values()) >= 30
    for half in HALVES:
        assert {question.extra["tags"][1] for question in QUESTIONS if question.extra["tags"][0] == half} == KINDS


def test_turns_follow_each_other() -> None:
    known = {question.id: question for question in QUESTIONS}
    for question in QUESTIONS:
        name, turn = question.id.rsplit("-", 1)
        assert len(question.history) == int(turn) - 1 in {1, 2}
        if turn == "3":
            before = known[f"{name}-2"]
            assert question.history == (*before.history, before.question)


@pytest.mark.parametrize("question", QUESTIONS, ids=[question.id for question in QUESTIONS])
def test_every_evidence_is_a_sentence_and_holds_an_answer(question: Question) -> None:
    assert bool(question.evidence) is bool(question.answers) is question.answerable
    assert all((place.document, place.start, place.end) in SENTENCES for place in question.evidence)
    texts = [DOCUMENTS[place.document].text[place.start : place.end] for place in question.evidence]
    for answer in question.answers:
        assert any(re.search(rf"(?<!\w){re.escape(answer)}(?!\w)", text) for text in texts)


def test_the_set_is_sound_and_a_run_reads_it(sample_bot: QA, tmp_path: Path) -> None:
    report = check_questions(FILE, tuple(DOCUMENTS.values()))
    assert report.errors == report.warnings == ()
    run(sample_bot, QUESTIONS[:3], tmp_path / "run")
    assert len((tmp_path / "run" / "predictions.jsonl").read_text(encoding="utf-8").splitlines()) == 3
