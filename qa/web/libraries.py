"""Each visitor's own articles, asked together with the shared ones, seen by nobody else, and gone after a while.

A library is known by its key alone: 256 bits that are signed, so that only keys given out by this process open one. The
shared articles are read-only and their models are loaded once, for all.
"""

from __future__ import annotations

import hmac
import secrets
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import PurePath
from threading import Lock
from time import monotonic
from typing import Any

from qa.documents.analysis import Analysis
from qa.documents.loader import Content, file_content, text_content
from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.files import MEGABYTE
from qa.index.base import MutableIndex
from qa.index.composite import CompositeIndex
from qa.index.memory import PassageIndex
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document, Progress
from qa.web.overviews import KeptOverview, keep
from qa.web.server.rate_limit import RateLimiter

RELOAD_SECONDS = 60.0
"""How long a library outlives its page, so that a page can be loaded anew."""

_MOST_REMEMBERED = 10_000  # pages and expired libraries


@dataclass(frozen=True, slots=True)
class Added:
    """An article that a visitor added.

    Attributes
    ----------
    document, when : Document, datetime
        What was added, and when in UTC.
    tokens, size : int
        Its length in tokens (tiktoken cl100k), and in bytes: of the file, the page, or pasted text in UTF-8.
    file : bytes or None
        The file itself, kept where the source pane shows its pages; None otherwise.
    overview : KeptOverview
        For the source pane, made in the sandbox.
    """

    document: Document
    when: datetime
    tokens: int
    size: int
    file: bytes | None = field(repr=False)
    overview: KeptOverview = field(repr=False)


