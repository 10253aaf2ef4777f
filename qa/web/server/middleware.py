"""ASGI middleware in front of Gradio: host, origin and login checks, allowed routes, body limits and rate limits."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Protocol
from urllib.parse import SplitResult, urlsplit

from starlette.exceptions import HTTPException

from qa.errors import RateLimitError
from qa.web.server.auth import CHALLENGE, Login
from qa.web.server.csp import with_policy
from qa.web.server.rate_limit import RateLimiter, visitor_at
from qa.web.server.request_bodies import MAX_BODY_BYTES, BodyError
from qa.web.server.uploads import BodyQuota, UploadQuota

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "/gradio_api"
_UPLOAD = f"{_API}/upload"
_MCP = f"{_API}/mcp"
_STREAMS = tuple(f"{_API}/{name}" for name in ("queue/", "call/", "heartbeat/", "upload_progress", "mcp"))
_STARTED = f"{_API}/startup-events"  # Gradio requests this of itself, without a login, before it serves
_ENVELOPE_BYTES = 100_000  # multipart headers around the files of an upload
_IDLE_SECONDS = 30.0  # timeout between two pieces of a body
_BODY_SECONDS = 120.0  # timeout of a whole body, except an upload's
_BODIES_BYTES = (4 * MAX_BODY_BYTES, 16 * MAX_BODY_BYTES)  # arriving at once, per visitor and in total
# Per minute, per visitor and in total. A proxy may pass on an address that its client made up, so there is a total;
# an address that has logged in is exempt from the total, so that others cannot lock it out.
_WRONG_LOGINS = (10, 100)
_KNOWN_ADDRESSES = 10_000
_RETRY = (b"retry-after", b"300")
# Only what the page, programs and MCP clients need. Everything else that Gradio serves, now or in a later version, is
# refused: files, streams, proxied hosts, recordings, links to states, its editor and its monitoring.
_READABLE = re.compile(
    r"/|/(help|config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|pwa_icon)/?|/(assets|static|svelte)/.+"
    r"|/gradio_api/((info|openapi\.json|app_id|startup-events|theme\.css|upload_progress|queue/(data|status))/?"
    r"|heartbeat/[\w-]+|call/(v2/)?\w+/[\w-]+|mcp(/.*)?)"
)
_POSTABLE = re.compile(
    r"/gradio_api/((upload|component_server|cancel|reset|queue/join)/?|(call/(v2/)?|run/)\w+/?|mcp(/.*)?)"
)


class BodyCheck(Protocol):
    """Checks a JSON body before Gradio reads it."""

    def checked(self, path: str, body: bytes, owns: Callable[[str], bool]) -> bytes:
        """Return the body to pass on; `owns` tells whether an uploaded file is the sender's. Raises `BodyError`."""
        ...


