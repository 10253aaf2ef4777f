"""The database of a library folder: users' collections, their articles and their conversations, in one SQLite file.

Whatever a method changes is one transaction, on disk when the method returns. So a crash at any moment loses nothing
that was confirmed and leaves nothing half there. What is deleted can be restored until it is purged.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import RLock
from typing import Any

from filelock import FileLock, Timeout

from qa.errors import QAError
from qa.text.lines import one_line
from qa.web import notices

FILE = "library.sqlite"
LOCK = ".cited-qa-library.lock"
OWNER = ".cited-qa-library.owner"
"""The file that is locked, and the one that says which process has locked it."""
FORMAT = 1
KEPT_DAYS = 7
"""Days after which what was deleted is purged."""
LONGEST_NAME = 200
FIRST_COLLECTION = "My articles"

_TABLES = """
CREATE TABLE secrets (name TEXT PRIMARY KEY, value BLOB NOT NULL);
INSERT INTO secrets VALUES ('keys', randomblob(32));
CREATE TABLE collections (
    id INTEGER PRIMARY KEY AUTOINCREMENT, user TEXT NOT NULL, name TEXT NOT NULL, created TEXT NOT NULL, deleted TEXT);
CREATE TABLE articles (
    id INTEGER PRIMARY KEY AUTOINCREMENT, collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE,
    fields TEXT NOT NULL, made_with TEXT NOT NULL, added TEXT NOT NULL, tokens INTEGER NOT NULL, size INTEGER NOT NULL,
    deleted TEXT, entry BLOB NOT NULL);
CREATE TABLE originals (
    article INTEGER PRIMARY KEY REFERENCES articles ON DELETE CASCADE, data BLOB NOT NULL);
CREATE TABLE conversations (
    id TEXT PRIMARY KEY, collection INTEGER NOT NULL REFERENCES collections ON DELETE CASCADE, name TEXT NOT NULL,
    created TEXT NOT NULL, changed TEXT NOT NULL, deleted TEXT) WITHOUT ROWID;
CREATE TABLE turns (
    id INTEGER PRIMARY KEY AUTOINCREMENT, conversation TEXT NOT NULL REFERENCES conversations ON DELETE CASCADE,
    question TEXT NOT NULL, words TEXT NOT NULL, answer TEXT NOT NULL);
