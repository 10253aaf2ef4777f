"""Shards: a few documents each, read and embedded anywhere.

Whoever does the work writes them to an index on a server at once. On their way to an index folder they are kept as
files until all are there::

    FOLDER/
      <name>.shard      a SHA-256 of all that follows, a line of JSON, then each document as `qa.index.serialization`
      has it <name>.tries      a byte for each worker that began the shard and has not finished it

A shard's file says what it was made of: the bytes of its files, the model, the settings, and their fingerprints in the
index. While these are the same, it is not made again. It is written under another name and renamed, so that it is
whole or not there, and nothing in it is code.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from uuid import uuid4

from qa.documents.discovery import FoundFile, Skipped
from qa.documents.loader import load_or_skip
from qa.errors import ModelError, ShardError
from qa.files import PARTIAL_SUFFIX, digest_of_regular, replacing
from qa.index.base import EmbeddedDocument
from qa.index.builder import embed_documents
from qa.index.open import open_on_server
from qa.index.serialization import document_fields, from_bytes, to_bytes
from qa.models.embedder import make_embedder
from qa.settings import Settings
from qa.text.tokens import analyzer_fingerprint
from qa.types import Document, JSONObject

MOST_FILES = 64
"""Files in a shard: what a killed worker costs at most."""
MOST_BYTES = 2_000_000
"""Bytes of a shard's files together; a larger file is a shard alone."""
MOST_TRIES = 5
"""Workers that a shard may end before it is given up."""
SHARD, TRIES = ".shard", ".tries"
_FILE = re.compile(rf"[0-9a-f]{{64}}(?:\{SHARD}(?:-[0-9a-f]{{32}}\{PARTIAL_SUFFIX})?|\{TRIES})")
_BOUNDARY_BYTE = 8
"""An id whose hash starts with a lower byte ends a shard: a file that is added or removed changes few other shards."""
_FORMAT = 2


@dataclass(frozen=True, slots=True)
class Shard:
    """Files that are read and embedded in one go.

    Attributes
    ----------
    files : tuple of FoundFile
        Ordered by id.
    known : mapping of str to str
        Fingerprints of documents in an index folder, by id; an unchanged document is not embedded.
    """

    files: tuple[FoundFile, ...]
    known: Mapping[str, str] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """Names its files, not their content."""
        files = json.dumps([[file.document_id, str(file.path)] for file in self.files])
        return hashlib.sha256(files.encode()).hexdigest()

    def __str__(self) -> str:
        count = len(self.files)
        more = f" and what follows up to {self.files[-1].path} ({count} files)" if count > 1 else ""
        return f"{self.files[0].path}{more}"


@dataclass(frozen=True, slots=True)
class ShardResult:
    """What became of a shard's files.

    Attributes
    ----------
    name : str
        That of the shard.
    documents : tuple of str
        Ids of the files that could be read, in order; those that the index knows are not in the shard's file.
    skipped : tuple of Skipped
        The others.
    notes : mapping of str to tuple of str
        Those of the documents that have some, by id.
    is_new : bool
        Whether it was made now, not found.
    """

    name: str
    documents: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    notes: Mapping[str, tuple[str, ...]]
    is_new: bool = True


def divide(files: Iterable[FoundFile]) -> Iterator[tuple[FoundFile, ...]]:
    """Yield the files of each shard, in order."""
    shard: list[FoundFile] = []
    total = 0
    for file in files:
        size = 0
        # Whoever loads it says what is wrong.
        with suppress(OSError):
            size = file.member.size if file.member else file.path.stat().st_size
        if shard and total + size > MOST_BYTES:
            yield tuple(shard)
            shard, total = [], 0
        shard.append(file)
        total += size
        if len(shard) == MOST_FILES or _ends_a_shard(file.document_id):
            yield tuple(shard)
            shard, total = [], 0
    if shard:
        yield tuple(shard)


