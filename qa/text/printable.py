"""Untrusted text -> text that is safe to print to a terminal or a log."""

from __future__ import annotations

import re

# Controls, some of which start a command to a terminal; what ends a line or changes the direction of the text around
# it; and halves of surrogate pairs, which no encoding takes.
_UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_UNPRINTABLE_IN_LINES = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def has_surrogate(text: str) -> bool:
    """Return whether the text has half of a surrogate pair, which a str can have and UTF-8 cannot."""
    return _SURROGATE.search(text) is not None


def replace_surrogates(text: str) -> str:
    """Return the text, of the same length, with a replacement character for each half of a surrogate pair."""
    return _SURROGATE.sub("\ufffd", text)


def printable(text: str, *, lines: bool = False) -> str:
    r"""Return the text with each character that a terminal could obey as a visible escape, such as ``\x1b``.

    Parameters
    ----------
    text : str
    lines : bool
        Keep line feeds and tabs, for output that has several lines by design.
    """
    pattern = _UNPRINTABLE_IN_LINES if lines else _UNPRINTABLE
    return pattern.sub(lambda match: match[0].encode("unicode_escape").decode(), text)


def printable_json(text: str) -> str:
    """Return JSON with each such character as a JSON escape: it reads back as the same value.

    Parameters
    ----------
    text : str
        As `json.dumps` makes it, of one or more lines.
    """
    return _UNPRINTABLE_IN_LINES.sub(lambda match: f"\\u{ord(match[0]):04x}", text)
