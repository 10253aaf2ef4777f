"""Opening of an index in a folder or on a server."""

from __future__ import annotations

import logging
from pathlib import Path
from time import perf_counter

from qa.index.base import MutableIndex
from qa.index.server.open import open_on_server
from qa.index.storage import load_index
from qa.protocols import Embedder
from qa.settings import Settings

_log = logging.getLogger(__name__)


def open_index(location: str | Path, embedder: Embedder, settings: Settings) -> MutableIndex:
    """Open the index at a location.

    Parameters
    ----------
    location : str or Path
        A folder, the address of an index on a server, such as ``milvus://HOST:PORT/COLLECTION``, or a milvus-lite file
        whose name ends in ``.db``.
    embedder : Embedder
    settings : Settings

    Raises
    ------
    IndexFolderError, IndexServerError
        If there is none, it is damaged, its server does not answer in time, or it was made with another model or other
        split settings.
    """
    started = perf_counter()
    index: MutableIndex | None = open_on_server(location, embedder, settings)
    if index is None:
        index = load_index(Path(location), embedder, settings)
    _log.info("opened an index of %d passages in %.1f s", len(index), perf_counter() - started)
    return index