def _ends_a_shard(document_id: str) -> bool:
    return hashlib.sha256(document_id.encode("utf-8", "surrogatepass")).digest()[0] < _BOUNDARY_BYTE


class _ShardReader:
    """Reads and embeds the files of shards, with a model that it loads once.

    Parameters
    ----------
    settings : dict
        Those of `qa.settings.Settings` that are no secrets, by name.
    fingerprint : str
        That of the embedding model; another machine may have another one under the same name.

    Raises
    ------
    ModelError
        If it is another, or cannot be loaded.
    """

    def __init__(self, settings: JSONObject, fingerprint: str) -> None:
        self._settings = Settings(**settings)
        self._embedder = make_embedder(self._settings)
        if self._embedder.fingerprint != fingerprint:
            raise ModelError(
                f"the embedding model is {self._embedder.fingerprint!r} where a worker runs, but {fingerprint!r} where"
                " the command was given; install the same on both"
            )

    def _read(self, shard: Shard, known: Mapping[str, str]) -> tuple[ShardResult, list[EmbeddedDocument]]:
        """Return what became of a shard's files, and the documents whose fingerprints are not those known."""
        settings = self._settings
        loaded = [
            load_or_skip(file, settings.max_file_mb, allow_unreadable=settings.allow_unreadable) for file in shard.files
        ]
        documents = [one for one in loaded if isinstance(one, Document)]
        skipped = tuple(one for one in loaded if isinstance(one, Skipped))
        changed = [one for one in documents if known.get(one.id) != one.fingerprint]
        notes = {one.id: one.notes for one in documents if one.notes}
        result = ShardResult(shard.name, tuple(one.id for one in documents), skipped, notes)
        return result, list(embed_documents(changed, self._embedder, settings))


class ShardWriter(_ShardReader):
    """Writes the documents of shards to an index on a server; those that are there unchanged are not embedded.

    So a shard can be given to several workers, one after the other or at once, and a worker may end at any time.

    Parameters
    ----------
    location : str
        The address of the index.
    settings, fingerprint
        And errors; as of `_ShardReader`.
    """

    def __init__(self, location: str, settings: JSONObject, fingerprint: str) -> None:
        super().__init__(settings, fingerprint)
        index = open_on_server(location, self._embedder, self._settings)
        if index is None:
            raise ValueError(f"{location}: is no address of a server")
        self._index = index

    def __call__(self, shard: Shard) -> ShardResult:
        """Write a shard's documents, each in a transaction of its own.

        Raises
        ------
        LoadError
            If a file that was given by itself cannot be loaded.
        IndexServerError
            If the server does not answer in time.
        """
        known = self._index.fingerprints([file.document_id for file in shard.files])
        result, entries = self._read(shard, known)
        if entries:
            self._index.add_all(entries)
        return result


class ShardMaker(_ShardReader):
    """Makes the files of shards.

    Parameters
    ----------
    folder : Path
        The folder of the shards' files.
    settings, fingerprint
        And errors; as of `_ShardReader`.
    """

    def __init__(self, folder: Path, settings: JSONObject, fingerprint: str) -> None:
        super().__init__(settings, fingerprint)
        self._folder = folder
        self._metadata = [
            _FORMAT,
            fingerprint,
            analyzer_fingerprint(),
            self._settings.chunk_tokens,
            self._settings.max_file_mb,
            self._settings.allow_unreadable,
        ]

    def __call__(self, shard: Shard) -> ShardResult:
        """Make a shard, or find it made.

        Raises
        ------
        LoadError
            If a file that was given by itself cannot be loaded.
        ShardError
            If the folder cannot be written, or too many workers ended at this shard.
        """
        made_of = self._made_of(shard)
        path = self._folder / f"{shard.name}{SHARD}"
        found = _finished(path, made_of)
        if found:
            return found
        try:
            tries = self._begin(shard)
            made, embedded = self._read(shard, shard.known)
            entries = [(entry, to_bytes(entry)) for entry in embedded]
            _write(path, [_head(made_of, made, entries), *(content for _, content in entries)])
            tries.unlink(missing_ok=True)
        except OSError as error:
            raise ShardError(f"{self._folder}: shards could not be written ({error.strerror or error})") from error
        return made

    def _made_of(self, shard: Shard) -> str:
        files = [
            [file.document_id, str(file.path), file.is_explicit, _content(file), shard.known.get(file.document_id)]
            for file in shard.files
        ]
        return hashlib.sha256(json.dumps([self._metadata, files]).encode()).hexdigest()

    def _begin(self, shard: Shard) -> Path:
        """Count this try: a file that ends its worker would end one after the other."""
        path = self._folder / f"{shard.name}{TRIES}"
        with path.open("ab") as file:
            before = file.tell()
            file.write(b".")
        if before >= MOST_TRIES:
            raise ShardError(
                f"{before} workers ended while they read or embedded {shard}; find the file at fault, leave it out, and"
                " give the command again"
            )
        return path