CREATE INDEX articles_of ON articles (collection);
CREATE INDEX conversations_of ON conversations (collection);
CREATE INDEX turns_of ON turns (conversation);
"""
_ADD_TURN = "INSERT INTO turns (conversation, question, words, answer) VALUES (?, ?, ?, ?)"
_Run = Callable[..., sqlite3.Cursor]


@dataclass(frozen=True, slots=True)
class Collection:
    """A user's collection: its id, its name, and how many articles and conversations it has."""

    id: int
    name: str
    articles: int
    conversations: int


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as it is stored.

    Attributes
    ----------
    fields, entry : str, bytes
        The document's fields as JSON, and everything else that an index keeps of it; see `qa.index.serialization`.
    made_with : str
        Fingerprint of the model and the settings that it was embedded with.
    added : str
        When, in UTC, in ISO 8601.
    tokens, size : int
    original : bytes or None
        The file, where its pages can be shown; None too where it is not asked for.
    id : int
        0 until it is stored.
    """

    fields: str
    entry: bytes
    made_with: str
    added: str
    tokens: int
    size: int
    original: bytes | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation: its id and name, and when it began and last changed, in UTC, in ISO 8601."""

    id: str
    name: str
    created: str
    changed: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question with its answer as JSON, and the words of both that are searched."""

    question: str
    answer: str
    words: str
    id: int = 0


class LibraryDatabase:
    """The database in a folder, which is created where it is missing. One process has it open; its threads share it.

    Parameters
    ----------
    folder : Path

    Raises
    ------
    QAError
        If another process has it open, or it cannot be read or written.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._mutex = RLock()
        self._lock = FileLock(folder / LOCK, blocking=False, thread_local=False, fallback_to_soft=False)
        try:
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._lock.acquire()
            (folder / OWNER).write_text(str(os.getpid()), encoding="ascii")
        except Timeout:
            raise QAError(
                f"{folder}: this library is open in another server{_owner(folder)}; stop that one, or choose another "
                "folder with --library"
            ) from None
        except OSError as error:
            raise QAError(
                f"{folder}: the library cannot be written ({error.strerror or error}); choose another folder with "
                "--library, or --library off"
            ) from error
        try:
            self._connection = sqlite3.connect(folder / FILE, check_same_thread=False)
            self._prepare()
        except sqlite3.Error as error:
            self._lock.release()
            raise QAError(
                f"{folder / FILE}: the library cannot be opened ({error}); restore it from a copy, or choose another "
                "folder with --library"
            ) from error
        except BaseException:
            self._lock.release()
            raise

    def close(self) -> None:
        """Close it, so that another process can open it."""
        with self._mutex:
            self._connection.close()
            (self.folder / OWNER).unlink(missing_ok=True)
            self._lock.release()

    @property
    def secret(self) -> bytes:
        """What this library's keys are signed with."""
        return bytes(self._one("SELECT value FROM secrets WHERE name = 'keys'")[0])

    def collections(self, user: str) -> list[Collection]:
        """Return a user's collections, the oldest first; a first one is created where there are none."""
        rows = self._all(
            "SELECT id, name, (SELECT count(*) FROM articles WHERE collection = c.id AND deleted IS NULL), "
            "(SELECT count(*) FROM conversations WHERE collection = c.id AND deleted IS NULL) "
            "FROM collections c WHERE user = ? AND deleted IS NULL ORDER BY id",
            user,
        )
        if not rows:
            return [Collection(self.create(user, FIRST_COLLECTION), FIRST_COLLECTION, 0, 0)]
        return [Collection(*row) for row in rows]

    def user_of(self, collection: int) -> str | None:
        """Return whose collection it is; None if there is none, or it is deleted."""
        rows = self._all("SELECT user FROM collections WHERE id = ? AND deleted IS NULL", collection)
        return str(rows[0][0]) if rows else None

    def used(self, user: str) -> int:
        """Return how many bytes a user's articles take."""
        total = (
            "SELECT coalesce(sum(a.size), 0) FROM articles a JOIN collections c ON c.id = a.collection "
            "WHERE c.user = ? AND a.deleted IS NULL AND c.deleted IS NULL"
        )
        return int(self._one(total, user)[0])

    def create(self, user: str, name: str) -> int:
        """Create a collection, and return its id."""
        with self._changing() as run:
            return _insert_collection(run, user, name)

    def rename(self, collection: int, name: str) -> None:
        """Rename a collection."""
        with self._changing() as run:
            run("UPDATE collections SET name = ? WHERE id = ?", _named(name), collection)

    def delete(self, collection: int) -> None:
        """Delete a collection with all that it contains."""
        with self._changing() as run:
            run("UPDATE collections SET deleted = ? WHERE id = ?", now(), collection)

    def restore(self, collection: int, user: str) -> None:
        """Restore a user's deleted collection."""
        with self._changing() as run:
            _found(run("UPDATE collections SET deleted = NULL WHERE id = ? AND user = ?", collection, user))

    def add_article(self, collection: int, article: StoredArticle) -> int:
        """Add an article to a collection, and return its id."""
        with self._changing() as run:
            return _insert_article(run, collection, article)

    def articles(self, collection: int) -> Iterator[StoredArticle]:
        """Yield the articles of a collection in the order added, without their files."""
        ids = self._all("SELECT id FROM articles WHERE collection = ? AND deleted IS NULL ORDER BY id", collection)
        for (number,) in ids:
            with suppress(QAError):  # deleted meanwhile
                yield self.article(collection, number)

    def article(self, collection: int, article: int) -> StoredArticle:
        """Return an article of a collection, without its file."""
        fields, entry, made_with, added, tokens, size = self._one(
            "SELECT fields, entry, made_with, added, tokens, size FROM articles "
            "WHERE id = ? AND collection = ? AND deleted IS NULL",
            article,
            collection,
        )
        return StoredArticle(fields, entry, made_with, added, tokens, size, id=article)

    def original(self, article: int) -> bytes | None:
        """Return the file of an article, where it is kept."""
        rows = self._all("SELECT data FROM originals WHERE article = ?", article)
        return rows[0][0] if rows else None

    def replace_entry(self, article: int, entry: bytes, made_with: str) -> None:
        """Replace what an index keeps of an article: it was embedded again."""
        with self._changing() as run:
            run("UPDATE articles SET entry = ?, made_with = ? WHERE id = ?", entry, made_with, article)

    def delete_article(self, collection: int, article: int) -> None:
        """Delete an article."""
        with self._changing() as run:
            run("UPDATE articles SET deleted = ? WHERE id = ? AND collection = ?", now(), article, collection)

    def restore_article(self, collection: int, article: int) -> None:
        """Restore a deleted article."""
        with self._changing() as run:
            _found(run("UPDATE articles SET deleted = NULL WHERE id = ? AND collection = ?", article, collection))

    def move_article(self, article: int, collection: int, to: int, fields: str) -> None:
        """Move an article to another collection, where its document has these fields."""
        with self._changing() as run:
            change = (
                "UPDATE articles SET collection = ?, fields = ? WHERE id = ? AND collection = ? AND deleted IS NULL"
            )
            _found(run(change, to, fields, article, collection))

    def conversations(self, collection: int, words: str = "", most: int = 1000) -> list[StoredConversation]:
        """Return the conversations of a collection, the latest first; those that contain all of the words."""
        rows = self._all(
            "SELECT id, name, created, changed FROM conversations c WHERE collection = ? AND deleted IS NULL "
            "AND (? = '' OR contains(?, name || ' ' || "
            "coalesce((SELECT group_concat(words) FROM turns WHERE conversation = c.id), ''))) "
            "ORDER BY changed DESC, id LIMIT ?",
            collection,
            words.strip(),
            words,
            most,
        )
        return [StoredConversation(*row) for row in rows]

    def turns(self, collection: int, conversation: str) -> list[StoredTurn]:
        """Return the turns of a conversation, oldest first.

        Raises
        ------
        QAError
            If the collection has no such conversation.
        """
        known = "SELECT id FROM conversations WHERE id = ? AND collection = ? AND deleted IS NULL"
        self._one(known, conversation, collection)
        rows = self._all(
            "SELECT question, answer, words, id FROM turns WHERE conversation = ? ORDER BY id", conversation
        )
        return [StoredTurn(*row) for row in rows]

    def add_turn(self, collection: int, conversation: str, turn: StoredTurn, replaced: Sequence[int] = ()) -> int:
        """Add a turn to a conversation, in place of others; return its id.

        The conversation is created with its first turn, named after the question, and restored if it was deleted.
        """
        with self._changing() as run:
            run(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE "
                "SET changed = excluded.changed, deleted = NULL WHERE collection = excluded.collection",
                conversation,
                collection,
                _named(turn.question),
                now(),
                now(),
            )
            # The collection's own, and no other's.
            self._one("SELECT 1 FROM conversations WHERE id = ? AND collection = ?", conversation, collection)
            _remove_turns(run, collection, conversation, replaced)
            return _id(run(_ADD_TURN, conversation, turn.question, turn.words, turn.answer))

    def remove_turns(self, collection: int, conversation: str, turns: Sequence[int]) -> None:
        """Remove turns of a conversation; one without any turn is deleted."""
        with self._changing() as run:
            _remove_turns(run, collection, conversation, turns)
            run(
                "UPDATE conversations SET deleted = ? WHERE id = ? AND collection = ? "
                "AND NOT EXISTS (SELECT 1 FROM turns WHERE conversation = conversations.id)",
                now(),
                conversation,
                collection,
            )

    def rename_conversation(self, collection: int, conversation: str, name: str) -> None:
        """Rename a conversation."""
        with self._changing() as run:
            change = "UPDATE conversations SET name = ? WHERE id = ? AND collection = ?"
            run(change, _named(name), conversation, collection)

    def delete_conversation(self, collection: int, conversation: str) -> None:
        """Delete a conversation."""
        with self._changing() as run:
            run("UPDATE conversations SET deleted = ? WHERE id = ? AND collection = ?", now(), conversation, collection)

    def restore_conversation(self, collection: int, conversation: str) -> None:
        """Restore a deleted conversation."""
        with self._changing() as run:
            change = "UPDATE conversations SET deleted = NULL WHERE id = ? AND collection = ?"
            _found(run(change, conversation, collection))

    def insert(
        self,
        user: str,
        name: str,
        articles: Iterator[StoredArticle],
        conversations: Sequence[tuple[StoredConversation, Sequence[StoredTurn]]],
    ) -> int:
        """Create a collection with all that it contains, and return its id. If `articles` raises, nothing is kept."""
        with self._changing() as run:
            collection = _insert_collection(run, user, name)
            for article in articles:
                _insert_article(run, collection, article)
            for each, turns in conversations:
                values = (each.id, collection, _named(each.name), each.created, each.changed)
                run("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, NULL)", *values)
                for turn in turns:
                    run(_ADD_TURN, each.id, turn.question, turn.words, turn.answer)
            return collection

    def purge(self, days: float = KEPT_DAYS) -> None:
        """Remove for good what was deleted so many days ago."""
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        with self._changing() as run:
            run("DELETE FROM articles WHERE deleted <= ?", before)
            run("DELETE FROM conversations WHERE deleted <= ?", before)
            run("DELETE FROM collections WHERE deleted <= ?", before)
        with self._mutex:
            self._connection.execute("PRAGMA incremental_vacuum").fetchall()

    def _prepare(self) -> None:
        run = self._connection.execute
        self._connection.create_function("contains", 2, _contains, deterministic=True)
        # Exclusive, so that it works on drives without shared memory too. Each commit is on disk when it returns.
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA secure_delete = ON")
        run("PRAGMA journal_size_limit = 64000000")
        [version] = run("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise QAError(
                f"{self.folder / FILE}: was written by a newer version (format {version}, this one reads {FORMAT}); "
                "update Cited QA, or choose another folder with --library"
            )
        if version < FORMAT:
            # A crash before the version is set leaves no tables.
            script = f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"
            self._connection.executescript(script)
        self.purge()

    @contextmanager
    def _changing(self) -> Iterator[_Run]:
        """Yield what runs statements, all of which are one transaction."""
        with self._mutex:
            try:
                with self._connection:
                    yield self._run
            except sqlite3.Error as error:
                raise notices.LIBRARY_NOT_WRITTEN.error(problem=error) from error

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)

    def _all(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        with self._mutex, closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()

    def _one(self, statement: str, *values: object) -> tuple[Any, ...]:
        rows = self._all(statement, *values)
        if not rows:
            raise notices.GONE.error()
        return rows[0]


def now() -> str:
    """Return the time in UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def _insert_collection(run: _Run, user: str, name: str) -> int:
    return _id(run("INSERT INTO collections (user, name, created) VALUES (?, ?, ?)", user, _named(name), now()))


def _insert_article(run: _Run, collection: int, article: StoredArticle) -> int:
    values = (article.fields, article.made_with, article.added, article.tokens, article.size, article.entry)
    columns = "collection, fields, made_with, added, tokens, size, entry"
    number = _id(run(f"INSERT INTO articles ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?)", collection, *values))  # noqa: S608
    if article.original is not None:
        run("INSERT INTO originals VALUES (?, ?)", number, article.original)
    return number


def _remove_turns(run: _Run, collection: int, conversation: str, turns: Sequence[int]) -> None:
    for turn in turns:
        run(
            "DELETE FROM turns WHERE id = ? AND conversation IN "
            "(SELECT id FROM conversations WHERE id = ? AND collection = ?)",
            turn,
            conversation,
            collection,
        )


def _id(cursor: sqlite3.Cursor) -> int:
    assert cursor.lastrowid is not None  # noqa: S101 -- it inserted a row
    return cursor.lastrowid


def _found(cursor: sqlite3.Cursor) -> None:
    if not cursor.rowcount:
        raise notices.GONE.error()


def _named(name: str) -> str:
    """Return a name as it is shown, on one line.

    Raises
    ------
    QAError
        If it is empty.
    """
    name = one_line(name.encode("utf-8", "replace").decode())
    if not name:
        raise notices.NO_NAME.error()
    return name if len(name) <= LONGEST_NAME else name[: LONGEST_NAME - 1] + "\u2026"


def _contains(words: str, text: str | None) -> bool:
    folded = (text or "").casefold()
    return all(word in folded for word in words.casefold().split())


def _owner(folder: Path) -> str:
    """Return in words which process has a library open; an empty string where that is not known."""
    try:
        return f" (process {int((folder / OWNER).read_text(encoding='ascii')[:20])})"
    except (OSError, ValueError):
        return ""
