"""Opening of a milvus-lite file: a folder that a server in this process manages."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import IndexServerError
from qa.index.milvus.uri import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_COLLECTIONS = "collections"  # a folder inside every milvus-lite file
_NO_PINGS = {"grpc.keepalive_time_ms": 2**31 - 1}
"""The local server closes connections that send keepalive pings often, with a message on stderr."""


def open_file(address: Address, **options: Any) -> MilvusClient:  # noqa: ANN401 -- pymilvus's
    """Return a client for a milvus-lite file, which is created if missing; raise why it cannot be opened."""
    import milvus_lite  # noqa: F401 -- reports a missing extra
    import pymilvus

    path = Path(address.uri)
    # The folder will be written to.
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / _COLLECTIONS).is_dir()):
        raise IndexServerError(f"{address.shown}: is not a milvus-lite file; choose another name")
    path.parent.mkdir(parents=True, exist_ok=True)
    # The server prints a traceback for calls that it does not support; the client handles these.
    logging.getLogger("grpc._server").setLevel(logging.CRITICAL)
    causes = _Causes()
    log = logging.getLogger("milvus_lite.server_manager")
    log.propagate = False
    log.addHandler(causes)
    try:
        return pymilvus.MilvusClient(uri=address.uri, grpc_options=_NO_PINGS, **options)
    except Exception as error:
        raise causes.last or error from None
    finally:
        log.removeHandler(causes)


class _Causes(logging.Handler):
    """Keeps the error that milvus-lite logs instead of raising it."""

    last: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.last = record.exc_info[1]
