"""What a server under attack must never reach: a web server, a named pipe and a private file."""

from __future__ import annotations

import os
import threading
import zlib
from contextlib import suppress
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

MARKER = "never-to-be-read-by-a-server-5f0c9a"
"""Content of the private file."""
OUTSIDE = "http://hf.co"
"""A host from which Gradio fetches without looking its address up. Every server is started with `Canary` as its proxy,
so that no request leaves this computer."""
BOMB_PATH = "/bomb.png"
BOMB_MB = 600


@cache
def bomb() -> bytes:
    """Return a gzip file of 0.6 MB that unpacks to 600 MB."""
    pack = zlib.compressobj(9, zlib.DEFLATED, 31)
    megabyte = bytes(1_000_000)
    return b"".join(pack.compress(megabyte) for _ in range(BOMB_MB)) + pack.flush()


class Canary:
    """A web server, and a proxy for any other host, that records each request.

    Attributes
    ----------
    address : str
    hits : list of str
        First lines of the requests so far.
    """

    def __init__(self) -> None:
        self.hits: list[str] = []
        hits = self.hits

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                hits.append(self.requestline[:200])
                body, encoding = (bomb(), "gzip") if self.path.endswith(BOMB_PATH) else (b"canary", "identity")
                self.send_response(200)
                self.send_header("content-length", str(len(body)))
                self.send_header("content-encoding", encoding)
                self.end_headers()
                with suppress(OSError):
                    self.wfile.write(body)

            do_HEAD = do_POST = do_GET  # noqa: N815 -- the standard library's names

            def do_CONNECT(self) -> None:
                hits.append(self.requestline[:200])
                self.send_error(502)

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()


class Pipe:
    """A named pipe that is never written to: opening it for reading blocks until `release`.

    Parameters
    ----------
    path : Path

    Attributes
    ----------
    opened : int
        How often a reader was seen.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.opened = 0
        self._writer: int | None = None
        os.mkfifo(path)

    def look(self) -> None:
        """Count a reader that has come since the last `release`; it is left waiting."""
        if self._writer is None:
            with suppress(OSError):  # There is no reader.
                self._writer = os.open(self.path, os.O_WRONLY | os.O_NONBLOCK)
                self.opened += 1

    def release(self) -> None:
        """Let a reader that waits see the end of the file."""
        if self._writer is not None:
            os.close(self._writer)
            self._writer = None


class Traps:
    """A `Canary`, a `Pipe` and a private file in a folder.

    Parameters
    ----------
    folder : Path

    Attributes
    ----------
    canary : Canary
    pipe : Pipe
    secret : Path
        A file with `MARKER` in it.
    """

    def __init__(self, folder: Path) -> None:
        self.canary = Canary()
        self.pipe = Pipe(folder / "pipe.png")
        self.secret = folder / "secret.txt"
        self.secret.write_text(f"{MARKER}\n", encoding="utf-8")

    @property
    def addresses(self) -> list[str]:
        """Addresses that no server may fetch."""
        port = self.canary.address.rpartition(":")[2]
        hosts = ("127.0.0.1", "localhost", "2130706433", "[::ffff:127.0.0.1]")
        return [f"{OUTSIDE}/image.png", "https://huggingface.co/a", *(f"http://{host}:{port}/a.png" for host in hosts)]

    @property
    def paths(self) -> list[str]:
        """Files of this computer that no server may open."""
        return [str(self.pipe.path), str(self.secret), "/proc/self/environ", "/proc/self/fd/0", "/etc/passwd"]

    def close(self) -> None:
        """Stop listening, and release waiting readers."""
        self.pipe.release()
        self.canary.close()
