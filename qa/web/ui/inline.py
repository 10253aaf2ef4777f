"""The styles inside a block of Markdown or MediaWiki: emphasis, code, and markup to hide."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from qa.documents.syntax import Syntax

Look = Literal["hidden", "strong", "em", "code"]


@dataclass(frozen=True, slots=True)
class Style:
    """A span of a document and how it looks."""

    look: Look
    start: int
    end: int


_LOOKS: dict[str, Look] = {"open": "hidden", "close": "hidden", "strong": "strong", "em": "em", "code": "code"}
# Every pattern is bounded, so that an opening mark without a closing one does not search to the end of a book.
_MAX_STYLED_CHARACTERS = 50_000  # in a block; a longer one is not prose
_CODE = re.compile(r"(?<!`)(?P<open>`{1,3})(?!`)(?P<code>[^\n]{1,300}?)(?P<close>(?<!`)(?P=open)(?!`))")
_MARKDOWN = tuple(
    re.compile(pattern, re.DOTALL)
    for pattern in (
        r"(?P<open><!--.{0,500}?-->)",
        r"(?P<open>!?\[)[^\[\]]*(?P<close>\]\([^()\s]*(?:\([^()\s]*\)[^()\s]*)?(?:\s+\"[^\"]*\")?\))",
        r"(?P<open>\*\*)(?=\S)(?P<strong>.{1,300}?)(?<=\S)(?P<close>\*\*)",
        r"(?<!\w)(?P<open>__)(?=\S)(?P<strong>.{1,300}?)(?<=\S)(?P<close>__)(?!\w)",
        r"(?<![\w*])(?P<open>\*)(?=[^\s*])(?P<em>[^*]{1,300}?)(?<=[^\s*])(?P<close>\*)(?![\w*])",
        r"(?<![\w_])(?P<open>_)(?=[^\s_])(?P<em>[^_]{1,300}?)(?<=[^\s_])(?P<close>_)(?![\w_])",
        r"(?P<open>\\)(?=[!-/:-@\[-`{-~])",
    )
)
_WIKI = tuple(
    re.compile(pattern, re.DOTALL | re.IGNORECASE)
    for pattern in (
        r"(?P<open><!--.{0,500}?-->)",
        r"(?P<open><ref[^>]{0,100}/>|<ref[^>/]{0,100}>.{0,500}?</ref>)",
        r"(?P<open>\{\{[^{}]*\}\})",
        r"(?P<open>\[\[(?:[^\[\]|]*\|)?)[^\[\]|]+(?P<close>\]\])",
        r"(?P<open>\[https?://\S{1,300}\s+)[^\]\n]{1,300}(?P<close>\])",
        r"(?P<open>''')(?!')(?P<strong>.{1,300}?)(?P<close>''')",
        r"(?<!')(?P<open>'')(?!')(?P<em>.{1,300}?)(?P<close>'')(?!')",
        r"(?P<open></?[a-z][^<>\n]*>)",
    )
)


def styles(text: str, start: int, end: int, syntax: Syntax) -> list[Style]:
    """Return the styled spans of a block of text; plain text has none."""
    if syntax == "plain" or end - start > _MAX_STYLED_CHARACTERS:
        return []
    inside = text[start:end]
    found = []
    if syntax == "markdown":
        found = list(_found(_CODE, inside, start))
        inside = _CODE.sub(lambda match: "\0" * len(match.group()), inside)
    for pattern in _MARKDOWN if syntax == "markdown" else _WIKI:
        found += _found(pattern, inside, start)
    return found


def _found(pattern: re.Pattern[str], text: str, offset: int) -> Iterator[Style]:
    for match in pattern.finditer(text):
        for name in pattern.groupindex:
            if match.start(name) < match.end(name):
                yield Style(_LOOKS[name], offset + match.start(name), offset + match.end(name))
