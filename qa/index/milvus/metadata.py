"""The metadata of an index in Milvus, in its record 0; and the opening of an index."""

from __future__ import annotations

import json
from pathlib import Path

from qa.errors import IndexServerError
from qa.index.manifest import settings_mismatch
from qa.index.milvus import codec as content
from qa.index.milvus.client import DOCUMENTS, MAKE, Store
from qa.index.milvus.uri import Address
from qa.protocols import Embedder
from qa.settings import Settings
from qa.text.tokens import analyzer_fingerprint
from qa.types import JSONObject

FORMAT = 3


def open_store(
    address: Address, embedder: Embedder, settings: Settings, *, make: bool = False
) -> tuple[Store, JSONObject]:
    """Open an index in Milvus, or, where there is none and `make` is set, make an empty one.

    Returns
    -------
    Store
        Its collections, ready to be searched.
    dict
        What it was made with.

    Raises
    ------
    IndexServerError
        If there is none, it cannot be reached in time, or it was made with another model or other split settings.
    """
    missing = IndexServerError(f"{address.shown}: contains no index; {MAKE} PATH --out {address.shown}")
    if address.is_file and not make and not Path(address.uri).exists():
        raise missing
    store = Store(address, settings.index_timeout_seconds, settings.index_token.get_secret_value())
    try:
        metadata = None
        if store.exists():
            store.load()
            metadata = read_metadata(store)
        if metadata is None:
            if not make:
                raise missing
            store.create(embedder.dimension)
            metadata = {
                "format": FORMAT,
                "model": settings.embedding_model,
                "model_fingerprint": embedder.fingerprint,
                "dimension": embedder.dimension,
                "chunk_tokens": settings.chunk_tokens,
                "terms": analyzer_fingerprint(),
                "next": 1,
                "pending": [],
            }
            write_metadata(store, metadata)
        _check_fit(address, metadata, embedder, settings)
    except BaseException:
        store.close()
        raise
    return store, metadata


def read_metadata(store: Store) -> JSONObject | None:
    """Return the metadata; None where there is none, since the index was not made to its end."""
    found = store.get(DOCUMENTS, [0], ["about"])
    if not found:
        return None
    said: JSONObject = json.loads(content.decode(found[0]["about"]))
    return said


def write_metadata(store: Store, metadata: JSONObject) -> None:
    """Write the metadata."""
    said = content.encode(json.dumps(metadata).encode())
    store.put_record({"row": 0, "key": "", "fingerprint": "", "about": said})


def _check_fit(address: Address, metadata: JSONObject, embedder: Embedder, settings: Settings) -> None:
    if metadata["format"] != FORMAT:
        raise IndexServerError(
            f"{address.shown}: has format {metadata['format']}, this version reads {FORMAT};"
            " make the index again under another name"
        )
    mismatch = settings_mismatch(metadata["model_fingerprint"], metadata["chunk_tokens"], embedder, settings)
    if mismatch:
        raise IndexServerError(f"{address.shown}: {mismatch}, or give another name")
