"""The login: HTTP Basic authentication, which browsers, programs and MCP clients all support."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Self

from qa.errors import QAError

if TYPE_CHECKING:
    import gradio as gr

    from qa.settings import Settings

CHALLENGE = b'Basic realm="Cited QA", charset="UTF-8"'  # the WWW-Authenticate header


class Login:
    """Checks users and passwords, given as ``user:password``; only digests of them are kept.

    `own_header` is the Authorization header with which Gradio's MCP server calls the page.
    """

    def __init__(self, pairs: list[str]) -> None:
        self.own_header = f"Bearer {secrets.token_urlsafe(32)}"
        self._known = [_digest(each.encode()) for each in (self.own_header, *(f"Basic {pair}" for pair in pairs))]

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Return the login of the settings; None if there is none.

        Raises
        ------
        QAError
            If a pair is malformed, or the file cannot be read. The message never contains a pair.
        """
        pairs = []
        if given := settings.login.get_secret_value():
            pairs.append(_checked(given, "QA_LOGIN"))
        if settings.login_file:
            pairs += _read(settings.login_file)
        return cls(pairs) if pairs else None

    def admits(self, authorization: bytes) -> bool:
        """Return whether an Authorization header is valid, in constant time."""
        scheme, _, credentials = authorization.partition(b" ")
        given = authorization
        if scheme.lower() == b"basic":
            try:
                given = b"Basic " + base64.b64decode(credentials.strip(), validate=True)
            except (binascii.Error, ValueError):
                return False
        digest = _digest(given)
        matches = [hmac.compare_digest(digest, known) for known in self._known]
        return any(matches)


def is_reached(settings: Settings, host_names: Collection[str] | None) -> bool:
    """Return whether other computers or a proxy can reach the page; `host_names` are the names that it accepts."""
    return host_names is None or bool(settings.host_names.strip(" ,"))


def is_public(settings: Settings, host_names: Collection[str] | None) -> bool:
    """Return whether anyone can open the page: it can be reached, and has no login."""
    return is_reached(settings, host_names) and not settings.has_login


def user_of(request: gr.Request, settings: Settings) -> str:
    """Return the user who has logged in; an empty string if no login is needed."""
    if not settings.has_login:
        return ""
    _, _, credentials = str(request.headers.get("authorization", "")).partition(" ")
    try:
        # The password has been checked.
        return base64.b64decode(credentials.strip(), validate=True).decode("utf-8", "replace").partition(":")[0]
    except binascii.Error:
        return ""


def _read(file: str) -> list[str]:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QAError(f"{file}: the login file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise QAError(f"{file}: the login file is not UTF-8 at byte {error.start}") from None
    pairs = [_checked(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not pairs:
        # Without users there would be no login, although one was intended.
        raise QAError(f"{file}: the login file is empty; write one user:password per line")
    return pairs


def _checked(pair: str, where: str) -> str:
    user, colon, password = pair.partition(":")
    if not (user and colon and password):
        raise QAError(f"{where}: must be user:password, neither part empty (the value is not shown)")
    return pair


def _digest(pair: bytes) -> bytes:
    return hashlib.sha256(pair).digest()
