"""Opening an index by its location: an index folder, a Milvus server or a milvus-lite file."""

from __future__ import annotations

from pathlib import Path

from qa.index.base import MutableIndex
from qa.index.milvus.index import MilvusIndex
from qa.index.milvus.metadata import open_store
from qa.index.milvus.uri import milvus_address
from qa.index.storage import load_index
from qa.protocols import Embedder
from qa.settings import Settings


def open_index(location: str | Path, embedder: Embedder, settings: Settings) -> MutableIndex:
    """Open the index at a location.

    Parameters
    ----------
    location : str or Path
        A folder, ``milvus://HOST:PORT/COLLECTION``, or a file that ends in ``.db``.
    embedder : Embedder
    settings : Settings

    Raises
    ------
    IndexFolderError, IndexServerError
        If there is none, it is damaged or cannot be reached, or it was made with another model or other settings.
    """
    address = milvus_address(location)
    if address is None:
        return load_index(Path(location), embedder, settings)
    return MilvusIndex(*open_store(address, embedder, settings))
