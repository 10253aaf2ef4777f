"""A saved collection: a library whose own articles are in a database."""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Container, Iterable, Mapping
from dataclasses import replace
from datetime import datetime

import numpy as np

from qa.documents.sandbox import Sandbox
from qa.errors import QAError
from qa.files import MEGABYTE
from qa.index.base import EmbeddedDocument
from qa.index.builder import embed_documents
from qa.index.serialization import StoredRows, document_fields, to_bytes
from qa.pipeline import QA
from qa.text.tokens import analyzer_fingerprint
from qa.types import Document
from qa.web import notices
from qa.web.libraries import Added, Library, with_unique_id
from qa.web.library.articles import StoredArticle
from qa.web.library.database import LibraryDatabase

_log = logging.getLogger(__name__)
_MAX_TOKENS = 20_000_000  # of an article; the limit on the size of a file is reached first


class SavedLibrary(Library):
    """The shared articles and those of a collection. An article is saved before it is shown as added.

    A damaged article is left out, and can be removed; see `damaged`.
    """

    def __init__(self, shared: QA, sandbox: Sandbox, database: LibraryDatabase, collection: int) -> None:
        super().__init__(shared, sandbox)
        self._database = database
        self.collection = collection
        self._damaged: dict[str, int] = {}
        self._load(database.articles.ids(collection))

    @property
    def largest_mb(self) -> float:
        """Size of the largest file that can be added, in megabytes (1,000,000 bytes)."""
        return self._settings.max_file_mb

    @property
    def damaged(self) -> Mapping[str, str]:
        """Titles of the articles that could not be read from disk, by the id to remove them with."""
        return {name: self._database.articles.title(article) for name, article in self._damaged.items()}

    def file(self, document_id: str) -> bytes | None:
        """Return the file of one of the articles, if it is a PDF; None for other articles."""
        added = self._added.get(document_id)
        return self._database.articles.original(added.stored_id) if added else None

    def remove(self, document_id: str) -> None:
        """Remove one of the articles, damaged or not; errors as for `Library.remove`."""
        if document_id in self._damaged:
            self._database.articles.delete(self.collection, self._damaged[document_id])
            del self._damaged[document_id]
        else:
            super().remove(document_id)

    def restore(self, article: int) -> None:
        """Restore a removed article, given its id in the database."""
        self._database.articles.restore(self.collection, article)
        self._load([article])

    def move(self, document_id: str, to: SavedLibrary) -> None:
        """Move one of the articles to another collection; conversations stay where they are.

        Raises
        ------
        QAError
            If it is not one of the articles, or is still being read.
        """
        added = self._added.get(document_id)
        if added is None or added.read < 1 or to is self:
            raise notices.NOT_MOVED.error(document_id)
        document = with_unique_id(added.document, to.documents)
        fields = json.dumps(document_fields(document))
        self._database.articles.move(added.stored_id, self.collection, to.collection, fields)
        with self._lock:
            self._remove(document_id)
        to._load([added.stored_id])

    def _load(self, articles: Iterable[int]) -> None:
        """Add articles from the database to the index, given their ids."""
        with self._adding, self._lock:
            added, entries = dict(self._added), []
            fingerprint = embedding_fingerprint(self._shared)
            for article in articles:
                found = self._read(article)
                if found is None:
                    continue
                stored, entry = found
                entry = self._entry_of(stored, entry, fingerprint, self._shared.documents, added)
                when, document = datetime.fromisoformat(stored.added), entry.document
                added[document.id] = Added(document, when, stored.tokens, stored.size, None, None, stored_id=stored.id)
                entries.append(entry)
            self._replace(added, entries)

    def _read(self, article: int) -> tuple[StoredArticle, EmbeddedDocument] | None:
        """Return an article and its index entry; None if it was deleted meanwhile, or is damaged."""
        try:
            stored = self._database.articles.get(self.collection, article)
            return stored, stored_entry(stored)
        except QAError:
            return None
        except Exception as error:  # NumPy and SQLite raise many kinds of errors for damaged data
            # No document has an id that begins with a slash.
            self._damaged[f"/{article}"] = article
            title = self._database.articles.title(article)
            _log.warning("%s: %s (%s)", title, notices.ARTICLE_DAMAGED.text(), error)
            return None

    def _entry_of(
        self, stored: StoredArticle, entry: EmbeddedDocument, fingerprint: str, *taken: Container[str]
    ) -> EmbeddedDocument:
        """Return the index entry of an article, embedded again if its fingerprint differs."""
        if stored.made_with != fingerprint:
            [entry] = embed_documents([entry.document], self._shared.embedder, self._settings)
            self._database.articles.replace_entry(stored.id, to_bytes(entry), fingerprint)
        document = with_unique_id(entry.document, *taken)
        return entry if document.id == entry.document.id else entry.with_document(document)

    def _save(self, added: Added, entry: EmbeddedDocument) -> Added:
        number = self._database.articles.add(
            self.collection,
            StoredArticle(
                json.dumps(document_fields(added.document)),
                to_bytes(entry),
                embedding_fingerprint(self._shared),
                added.when.isoformat(),
                added.tokens,
                added.size,
                added.file,
            ),
        )
        return replace(added, stored_id=number, file=None)

    def _delete_saved(self, added: Added) -> None:
        self._database.articles.delete(self.collection, added.stored_id)

    @property
    def _max_tokens(self) -> int:
        return _MAX_TOKENS

    def _check_room(self, name: str, size: int) -> None:
        check_room(
            self._database, self._settings.library_mb, self._database.collections.user_of(self.collection), name, size
        )

    def _check_tokens(self, document: Document, tokens: int) -> None:
        pass  # only bytes are limited


def check_room(database: LibraryDatabase, limit_mb: float, user: str | None, name: str, size: int) -> None:
    """Check that a user's library has room for `size` more bytes.

    Raises
    ------
    QAError
        If it has not, or if there is no user because the collection was deleted.
    """
    if user is None:
        raise notices.COLLECTION_DELETED.error(name)
    used = database.articles.used_bytes(user)
    if used + size > limit_mb * MEGABYTE:
        raise notices.LIBRARY_FULL.error(name, size=size, own=used, megabytes=limit_mb)


def embedding_fingerprint(bot: QA) -> str:
    """Return a fingerprint of the model and the settings that a bot embeds articles with."""
    parts = [bot.embedder.fingerprint, bot.settings.chunk_tokens, analyzer_fingerprint()]
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def stored_entry(stored: StoredArticle) -> EmbeddedDocument:
    """Return the index entry of an article.

    Raises
    ------
    Exception
        Of any kind, if the bytes are damaged.
    """
    entry = StoredRows(json.loads(stored.fields), stored.entry).entry()
    width = entry.chunk_vectors.shape[1]
    entry.check_shapes(width)
    for vectors in (entry.chunk_vectors, entry.sentence_vectors):
        if vectors.dtype != np.float16 or not np.isfinite(vectors).all():
            raise ValueError("the vectors are not finite 16-bit numbers")
    return entry
