"""A fake language-model server: real HTTP on 127.0.0.1, in the OpenAI protocol, with scripted replies.

    with ScriptedModel(Reply("Bees dance [1].")) as server:
        settings = Settings(llm_model="scripted", llm_url=server.url)
        ...
    assert server.requests[0].body["max_tokens"] == 400

A script is one `Reply` for all requests, a sequence with one per request, or a function of the request's body:

    ScriptedModel([Reply(status=503), Reply("Bees dance [1].")])
    ScriptedModel(lambda body: Reply(f"You said {body['messages'][-1]['content']}"))

A reply can be sent in pieces, and an event among them holds back the rest until the test sets it:

    shown = threading.Event()
    ScriptedModel(Reply(["Bees dance [1]. ", shown, "Wasps sing [2]."]))

Misbehaviour is built from the same parts; see `Part`. Every wait ends when the client hangs up or the test is over.
"""

from __future__ import annotations

import json
import re
import select
import ssl
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

JSON = dict[str, Any]


@dataclass(frozen=True)
class Forever:
    """Send `part` a hundred times a second until the client hangs up; if it is empty, send nothing more."""

    part: str | bytes = b""


class Cut:
    """Close the connection without ending the reply."""


STALL = Forever()
CUT = Cut()
Part = str | JSON | bytes | threading.Event | Forever | Cut
"""A piece of text, the JSON of a server-sent event, raw bytes, an event to wait for, or misbehaviour."""


@dataclass(frozen=True)
class Reply:
    """A reply to one request.

    Attributes
    ----------
    parts : str or sequence of Part
        The text; a string is sent word by word.
    status : int
        If it is not 200, `body` is sent instead of `parts`.
    headers : mapping of str to str
        Added to the usual headers, or replacing them.
    body : str
        The body of a reply with another status.
    finish : str or None
        The `finish_reason`; None ends the stream without one.
    whole : bool
        Send one JSON object even if a stream was asked for.
    bare : bool
        Send the parts, which must be bytes, without a status line and headers.
    """

    parts: str | Sequence[Part] = ""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str = ""
    finish: str | None = "stop"
    whole: bool = False
    bare: bool = False


Script = Reply | Sequence[Reply] | Callable[[JSON], Reply]


@dataclass(frozen=True)
class Request:
    """A request by a client.

    Attributes
    ----------
    path : str
    headers : dict of str to str
        With names in lower case.
    body : JSON object
    hung_up : threading.Event
        Set when the client hangs up before the reply ends.
    """

    path: str
    headers: dict[str, str]
    body: JSON
    hung_up: threading.Event = field(default_factory=threading.Event)


class ScriptedModel:
    """The server, which runs inside a ``with`` block, over TLS if it is given a context.

    Attributes
    ----------
    url : str
        The value for `Settings.llm_url`.
    requests : list of Request
        All chat requests, in order.
    server_info : mapping of str to JSON object
        The replies to questions about the server, by path: "/v1/models", "/props", "/api/show".
    """

    def __init__(
        self, script: Script, tls: ssl.SSLContext | None = None, server_info: Mapping[str, JSON] | None = None
    ) -> None:
        self._script = script
        self.server_info = server_info or {}
        self._lock = threading.Lock()
        self._failure: Exception | None = None
        self.over = threading.Event()
        self.requests: list[Request] = []
        self._server = _Server(self)
        if tls:
            self._server.socket = tls.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self.url = f"{'https' if tls else 'http'}://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.over.set()
        self._server.shutdown()
        self._thread.join()
        # Waits for the threads that are sending replies.
        self._server.server_close()
        if self._failure and error is None:
            raise self._failure

    def reply_to(self, request: Request) -> Reply:
        """Record the request, and return the reply from the script."""
        with self._lock:
            self.requests.append(request)
            try:
                if isinstance(self._script, Reply):
                    return self._script
                if callable(self._script):
                    return self._script(request.body)
                return self._script[len(self.requests) - 1]
            except Exception as error:
                # The test raises it at its end.
                self._failure = error
                return Reply(status=418, body="the script failed")


class _Server(ThreadingHTTPServer):
    daemon_threads = False

    def __init__(self, model: ScriptedModel) -> None:
        self.model = model
        super().__init__(("127.0.0.1", 0), _Handler)


class _GoneError(Exception):
    """The client hung up, or the test is over."""


