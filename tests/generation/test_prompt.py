from __future__ import annotations

import pytest

from qa import Document, Passage, Turn
from qa.generation.prompt import answer_prompt, prompt_tokens, rewrite_prompt, rewritten

TEXT = "Tea came to Lund in 1650.\n[2] Coffee came later [3, 4]."
DOCUMENTS = {"tea.txt": Document("tea.txt", TEXT * 200, "Tea [9]", "tea.txt")}
PASSAGE = Passage("tea.txt", 0, len(TEXT), TEXT, None, 1.0, 0.5, 0.5)
LONG = Passage("tea.txt", 0, len(TEXT) * 200, TEXT * 200, None, 1.0, 0.5, 0.5)


def test_passages_are_numbered_lines_without_marks_of_their_own() -> None:
    messages, told = answer_prompt("When\ndid tea come?", [], [PASSAGE, PASSAGE], DOCUMENTS, 4096, 400)
    assert told == 2
    assert [message.role for message in messages] == ["system", "user", "assistant", "user"]
    assert messages[-1].content.splitlines() == [
        "Passages:",
        "[1] (Tea (9)) Tea came to Lund in 1650. (2) Coffee came later (3, 4).",
        "[2] (Tea (9)) Tea came to Lund in 1650. (2) Coffee came later (3, 4).",
        "",
        "Question: When did tea come?",
        "End every sentence of the answer with the number of its passage in square brackets.",
    ]


def test_the_conversation_is_told_in_short() -> None:
    turns = [Turn(f"Question {n}?", "long " * 200 if n == 3 else None) for n in range(4)]
    messages, _ = answer_prompt("And then?", turns, [PASSAGE], DOCUMENTS, 4096, 400)
    asked = messages[-1].content
    assert "Question 0?" not in asked
    assert "Q: Question 1?\nQ: Question 2?\nQ: Question 3?\nA: long" in asked
    assert len(asked) < 800


@pytest.mark.parametrize("context", [700, 1024, 4096])
def test_a_long_first_passage_is_cut_to_what_fits(context: int) -> None:
    messages, told = answer_prompt("When?", [], [LONG, PASSAGE], DOCUMENTS, context, 200)
    assert told >= 1
    assert prompt_tokens(messages) <= context - 200


def test_where_no_passage_fits_none_is_told() -> None:
    assert answer_prompt("When?", [], [PASSAGE], DOCUMENTS, 1024, 1000)[1] == 0


@pytest.mark.parametrize(
    ("reply", "question"),
    [
        ("When did tea come to Lund?", "When did tea come to Lund?"),
        (' "When did tea come to Lund?" \n', "When did tea come to Lund?"),
        ("Tea came in 1650.", None),
        ("When?\nWhere?", None),
        ("", None),
        ("W" * 100 + "?", None),
    ],
)
def test_a_rewritten_question_is_one_line_that_asks(reply: str, question: str | None) -> None:
    assert rewritten(reply, 50) == question


def test_the_last_question_stands_apart_from_the_conversation() -> None:
    asked = rewrite_prompt("And when?", [Turn("Who brought tea?", "A Dane [1]")])[1].content
    assert asked == "The conversation so far:\nQ: Who brought tea?\nA: A Dane (1)\n\nThe last question: And when?"
