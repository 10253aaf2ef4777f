"""What a browser lets the page do: load and send nothing elsewhere, and run Gradio's scripts alone."""

from __future__ import annotations

import re
import secrets
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from starlette.types import Message, Send

# Gradio compiles its templates in the browser, which needs 'unsafe-eval', and styles what it makes. Scripts that stand
# in the page run by a number used once: those that a text would bring, handlers and javascript: links, do not.
_POLICY = (
    "default-src 'self'; script-src 'self' 'nonce-{nonce}' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; object-src 'none'; "
    "base-uri 'self'; form-action 'self'"
)
# A Space is shown in a frame of the Hub's.
_FRAMES = "; frame-ancestors 'self' https://huggingface.co"
_HEADERS = [(b"x-content-type-options", b"nosniff"), (b"referrer-policy", b"same-origin")]
_SCRIPT = re.compile(rb"<script\b")


def with_policy(send: Send, *, framed: bool) -> Send:
    """Return a `send` that adds the policy to a response, and its number to the scripts of a page.

    Parameters
    ----------
    send : callable
        That of ASGI.
    framed : bool
        Whether any site may show the page in a frame; else it and huggingface.co alone.
    """
    nonce = secrets.token_urlsafe(16)
    policy = _POLICY.format(nonce=nonce) + ("" if framed else _FRAMES)
    start: Message | None = None
    page = b""

    async def sent(message: Message) -> None:
        nonlocal start, page
        if message["type"] == "http.response.start":
            headers = [*message.get("headers", []), (b"content-security-policy", policy.encode()), *_HEADERS]
            message = {**message, "headers": headers}
            if _is_page(message):
                start = message
                return
        elif start is not None and message["type"] == "http.response.body":
            page += message.get("body", b"")
            if message.get("more_body"):
                return
            # What visitors and documents say stands there as JSON, without a "<".
            page = _SCRIPT.sub(b'<script nonce="' + nonce.encode() + b'"', page)
            kept = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
            await send({**start, "headers": [*kept, (b"content-length", str(len(page)).encode())]})
            message = {**message, "body": page}
        await send(message)

    return sent


def _is_page(message: Message) -> bool:
    headers = {name.lower(): value for name, value in message["headers"]}
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers
