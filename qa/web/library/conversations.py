"""The conversations of collections in the database of a library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from qa.web.library.sqlite_file import Run, SqliteFile, checked_name, inserted_id, now

_ADD_TURN = "INSERT INTO turns (conversation, question, words, answer) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class StoredConversation:
    """A conversation: its id, its name, and when it began and last changed (UTC, ISO 8601)."""

    id: str
    name: str
    created: str
    changed: str


@dataclass(frozen=True, slots=True)
class StoredTurn:
    """A question, its answer as JSON, and the text of both for searches."""

    question: str
    answer: str
    words: str
    id: int = 0


class Conversations:
    """The conversations in a library's file."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    def search(self, collection: int, words: str = "", limit: int = 1000) -> list[StoredConversation]:
        """Return the conversations of a collection that contain all of the words, latest first."""
        rows = self._file.rows(
            "SELECT id, name, created, changed FROM conversations c WHERE collection = ? AND deleted IS NULL "
            "AND (? = '' OR contains(?, name || ' ' || "
            "coalesce((SELECT group_concat(words) FROM turns WHERE conversation = c.id), ''))) "
            "ORDER BY changed DESC, id LIMIT ?",
            collection,
            words.strip(),
            words,
            limit,
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
        self._file.row(known, conversation, collection)
        query = "SELECT question, answer, words, id FROM turns WHERE conversation = ? ORDER BY id"
        return [StoredTurn(*row) for row in self._file.rows(query, conversation)]

    def add_turn(self, collection: int, conversation: str, turn: StoredTurn, replaced: Sequence[int] = ()) -> int:
        """Add a turn to a conversation, in place of others; return its id.

        A new conversation is created and named after the question; a deleted one is restored.
        """
        with self._file.transaction() as run:
            run(
                "INSERT INTO conversations VALUES (?, ?, ?, ?, ?, NULL) ON CONFLICT (id) DO UPDATE "
                "SET changed = excluded.changed, deleted = NULL WHERE collection = excluded.collection",
                conversation,
                collection,
                checked_name(turn.question),
                now(),
                now(),
            )
            # The id may be that of a conversation in another collection.
            self._file.row("SELECT 1 FROM conversations WHERE id = ? AND collection = ?", conversation, collection)
            _remove_turns(run, collection, conversation, replaced)
            return inserted_id(run(_ADD_TURN, conversation, turn.question, turn.words, turn.answer))

    def remove_turns(self, collection: int, conversation: str, turns: Sequence[int]) -> None:
        """Remove turns of a conversation, and delete it if none is left."""
        with self._file.transaction() as run:
            _remove_turns(run, collection, conversation, turns)
            run(
                "UPDATE conversations SET deleted = ? WHERE id = ? AND collection = ? "
                "AND NOT EXISTS (SELECT 1 FROM turns WHERE conversation = conversations.id)",
                now(),
                conversation,
                collection,
            )

    def rename(self, collection: int, conversation: str, name: str) -> None:
        """Rename a conversation."""
        change = "UPDATE conversations SET name = ? WHERE id = ? AND collection = ?"
        self._file.change(change, checked_name(name), conversation, collection)

    def delete(self, collection: int, conversation: str) -> None:
        """Delete a conversation."""
        change = "UPDATE conversations SET deleted = ? WHERE id = ? AND collection = ?"
        self._file.change(change, now(), conversation, collection)

    def restore(self, collection: int, conversation: str) -> None:
        """Restore a deleted conversation."""
        change = "UPDATE conversations SET deleted = NULL WHERE id = ? AND collection = ?"
        self._file.change_row(change, conversation, collection)


def insert_conversation(run: Run, collection: int, found: StoredConversation, turns: Sequence[StoredTurn]) -> None:
    """Insert a conversation with its turns in the current transaction."""
    values = (found.id, collection, checked_name(found.name), found.created, found.changed)
    run("INSERT INTO conversations VALUES (?, ?, ?, ?, ?, NULL)", *values)
    for turn in turns:
        run(_ADD_TURN, found.id, turn.question, turn.words, turn.answer)


def _remove_turns(run: Run, collection: int, conversation: str, turns: Sequence[int]) -> None:
    for turn in turns:
        run(
            "DELETE FROM turns WHERE id = ? AND conversation IN "
            "(SELECT id FROM conversations WHERE id = ? AND collection = ?)",
            turn,
            conversation,
            collection,
        )
