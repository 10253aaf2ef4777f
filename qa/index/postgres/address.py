"""Addresses of indexes in PostgreSQL."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlsplit

from qa.errors import IndexServerError

FORM = "postgresql://[USER@]HOST[:PORT]/DATABASE[/NAME]"
_DEFAULT_NAME = "cited_qa"
_MAX_NAME = 51
_NAME = re.compile(rf"(?!pg_)[a-z_][a-z0-9_]{{0,{_MAX_NAME - 1}}}")
_OPTIONS = {"sslmode", "sslrootcert", "sslcert", "sslkey", "target_session_attrs"}


@dataclass(frozen=True, slots=True)
class Address:
    """A parsed address."""

    shown: str  # as given, which contains no password
    parameters: dict[str, str]  # of the connection, for libpq
    name: str  # of the index's schema


def parse_address(location: str, token: str) -> Address:
    """Parse an address; the token is a password, or USER:PASSWORD.

    Raises
    ------
    IndexServerError
        If it does not have the form `FORM`, or contains a password; the message does not repeat it.
    """
    malformed = IndexServerError(
        f"the address of an index in PostgreSQL is not valid; use {FORM}, with a name of at most {_MAX_NAME} characters"
        " a-z, 0-9 and _ that does not begin with a digit or pg_"
    )
    try:
        parts = urlsplit(location)
        host, port = parts.hostname, parts.port
        options = dict(parse_qsl(parts.query, strict_parsing=True)) if parts.query else {}
    except ValueError:
        raise malformed from None
    if parts.password is not None or not options.keys() <= _OPTIONS or parts.fragment:
        raise IndexServerError(
            f"the address of an index has a password or unknown options; use {FORM}, with no options but"
            f" {', '.join(sorted(_OPTIONS))}, and set QA_INDEX_TOKEN=USER:PASSWORD or use PostgreSQL's password file"
        )
    database, _, name = unquote(parts.path).removeprefix("/").partition("/")
    name = name.rstrip("/") or _DEFAULT_NAME
    if not host or not database or not _NAME.fullmatch(name):
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
