"""A long article: asked part by part while it is being read, and cancelled, after which nothing of it is left."""

from __future__ import annotations

from collections.abc import Callable
from threading import Thread
from time import sleep

import numpy as np
import pytest
from conftest import ARTICLES, TermEmbedder

from qa import QA, QAError, Settings
from qa.cancellation import Cancellation
from qa.documents.loader import load_text
from qa.errors import CancelledError
from qa.output.text import answer_to_json, answer_to_text
from qa.web.adding import Reading, adding
from qa.web.libraries import Added, Library
from qa.web.library_registry import LibraryRegistry
from qa.web.ui.additions import Addition, Outcome, add_all, additions
from qa.web.ui.answer import answer_html

pytestmark = pytest.mark.slow

CHAPTER = (ARTICLES / "honeybee-colony.md").read_text(encoding="utf-8")
FIRST = "The lighthouse of Port Amarel was lit in 1841."
LAST = "The harbour of Velmora froze over in 1907."


def book(chapters: int) -> str:
    return "\n\n".join([FIRST, *(f"# Chapter {number}\n\n{CHAPTER}" for number in range(1, chapters + 1)), LAST])


BOOK = book(3)
WHEN_FIRST = "When was the lighthouse of Port Amarel lit?"
WHEN_LAST = "When did the harbour of Velmora freeze over?"


@pytest.fixture
def library(sample_bot: QA) -> Library:
    """The library of a visitor, with the real models."""
    registry = LibraryRegistry(sample_bot)
    return registry.open(registry.new_key())


@pytest.fixture
def small(embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch) -> Library:
    """One with an embedder without a model, which is read in small parts."""
    monkeypatch.setattr("qa.index.builder._MIN_PART_CHUNKS", 4)
    bot = QA(Settings(), embedder=embedder)
    bot.add([load_text("Bees dance on the comb.", "Bees")])
    registry = LibraryRegistry(bot)
    return registry.open(registry.new_key())


def test_what_is_wrong_with_pasted_text_is_said_without_its_name_twice(small: Library) -> None:
    [*_, [outcome]] = add_all(small, additions({"text": " "}))
    assert (outcome.name, outcome.message) == (
        "pasted text",
        "contains only white space; put text in it or leave it out",
    )


def test_articles_that_cannot_be_searched_yet_are_counted(small: Library) -> None:
    texts = [{"text": "Bees dance.", "title": "A"}, {"text": " ", "title": "B"}, {"text": "Ants walk.", "title": "C"}]
    counts = [
        (small.unread, [outcome.state for outcome in outcomes])
        for outcomes in add_all(small, [each for text in texts for each in additions(text)])
    ]
    assert (3, ["working", "waiting", "waiting"]) in counts
    assert (2, ["added", "waiting", "waiting"]) in counts
    assert (1, ["added", "failed", "working"]) in counts
    assert (0, ["added", "failed", "added"]) in counts
    assert small.unread == 0


def test_a_long_article_is_asked_while_it_is_read(library: Library) -> None:
    text = book(16)
    shares: list[float] = []
    answers = []

    def ask(added: Added) -> None:
        shares.append(added.read)
        assert library.added[added.document.id] is added
        answers.append([library.bot.ask(question) for question in (WHEN_FIRST, WHEN_LAST)])
        for answer in answers[-1]:
            assert answer.partly_read == {"book.txt": added.read}
            for citation in answer.citations:
                text = library.documents[citation.document].text
                assert text[citation.start : citation.end] == citation.text
                assert citation.document != "book.txt" or citation.end <= added.read * len(text) + 1

    added = library.add_text(text, "Book", ask)
    assert added.read == 1
    assert shares[0] == 0
    assert len(shares) >= 4
    assert shares == sorted(set(shares))
    assert "1841" not in (answers[0][0].text or "")
    assert all("1841" in (first.text or "") for first, _ in answers[1:])
    assert all("1907" not in (last.text or "") for _, last in answers)
    answer = library.bot.ask(WHEN_LAST)
    assert "1907" in (answer.text or "")
    assert answer.partly_read == {}
    assert library.bot.ask(WHEN_FIRST, documents=["honeybee-colony.md"]).partly_read == {}

    # As if it had been read in one part.
    whole = QA(Settings())
    whole.add([added.document])
    one, other = library.bot.index.entry("book.txt"), whole.index.entry("book.txt")
    assert one.chunks == other.chunks
    assert one.terms.vocabulary == other.terms.vocabulary
    assert np.array_equal(one.terms.numbers, other.terms.numbers)
    assert np.array_equal(one.terms.parts, other.terms.parts)
    assert np.array_equal(one.terms.lengths, other.terms.lengths)
    assert np.allclose(one.chunk_vectors, other.chunk_vectors, atol=0.01)
    assert np.allclose(one.sentence_vectors, other.sentence_vectors, atol=0.01)


