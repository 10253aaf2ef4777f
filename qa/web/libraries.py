"""A visitor's library: the shared articles and its own, which nobody else can see."""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import PurePath, PurePosixPath
from threading import Lock

from qa.cancellation import Cancellation
from qa.documents.content import Content, file_content, text_content
from qa.documents.sandbox import Sandbox
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
        The file itself if it is a PDF, for pictures of its pages.
    overview : CachedOverview
        For the source pane.
    read : float
        Share of its text that can be searched yet, 0 to 1.
    """

    document: Document
    when: datetime
    tokens: int
    size: int
    file: bytes | None = field(repr=False)
    overview: CachedOverview = field(repr=False)
    read: float = 1.0


PartAdded = Callable[[Added], object]
"""Called each time more of an article can be searched."""


class Library:
    """The shared articles and those of one visitor. Thread-safe: it can be asked while it changes.

    An article can be searched part by part while the rest is embedded. If that fails or is cancelled, nothing of the
    article is left.

    Parameters
    ----------
    shared : QA
        The shared articles; never changed, but see `share`.
    sandbox : Sandbox
        Reads the articles that are added.
    others : callable, optional
        Returns all libraries that count towards the total limits.
    visitor : str
        Network address that the library was opened from.

    Attributes
    ----------
    cancellation : Cancellation
        Cancels what is being added; whoever adds articles sets a new one.
    """

    def __init__(
        self, shared: QA, sandbox: Sandbox, others: Callable[[], Iterable[Library]] = tuple, visitor: str = ""
    ) -> None:
        self._shared = shared
        self.sandbox = sandbox
        self._others = others
        self.visitor = visitor
        self.cancellation = Cancellation()
        self._adding, self._lock = Lock(), Lock()
        self._added: dict[str, Added] = {}
        self._own: MutableIndex = PassageIndex(shared.index.dimension)
        self.bot = shared
        self.last_used = 0.0
        self.left: float | None = None

    @property
    def documents(self) -> Mapping[str, Document]:
        """All documents, the shared ones first."""
        return self.bot.documents

    @property
    def added(self) -> Mapping[str, Added]:
        """The visitor's own articles by document id, in the order added."""
        return self._added

    def add_file(self, data: bytes, name: str, part_added: PartAdded | None = None, *, archive: str = "") -> Added:
        """Add an uploaded file, or one from an archive of that name; the suffix of its name is its format.

        Raises
        ------
        QAError
            If it cannot be read, is in the library already, exceeds a limit, or is cancelled.
        """
        name = f"{archive}/{name}" if archive else PurePath(name).name
        self._check_room(name, len(data))
        content = file_content(data, name, document_id=name, max_file_mb=self._settings.per_visitor_mb)
        return self._add(content, part_added)

    def unpack(self, data: bytes, name: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
        """Return what is in an uploaded zip archive, to add; errors as for `add_file`.

        Returns
        -------
        dict of str to bytes
            Content of each file by its path.
        list of (str, str)
            The paths of others, and why they are left out.
        """
        self._check_room(name, len(data))
        return self.sandbox.unpack(data, name, int(self._settings.per_visitor_mb * MEGABYTE), self.cancellation)

    def add_text(self, text: str, title: str = "", part_added: PartAdded | None = None) -> Added:
        """Add pasted text; the default title is its first words. Errors as for `add_file`."""
        self._check_room(title.strip() or "the text", len(text.encode(errors="replace")))
        return self._add(text_content(text, title, max_file_mb=self._settings.per_visitor_mb), part_added)

    def add_url(self, url: str, part_added: PartAdded | None = None) -> Added:
        """Add the page or file at a web address, if the settings allow it. Errors as for `add_file`."""
        from qa.documents.web_pages import fetch, fetched_content

        url = url.strip()
        if not self._settings.allow_urls:
            raise notices.ADDRESSES_OFF.error(url)
        self._check_room(url, 0)
        cancellation = self.cancellation
        fetched = fetch(url, max_file_mb=self._settings.per_visitor_mb)
        self._check_room(url, len(fetched.data))
        content = fetched_content(fetched, max_file_mb=self._settings.per_visitor_mb)
        return self._add(content, part_added, cancellation)

    def remove(self, document_id: str) -> None:
        """Remove one of the visitor's own documents; one that is still being read is cancelled.

        Raises
        ------
        QAError
            If it is not one of them.
        """
        with self._lock:
            if document_id not in self._added:
                raise notices.NOT_YOURS.error(document_id)
            if self._added[document_id].read < 1:
                self.cancellation.cancel()
            self._remove(document_id)

    def share(self, shared: QA) -> None:
        """Ask other shared articles from now on; questions that are being answered keep the previous ones."""
        with self._adding, self._lock:
            self._shared = shared
            added: dict[str, Added] = {}
            entries = []
            for name, each in self._added.items():
                document = _with_unique_id(each.document, {**shared.documents, **added})
                added[document.id] = replace(each, document=document)
                entries.append(self._own.entry(name).of(document))
            self._replace(added, entries)

    @property
    def _settings(self) -> Settings:
        return self._shared.settings

    def _add(self, content: Content, part_added: PartAdded | None, cancellation: Cancellation | None = None) -> Added:
        settings, cancellation = self._settings, cancellation or self.cancellation
        document, analysis = self.sandbox.load(
            content, settings.chunk_tokens, settings.per_visitor_tokens, cancellation
        )
        with self._adding:
            same = next((other for other in self.documents.values() if other.text == document.text), None)
            if same is not None:
                raise notices.ALREADY_ADDED.error(document.source, title=same.title)
            document = _with_unique_id(document, self.documents)
            tokens = analysis if isinstance(analysis, int) else analysis.tokens
            self._check_tokens(document, tokens)
            assert not isinstance(analysis, int)  # noqa: S101 -- the check above fails then
            overview = cache_overview(document, analysis.overview)
            # The file is kept where its printed pages can be shown.
            file = content.data if content.suffix == ".pdf" else None
            added = Added(document, datetime.now(UTC), tokens, len(content.data), file, overview, read=0.0)
            parts = embed_in_parts(
                document, analysis.of(document.id), self._shared.embedder, lambda *_: cancellation.check()
            )
            try:
                for entry in parts:
                    is_whole = len(entry.chunks) == len(analysis.chunks)
                    end = entry.chunks[-1].end if entry.chunks else 0
                    added = replace(added, read=1.0 if is_whole else end / len(document.text))
                    with self._lock:
                        cancellation.check()
                        self._replace({**self._added, document.id: added}, [entry])
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
        """Replace the visitor's articles; questions that are being answered keep the previous ones.

        Parameters
        ----------
        added : dict of str to Added
        entries : sequence of EmbeddedDocument
            Those of them that are new or changed.
        """
        documents = [each.document for each in added.values()]
        own = rebuild_changed(self._own, documents, {entry.document.id: entry for entry in entries})
        bot = self._shared
        if added:
            bot = self._qa_for(CompositeIndex(self._shared.index, own))
            bot.added = {name: each.when for name, each in added.items()}
            bot.partly_read = {name: each.read for name, each in added.items() if each.read < 1}
        self._added, self._own, self.bot = added, own, bot

    def _qa_for(self, index: MutableIndex) -> QA:
        """Return a bot for an index, with the shared models."""
        shared = self._shared
        return QA(
            shared.settings, embedder=shared.embedder, reader=shared.reader, generator=shared.generator, index=index
        )

    def _check_room(self, name: str, size: int) -> None:
        settings = self._settings
        everyone = sum(added.size for library in self._others() for added in library.added.values())
        if everyone + size > settings.total_visitor_mb * MEGABYTE:
            raise notices.STORAGE_FULL.error(name, megabytes=settings.total_visitor_mb)
        if len(self._added) >= settings.per_visitor_documents:
            raise notices.MANY_ARTICLES.error(name, limit=settings.per_visitor_documents)
        held = sum(added.size for added in self._added.values())
        if held + size > settings.per_visitor_mb * MEGABYTE:
            raise notices.MANY_BYTES.error(name, size=size, held=held, megabytes=settings.per_visitor_mb)

    def _check_tokens(self, document: Document, tokens: int) -> None:
        most = self._settings.total_visitor_tokens
        everyone = sum(added.tokens for library in self._others() for added in library.added.values())
        if everyone + tokens > most:
            raise notices.TOKENS_FULL.error(document.source, tokens=tokens, held=everyone, limit=most)
        most = self._settings.per_visitor_tokens
        held = sum(added.tokens for added in self._added.values())
        if held + tokens > most:
            raise notices.MANY_TOKENS.error(document.source, tokens=tokens, held=held, limit=most)


def _with_unique_id(document: Document, taken: Container[str]) -> Document:
    """Return the document with an unused id: "name.txt", "name (2).txt" and so on."""
    path, number, name = PurePosixPath(document.id), 1, document.id
    while name in taken:
        number += 1
        name = path.with_name(f"{path.stem} ({number}){path.suffix}").as_posix()
    return replace(document, id=name)
