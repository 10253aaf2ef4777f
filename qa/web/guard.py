"""What stands between the network and Gradio: who may come in, what is served, how much and how often."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from starlette.exceptions import HTTPException

from qa.errors import TooOftenError
from qa.web.login import CHALLENGE, Login
from qa.web.policy import with_policy
from qa.web.quota import Quota, visitor_at

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4_000_000
"""Largest request: a conversation travels with each question, at a few kilobytes a turn."""

_API = "/gradio_api"
_UPLOAD = f"{_API}/upload"
_MCP = f"{_API}/mcp"
_STREAMS = tuple(f"{_API}/{name}" for name in ("queue/", "call/", "heartbeat/", "upload_progress", "mcp"))
_STARTED = f"{_API}/startup-events"  # Gradio asks itself for this, without a login, before it serves
_ENVELOPE_BYTES = 100_000  # what goes around the files in an upload
_WRONG_LOGINS = (10, 100_000)  # most in a minute, of a visitor and of all: strangers lock out nobody else
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


@dataclass(frozen=True, slots=True)
class Bounds:
    """What a `Guard` holds requests to.

    Attributes
    ----------
    upload_bytes : int
        Largest upload.
    uploads : Path
        Folder in which uploads wait until they are read.
    uploads_bytes : int
        Most that may wait there.
    requests : Quota
        Requests that give the server work.
    host_names : frozenset of str or None
        Names by which the server may be addressed; any if None.
    login : Login or None
    """

    upload_bytes: int
    uploads: Path
    uploads_bytes: int
    requests: Quota
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
        self._wrong_logins = Quota("wrong logins", *_WRONG_LOGINS)
        self._arriving = 0  # bytes of uploads

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
        arriving = limit if path.rstrip("/") == _UPLOAD else 0
        self._check_uploads(arriving)
        self._arriving += arriving
        try:
            await self._app(scope, _limited(receive, limit), with_policy(send, framed=self._bounds.login is None))
        finally:
            self._arriving -= arriving

    def _check_host(self, headers: dict[bytes, bytes]) -> None:
        """Refuse other sites' scripts, where there is something to protect from them.

        A site may give its own name to this computer's number (DNS rebinding), and a browser sends a login with
        whatever any site asks it to send.
        """
        names, login = self._bounds.host_names, self._bounds.login
        host = headers.get(b"host", b"").decode("latin-1").lower()
        if names is not None and _name(f"//{host}") not in names:
            raise _RefusedError(403, "The chat is not served under that name; QA_HOST_NAMES adds names.")
        origin = headers.get(b"origin")
        if origin is None or (names is None and login is None):
            return
        own = {host, headers.get(b"x-forwarded-host", b"").decode("latin-1").lower()} - {""}
        site = urlsplit(origin.decode("latin-1").lower())
        if site.netloc not in own and (site.hostname or "") not in (names or ()):
            raise _RefusedError(403, "Scripts of other sites are not served.")

    def _check_login(self, headers: dict[bytes, bytes], visitor: str) -> None:
        login = self._bounds.login
        if login is None:
            return
        given = headers.get(b"authorization")
        if given is not None:
            self._take(self._wrong_logins.check, visitor)
            if login.admits(given):
                return
            self._take(self._wrong_logins.take, visitor)
        raise _RefusedError(401, "A login is needed.", (b"www-authenticate", CHALLENGE))

    def _limit(self, headers: dict[bytes, bytes], path: str) -> int:
        """Return how many bytes may come in."""
        uploads = path.rstrip("/") == _UPLOAD
        multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/")
        if multipart != uploads:
            raise _RefusedError(403, "Files are not taken here.")
        limit = self._bounds.upload_bytes + _ENVELOPE_BYTES if uploads else MAX_BODY_BYTES
        length = headers.get(b"content-length", b"0" if not uploads else str(limit).encode())
        if not length.isdigit() or int(length) > limit:
            raise _RefusedError(413, f"The request is too large; the limit is {limit:,} bytes.")
        return int(length) if uploads else limit

    def _check_uploads(self, arriving: int) -> None:
        if not arriving:
            return
        held = self._arriving + sum(map(_size, self._bounds.uploads.rglob("*")))
        if held + arriving > self._bounds.uploads_bytes:
            reason = "There is no room for uploads now; try again in some minutes."
            raise _RefusedError(503, reason, (b"retry-after", b"300"))

    @staticmethod
    def _take(quota: Callable[[str], None], visitor: str) -> None:
        try:
            quota(visitor)
        except TooOftenError as error:
            seconds = str(error.seconds).encode()
            raise _RefusedError(429, f"{error}.", (b"retry-after", seconds)) from None


def _size(file: Path) -> int:
    """Return the bytes of a file, 0 where it is gone meanwhile."""
    try:
        return file.stat().st_size if file.is_file() else 0
    except FileNotFoundError:
        return 0


def _name(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""


def _from_visitor(headers: list[tuple[bytes, bytes]], visitor: str) -> list[tuple[bytes, bytes]]:
    """Say whom a request of an MCP client comes from: the server hands it on to itself, which would make all one."""
    kept = [(name, value) for name, value in headers if name.lower() != b"x-forwarded-for"]
    return [*kept, (b"x-forwarded-for", visitor.encode("latin-1", "replace"))]


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
