"""Document -> the source pane: an article set to be read, with a span marked.

The text nodes of an article put together are exactly the document's text from the first character shown to the last:
what Markdown would drop, such as the # of a heading, is hidden from the eye and stays in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from qa.types import Document
from qa.web.markup import ARTICLES, Place, article_href, escape, parse_href

PART = 120_000  # most characters of an article shown at once; a browser lays out a whole book too slowly

_OPENING = 2000  # characters in which an article that says its own title says it

_HEADING = re.compile(r"(#{1,6})[^\S\n]+(?=\S)")
_BULLET = re.compile(r"[^\S\n]*[-*+\u2022][^\S\n]+(?=\S)")
_NUMBERED = re.compile(r"[^\S\n]*\d{1,3}[.)][^\S\n]+(?=\S)")
_FRONT_MATTER = re.compile(r"---[ \t]*\n.*?^(?:---|\.\.\.)[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE = re.compile(r" {0,3}(?:```|~~~)")
_LINE = re.compile(r"[^\n]*\n|[^\n]+")

Span = tuple[int, int]


def source_html(documents: Mapping[str, Document], href: object) -> str:
    """Return what the pane shows for a link: the list of articles, an article, or why there is nothing to show.

    Parameters
    ----------
    documents : mapping of str to Document
    href : object
        What the browser sent; nothing about it is taken for granted.
    """
    if href == ARTICLES:
        return articles_html(documents)
    place = parse_href(href) if isinstance(href, str) else None
    document = documents.get(place.document) if place else None
    if place is None or document is None:
        return _pane(_bar(""), '<p class="notice">That article is not here any more.</p>')
    if place.end > len(document.text) or (place.kind != "article" and place.start >= place.end):
        return _pane(_bar(document.id), '<p class="notice">The article has changed, and that place is gone.</p>')
    return article_html(document, place)


def articles_html(documents: Mapping[str, Document]) -> str:
    """Return the list of articles, each with its length in words."""
    items = "".join(
        f'<li><a href="{article_href(document.id)}">{escape(document.title)}</a>'
        f'<span class="words">{len(document.text.split()):,} words</span></li>'
        for document in documents.values()
    )
    body = f'<ul class="articles">{items}</ul>' if items else '<p class="notice">No article is loaded.</p>'
    return _pane('<div class="bar"><h2>Articles</h2></div>', body)


def article_html(document: Document, place: Place) -> str:
    """Return an article with a span marked; of a long one, the part around the span.

    Parameters
    ----------
    document : Document
    place : Place
        A span inside the document's text, or an offset.
    """
    start, end = _part(document.text, place)
    span = (place.start, place.end)
    blocks = "".join(_block(document, kind, block, span) for kind, block in _blocks(document, start, end))
    earlier = article_href(document.id, max(0, start - PART)) if start else None
    later = article_href(document.id, end) if end < len(document.text) else None
    opening = document.text[:_OPENING]
    titled = re.search(rf"^(?:#[^\S\n]+)?{re.escape(document.title)}", opening, re.MULTILINE)
    title = "" if titled else document.title
    return _pane(
        _bar(document.id),
        (f'<h1 class="title">{escape(title)}</h1>' if title else "")
        + (f'<a class="more" href="{earlier}">Earlier part</a>' if earlier else "")
        + f'<article class="text">{blocks}</article>'
        + (f'<a class="more" href="{later}">Later part</a>' if later else ""),
    )


def _part(text: str, place: Place) -> Span:
    """Return the span of text to show: all of it, or whole lines around the place where a line ends soon enough."""
    if len(text) <= PART:
        return 0, len(text)
    start = place.start if place.kind == "article" else max(0, place.start - PART // 2)
    if start:
        start = max(text.rfind("\n", 0, start) + 1, start - PART // 10)
    end = max(start + PART, place.end)
    line_end = text.find("\n", end, end + PART // 10)
    return start, line_end + 1 if line_end >= 0 else min(end, len(text))


def _blocks(document: Document, start: int, end: int) -> Iterator[tuple[str, Span]]:
    """Yield the kind and span of each block; the spans are disjoint and cover everything."""
    pages = set(document.page_starts)
    front_matter = _FRONT_MATTER.match(document.text)
    preformatted_until = front_matter.end() if front_matter else 0
    kind, first, closed, fenced = "blank", start, False, False
    for line in _LINE.finditer(document.text, start, end):
        fence = bool(_FENCE.match(line.group()))
        line_kind = "preformatted" if fenced or fence or line.start() < preformatted_until else _kind(line.group())
        # Blank lines belong to the block that they close, so that no character falls between two.
        starts_block = line_kind != "blank" and (closed or not _continues(kind, line_kind))
        if line.start() > first and (starts_block or line.start() in pages):
            yield kind, (first, line.start())
            kind, first = "blank", line.start()
        closed = line_kind == "blank"
        kind = line_kind if kind == "blank" else kind
        fenced ^= fence
    if first < end:
        yield kind, (first, end)


def _continues(kind: str, line_kind: str) -> bool:
    """Return whether a line goes on with the block that the line before it belongs to."""
    if line_kind == "paragraph":
        return kind in {"paragraph", "bullet", "numbered"}
    return kind == line_kind == "preformatted"


def _kind(line: str) -> str:
    if not line.strip():
        return "blank"
    for pattern, kind in ((_HEADING, "heading"), (_BULLET, "bullet"), (_NUMBERED, "numbered")):
        if pattern.match(line):
            return kind
    return "preformatted" if line.lstrip().startswith("|") else "paragraph"


def _block(document: Document, kind: str, block: Span, marked: Span) -> str:
    """Return a block, with a rule before it where a page starts."""
    start, end = block
    rule = ""
    if start in document.page_starts:
        rule = f'<div class="page-start" data-page="Page {document.page_at(start)}"></div>'
    tag, visible, tail = "p", start, end
    if kind == "heading" and (match := _HEADING.match(document.text, start, end)):
        tag, visible = f"h{len(match.group(1))}", match.end()
    elif kind == "bullet" and (match := _BULLET.match(document.text, start, end)):
        visible = match.end()
    elif kind == "preformatted":
        tail = start + len(document.text[start:end].rstrip())

    def text(first: int, last: int) -> str:
        shown, unseen = min(max(first, visible), last), max(min(last, tail), first)
        parts = (document.text[first:shown], document.text[shown:unseen], document.text[unseen:last])
        before, middle, after = map(escape, parts)
        hidden = '<span class="hidden">{}</span>'
        return (hidden.format(before) if before else "") + middle + (hidden.format(after) if after else "")

    first, last = max(start, marked[0]), min(end, marked[1])
    inner = text(start, end)
    if first < last:
        inner = f'{text(start, first)}<mark tabindex="-1">{text(first, last)}</mark>{text(last, end)}'
    return f'{rule}<{tag} class="{kind}">{inner}</{tag}>'


def _bar(document_id: str) -> str:
    return (
        f'<div class="bar"><a href="{ARTICLES}">All articles</a><span class="id">{escape(document_id)}</span>'
        '<a class="back" href="#back" role="button">Back to the answer</a></div>'
    )


def _pane(bar: str, body: str) -> str:
    return f'<div class="source">{bar}<div class="page">{body}</div></div>'
