"""An index folder: one immutable file per document, and a manifest that names them.

::

    INDEX_DIR/
      manifest.json                         format, model fingerprint, split settings, checksum of every file and itself
      documents/<fingerprint>.safetensors   text, spans, vectors and terms of one document
      bases/<fingerprint>/                  of a large library, most documents at once; see `qa.mapped`

A document's file is in the safetensors format, of which thousands are read in a second, and nothing in it is code. It
is named by a fingerprint of its content, its vectors, the model and the split settings, so an unchanged document is
neither embedded nor written again, and a name never stands for two contents. New files are written to a temporary
folder and renamed into place; then the manifest is replaced in one step. A kill at any moment leaves the old manifest
with its files, or the new one with its files.

One process writes at a time, and a second is told so at once. Any number may read meanwhile: each sees the old index or
the new one. What no manifest names is removed after the step, or, where somebody reads just then, by a later save.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import tempfile
from collections.abc import Container, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from qa.document_file import from_bytes, to_bytes
from qa.errors import IndexFolderError
from qa.index import PassageIndex, document_terms
from qa.joint import AnyIndex, GrowingIndex
from qa.keyword import analysis
from qa.lock import only_writer, reading, unless_read
from qa.mapped import GROUPS_FILE, SUFFIX, MappedIndex
from qa.pack import pack
from qa.runtime import processor_threads
from qa.settings import Settings
from qa.types import EmbeddedDocument, Embedder, JSONObject

FORMAT = 4
MANIFEST = "manifest.json"
DOCUMENTS = "documents"
BASES = "bases"
LARGE = 10_000
"""Chunks from which on a library is kept as a base; and chunks added beside a base at which another is written."""
_READ_FORMATS = (3, FORMAT)
"""Format 3 knew no bases."""
_DOCUMENT_FORMAT = 3
_TEMPORARY = ".saving-"
_SUFFIX = ".safetensors"
# Up to format 2 they were .npz.
_DOCUMENT_FILE = re.compile(rf"[0-9a-f]{{64}}(?:\{_SUFFIX}|\.npz)")
_BASE = re.compile(r"[0-9a-f]{64}")
_BASE_FILE = re.compile(rf"[0-9a-f]{{64}}/(?:[a-z_]+\{SUFFIX}|{re.escape(GROUPS_FILE)})")


def save_index(folder: Path, index: AnyIndex, embedder: Embedder, settings: Settings) -> None:
    """Write the index to `folder`, replacing what an earlier save left there.

    Raises
    ------
    IndexFolderError
        If the folder holds something else, cannot be written, or is being written by another process.

    See Also
    --------
    qa.lock.only_writer : to be held from the reading of an index that is changed to its saving.
    """
    with only_writer(folder):
        try:
            _save(folder, index, embedder, settings)
        except OSError as error:
            raise IndexFolderError(f"{folder}: the index could not be written ({error.strerror or error})") from error


def load_index(folder: Path, embedder: Embedder, settings: Settings) -> PassageIndex | GrowingIndex:
    """Read an index folder and verify it; the base of a large library is verified and mapped into memory.

    Raises
    ------
    IndexFolderError
        If it is missing or damaged, or was made with another model or other split settings.
    """
    with reading(folder / DOCUMENTS):
        manifest = _read_manifest(folder)
        _check_fit(folder, manifest, embedder, settings)
        index = PassageIndex(int(manifest["dimension"]))
        base = _open_base(folder, manifest.get("base"))
        other_terms = manifest["terms"] != analysis()
        if base and other_terms:
            for name in base.documents:
                index.add(base.entry(name))
        for entry in manifest["documents"]:
            document = _read_document(folder, entry, index.dimension)
            if other_terms:
                document = replace(document, terms=document_terms(document.document, document.chunks))
            index.add(document)
    return GrowingIndex(base, index) if base and not other_terms else index


def _save(folder: Path, index: AnyIndex, embedder: Embedder, settings: Settings) -> None:
    strangers = sorted(_strangers(folder))
    if strangers:
        raise IndexFolderError(f"{folder}: holds {strangers[0]!r}, so it is no index folder; choose another one")
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    split_settings: JSONObject = {"chunk_tokens": settings.chunk_tokens}
    made_with = [embedder.fingerprint, split_settings, analysis()]
    old = _known_manifest(folder)
    kept = {entry["file"]: entry["sha256"] for entry in old.get("documents", [])}
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=folder))
    apart: AnyIndex = index
    base: JSONObject | None = None
    if old and [old["model_fingerprint"], old["split"], old["terms"]] == made_with:
        base = _kept_base(folder, index, old)
    if base and isinstance(index, GrowingIndex):
        apart = index.added
    elif len(index) >= LARGE:
        base = _write_base(folder, temporary, index)
        apart = PassageIndex(index.dimension)
    entries: list[JSONObject] = []
    for name, document in apart.documents.items():
        entry = apart.entry(name)
        file = f"{DOCUMENTS}/{_digest(entry, made_with)}{_SUFFIX}"
        if file not in kept or not _holds(folder / file, kept[file]):
            content = to_bytes(entry)
            kept[file] = hashlib.sha256(content).hexdigest()
            _write(temporary / Path(file).name, content)
        entries.append(
            {
                "id": document.id,
                "title": document.title,
                "source": document.source,
                "page_starts": list(document.page_starts),
                "file": file,
                "sha256": kept[file],
            }
        )
    (folder / DOCUMENTS).mkdir(exist_ok=True)
    for new in temporary.iterdir():
        new.replace(folder / DOCUMENTS / new.name)
    manifest: JSONObject = {
        "format": FORMAT,
        "model": settings.embedding_model,
        "model_fingerprint": embedder.fingerprint,
        "dimension": index.dimension,
        "split": split_settings,
        "terms": analysis(),
        "chunks": len(index),
        "base": base,
        "documents": entries,
    }
    manifest["checksum"] = _checksum(manifest)
    _write(temporary / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass"))
    _sync_folder(folder / DOCUMENTS)
    (temporary / MANIFEST).replace(folder / MANIFEST)
    _sync_folder(folder)
    temporary.rmdir()
    _remove_all_but(folder, {entry["file"] for entry in entries}, base)


def _kept_base(folder: Path, index: AnyIndex, old: JSONObject) -> JSONObject | None:
    """Return what to say of the base that the manifest names, where the index grew from it and it still serves."""
    base = old.get("base")
    if not base or not isinstance(index, GrowingIndex):
        return None
    grew_from_it = index.base.folder.resolve() == (folder / base["folder"]).resolve()
    serves = len(index) >= LARGE > len(index.added) and 2 * len(index.base) >= index.base.row_count
    return {**base, "removed": index.base.removed} if grew_from_it and serves else None


def _write_base(folder: Path, temporary: Path, index: AnyIndex) -> JSONObject:
    """Write a base of all documents; it is not part of the index before the manifest names it."""
    new = temporary / BASES
    new.mkdir()
    pack(new, index)
    files = {path.name: path for path in sorted(new.iterdir())}
    for path in files.values():
        _sync(path)
    checksums = _checksums(files.values())
    place = folder / BASES / hashlib.sha256(json.dumps(checksums).encode()).hexdigest()
    place.mkdir(parents=True, exist_ok=True)
    for name, path in files.items():
        path.replace(place / name)
    new.rmdir()
    for changed in (place, folder / BASES):
        _sync_folder(changed)
    return {"folder": f"{BASES}/{place.name}", "files": checksums, "removed": []}


def _open_base(folder: Path, base: JSONObject | None) -> MappedIndex | None:
    if not base:
        return None
    place = folder / base["folder"]
    paths = [place / name for name in base["files"]]
    try:
        found = _checksums(paths)
    except OSError as error:
        raise IndexFolderError(
            f"{error.filename}: could not be read ({error.strerror}); make the index again with: qa index"
        ) from error
    for path in paths:
        expected = base["files"][path.name]
        if found[path.name] != expected:
            raise IndexFolderError(
                f"{path}: is damaged (SHA-256 is {found[path.name]}, expected {expected});"
                " make the index again with: qa index"
            )
    try:
        return MappedIndex(place, base["removed"])
    except Exception as error:  # a forged file makes NumPy and FAISS raise many kinds
        raise IndexFolderError(f"{place}: is no base ({error}); make the index again with: qa index") from error


def _checksums(paths: Iterable[Path]) -> dict[str, str]:
    """Return the SHA-256 of files by name, several at a time: a large library has gigabytes."""
    paths = list(paths)
    with ThreadPoolExecutor(processor_threads(0)) as pool:
        return dict(zip((path.name for path in paths), pool.map(digest_of_file, paths), strict=True))


def digest_of_file(path: Path) -> str:
    """Return the SHA-256 of a file, as 64 hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _digest(entry: EmbeddedDocument, made_with: Sequence[object]) -> str:
    # The last bits of a vector depend on the texts it was embedded with, so a text alone does not tell its file.
    vectors = hashlib.sha256(entry.chunk_vectors.tobytes() + entry.sentence_vectors.tobytes()).hexdigest()
    made_from = [_DOCUMENT_FORMAT, entry.document.fingerprint, vectors, *made_with]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _remove_all_but(folder: Path, named: Container[str], base: JSONObject | None) -> None:
    with unless_read(folder / DOCUMENTS) as free:
        for path in (folder / DOCUMENTS).iterdir() if free else ():
            if f"{DOCUMENTS}/{path.name}" not in named:
                path.unlink()
        # Who has an older base open keeps it: its files are mapped.
        for path in folder.glob(f"{BASES}/*") if free else ():
            if base is None or f"{BASES}/{path.name}" != base["folder"]:
                shutil.rmtree(path)
        if free and base is None and (folder / BASES).exists():
            (folder / BASES).rmdir()


