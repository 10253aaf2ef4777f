"""Sandbox for untrusted files: each file is parsed in a subprocess of its own, with limits.

The settings limit its time, its memory and the text it may return. The subprocess inherits nothing of the environment
but library paths, cannot write files, and ends when its parent does. Its replies are never unpickled or executed. On
Linux it gives up the network, other files and other processes before it receives the file (`qa.documents.confinement`),
and may be forked from a process that has already imported the parsers (`qa.documents.fork_server`). On other systems,
code that takes over the subprocess has the rights of the user that it runs as. Memory is limited on Linux only; on
Windows only wall-clock time is limited, to three times the number of seconds set.
"""

from __future__ import annotations

import base64
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, fields
from itertools import chain
from pathlib import Path
from threading import BoundedSemaphore, Timer
from typing import TYPE_CHECKING, Any, TypeVar

from pydantic import TypeAdapter

from qa.cancellation import Cancellation
from qa.documents import fork_server
from qa.documents.analysis import Analysis, from_json
from qa.documents.confinement import Protections
from qa.documents.fork_server import Fork, ForkServer
from qa.documents.formats import SCANNED, Article, load_error
from qa.documents.formats.pdf.boxes import PageBoxes, PrintedPage
from qa.documents.formats.recognition import WALL_TIME_FACTOR, languages
from qa.errors import LoadError
from qa.files import MEGABYTE
from qa.settings import Settings
from qa.types import Document

if TYPE_CHECKING:
    from qa.documents.content import Content

MAX_CONCURRENT = 2  # files that one sandbox parses at the same time; others wait
_MAX_HEAD_MB = 50  # of a reply, before its text: titles, page starts, page images
_EXIT_TIMEOUT_SECONDS = 5.0
_CPU_LIMIT_SIGNAL = getattr(signal, "SIGXCPU", None)  # Windows has none
_MAX_MESSAGE_CHARS = 2000
_COMMAND = (sys.executable, "-P", "-X", "utf8", "-m", "qa.documents.sandbox_worker")
_KEPT_VARIABLES = ("LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH", *(("PATH", "SYSTEMROOT") if os.name == "nt" else ()))
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "1"}

# What the subprocess says is untrusted.
_PROTECTIONS, _PAGE = TypeAdapter(Protections), TypeAdapter(PageBoxes)

Made = TypeVar("Made")
_Process = subprocess.Popen[bytes] | Fork


