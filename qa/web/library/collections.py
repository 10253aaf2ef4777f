"""Users' collections in the database of a library."""

from __future__ import annotations

from dataclasses import dataclass

from qa.web.library.sqlite_file import Run, SqliteFile, checked_name, inserted_id, now

FIRST_COLLECTION = "My articles"


@dataclass(frozen=True, slots=True)
class Collection:
    """A user's collection: its id, its name, and how many articles and conversations it has."""

    id: int
    name: str
    articles: int
    conversations: int


class Collections:
    """The collections in a library's file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def of_user(self, user: str) -> list[Collection]:
        """Return a user's collections, oldest first. A user without any gets a first one."""
        rows = self._file.rows(
            "SELECT id, name, (SELECT count(*) FROM articles WHERE collection = c.id AND deleted IS NULL), "
            "(SELECT count(*) FROM conversations WHERE collection = c.id AND deleted IS NULL) "
            "FROM collections c WHERE user = ? AND deleted IS NULL ORDER BY id",
            user,
        )
        if not rows:
            return [Collection(self.create(user, FIRST_COLLECTION), FIRST_COLLECTION, 0, 0)]
        return [Collection(*row) for row in rows]

    def user_of(self, collection: int) -> str | None:
        """Return the user of a collection; None if it does not exist or is deleted."""
        rows = self._file.rows("SELECT user FROM collections WHERE id = ? AND deleted IS NULL", collection)
        return str(rows[0][0]) if rows else None

    def create(self, user: str, name: str) -> int:
        """Create a collection, and return its id."""
        with self._file.transaction() as run:
            return insert_collection(run, user, name)

    def rename(self, collection: int, name: str) -> None:
        """Rename a collection."""
        self._file.change("UPDATE collections SET name = ? WHERE id = ?", checked_name(name), collection)

    def delete(self, collection: int) -> None:
        """Delete a collection and everything in it."""
        self._file.change("UPDATE collections SET deleted = ? WHERE id = ?", now(), collection)

    def restore(self, collection: int, user: str) -> None:
        """Restore a user's deleted collection."""
        change = "UPDATE collections SET deleted = NULL WHERE id = ? AND user = ?"
        self._file.change_row(change, collection, user)


def insert_collection(run: Run, user: str, name: str) -> int:
    """Insert a collection in the current transaction, and return its id."""
    statement = "INSERT INTO collections (user, name, created) VALUES (?, ?, ?)"
    return inserted_id(run(statement, user, checked_name(name), now()))
