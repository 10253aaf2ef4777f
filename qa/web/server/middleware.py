"""What stands between the network and Gradio: who may come in, what is served, how much and how often."""

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
from qa.web.server.uploads import InFlight, UploadRoom

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_API = "/gradio_api"
_UPLOAD = f"{_API}/upload"
_MCP = f"{_API}/mcp"
_STREAMS = tuple(f"{_API}/{name}" for name in ("queue/", "call/", "heartbeat/", "upload_progress", "mcp"))
_STARTED = f"{_API}/startup-events"  # Gradio asks itself for this, without a login, before it serves
_ENVELOPE_BYTES = 100_000  # what goes around the files in an upload
_IDLE_SECONDS = 30.0  # without a byte of a request, after which it is given up
_BODY_SECONDS = 120.0  # for the whole of a body that is no upload
_BODIES_BYTES = (4 * MAX_BODY_BYTES, 16 * MAX_BODY_BYTES)  # on the way at once, of a visitor and of all
# Most in a minute, of a visitor and of all. A proxy may hand on an address that its client made up, so those of all are
# limited too; whoever has logged in from an address is not locked out of it by others.
_WRONG_LOGINS = (10, 100)
_KNOWN_ADDRESSES = 10_000
_RETRY = (b"retry-after", b"300")
# What the page, programs and MCP clients need. All else that Gradio serves is closed, and so is what it may come to
# serve: files, streams, other hosts by proxy, recordings, links to states, its own editor and monitoring.
_SERVED = re.compile(
    r"/|/(config|theme\.css|favicon\.ico|manifest\.json|robots\.txt|pwa_icon)/?|/(assets|static|svelte)/.+"
    r"|/gradio_api/((info|openapi\.json|app_id|startup-events|theme\.css|upload_progress|queue/(data|status))/?"
    r"|heartbeat/[\w-]+|call/(v2/)?\w+/[\w-]+|mcp(/.*)?)"
)
_TAKEN = re.compile(
    r"/gradio_api/((upload|component_server|cancel|reset|queue/join)/?|(call/(v2/)?|run/)\w+/?|mcp(/.*)?)"
)


