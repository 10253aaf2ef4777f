"""Finding the engine of an address, and opening an index there.

Engines are entry points of the group `GROUP`, named for the scheme of their addresses. A package that brings one
declares it in its pyproject.toml: ``mydb = "my_package:connect"`` under
``[project.entry-points."cited_qa.index_engines"]``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path

from qa.errors import IndexServerError
from qa.index.manifest import settings_mismatch
from qa.index.milvus.uri import is_lite_file
from qa.index.server.index import ServerIndex
from qa.index.server.store import Store
from qa.protocols import Embedder
from qa.settings import Settings

GROUP = "cited_qa.index_engines"
FORMAT = 1
_OURS = {"milvus": "qa.index.milvus.store:connect", "postgresql": "qa.index.postgres.store:connect"}
"""Found too where Cited QA is run from its folder, not installed."""
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")

Connect = Callable[[str, Settings], Store]
"""Returns the store at an address; raises IndexServerError where it is none, or cannot be reached."""


def engine_of(location: str | Path) -> Connect | None:
    """Return what connects to the server of a location; None if it is a folder.

    Raises
    ------
    IndexServerError
        If it is an address of no known scheme.
    """
    found_scheme = _SCHEME.match(str(location))
    if not found_scheme and not is_lite_file(str(location)):
        return None
    scheme = found_scheme[1].lower() if found_scheme else "milvus"
    ours = (EntryPoint(name, value, GROUP) for name, value in _OURS.items())
    for found in (*ours, *entry_points(group=GROUP)):
        if found.name == scheme:
            connect: Connect = found.load()
            return connect
    # No more of it: it may contain a password.
    raise IndexServerError(f"{scheme}://...: is not a valid index URI; known are {', '.join(sorted(_OURS))}")


def open_server(
    connect: Connect, location: str, embedder: Embedder, settings: Settings, *, make: bool = False
) -> ServerIndex:
    """Open an index on a server, or, where there is none and `make` is set, make an empty one.

    Raises
    ------
    IndexServerError
        If there is none, it cannot be reached in time, or it was made with another model or other split settings.
    """
    store = connect(location, settings)
    try:
        metadata = store.metadata()
        if metadata is None:
            if not make:
                raise IndexServerError(
                    f"{store.shown}: contains no index; make it with: qa index PATH --out {store.shown}"
                )
            metadata = {
                "format": FORMAT,
                "model": settings.embedding_model,
                "model_fingerprint": embedder.fingerprint,
                "dimension": embedder.dimension,
                "chunk_tokens": settings.chunk_tokens,
            }
            store.create(metadata)
        if metadata["format"] != FORMAT:
            raise IndexServerError(
                f"{store.shown}: has format {metadata['format']}, this version reads {FORMAT};"
                " make the index again under another name"
            )
        mismatch = settings_mismatch(metadata["model_fingerprint"], metadata["chunk_tokens"], embedder, settings)
        if mismatch:
            raise IndexServerError(f"{store.shown}: {mismatch}, or give another name")
    except BaseException:
        store.close()
        raise
    return ServerIndex(store, embedder.dimension)