class Sandbox:
    """Parses each file in a subprocess. Thread-safe.

    A file that cannot be read, or exceeds a limit, is a `LoadError`; cancellation ends the subprocess.

    Parameters
    ----------
    settings : Settings, optional
        Source of the limits; by default the environment.
    warm : bool
        After the first file, fork each subprocess from one that has already imported the parsers, if the system can.
    """

    def __init__(self, settings: Settings | None = None, *, warm: bool = False) -> None:
        self._settings = settings or Settings.from_environment()
        self._slots = BoundedSemaphore(MAX_CONCURRENT)
        self._server = ForkServer(_COMMAND, _environment()) if warm and fork_server.AVAILABLE else None
        self._is_warm = False

    def close(self) -> None:
        """Stop the fork server, if there is one."""
        if self._server is not None:
            self._server.close()

    def protections(self) -> Protections:
        """Return the measures that confine a subprocess on this system; see `qa.documents.confinement`.

        On Linux, without any of them no file is read, and this raises a `LoadError` too.
        """
        return self._do({"job": "protections"}, b"", "the sandbox", lambda head, _: _PROTECTIONS.validate_python(head))

    def read(self, data: bytes, suffix: str, source: str) -> Article:
        """Read a file, given one of `qa.documents.formats.ACCEPTED`, and its path or name for messages."""
        return self._do({"job": "read", "suffix": suffix}, data, source, _article)

    def load(
        self, content: Content, chunk_tokens: int, max_tokens: int, cancellation: Cancellation | None = None
    ) -> tuple[Document, Analysis | int]:
        """Read a file and analyse its text in one subprocess.

        Instead of the analysis of a text with more than `max_tokens` tokens, their number is returned.
        """

        def make(head: Any, text: str) -> tuple[Document, Analysis | int]:  # noqa: ANN401 -- untrusted reply
            document = content.document(_article(head, text))
            found = head["analysis"]
            if type(found) is not int:
                return document, from_json(found, document)
            if found <= max_tokens:
                raise ValueError("not too many")
            return document, found

        job = {field.name: getattr(content, field.name) for field in fields(content) if field.name != "data"}
        job |= {"job": "load", "chunk_tokens": chunk_tokens, "max_tokens": max_tokens}
        return self._do(job, content.data, content.source, make, cancellation)

    def unpack(
        self, data: bytes, source: str, max_unpacked_bytes: int, cancellation: Cancellation | None = None
    ) -> tuple[dict[str, bytes], list[tuple[str, str]]]:
        """Return the content of each file in a zip archive, and the reason for each skipped file, by path."""
        return self._do({"job": "unpack", "max_unpacked_bytes": max_unpacked_bytes}, data, source, _files, cancellation)

    def printed_pages(
        self, data: bytes, document: Document, start: int, end: int, *, width: int, most: int
    ) -> tuple[PrintedPage, ...]:
        """Return images of the PDF pages that a span is on, or the image in which its text was recognised.

        See `qa.documents.formats.pdf.boxes.printed_pages`.
        """
        recognised = document.is_recognised(start, end)
        job = {"job": "printed pages", "document": asdict(document), "span": (start, end), "width": width, "most": most}
        job |= {"recognised": recognised}
        return self._do(job, data, document.source, _pages)

    def _do(
        self,
        job: dict[str, Any],
        data: bytes,
        source: str,
        make: Callable[[Any, str], Made],
        cancellation: Cancellation | None = None,
    ) -> Made:
        limits = self._settings
        recognises = (job.get("suffix") in SCANNED or job.get("recognised")) and languages()
        ocr_seconds = limits.ocr_timeout_seconds if recognises else 0.0
        seconds = limits.parse_timeout_seconds + ocr_seconds
        job |= {
            "source": source,
            "size": len(data),
            "seconds": seconds,
            "ocr_seconds": ocr_seconds,
            "memory_mb": limits.parse_memory_mb,
            "text_mb": limits.parse_output_mb,
            "allow_unreadable": limits.allow_unreadable,
        }
        with self._slots:
            request = json.dumps(job).encode() + b"\n"
            reply, late, code = self._exchange(request, data, seconds, cancellation or Cancellation())
        if late or (_CPU_LIMIT_SIGNAL is not None and code == -_CPU_LIMIT_SIGNAL):
            problem = f"takes more than {seconds:g} seconds to read"
            raise load_error(source, problem, "split it, or save its text as .txt")
        line, _, payload = reply.partition(b"\n")
        try:
            head = json.loads(line)
            if "error" not in head:
                return make(head, payload.decode())
            message = str(head["error"])[:_MAX_MESSAGE_CHARS]
        except (ValueError, TypeError, KeyError, AttributeError, OverflowError, RecursionError) as error:
            reasons = f"it is damaged, or needs more than {limits.parse_memory_mb:g} MB of memory"
            problem = f"crashed the parser (exit code {code}): {reasons}"
            raise load_error(source, problem, "save it again, or as .txt") from error
        raise LoadError(message)

    def _exchange(
        self, line: bytes, data: bytes, seconds: float, cancellation: Cancellation
    ) -> tuple[bytes, bool, int]:
        """Return a subprocess's reply, whether it timed out, and its exit code."""
        process = self._server.fork() if self._server is not None and self._is_warm else _start_process()
        assert process.stdin is not None and process.stdout is not None  # noqa: S101, PT018 -- for mypy
        fired: list[bool] = []

        def stop() -> None:
            fired.append(True)
            process.kill()

        timer = Timer(WALL_TIME_FACTOR * seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            with cancellation.on_cancel(process.kill):
                with suppress(BrokenPipeError):
                    process.stdin.write(line)
                    process.stdin.write(data)
                    process.stdin.flush()
                most = (self._settings.parse_output_mb + _MAX_HEAD_MB) * MEGABYTE
                reply = process.stdout.read(int(most))
                code = _exit_code(process)
        finally:
            timer.cancel()
            _end(process)
            if self._server is not None and not self._is_warm:
                self._is_warm = True
                self._server.start()
        return reply, bool(fired), code


def _start_process() -> _Process:
    # The arguments are constants; nothing comes from a visitor.
    return subprocess.Popen(  # noqa: S603
        _COMMAND, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=_environment()
    )


def _environment() -> dict[str, str]:
    paths = [Path(__file__).parents[2], *map(Path, filter(None, sys.path))]
    environment = {name: os.environ[name] for name in _KEPT_VARIABLES if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join(str(path.absolute()) for path in paths)
    return environment | _ONE_THREAD


def _exit_code(process: _Process) -> int:
    try:
        return process.wait(_EXIT_TIMEOUT_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


def _end(process: _Process) -> None:
    process.kill()
    for pipe in (process.stdin, process.stdout):
        # Closing flushes data that the subprocess no longer reads.
        with suppress(BrokenPipeError):
            if pipe is not None:
                pipe.close()
    process.wait()


def _article(head: Any, text: str) -> Article:  # noqa: ANN401 -- untrusted reply
    title, starts, notes = head["title"], tuple(head["page_starts"]), tuple(head["notes"])
    known = all(type(start) is int and 0 <= start <= len(text) for start in starts)
    known = known and all(isinstance(note, str) for note in notes)
    recognised = tuple((start, end) for start, end in head["recognised"])
    edges = [0, *chain.from_iterable(recognised), len(text)]
    known = known and all(type(edge) is int for edge in edges) and edges == sorted(edges)
    if not known or list(starts) != sorted(starts) or not isinstance(title, str | None):
        raise ValueError("not an article")
    return Article(text, title, starts, notes, recognised)


def _files(head: Any, text: str) -> tuple[dict[str, bytes], list[tuple[str, str]]]:  # noqa: ANN401
    contents = (base64.b64decode(line, validate=True) for line in text.split("\n")) if text else ()
    left_out = [(str(path), str(reason)) for path, reason in head["left_out"]]
    return dict(zip(map(str, head["paths"]), contents, strict=True)), left_out


def _pages(head: Any, _: str) -> tuple[PrintedPage, ...]:  # noqa: ANN401
    pictures = (base64.b64decode(page["png"], validate=True) for page in head["pages"])
    return tuple(map(PrintedPage, map(_PAGE.validate_python, head["pages"]), pictures))