class BodyCheck(Protocol):
    """Checks a JSON body before Gradio reads it."""

    def checked(self, path: str, body: bytes, owns: Callable[[str], bool]) -> bytes:
        """Return the body to hand on; `owns` tells whether an uploaded file is the sender's. Raises `BodyError`."""
        ...


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a `Guard` holds requests to.

    Attributes
    ----------
    upload_bytes : int
        Largest upload.
    uploads : UploadRoom
    bodies : BodyCheck
        Checks what is sent besides uploads.
    requests : RateLimiter
        Requests that give the server work.
    host_names : frozenset of str or None
        Names by which the server may be addressed; any if None.
    login : Login or None
    """

    upload_bytes: int
    uploads: UploadRoom
    bodies: BodyCheck
    requests: RateLimiter
    host_names: frozenset[str] | None = None
    login: Login | None = None


class _RefusedError(Exception):
    def __init__(self, status: int, reason: str, *headers: tuple[bytes, bytes]) -> None:
        super().__init__(reason)
        self.status = status
        self.headers = headers


class Guard:
    """ASGI middleware that refuses what is out of place, and forbids other hosts to the page.

    Parameters
    ----------
    app : ASGI application
    bounds : Bounds
    """

    def __init__(self, app: ASGIApp, bounds: Bounds) -> None:
        self._app = app
        self._bounds = bounds
        self._wrong_logins = RateLimiter("wrong logins", *_WRONG_LOGINS)
        self._known_wrong_logins = RateLimiter("wrong logins", _WRONG_LOGINS[0], 1_000_000)
        self._logged_in: dict[str, None] = {}
        self._bodies = InFlight(*_BODIES_BYTES)

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
                # Gradio begins to answer about a session before it sees that there is none. Left to it, each guess of
                # a stranger's would put 5 kB into the log.
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
        if not (_TAKEN if method == "POST" else _SERVED).fullmatch(path) or method not in {"GET", "HEAD", "POST"}:
            raise _RefusedError(403, "That is not served here.")
        if method == "POST" or path.startswith(_STREAMS):
            self._take(self._bounds.requests.take, visitor)
        if path.startswith(_MCP):
            scope = {**scope, "headers": _from_visitor(scope["headers"], visitor)}
        limit = self._limit(headers, path)
        send = with_policy(send, framed=self._bounds.login is None)
        if path.rstrip("/") == _UPLOAD:
            await self._upload(scope, _limited(receive, limit), send, visitor)
        elif method == "POST":
            await self._hand_on(scope, receive, send, visitor)
        else:
            await self._app(scope, receive, send)

    async def _hand_on(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        """Read a JSON body whole, and let Gradio have what of it was checked."""
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
                        raise _RefusedError(503, "Too much is being sent at once; try again in a minute.", _RETRY)
                    taken += len(chunk)
                    chunks.append(chunk)
            owns = partial(self._bounds.uploads.owns, visitor)
            body = self._bounds.bodies.checked(scope["path"], b"".join(chunks), owns)
        except TimeoutError:
            raise _RefusedError(408, "The request did not arrive in time.") from None
        except BodyError as error:
            raise _RefusedError(400, f"The request is not one that is taken here: {error}.") from None
        finally:
            self._bodies.end(visitor, taken)
        del chunks
        length = (b"content-length", str(len(body)).encode())
        kept = [pair for pair in scope["headers"] if pair[0].lower() not in {b"content-length", b"transfer-encoding"}]
        await self._app({**scope, "headers": [*kept, length]}, _replayed(body, receive), send)

    async def _upload(self, scope: Scope, receive: Receive, send: Send, visitor: str) -> None:
        """Let an upload through as long as there is room for it; room is counted by the bytes that arrive."""
        room, taken, replied = self._bounds.uploads, 0, b""
        refused: _RefusedError | None = None
        complete = started = False

        async def counted() -> Message:
            nonlocal taken, refused, complete
            if complete:
                return await receive()
            try:
                message = await asyncio.wait_for(receive(), _IDLE_SECONDS)
            except TimeoutError:
                refused = _RefusedError(408, "The upload did not arrive in time.")
                return {"type": "http.disconnect"}
            size = len(message.get("body", b""))
            if not room.take(visitor, size):
                refused = _RefusedError(503, "There is no room for uploads now; try again in some minutes.", _RETRY)
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

        room.begin()
        try:
            await self._app(scope, counted, sent)
        except Exception:
            if refused is None:
                raise
        finally:
            room.end(visitor, taken, replied if complete and refused is None else None)
        if refused is not None and not started:
            raise refused

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        """Refuse other sites' scripts, where there is something to protect from them.

        A site may give its own name to this computer's number (DNS rebinding), and a browser sends a login with
        whatever any site asks it to send.
        """
        names, login = self._bounds.host_names, self._bounds.login
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if names is not None and (_split(f"//{host}").hostname or "") not in names:
            raise _RefusedError(403, "The chat is not served under that name; QA_HOST_NAMES adds names.")
        origin = headers.get(b"origin")
        if origin is None or (names is None and login is None):
            return
        own = {host, headers.get(b"x-forwarded-host", b"").decode("latin-1").lower()} - {""}
        site = _split(origin.decode("latin-1").lower())
        # Whatever else runs on this computer has its name, and another port.
        told = {name for name in names or () if not _is_this_computer(name)}
        if site.netloc not in own and (site.hostname or "") not in told:
            raise _RefusedError(403, "Scripts of other sites are not served.")

    def _check_login(self, headers: dict[bytes, bytes], visitor: str) -> None:
        login = self._bounds.login
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
        raise _RefusedError(401, "A login is needed.", (b"www-authenticate", CHALLENGE))

    def _limit(self, headers: dict[bytes, bytes], path: str) -> int:
        """Return how many bytes may come in."""
        uploads = path.rstrip("/") == _UPLOAD
        multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/")
        if multipart != uploads:
            raise _RefusedError(403, "Files are not taken here.")
        limit = self._bounds.upload_bytes + _ENVELOPE_BYTES if uploads else MAX_BODY_BYTES
        length = headers.get(b"content-length", b"0")
        if not length.isdigit() or len(length) > 15 or int(length) > limit:
            raise _too_large(limit)
        return limit

    @staticmethod
    def _take(quota: Callable[[str], None], visitor: str) -> None:
        try:
            quota(visitor)
        except RateLimitError as error:
            seconds = str(error.seconds).encode()
            raise _RefusedError(429, f"{error}.", (b"retry-after", seconds)) from None


def _too_large(limit: int) -> _RefusedError:
    return _RefusedError(413, f"The request is too large; the limit is {limit:,} bytes.")


def _is_this_computer(name: str) -> bool:
    try:
        return name == "localhost" or ipaddress.ip_address(name).is_loopback
    except ValueError:
        return False


def _split(address: str) -> SplitResult:
    """Return the parts of an address; all empty where it has none."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _from_visitor(headers: list[tuple[bytes, bytes]], visitor: str) -> list[tuple[bytes, bytes]]:
    """Say whom a request of an MCP client comes from: the server hands it on to itself, which would make all one."""
    kept = [(name, value) for name, value in headers if name.lower() != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", visitor.encode("latin-1", "replace"))]


def _replayed(body: bytes, receive: Receive) -> Receive:
    """Give a body that was read already, then whatever comes after it."""
    given = False

    async def replayed() -> Message:
        nonlocal given
        if given:
            return await receive()
        given = True
        return {"type": "http.request", "body": body, "more_body": False}

    return replayed


def _limited(receive: Receive, limit: int) -> Receive:
    """Cut off a request that goes on beyond the limit without having said so."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= limit else {"type": "http.disconnect"}

    return limited


async def _refuse(send: Send, refused: _RefusedError) -> None:
    # As Gradio tells its own refusals, so that the page and its clients show it.
    body = json.dumps({"detail": str(refused)}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()), *refused.headers]
    await send({"type": "http.response.start", "status": refused.status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
