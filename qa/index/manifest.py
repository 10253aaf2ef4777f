"""The manifest of an index folder, and its validation."""

from __future__ import annotations

import errno
import hashlib
import json
import re
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from qa.errors import IndexFolderError, first_problem
from qa.files import read_regular
from qa.index.mmap import IVF_FILE, SUFFIX
from qa.index.serialization import HEX, DocumentFields, Text, Whole
from qa.protocols import Embedder
from qa.settings import Settings
from qa.types import JSONObject

FORMAT = 6
MANIFEST = "manifest.json"
DOCUMENTS = "documents"
BASES = "bases"
DOCUMENT_SUFFIX = ".safetensors"
MAX_BYTES = 32_000_000
"""Maximum size of a manifest: about 60,000 documents; from 10,000 chunks on, most documents are in a base instead."""
_MAX_SHOWN_CHARACTERS = 200

_Digest = Annotated[str, Field(pattern=f"^{HEX}$")]


def _distinct(documents: list[DocumentEntry]) -> list[DocumentEntry]:
    if len({document.id for document in documents}) < len(documents):
        raise ValueError("must have distinct ids")
    return documents


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class DocumentEntry(DocumentFields):
    """A document of an index."""

    file: Annotated[str, Field(pattern=f"^{DOCUMENTS}/{HEX}{re.escape(DOCUMENT_SUFFIX)}$")]
    sha256: _Digest


class Base(_Part):
    """The files that contain most documents of a large library; see `qa.index.mmap`."""

    folder: Annotated[str, Field(pattern=f"^{BASES}/{HEX}$")]
    files: dict[Annotated[str, Field(pattern=rf"^(?:[a-z_]+{re.escape(SUFFIX)}|{re.escape(IVF_FILE)})$")], _Digest]
    removed: list[Whole]


class Split(_Part):
    """The settings with which texts were split."""

    chunk_tokens: Whole


class Manifest(_Part):
    """The fields of a manifest."""

    format: Whole
    model: Text
    model_fingerprint: Text
    dimension: Annotated[int, Field(ge=1, le=65_536)]
    split: Split
    terms: Text
    chunks: Whole
    base: Base | None
    documents: Annotated[list[DocumentEntry], AfterValidator(_distinct)]


def read_manifest(folder: Path) -> JSONObject:
    """Read the manifest of an index folder.

    Returns
    -------
    dict
        The fields of `Manifest`, validated.

    Raises
    ------
    IndexFolderError
        If it is missing, damaged, too large, not a regular file or in another format; names the invalid field.
    """
    path = folder / MANIFEST
    try:
        content = read_regular(path, MAX_BYTES)
    except (FileNotFoundError, NotADirectoryError, ValueError):  # the last if the path has a NUL character
        if not folder.exists():
            raise IndexFolderError(f"{folder}: does not exist; check the path, or make it with: qa index") from None
        raise IndexFolderError(f"{folder}: is not an index: it has no {MANIFEST}; make one with: qa index") from None
    except OSError as error:
        raise unreadable(path, error) from error
    try:
        manifest: object = json.loads(content.decode("utf-8", "surrogatepass"))
    except RecursionError:
        raise damaged(path, "it is nested too deeply") from None
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if not isinstance(manifest, dict) or manifest.get("checksum") != checksum(manifest):
        raise damaged(path, "its checksum does not match")
    made = manifest.get("format")
    if type(made) is int and made != FORMAT:
        raise IndexFolderError(
            f"{path}: has format {str(made)[:_MAX_SHOWN_CHARACTERS]}, this version reads {FORMAT};"
            " rebuild the index with: qa index"
        )
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        raise damaged(path, first_problem(error)) from None
    return manifest


def check_fit(folder: Path, manifest: JSONObject, embedder: Embedder, settings: Settings) -> None:
    """Raise an `IndexFolderError` unless an index was made with the current model and split settings."""
    mismatch = settings_mismatch(manifest["model_fingerprint"], manifest["split"]["chunk_tokens"], embedder, settings)
    if mismatch:
        raise IndexFolderError(f"{folder}: {mismatch}, or rebuild the index")


def settings_mismatch(model: str, chunk_tokens: int, embedder: Embedder, settings: Settings) -> str | None:
    """Return how the model or chunk size of an index differs from the settings, and what to set; None if equal."""
    if model != embedder.fingerprint:
        return (
            f"was made with the embedding model {model!r}, but {embedder.fingerprint!r} is set;"
            " set QA_EMBEDDING_MODEL as it was"
        )
    if chunk_tokens != settings.chunk_tokens:
        return (
            f"was made with chunks of {chunk_tokens} tokens, but {settings.chunk_tokens} is set;"
            f" set QA_CHUNK_TOKENS={chunk_tokens}"
        )
    return None


def checksum(manifest: JSONObject) -> str:
    """Return the SHA-256 of all fields except "checksum"."""
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def damaged(path: Path, problem: object) -> IndexFolderError:
    """Return the error for a damaged file."""
    return IndexFolderError(f"{path}: is damaged ({problem}); rebuild the index with: qa index")


def unwritable(folder: Path, error: OSError) -> IndexFolderError:
    """Return the error for the folder of an index, or of a run, that could not be written."""
    advice = "choose another folder, or change its permissions"
    if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
        advice = "what was there before is unchanged, so free some space and give the command again"
    return IndexFolderError(f"{folder}: could not be written ({error.strerror or error}); {advice}")


def unreadable(path: Path, error: OSError) -> IndexFolderError:
    """Return the error for a file that could not be read."""
    denied = error.errno in {errno.EACCES, errno.EPERM}
    advice = "change its permissions" if denied else "rebuild the index with: qa index"
    return IndexFolderError(f"{path}: could not be read ({error.strerror}); {advice}")
