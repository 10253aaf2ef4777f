"""Shards: groups of files that are loaded and embedded by one worker, on this machine or another."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from qa.documents.archives import ArchiveReader
from qa.documents.discovery import FoundFile, Skipped
from qa.documents.loader import load_or_skip
from qa.errors import ModelError
from qa.index.base import EmbeddedDocument
from qa.index.batches import batches
from qa.index.builder import embed_documents
from qa.index.open import open_on_server
from qa.models.embedder import make_embedder
from qa.settings import Settings
from qa.types import Document, JSONObject

MAX_FILES = 64  # maximum files in a shard, which is the work that a killed worker loses
MAX_BYTES = 2_000_000  # maximum total size of the files in a shard; a larger file is a shard of its own


@dataclass(frozen=True, slots=True)
class Shard:
    """Files for one call of a worker."""

    number: int  # position among all shards
    files: tuple[FoundFile, ...]  # ordered by document id
    # Fingerprints of documents that an index folder contains, by id; unchanged documents are not embedded.
    known: Mapping[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        count = len(self.files)
        more = f" and the files up to {self.files[-1].path} ({count} files)" if count > 1 else ""
        return f"{self.files[0].path}{more}"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """The outcome of a shard."""

    number: int  # of the shard
    documents: tuple[str, ...]  # ids of the files that could be loaded, in order
    skipped: tuple[Skipped, ...]  # the other files
    notes: Mapping[str, tuple[str, ...]]  # of the documents, by id
    entries: tuple[EmbeddedDocument, ...] = ()  # new and changed documents; empty if the worker wrote them to a server


def divide(files: Iterable[FoundFile]) -> Iterator[tuple[FoundFile, ...]]:
    """Return the files of each shard, in order."""
    return map(tuple, batches(files, lambda file: file.size, MAX_BYTES, MAX_FILES))


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
        """Load and embed the files of a shard.

        Raises
        ------
        LoadError
            If a file that the user named cannot be loaded.
        IndexServerError
            If the server does not answer in time.
        """
        settings = self._settings
        with ArchiveReader() as archives:
            loaded = [load_or_skip(file, settings, archives=archives) for file in shard.files]
        documents = [one for one in loaded if isinstance(one, Document)]
        if self._index is None:
            changed = [one for one in documents if shard.known.get(one.id) != one.fingerprint]
        else:
            changed = self._index.changed(documents)
        entries = tuple(embed_documents(changed, self._embedder, settings))
        if self._index is not None:
            self._index.add_all(entries)
            entries = ()
        return ShardResult(
            shard.number,
            tuple(one.id for one in documents),
            tuple(one for one in loaded if isinstance(one, Skipped)),
            {one.id: one.notes for one in documents if one.notes},
            entries,
        )