class Library:
    """The shared articles and those of one visitor. May be asked while it changes.

    Parameters
    ----------
    shared : QA
        Never changed from here.
    sandbox : Sandbox
        Reads what is added.
    others : callable, optional
        Gives all libraries that hold something, with which this one shares the limits for all.
    visitor : str
        The address on the network that the library was opened from.
    """

    def __init__(
        self, shared: QA, sandbox: Sandbox, others: Callable[[], Iterable[Library]] = tuple, visitor: str = ""
    ) -> None:
        self._shared = shared
        self.sandbox = sandbox
        self._others = others
        self.visitor = visitor
        self._changing = Lock()
        self._added: dict[str, Added] = {}
        self._own: MutableIndex = PassageIndex(shared.index.dimension)
        self.bot = shared
        self.last_used = 0.0
        self.left: float | None = None

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents that can be asked, the shared ones first."""
        return self.bot.documents

    @property
    def added(self) -> Mapping[str, Added]:
        """The visitor's own, by document id, in the order added."""
        return self._added

    def add_file(self, data: bytes, name: str, progress: Progress | None = None) -> Added:
        """Add an uploaded file; its name tells the format.

        Raises
        ------
        QAError
            If it cannot be read, is here already, or goes beyond a limit.
        """
        name = PurePath(name).name
        self._check_room(name, len(data))
        return self._add(file_content(data, name, max_file_mb=self._settings.per_visitor_mb), progress)

    def add_text(self, text: str, title: str = "", progress: Progress | None = None) -> Added:
        """Add pasted text; its title is its first words if none is given. Errors as for `add_file`."""
        self._check_room(title.strip() or "the text", len(text.encode(errors="replace")))
        return self._add(text_content(text, title, max_file_mb=self._settings.per_visitor_mb), progress)

    def add_url(self, url: str, progress: Progress | None = None) -> Added:
        """Add what is at a web address, if the settings allow that. Errors as for `add_file`."""
        from qa.documents.web_pages import fetch, fetched_content

        url = url.strip()
        if not self._settings.allow_urls:
            raise QAError(f"{url}: adding web addresses is turned off; save the page and add the file")
        self._check_room(url, 0)
        fetched = fetch(url, max_file_mb=self._settings.per_visitor_mb)
        self._check_room(url, len(fetched.data))
        return self._add(fetched_content(fetched, max_file_mb=self._settings.per_visitor_mb), progress)

    def remove(self, document_id: str) -> None:
        """Remove one of the visitor's own documents.

        Raises
        ------
        QAError
            If it is not one of them.
        """
        with self._changing:
            if document_id not in self._added:
                raise QAError(f"{document_id}: not one of your articles")
            self._hold({name: added for name, added in self._added.items() if name != document_id})

    @property
    def _settings(self) -> Settings:
        return self._shared.settings

    def _add(self, content: Content, progress: Progress | None) -> Added:
        settings = self._settings
        document, analysis = self.sandbox.load(content, settings.chunk_tokens, settings.per_visitor_tokens)
        with self._changing:
            same = next((other for other in self.documents.values() if other.text == document.text), None)
            if same is not None:
                raise QAError(f"{document.source}: already in the library as {same.title}")
            document = self._named_apart(document)
            tokens = analysis if isinstance(analysis, int) else analysis.tokens
            self._check_tokens(document, tokens)
            assert not isinstance(analysis, int)  # noqa: S101 -- it would have been too many
            overview = keep(document, analysis.overview)
            # The file is kept where its printed pages can be shown.
            file = content.data if content.suffix == ".pdf" else None
            added = Added(document, datetime.now(UTC), tokens, len(content.data), file, overview)
            self._hold({**self._added, document.id: added}, progress, {document.id: analysis.of(document.id)})
        return added

    def _hold(
        self,
        added: dict[str, Added],
        progress: Progress | None = None,
        analyses: Mapping[str, Analysis] | None = None,
    ) -> None:
        """Make these the visitor's own; whoever asks meanwhile keeps the documents that there were."""
        own = self._asking(self._own)
        own.replace([each.document for each in added.values()], progress, analyses)
        bot = self._asking(CompositeIndex(self._shared.index, own.index)) if added else self._shared
        self._added, self._own, self.bot = added, own.index, bot

    def _asking(self, index: MutableIndex) -> QA:
        """Return a bot that asks an index with the shared models."""
        shared = self._shared
        return QA(shared.settings, embedder=shared.embedder, reader=shared.reader, phraser=shared.phraser, index=index)

    def _named_apart(self, document: Document) -> Document:
        """Return the document under an id that is not taken: "name.txt", "name (2).txt" and so on."""
        path, number, name = PurePath(document.id), 1, document.id
        while name in self.documents:
            number += 1
            name = f"{path.stem} ({number}){path.suffix}"
        return Document(name, document.text, document.title, document.source, document.page_starts)

    def _check_room(self, name: str, size: int) -> None:
        settings = self._settings
        everyone = sum(added.size for library in self._others() for added in library.added.values())
        if everyone + size > settings.total_visitor_mb * MEGABYTE:
            raise QAError(
                f"{name}: storage for visitors' articles is full: the limit is {settings.total_visitor_mb:g} MB; "
                "try again later"
            )
        if len(self._added) >= settings.per_visitor_documents:
            raise QAError(
                f"{name}: the limit is {settings.per_visitor_documents} articles per visitor; remove one first"
            )
        held = sum(added.size for added in self._added.values())
        if held + size > settings.per_visitor_mb * MEGABYTE:
            problem = f"has {size:,} bytes and your other articles {held:,}"
            raise QAError(f"{name}: {problem}; the limit is {settings.per_visitor_mb:g} MB in total")

    def _check_tokens(self, document: Document, tokens: int) -> None:
        most = self._settings.total_visitor_tokens
        everyone = sum(added.tokens for library in self._others() for added in library.added.values())
        if everyone + tokens > most:
            problem = f"has {tokens:,} tokens and all visitors' articles {everyone:,}; the limit is {most:,} in total"
            raise QAError(f"{document.source}: {problem}; try again later")
        most = self._settings.per_visitor_tokens
        held = sum(added.tokens for added in self._added.values())
        if held + tokens > most:
            problem = f"has {tokens:,} tokens and your other articles {held:,}"
            raise QAError(f"{document.source}: {problem}; the limit is {most:,} in total")


