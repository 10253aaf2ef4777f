"""The articles of collections in the database of a library."""

from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass

from qa.errors import QAError
from qa.web.library.sqlite_file import SqliteFile, inserted_id, now


@dataclass(frozen=True, slots=True)
class StoredArticle:
    """An article as it is stored."""

    fields: str  # the document's, as JSON
    entry: bytes  # everything else that an index needs; see `qa.index.serialization`
    made_with: str  # fingerprint of the model and the settings that it was embedded with
    added: str  # UTC, ISO 8601
    tokens: int
    size: int  # in bytes
    original: bytes | None = None  # the file, if its pages can be shown; queries leave it out, see `Articles.original`
    id: int = 0  # 0 until it is stored


class Articles:
    """The articles in a library's file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def add(self, collection: int, article: StoredArticle) -> int:
        """Add an article to a collection, and return its id."""
        values = (article.fields, article.made_with, article.added, article.tokens, article.size, article.entry)
        statement = (
            "INSERT INTO articles (collection, fields, made_with, added, tokens, size, entry) "
            "VALUES (?, ?, ?, ?, ?, ?, ?)"
        )
        with self._file.transaction() as run:
            number = inserted_id(run(statement, collection, *values))
            if article.original is not None:
                run("INSERT INTO originals VALUES (?, ?)", number, article.original)
        return number

    def ids(self, collection: int) -> list[int]:
        """Return the ids of the articles of a collection, in the order added."""
        query = "SELECT id FROM articles WHERE collection = ? AND deleted IS NULL ORDER BY id"
        return [article for (article,) in self._file.rows(query, collection)]

    def title(self, article: int) -> str:
        """Return the title of an article, also if the rest of it is damaged."""
        try:
            return str(json.loads(self._file.row("SELECT fields FROM articles WHERE id = ?", article)[0])["title"])
        except (QAError, sqlite3.Error, ValueError, LookupError, TypeError):
            return f"Article {article}"

    def get(self, collection: int, article: int) -> StoredArticle:
        """Return an article of a collection.

        Raises
        ------
        QAError
            If the collection has no such article.
        sqlite3.Error
            If the article is damaged.
        """
        fields, entry, made_with, added, tokens, size = self._file.row(
            "SELECT fields, entry, made_with, added, tokens, size FROM articles "
            "WHERE id = ? AND collection = ? AND deleted IS NULL",
            article,
            collection,
        )
        return StoredArticle(fields, entry, made_with, added, tokens, size, id=article)

    def original(self, article: int) -> bytes | None:
        """Return the file of an article, if it was kept."""
        rows = self._file.rows("SELECT data FROM originals WHERE article = ?", article)
        return rows[0][0] if rows else None

    def used_bytes(self, user: str) -> int:
        """Return the total size of a user's articles."""
        [total] = self._file.row(
            "SELECT coalesce(sum(a.size), 0) FROM articles a JOIN collections c ON c.id = a.collection "
            "WHERE c.user = ? AND a.deleted IS NULL AND c.deleted IS NULL",
            user,
        )
        return int(total)

    def replace_entry(self, article: int, entry: bytes, made_with: str) -> None:
        """Replace the index entry of an article that was embedded again."""
        self._file.change("UPDATE articles SET entry = ?, made_with = ? WHERE id = ?", entry, made_with, article)

    def delete(self, collection: int, article: int) -> None:
        """Delete an article."""
        change = "UPDATE articles SET deleted = ? WHERE id = ? AND collection = ?"
        self._file.change(change, now(), article, collection)

    def restore(self, collection: int, article: int) -> None:
        """Restore a deleted article; raises a `QAError` if it is not deleted."""
        change = "UPDATE articles SET deleted = NULL WHERE id = ? AND collection = ? AND deleted IS NOT NULL"
        self._file.change_row(change, article, collection)

    def move(self, article: int, collection: int, to: int, fields: str) -> None:
        """Move an article to another collection, and replace its document's fields."""
        change = "UPDATE articles SET collection = ?, fields = ? WHERE id = ? AND collection = ? AND deleted IS NULL"
        self._file.change_row(change, to, fields, article, collection)
