"""Plain text of e-mail as it was typed: paragraphs that were broken for sending are joined again (RFC 3676)."""

from __future__ import annotations

import re

_QUOTED = re.compile(r">*")
_SIGNATURE = "-- "


def unflowed(text: str, *, keep_spaces: bool = True) -> str:
    """Return text of the format "flowed" with each paragraph in one line; quotations keep their signs.

    Parameters
    ----------
    text : str
    keep_spaces : bool
        Whether the space at the end of a broken line is one of the text.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # of the quotation whose paragraph goes on
    for line in text.split("\n"):
        depth = len(_QUOTED.match(line)[0])  # type: ignore[index]  # it always matches
        words = line[depth:].removeprefix(" ")
        if paragraph and (depth != open_depth or words == _SIGNATURE):
            lines.append("".join(paragraph).rstrip(" "))
            paragraph = []
        flows = words.endswith(" ") and words != _SIGNATURE
        if not paragraph:
            paragraph = [f"{'>' * depth} " if depth else ""]
        paragraph.append(words if keep_spaces or not flows else words[:-1])
        open_depth = depth if flows else -1
        if not flows:
            lines.append("".join(paragraph))
            paragraph = []
    if paragraph:
        lines.append("".join(paragraph).rstrip(" "))
    return "\n".join(lines)
