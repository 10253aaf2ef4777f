"""A collection of articles that lasts: a library whose own articles are kept in a database."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Container, Iterable
from dataclasses import replace
from datetime import datetime

import numpy as np

from qa.documents.sandbox import Sandbox
from qa.files import MEGABYTE
from qa.index.base import EmbeddedDocument
from qa.index.builder import embed_documents
from qa.index.serialization import document_fields, from_bytes, to_bytes
from qa.pipeline import QA
from qa.text.tokens import analyzer_fingerprint
from qa.types import Document
from qa.web import notices
from qa.web.libraries import Added, Library, with_unique_id
from qa.web.library.articles import StoredArticle
from qa.web.library.database import LibraryDatabase

_MOST_TOKENS = 20_000_000  # of one article; more than can be read of a file


class SavedLibrary(Library):
    """The shared articles and those of a collection. An article is in the database before it is shown as added.

    Parameters
    ----------
    shared : QA
    sandbox : Sandbox
    database : LibraryDatabase
    collection : int
        Its id in the database.
    """

    def __init__(self, shared: QA, sandbox: Sandbox, database: LibraryDatabase, collection: int) -> None:
        super().__init__(shared, sandbox)
        self._database = database
        self.collection = collection
        self._load(database.articles.of(collection))

    @property
    def largest_mb(self) -> float:
        """Size of the largest file that can be added, in megabytes (1,000,000 bytes)."""
        return self._settings.max_file_mb

    def file(self, document_id: str) -> bytes | None:
        """Return the file of one of the articles, if it is a PDF; None for other articles."""
        added = self._added.get(document_id)
        return self._database.articles.original(added.stored) if added else None

    def restore(self, article: int) -> None:
        """Restore an article that was removed, by its id in the database."""
        self._database.articles.restore(self.collection, article)
        self._load([self._database.articles.get(self.collection, article)])

    def move(self, document_id: str, to: SavedLibrary) -> None:
        """Move one of the articles to another collection; its conversations stay.

        Raises
        ------
        QAError
            If there is no such article that is read whole.
        """
        added = self._added.get(document_id)
        if added is None or added.read < 1 or to is self:
            raise notices.NOT_MOVED.error(document_id)
        document = with_unique_id(added.document, to.documents)
        fields = json.dumps(document_fields(document))
        self._database.articles.move(added.stored, self.collection, to.collection, fields)
        with self._lock:
            self._remove(document_id)
        to._load([self._database.articles.get(to.collection, added.stored)])

    def _load(self, articles: Iterable[StoredArticle]) -> None:
        """Take in articles of the database."""
        with self._adding, self._lock:
            added, entries = dict(self._added), []
            for stored in articles:
                entry = self._entry_of(stored, self._shared.documents, added)
                when, document = datetime.fromisoformat(stored.added), entry.document
                added[document.id] = Added(document, when, stored.tokens, stored.size, None, None, stored=stored.id)
                entries.append(entry)
            self._replace(added, entries)

    def _entry_of(self, stored: StoredArticle, *taken: Container[str]) -> EmbeddedDocument:
        """Return an article as the index takes it in; embedded again where the model or a setting has changed."""
        entry = stored_entry(stored)
        made_with = self._made_with
        if stored.made_with != made_with:
            [entry] = embed_documents([entry.document], self._shared.embedder, self._settings)
            self._database.articles.replace_entry(stored.id, to_bytes(entry), made_with)
        document = with_unique_id(entry.document, *taken)
        return entry if document.id == entry.document.id else entry.of(document)

    def _keep(self, added: Added, entry: EmbeddedDocument) -> Added:
        number = self._database.articles.add(
            self.collection,
            StoredArticle(
                json.dumps(document_fields(added.document)),
                to_bytes(entry),
                self._made_with,
                added.when.isoformat(),
                added.tokens,
                added.size,
                added.file,
            ),
        )
        return replace(added, stored=number, file=None)

    def _discard(self, added: Added) -> None:
        self._database.articles.delete(self.collection, added.stored)

    @property
    def _made_with(self) -> str:
        return made_with(self._shared)

    @property
    def _most_tokens(self) -> int:
        return _MOST_TOKENS

    def _check_room(self, name: str, size: int) -> None:
        check_room(
            self._database, self._settings.library_mb, self._database.collections.user_of(self.collection), name, size
        )

    def _check_tokens(self, document: Document, tokens: int) -> None:
        pass  # what fits in the room fits


def check_room(database: LibraryDatabase, most_mb: float, user: str | None, name: str, size: int) -> None:
    """Check that a user's articles have room for so many more bytes.

    Raises
    ------
    QAError
        If they have not, or the collection was deleted, so that it has no user.
    """
    if user is None:
        raise notices.COLLECTION_DELETED.error(name)
    used = database.articles.used_bytes(user)
    if used + size > most_mb * MEGABYTE:
        raise notices.LIBRARY_FULL.error(name, size=size, held=used, megabytes=most_mb)


def made_with(bot: QA) -> str:
    """Return a fingerprint of the model and the settings that a bot embeds articles with."""
    parts = [bot.embedder.fingerprint, bot.settings.chunk_tokens, analyzer_fingerprint()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def stored_entry(stored: StoredArticle) -> EmbeddedDocument:
    """Return what an index keeps of an article.

    Raises
    ------
    Exception
        Of any kind, where the bytes are not those of an article.
    """
    entry = from_bytes(json.loads(stored.fields), stored.entry)
    width = entry.chunk_vectors.shape[1]
    entry.check_shapes(width)
    for vectors in (entry.chunk_vectors, entry.sentence_vectors):
        if vectors.dtype != np.float16 or not np.isfinite(vectors).all():
            raise ValueError("its vectors are not of 16 bits, or not finite")
    return entry
