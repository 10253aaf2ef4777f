"""The database of a library: what is written lasts, what is deleted can be restored, and nobody sees another's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from qa import QAError
from qa.web.library.articles import StoredArticle
from qa.web.library.collections import FIRST_COLLECTION
from qa.web.library.conversations import StoredConversation, StoredTurn
from qa.web.library.database import LibraryDatabase
from qa.web.library.sqlite_file import FILE, MAX_NAME_CHARACTERS

ARTICLE = StoredArticle("{}", b"entry", "model", "2030-01-01T00:00:00+00:00", 3, 5, b"%PDF")


def turn(question: str, words: str = "") -> StoredTurn:
    return StoredTurn(question, "{}", words or question)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[LibraryDatabase]:
    database = LibraryDatabase(tmp_path / "library")
    yield database
    database.close()


def reopened(database: LibraryDatabase) -> LibraryDatabase:
    database.close()
    database.__init__(database.folder)  # type: ignore[misc]
    return database


def test_additions_are_persistent(database: LibraryDatabase) -> None:
    secret, mine = database.secret, database.collections.create("", "Bees")
    article = database.articles.add(mine, ARTICLE)
    number = database.conversations.add_turn(mine, "c1", turn("Where do bees dance?"))
    reopened(database)
    assert database.secret == secret
    [collection] = database.collections.of_user("")
    assert (collection.id, collection.name, collection.articles, collection.conversations) == (mine, "Bees", 1, 1)
    assert database.articles.ids(mine) == [article]
    found = database.articles.get(mine, article)
    assert (found.id, found.entry, found.original, database.articles.original(article)) == (
        article,
        b"entry",
        None,
        b"%PDF",
    )
    assert [each.name for each in database.conversations.search(mine)] == ["Where do bees dance?"]
    assert [each.id for each in database.conversations.turns(mine, "c1")] == [number]
    assert database.articles.used_bytes("") == 5


def test_a_user_has_a_first_collection_and_sees_no_other_users(database: LibraryDatabase) -> None:
    [ada] = database.collections.of_user("ada")
    assert ada.name == FIRST_COLLECTION
    assert database.collections.of_user("ada") == [ada]
    [bob] = database.collections.of_user("bob")
    assert (
        database.collections.user_of(ada.id),
        database.collections.user_of(bob.id),
        database.collections.user_of(99),
    ) == ("ada", "bob", None)
    with pytest.raises(QAError, match="no longer in this library"):
        database.collections.restore(ada.id, "bob")


def test_deleted_items_are_hidden_until_restored_and_removed_by_a_purge(database: LibraryDatabase) -> None:
    mine = database.collections.create("", "Bees")
    article = database.articles.add(mine, ARTICLE)
    database.conversations.add_turn(mine, "c1", turn("Where?"))

    def counts() -> tuple[int, int]:
        [collection] = database.collections.of_user("")
        return collection.articles, collection.conversations

    database.articles.delete(mine, article)
    database.conversations.delete(mine, "c1")
    assert counts() == (0, 0)
    assert not database.articles.ids(mine)
    assert not database.conversations.search(mine)
    database.articles.restore(mine, article)
    database.conversations.restore(mine, "c1")
    assert counts() == (1, 1)
    database.collections.delete(mine)
    database.purge(days=1)
    database.collections.restore(mine, "")
    assert counts() == (1, 1)
    database.collections.delete(mine)
    database.purge(days=0)
    assert database.articles.original(article) is None
    with pytest.raises(QAError, match="no longer in this library"):
        database.collections.restore(mine, "")


def test_turns_are_replaced_only_in_their_own_conversation(database: LibraryDatabase) -> None:
    mine, other = database.collections.create("", "Bees"), database.collections.create("", "Tea")
    one, two = (database.conversations.add_turn(mine, "c1", turn(question)) for question in ("One?", "Two?"))
    foreign = database.conversations.add_turn(other, "c2", turn("Other?"))
    database.conversations.add_turn(mine, "c1", turn("Three?"), replaced=[two, foreign])
    assert [each.question for each in database.conversations.turns(mine, "c1")] == ["One?", "Three?"]
    assert [each.question for each in database.conversations.turns(other, "c2")] == ["Other?"]
    for act in (
        lambda: database.conversations.add_turn(other, "c1", turn("Mine?")),
        lambda: database.conversations.turns(other, "c1"),
        lambda: database.articles.get(other, database.articles.add(mine, ARTICLE)),
    ):
        with pytest.raises(QAError, match="no longer in this library"):
            act()
    database.conversations.remove_turns(mine, "c1", [one])
    assert [each.question for each in database.conversations.turns(mine, "c1")] == ["Three?"]


def test_conversations_are_found_by_name_question_and_answer(database: LibraryDatabase) -> None:
    mine = database.collections.create("", "Bees")
    database.conversations.add_turn(
        mine, "c1", turn("Where do bees dance?", "Where do bees dance? On the comb, in MÜNCHEN, 100%")
    )
    database.conversations.add_turn(mine, "c2", turn("When did tea arrive?", "When did tea arrive? In 1650"))
    database.conversations.rename(mine, "c2", "  Tea \n and its trade ")

    def found(words: str) -> list[str]:
        return [each.id for each in database.conversations.search(mine, words)]

    assert found("") == ["c2", "c1"]
    assert found("COMB bees") == found("münchen") == found("100%") == ["c1"]
    assert found("trade") == found("1650 tea") == ["c2"]
    assert found("%") == ["c1"]
    assert not found("comb tea")
    assert database.conversations.search(mine)[0].name == "Tea and its trade"


@pytest.mark.parametrize(("name", "kept"), [(" A\nB ", "A B"), ("x" * 999, "x" * (MAX_NAME_CHARACTERS - 1) + "…")])
def test_names_are_one_line_and_not_too_long(database: LibraryDatabase, name: str, kept: str) -> None:
    mine = database.collections.create("", name)
    assert database.collections.of_user("")[0].name == kept
    with pytest.raises(QAError, match="the name is empty"):
        database.collections.rename(mine, " \n")


def test_a_collection_is_inserted_whole_or_not_at_all(database: LibraryDatabase) -> None:
    conversation = (StoredConversation("c9", "Talk", "2030", "2030"), [turn("Why?")])

    def articles(fails: bool) -> Iterator[StoredArticle]:
        yield ARTICLE
        if fails:
            raise QAError("damaged")

    database.collections.of_user("")
    with pytest.raises(QAError, match="damaged"):
        database.insert("", "Half", articles(fails=True), [conversation])
    assert [each.name for each in database.collections.of_user("")] == [FIRST_COLLECTION]
    whole = database.insert("", "Whole", articles(fails=False), [conversation])
    assert [(each.name, each.articles) for each in database.collections.of_user("")][1:] == [("Whole", 1)]
    assert [each.question for each in database.conversations.turns(whole, "c9")] == ["Why?"]


def test_others_use_the_library_while_a_collection_is_inserted(database: LibraryDatabase) -> None:
    database.collections.of_user("")
    with ThreadPoolExecutor(1) as other:

        def articles() -> Iterator[StoredArticle]:
            for _ in range(2):
                yield ARTICLE
                seen = other.submit(database.collections.of_user, "").result(timeout=10)
                assert [each.name for each in seen] == [FIRST_COLLECTION]

        database.insert("", "Large", articles(), [])
    assert [(each.name, each.articles) for each in database.collections.of_user("")][1:] == [("Large", 2)]


def test_a_second_server_names_the_process_that_has_the_library(database: LibraryDatabase) -> None:
    with pytest.raises(QAError, match=r"library: this library is open in another server \(process \d+\); stop that"):
        LibraryDatabase(database.folder)


def test_a_file_that_is_no_library_is_an_error(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(QAError, match="the library cannot be opened"):
        LibraryDatabase(tmp_path)
    (tmp_path / FILE).unlink()
    database = LibraryDatabase(tmp_path)
    database.file.rows("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(QAError, match="written by a newer version"):
        LibraryDatabase(tmp_path)
    with pytest.raises(QAError, match="the library cannot be written"):
        LibraryDatabase(tmp_path / FILE)
