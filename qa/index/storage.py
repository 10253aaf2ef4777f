"""An index folder: one immutable file per document, and a manifest that names them.

::

    INDEX_DIR/
      manifest.json                         format, model fingerprint, split settings, checksum of every file and itself
      documents/<fingerprint>.safetensors   text, spans, vectors and terms of one document
      bases/<fingerprint>/                  most documents of a large library; see `qa.index.mmap`

A document's file is in the safetensors format, which cannot contain code. It is named by a fingerprint of its content,
its vectors, the model and the split settings, so an unchanged document is neither embedded nor written again, and a
name never refers to two contents. New files are written to a temporary folder and renamed into place; then the
manifest is replaced atomically. A process killed at any moment leaves the old index or the new one, complete.

One process writes at a time; a second one fails immediately. Readers need no lock: each sees the old index or the new
one. Files that the manifest no longer names are then removed; a reader that misses one reads the new index instead.

A folder may come from an untrusted source. No link in it is followed, only regular files with these names are read,
replaced or removed, and a folder that contains anything else is never written to.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from qa.documents.analysis import document_terms
from qa.errors import IndexFolderError
from qa.files import digest_of_regular, is_folder, is_regular, read_regular, write_file
from qa.index.base import EmbeddedDocument, Index
from qa.index.delta import DeltaIndex
from qa.index.lock import LOCK_FILE, write_lock
from qa.index.manifest import (
    BASES,
    DOCUMENT_SUFFIX,
    DOCUMENTS,
    FORMAT,
    MANIFEST,
    check_fit,
    checksum,
    damaged,
    read_manifest,
    unreadable,
    unwritable,
)
from qa.index.memory import PassageIndex
from qa.index.mmap import IVF_FILE, SUFFIX, MappedIndex
from qa.index.mmap_writer import write_mmap_index
from qa.index.serialization import HEX, StoredRows, document_fields, to_bytes
from qa.models.onnx_session import processor_threads
from qa.protocols import Embedder
from qa.settings import Settings
from qa.text.tokens import analyzer_fingerprint
from qa.types import JSONObject

MMAP_THRESHOLD_CHUNKS = 10_000
"""Number of chunks from which on a base is written, for a whole index or for the documents added to one."""
_MAX_DOCUMENT_BYTES = 4_000_000_000
_TEMPORARY = ".saving-"
_OUR_FOLDERS = re.compile(rf"{DOCUMENTS}|{BASES}(?:/{HEX})?")
_OUR_FILES = re.compile(
    rf"{re.escape(MANIFEST)}|{re.escape(LOCK_FILE)}|{DOCUMENTS}/{HEX}\{DOCUMENT_SUFFIX}"
    rf"|{BASES}/{HEX}/(?:[a-z_]+\{SUFFIX}|{re.escape(IVF_FILE)})"
)
_NO_FOLDER = "{}: is missing, or a link instead of a folder; rebuild the index with: qa index"


def save_index(folder: Path, index: Index, embedder: Embedder, settings: Settings) -> None:
    """Write the index to `folder`, replacing the one that is there.

    Raises
    ------
    IndexFolderError
        If the folder contains anything else, cannot be written, or is being written by another process.

    See Also
    --------
    qa.index.lock.write_lock : hold it from reading an index to saving the changed one.
    """
    with write_lock(folder):
        try:
            _save(folder, index, embedder, settings)
        except OSError as error:
            raise unwritable(folder, error) from error


def check_writable(folder: Path) -> None:
    """Raise an `IndexFolderError` unless a folder is empty or contains nothing but an index: saving removes files."""
    try:
        unexpected = sorted(_unexpected_files(folder))
    except OSError as error:
        raise unwritable(folder, error) from error
    if unexpected:
        raise IndexFolderError(
            f"{folder}: is not an index folder (unexpected file {unexpected[0]!r}); choose another folder"
        )


def load_index(folder: Path, embedder: Embedder, settings: Settings) -> PassageIndex | DeltaIndex:
    """Verify and read an index folder; the base of a large library is memory-mapped.

    Raises
    ------
    IndexFolderError
        If it is missing or damaged, or was made with another model or other split settings.
    """
    while True:
        version = _version(folder)
        try:
            return _load(folder, embedder, settings)
        except (IndexFolderError, OSError):
            # Another process may have replaced the index meanwhile and removed files of the old one.
            if _version(folder) == version:
                raise


def _version(folder: Path) -> tuple[int, int] | None:
    """Return a value that differs between saved manifests; None without a manifest."""
    try:
        status = (folder / MANIFEST).lstat()
    except (OSError, ValueError):
        return None
    return status.st_ino, status.st_mtime_ns


def _load(folder: Path, embedder: Embedder, settings: Settings) -> PassageIndex | DeltaIndex:
    manifest = read_manifest(folder)
    check_fit(folder, manifest, embedder, settings)
    index = PassageIndex(int(manifest["dimension"]))
    base = _open_base(folder, manifest["base"], index.dimension)
    if manifest["documents"] and not is_folder(folder / DOCUMENTS):
        raise IndexFolderError(_NO_FOLDER.format(folder / DOCUMENTS))
    other_terms = manifest["terms"] != analyzer_fingerprint()
    if base and other_terms:
        for name in base.documents:
            index.add(base.entry(name))
    for entry in manifest["documents"]:
        document = _read_document(folder, entry, index.dimension)
        if other_terms:
            document = replace(document, terms=document_terms(document.document, document.chunks))
        index.add(document)
    if base and not other_terms:
        if not base.documents.keys().isdisjoint(index.documents):
            raise damaged(folder / MANIFEST, "it contains a document twice")
        return DeltaIndex(base, index)
    return index


def _save(folder: Path, index: Index, embedder: Embedder, settings: Settings) -> None:
    check_writable(folder)
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    split_settings: JSONObject = {"chunk_tokens": settings.chunk_tokens}
    made_with = [embedder.fingerprint, split_settings, analyzer_fingerprint()]
    old = _known_manifest(folder)
    kept = {entry["file"]: entry["sha256"] for entry in old.get("documents", [])}
    base: JSONObject | None = None
    if old and [old["model_fingerprint"], old["split"], old["terms"]] == made_with:
        base = _reusable_base(folder, index, old)
    with TemporaryDirectory(prefix=_TEMPORARY, dir=folder, ignore_cleanup_errors=True) as name_of_temporary:
        temporary = Path(name_of_temporary)
        # All large files are written before anything is moved into place.
        delta: Index = index
        if base and isinstance(index, DeltaIndex):
            delta = index.added
        elif len(index) >= MMAP_THRESHOLD_CHUNKS:
            base = _write_base(temporary, index, settings.threads)
            delta = PassageIndex(index.dimension)
        entries, new = _write_documents(temporary, delta, made_with, folder, kept)
        manifest: JSONObject = {
            "format": FORMAT,
            "model": settings.embedding_model,
            "model_fingerprint": embedder.fingerprint,
            "dimension": index.dimension,
            "split": split_settings,
            "terms": analyzer_fingerprint(),
            "chunks": len(index),
            "base": base,
            "documents": entries,
        }
        manifest["checksum"] = checksum(manifest)
        content = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass")
        write_file(temporary / MANIFEST, content)
        (folder / DOCUMENTS).mkdir(exist_ok=True)
        for name in new:
            (temporary / name).replace(folder / DOCUMENTS / name)
        if (temporary / BASES).exists() and base:
            _move_base(temporary / BASES, folder / base["folder"])
        _sync_folder(folder / DOCUMENTS)
        (temporary / MANIFEST).replace(folder / MANIFEST)
        _sync_folder(folder)
    _remove_all_but(folder, {entry["file"] for entry in entries}, base)


def _write_documents(
    temporary: Path, delta: Index, made_with: Sequence[object], folder: Path, kept: Mapping[str, str]
) -> tuple[list[JSONObject], list[str]]:
    """Write the documents that the index folder lacks; return the records of all in the manifest, and the new files.

    `kept` has the digests of the documents in the folder, by file.
    """
    digests = dict(kept)
    entries: list[JSONObject] = []
    new = []
    for name, document in delta.documents.items():
        entry = delta.entry(name)
        file = f"{DOCUMENTS}/{_digest(entry, made_with)}{DOCUMENT_SUFFIX}"
        if file not in digests or not _has_digest(folder / file, digests[file]):
            content = to_bytes(entry)
            digests[file] = hashlib.sha256(content).hexdigest()
            write_file(temporary / Path(file).name, content)
            new.append(Path(file).name)
        entries.append({**document_fields(document), "file": file, "sha256": digests[file]})
    return entries, new


def _reusable_base(folder: Path, index: Index, old: JSONObject) -> JSONObject | None:
    """Return the manifest's record of the saved base if the index still uses it and it is worth keeping."""
    base = old["base"]
    if not base or not isinstance(index, DeltaIndex):
        return None
    same_base = index.base.folder.resolve() == (folder / base["folder"]).resolve()
    worthwhile = len(index) >= MMAP_THRESHOLD_CHUNKS > len(index.added) and 2 * len(index.base) >= index.base.row_count
    return {**base, "removed": index.base.removed} if same_base and worthwhile else None


