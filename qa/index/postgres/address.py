"""The address of an index in PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from qa.errors import IndexServerError

FORM = "postgresql://[USER@]HOST[:PORT]/DATABASE[/NAME]"
DEFAULT_NAME = "cited_qa"
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,50}")
_OPTIONS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}


@dataclass(frozen=True, slots=True)
class Address:
    """The address of an index in PostgreSQL.

    Attributes
    ----------
    shown : str
        As the user gave it; there is no password in it.
    parameters : dict
        Of libpq.
    name : str
        The schema that the index is in.
    """

    shown: str
    parameters: dict[str, str]
    name: str


def parse_address(location: str, token: str) -> Address:
    """Return the address of a location; the token is a password, or USER:PASSWORD.

    Raises
    ------
    IndexServerError
        If it is not of the form, or has a password in it, which is not repeated.
    """
    malformed = IndexServerError(f"an address of an index in PostgreSQL is {FORM}; the name is of a-z, 0-9 and _")
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise malformed from None
    if parts.password is not None or not options.keys() <= _OPTIONS or parts.fragment:
        raise IndexServerError(
            f"an address of an index is {FORM}, without a password, and with no options but"
            f" {', '.join(sorted(_OPTIONS))}; set QA_INDEX_TOKEN=USER:PASSWORD, or use a password file of PostgreSQL"
        )
    database, _, name = unquote(parts.path).removeprefix("/").partition("/")
    name = name.rstrip("/") or DEFAULT_NAME
    if not host or not database or not _NAME.fullmatch(name) or name.startswith("pg_"):
        raise malformed
    parameters = {**options, "host": host, "dbname": database}
    if port:
        parameters["port"] = str(port)
    user, colon, password = token.partition(":")
    if not colon:
        user, password = "", token
    for key, value in (("user", unquote(parts.username or "") or user), ("password", password)):
        if value:
            parameters[key] = value
    return Address(location, parameters, name)
