"""Plain text of e-mail in the format "flowed" (RFC 3676), in which paragraphs are wrapped for sending."""

from __future__ import annotations

import re

_QUOTED = re.compile(r">*")
_SIGNATURE = "-- "


def unflowed(text: str, *, keep_spaces: bool = True) -> str:
    """Return "flowed" text with each paragraph on one line; quotations keep their marks.

    Parameters
    ----------
    keep_spaces : bool
        Whether the space at the end of a wrapped line is part of the text.
    """
    lines: list[str] = []
    paragraph: list[str] = []
    open_depth = -1  # quotation depth of the unfinished paragraph
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
