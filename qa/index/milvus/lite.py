"""The client of a milvus-lite file, which is a folder that a server in this process keeps."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qa.errors import IndexServerError
from qa.index.milvus.uri import Address

if TYPE_CHECKING:
    from pymilvus import MilvusClient

_HELD = "collections"
"""A folder in every milvus-lite file."""
_NO_PINGS = {"grpc.keepalive_time_ms": 2**31 - 1}
"""That server ends connections that ask too often whether it is there, and writes so on stderr."""


def check_file(address: Address) -> None:
    """Check that the path is free, or a milvus-lite file: it would be written into.

    Raises
    ------
    IndexServerError
        If it is something else.
    """
    path = Path(address.uri)
    if path.is_file() or (path.is_dir() and any(path.iterdir()) and not (path / _HELD).is_dir()):
        raise IndexServerError(f"{address.shown}: is not a milvus-lite file; choose another name")


def opened_file(address: Address, **options: Any) -> MilvusClient:  # noqa: ANN401 -- pymilvus's
    """Return a client of a milvus-lite file, which is made if there is none.

    Raises
    ------
    Exception
        What keeps it from being opened: another process that has it open, a folder that cannot be written.
    """
    import milvus_lite  # noqa: F401 -- reports a missing extra
    import pymilvus

    check_file(address)
    Path(address.uri).parent.mkdir(parents=True, exist_ok=True)
    # It prints a traceback where a client asks for what it lacks, which the client can do without.
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
    """Keeps the error that milvus-lite writes to its log, with a traceback, instead of raising it."""

    last: BaseException | None = None

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info:
            self.last = record.exc_info[1]
