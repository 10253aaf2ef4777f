"""What stands between the network and Gradio: limits, and a page that loads and sends nothing elsewhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

MAX_BODY_BYTES = 4_000_000
"""Largest request: a conversation travels with each question, at a few kilobytes a turn."""

_UPLOAD = "/gradio_api/upload"
_ENVELOPE_BYTES = 100_000  # what goes around the files in an upload
# Files are read from the disk once, by the server itself; what was uploaded is not given back.
_REFUSED_PATHS = ("/process_recording", "/file=", "/file/", "/proxy=", "/vibe-", "/run-history")
_HEADERS = [
    # Gradio's own scripts are inline and compile templates, so these two must be allowed; other hosts need not be.
    (
        b"content-security-policy",
        b"default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
        b"img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
        b"base-uri 'self'; form-action 'self'",
    ),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
]


class Guard:
    """ASGI middleware that refuses oversized requests and files out of place, and forbids other hosts to the page.

    Parameters
    ----------
    app : ASGI application
    upload_bytes : int
        Largest upload.
    """

    def __init__(self, app: ASGIApp, upload_bytes: int) -> None:
        self._app = app
        self._upload_bytes = upload_bytes + _ENVELOPE_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = {name.lower(): value for name, value in scope["headers"]}
        length = headers.get(b"content-length", b"0")
        multipart = headers.get(b"content-type", b"").lower().startswith(b"multipart/")
        uploads = scope["path"].rstrip("/").endswith(_UPLOAD)
        limit = self._upload_bytes if uploads else MAX_BODY_BYTES
        if multipart != uploads or any(part in scope["path"] for part in _REFUSED_PATHS):
            await _refuse(send, 403, b"Files are not taken or given here.")
        elif not length.isdigit() or int(length) > limit:
            await _refuse(send, 413, b"The request is too large.")
        else:
            await self._app(scope, _limited(receive, limit), _with_headers(send))


def _limited(receive: Receive, limit: int) -> Receive:
    """Cut off a request that goes on beyond the limit without having said so."""
    received = 0

    async def limited() -> Message:
        nonlocal received
        message = await receive()
        received += len(message.get("body", b""))
        return message if received <= limit else {"type": "http.disconnect"}

    return limited


def _with_headers(send: Send) -> Send:
    async def with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return with_headers


async def _refuse(send: Send, status: int, reason: bytes) -> None:
    headers = [(b"content-type", b"text/plain"), (b"content-length", str(len(reason)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": reason})
