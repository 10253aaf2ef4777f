"""Collections that last: articles and conversations are there again, apart from each other, and as they were."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from conftest import TermEmbedder
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from qa import QA, QAError, Settings
from qa.documents.loader import load_text
from qa.web import notices
from qa.web.library.answers import stored_answer, stored_turn, with_missing
from qa.web.library.collection_registry import CollectionRegistry
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import SavedLibrary
from qa.web.library.transfer import download_endpoint, export_collection, import_collection
from qa.web.library_registry import LibraryRegistry
from qa.web.server.uploads import UploadQuota
from qa.web.ui.library import article_list_html
from qa.web.ui.markup import escape
from qa.web.ui.saved import reopened

# The sandbox that reads articles is a process.
pytestmark = pytest.mark.slow

BEES = "Bees dance on the comb. The dance tells where nectar is."
CABLE = "The cable was laid in 1858. It failed after three weeks."
TEA = "Tea reached the harbour in 1650. Merchants sold it by weight."


class Server:
    """What a server has of a library; `again` is a restart."""

    def __init__(self, folder: Path, embedder: TermEmbedder, **settings: Any) -> None:  # noqa: ANN401
        self.folder, self.embedder, self.settings = folder, embedder, settings
        self.start()

    def start(self) -> None:
        bot = QA(Settings(**self.settings), embedder=self.embedder)
        bot.add([load_text(BEES, "Bees")])
        self.registry = LibraryRegistry(bot, database=LibraryDatabase(self.folder))

    def again(self, **settings: Any) -> None:  # noqa: ANN401
        self.database.close()
        self.settings |= settings
        self.start()

    @property
    def collections(self) -> CollectionRegistry:
        assert self.registry.collections
        return self.registry.collections

    @property
    def database(self) -> LibraryDatabase:
        return self.collections.database

    def library(self, key: str) -> SavedLibrary:
        library = self.registry.open(key)
        assert isinstance(library, SavedLibrary)
        return library


@pytest.fixture
def server(tmp_path: Path, embedder: TermEmbedder) -> Iterator[Server]:
    server = Server(tmp_path / "library", embedder)
    yield server
    server.database.close()


def test_articles_outlive_the_server_and_are_not_embedded_again(server: Server, embedder: TermEmbedder) -> None:
    key = server.registry.page_opened("page", None)
    server.library(key).add_text(TEA, "Tea")
    server.library(key).add_text(CABLE, "Cable")
    before = server.library(key).added
    server.again()
    embedded = embedder.embedded
    library = server.library(server.registry.page_opened("page", key))
    assert embedder.embedded == embedded
    assert list(library.documents) == ["bees.txt", "tea.txt", "cable.txt"]
    for name, added in library.added.items():
        assert (added.document, added.when, added.tokens, added.size, added.read) == (
            before[name].document,
            before[name].when,
            before[name].tokens,
            before[name].size,
            1.0,
        )
    assert library.bot.search("When did tea reach the harbour?")[0].document_id == "tea.txt"
    assert library.bot.added.keys() == {"tea.txt", "cable.txt"}


def test_another_setting_embeds_them_again_once(server: Server, embedder: TermEmbedder) -> None:
    key = server.registry.page_opened("page", None)
    server.library(key).add_text(TEA, "Tea")
    server.again(chunk_tokens=16)
    library = server.library(key)
    assert len(library.bot.index.rows(["tea.txt"])) == 2
    server.again()
    embedded = embedder.embedded
    assert len(server.library(key).bot.index.rows(["tea.txt"])) == 2
    assert embedder.embedded - embedded == 0


def test_an_article_that_cannot_be_stored_is_not_there(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    library = server.library(server.registry.page_opened("page", None))

    def full(*_: object) -> int:
        raise QAError("disk full")

    monkeypatch.setattr(server.database.articles, "add", full)
    with pytest.raises(QAError, match="disk full"):
        library.add_text(TEA, "Tea")
    assert not library.added
    assert list(library.documents) == ["bees.txt"]


def test_a_damaged_article_or_answer_is_left_out_and_named(server: Server, tmp_path: Path) -> None:
    key = server.registry.page_opened("page", None)
    for title, text in {"Tea": TEA, "Cable": CABLE, "Whales": "Whales sing."}.items():
        server.library(key).add_text(text, title)
    answer = server.registry.shared.ask("Where do bees dance?")
    first = server.registry.save_turn(key, "Where?", answer, [], [])
    server.registry.save_turn(key, "When?", answer, [first], [])
    with server.database.file.transaction() as run:
        run("UPDATE turns SET answer = '{}' WHERE question = 'When?'")
        run("UPDATE articles SET entry = substr(entry, 1, 500) WHERE id = 1")
        run("UPDATE articles SET fields = '{' WHERE id = 2")
    server.again()
    library = server.library(key)
    assert list(library.added) == ["whales.txt"]
    assert library.damaged == {"/1": "Tea", "/2": "Article 2"}
    listed = article_list_html(library)
    assert f"<b>Tea</b> {escape(notices.ARTICLE_DAMAGED.sentence())}" in listed
    assert 'value="/1" aria-label="Remove Tea"' in listed
    [conversation] = server.database.conversations.search(library.collection)
    turns = server.database.conversations.turns(library.collection, conversation.id)
    where, when = reopened(conversation.id, turns, library.documents, (), "")
    assert where.asked
    assert escape(notices.ANSWER_DAMAGED.sentence()) in when.shown
    with (tmp_path / "export.zip").open("wb") as target:
        export_collection(server.database, library.collection, "Export", target)
    imported = import_collection(server.database, "", tmp_path / "export.zip", "export.zip", server.registry.shared)
    assert list(server.collections.library(imported).added) == ["whales.txt"]
    [conversation] = server.database.conversations.search(imported)
    assert [turn.question for turn in server.database.conversations.turns(imported, conversation.id)] == ["Where?"]
    library.remove("/1")
    library.add_text(TEA, "Tea")
    server.again()
    assert list(server.library(key).added) == ["whales.txt", "tea.txt"]
    assert list(server.library(key).damaged) == ["/2"]


def test_removing_can_be_undone(server: Server) -> None:
    key = server.registry.page_opened("page", None)
    library = server.library(key)
    number = library.add_text(TEA, "Tea").stored_id
    library.remove("tea.txt")
    assert not library.added
    server.again()
    library = server.library(key)
    assert not library.added
    library.add_text("Another text of the name.", "Tea")
    library.restore(number)
    assert list(library.added) == ["tea.txt", "tea (2).txt"]
    assert library.documents["tea (2).txt"].text == TEA
    # As in another window, where it is still offered.
    with pytest.raises(QAError, match="no longer in this library"):
        library.restore(number)
    assert list(library.added) == ["tea.txt", "tea (2).txt"]


def test_what_was_deleted_is_purged_while_the_server_runs(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    library = server.library(server.registry.page_opened("page", None))
    number = library.add_text(TEA, "Tea").stored_id
    library.remove("tea.txt")
    with server.database.file.transaction() as run:
        run("UPDATE articles SET deleted = '2020-01-01T00:00:00+00:00'")
    server.registry.sweep()
    assert server.database.file.rows("SELECT id FROM articles") == [(number,)]
    monkeypatch.setattr("qa.web.library.collection_registry._PURGE_SECONDS", 0)
    server.registry.sweep()
    assert not server.database.file.rows("SELECT id FROM articles")
    monkeypatch.setattr(server.database, "purge", lambda: (_ for _ in ()).throw(QAError("disk full")))
    server.registry.sweep()


def test_a_download_survives_uploads_and_a_deleted_collection_is_reported(server: Server, tmp_path: Path) -> None:
    key = server.registry.page_opened("page", None)
    library = server.library(key)
    library.add_text(TEA, "Tea")
    respond = download_endpoint(server.collections, tmp_path / "exports")

    def download(ticket: str) -> Response:
        return respond(Request({"type": "http", "path_params": {"ticket": ticket}}))

    quota = UploadQuota(tmp_path, 10, 10)
    quota.begin()
    response = download(server.collections.ticket(library.collection))
    quota.end("ann", 0, None)
    assert isinstance(response, FileResponse)
    assert zipfile.is_zipfile(response.path)
    ticket = server.collections.ticket(library.collection)
    server.database.collections.delete(library.collection)
    gone = download(ticket)
    assert (gone.status_code, bytes(gone.body)) == (404, f"{notices.COLLECTION_DELETED.sentence()}\n".encode())


def test_a_collection_that_is_loaded_does_not_block_others(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    key = server.registry.page_opened("page", None)
    server.library(key).add_text(TEA, "Tea")
    first, other = server.library(key).collection, server.database.collections.create("", "Other")
    server.again()
    loading, resume = Event(), Event()
    load = SavedLibrary._load

    def slowly(library: SavedLibrary, articles: Iterable[int]) -> None:
        if library.collection == first:
            loading.set()
            assert resume.wait(20)
        load(library, articles)

    monkeypatch.setattr(SavedLibrary, "_load", slowly)
    with ThreadPoolExecutor(2) as pool:
        both = [pool.submit(server.collections.library, first) for _ in range(2)]
        assert loading.wait(20)
        bot = QA(Settings(), embedder=server.embedder)
        bot.add([load_text(CABLE, "Cable")])
        server.collections.share(bot)
        assert list(server.collections.library(other).documents) == ["cable.txt"]
        resume.set()
        assert both[0].result() is both[1].result()
    assert list(both[0].result().documents) == ["cable.txt", "tea.txt"]


def test_an_article_moves_to_another_collection(server: Server) -> None:
    key = server.registry.page_opened("page", None)
    other = server.collections.key(server.database.collections.create("", "Other"))
    server.library(key).add_text(TEA, "Tea")
    server.library(other).add_text("Another text of the name.", "Tea")
    server.library(key).move("tea.txt", server.library(other))
    for _ in range(2):
        assert not server.library(key).added
        assert set(server.library(other).added) == {"tea.txt", "tea (2).txt"}
        assert server.library(other).bot.search("tea harbour")[0].document_id == "tea (2).txt"
        server.again()
    with pytest.raises(QAError, match="cannot be moved"):
        server.library(other).move("bees.txt", server.library(key))


def test_a_key_is_of_its_user_and_survives_a_restart(server: Server) -> None:
    ada, bob = (server.registry.page_opened("page", None, user) for user in ("ada", "bob"))
    server.library(ada).add_text(TEA, "Tea")
    server.again()
    assert server.registry.page_opened("page", ada, "ada") == ada
    for user in ("bob", ""):
        assert server.registry.page_opened("page", ada, user) != ada
    assert not server.library(bob).added
    collection = server.registry.collection(bob)
    assert collection
    for forged in (bob[:-1] + ("0" if bob[-1] != "0" else "1"), bob.replace(f".{collection}.", ".1."), "saved"):
        with pytest.raises(QAError, match="unknown library key"):
            server.registry.library(forged)
    server.database.collections.delete(collection)
    with pytest.raises(QAError, match="this collection was deleted"):
        server.registry.library(bob)


def test_api_libraries_are_short_lived(server: Server) -> None:
    own = server.registry.open(server.registry.new_key())
    own.add_text(TEA, "Tea")
    assert list(own.added) == ["tea.txt"]
    assert [each.articles for each in server.database.collections.of_user("")] == [0]


def test_the_limit_is_of_all_collections_of_a_user(server: Server) -> None:
    server.again(library_mb=0.0001)
    key = server.registry.page_opened("page", None)
    server.library(key).add_text(TEA, "Tea")
    other = server.library(server.collections.key(server.database.collections.create("", "Other")))
    with pytest.raises(
        QAError, match=r"Cable: too large: it has 56 bytes and your other articles 61, and the limit is 0.0001 MB"
    ):
        other.add_text(CABLE, "Cable")


def test_many_articles_and_changes_keep_their_order(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("qa.web.libraries._MAX_RECENT_CHUNKS", 2)
    library = server.library(server.registry.page_opened("page", None))
    for number in range(8):
        library.add_text(f"Article {number} is about subject{number}.", f"n{number}")
        if number in {3, 6}:
            library.remove(f"n{number - 2}.txt")
    names = [f"n{number}.txt" for number in (0, 2, 3, 5, 6, 7)]
    assert list(library.added) == list(library.documents)[1:] == names
    for name in names:
        assert library.bot.search(f"subject{name[1]}")[0].document_id == name


def test_conversations_are_kept_as_they_were_answered(server: Server) -> None:
    key = server.registry.page_opened("page", None)
    library = server.library(key)
    library.add_text(TEA, "Tea")
    answers = [
        library.bot.ask(question, always_answer=True)
        for question in ("When did tea reach the harbour?", "Where do bees dance?", "Compare tea and bees.", "Hello!")
    ]
    names: list[str] = []
    for answer in answers:
        names.append(server.registry.save_turn(key, answer.question, answer, names, []))
    server.again()
    [conversation] = server.database.conversations.search(library.collection)
    turns = server.database.conversations.turns(library.collection, conversation.id)
    assert [f"{conversation.id}:{turn.id}" for turn in turns] == names
    for turn, answer in zip(turns, answers, strict=True):
        passages = tuple(replace(passage, sentences=()) for passage in answer.passages)
        assert stored_answer(turn) == replace(answer, passages=passages)
    assert not server.registry.save_turn(server.registry.new_key(), "Why?", answers[0], [], [])


def test_turns_are_replaced_and_forgotten_by_name(server: Server) -> None:
    key = server.registry.page_opened("page", None)
    collection, answer = server.library(key).collection, server.registry.shared.ask("Where do bees dance?")

    def kept(question: str, before: list[str], replaced: list[str]) -> str:
        return server.registry.save_turn(key, question, answer, before, replaced)

    def conversations() -> list[list[str]]:
        found = reversed(server.database.conversations.search(collection))
        return [
            [turn.question for turn in server.database.conversations.turns(collection, conversation.id)]
            for conversation in found
        ]

    one = kept("One?", [], [])
    two = kept("Two?", [one], [])
    kept("Again?", [], [])
    assert conversations() == [["One?", "Two?"], ["Again?"]]
    three = kept("Three?", [one], [two])
    assert sorted(conversations()) == [["Again?"], ["One?", "Three?"]]
    four = kept("Four?", [], [one, three])
    assert sorted(conversations()) == [["Again?"], ["Four?"]]
    kept("Elsewhere?", ["0123456789abcdef:7", "forged"], [])
    server.registry.remove_turns(key, [four, "forged", "a:b"])
    assert sorted(conversations()) == [["Again?"], ["Elsewhere?"]]


def test_an_answer_outlives_its_articles(server: Server) -> None:
    library = server.library(server.registry.page_opened("page", None))
    library.add_text(TEA, "Tea")
    answer = library.bot.ask("When did tea reach the harbour?", always_answer=True)
    assert with_missing(answer, library.documents) == (answer, library.documents)
    library.remove("tea.txt")
    shown, documents = with_missing(answer, library.documents)
    assert shown.citations
    assert shown.short == answer.short
    for citation, before in zip(shown.citations, answer.citations, strict=True):
        assert documents[citation.document].text[citation.start : citation.end] == citation.text == before.text
    assert documents["tea.txt"].title == "tea.txt (no longer in this collection)"
    assert {passage.document_id for passage in shown.passages} <= documents.keys()


@pytest.mark.parametrize(
    "change",
    [
        {"confidence": 7.0},
        {"span": [900, 901]},
        {"kind": "poem"},
        {"citations": [{"n": 2, "document": "a", "start": 0, "end": 1, "text": "a", "page": None, "score": 1.0}]},
        {"parts": [{"citation": 9, "start": 0, "end": 1, "text": "a"}]},
    ],
    ids=lambda change: next(iter(change)),
)
def test_a_forged_answer_is_refused(server: Server, change: dict[str, object]) -> None:
    turn = stored_turn("Where?", server.registry.shared.ask("Where do bees dance?", always_answer=True))
    with pytest.raises(ValueError, match=r"fit together|validation error"):
        stored_answer(replace(turn, answer=json.dumps({**json.loads(turn.answer), **change})))


@pytest.fixture
def exported(server: Server, tmp_path: Path) -> Path:
    key = server.registry.page_opened("page", None)
    library = server.library(key)
    library.add_text(TEA, "Tea")
    server.registry.save_turn(key, "Tea?", library.bot.ask("When did tea reach the harbour?"), [], [])
    file = tmp_path / "mine.zip"
    with file.open("wb") as target:
        export_collection(server.database, library.collection, "Mine", target)
    return file


def test_a_collection_is_exported_and_imported_into_another_library(
    server: Server, exported: Path, tmp_path: Path, embedder: TermEmbedder
) -> None:
    other = Server(tmp_path / "other", embedder)
    try:
        embedded = embedder.embedded
        number = import_collection(other.database, "ada", exported, "mine.zip", other.registry.shared)
        key = other.collections.key(number)
        assert list(other.library(key).added) == ["tea.txt"]
        assert other.library(key).documents["tea.txt"].text == TEA
        assert embedder.embedded == embedded
        [conversation] = other.database.conversations.search(number)
        [mine] = server.database.conversations.search(server.database.collections.of_user("")[0].id)
        assert (conversation.name, conversation.created, conversation.changed) == (
            mine.name,
            mine.created,
            mine.changed,
        )
        assert [turn.question for turn in other.database.conversations.turns(number, conversation.id)] == ["Tea?"]
        assert [(each.name, each.articles) for each in other.database.collections.of_user("ada")] == [("Mine", 1)]
    finally:
        other.database.close()


def _with(file: Path, name: str, content: bytes | None) -> None:
    with zipfile.ZipFile(file) as archive:
        entries = {entry: archive.read(entry) for entry in archive.namelist()}
    with zipfile.ZipFile(file, "w") as archive:
        for entry, data in (entries | {name: content}).items():
            if data is not None:
                archive.writestr(entry, data)


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("collection.json", None, "collection.json is missing"),
        ("collection.json", b"[", "is damaged"),
        ("collection.json", b"[" * 100_000, "is damaged"),
        ("collection.json", b'{"format": 2}', "has format 2"),
        ("collection.json", b'{"format": 1, "name": ""}', "is damaged"),
        ("articles/0001.safetensors", None, "articles/0001.safetensors is missing"),
        ("articles/0001.safetensors", b"\0" * 64, "is damaged"),
    ],
    ids=["no contents", "half", "deep", "newer", "fields", "no article", "article"],
)
def test_a_damaged_file_changes_nothing(
    server: Server, exported: Path, name: str, content: bytes | None, message: str
) -> None:
    _with(exported, name, content)
    before = server.database.collections.of_user("")
    with pytest.raises(QAError, match=message):
        import_collection(server.database, "", exported, "mine.zip", server.registry.shared)
    assert server.database.collections.of_user("") == before


def test_files_that_are_no_archive_or_exceed_the_limit_are_refused(
    server: Server, exported: Path, tmp_path: Path
) -> None:
    server.again(library_mb=0.001)
    with pytest.raises(QAError, match=r"mine.zip: too large: it has [\d,]+ bytes .* the limit is 0.001 MB"):
        import_collection(server.database, "", exported, "mine.zip", server.registry.shared)
    (tmp_path / "text.zip").write_text("text", encoding="utf-8")
    with pytest.raises(QAError, match=r"text.zip: is damaged or not a zip archive"):
        import_collection(server.database, "", tmp_path / "text.zip", "text.zip", server.registry.shared)