def _strangers(folder: Path) -> Iterator[str]:
    """Yield what no save of ours wrote: a save removes files, so it must be sure whose they are."""
    documents = folder / DOCUMENTS
    for path in folder.iterdir():
        if path == documents and path.is_dir():
            yield from (
                f"{DOCUMENTS}/{file.name}" for file in path.iterdir() if not _DOCUMENT_FILE.fullmatch(file.name)
            )
        elif path == folder / BASES and path.is_dir():
            yield from (
                file.relative_to(folder).as_posix()
                for file in path.rglob("*")
                if not (_BASE_FILE if file.is_file() else _BASE).fullmatch(file.relative_to(path).as_posix())
            )
        elif not path.name.startswith(_TEMPORARY) and not (path.name == MANIFEST and documents.is_dir()):
            yield path.name


def _holds(path: Path, sha256: str) -> bool:
    try:
        return digest_of_file(path) == sha256
    except FileNotFoundError:
        return False


def _known_manifest(folder: Path) -> JSONObject:
    """Return the manifest that an earlier save left; an empty one where none can be read."""
    try:
        return _read_manifest(folder)
    except IndexFolderError:
        return {}


def _read_manifest(folder: Path) -> JSONObject:
    path = folder / MANIFEST
    try:
        manifest: JSONObject = json.loads(path.read_bytes().decode("utf-8", "surrogatepass"))
    except (FileNotFoundError, NotADirectoryError):
        raise IndexFolderError(f"{folder}: no {MANIFEST}, so it is no index folder; make one with: qa index") from None
    except OSError as error:
        raise IndexFolderError(f"{path}: could not be read ({error.strerror})") from error
    except ValueError as error:
        raise IndexFolderError(f"{path}: is damaged ({error}); make the index again with: qa index") from error
    if not isinstance(manifest, dict) or manifest.get("checksum") != _checksum(manifest):
        raise IndexFolderError(f"{path}: is damaged (its checksum does not fit); make the index again with: qa index")
    if manifest["format"] not in _READ_FORMATS:
        raise IndexFolderError(
            f"{path}: has format {manifest['format']}, this version reads {' and '.join(map(str, _READ_FORMATS))};"
            " make the index again with: qa index"
        )
    return manifest