def _write_base(temporary: Path, index: Index, threads: int) -> JSONObject:
    """Write all documents as a base, and return its record for the manifest."""
    new = temporary / BASES
    new.mkdir()
    write_mmap_index(new, index, threads)
    files = sorted(new.iterdir())
    for path in files:
        _sync(path)
    checksums = _checksums(files)
    name = hashlib.sha256(json.dumps(checksums).encode()).hexdigest()
    return {"folder": f"{BASES}/{name}", "files": checksums, "removed": []}


def _move_base(new: Path, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted(new.iterdir()):
        path.replace(target / path.name)
    new.rmdir()
    for changed in (target, target.parent):
        _sync_folder(changed)


def _open_base(folder: Path, base: JSONObject | None, dimension: int) -> MappedIndex | None:
    if not base:
        return None
    path = folder / base["folder"]
    for inside in (path.parent, path):
        if not is_folder(inside):
            raise IndexFolderError(_NO_FOLDER.format(inside))
    try:
        # `MappedIndex` reads all files in its folder.
        unexpected = sorted({file.name for file in path.iterdir()} - base["files"].keys())
        if unexpected:
            raise IndexFolderError(f"{path}: unexpected file {unexpected[0]!r}; rebuild the index with: qa index")
        found = _checksums(path / name for name in base["files"])
    except OSError as error:
        raise unreadable(Path(error.filename or path), error) from error
    for name, expected in base["files"].items():
        if found[name] != expected:
            raise damaged(path / name, f"SHA-256 is {found[name]}, expected {expected}")
    try:
        opened = MappedIndex(path, base["removed"])
        if opened.dimension != dimension:
            raise ValueError(f"its vectors have {opened.dimension} dimensions, not {dimension}")
    except Exception as error:  # a forged file makes NumPy and FAISS raise many kinds
        raise damaged(path, error) from error
    return opened


def _checksums(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by name, in parallel: a large library has gigabytes."""
    paths = list(paths)
    with ThreadPoolExecutor(processor_threads(0)) as pool:
        return dict(zip((path.name for path in paths), pool.map(digest_of_regular, paths), strict=True))


def _digest(entry: EmbeddedDocument, made_with: Sequence[object]) -> str:
    # The last bits of a vector depend on the other texts in its batch, so the text alone does not identify the file.
    vectors = hashlib.sha256(entry.chunk_vectors.tobytes() + entry.sentence_vectors.tobytes()).hexdigest()
    made_from = [FORMAT, entry.document.fingerprint, vectors, *made_with]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _remove_all_but(folder: Path, named: Container[str], base: JSONObject | None) -> None:
    # Windows cannot remove open or mapped files; a later save will.
    for path in (folder / DOCUMENTS).iterdir():
        if f"{DOCUMENTS}/{path.name}" not in named:
            with suppress(PermissionError):
                path.unlink()
    # On other systems, processes that mapped an older base can still read it.
    for path in folder.glob(f"{BASES}/*"):
        if base is None or f"{BASES}/{path.name}" != base["folder"]:
            shutil.rmtree(path, ignore_errors=os.name == "nt")
    if base is None and (folder / BASES).exists():
        with suppress(OSError):
            (folder / BASES).rmdir()


def _unexpected_files(folder: Path) -> Iterator[str]:
    """Yield the paths of everything that no save wrote."""
    folders = [folder]
    while folders:
        for path in folders.pop().iterdir():
            name = path.relative_to(folder).as_posix()
            if is_folder(path) and _OUR_FOLDERS.fullmatch(name):
                folders.append(path)
            elif is_folder(path) and name.startswith(_TEMPORARY):
                continue
            elif not is_regular(path) or not _OUR_FILES.fullmatch(name):
                yield name
            elif name == MANIFEST and not is_folder(folder / DOCUMENTS) and not _known_manifest(folder):
                # Other programs have a file of this name, too. An empty folder is lost in some copies, as those of Git.
                yield name


def _has_digest(path: Path, sha256: str) -> bool:
    try:
        return digest_of_regular(path) == sha256
    except OSError:
        return False


def _known_manifest(folder: Path) -> JSONObject:
    """Return the manifest of the last save; empty if it cannot be read."""
    try:
        return read_manifest(folder)
    except IndexFolderError:
        return {}


def _read_document(folder: Path, entry: JSONObject, dimension: int) -> EmbeddedDocument:
    path = folder / entry["file"]
    try:
        content = read_regular(path, _MAX_DOCUMENT_BYTES)
    except OSError as error:
        raise unreadable(path, error) from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise damaged(path, f"SHA-256 is {found}, expected {entry['sha256']}")
    try:
        document = StoredRows(entry, content).entry()
        if not all(
            vectors.shape == (rows, dimension) and vectors.dtype == np.float16 and np.isfinite(vectors).all()
            for vectors, rows in (
                (document.chunk_vectors, len(document.chunks)),
                (document.sentence_vectors, document.sentence_count),
            )
        ):
            raise ValueError("its vectors have another type or shape")
    except Exception as error:  # a forged file makes NumPy raise many kinds
        raise damaged(path, error) from error
    return document


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "nt":  # folders cannot be opened there
        return
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
