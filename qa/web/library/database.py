"""The database of a library folder: collections, articles and conversations in one SQLite file.

What a method changes is on disk when it returns: a crash loses nothing that was confirmed and shows nothing half done.
What is deleted can be restored until it is purged.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from qa.errors import QAError
from qa.web.library.articles import Articles, StoredArticle
from qa.web.library.collections import Collections, insert_collection
from qa.web.library.conversations import Conversations, StoredConversation, StoredTurn, insert_conversation
from qa.web.library.sqlite_file import SqliteFile, now

UNDO_DAYS = 7  # how long what was deleted can be restored


class LibraryDatabase:
    """The database in a folder, which is created if missing; errors as for `SqliteFile`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = SqliteFile(folder)
        self.collections = Collections(self.file)
        self.articles = Articles(self.file)
        self.conversations = Conversations(self.file)
        self.purge()

    def close(self) -> None:
        """Close it, so that another process can open it."""
        self.file.close()

    @property
    def secret(self) -> bytes:
        """The secret that signs this library's keys."""
        return bytes(self.file.row("SELECT value FROM secrets WHERE name = 'keys'")[0])

    def insert(
        self,
        user: str,
        name: str,
        articles: Iterable[StoredArticle],
        conversations: Sequence[tuple[StoredConversation, Sequence[StoredTurn]]],
    ) -> int:
        """Create a collection with everything in it, and return its id. If `articles` raises, nothing is kept.

        The collection counts as deleted until it is complete, so that others can use the library between two articles,
        and what a killed process leaves is purged.
        """
        with self.file.transaction() as run:
            collection = insert_collection(run, user, name)
            run("UPDATE collections SET deleted = ? WHERE id = ?", now(), collection)
        try:
            for article in articles:
                self.articles.add(collection, article)
            with self.file.transaction() as run:
                for conversation, turns in conversations:
                    insert_conversation(run, collection, conversation, turns)
                run("UPDATE collections SET deleted = NULL WHERE id = ?", collection)
        except BaseException:
            with suppress(QAError):
                self.file.change("DELETE FROM collections WHERE id = ?", collection)
            raise
        return collection

    def purge(self, days: float = UNDO_DAYS) -> None:
        """Remove for good what was deleted at least so many days ago."""
        before = (datetime.now(UTC) - timedelta(days=days)).isoformat()
        with self.file.transaction() as run:
            run("DELETE FROM articles WHERE deleted <= ?", before)
            run("DELETE FROM conversations WHERE deleted <= ?", before)
            run("DELETE FROM collections WHERE deleted <= ?", before)
        # Return free pages to the file system.
        self.file.rows("PRAGMA incremental_vacuum")
