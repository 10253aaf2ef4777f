"""Visitors' libraries by key, and how long they last.

A library is identified by its key: 256 random bits, signed, so that only keys issued by this process are valid. All
libraries use the same models and the same read-only index of the shared articles.
"""

from __future__ import annotations

import logging
import secrets
from collections import OrderedDict
from collections.abc import Callable, Sequence
from copy import copy
from threading import Lock, Thread
from time import monotonic
from typing import Any

from qa.documents.loader import LoadReport
from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.pipeline import QA
from qa.types import Answer
from qa.web import notices
from qa.web.libraries import Library
from qa.web.library.collection_registry import CollectionRegistry, is_signed, signed
from qa.web.library.database import LibraryDatabase
from qa.web.server.rate_limit import RateLimiter

_log = logging.getLogger(__name__)

RELOAD_SECONDS = 60.0  # how long a library outlives its page, so that a page can be reloaded
_MAX_REMEMBERED = 10_000  # pages and expired libraries


class LibraryRegistry:
    """The libraries of all visitors, by key.

    Parameters
    ----------
    bot : QA
        The shared documents.
    database : LibraryDatabase, optional
        Where pages save collections and conversations; without it, what a page adds is deleted soon. What a program
        adds without the key of a collection is always deleted soon.
    public : bool
        Whether anyone can open the page, which then reveals nothing about this computer.
    watched : sequence of str
        Paths of the shared documents, if they are watched for changes.
    """

    def __init__(
        self,
        bot: QA,
        clock: Callable[[], float] = monotonic,
        database: LibraryDatabase | None = None,
        *,
        public: bool = True,
        watched: Sequence[str] = (),
    ) -> None:
        self.shared = bot
        self.public = public
        self.watched = watched
        self._sandbox = Sandbox(bot.settings, warm=True)
        self.collections = CollectionRegistry(database, bot, self._sandbox) if database else None
        self._clock = clock
        settings = bot.settings
        self.questions = RateLimiter(
            "questions", settings.per_visitor_questions_per_minute, settings.total_questions_per_minute, clock
        )
        self._secret = secrets.token_bytes(32)
        self._lock = Lock()
        self._sharing = Lock()  # held while a change of the shared documents or the model is made
        self._libraries: dict[str, Library] = {}
        self._pages: OrderedDict[str, str] = OrderedDict()
        self._expired: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of libraries that were opened to add to."""
        return len(self._libraries)

    @property
    def upload_mb(self) -> float:
        """Size of the largest upload, in megabytes (1,000,000 bytes): a file, or a collection."""
        settings = self.shared.settings
        return settings.library_mb if self.collections else settings.per_visitor_mb

    def preload(self) -> None:
        """Load, in a thread, the articles that the first page shows where there is no login."""
        first = (self.first_key(""),)
        Thread(target=self.library_or_shared, args=first, name="library", daemon=True).start()

    def use_model(self, name: str) -> None:
        """Switch to another language model, or to none if the name is empty.

        Raises
        ------
        QAError
            If it is not available.
        """
        with self._sharing:
            self._share(self.shared.with_language_model(name))

    def share(self, report: LoadReport) -> None:
        """Replace the shared documents; questions that are being answered keep the previous ones."""
        with self._sharing:
            bot = copy(self.shared)
            bot.replace(report.documents)
            bot.load_report, bot.files = report, report.files
            # Built now, so that the next question does not wait for it.
            _ = bot.index.keyword
            self._share(bot)

    def _share(self, bot: QA) -> None:
        with self._lock:
            self.shared = bot
            libraries = list(self._libraries.values())
        for library in libraries:
            library.share(bot)
        if self.collections:
            self.collections.share(bot)

    def new_key(self) -> str:
        """Return a new, unique key."""
        return signed(secrets.token_urlsafe(32), self._secret)

    def page_opened(self, page: str, key: object, user: str = "") -> str:
        """Register an open page, and return its library's key: the one that its browser sent if valid, else a new one.

        The user is empty if no login is needed.
        """
        if self.collections:
            collection = self.collection(key)
            known = collection is not None and self.collections.database.collections.user_of(collection) == user
            return str(key) if known else self.collections.first_key(user)
        known = isinstance(key, str) and self._valid(key)
        key = key if isinstance(key, str) and known else self.new_key()
        with self._lock:
            self._pages[page] = key
            _forget_oldest(self._pages)
            if library := self._libraries.get(key):
                library.closed_at = None
        return key

    def page_closed(self, page: str) -> None:
        """Unregister a page; its library expires after `RELOAD_SECONDS`, unless another page has it open."""
        with self._lock:
            key = self._pages.pop(page, None)
            library = self._libraries.get(key or "")
            if library is not None and key not in self._pages.values():
                library.closed_at = self._clock()

    def library(self, key: str) -> Library:
        """Return the library of a key, which has only the shared documents before anything is added.

        Raises
        ------
        QAError
            If the key is invalid or, once, if its articles have expired.
        """
        if not key:
            return Library(self.shared, self._sandbox)
        if self.collections and (collection := self.collection(key)):
            self.collections.user_of(collection)
            return self.collections.library(collection)
        if not self._valid(key):
            raise notices.UNKNOWN_LIBRARY.error()
        self.sweep()
        with self._lock:
            if key in self._expired:
                del self._expired[key]
                minutes = self.shared.settings.visitor_idle_minutes
                raise notices.EXPIRED.error(minutes=minutes)
            library = self._libraries.get(key)
            if library is None:
                return Library(self.shared, self._sandbox)
            library.last_used = self._clock()
            return library

    def has_lost(self, key: str) -> bool:
        """Return whether the articles added with a key are gone. This does not count as a use of the library."""
        self.sweep()
        return not self.collection(key) and key not in self._libraries

    def library_or_shared(self, key: object) -> Library:
        """Return the library of a key; if that is invalid or has expired, only the shared documents are in it."""
        try:
            return self.library(key if isinstance(key, str) else "")
        except QAError:
            return self.library("")

    def open(self, key: str, visitor: str = "") -> Library:
        """Return the library of a key to add to, for a visitor at a network address.

        Raises
        ------
        QAError
            As for `library`, or if there are too many libraries.
        """
        if not key:
            raise notices.NO_KEY.error()
        library = self.library(key)
        if self.collection(key):
            return library
        with self._lock:
            if key not in self._libraries:
                self._check_visitors(visitor)
                library = self._libraries[key] = Library(self.shared, self._sandbox, self._all_libraries, visitor)
            library.last_used = self._clock()
            return library

    def discard(self, key: str) -> None:
        """Delete the library of a key."""
        with self._lock:
            self._libraries.pop(key, None)

    def first_key(self, user: str) -> str:
        """Return the key of the collection that a user's new page shows; empty if nothing is saved."""
        return self.collections.first_key(user) if self.collections else ""

    def collection(self, key: object) -> int | None:
        """Return the id of the saved collection that a key names; None if it names none."""
        return self.collections.collection(key) if self.collections and isinstance(key, str) else None

    def save_turn(self, key: str, question: str, answer: Answer, before: Sequence[str], replaced: Sequence[str]) -> str:
        """Save a question and its answer as `CollectionRegistry.save_turn` does; return "" if nothing is saved."""
        collection = self.collection(key)
        if self.collections is None or collection is None:
            return ""
        return self.collections.save_turn(collection, question, answer, before, replaced)

    def remove_turns(self, key: str, turns: Sequence[str]) -> None:
        """Remove turns by name, if conversations are saved."""
        if self.collections and (collection := self.collection(key)):
            self.collections.remove_turns(collection, turns)

    def _check_visitors(self, visitor: str) -> None:
        limit, own_limit = self.shared.settings.max_visitors, self.shared.settings.per_visitor_libraries
        if len(self._libraries) >= limit:
            raise notices.MANY_VISITORS.error(limit=limit)
        if sum(library.visitor == visitor for library in self._libraries.values()) >= own_limit:
            raise notices.MANY_LIBRARIES.error(limit=own_limit)

    def _all_libraries(self) -> list[Library]:
        with self._lock:
            return list(self._libraries.values())

    def sweep(self) -> None:
        """Delete the libraries whose page was closed or that were idle for too long, and purge the saved ones."""
        if self.collections:
            self.collections.purge()
        now, limit = self._clock(), 60 * self.shared.settings.visitor_idle_minutes
        with self._lock:
            for key, library in list(self._libraries.items()):
                closed = library.closed_at is not None and now - library.closed_at > RELOAD_SECONDS
                idle = now - library.last_used > limit
                if closed or idle:
                    library.cancellation.cancel()
                    del self._libraries[key]
                    _log.info("a visitor's library of %d articles has expired", len(library.added))
                if idle and not closed and library.added:
                    self._expired[key] = None
                    _forget_oldest(self._expired)

    def _valid(self, key: str) -> bool:
        return is_signed(key, key.partition(".")[0], self._secret)


def _forget_oldest(entries: OrderedDict[str, Any]) -> None:
    if len(entries) > _MAX_REMEMBERED:
        entries.popitem(last=False)