class _Handler(BaseHTTPRequestHandler):
    server: _Server
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._send_server_info()

    def _send_server_info(self) -> None:
        """Send what the server says about itself, which is not part of the script."""
        self.close_connection = True
        info = self.server.model.server_info.get(self.path.partition("?")[0])
        self._send_all(200 if info else 404, "application/json", json.dumps(info or {"error": "no such path"}), {})

    def do_POST(self) -> None:
        self.close_connection = True
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path.startswith("/api/"):
            self._send_server_info()
            return
        request = Request(self.path, {name.lower(): value for name, value in self.headers.items()}, body)
        reply = self.server.model.reply_to(request)
        try:
            if not self.path.partition("?")[0].endswith("/v1/chat/completions"):
                self._send_all(404, "application/json", '{"error": {"message": "no such path"}}', {})
            elif reply.bare:
                self._send_parts(reply, str, self.wfile.write)
            elif reply.status != 200:
                self._send_all(reply.status, "application/json", reply.body, reply.headers)
            elif reply.whole or not body.get("stream"):
                self._send_whole(reply)
            else:
                self._send_stream(reply)
        except (_GoneError, OSError):
            if not self.server.model.over.is_set():
                request.hung_up.set()

    def _send_all(self, status: int, content_type: str, body: str, headers: Mapping[str, str]) -> None:
        data = body.encode()
        self._send_head(status, {"Content-Type": content_type, "Content-Length": str(len(data)), **headers})
        self.wfile.write(data)

    def _send_head(self, status: int, headers: Mapping[str, str]) -> None:
        self.send_response(status)
        for name, value in {"Connection": "close", **headers}.items():
            self.send_header(name, value)
        self.end_headers()

    def _send_whole(self, reply: Reply) -> None:
        sent: list[str] = []
        for part in [reply.parts] if isinstance(reply.parts, str) else reply.parts:
            if isinstance(part, str):
                sent.append(part)
            elif isinstance(part, threading.Event):
                self._wait(part)
        message = {"role": "assistant", "content": "".join(sent)}
        data = {"object": "chat.completion", "choices": [{"message": message, "finish_reason": reply.finish}]}
        self._send_all(200, "application/json", json.dumps(data), reply.headers)

    def _send_stream(self, reply: Reply) -> None:
        self._send_head(200, {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked", **reply.headers})
        self._send_chunk(_event(_delta({"role": "assistant", "content": ""})))
        if self._send_parts(reply, lambda text: _event(_delta({"content": text})).decode(), self._send_chunk):
            if reply.finish is not None:
                self._send_chunk(_event(_delta({}, reply.finish)) + b"data: [DONE]\n\n")
            self.wfile.write(b"0\r\n\r\n")

    def _send_parts(self, reply: Reply, written: Callable[[str], str], send: Callable[[bytes], object]) -> bool:
        """Send the parts; return False if the connection is cut."""
        parts = re.findall(r"\s*\S+\s*", reply.parts) if isinstance(reply.parts, str) else reply.parts
        for part in parts:
            if isinstance(part, Cut):
                return False
            if isinstance(part, threading.Event):
                self._wait(part)
            elif isinstance(part, dict):
                send(_event(part))
            elif isinstance(part, Forever):
                while True:
                    if part.part:
                        send(part.part if isinstance(part.part, bytes) else written(part.part).encode())
                    self._look()
            else:
                send(part if isinstance(part, bytes) else written(part).encode())
        return True

    def _send_chunk(self, data: bytes) -> None:
        self.wfile.write(b"%x\r\n%b\r\n" % (len(data), data))

    def _wait(self, event: threading.Event) -> None:
        while not event.is_set():
            self._look()

    def _look(self) -> None:
        """Wait 10 ms, and raise if the client hangs up or the test is over."""
        if self.server.model.over.is_set():
            raise _GoneError
        readable, _, _ = select.select([self.connection], [], [], 0.01)
        # The client sends nothing more, so the connection is readable only when it is closed.
        if readable:
            raise _GoneError

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- as inherited
        """Log nothing."""


def _delta(delta: JSON, finish: str | None = None) -> JSON:
    return {"object": "chat.completion.chunk", "choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}


def _event(data: JSON) -> bytes:
    return f"data: {json.dumps(data)}\n\n".encode()
