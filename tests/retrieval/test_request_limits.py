"""Limits of a request."""

from __future__ import annotations

import re
from typing import Any

import pytest
from conftest import TermEmbedder

from qa import QA, Settings
from qa.errors import QAError
from qa.retrieval.request_limits import MAX_ANSWER_CHARACTERS, MAX_DOCUMENTS, MAX_ID_CHARACTERS, MAX_TURNS
from qa.types import Document, Request, Turn

TEXT = "The bridge opened in 1932. Ann Lee designed it."


@pytest.fixture
def bot(embedder: TermEmbedder) -> QA:
    bot = QA(Settings(), embedder=embedder)
    bot.add([Document("a.md", TEXT, "A bridge", "a.md")])
    return bot


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        (Request("x" * 1001), "the question has 1001 characters; the limit is 1000"),
        (Request("And in 2014?", ["a", "x" * 20_000]), "item 2 of the history has 20000 characters; the limit is 1000"),
        (Request("And in 2014?", [Turn("x" * 1001)]), "item 1 of the history has 1001 characters; the limit is 1000"),
        (
            Request("And in 2014?", ["a", Turn("b", "x" * (MAX_ANSWER_CHARACTERS + 1))]),
            "the answer in item 2 of the history has 50001 characters; the limit is 50000",
        ),
        (Request("And in 2014?", ["a"] * (MAX_TURNS + 1)), f"the history has {MAX_TURNS + 1} items; the limit is"),
        (Request("And in 2014?", ["a\udcff"]), "item 1 of the history contains bytes that are not valid text"),
        (
            Request("Who?", documents=["a.md"] * (MAX_DOCUMENTS + 1)),
            f"{MAX_DOCUMENTS + 1} documents are named to search within; the limit is {MAX_DOCUMENTS}",
        ),
        (
            Request("Who?", id="x" * (MAX_ID_CHARACTERS + 1)),
            f"the id has {MAX_ID_CHARACTERS + 1} characters; the limit is",
        ),
        (Request("Who?", searched_for="x" * 1001), "the question to search for has 1001 characters; the limit is 1000"),
    ],
    ids=["question", "history", "turn", "answer", "turns", "half-character", "documents", "id", "searched-for"],
)
def test_a_request_beyond_a_limit_is_refused(bot: QA, request_: Request, message: str) -> None:
    with pytest.raises(QAError, match=message):
        bot.ask_many([request_])


VALUE: Any = ["x" * 1000]
NONE: Any = None
NUMBER: Any = 3


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        pytest.param(NONE, "the request is None; expected a Request", id="no-request"),
        pytest.param(Request(NONE), "the question is None; expected text", id="no-question"),
        pytest.param(Request(VALUE), r"the question is \['x{198}\u2026; expected text", id="list"),
        pytest.param(Request("Who?", NONE), "the history is None; expected a list", id="no-history"),
        pytest.param(Request("Who?", ["a", NONE]), "item 2 of the history is None; expected a question", id="no-turn"),
        pytest.param(Request("Who?", [Turn(NONE)]), "item 1 of the history is None; expected text", id="empty-turn"),
        pytest.param(
            Request("Who?", searched_for=VALUE), "the question to search for is .*; expected text", id="searched-for"
        ),
        pytest.param(Request("Who?", documents=[NONE]), "is None; expected its id as text", id="document"),
        pytest.param(Request("Who?", documents=NUMBER), "documents is 3; expected a list", id="documents"),
        pytest.param(Request("Who?", id=VALUE), "the id is .*; expected text", id="id"),
    ],
)
def test_a_value_of_another_type_is_named(bot: QA, request_: Request, message: str) -> None:
    with pytest.raises(QAError, match=message):
        bot.ask_many([request_])


@pytest.mark.parametrize("k", ["3", 2.5, None])
def test_a_number_of_passages_that_is_none_is_named(bot: QA, k: Any) -> None:  # noqa: ANN401
    with pytest.raises(QAError, match=f"k is {k!r}; expected a whole number"):
        bot.search("Who?", k)


def test_one_document_in_place_of_several_is_named(bot: QA) -> None:
    one: Any = bot.documents["a.md"]
    with pytest.raises(QAError, match=r"documents is one Document; expected a list: \[document\]"):
        bot.add(one)


@pytest.mark.parametrize("settings", [{}, {"answer_threshold": 0.3}, "settings.toml"], ids=["empty", "dict", "file"])
def test_settings_of_another_type_are_refused(settings: Any) -> None:  # noqa: ANN401
    with pytest.raises(QAError, match=f"got {type(settings).__name__}, expected Settings, for example Settings"):
        QA(settings)


@pytest.mark.parametrize("path", [None, 3, b"a.md", ["a.md", "b.md"]], ids=repr)
def test_a_path_of_another_type_is_named(path: Any) -> None:  # noqa: ANN401
    with pytest.raises(QAError, match=f"a path is {re.escape(repr(path))}; expected text or a Path"):
        QA.from_path(path)
    with pytest.raises(QAError, match=f"the index is {re.escape(repr(path))}; expected text or a Path"):
        QA.from_index(path)


def test_a_request_at_its_limits_is_answered(bot: QA) -> None:
    history = [Turn("When did the bridge open?".ljust(1000), "x" * MAX_ANSWER_CHARACTERS)] * MAX_TURNS
    answer = bot.ask(
        "Who designed the bridge?".ljust(1000), history=history, documents=["a.md"], id="x" * MAX_ID_CHARACTERS
    )
    assert answer.passages


def test_an_unknown_document_of_a_long_name_is_named_in_short(bot: QA) -> None:
    with pytest.raises(QAError, match=r"no document 'x+\u2026' here; known: a\.md") as refused:
        bot.search("Who?", documents=["x" * 1_000_000])
    assert len(str(refused.value)) < 300