def _check_fit(folder: Path, manifest: JSONObject, embedder: Embedder, settings: Settings) -> None:
    made = manifest["split"].get("chunk_tokens")
    if manifest["model_fingerprint"] != embedder.fingerprint:
        raise IndexFolderError(
            f"{folder}: was made with the embedding model {manifest['model_fingerprint']!r}, but"
            f" {embedder.fingerprint!r} is set; set QA_EMBEDDING_MODEL and"
            " QA_EMBEDDING_PRECISION as they were, or make the index again"
        )
    if made != settings.chunk_tokens:
        raise IndexFolderError(
            f"{folder}: was made with chunks of {made} tokens, but {settings.chunk_tokens} is set;"
            f" set QA_CHUNK_TOKENS={made}, or make the index again"
        )


def _read_document(folder: Path, entry: JSONObject, dimension: int) -> EmbeddedDocument:
    path = folder / entry["file"]
    try:
        content = path.read_bytes()
    except OSError as error:
        raise IndexFolderError(
            f"{path}: could not be read ({error.strerror}); make the index again with: qa index"
        ) from error
    found = hashlib.sha256(content).hexdigest()
    if found != entry["sha256"]:
        raise IndexFolderError(
            f"{path}: is damaged (SHA-256 is {found}, expected {entry['sha256']}); make the index again with: qa index"
        )
    try:
        document = from_bytes(entry, content)
        if not all(
            vectors.shape == (rows, dimension) and vectors.dtype == np.float32 and np.isfinite(vectors).all()
            for vectors, rows in (
                (document.chunk_vectors, len(document.chunks)),
                (document.sentence_vectors, len(document.terms.lengths)),
            )
        ):
            raise ValueError("its vectors do not fit")
    except Exception as error:  # a forged file makes NumPy raise many kinds
        raise IndexFolderError(f"{path}: is no document file ({error}); make the index again with: qa index") from error
    return document


def _checksum(manifest: JSONObject) -> str:
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync(path: Path) -> None:
    with path.open("rb") as file:
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