def test_an_answer_says_how_much_was_read(small: Library) -> None:
    parts: list[tuple[str, str, object]] = []

    def ask(added: Added) -> None:
        if 0 < added.read < 1:
            answer = small.bot.ask(WHEN_FIRST)
            notice = f"{int(100 * added.read)}% of this document has been read: Book"
            assert notice in answer_to_text(answer, small.documents).splitlines()
            assert notice.replace("%", "&#37;").replace(":", "&#58;") in answer_html(answer, small.documents)
            parts.append((notice, added.document.id, answer_to_json(answer)["partly_read"]))
            assert small.bot.ask(WHEN_FIRST, documents=["bees.txt"]).partly_read == {}

    small.add_text(BOOK, "Book", ask)
    assert parts
    assert "partly_read" not in answer_to_json(small.bot.ask(WHEN_FIRST))


@pytest.mark.parametrize("at", [0.0, 0.3, 0.7])
@pytest.mark.parametrize(
    "how", [lambda library: library.cancellation.cancel(), lambda library: library.remove("book.txt")]
)
def test_a_cancelled_addition_leaves_nothing(small: Library, at: float, how: Callable[[Library], None]) -> None:
    small.add_text(LAST, "Harbour")

    def cancel(added: Added) -> None:
        if added.read >= at:
            how(small)

    with pytest.raises(CancelledError):
        small.add_text(BOOK, "Book", cancel)
    assert list(small.added) == ["harbour.txt"]
    assert list(small.documents) == ["bees.txt", "harbour.txt"]
    assert len(small.bot.index) == 2
    assert small.bot.partly_read == {}
    small.cancellation = Cancellation()
    assert small.add_text(BOOK, "Book").document.id == "book.txt"


def test_a_failed_addition_leaves_nothing(
    small: Library, embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_: Added) -> None:
        monkeypatch.setattr(embedder, "embed", lambda *_: (_ for _ in ()).throw(MemoryError))

    with pytest.raises(MemoryError):
        small.add_text(BOOK, "Book", fail)
    assert small.added == {}
    assert list(small.documents) == ["bees.txt"]


def test_other_shared_articles_wait_until_an_article_is_read(small: Library, embedder: TermEmbedder) -> None:
    other = QA(Settings(), embedder=embedder)
    other.add([load_text("Ships sail.", "Book")])
    threads: list[Thread] = []

    def share(_: Added) -> None:
        if not threads:
            threads.append(Thread(target=small.share, args=[other]))
            threads[0].start()

    small.add_text(BOOK, "Book", share)
    threads[0].join()
    embedded = embedder.embedded
    assert list(small.documents) == ["book.txt", "book (2).txt"]
    assert {small.bot.index.chunk(row).document_id for row in small.bot.index.rows(["book (2).txt"])} == {
        "book (2).txt"
    }
    assert small.bot.search(WHEN_LAST)[0].document_id == "book (2).txt"
    assert embedder.embedded == embedded + 1, "the question alone"


def test_progress_has_a_rate_and_the_time_left(small: Library) -> None:
    readings = [each for each in adding(small, lambda part: small.add_text(BOOK, "Book", part)) if each]
    assert readings[0].seconds_left is None
    assert readings[-1].added.read == 1
    assert readings[-1].seconds_left == 0
    half = Reading(readings[1].added, 2.0)
    assert half.characters_per_second == pytest.approx(half.added.read * len(BOOK) / 2)
    assert half.seconds_left == pytest.approx(2 / half.added.read - 2)


def test_leaving_the_page_cancels(small: Library) -> None:
    steps = adding(small, lambda part: small.add_text(BOOK, "Book", part))
    next(steps)
    steps.close()
    with pytest.raises(CancelledError):
        small.cancellation.check()
    while small.added:
        sleep(0.01)
    assert list(small.documents) == ["bees.txt"]


def test_waiting_additions_are_cancelled_with_the_current_one(small: Library) -> None:
    def add(name: str, text: str) -> Addition:
        return Addition(name, lambda library, part: library.add_text(text, name, part))

    shown: list[Outcome] = []
    for shown in add_all(small, [add("Harbour", LAST), add("Book", BOOK), add("Lighthouse", FIRST)]):
        if shown[1].read:
            small.cancellation.cancel()
    assert [(each.name, each.state) for each in shown] == [
        ("Harbour", "added"),
        ("Book", "cancelled"),
        ("Lighthouse", "cancelled"),
    ]
    assert list(small.added) == ["harbour.txt"]


def test_removing_an_article_that_is_read_leaves_those_after_it(small: Library) -> None:
    def add(name: str, text: str) -> Addition:
        return Addition(name, lambda library, part: library.add_text(text, name, part))

    shown: list[Outcome] = []
    for shown in add_all(small, [add("Book", BOOK), add("Lighthouse", FIRST)]):
        if shown[0].read and "book.txt" in small.added:
            small.remove("book.txt")
    assert [each.state for each in shown] == ["cancelled", "added"]
    assert list(small.added) == ["lighthouse.txt"]


def test_a_library_that_expires_stops_what_is_read(small: Library) -> None:
    registry = LibraryRegistry(small.bot)
    library = registry.open(key := registry.new_key())
    registry.page_opened("page", key)

    def leave(_: Added) -> None:
        registry.page_closed("page")
        library.closed_at = -1e9
        registry.sweep()

    with pytest.raises(QAError, match="cancelled"):
        library.add_text(BOOK, "Book", leave)
    assert library.added == {}
