"""ASGI middleware in front of Gradio: allowed routes, body limits and rate limits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from qa.web.server.access import RefusedError, refuse, take
from qa.web.server.rate_limit import RateLimiter, visitor_at
from qa.web.server.request_bodies import MAX_BODY_BYTES, BodyError
from qa.web.server.uploads import BodyQuota, UploadQuota

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "/gradio_api"
_UPLOAD = f"{_API}/upload"
_MCP = f"{_API}/mcp"
_STREAMS = tuple(f"{_API}/{name}" for name in ("queue/", "call/", "heartbeat/", "upload_progress", "mcp"))
_MAX_ENVELOPE_BYTES = 100_000  # multipart headers around the files of an upload
_IDLE_SECONDS = 30.0  # timeout between two pieces of a body
_BODY_SECONDS = 120.0  # timeout of a whole body, except an upload's
_MAX_ARRIVING_BYTES = (4 * MAX_BODY_BYTES, 16 * MAX_BODY_BYTES)  # arriving at once, per visitor and in total
_RETRY = (b"retry-after", b"300")
# Only what the page, programs and MCP clients need. Everything else that Gradio serves, now or in a later version, is
# refused: files, streams, proxied hosts, recordings, links to states, its editor and its monitoring.
_READABLE = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|pwa_icon)/?|/(assets|static|svelte)/.+"
    r"|/collection/[\w-]+"
    r"|/gradio_api/((info|openapi\.json|app_id|theme\.css|upload_progress|queue/(data|status))/?"
    r"|heartbeat/[\w-]+|call/(v2/)?\w+/[\w-]+|mcp(/.*)?)"
)
_POSTABLE = re.compile(
    r"/gradio_api/((upload|component_server|cancel|reset|queue/join)/?|(call/(v2/)?|run/)\w+/?|mcp(/.*)?)"
)


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The limits and checks that `RequestFilter` applies."""

    upload_bytes: int  # largest upload
    uploads: UploadQuota
    check_body: Callable[[str, bytes, Callable[[str], bool]], bytes]  # as `BodyValidator.checked`
    requests: RateLimiter  # counts requests, except those for files of the page


class RequestFilter:
    """ASGI middleware that refuses requests which the page, programs and MCP clients do not send."""

    def __init__(self, app: ASGIApp, limits: RequestLimits) -> None:
        self._app = app
        self._limits = limits
        self._bodies = BodyQuota(*_MAX_ARRIVING_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        try:
            await self._handle(scope, receive, send)
        except RefusedError as refused:
            await refuse(send, refused)
        except RuntimeError as error:
            if not isinstance(error.__cause__, HTTPException):
                raise
            # Gradio starts its reply before it finds that the session is unknown, and would log 5 kB for each such
            # request.
            await send({"type": "http.response.body", "body": b""})

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        visitor = visitor_at((scope.get("client") or ("",))[0])
        path, method = scope["path"], scope["method"]
        if not (_POSTABLE if method == "POST" else _READABLE).fullmatch(path) or method not in {"GET", "HEAD", "POST"}:
            raise RefusedError(403, "Forbidden: this server serves the chat and its API only.")
        if method == "POST" or path.startswith(_STREAMS):
            take(self._limits.requests.take, visitor)
        if path.startswith(_MCP):
            scope = {**scope, "headers": _from_visitor(scope["headers"], visitor)}
        limit = self._max_bytes(headers, path)
        if path.rstrip("/") == _UPLOAD:
            await self._upload(scope, receive, send, visitor, limit)
        elif method == "POST":
            if headers.get(b"content-type", b"").partition(b";")[0].strip().lower() != b"application/json":
                raise RefusedError(415, "Send JSON, with the header Content-Type: application/json.")
            await self._forward_body(scope, receive, send, visitor)
        else:
            await self._app(scope, receive, send)

    async def _forward_body(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        """Read a JSON body, and pass on to Gradio what the check returns."""
        taken, chunks = 0, []
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                more = True
                while more:
                    message = await asyncio.wait_for(receive(), _IDLE_SECONDS)
                    if message["type"] != "http.request":
                        return
                    chunk, more = message.get("body", b""), message.get("more_body", False)
                    if taken + len(chunk) > MAX_BODY_BYTES:
                        raise _too_large(MAX_BODY_BYTES)
                    if not self._bodies.take(visitor, len(chunk)):
                        raise RefusedError(503, "The server is receiving too much data; try again in a minute.", _RETRY)
                    taken += len(chunk)
                    chunks.append(chunk)
            owns = partial(self._limits.uploads.owns, visitor)
            body = self._limits.check_body(scope["path"], b"".join(chunks), owns)
        except TimeoutError:
            raise RefusedError(408, "Request timeout: the body did not arrive in time.") from None
        except BodyError as error:
            raise RefusedError(400, f"Invalid request: {error}.") from None
        finally:
            self._bodies.release(visitor, taken)
        del chunks
        length = (b"content-length", str(len(body)).encode())
        kept = [pair for pair in scope["headers"] if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
        await self._app({**scope, "headers": [*kept, length]}, _replayed(body, receive), send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: str, limit: int) -> None:
        """Pass on an upload while its bytes, as they arrive, are within the limit and the quota."""
        quota, taken, replied = self._limits.uploads, 0, b""
        refused: RefusedError | None = None
        complete = started = False

        async def counted() -> Message:
            nonlocal taken, refused, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), _IDLE_SECONDS)
            except TimeoutError:
                refused = RefusedError(408, "Request timeout: the upload did not arrive in time.")
                return {"type": "http.disconnect"}
            size = len(message.get("body", b""))
            # Whatever its Content-Length says.
            if taken + size > limit:
                refused = _too_large(limit)
            elif not quota.take(visitor, size):
                refused = RefusedError(503, "Upload storage is full; try again in a few minutes.", _RETRY)
            if refused is not None:
                return {"type": "http.disconnect"}
            taken += size
            complete = not message.get("more_body", False)
            return message

        async def sent(message: Message) -> None:
            nonlocal started, replied
            if refused is None:
                started = True
                replied += message.get("body", b"")
                await send(message)

        quota.begin()
        try:
            await self._app(scope, counted, sent)
        except Exception:
            if refused is None:
                raise
        finally:
            quota.end(visitor, taken, replied if complete and refused is None else None)
        if refused is not None and not started:
            raise refused

    def _max_bytes(self, headers: dict[bytes, bytes], path: str) -> int:
        """Return the maximum size of the body."""
        uploads = path.rstrip("/") == _UPLOAD
        multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/")
        if multipart != uploads:
            raise RefusedError(403, "Files are accepted at the upload address only.")
        limit = self._limits.upload_bytes + _MAX_ENVELOPE_BYTES if uploads else MAX_BODY_BYTES
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 15 or int(length) > limit:
            raise _too_large(limit)
        return limit


def _too_large(limit: int) -> RefusedError:
    return RefusedError(413, f"Request too large: the limit is {limit:,} bytes.")


def _from_visitor(headers: list[tuple[bytes, bytes]], visitor: str) -> list[tuple[bytes, bytes]]:
    """Add the sender's address to an MCP request, which the server passes on to itself."""
    kept = [(name, value) for name, value in headers if name.lower() != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", visitor.encode("latin-1", "replace"))]


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Replay a body that was read already, then receive what follows."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed
