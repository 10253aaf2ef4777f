"""Who may use the chat where a login is set: HTTP's own (Basic), which browsers, programs and MCP clients all know."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Self

from qa.errors import QAError

if TYPE_CHECKING:
    from qa.settings import Settings

CHALLENGE = b'Basic realm="Cited QA", charset="UTF-8"'
"""What a refusal asks for."""


class Login:
    """The users and their passwords, of which digests alone are kept.

    Parameters
    ----------
    pairs : list of str
        ``user:password``, each.

    Attributes
    ----------
    own_header : str
        An Authorization header by which the server reaches itself, for MCP clients that it has admitted.
    """

    def __init__(self, pairs: list[str]) -> None:
        self.own_header = f"Bearer {secrets.token_urlsafe(32)}"
        self._known = [_digest(each.encode()) for each in (self.own_header, *(f"Basic {pair}" for pair in pairs))]

    @classmethod
    def from_settings(cls, settings: Settings) -> Self | None:
        """Return the login that is set, None where there is none.

        Raises
        ------
        QAError
            If a pair is malformed, or the file cannot be read; says where, and never what.
        """
        pairs = []
        if given := settings.login.get_secret_value():
            pairs.append(_checked(given, "QA_LOGIN"))
        if settings.login_file:
            pairs += _read(settings.login_file)
        return cls(pairs) if pairs else None

    def admits(self, authorization: bytes) -> bool:
        """Return whether an Authorization header holds a user and the password; how long it takes tells of neither."""
        scheme, _, credentials = authorization.partition(b" ")
        given = authorization
        if scheme.lower() == b"basic":
            try:
                given = b"Basic " + base64.b64decode(credentials.strip(), validate=True)
            except (binascii.Error, ValueError):
                return False
        digest = _digest(given)
        found = [hmac.compare_digest(digest, known) for known in self._known]
        return any(found)


def _read(file: str) -> list[str]:
    try:
        lines = Path(file).read_text(encoding="utf-8").splitlines()
    except OSError as error:
        raise QAError(f"{file}: the login file cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise QAError(f"{file}: the login file is not UTF-8 at byte {error.start}") from None
    pairs = [_checked(line, f"{file}, line {number}") for number, line in enumerate(lines, start=1) if line.strip()]
    if not pairs:
        # Else the page would be open to all where a login was meant.
        raise QAError(f"{file}: the login file is empty; write one user:password per line")
    return pairs


def _checked(pair: str, where: str) -> str:
    user, colon, password = pair.partition(":")
    if not (user and colon and password):
        raise QAError(f"{where}: must be user:password, neither part empty (the value is not shown)")
    return pair


def _digest(pair: bytes) -> bytes:
    return hashlib.sha256(pair).digest()
