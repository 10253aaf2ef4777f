"""Escaping of text for HTML and Markdown, and the links from the chat into articles.

A link is a fragment with a document and a span, so that the server keeps no state for it:
``#cite:DOCUMENT:START:END`` and ``#passage:DOCUMENT:START:END`` mark a span, ``#article:DOCUMENT:OFFSET`` opens an
article at an offset, ``#articles`` lists them, and
``#share:QUESTION:cite:DOCUMENT:START:END`` asks a question beside a span. DOCUMENT and QUESTION are percent-encoded.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, cast
from urllib.parse import quote, unquote

from qa.text.lines import shortened
from qa.text.printable import replace_surrogates
from qa.text.small_talk import enumerated
from qa.types import Citation

ARTICLES = "#articles"
HELP = "help"  # path of the page on exact quotes and confidence
TITLES_SHOWN = 3  # titles named in one line
MAX_TITLE_CHARACTERS = 40  # of each of them
MAX_ARTICLES_SHOWN = 200  # in the list of articles of the source pane
Kind = Literal["cite", "passage", "article"]

# All ASCII punctuation, since HTML, Markdown, TeX or a template could interpret it; and line feeds, so that text with
# blank lines stays one block of Markdown
_ENTITIES = {code: f"&#{code};" for code in range(128) if not chr(code).isalnum() and chr(code).isprintable()}
_ENTITIES |= {ord("\n"): "&#10;", ord("\r"): "&#13;", ord("\t"): "&#9;"}
del _ENTITIES[ord(" ")]
_LINK = re.compile(
    r"#(?P<kind>cite|passage|article):(?P<document>[^:]*):(?P<start>[0-9]{1,15})(?::(?P<end>[0-9]{1,15}))?"
)
_INLINE_CODE = re.compile(r"`([^`\n]+)`")


@dataclass(frozen=True, slots=True)
class LinkTarget:
    """What a link points to: a span to mark, or an offset to open an article at, where `start` and `end` are equal."""

    kind: Kind
    document: str  # its id
    start: int
    end: int


def escape(text: str) -> str:
    """Return `text` escaped so that HTML and Markdown show it unchanged; `html.unescape` reverses it.

    A lone surrogate, which UTF-8 cannot encode, becomes a replacement character.
    """
    return replace_surrogates(text).translate(_ENTITIES)


def escape_with_code(text: str) -> str:
    """Return `text` escaped, with parts between backticks as code."""
    return "".join(
        f"<code>{escape(part)}</code>" if number % 2 else escape(part)
        for number, part in enumerate(_INLINE_CODE.split(text))
    )


def notes_html(notes: Iterable[str]) -> str:
    """Return the notes on a document as sentences, one per line."""
    return "".join(f'<span class="note">{escape(note[:1].upper() + note[1:])}.</span>' for note in notes)


def first_titles(titles: Sequence[str]) -> str:
    """Return the first few titles, shortened, and how many more there are."""
    more = [f"{len(titles) - TITLES_SHOWN} more"] if len(titles) > TITLES_SHOWN else []
    return enumerated([*(shortened(title, MAX_TITLE_CHARACTERS) for title in titles[:TITLES_SHOWN]), *more])


def span_href(kind: Literal["cite", "passage"], document: str, start: int, end: int) -> str:
    """Return the link that marks a span of a document."""
    return f"#{kind}:{_quoted(document)}:{start}:{end}"


def cite_link(citation: Citation) -> str:
    """Return a citation's number as a link to its excerpt."""
    href = span_href("cite", citation.document, citation.start, citation.end)
    return f'<a class="cite" href="{href}" title="Show source {citation.n}">[{citation.n}]</a>'


def share_href(question: str, citation: Citation) -> str:
    """Return the link that asks a question beside an excerpt of its answer."""
    cite = span_href("cite", citation.document, citation.start, citation.end).removeprefix("#")
    return f"#share:{_quoted(question)}:{cite}"


def article_href(document: str, offset: int = 0) -> str:
    """Return the link that opens a document at an offset."""
    return f"#article:{_quoted(document)}:{offset}"


def href(target: LinkTarget) -> str:
    """Return the link to a target."""
    if target.kind == "article":
        return article_href(target.document, target.start)
    return span_href(target.kind, target.document, target.start, target.end)


def parse_href(link: str) -> LinkTarget | None:
    """Return the target of a link; None if it is malformed."""
    match = _LINK.fullmatch(link)
    if match is None or (match["kind"] == "article") != (match["end"] is None):
        return None
    try:
        document = unquote(match["document"], errors="surrogatepass")
    except UnicodeDecodeError:
        return None
    start = int(match["start"])
    return LinkTarget(cast(Kind, match["kind"]), document, start, int(match["end"] or start))


def _quoted(text: str) -> str:
    return quote(text, safe="", errors="surrogatepass")