@dataclass(frozen=True, slots=True)
class RequestLimits:
    """The limits and checks that `RequestFilter` applies.

    Attributes
    ----------
    upload_bytes : int
        Largest upload.
    uploads : UploadQuota
    bodies : BodyCheck
        Checks JSON bodies.
    requests : RateLimiter
        Counts the requests that give the server work.
    host_names : frozenset of str or None
        Host names that requests may use; any if None.
    login : Login or None
    """

    upload_bytes: int
    uploads: UploadQuota
    bodies: BodyCheck
    requests: RateLimiter
    host_names: frozenset[str] | None = None
    login: Login | None = None


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class RequestFilter:
    """ASGI middleware that refuses requests which the page, programs and MCP clients do not send.

    Parameters
    ----------
    app : ASGI application
    limits : RequestLimits
    """

    def __init__(self, app: ASGIApp, limits: RequestLimits) -> None:
        self._app = app
        self._limits = limits
        self._wrong_logins = RateLimiter("wrong logins", *_WRONG_LOGINS)
        self._known_wrong_logins = RateLimiter("wrong logins", _WRONG_LOGINS[0], 1_000_000)
        self._logged_in: dict[str, None] = {}
        self._bodies = BodyQuota(*_BODIES_BYTES)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            try:
                await self._handle(scope, receive, send)
            except _RefusedError as refused:
                await _refuse(send, refused)
            except RuntimeError as error:
                if not isinstance(error.__cause__, HTTPException):
                    raise
                # Gradio starts its reply about a session before it finds that there is none, and would write 5 kB to
                # the log for each such request.
                await send({"type": "http.response.body", "body": b""})
        else:
            await send({"type": "websocket.close"})

    async def _handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = {name.lower(): value for name, value in scope["headers"]}
        visitor = visitor_at((scope.get("client") or ("",))[0])
        path, method = scope["path"], scope["method"]
        self._check_host(headers)
        if (method, path) != ("GET", _STARTED):
            self._check_login(headers, visitor)
        if not (_POSTABLE if method == "POST" else _READABLE).fullmatch(path) or method not in {"GET", "HEAD", "POST"}:
            raise _RefusedError(403, "Forbidden: this server serves the chat and its API only.")
        if method == "POST" or path.startswith(_STREAMS):
            self._take(self._limits.requests.take, visitor)
        if path.startswith(_MCP):
            scope = {**scope, "headers": _from_visitor(scope["headers"], visitor)}
        limit = self._max_bytes(headers, path)
        send = with_policy(send, framed=self._limits.login is None)
        if path.rstrip("/") == _UPLOAD:
            await self._upload(scope, _limited(receive, limit), send, visitor)
        elif method == "POST":
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
                        raise _RefusedError(
                            503, "The server is receiving too much data; try again in a minute.", _RETRY
                        )
                    taken += len(chunk)
                    chunks.append(chunk)
            owns = partial(self._limits.uploads.owns, visitor)
            body = self._limits.bodies.checked(scope["path"], b"".join(chunks), owns)
        except TimeoutError:
            raise _RefusedError(408, "Request timeout: the body did not arrive in time.") from None
        except BodyError as error:
            raise _RefusedError(400, f"Invalid request: {error}.") from None
        finally:
            self._bodies.release(visitor, taken)
        del chunks
        length = (b"content-length", str(len(body)).encode())
        kept = [pair for pair in scope["headers"] if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
        await self._app({**scope, "headers": [*kept, length]}, _replayed(body, receive), send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        """Pass on an upload while its bytes, as they arrive, are within the quota."""
        quota, taken, replied = self._limits.uploads, 0, b""
        refused: _RefusedError | None = None
        complete = started = False

        async def counted() -> Message:
            nonlocal taken, refused, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), _IDLE_SECONDS)
            except TimeoutError:
                refused = _RefusedError(408, "Request timeout: the upload did not arrive in time.")
                return {"type": "http.disconnect"}
            size = len(message.get("body", b""))
            if not quota.take(visitor, size):
                refused = _RefusedError(503, "Upload storage is full; try again in a few minutes.", _RETRY)
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

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        """Refuse requests by scripts of other sites, where there is something to protect from them.

        A site can resolve its own name to this computer's address (DNS rebinding), and a browser sends a login along
        with any site's requests.
        """
        names, login = self._limits.host_names, self._limits.login
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if names is not None and (_split(f"//{host}").hostname or "") not in names:
            raise _RefusedError(403, "Unknown host name; QA_HOST_NAMES adds host names.")
        origin = headers.get(b"origin")
        if origin is None or (names is None and login is None):
            return
        own = {host, headers.get(b"x-forwarded-host", b"").decode("latin-1").lower()} - {""}
        site = _split(origin.decode("latin-1").lower())
        # Another server on this computer has the same name and another port.
        allowed = {name for name in names or () if not _is_this_computer(name)}
        if site.netloc not in own and (site.hostname or "") not in allowed:
            raise _RefusedError(403, "Cross-origin requests are refused.")

    def _check_login(self, headers: dict[bytes, bytes], visitor: str) -> None:
        login = self._limits.login
        if login is None:
            return
        given = headers.get(b"authorization")
        if given is not None:
            wrong = self._known_wrong_logins if visitor in self._logged_in else self._wrong_logins
            self._take(wrong.check, visitor)
            if login.admits(given):
                self._logged_in[visitor] = None
                if len(self._logged_in) > _KNOWN_ADDRESSES:
                    del self._logged_in[next(iter(self._logged_in))]
                return
            self._take(wrong.take, visitor)
        raise _RefusedError(401, "Login required.", (b"www-authenticate", CHALLENGE))

    def _max_bytes(self, headers: dict[bytes, bytes], path: str) -> int:
        """Return the maximum size of the body."""
        uploads = path.rstrip("/") == _UPLOAD
        multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/")
        if multipart != uploads:
            raise _RefusedError(403, "Files are accepted at the upload address only.")
        limit = self._limits.upload_bytes + _ENVELOPE_BYTES if uploads else MAX_BODY_BYTES
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 15 or int(length) > limit:
            raise _too_large(limit)
        return limit

    @staticmethod
    def _take(count: Callable[[str], None], visitor: str) -> None:
        try:
            count(visitor)
        except RateLimitError as error:
            seconds = str(error.seconds).encode()
            raise _RefusedError(429, f"{error}.", (b"retry-after", seconds)) from None


def _too_large(limit: int) -> _RefusedError:
    return _RefusedError(413, f"Request too large: the limit is {limit:,} bytes.")


def _is_this_computer(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split(address: str) -> SplitResult:
    """Return the parts of a URL; all are empty if it is not valid."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


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


def _limited(receive: Receive, limit: int) -> Receive:
    """End a request whose body exceeds the limit, whatever its Content-Length says."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= limit else {"type": "http.disconnect"}

    return limited


async def _refuse(send: Send, refused: _RefusedError) -> None:
    # In the form of Gradio's own errors, which the page and its clients show.
    body = json.dumps({"detail": str(refused)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
