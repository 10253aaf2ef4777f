"""The collections of all users, by key, as far as they are open.

A key names a collection and a conversation in it. It is signed with a secret of the library, so that only keys that
were given out are valid, and stay so when the server restarts.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock
from weakref import WeakValueDictionary

from qa.documents.sandbox import Sandbox
from qa.pipeline import QA
from qa.web import notices
from qa.web.library.database import LibraryDatabase
from qa.web.library.saved import SavedLibrary

PREFIX = "saved"
_MOST_OPEN = 8  # collections that stay in memory when nobody uses them


@dataclass(frozen=True, slots=True)
class Place:
    """What a key names: a collection, and a conversation in it, which may be one that has not begun."""

    collection: int
    conversation: str


class Shelf:
    """The collections of a database.

    Parameters
    ----------
    database : LibraryDatabase
    shared : QA
        The shared articles.
    sandbox : Sandbox
    """

    def __init__(self, database: LibraryDatabase, shared: QA, sandbox: Sandbox) -> None:
        self.database = database
        self._shared = shared
        self._sandbox = sandbox
        self._secret = database.secret
        self._lock = Lock()
        self._open: WeakValueDictionary[int, SavedLibrary] = WeakValueDictionary()
        self._recent: OrderedDict[int, SavedLibrary] = OrderedDict()

    def share(self, shared: QA) -> None:
        """Ask other shared articles from now on."""
        with self._lock:
            self._shared = shared
            libraries = list(self._open.values())
        for library in libraries:
            library.share(shared)

    def key(self, collection: int, conversation: str = "") -> str:
        """Return the key of a collection and one of its conversations; by default one that has not begun."""
        named = f"{PREFIX}.{collection}.{conversation or secrets.token_hex(8)}"
        return f"{named}.{self._signature(named)}"

    def first_key(self, user: str) -> str:
        """Return a key of the collection that a user's page shows at first: the last one made."""
        return self.key(self.database.collections(user)[-1].id)

    def place(self, key: str) -> Place | None:
        """Return what a key names; None if it is not one of this library."""
        named, _, signature = key.rpartition(".")
        if not hmac.compare_digest(signature.encode(errors="replace"), self._signature(named).encode()):
            return None
        _, collection, conversation = named.split(".")
        return Place(int(collection), conversation)

    def user_of(self, place: Place) -> str:
        """Return the user whose collection it is.

        Raises
        ------
        QAError
            If the collection was deleted.
        """
        user = self.database.user_of(place.collection)
        if user is None:
            raise notices.COLLECTION_DELETED.error()
        return user

    def library(self, collection: int) -> SavedLibrary:
        """Return a collection with its articles."""
        with self._lock:
            library = self._open.get(collection)
            if library is None:
                library = SavedLibrary(self._shared, self._sandbox, self.database, collection)
                self._open[collection] = library
            self._recent[collection] = library
            self._recent.move_to_end(collection)
            if len(self._recent) > _MOST_OPEN:
                self._recent.popitem(last=False)
            return library

    def forget(self, collection: int) -> None:
        """Forget a collection that was deleted: what is being added to it is cancelled."""
        with self._lock:
            self._recent.pop(collection, None)
            if library := self._open.pop(collection, None):
                library.cancellation.cancel()

    def _signature(self, named: str) -> str:
        return hmac.new(self._secret, named.encode(errors="replace"), "sha256").hexdigest()
