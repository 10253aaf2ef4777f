"""Open collections by key.

A key names a collection and is signed with the library's secret, so that only keys that this library issued are valid,
after a restart too.
"""

from __future__ import annotations

import hmac
import logging
import secrets
import sqlite3
from collections import OrderedDict
from collections.abc import Sequence
from threading import Lock
from time import monotonic
from weakref import WeakValueDictionary

from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.pipeline import QA
from qa.types import Answer
from qa.web import notices
from qa.web.library.answers import stored_turn
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import SavedLibrary
from qa.web.library.sqlite_file import row_id

PREFIX = "saved"
_log = logging.getLogger(__name__)
_TICKET_SECONDS = 600.0
_PURGE_SECONDS = 3600.0
_MAX_IDLE_COLLECTIONS = 8  # stay in memory when nobody uses them


class CollectionRegistry:
    """The collections of a database."""

    def __init__(self, database: LibraryDatabase, shared: QA, sandbox: Sandbox) -> None:
        self.database = database
        self._shared = shared
        self._sandbox = sandbox
        self._secret = database.secret
        self._lock = Lock()
        self._open: WeakValueDictionary[int, SavedLibrary] = WeakValueDictionary()
        self._recent: OrderedDict[int, SavedLibrary] = OrderedDict()
        self._loading: dict[int, Lock] = {}
        self._tickets: dict[str, tuple[int, float]] = {}
        self._purged = monotonic()  # when the database was opened

    def share(self, shared: QA) -> None:
        """Replace the shared articles."""
        with self._lock:
            self._shared = shared
            libraries = list(self._open.values())
        for library in libraries:
            library.share(shared)

    def key(self, collection: int) -> str:
        """Return the key of a collection."""
        return signed(f"{PREFIX}.{collection}", self._secret)

    def first_key(self, user: str) -> str:
        """Return the key of a user's newest collection, which a new page shows."""
        return self.key(self.database.collections.of_user(user)[-1].id)

    def collection(self, key: str) -> int | None:
        """Return the id of the collection that a key names; None if the key is invalid."""
        named = key.rpartition(".")[0]
        return int(named.removeprefix(f"{PREFIX}.")) if is_signed(key, named, self._secret) else None

    def user_of(self, collection: int) -> str:
        """Return the user of a collection; raises a `QAError` if the collection was deleted."""
        user = self.database.collections.user_of(collection)
        if user is None:
            raise notices.COLLECTION_DELETED.error()
        return user

    def name_of(self, collection: int) -> str:
        """Return the name of a collection; errors as for `user_of`."""
        names = {each.id: each.name for each in self.database.collections.of_user(self.user_of(collection))}
        return names[collection]

    def save_turn(
        self, collection: int, question: str, answer: Answer, before: Sequence[str], replaced: Sequence[str]
    ) -> str:
        """Save a question and its answer, and return the name of the turn.

        It follows the turns named in `before`, or begins a conversation, and replaces those named in `replaced`.
        """
        turn = stored_turn(question, answer)
        conversation = _split_name([*before, *replaced][-1])[0] if before or replaced else ""
        known = conversation or secrets.token_hex(8)
        numbers = [number for name, number in map(_split_name, replaced) if name == known]
        try:
            return f"{known}:{self.database.conversations.add_turn(collection, known, turn, numbers)}"
        except QAError:
            if not conversation:
                raise
            # The conversation is in another collection, or was purged: begin a new one.
            return self.save_turn(collection, question, answer, (), ())

    def remove_turns(self, collection: int, turns: Sequence[str]) -> None:
        """Remove turns of a collection, given their names."""
        for conversation, number in map(_split_name, turns):
            self.database.conversations.remove_turns(collection, conversation, [number])

    def library(self, collection: int) -> SavedLibrary:
        """Return an open collection; it is loaded if necessary."""
        with self._lock:
            loading, shared = self._loading.setdefault(collection, Lock()), self._shared
        # Loading may take minutes: those who use other collections do not wait for it.
        with loading:
            library = self._open.get(collection) or SavedLibrary(shared, self._sandbox, self.database, collection)
            with self._lock:
                is_outdated = shared is not self._shared
                self._open[collection] = self._recent[collection] = library
                self._recent.move_to_end(collection)
                if len(self._recent) > _MAX_IDLE_COLLECTIONS:
                    self._recent.popitem(last=False)
        if is_outdated:
            library.share(self._shared)
        return library

    def ticket(self, collection: int) -> str:
        """Return a ticket to download a collection, once and within `_TICKET_SECONDS`."""
        ticket, now = secrets.token_urlsafe(24), monotonic()
        with self._lock:
            self._tickets = {each: kept for each, kept in self._tickets.items() if now - kept[1] < _TICKET_SECONDS}
            self._tickets[ticket] = (collection, now)
        return ticket

    def redeem(self, ticket: str) -> int | None:
        """Return the collection that a ticket is for; None if it is unknown, used or expired."""
        with self._lock:
            collection, since = self._tickets.pop(ticket, (0, 0.0))
        return collection if collection and monotonic() - since < _TICKET_SECONDS else None

    def close(self, collection: int) -> None:
        """Close a deleted collection, and cancel what is being added to it."""
        with self._lock:
            self._recent.pop(collection, None)
            if library := self._open.pop(collection, None):
                library.cancellation.cancel()

    def purge(self) -> None:
        """Remove for good, once an hour, what was deleted too long ago to be restored."""
        if monotonic() - self._purged < _PURGE_SECONDS:
            return
        self._purged = monotonic()
        try:
            self.database.purge()
        except (QAError, sqlite3.Error) as error:
            _log.warning("what was deleted is still on the disk: %s", error)


def signed(text: str, secret: bytes) -> str:
    """Return a key: a text and its signature."""
    return f"{text}.{hmac.new(secret, text.encode(errors='replace'), 'sha256').hexdigest()}"


def is_signed(key: str, text: str, secret: bytes) -> bool:
    """Return whether a key from a browser is that of a text."""
    return hmac.compare_digest(key.encode(errors="replace"), signed(text, secret).encode(errors="replace"))


def _split_name(name: str) -> tuple[str, int]:
    conversation, _, number = name.rpartition(":")
    return conversation, row_id(number)
