"""Index folders of small documents, and the checks that apply to any of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from qa.documents.analysis import document_terms
from qa.documents.chunking import split
from qa.errors import IndexFolderError
from qa.index.base import EmbeddedDocument, MutableIndex
from qa.index.memory import PassageIndex
from qa.index.storage import load_index, save_index
from qa.models.embedder import embed_separately
from qa.protocols import ChunkText
from qa.settings import Settings
from qa.types import Document, Progress, Vectors

SETTINGS = Settings(chunk_tokens=16)
UNICODE_TEXT = (
    "\u017b\u00f3\u0142\u0107 \U0001f600 e\u0301 \u201cquotes\u201d\r\n\r\n# \u65e5\u672c\n\n"
    "\x00\x1c\ufeff <|endoftext|> \ud800 end."
)


class SilentEmbedder:
    """Has the fingerprint of a model and fails when asked to embed: the stored vectors must do."""

    dimension = 8

    def __init__(self, fingerprint: str = "model a") -> None:
        self.fingerprint = fingerprint

    def embed(self, texts: Sequence[str], progress: Progress | None = None) -> Vectors:
        """Fail."""
        raise AssertionError(f"asked to embed {len(texts)} texts ({progress})")

    def embed_chunks(self, chunks: Sequence[ChunkText], progress: Progress | None = None) -> tuple[Vectors, Vectors]:
        """Embed the chunk and its sentences as separate texts."""
        return embed_separately(self.embed, chunks, progress)


EMBEDDER = SilentEmbedder()


@cache
def entry_of(document: Document) -> EmbeddedDocument:
    """Return the document with random vectors seeded by its content."""
    chunks = split(document, SETTINGS.chunk_tokens)
    sentences = sum(len(chunk.sentences) for chunk in chunks)
    numbers = np.random.default_rng(int(document.fingerprint[:8], 16))
    vectors = numbers.standard_normal((len(chunks) + sentences, EMBEDDER.dimension)).astype(np.float16)
    return EmbeddedDocument(
        document, chunks, vectors[: len(chunks)], vectors[len(chunks) :], document_terms(document, chunks)
    )


def document(name: str, text: str = "It was cold. The ships froze in the harbour that winter.") -> Document:
    notes = (f"a picture of {name} was left out",)
    text, recognised = f"{text} This is {name}.", ((3, 9),)
    return Document(name, text, name.title(), f"/somewhere/{name}", (), "", notes, "en", recognised)


def index_of(documents: Iterable[Document]) -> PassageIndex:
    index = PassageIndex(EMBEDDER.dimension)
    for each in documents:
        index.add(entry_of(each))
    return index


def save(folder: Path, *documents: Document) -> None:
    save_index(folder, index_of(documents), EMBEDDER, SETTINGS)


def load(folder: Path) -> MutableIndex:
    return load_index(folder, EMBEDDER, SETTINGS)


def content(index: MutableIndex) -> list[object]:
    """Return everything in an index in a form that can be compared, vectors bit by bit."""
    entries = [index.entry(name) for name in index.documents]
    return [
        (
            entry.document,
            entry.document.notes,
            entry.document.recognised,
            entry.chunks,
            entry.chunk_vectors.tobytes(),
            entry.chunk_vectors.shape,
            entry.sentence_vectors.tobytes(),
            entry.sentence_vectors.shape,
        )
        for entry in entries
    ]


def files_of(folder: Path) -> dict[str, tuple[int, int]]:
    """Return the inode and modification time of every file, by its path in the folder."""
    return {
        path.relative_to(folder).as_posix(): (path.stat().st_ino, path.stat().st_mtime_ns)
        for path in folder.rglob("*")
        if path.is_file()
    }


def document_files(folder: Path) -> dict[str, tuple[int, int]]:
    return {name: stamp for name, stamp in files_of(folder).items() if name != "manifest.json"}


def assert_tidy(folder: Path) -> None:
    """Assert that the folder contains the manifest and the files it lists, and nothing else."""
    manifest = json.loads((folder / "manifest.json").read_bytes())
    base = manifest["base"] or {"folder": "", "files": {}}
    of_base = [f"{base['folder']}/{name}" for name in base["files"]]
    of_documents = [entry["file"] for entry in manifest["documents"]]
    assert sorted(files_of(folder)) == sorted(["manifest.json", *of_documents, *of_base])
    folders = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_dir())
    assert folders == [*(["bases", base["folder"]] if of_base else []), "documents"]


def rewrite_manifest(folder: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Change the manifest and update its checksum."""
    path = folder / "manifest.json"
    manifest = json.loads(path.read_bytes())
    change(manifest)
    del manifest["checksum"]
    manifest["checksum"] = hashlib.sha256(json.dumps(manifest, sort_keys=True).encode()).hexdigest()
    path.write_text(json.dumps(manifest), encoding="utf-8")


def error_of(folder: Path, embedder: SilentEmbedder = EMBEDDER, chosen: Settings = SETTINGS) -> str:
    with pytest.raises(IndexFolderError) as caught:
        load_index(folder, embedder, chosen)
    return str(caught.value)


OLD = [document("a.md"), document("b.md"), document("c.md"), document("d.md", "Long. " * 300)]
NEW = [document("a.md"), document("b.md", "Changed."), document("e.md"), document("f.md", "New. " * 300), OLD[3]]
