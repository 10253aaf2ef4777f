"""The web server: a socket that is bound at once, and uvicorn in a thread of its own."""

from __future__ import annotations

import errno
import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import uvicorn

from qa.errors import QAError

if TYPE_CHECKING:
    from starlette.types import ASGIApp

_CLOSE_SECONDS = 1  # before connections that are still open are cut
_POLL_SECONDS = 0.01
_BIND_PROBLEMS = {
    errno.EADDRINUSE: "the port is already in use; stop the program that uses it, or choose another port with --port",
    errno.EACCES: "permission denied; choose a port above 1023 with --port",
    errno.EADDRNOTAVAIL: "not an address of this computer; use 127.0.0.1 (this computer) or 0.0.0.0 (every network)",
}


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on an address; port 0 is a free one.

    Raises
    ------
    QAError
        If the address cannot be bound.
    """
    try:
        family, _, _, _, target = socket.getaddrinfo(host.strip("[]"), port, type=socket.SOCK_STREAM)[0]
        both = family == socket.AF_INET6 and socket.has_dualstack_ipv6()
        return socket.create_server(target, family=family, backlog=2048, dualstack_ipv6=both)
    except socket.gaierror:
        raise QAError(f"cannot listen on {host}: no address has this name; choose another with --host") from None
    except OSError as error:
        problem = _BIND_PROBLEMS.get(error.errno or 0, error.strerror or str(error))
        raise QAError(f"cannot listen on port {port} of {host}: {problem}") from None
    except OverflowError:
        raise QAError(f"cannot listen on port {port}: it must be from 0 to 65535") from None


@contextmanager
def running(app: ASGIApp, listening: socket.socket) -> Iterator[threading.Thread]:
    """Serve an application in a thread, until the block ends or the thread does."""
    # uvicorn's loggers use the handlers of this process.
    config = uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=_CLOSE_SECONDS)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, args=([listening],), name="server", daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(_POLL_SECONDS)
    try:
        yield thread
    finally:
        # What is still in progress is cut off on purpose, which is no error to report.
        log = logging.getLogger("uvicorn.error")
        level = log.level
        log.setLevel(logging.CRITICAL)
        server.should_exit = True
        thread.join(2 * _CLOSE_SECONDS)
        log.setLevel(level)