def is_of_shards(path: Path) -> bool:
    """Return whether a file's name is one that is given here: a folder is emptied only where all are."""
    return bool(_FILE.fullmatch(path.name))


def read_shard(path: Path) -> Iterator[EmbeddedDocument]:
    """Yield the documents of a shard that the index did not know, in order.

    Raises
    ------
    ShardError
        If the file is missing or damaged.
    """
    head, content = _read(path)
    start = 0
    for record in head["documents"]:
        end = start + record["bytes"]
        yield from_bytes(record, content[start:end])
        start = end


def _finished(path: Path, made_of: str) -> ShardResult | None:
    """Return what a shard's file says, if it is whole and made of the same."""
    try:
        head, _ = _read(path)
    except ShardError:
        return None
    if head["made_of"] != made_of:
        return None
    skipped = tuple(Skipped(where, reason) for where, reason in head["skipped"])
    notes = {name: tuple(said) for name, said in head["notes"].items()}
    return ShardResult(path.stem, tuple(head["ids"]), skipped, notes, is_new=False)


def _head(made_of: str, made: ShardResult, entries: Sequence[tuple[EmbeddedDocument, bytes]]) -> bytes:
    head = {
        "made_of": made_of,
        "ids": made.documents,
        "skipped": [[one.path, one.reason] for one in made.skipped],
        "notes": made.notes,
        "documents": [{**document_fields(entry.document), "bytes": len(content)} for entry, content in entries],
    }
    # Written as escapes, two halves of a character would be read back as one.
    return json.dumps(head, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"


def _read(path: Path) -> tuple[JSONObject, bytes]:
    try:
        digest, _, content = path.read_bytes().partition(b"\n")
    except OSError as error:
        raise ShardError(f"{path}: could not be read ({error.strerror}); give the command again") from error
    if hashlib.sha256(content).hexdigest().encode() != digest:
        raise ShardError(f"{path}: is damaged; give the command again to make it again")
    line, _, documents = content.partition(b"\n")
    head: JSONObject = json.loads(line.decode("utf-8", "surrogatepass"))
    return head, documents


def _content(file: FoundFile) -> str:
    """Return the SHA-256 of a file's bytes, or the checksum in its archive; what cannot be read has none."""
    if file.member:
        return f"{file.member.checksum:08x} {file.member.size}"
    try:
        return digest_of_regular(file.path.resolve())
    except OSError:
        return ""


def _write(path: Path, parts: Sequence[bytes]) -> None:
    digest = hashlib.sha256()
    for part in parts:
        digest.update(part)
    # Two workers may be at one shard, where one was taken for lost.
    with replacing(path, f"-{uuid4().hex}{PARTIAL_SUFFIX}") as file:
        file.write(digest.hexdigest().encode() + b"\n")
        file.writelines(parts)
