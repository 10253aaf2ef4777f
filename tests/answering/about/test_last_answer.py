"""Replies to doubts about the last answer, and to requests for its source."""

from __future__ import annotations

import pytest

from qa.answering.about.bot_replies import Library
from qa.answering.about.last_answer import last_answer
from qa.answering.direct_reply import direct_reply
from qa.settings import Settings
from qa.types import Document, Request, Turn

SENTENCE = "The bakery opens\nat six."
DOCUMENT = Document("bakery.md", f"# The Bakery\n\n{SENTENCE} It sells rye bread.", "The Bakery", "bakery.md")
START = DOCUMENT.text.index(SENTENCE)
ANSWERED = Turn("when does it open", "at six", ((DOCUMENT.id, START, START + len(SENTENCE)),))
DOCUMENTS = {DOCUMENT.id: DOCUMENT}


@pytest.mark.parametrize("message", ["are you sure?", "where does it say that", "source?", "no, that's wrong"])
def test_the_excerpt_of_the_last_answer_is_named(message: str) -> None:
    reply = direct_reply(Request(message, (ANSWERED,)), Library(DOCUMENTS, Settings()), pytest.fail, pytest.fail)
    assert reply is not None
    assert reply.kind == "about"
    assert reply.text.startswith(
        "My answer to \u201cwhen does it open\u201d is taken from \u201cThe Bakery\u201d: "
        "\u201cThe bakery opens at six.\u201d"
    )


def test_no_answer_was_given() -> None:
    reply = last_answer("are you sure?", (ANSWERED, Turn("who owns it")), DOCUMENTS)
    assert reply == "I have given no answer to \u201cwho owns it\u201d. Please ask it in other words."


@pytest.mark.parametrize(
    ("message", "history"),
    [
        ("are you sure?", ()),
        ("are you sure?", ("when does it open",)),
        ("are you sure?", (Turn("when does it open", "at six", (("removed.md", 0, 5),)),)),
        ("are you sure that it opens at six?", (ANSWERED,)),
        ("thanks", (ANSWERED,)),
    ],
    ids=["first message", "answer not known", "article removed", "a question of its own", "small talk"],
)
def test_nothing_is_said_about_a_last_answer(message: str, history: tuple[Turn | str, ...]) -> None:
    assert last_answer(message, history, DOCUMENTS) is None


def test_a_long_excerpt_is_cut_off_between_words() -> None:
    long = Document("long.md", "rye " * 300, "Long", "long.md")
    reply = last_answer("source?", (Turn("what", "rye", ((long.id, 0, len(long.text)),)),), {long.id: long})
    assert reply is not None
    assert "rye \u2026\u201d" in reply
    assert len(reply) < 700
