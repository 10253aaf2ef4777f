"""The manifest of an index folder, read and checked before anything in it is believed."""

from __future__ import annotations

import hashlib
import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, InstanceOf, ValidationError

from qa.errors import IndexFolderError
from qa.files import read_regular
from qa.index.mmap import IVF_FILE, SUFFIX
from qa.settings import Settings
from qa.types import Embedder, JSONObject

FORMAT = 4
MANIFEST = "manifest.json"
DOCUMENTS = "documents"
BASES = "bases"
DOCUMENT_SUFFIX = ".safetensors"
MOST_BYTES = 32_000_000
"""Largest manifest that is read: about 60,000 documents, and from 10,000 chunks on most are in a base instead."""
_READ_FORMATS = (3, FORMAT)
"""Format 3 knew no bases."""
_MOST_INTEGER = 2**63 - 1
_MOST_SHOWN = 200

_HEX = "[0-9a-f]{64}"
_Whole = Annotated[int, Field(ge=0, le=_MOST_INTEGER)]
_Digest = Annotated[str, Field(pattern=f"^{_HEX}$")]
# A text may hold half of a character, which pydantic's own strings may not.
_Text = InstanceOf[str]


def _ascending(numbers: list[int]) -> list[int]:
    if any(later < earlier for earlier, later in pairwise(numbers)):
        raise ValueError("must ascend")
    return numbers


def _distinct(documents: list[DocumentEntry]) -> list[DocumentEntry]:
    if len({document.id for document in documents}) < len(documents):
        raise ValueError("must have an id each")
    return documents


class _Part(BaseModel):
    model_config = ConfigDict(strict=True)


class DocumentEntry(_Part):
    """A document of an index."""

    id: _Text
    title: _Text
    source: _Text
    page_starts: Annotated[list[_Whole], AfterValidator(_ascending)]
    file: Annotated[str, Field(pattern=f"^{DOCUMENTS}/{_HEX}{re.escape(DOCUMENT_SUFFIX)}$")]
    sha256: _Digest
    file_sha256: Annotated[str, Field(pattern=f"^(?:{_HEX})?$")] = ""
    notes: list[_Text] = []
    language: Annotated[str, Field(pattern="^(?:[a-z]{2})?$")] = ""
    recognised: list[Annotated[list[_Whole], Field(min_length=2, max_length=2), AfterValidator(_ascending)]] = []


class Base(_Part):
    """Most documents of a large library; see `qa.index.mmap`."""

    folder: Annotated[str, Field(pattern=f"^{BASES}/{_HEX}$")]
    files: dict[Annotated[str, Field(pattern=rf"^(?:[a-z_]+{re.escape(SUFFIX)}|{re.escape(IVF_FILE)})$")], _Digest]
    removed: list[_Whole]


class Split(_Part):
    """How texts were split."""

    chunk_tokens: _Whole


class Manifest(_Part):
    """A whole manifest."""

    format: _Whole
    model: _Text
    model_fingerprint: _Text
    dimension: Annotated[int, Field(ge=1, le=65_536)]
    split: Split
    terms: _Text
    chunks: _Whole
    base: Base | None = None
    documents: Annotated[list[DocumentEntry], AfterValidator(_distinct)]


def read_manifest(folder: Path) -> JSONObject:
    """Read the manifest of an index folder.

    Returns
    -------
    dict
        Of the fields of `Manifest`, with values that these allow.

    Raises
    ------
    IndexFolderError
        If it is missing, damaged, not a regular file, too large or of another format; names the field at fault.
    """
    path = folder / MANIFEST
    try:
        manifest: object = json.loads(read_regular(path, MOST_BYTES).decode("utf-8", "surrogatepass"))
    except (FileNotFoundError, NotADirectoryError):
        raise IndexFolderError(f"{folder}: no {MANIFEST}, so it is no index folder; make one with: qa index") from None
    except OSError as error:
        raise unreadable(path, error) from error
    except RecursionError:
        raise damaged(path, "it is nested too deeply") from None
    except ValueError as error:
        raise damaged(path, str(error)) from error
    if not isinstance(manifest, dict) or manifest.get("checksum") != checksum(manifest):
        raise damaged(path, "its checksum does not fit")
    made = manifest.get("format")
    if type(made) is int and made not in _READ_FORMATS:
        raise IndexFolderError(
            f"{path}: has format {str(made)[:_MOST_SHOWN]}, this version reads"
            f" {' and '.join(map(str, _READ_FORMATS))}; make the index again with: qa index"
        )
    try:
        Manifest.model_validate(manifest)
    except ValidationError as error:
        raise damaged(path, _problem(error)) from None
    return manifest


def check_fit(folder: Path, manifest: JSONObject, embedder: Embedder, settings: Settings) -> None:
    """Check that an index was made with the model and the split settings that are in use.

    Raises
    ------
    IndexFolderError
        If not; names the settings to change.
    """
    mismatch = settings_mismatch(manifest["model_fingerprint"], manifest["split"]["chunk_tokens"], embedder, settings)
    if mismatch:
        raise IndexFolderError(f"{folder}: {mismatch}, or make the index again")


def settings_mismatch(model: str, chunk_tokens: int, embedder: Embedder, settings: Settings) -> str | None:
    """Return in what an index of another model or chunk size differs, and what to set; None where it does not."""
    if model != embedder.fingerprint:
        return (
            f"was made with the embedding model {model!r}, but {embedder.fingerprint!r} is set;"
            " set QA_EMBEDDING_MODEL and QA_EMBEDDING_PRECISION as they were"
        )
    if chunk_tokens != settings.chunk_tokens:
        return (
            f"was made with chunks of {chunk_tokens} tokens, but {settings.chunk_tokens} is set;"
            f" set QA_CHUNK_TOKENS={chunk_tokens}"
        )
    return None


def checksum(manifest: JSONObject) -> str:
    """Return the SHA-256 of all fields but "checksum"."""
    content = {key: value for key, value in manifest.items() if key != "checksum"}
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()


def damaged(path: Path, problem: object) -> IndexFolderError:
    """Return the error of a file that is not what was saved."""
    return IndexFolderError(f"{path}: is damaged ({problem}); make the index again with: qa index")


def unreadable(path: Path, error: OSError) -> IndexFolderError:
    """Return the error of a file that could not be read."""
    return IndexFolderError(f"{path}: could not be read ({error.strerror}); make the index again with: qa index")


def _problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    # Keys may be anything, so they are shown as a literal.
    field = ascii(".".join(map(str, first["loc"])))[:_MOST_SHOWN]
    return f"field {field}: {first['msg']}"
