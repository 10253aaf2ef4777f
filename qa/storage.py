"""An index folder: one immutable file per document, and a manifest that names them.

::

    INDEX_DIR/
      manifest.json                         format, model fingerprint, split settings, checksum of every file and itself
      documents/<fingerprint>.safetensors   text, spans, vectors and terms of one document

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
import sys
import tempfile
from collections.abc import Container, Iterator, Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from qa.errors import IndexFolderError
from qa.index import PassageIndex, document_terms
from qa.joint import AnyIndex
from qa.keyword import TermRows, analysis
from qa.lock import only_writer, reading, unless_read
from qa.settings import Settings
from qa.types import Chunk, Document, EmbeddedDocument, Embedder, JSONObject

FORMAT = 3
MANIFEST = "manifest.json"
DOCUMENTS = "documents"
_TEMPORARY = ".saving-"
_SUFFIX = ".safetensors"
# Up to format 2 they were .npz.
_DOCUMENT_FILE = re.compile(rf"[0-9a-f]{{64}}(?:\{_SUFFIX}|\.npz)")


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


def load_index(folder: Path, embedder: Embedder, settings: Settings) -> PassageIndex:
    """Read an index folder and verify it.

    Raises
    ------
    IndexFolderError
        If it is missing or damaged, or was made with another model or other split settings.
    """
    with reading(folder / DOCUMENTS):
        manifest = _read_manifest(folder)
        _check_fit(folder, manifest, embedder, settings)
        index = PassageIndex(int(manifest["dimension"]))
        other_terms = manifest["terms"] != analysis()
        for entry in manifest["documents"]:
            document = _read_document(folder, entry)
            if other_terms:
                document = replace(document, terms=document_terms(document.document, document.chunks))
            index.add(document)
    return index


def _save(folder: Path, index: AnyIndex, embedder: Embedder, settings: Settings) -> None:
    strangers = sorted(_strangers(folder))
    if strangers:
        raise IndexFolderError(f"{folder}: holds {strangers[0]!r}, so it is no index folder; choose another one")
    for leftover in folder.glob(f"{_TEMPORARY}*"):
        shutil.rmtree(leftover, ignore_errors=True)
    split_settings: JSONObject = {"chunk_tokens": settings.chunk_tokens}
    made_with = [embedder.fingerprint, split_settings, analysis()]
    kept = _known_checksums(folder)
    temporary = Path(tempfile.mkdtemp(prefix=_TEMPORARY, dir=folder))
    entries: list[JSONObject] = []
    for name, document in index.documents.items():
        entry = index.entry(name)
        file = f"{DOCUMENTS}/{_digest(entry, made_with)}{_SUFFIX}"
        if file not in kept or not _holds(folder / file, kept[file]):
            content = _pack(entry)
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
        "documents": entries,
    }
    manifest["checksum"] = _checksum(manifest)
    _write(temporary / MANIFEST, json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8", "surrogatepass"))
    _sync_folder(folder / DOCUMENTS)
    (temporary / MANIFEST).replace(folder / MANIFEST)
    _sync_folder(folder)
    temporary.rmdir()
    _remove_all_but(folder, {entry["file"] for entry in entries})


def _digest(entry: EmbeddedDocument, made_with: Sequence[object]) -> str:
    # The last bits of a vector depend on the texts it was embedded with, so a text alone does not tell its file.
    vectors = hashlib.sha256(entry.chunk_vectors.tobytes() + entry.sentence_vectors.tobytes()).hexdigest()
    made_from = [FORMAT, entry.document.fingerprint, vectors, *made_with]
    return hashlib.sha256(json.dumps(made_from, sort_keys=True).encode()).hexdigest()


def _remove_all_but(folder: Path, named: Container[str]) -> None:
    with unless_read(folder / DOCUMENTS) as free:
        for path in (folder / DOCUMENTS).iterdir() if free else ():
            if f"{DOCUMENTS}/{path.name}" not in named:
                path.unlink()


def _strangers(folder: Path) -> Iterator[str]:
    """Yield what no save of ours wrote: a save removes files, so it must be sure whose they are."""
    documents = folder / DOCUMENTS
    for path in folder.iterdir():
        if path == documents and path.is_dir():
            yield from (
                f"{DOCUMENTS}/{file.name}" for file in path.iterdir() if not _DOCUMENT_FILE.fullmatch(file.name)
            )
        elif not path.name.startswith(_TEMPORARY) and not (path.name == MANIFEST and documents.is_dir()):
            yield path.name


def _holds(path: Path, sha256: str) -> bool:
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest() == sha256
    except FileNotFoundError:
        return False


def _known_checksums(folder: Path) -> dict[str, str]:
    """Return the checksum of each document file that an earlier save left, as its manifest has it."""
    try:
        return {entry["file"]: entry["sha256"] for entry in _read_manifest(folder)["documents"]}
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
    if manifest["format"] != FORMAT:
        raise IndexFolderError(
            f"{path}: has format {manifest['format']}, this version reads {FORMAT}; make the index again with: qa index"
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


def _read_document(folder: Path, entry: JSONObject) -> EmbeddedDocument:
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
        return _unpack(entry, content)
    except Exception as error:  # a forged file makes NumPy raise many kinds
        raise IndexFolderError(f"{path}: is no document file ({error}); make the index again with: qa index") from error


def _pack(entry: EmbeddedDocument) -> bytes:
    from safetensors.numpy import save

    sentences = [span for chunk in entry.chunks for span in chunk.sentences]
    content: bytes = save(
        {
            "text": _as_bytes(entry.document.text),
            "chunks": np.array([(chunk.start, chunk.end) for chunk in entry.chunks], dtype=np.int64).reshape(-1, 2),
            "sentences": np.array(sentences, dtype=np.int64).reshape(-1, 2),
            "headings": _as_bytes(json.dumps([chunk.headings for chunk in entry.chunks])),
            "sentence_counts": np.array([len(chunk.sentences) for chunk in entry.chunks], dtype=np.int64),
            "chunk_vectors": entry.chunk_vectors,
            "sentence_vectors": entry.sentence_vectors,
            "vocabulary": _as_bytes(json.dumps(entry.terms.vocabulary)),
            "term_numbers": entry.terms.numbers,
            "term_lengths": entry.terms.lengths,
        }
    )
    return content


def _unpack(entry: JSONObject, content: bytes) -> EmbeddedDocument:
    from safetensors.numpy import load

    arrays = load(content)
    text = _as_text(arrays["text"])
    document = Document(entry["id"], text, entry["title"], entry["source"], tuple(entry["page_starts"]))
    sentences = [(start, end) for start, end in arrays["sentences"].tolist()]
    edges = [0, *np.cumsum(arrays["sentence_counts"]).tolist()]
    headings = json.loads(arrays["headings"].tobytes())
    chunks = tuple(
        Chunk(document.id, start, end, text[start:end], tuple(sentences[first:last]), above)
        for (start, end), (first, last), above in zip(arrays["chunks"].tolist(), pairwise(edges), headings, strict=True)
    )
    # Interned: a term stands in memory once, however many documents hold it.
    vocabulary = tuple(map(sys.intern, json.loads(arrays["vocabulary"].tobytes())))
    terms = TermRows(vocabulary, arrays["term_numbers"], arrays["term_lengths"])
    return EmbeddedDocument(document, chunks, arrays["chunk_vectors"], arrays["sentence_vectors"], terms)


def _as_bytes(text: str) -> NDArray[np.uint8]:
    return np.frombuffer(text.encode("utf-8", "surrogatepass"), dtype=np.uint8)


def _as_text(array: NDArray[np.uint8]) -> str:
    return array.tobytes().decode("utf-8", "surrogatepass")


def _checksum(manifest: JSONObject) -> str:
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
