"""Shards: groups of files that are loaded and embedded together, in this process or by a worker."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from qa.documents.archives import ArchiveReader
from qa.documents.discovery import FoundFile, Skipped
from qa.documents.loader import load_or_skip
from qa.errors import ModelError
from qa.index.base import EmbeddedDocument
from qa.index.batches import batches
from qa.index.builder import embed_documents
from qa.index.open import open_on_server
from qa.index.server.index import ServerIndex
from qa.models.embedder import make_embedder
from qa.protocols import Embedder
from qa.settings import Settings
from qa.types import Document, JSONObject, Progress

File = FoundFile | Document
"""A file to load, or a document that was loaded already."""

MAX_FILES = 64  # maximum files in a shard, which is the work that a killed worker loses
MAX_BYTES = 1_000_000  # maximum total size of the files in a shard; a larger file is a shard of its own


@dataclass(frozen=True, slots=True)
class Shard:
    """Files for one call of a worker."""

    number: int  # position among all shards
    files: tuple[File, ...]  # ordered by document id
    # Fingerprints of documents that an index folder contains, by id; unchanged documents are not embedded.
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """The total size of its files, as `size_of` returns it."""
        return sum(map(size_of, self.files))

    def __str__(self) -> str:
        count = len(self.files)
        more = f" and the files up to {self.files[-1].source} ({count} files)" if count > 1 else ""
        return f"{self.files[0].source}{more}"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The outcome of a shard."""

    number: int  # of the shard
    size: int  # of its files
    documents: tuple[str, ...]  # ids of the files that could be loaded, in order
    skipped: tuple[Skipped, ...]  # the other files
    notes: Mapping[str, tuple[str, ...]]  # of the documents, by id
    # For an index folder: new and changed documents, and the others without their texts.
    entries: tuple[EmbeddedDocument, ...] = ()
    unchanged: tuple[Document, ...] = ()


def id_of(file: File) -> str:
    """Return the id of a document, or of the one that a file becomes."""
    return file.id if isinstance(file, Document) else file.document_id


def size_of(file: File) -> int:
    """Return the bytes of a file, or the characters of a document."""
    return len(file.text) if isinstance(file, Document) else file.size


def divide(files: Iterable[File]) -> Iterator[tuple[File, ...]]:
    """Return the files of each shard, in order."""
    return map(tuple, batches(files, size_of, MAX_BYTES, MAX_FILES))


def process(
    shard: Shard,
    embedder: Embedder,
    settings: Settings,
    index: ServerIndex | None = None,
    progress: Progress | None = None,
) -> ShardResult:
    """Load and embed the files of a shard, and write the documents to an index on a server, if one is given.

    Raises
    ------
    LoadError
        If a file that the user named cannot be loaded.
    IndexServerError
        If the server does not answer in time.
    """
    with ArchiveReader() as archives:
        loaded = [
            file if isinstance(file, Document) else load_or_skip(file, settings, archives=archives)
            for file in shard.files
        ]
    documents = [one for one in loaded if isinstance(one, Document)]
    result = ShardResult(
        shard.number,
        shard.size,
        tuple(one.id for one in documents),
        tuple(one for one in loaded if isinstance(one, Skipped)),
        {one.id: one.notes for one in documents if one.notes},
    )
    if index is not None:
        index.add_all(tuple(embed_documents(index.changed(documents), embedder, settings, progress)))
        return result
    same = {one.id for one in documents if shard.known.get(one.id) == one.fingerprint}
    changed = [one for one in documents if one.id not in same]
    return replace(
        result,
        entries=tuple(embed_documents(changed, embedder, settings, progress)),
        unchanged=tuple(replace(one, text="") for one in documents if one.id in same),
    )


class ShardWorker:
    """Loads and embeds the files of shards, with a model that is loaded once.

    A shard may be given to several workers, one after another or at once, and a worker may be killed at any time.

    Parameters
    ----------
    settings : dict
        The fields of `qa.settings.Settings`, without secrets.
    fingerprint : str
        The expected fingerprint of the embedding model, because another machine may have other files for its name.
    location : str, optional
        The address of an index on a server that documents are written to; by default they are returned.

    Raises
    ------
    ModelError
        If the model cannot be loaded or has another fingerprint.
    """

    def __init__(self, settings: JSONObject, fingerprint: str, location: str | None = None) -> None:
        self._settings = Settings(**settings)
        self._embedder = make_embedder(self._settings)
        if self._embedder.fingerprint != fingerprint:
            raise ModelError(
                f"the embedding model is {self._embedder.fingerprint!r} on the worker's machine, but {fingerprint!r}"
                " where the command was given; install the same model on both"
            )
        self._index = open_on_server(location, self._embedder, self._settings) if location else None

    def __call__(self, shard: Shard) -> ShardResult:
        """Load and embed the files of a shard; see `process` for errors."""
        return process(shard, self._embedder, self._settings, self._index)
