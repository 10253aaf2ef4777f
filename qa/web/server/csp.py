"""The content security policy: the page contacts no other host, and runs no scripts but Gradio's."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Send

# Gradio compiles templates in the browser ('unsafe-eval') and sets inline styles. Inline scripts need a nonce, so that
# scripts in texts, event handlers and javascript: links do not run.
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)
# The Hub shows a Space in a frame.
_FRAMES = "; frame-ancestors 'self' https://huggingface.co"
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
_SCRIPT = re.compile(rb"<script\b")


def with_policy(send: Send, *, framed: bool) -> Send:
    """Return a `send` that adds the policy to a response, and the nonce to the scripts of a page.

    Any site may embed the page if `framed`, else only its own and huggingface.co.
    """
    nonce = secrets.token_urlsafe(16)
    policy = _POLICY.format(nonce=nonce) + ("" if framed else _FRAMES)
    # Texts of visitors and documents are JSON in the page, without "<".
    script = b'<script nonce="' + nonce.encode() + b'"'
    changed = with_changed_page(send, lambda page: _SCRIPT.sub(script, page))
    return with_headers(changed, (b"content-security-policy", policy.encode()), *_HEADERS)


def with_headers(send: Send, *headers: tuple[bytes, bytes], only: int | None = None) -> Send:
    """Return a `send` that adds headers to a response, or only to one with that status."""

    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start" and only in {None, message["status"]}:
            message = {**message, "headers": [*message.get("headers", []), *headers]}
        await send(message)

    return sent


def with_changed_page(send: Send, change: Callable[[bytes], bytes]) -> Send:
    """Return a `send` that changes an HTML page once it has all of it, and sends anything else as it is."""
    start: Message | None = None
    page = b""

    async def sent(message: Message) -> None:
        nonlocal start, page
        if message["type"] == "http.response.start" and _is_page(message):
            start = message
            return
        if start is not None and message["type"] == "http.response.body":
            page += message.get("body", b"")
            if message.get("more_body"):
                return
            page = change(page)
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
            message = {**message, "body": page}
        await send(message)

    return sent


def _is_page(message: Message) -> bool:
    headers = {name.lower(): value for name, value in message["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers
