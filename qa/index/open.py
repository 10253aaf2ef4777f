"""Opening of an index in a folder or on a server.

The engines of servers are entry points in the group `GROUP`, named after the scheme of their addresses. A package that
provides one declares it in its pyproject.toml: ``mydb = "my_package:connect"`` under
``[project.entry-points."cited_qa.index_engines"]``.
"""

from __future__ import annotations

import logging
import os
import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from time import perf_counter

from qa.errors import IndexFolderError, IndexServerError
from qa.index.base import MutableIndex
from qa.index.manifest import settings_mismatch
from qa.index.milvus.uri import is_lite_file
from qa.index.server.index import ServerIndex
from qa.index.server.store import Store
from qa.index.storage import load_index
from qa.protocols import Embedder
from qa.settings import Settings

_log = logging.getLogger(__name__)

GROUP = "cited_qa.index_engines"
FORMAT = 1
_BUILT_IN = {"milvus": "qa.index.milvus.store:connect", "postgresql": "qa.index.postgres.store:connect"}
"""Listed here too, because without installation there are no entry points."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

Connect = Callable[[str, Settings], Store]
"""Returns the store at an address; raises IndexServerError if the address is not valid or cannot be reached."""


def open_index(location: str | Path, embedder: Embedder, settings: Settings) -> MutableIndex:
    """Open the index at a location.

    Parameters
    ----------
    location : str or Path
        A folder, the address of an index on a server, such as ``milvus://HOST:PORT/COLLECTION``, or a milvus-lite file
        whose name ends in ``.db``.

    Raises
    ------
    IndexFolderError, IndexServerError
        If there is none, it is damaged, its server does not answer in time, or it was made with another model or other
        split settings.
    """
    if not isinstance(location, str | os.PathLike):
        raise IndexFolderError(f"the location of the index is {location!r}; expected text or a Path")
    started = perf_counter()
    index: MutableIndex | None = open_on_server(location, embedder, settings)
    if index is None:
        index = load_index(Path(location), embedder, settings)
    if _log.isEnabledFor(logging.INFO):  # a server has to be asked for the number
        _log.info("opened an index of %d passages in %.1f s", len(index), perf_counter() - started)
    return index


def engine_of(location: str | Path) -> Connect | None:
    """Return the function that connects to the server at a location; None for a folder.

    An address with an unknown scheme, or a broken package, raises an `IndexServerError`.
    """
    found_scheme = _SCHEME.match(str(location))
    if not found_scheme and not is_lite_file(str(location)):
        return None
    scheme = found_scheme[1].lower() if found_scheme else "milvus"
    built_in = (EntryPoint(name, value, GROUP) for name, value in _BUILT_IN.items())
    for found in (*built_in, *entry_points(group=GROUP)):
        if found.name == scheme:
            try:
                connect: Connect = found.load()
            except Exception as error:  # of any package
                raise IndexServerError(f"{scheme}://...: {found.value} could not be loaded ({error})") from error
            return connect
    # The rest of the address may contain a password.
    raise IndexServerError(f"{scheme}://...: is not a valid index URI; known are {', '.join(sorted(_BUILT_IN))}")


def open_on_server(
    location: str | Path, embedder: Embedder, settings: Settings, *, make: bool = False
) -> ServerIndex | None:
    """Open an index on a server; with `make`, create an empty one if there is none. Return None for a folder.

    Raises
    ------
    IndexServerError
        If there is none, the server does not answer in time, or it was made with another model or other split settings.
    """
    connect = engine_of(location)
    if connect is None:
        return None
    store = connect(str(location), settings)
    try:
        metadata = store.metadata()
        if metadata is None and make:
            store.create(
                {
                    "format": FORMAT,
                    "model": settings.embedding_model,
                    "model_fingerprint": embedder.fingerprint,
                    "dimension": embedder.dimension,
                    "chunk_tokens": settings.chunk_tokens,
                }
            )
            # Another process may have created it first, with other settings.
            metadata = store.metadata()
        if metadata is None:
            raise IndexServerError(f"{store.shown}: contains no index; make it with: qa index PATH --out {store.shown}")
        if metadata["format"] != FORMAT:
            raise IndexServerError(
                f"{store.shown}: has format {metadata['format']}, this version reads {FORMAT};"
                " rebuild the index under another name"
            )
        mismatch = settings_mismatch(metadata["model_fingerprint"], metadata["chunk_tokens"], embedder, settings)
        if mismatch:
            raise IndexServerError(f"{store.shown}: {mismatch}, or give another name")
    except BaseException:
        store.close()
        raise
    return ServerIndex(store, embedder.dimension)
