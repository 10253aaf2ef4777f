"""The database of a library: what is written lasts, what is deleted can be restored, and nobody sees another's."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from qa import QAError
from qa.web.library.database import (
    FILE,
    FIRST_COLLECTION,
    LONGEST_NAME,
    LibraryDatabase,
    StoredArticle,
    StoredConversation,
    StoredTurn,
)

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


def test_what_is_added_lasts(database: LibraryDatabase) -> None:
    secret, mine = database.secret, database.create("", "Bees")
    article = database.add_article(mine, ARTICLE)
    number = database.add_turn(mine, "c1", turn("Where do bees dance?"))
    reopened(database)
    assert database.secret == secret
    [collection] = database.collections("")
    assert (collection.id, collection.name, collection.articles, collection.conversations) == (mine, "Bees", 1, 1)
    [found] = database.articles(mine)
    assert (found.id, found.entry, found.original, database.original(article)) == (article, b"entry", None, b"%PDF")
    assert [each.name for each in database.conversations(mine)] == ["Where do bees dance?"]
    assert [each.id for each in database.turns(mine, "c1")] == [number]
    assert database.used("") == 5


def test_a_user_has_a_first_collection_and_sees_no_other_users(database: LibraryDatabase) -> None:
    [ada] = database.collections("ada")
    assert ada.name == FIRST_COLLECTION
    assert database.collections("ada") == [ada]
    [bob] = database.collections("bob")
    assert (database.user_of(ada.id), database.user_of(bob.id), database.user_of(99)) == ("ada", "bob", None)
    with pytest.raises(QAError, match="no longer in this library"):
        database.restore(ada.id, "bob")


def test_what_is_deleted_is_hidden_until_it_is_restored_and_gone_once_purged(database: LibraryDatabase) -> None:
    mine = database.create("", "Bees")
    article = database.add_article(mine, ARTICLE)
    database.add_turn(mine, "c1", turn("Where?"))

    def counts() -> tuple[int, int]:
        [collection] = database.collections("")
        return collection.articles, collection.conversations

    database.delete_article(mine, article)
    database.delete_conversation(mine, "c1")
    assert counts() == (0, 0)
    assert not list(database.articles(mine))
    assert not database.conversations(mine)
    database.restore_article(mine, article)
    database.restore_conversation(mine, "c1")
    assert counts() == (1, 1)
    database.delete(mine)
    database.purge(days=1)
    database.restore(mine, "")
    assert counts() == (1, 1)
    database.delete(mine)
    database.purge(days=0)
    assert database.original(article) is None
    with pytest.raises(QAError, match="no longer in this library"):
        database.restore(mine, "")


def test_turns_are_replaced_only_in_their_own_conversation(database: LibraryDatabase) -> None:
    mine, other = database.create("", "Bees"), database.create("", "Tea")
    one, two = (database.add_turn(mine, "c1", turn(question)) for question in ("One?", "Two?"))
    foreign = database.add_turn(other, "c2", turn("Other?"))
    database.add_turn(mine, "c1", turn("Three?"), replaced=[two, foreign])
    assert [each.question for each in database.turns(mine, "c1")] == ["One?", "Three?"]
    assert [each.question for each in database.turns(other, "c2")] == ["Other?"]
    for act in (
        lambda: database.add_turn(other, "c1", turn("Mine?")),
        lambda: database.turns(other, "c1"),
        lambda: database.article(other, database.add_article(mine, ARTICLE)),
    ):
        with pytest.raises(QAError, match="no longer in this library"):
            act()
    database.remove_turns(mine, "c1", [one])
    assert [each.question for each in database.turns(mine, "c1")] == ["Three?"]


def test_conversations_are_found_by_name_question_and_answer(database: LibraryDatabase) -> None:
    mine = database.create("", "Bees")
    database.add_turn(mine, "c1", turn("Where do bees dance?", "Where do bees dance? On the comb, in MÜNCHEN, 100%"))
    database.add_turn(mine, "c2", turn("When did tea arrive?", "When did tea arrive? In 1650"))
    database.rename_conversation(mine, "c2", "  Tea \n and its trade ")

    def found(words: str) -> list[str]:
        return [each.id for each in database.conversations(mine, words)]

    assert found("") == ["c2", "c1"]
    assert found("COMB bees") == found("münchen") == found("100%") == ["c1"]
    assert found("trade") == found("1650 tea") == ["c2"]
    assert found("%") == ["c1"]
    assert not found("comb tea")
    assert database.conversations(mine)[0].name == "Tea and its trade"


@pytest.mark.parametrize(("name", "kept"), [(" A\nB ", "A B"), ("x" * 999, "x" * (LONGEST_NAME - 1) + "…")])
def test_names_are_one_line_and_not_too_long(database: LibraryDatabase, name: str, kept: str) -> None:
    mine = database.create("", name)
    assert database.collections("")[0].name == kept
    with pytest.raises(QAError, match="the name is empty"):
        database.rename(mine, " \n")


def test_a_collection_is_inserted_whole_or_not_at_all(database: LibraryDatabase) -> None:
    talk = (StoredConversation("c9", "Talk", "2030", "2030"), [turn("Why?")])

    def articles(fails: bool) -> Iterator[StoredArticle]:
        yield ARTICLE
        if fails:
            raise QAError("damaged")

    database.collections("")
    with pytest.raises(QAError, match="damaged"):
        database.insert("", "Half", articles(fails=True), [talk])
    assert [each.name for each in database.collections("")] == [FIRST_COLLECTION]
    whole = database.insert("", "Whole", articles(fails=False), [talk])
    assert [(each.name, each.articles) for each in database.collections("")][1:] == [("Whole", 1)]
    assert [each.question for each in database.turns(whole, "c9")] == ["Why?"]


def test_a_second_server_is_told_which_process_has_it(database: LibraryDatabase) -> None:
    with pytest.raises(QAError, match=r"library: this library is open in another server \(process \d+\); stop that"):
        LibraryDatabase(database.folder)


def test_what_is_no_library_says_so(tmp_path: Path) -> None:
    (tmp_path / FILE).write_bytes(b"not a database" * 100)
    with pytest.raises(QAError, match="the library cannot be opened"):
        LibraryDatabase(tmp_path)
    (tmp_path / FILE).unlink()
    database = LibraryDatabase(tmp_path)
    database._connection.execute("PRAGMA user_version = 99")
    database.close()
    with pytest.raises(QAError, match="written by a newer version"):
        LibraryDatabase(tmp_path)
    with pytest.raises(QAError, match="the library cannot be written"):
        LibraryDatabase(tmp_path / FILE)
