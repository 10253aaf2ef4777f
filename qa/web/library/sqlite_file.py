"""The SQLite file of a library folder: locked for one process, and changed in transactions."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from threading import RLock
from typing import Any

from filelock import FileLock, Timeout

from qa.text.lines import one_line
from qa.web import notices

FILE = "library.sqlite"
LOCK = ".cited-qa-library.lock"  # the file that a server locks while it has the library open
OWNER = ".cited-qa-library.owner"  # the file with the id of the process that holds the lock
FORMAT = 1
MAX_NAME_CHARACTERS = 200

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

Run = Callable[..., sqlite3.Cursor]  # runs one statement, given its text and its values, in the current transaction


class SqliteFile:
    """The file in a folder, which is created if missing.

    Only one process can open it; the threads of that process share the connection.

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
            raise notices.LIBRARY_IN_USE.error(str(folder), process=_owner(folder)) from None
        except OSError as error:
            raise notices.LIBRARY_NOT_WRITABLE.error(str(folder), problem=error.strerror or error) from error
        with ExitStack() as opened:
            opened.callback(self._lock.release)
            try:
                self._connection = sqlite3.connect(folder / FILE, check_same_thread=False)
                opened.callback(self._connection.close)
                self._prepare()
            except sqlite3.Error as error:
                raise notices.LIBRARY_NOT_READABLE.error(str(folder / FILE), problem=error) from error
            opened.pop_all()

    def close(self) -> None:
        """Close the file, so that another process can open it."""
        with self._mutex:
            self._connection.close()
            (self.folder / OWNER).unlink(missing_ok=True)
            self._lock.release()

    @contextmanager
    def transaction(self) -> Iterator[Run]:
        """Yield a function that runs statements in one transaction, which is on disk when the block ends.

        Raises
        ------
        QAError
            If the file cannot be written; nothing is changed then.
        """
        with self._mutex:
            try:
                with self._connection:
                    yield self._run
            except sqlite3.Error as error:
                raise notices.LIBRARY_NOT_WRITTEN.error(problem=error) from error

    def change(self, statement: str, *values: object) -> sqlite3.Cursor:
        """Run one statement as a transaction of its own; errors as for `transaction`."""
        with self.transaction() as run:
            return run(statement, *values)

    def change_row(self, statement: str, *values: object) -> None:
        """Run such a statement; raises a `QAError` if it changes no row: what it names does not exist."""
        if not self.change(statement, *values).rowcount:
            raise notices.GONE.error()

    def rows(self, statement: str, *values: object) -> list[tuple[Any, ...]]:
        """Return all rows of a query."""
        with self._mutex, closing(self._connection.execute(statement, values)) as cursor:
            return cursor.fetchall()

    def row(self, statement: str, *values: object) -> tuple[Any, ...]:
        """Return the first row of a query; raises a `QAError` if there is none."""
        rows = self.rows(statement, *values)
        if not rows:
            raise notices.GONE.error()
        return rows[0]

    def _prepare(self) -> None:
        run = self._connection.execute
        self._connection.create_function("contains", 2, _contains, deterministic=True)
        # Exclusive mode also works on drives without shared memory.
        run("PRAGMA locking_mode = EXCLUSIVE")
        run("PRAGMA auto_vacuum = INCREMENTAL")
        run("PRAGMA journal_mode = WAL")
        # Each commit is on disk when it returns.
        run("PRAGMA synchronous = FULL")
        run("PRAGMA foreign_keys = ON")
        run("PRAGMA secure_delete = ON")
        run("PRAGMA journal_size_limit = 64000000")
        [version] = run("PRAGMA user_version").fetchone()
        if version > FORMAT:
            raise notices.LIBRARY_NEWER.error(str(self.folder / FILE), found=version, known=FORMAT)
        if version < FORMAT:
            # In one transaction: a crash leaves either no tables or all of them with their version.
            script = f"BEGIN; {_TABLES} PRAGMA user_version = {FORMAT}; COMMIT;"
            self._connection.executescript(script)

    def _run(self, statement: str, *values: object) -> sqlite3.Cursor:
        return self._connection.execute(statement, values)


def now() -> str:
    """Return the time in UTC, in ISO 8601."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


def inserted_id(cursor: sqlite3.Cursor) -> int:
    """Return the id of the row that a statement inserted."""
    assert cursor.lastrowid is not None  # noqa: S101 -- it inserted a row
    return cursor.lastrowid


def row_id(text: str) -> int:
    """Return the id that a text from a browser names; 0, which no row has, if it names none."""
    return int(text) if text.isdecimal() and len(text) < len(str(2**63)) else 0


def checked_name(name: str) -> str:
    """Return a name on one line, at most `MAX_NAME_CHARACTERS` long; raises a `QAError` if it is empty."""
    name = one_line(name.encode("utf-8", "replace").decode())
    if not name:
        raise notices.NO_NAME.error()
    return name if len(name) <= MAX_NAME_CHARACTERS else name[: MAX_NAME_CHARACTERS - 1] + "\u2026"


def _contains(words: str, text: str | None) -> bool:
    folded = (text or "").casefold()
    return all(word in folded for word in words.casefold().split())


def _owner(folder: Path) -> str:
    """Return " (process N)" for the process that has a library open; an empty string if it is unknown."""
    try:
        return f" (process {int((folder / OWNER).read_text(encoding='ascii')[:20])})"
    except (OSError, ValueError):
        return ""