class Visitors:
    """The libraries of all visitors, by key.

    Parameters
    ----------
    bot : QA
        The shared documents.
    clock : callable, optional
        Seconds that only grow; for tests.

    Attributes
    ----------
    questions : RateLimiter
        What may be asked in a minute.
    """

    def __init__(self, bot: QA, clock: Callable[[], float] = monotonic) -> None:
        self.shared = bot
        self._sandbox = Sandbox(bot.settings, spare=True)
        self._clock = clock
        settings = bot.settings
        self.questions = RateLimiter(
            "questions", settings.per_visitor_questions_per_minute, settings.total_questions_per_minute, clock
        )
        self._secret = secrets.token_bytes(32)
        self._lock = Lock()
        self._libraries: dict[str, Library] = {}
        self._pages: OrderedDict[str, str] = OrderedDict()
        self._expired: OrderedDict[str, None] = OrderedDict()

    def __len__(self) -> int:
        """Return the number of libraries that hold something."""
        return len(self._libraries)

    def new_key(self) -> str:
        """Return a key that nobody has."""
        nonce = secrets.token_urlsafe(32)
        return f"{nonce}.{self._signature(nonce)}"

    def arrive(self, page: str, key: object) -> str:
        """Note that a page was opened, and return the key of its library: the one that it brings, or a new one.

        Parameters
        ----------
        page : str
            What tells the page from others until it is closed.
        key : object
            What the browser kept from before, if anything.
        """
        known = isinstance(key, str) and self._valid(key)
        key = key if isinstance(key, str) and known else self.new_key()
        with self._lock:
            self._pages[page] = key
            _forget_oldest(self._pages)
            if library := self._libraries.get(key):
                library.left = None
        return key

    def leave(self, page: str) -> None:
        """Note that a page was closed; its library goes `RELOAD_SECONDS` later, unless another page has it open."""
        with self._lock:
            key = self._pages.pop(page, None)
            library = self._libraries.get(key or "")
            if library is not None and key not in self._pages.values():
                library.left = self._clock()

    def library(self, key: str) -> Library:
        """Return the library of a key; one without a key, or in which nothing is, holds the shared documents.

        Raises
        ------
        QAError
            If no such key was given out, or, once, if what it held was deleted meanwhile.
        """
        if not key:
            return Library(self.shared, self._sandbox)
        if not self._valid(key):
            raise QAError("unknown library key: it may be from before a restart of the server; add your articles again")
        self.sweep()
        with self._lock:
            if key in self._expired:
                del self._expired[key]
                minutes = self.shared.settings.visitor_idle_minutes
                raise QAError(f"your articles were deleted after {minutes:g} minutes without use; add them again")
            library = self._libraries.get(key)
            if library is None:
                return Library(self.shared, self._sandbox)
            library.last_used = self._clock()
            return library

    def open(self, key: str, visitor: str = "") -> Library:
        """Return the library of a key to add to, for a visitor known by an address on the network.

        Raises
        ------
        QAError
            As for `library`, or if there are too many already.
        """
        if not key:
            raise QAError("the library key is missing; reload the page")
        library = self.library(key)
        with self._lock:
            if key not in self._libraries:
                self._check_visitors(visitor)
                library = self._libraries[key] = Library(self.shared, self._sandbox, self._held, visitor)
            library.last_used = self._clock()
            return library

    def _check_visitors(self, visitor: str) -> None:
        most, own = self.shared.settings.max_visitors, self.shared.settings.per_visitor_libraries
        if len(self._libraries) >= most:
            raise QAError(f"too many visitors have articles of their own: the limit is {most}; try again later")
        if sum(library.visitor == visitor for library in self._libraries.values()) >= own:
            raise QAError(f"too many libraries: the limit is {own} per visitor; use the key of one that you have")

    def _held(self) -> list[Library]:
        with self._lock:
            return list(self._libraries.values())

    def sweep(self) -> None:
        """Delete the libraries whose page is closed, or that nobody used for long."""
        now, most = self._clock(), 60 * self.shared.settings.visitor_idle_minutes
        with self._lock:
            for key, library in list(self._libraries.items()):
                closed = library.left is not None and now - library.left > RELOAD_SECONDS
                idle = now - library.last_used > most
                if closed or idle:
                    del self._libraries[key]
                if idle and not closed and library.added:
                    self._expired[key] = None
                    _forget_oldest(self._expired)

    def _valid(self, key: str) -> bool:
        nonce, _, signature = key.partition(".")
        return hmac.compare_digest(signature.encode(errors="replace"), self._signature(nonce).encode())

    def _signature(self, nonce: str) -> str:
        return hmac.new(self._secret, nonce.encode(errors="replace"), "sha256").hexdigest()


def _forget_oldest(entries: OrderedDict[str, Any]) -> None:
    if len(entries) > _MOST_REMEMBERED:
        entries.popitem(last=False)
