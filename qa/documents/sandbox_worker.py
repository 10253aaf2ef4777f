"""The sandbox's subprocess, started by `qa.documents.sandbox`: does one job on one file, then exits.

A job is a line of JSON followed by the bytes of the file. The reply is a line of JSON followed by text.
"""

from __future__ import annotations

import base64
import gc
import io
import json
import math
import os
import socket
import sys
from contextlib import suppress
from dataclasses import asdict
from functools import partial
from importlib import import_module
from typing import Any

from qa.documents.confinement import Protections, filter_calls, leave_network, restrict_files
from qa.documents.fork_server import SERVE, serve
from qa.documents.formats import READERS, Article, load_error
from qa.documents.formats.recognition import MAX_SECONDS
from qa.documents.gibberish import check_readable
from qa.errors import LoadError, QAError
from qa.files import MEGABYTE
from qa.text.printable import printable

_PARSERS = ("pypdfium2", "lxml.html", "trafilatura", "PIL.PngImagePlugin", "qa.types")

_Job = dict[str, Any]
_Reply = tuple[_Job, bytes]


def main() -> None:
    """Do one job. With ``--serve`` and a descriptor, import what most jobs need, and fork for each job."""
    is_server = SERVE in sys.argv
    no_network = leave_network()
    # Import while files can still be written, so that bytecode is cached.
    if is_server:
        _warm_up()
    work = partial(_work, no_network, restrict_files())
    if is_server:
        # A garbage collection in a fork would write to all shared memory, and so copy it.
        gc.collect()
        gc.freeze()
        with socket.socket(fileno=int(sys.argv[-1])) as control:
            serve(control, work)
    else:
        work()
    # The reply is sent; skip the parsers' cleanup.
    os._exit(0)


def _work(no_network: bool, landlock: int) -> None:
    # Keep what a parser prints out of the reply.
    with os.fdopen(os.dup(1), "wb") as replies:
        os.dup2(2, 1)
        protections = Protections(no_network, landlock, filter_calls())
        line = sys.stdin.buffer.readline()
        if not line:
            return
        job = json.loads(line) | {"protections": protections}
        MAX_SECONDS.set(job["ocr_seconds"])
        data = sys.stdin.buffer.read(job["size"])
        _limit(job)
        head, payload = _do_job(job, data)
        replies.write(json.dumps(head).encode() + b"\n" + payload)


def _warm_up() -> None:
    for name in _PARSERS:
        import_module(name)
    from qa.documents.analysis import analyse
    from qa.types import Document

    # If the token table is missing, the job will report it.
    with suppress(QAError):
        analyse(Document("a.txt", "Bees dance.", "Bees", "a.txt"), 10)


def _limit(job: _Job) -> None:
    """Limit time, memory and disk, and make the system kill this process when its parent exits."""
    if os.name != "posix":
        return
    import fcntl
    import resource
    import select

    most = math.ceil(job["seconds"])
    resource.setrlimit(resource.RLIMIT_CPU, (most, most + 1))
    # The parent holds the other end of this pipe and writes nothing more: closing it sends a signal that kills us.
    fcntl.fcntl(0, fcntl.F_SETOWN, os.getpid())
    fcntl.fcntl(0, fcntl.F_SETFL, fcntl.fcntl(0, fcntl.F_GETFL) | os.O_ASYNC)
    gone = select.poll()
    gone.register(0, 0)
    if gone.poll(0):  # the parent exited before the signal was requested
        os._exit(1)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    if sys.platform == "linux":
        most = round(job["memory_mb"] * MEGABYTE)
        resource.setrlimit(resource.RLIMIT_AS, (most, most))


def _do_job(job: _Job, data: bytes) -> _Reply:
    if sys.platform == "linux" and not job["protections"]:
        reason = "cannot be read safely: this system offers no way to confine a process"
        return {"error": str(load_error(job["source"], reason, "allow one of seccomp, Landlock, namespaces"))}, b""
    try:
        return _JOBS[job["job"]](job, data)
    except MemoryError:
        return {"error": _out_of_memory(job)}, b""
    except QAError as error:
        ran_out = isinstance(error.__cause__, MemoryError)
        return {"error": _out_of_memory(job) if ran_out else str(error)}, b""
    except Exception as error:  # any parser exception is the fault of the file
        problem = load_error(job["source"], f"cannot be read ({type(error).__name__})", "save it again, or as .txt")
        return {"error": str(problem)}, b""


def _out_of_memory(job: _Job) -> str:
    problem = f"needs more than {job['memory_mb']:g} MB of memory to read"
    return str(load_error(job["source"], problem, "split it, or save its text as .txt"))


def _read(job: _Job, data: bytes) -> _Reply:
    article, text = _article(job, data)
    return _head(article), text


def _head(article: Article) -> _Job:
    return {name: value for name, value in asdict(article).items() if name != "text"}


def _article(job: _Job, data: bytes) -> tuple[Article, bytes]:
    """Return what the format's reader returns, and its text in UTF-8."""
    source = job["source"]
    article = check_readable(READERS[job["suffix"]](data, source), source, allow_unreadable=job["allow_unreadable"])
    text = article.text.encode()
    if len(text) > job["text_mb"] * MEGABYTE:
        size = f"has {len(text):,} bytes of text, over the limit of {job['text_mb']:g} MB"
        raise load_error(source, size, "split it")
    return article, text


def _load(job: _Job, data: bytes) -> _Reply:
    from qa.documents.analysis import analyse, as_json
    from qa.documents.chunking import count_tokens
    from qa.documents.content import Content

    article, text = _article(job, data)
    content = Content(data, **{name: job[name] for name in ("suffix", "source", "document_id", "title", "file_name")})
    document = content.document(article)
    tokens = count_tokens(document.text)
    analysis = tokens if tokens > job["max_tokens"] else as_json(analyse(document, job["chunk_tokens"]))
    return {**_head(article), "analysis": analysis}, text


def _printed_pages(job: _Job, data: bytes) -> _Reply:
    from qa.documents.formats.image import image_page
    from qa.documents.formats.pdf.boxes import printed_pages
    from qa.types import Document

    document, (start, end), width = Document(**job["document"]), job["span"], job["width"]
    if data.startswith(b"%PDF"):
        pages = printed_pages(data, document, start, end, width=width, most=job["most"])
    else:
        pages = (image_page(data, document, start, end, width),)
    rows = [{**asdict(page.location), "png": base64.b64encode(page.png).decode("ascii")} for page in pages]
    return {"pages": rows}, b""


def _unpack(job: _Job, data: bytes) -> _Reply:
    from qa.documents.archives import members, open_archive, read_member

    source = job["source"]
    contents: dict[str, bytes] = {}
    with open_archive(io.BytesIO(data), source) as archive:
        found, left_out = members(archive, source)
        unpacked, most = sum(member.size for member in found), job["max_unpacked_bytes"]
        if unpacked > most:
            raise load_error(source, f"unpacks to {unpacked:,} bytes, over the limit of {most:,}", "add fewer files")
        for member in found:
            try:
                contents[member.path] = base64.b64encode(read_member(archive, member, member.path))
            except LoadError as error:
                left_out.append((member.path, str(error).removeprefix(f"{printable(member.path)}: ")))
    return {"paths": list(contents), "left_out": left_out}, b"\n".join(contents.values())


def _protections(job: _Job, _: bytes) -> _Reply:
    return asdict(job["protections"]), b""


_JOBS = {"protections": _protections, "read": _read, "load": _load, "unpack": _unpack, "printed pages": _printed_pages}

if __name__ == "__main__":
    main()
