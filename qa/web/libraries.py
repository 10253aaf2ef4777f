"""A visitor's library: the shared articles, and private ones that nobody else can see."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain, islice
from pathlib import PurePath, PurePosixPath
from threading import Lock

from qa.cancellation import Cancellation
from qa.documents.content import Content, file_content, text_content
from qa.documents.sandbox import Sandbox
from qa.errors import CancelledError
from qa.files import MEGABYTE
from qa.index.base import EmbeddedDocument, MutableIndex
from qa.index.builder import embed_in_parts
from qa.index.composite import CompositeIndex
from qa.index.delta import rebuild_changed
from qa.index.memory import PassageIndex
from qa.pipeline import QA
from qa.settings import Settings
from qa.types import Document
from qa.web import notices
from qa.web.overviews import CachedOverview, cache_overview

_MAX_RECENT_CHUNKS = 1000  # before the index of recent articles is merged into the larger one
_MAX_COMPARED_ARTICLES = 1000  # shared articles that a new one is compared with, to find duplicates


@dataclass(frozen=True, slots=True)
class Added:
    """An article that a visitor added."""

    document: Document
    when: datetime  # in UTC
    tokens: int  # tiktoken cl100k
    size: int  # in bytes: of the file, the page, or pasted text in UTF-8
    file: bytes | None = field(repr=False)  # a PDF, kept in memory for pictures of its pages; see `Library.file`
    overview: CachedOverview | None = field(repr=False)  # None if it is computed when shown
    read: float = 1.0  # share of its text that can be searched so far, 0 to 1
    stored_id: int = 0  # in the database of a saved library; 0 in others


PartAdded = Callable[[Added], object]  # called each time more of an article can be searched


class Library:
    """The shared articles and those of one visitor. It is thread-safe, and can be asked while it changes.

    The parts of an article that are embedded can be searched while the rest is embedded. If that fails or is cancelled,
    the whole article is removed. Set a new `cancellation` before each addition.

    Parameters
    ----------
    shared : QA
        The shared articles; only `share` replaces them.
    others : callable, optional
        Returns all libraries that count towards the total limits.
    visitor : str
        Network address of the visitor who opened the library.
    """

    def __init__(
        self, shared: QA, sandbox: Sandbox, others: Callable[[], Iterable[Library]] = tuple, visitor: str = ""
    ) -> None:
        self._shared = shared
        self.sandbox = sandbox
        self._others = others
        self.visitor = visitor
        self.cancellation = Cancellation()
        self.unread = 0  # articles to be added of which no part can be searched yet
        self._adding, self._lock = Lock(), Lock()
        self._added: dict[str, Added] = {}
        # Recent articles have an index of their own, so that adding one does not get slower as the library grows.
        self._main: MutableIndex = PassageIndex(shared.index.dimension)
        self._recent: MutableIndex = PassageIndex(shared.index.dimension)
        self.bot = shared
        self.changes = 0  # of the articles so far: tells which of two lists is newer
        self.last_used = 0.0
        self.closed_at: float | None = None

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents, the shared ones first."""
        return self.bot.documents

    @property
    def added(self) -> Mapping[str, Added]:
        """The visitor's own articles by document id, in the order added."""
        return self._added

    @property
    def largest_mb(self) -> float:
        """Size of the largest file that can be added, in megabytes (1,000,000 bytes)."""
        return self._settings.per_visitor_mb

    @property
    def damaged(self) -> Mapping[str, str]:
        """Titles of the visitor's articles that could not be read from disk, by the id to remove them with."""
        return {}

    def file(self, document_id: str) -> bytes | None:
        """Return the file of one of the visitor's own articles, if it is a PDF; None for other articles."""
        added = self._added.get(document_id)
        return added.file if added else None

    def add_file(self, data: bytes, name: str, part_added: PartAdded | None = None, *, archive: str = "") -> Added:
        """Add an uploaded file, or one from an archive or folder. The suffix of its name tells its format.

        Raises
        ------
        QAError
            If it cannot be read, is in the library already, exceeds a limit, or is cancelled.
        """
        name = f"{archive}/{name}" if archive else PurePath(name).name
        self._check_room(name, len(data))
        content = file_content(data, name, document_id=name, max_file_mb=self.largest_mb)
        return self._add(content, part_added)

    def unpack(self, data: bytes, name: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
        """Return the content of each file in an uploaded zip archive, and the reason for each one left out, by path.

        Errors as for `add_file`.
        """
        self._check_room(name, len(data))
        return self.sandbox.unpack(data, name, int(self.largest_mb * MEGABYTE), self.cancellation)

    def add_text(self, text: str, title: str = "", part_added: PartAdded | None = None) -> Added:
        """Add pasted text; the default title is its first words. Errors as for `add_file`."""
        self._check_room(title.strip() or "pasted text", len(text.encode(errors="replace")))
        return self._add(text_content(text, title, max_file_mb=self.largest_mb), part_added)

    def add_url(self, url: str, part_added: PartAdded | None = None) -> Added:
        """Add the page or file at a web address, if the settings allow it. Errors as for `add_file`."""
        from qa.documents.web_pages import fetch, fetched_content

        url = url.strip()
        if not self._settings.allow_urls:
            raise notices.ADDRESSES_OFF.error(url)
        self._check_room(url, 0)
        cancellation = self.cancellation
        fetched = fetch(url, max_file_mb=self.largest_mb)
        self._check_room(url, len(fetched.data))
        content = fetched_content(fetched, max_file_mb=self.largest_mb)
        return self._add(content, part_added, cancellation)

    def remove(self, document_id: str) -> None:
        """Remove one of the visitor's own articles; if it is still being added, that alone is cancelled.

        Raises
        ------
        QAError
            If it is not one of them.
        """
        with self._lock:
            if document_id not in self._added:
                raise notices.NOT_YOURS.error(document_id)
            if self._added[document_id].read == 1:
                self._delete_saved(self._added[document_id])
            self._remove(document_id)

    def share(self, shared: QA) -> None:
        """Replace the shared articles; questions that are being answered keep the previous ones."""
        with self._adding, self._lock:
            self._shared = shared
            added: dict[str, Added] = {}
            entries = []
            for name, each in self._added.items():
                document = with_unique_id(each.document, shared.documents, added)
                added[document.id] = replace(each, document=document)
                if document.id != name:
                    index = self._main if name in self._main.documents else self._recent
                    entries.append(index.entry(name).with_document(document))
            self._replace(added, entries)

    @property
    def _settings(self) -> Settings:
        return self._shared.settings

    def _add(self, content: Content, part_added: PartAdded | None, cancellation: Cancellation | None = None) -> Added:
        settings, cancellation = self._settings, cancellation or self.cancellation
        document, analysis = self.sandbox.load(content, settings.chunk_tokens, self._max_tokens, cancellation)
        with self._adding:
            own = (each.document for each in self.added.values())
            known = chain(own, islice(self._shared.documents.values(), _MAX_COMPARED_ARTICLES))
            same = next((other for other in known if other.text == document.text), None)
            if same is not None:
                raise notices.ALREADY_ADDED.error(document.source, title=same.title)
            document = with_unique_id(document, self.documents)
            tokens = analysis if isinstance(analysis, int) else analysis.tokens
            self._check_tokens(document, tokens)
            assert not isinstance(analysis, int)  # noqa: S101 -- the check above fails then
            overview = cache_overview(document, analysis.overview)
            # The file is kept where its printed pages can be shown.
            file = content.data if content.suffix == ".pdf" else None
            added = Added(document, datetime.now(UTC), tokens, len(content.data), file, overview, read=0.0)
            is_shown = False

            def check(*_: object) -> None:
                cancellation.check()
                if is_shown and document.id not in self._added:
                    raise CancelledError

            parts = embed_in_parts(document, analysis.with_document_id(document.id), self._shared.embedder, check)
            try:
                for entry in parts:
                    is_whole = len(entry.chunks) == len(analysis.chunks)
                    end = entry.chunks[-1].end if entry.chunks else 0
                    added = replace(added, read=1.0 if is_whole else end / len(document.text))
                    with self._lock:
                        check()
                        if is_whole:
                            added = self._save(added, entry)
                        self._replace({**self._added, document.id: added}, [entry])
                        is_shown = True
                    if part_added and not is_whole:
                        part_added(added)
            except BaseException:
                with self._lock:
                    self._remove(document.id)
                raise
        return added

    def _remove(self, document_id: str) -> None:
        self._replace({name: added for name, added in self._added.items() if name != document_id})

    def _replace(self, added: dict[str, Added], entries: Sequence[EmbeddedDocument] = ()) -> None:
        """Replace the visitor's articles, with index entries of new or changed ones.

        Questions that are being answered keep the previous articles.
        """
        new = {entry.document.id: entry for entry in entries}
        main, recent = self._main, self._recent
        kept = [name for name in main.documents if name in added and name not in new]
        if len(kept) < len(main.documents):
            main = rebuild_changed(main, [main.documents[name] for name in kept], {})
        others = [each.document for name, each in added.items() if name not in main.documents]
        recent = rebuild_changed(recent, others, new)
        if len(recent) > max(_MAX_RECENT_CHUNKS, len(main) // 4) and all(each.read == 1 for each in added.values()):
            entries = [index.entry(name) for index in (main, recent) for name in index.documents]
            main, recent = PassageIndex(main.dimension), PassageIndex(recent.dimension)
            for entry in entries:
                main.add(entry)
        bot = self._shared
        if added:
            index: MutableIndex = CompositeIndex(self._shared.index, main) if len(main) else self._shared.index
            shared = self._shared
            bot = QA(
                shared.settings,
                embedder=shared.embedder,
                reader=shared.reader,
                generator=shared.generator,
                index=CompositeIndex(index, recent),
            )
            bot.added = {name: each.when for name, each in added.items()}
            bot.partly_read = {name: each.read for name, each in added.items() if each.read < 1}
        self._added, self._main, self._recent, self.bot = added, main, recent, bot
        self.changes += 1

    def _save(self, added: Added, entry: EmbeddedDocument) -> Added:  # noqa: ARG002 -- for saved libraries
        """Save an article that was read completely, before it is shown as added; return what stays in memory."""
        return added

    def _delete_saved(self, added: Added) -> None:
        """Delete an article that was saved."""

    @property
    def _max_tokens(self) -> int:
        """Maximum length of an article, in tokens."""
        return self._settings.per_visitor_tokens

    def _check_room(self, name: str, size: int) -> None:
        settings = self._settings
        everyone = sum(added.size for library in self._others() for added in library.added.values())
        if everyone + size > settings.total_visitor_mb * MEGABYTE:
            raise notices.STORAGE_FULL.error(name, megabytes=settings.total_visitor_mb)
        if len(self._added) >= settings.per_visitor_documents:
            raise notices.MANY_ARTICLES.error(name, limit=settings.per_visitor_documents)
        own = sum(added.size for added in self._added.values())
        if own + size > settings.per_visitor_mb * MEGABYTE:
            raise notices.MANY_BYTES.error(name, size=size, own=own, megabytes=settings.per_visitor_mb)

    def _check_tokens(self, document: Document, tokens: int) -> None:
        limit = self._settings.total_visitor_tokens
        everyone = sum(added.tokens for library in self._others() for added in library.added.values())
        if everyone + tokens > limit:
            raise notices.TOKENS_FULL.error(document.source, tokens=tokens, everyone=everyone, limit=limit)
        limit = self._settings.per_visitor_tokens
        own = sum(added.tokens for added in self._added.values())
        if own + tokens > limit:
            raise notices.MANY_TOKENS.error(document.source, tokens=tokens, own=own, limit=limit)


def with_unique_id(document: Document, *taken: Container[str]) -> Document:
    """Return the document with an id that is not in `taken`: "name.txt", "name (2).txt" and so on."""
    path, number, name = PurePosixPath(document.id), 1, document.id
    while any(name in ids for ids in taken):
        number += 1
        name = path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix()
    return replace(document, id=name)
