"""Visitors' own articles: asked with the shared ones, kept apart, limited, and deleted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Event, Thread
from typing import Any

import pytest
from conftest import Clock, TermEmbedder

from qa import QA, QAError, Settings
from qa.documents.loader import LoadReport, load_text
from qa.index.memory import PassageIndex
from qa.text.tokens import terms
from qa.types import Document
from qa.web.libraries import Library
from qa.web.library_registry import RELOAD_SECONDS, LibraryRegistry

# The sandbox that reads articles is a process.
pytestmark = pytest.mark.slow

BEES = "Bees dance on the comb. The dance tells where nectar is."
CABLE = "The cable was laid in 1858. It failed after three weeks."
TEA = "Tea reached the harbour in 1650. Merchants sold it by weight."


def make(embedder: TermEmbedder, clock: Clock | None = None, **settings: Any) -> LibraryRegistry:  # noqa: ANN401
    bot = QA(Settings(**settings), embedder=embedder)
    bot.add([load_text(BEES, "Bees")])
    return LibraryRegistry(bot, clock or Clock())


def opened(registry: LibraryRegistry) -> Library:
    return registry.open(registry.new_key())


@pytest.fixture
def registry(embedder: TermEmbedder, clock: Clock) -> LibraryRegistry:
    return make(embedder, clock)


def test_both_libraries_are_asked_together(registry: LibraryRegistry) -> None:
    library = opened(registry)
    library.add_text(TEA, "Tea")
    assert list(library.documents) == ["bees.txt", "tea.txt"]
    for question, document in (("When did tea reach the harbour?", "tea.txt"), ("Where do bees dance?", "bees.txt")):
        assert library.bot.search(question)[0].document_id == document


def test_shared_articles_are_neither_copied_nor_embedded_again(
    registry: LibraryRegistry, embedder: TermEmbedder, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = embedder.embedded
    analysed: list[str] = []

    def recording_terms(text: str, language: str) -> list[str]:
        analysed.append(text)
        return terms(text, language)

    monkeypatch.setattr(PassageIndex, "entry", lambda *_: pytest.fail("shared vectors are copied"))
    monkeypatch.setattr("qa.text.tokens.terms", recording_terms)
    library = opened(registry)
    library.add_text(TEA, "Tea")
    assert embedder.embedded - before == 3
    assert not any("Bees" in text for text in analysed)
    assert list(library.documents) == ["bees.txt", "tea.txt"]


def test_visitors_do_not_see_each_other_s_articles(registry: LibraryRegistry) -> None:
    one, other = registry.new_key(), registry.new_key()
    registry.open(one).add_text(TEA, "Tea")
    registry.open(other).add_text(CABLE, "Cable")
    assert list(registry.library(one).documents) == ["bees.txt", "tea.txt"]
    assert list(registry.library(other).documents) == ["bees.txt", "cable.txt"]
    assert list(registry.library("").documents) == list(registry.shared.documents) == ["bees.txt"]
    assert not any("tea" in passage.text.lower() for passage in registry.library(other).bot.search("tea harbour"))
    with pytest.raises(QAError, match=r"no document 'tea.txt' here"):
        registry.library(other).bot.ask("Tea?", documents=["tea.txt"])


@pytest.mark.parametrize("change", [str.upper, lambda key: key[:-1], lambda key: "x" + key, lambda _: "abc", repr])
def test_only_keys_that_were_given_out_open_a_library(registry: LibraryRegistry, change: Callable[[str], str]) -> None:
    key = registry.new_key()
    registry.open(key)
    with pytest.raises(QAError, match="unknown library key"):
        registry.library(change(key))
    assert len({registry.new_key() for _ in range(100)}) == 100
    assert registry.page_opened("page", change(key)) != change(key)


def test_a_restart_ends_all_keys(embedder: TermEmbedder) -> None:
    key = make(embedder).new_key()
    with pytest.raises(QAError, match="the library key is missing"):
        make(embedder).open("")
    with pytest.raises(QAError, match="before a restart"):
        make(embedder).library(key)


def test_shared_articles_are_embedded_once(registry: LibraryRegistry, embedder: TermEmbedder) -> None:
    before = embedder.embedded
    library = opened(registry)
    library.add_text(TEA, "Tea")
    one = embedder.embedded - before
    library.add_text(CABLE, "Cable")
    assert one == embedder.embedded - before - one == 3  # a chunk and two sentences
    library.remove("tea.txt")
    assert embedder.embedded == before + 2 * one


def test_it_is_removed_and_the_shared_ones_are_not(registry: LibraryRegistry) -> None:
    library = opened(registry)
    library.add_text(TEA, "Tea")
    library.remove("tea.txt")
    assert list(library.documents) == ["bees.txt"]
    assert library.bot is registry.shared
    for name in ("tea.txt", "bees.txt"):
        with pytest.raises(QAError, match=f"{name}: not one of your articles"):
            library.remove(name)


def test_a_change_of_the_model_and_one_of_the_documents_are_both_kept(
    registry: LibraryRegistry, monkeypatch: pytest.MonkeyPatch
) -> None:
    replacing, choosing = Event(), Event()
    replace = QA.replace

    def slow(bot: QA, documents: Sequence[Document]) -> None:
        replacing.set()
        choosing.wait(0.2)
        replace(bot, documents)

    monkeypatch.setattr(QA, "replace", slow)
    following = Thread(target=registry.share, args=[LoadReport((load_text(TEA, "Tea"),), ())])
    following.start()
    assert replacing.wait(20)
    registry.use_model("other")
    choosing.set()
    following.join()
    assert registry.shared.settings.llm_model == "other"
    assert list(registry.shared.documents) == ["tea.txt"]


def test_the_same_name_gets_a_number_and_the_same_text_is_refused(registry: LibraryRegistry) -> None:
    library = opened(registry)
    assert library.add_file(TEA.encode(), "bees.txt").document.id == "bees (2).txt"
    assert library.add_file(CABLE.encode(), "../bees.txt").document.id == "bees (3).txt"
    with pytest.raises(QAError, match=r"new.txt: already in the library as Bees"):
        library.add_file(BEES.encode(), "new.txt")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"per_visitor_documents": 1}, r"more.txt: the limit is 1 articles per visitor"),
        (
            {"per_visitor_mb": 0.0001},
            r"more.txt: too large: it has 56 bytes and your other articles \d+, and the limit is 0.0001 MB in total",
        ),
        (
            {"per_visitor_tokens": 20},
            r"more.txt: too long: it has 15 tokens and your other articles 17, and the limit is 20 in total",
        ),
    ],
    ids=["documents", "size", "tokens"],
)
def test_limits(embedder: TermEmbedder, settings: dict[str, Any], message: str) -> None:
    library = opened(make(embedder, **settings))
    library.add_file(TEA.encode(), "tea.txt")
    with pytest.raises(QAError, match=message):
        library.add_file(CABLE.encode(), "more.txt")
    assert list(library.added) == ["tea.txt"]


def test_a_file_that_cannot_be_read_says_why(registry: LibraryRegistry) -> None:
    with pytest.raises(QAError, match=r"sums.xls: is in the format .xls, which is not read;"):
        opened(registry).add_file(b"data", "sums.xls")


@pytest.mark.parametrize(
    ("allowed", "url", "message"),
    [
        (True, "/etc/hostname", "/etc/hostname: "),
        (True, "http://127.0.0.1/", "127.0.0.1"),
        (False, "http://example.com/", "adding web addresses is turned off"),
    ],
    ids=["a path", "this computer", "not allowed"],
)
def test_addresses_that_are_not_fetched(embedder: TermEmbedder, allowed: bool, url: str, message: str) -> None:
    library = opened(make(embedder, allow_urls=allowed))
    with pytest.raises(QAError, match=message):
        library.add_url(url)


def test_the_visitors_with_libraries_are_limited(embedder: TermEmbedder) -> None:
    registry = make(embedder, max_visitors=1)
    key = registry.new_key()
    registry.open(key)
    registry.open(key)
    with pytest.raises(QAError, match="too many visitors have articles of their own: the limit is 1"):
        registry.open(registry.new_key())


def filled(registry: LibraryRegistry, page: str = "page") -> str:
    key = registry.page_opened(page, None)
    registry.open(key).add_text(TEA, "Tea")
    return key


def ids(library: Library) -> list[str]:
    return list(library.documents)


def test_a_library_survives_a_reload_and_no_longer(registry: LibraryRegistry, clock: Clock) -> None:
    key = filled(registry)
    registry.page_closed("page")
    clock.now += RELOAD_SECONDS - 1
    assert registry.page_opened("page again", key) == key
    clock.now += 2 * RELOAD_SECONDS
    assert ids(registry.library(key)) == ["bees.txt", "tea.txt"]

    registry.page_closed("page again")
    clock.now += RELOAD_SECONDS + 1
    registry.sweep()
    assert len(registry) == 0
    assert ids(registry.library(key)) == ["bees.txt"]


def test_a_library_that_another_page_has_open_stays(registry: LibraryRegistry, clock: Clock) -> None:
    key = filled(registry)
    registry.page_opened("other", key)
    registry.page_closed("page")
    clock.now += 2 * RELOAD_SECONDS
    registry.sweep()
    assert len(registry) == 1


def test_an_unused_library_is_deleted_and_that_is_reported_once(registry: LibraryRegistry, clock: Clock) -> None:
    key = filled(registry)
    clock.now += 59 * 60
    registry.library(key)
    clock.now += 59 * 60
    assert ids(registry.library(key)) == ["bees.txt", "tea.txt"]
    clock.now += 61 * 60
    registry.sweep()
    assert len(registry) == 0
    with pytest.raises(QAError, match="your articles were deleted after 60 minutes without use"):
        registry.library(key)
    assert ids(registry.library(key)) == ["bees.txt"]


def test_the_libraries_of_an_address_are_limited(embedder: TermEmbedder, clock: Clock) -> None:
    registry = make(embedder, clock, per_visitor_libraries=2)
    keys = [registry.new_key() for _ in range(3)]
    for key in (*keys[:2], keys[0]):
        registry.open(key, "192.0.2.1")
    with pytest.raises(QAError, match="the limit is 2 per visitor"):
        registry.open(keys[2], "192.0.2.1")
    registry.open(keys[2], "192.0.2.2")
    clock.now += 61 * 60
    registry.open(registry.new_key(), "192.0.2.1")


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (
            {"total_visitor_mb": 0.0001},
            "more.txt: storage for visitors' articles is full: the limit is 0.0001 MB; try again later",
        ),
        (
            {"total_visitor_tokens": 20},
            r"more.txt: too long: it has 15 tokens and all visitors' articles \d+, and the limit is 20 in total; try",
        ),
    ],
    ids=["megabytes", "tokens"],
)
def test_all_libraries_together_have_limits(embedder: TermEmbedder, settings: dict[str, Any], message: str) -> None:
    registry = make(embedder, **settings)
    one, other = opened(registry), opened(registry)
    one.add_file(TEA.encode(), "tea.txt")
    with pytest.raises(QAError, match=message):
        other.add_file(CABLE.encode(), "more.txt")
    one.remove("tea.txt")
    other.add_file(CABLE.encode(), "more.txt")
