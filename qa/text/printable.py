"""Escaping of untrusted text for terminals and logs."""

from __future__ import annotations

import re

# Control characters, some of which start terminal commands; line separators; characters that change the direction of
# surrounding text; and unpaired surrogates, which cannot be encoded.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNPRINTABLE_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def has_surrogate(text: str) -> bool:
    """Return whether the text contains an unpaired surrogate, which cannot be encoded in UTF-8."""
    return not text.isascii() and _SURROGATE.search(text) is not None


def replace_surrogates(text: str) -> str:
    """Return the text with each unpaired surrogate replaced by U+FFFD, keeping the length."""
    return _SURROGATE.sub("\ufffd", text)


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return text with visible escapes, such as ``\x1b``, for characters that affect a terminal.

    Parameters
    ----------
    lines : bool
        Keep line feeds and tabs, for output that has several lines by design.
    """
    pattern = _UNPRINTABLE_IN_LINES if lines else _UNPRINTABLE
    return pattern.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def printable_json(text: str) -> str:
    """Return JSON with each such character as a JSON escape; its value does not change.

    Parameters
    ----------
    text : str
        Output of `json.dumps`, on one or more lines.
    """
    return _UNPRINTABLE_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
