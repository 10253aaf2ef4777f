"""A link -> the source pane: the list of articles, or an article at the target of the link."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice

from qa.documents.overview import word_count
from qa.documents.structure import blocks, heading_span
from qa.output.text import counted
from qa.types import Document, Span
from qa.web import notices
from qa.web.overviews import overview_of, sections_of
from qa.web.ui.article import Mark, blocks_html, disjoint
from qa.web.ui.markup import ARTICLES, MAX_ARTICLES_SHOWN, LinkTarget, article_href, escape, href, parse_href, span_href
from qa.web.ui.welcome import about_html

PART = 120_000  # characters shown at once; browsers take too long to lay out a whole book

_OPENING_CHARACTERS = 2000  # at the start of an article, where its title is looked for
_MAX_HEADINGS = 500  # in the contents of an article
_MAX_EXCERPTS = 20  # of one answer; others that a browser sends are ignored

_ADD = '<a class="button" href="#add" role="button">Add articles</a>'
_FIND = (
    '<form class="find" role="search"><input type="search" aria-label="Find in this article" placeholder="Find" '
    'autocomplete="off" maxlength="200"><output></output><button name="next" title="Next (Enter)">Next</button>'
    '<button name="previous" title="Previous (Shift + Enter)">Previous</button></form>'
)


def source_html(documents: Mapping[str, Document], request: object) -> str:
    """Return what the pane shows for a link: the list of articles, an article, or a notice.

    The request comes unchecked from the browser: a link, or a list of the link to follow and then the links to all
    excerpts of its answer, in order.
    """
    links = request[: _MAX_EXCERPTS + 1] if isinstance(request, list) else [request]
    link = links[0] if links else None
    if link == ARTICLES:
        return articles_html(documents)
    target = parse_href(link) if isinstance(link, str) else None
    document = documents.get(target.document) if target else None
    if target is None or document is None:
        return _pane(_bar(""), _notice(notices.ARTICLE_GONE))
    if target.end > len(document.text) or (target.kind != "article" and target.start >= target.end):
        return _pane(_bar(document.id), _notice(notices.PASSAGE_GONE))
    excerpts = [parse_href(each) for each in links[1:] if isinstance(each, str)]
    return article_html(document, target, [excerpt for excerpt in excerpts if excerpt and excerpt.kind == "cite"])


def articles_html(documents: Mapping[str, Document]) -> str:
    """Return the list of articles, each with its length in words."""
    items = "".join(
        f'<li><a href="{article_href(document.id)}">{escape(document.title)}</a>'
        f'<span class="words">{counted(word_count(document), "word")}</span></li>'
        for document in islice(documents.values(), MAX_ARTICLES_SHOWN)
    )
    others = len(documents) - MAX_ARTICLES_SHOWN
    more = f"The list of articles above has {counted(others, 'other article')}."
    hint = f'<p class="hint">{more}</p>' if others > 0 else ""
    body = f'<ul class="articles">{items}</ul>{hint}' if items else f"{_notice(notices.NO_ARTICLES)}{_ADD}"
    return _pane('<div class="bar"><h2>Articles</h2></div>', body)


def article_html(document: Document, target: LinkTarget, excerpts: Sequence[LinkTarget] = ()) -> str:
    """Return an article with a span marked; of a long one, the part around the span.

    The `excerpts` are those of the answer, in order; the others in this document are marked faintly.
    """
    start, end = _part(document.text, target)
    marks = [
        Mark(excerpt.start, excerpt.end, number, strong=False)
        for number, excerpt in enumerate(excerpts, start=1)
        if excerpt.document == document.id and excerpt != target
    ]
    if target.start < target.end:
        number = excerpts.index(target) + 1 if target in excerpts else 0
        marks.append(Mark(target.start, target.end, number))
    blocks = blocks_html(document, start, end, disjoint(marks))
    earlier = article_href(document.id, max(0, start - PART)) if start else None
    later = article_href(document.id, end) if end < len(document.text) else None
    title = "" if _has_title(document) else document.title
    about = about_html(document, overview_of(document)) if target.start == target.end == 0 else ""
    return _pane(
        _bar(
            document.id, target, _reading(document), excerpts, paged=bool(document.page_starts or document.recognised)
        ),
        about
        + (f'<h1 class="title">{escape(title)}</h1>' if title else "")
        + (f'<a class="more" href="{earlier}">Earlier part</a>' if earlier else "")
        + f'<article class="text">{blocks}</article>'
        + (f'<a class="more" href="{later}">Later part</a>' if later else ""),
        href(target),
    )


def _has_title(document: Document) -> bool:
    opening = (
        block for block in blocks(document, 0, _OPENING_CHARACTERS) if block.kind in {"heading", "paragraph", "lines"}
    )
    starts = (heading_span(document.text, block)[0] for block in opening)
    return any(document.text.startswith(document.title, start) for start in starts)


def _part(text: str, target: LinkTarget) -> Span:
    """Return the span of text to show: all of it, or the part around the target, cut at line ends if possible."""
    if len(text) <= PART:
        return 0, len(text)
    start = target.start if target.kind == "article" else max(0, target.start - PART // 2)
    if start:
        start = max(text.rfind("\n", 0, start) + 1, start - PART // 10)
    end = max(start + PART, target.end)
    line_end = text.find("\n", end, end + PART // 10)
    return start, line_end + 1 if line_end >= 0 else min(end, len(text))


def _bar(
    document_id: str,
    target: LinkTarget | None = None,
    reading: str = "",
    excerpts: Sequence[LinkTarget] = (),
    *,
    paged: bool = False,
) -> str:
    link = (
        '<a class="link" href="#link" role="button" title="Copy a link to this passage">Copy link</a>' if target else ""
    )
    return (
        f'<div class="bar"><a href="{ARTICLES}">All articles</a><span class="id">{escape(document_id)}</span>{link}'
        f'<a class="back" href="#back" role="button">Back to the answer</a></div>{reading}{_steps(target, excerpts)}'
        + ('<div class="pdf"></div>' if paged else "")
    )


def _reading(document: Document) -> str:
    """Return the contents of a document, and the fields to find words and to go to a page."""
    items = "".join(
        f'<li data-level="{section.level}"><a href="'
        f'{span_href("passage", document.id, section.start, section.start + len(section.heading))}">'
        f"{escape(section.heading)}</a></li>"
        for section in sections_of(document)[:_MAX_HEADINGS]
    )
    outline = f'<details class="outline"><summary>Contents</summary><ol>{items}</ol></details>' if items else ""
    return f'<div class="reading">{outline}{_FIND}{_page_form(document.page_starts)}</div>'


def _page_form(starts: Sequence[int]) -> str:
    if len(starts) < 2:
        return ""
    return (
        f'<form class="to-page" data-starts="{" ".join(map(str, starts))}"><label>Page '
        f'<input type="number" name="page" min="1" max="{len(starts)}" required></label> of {len(starts)} '
        "<button>Go</button></form>"
    )


def _steps(target: LinkTarget | None, excerpts: Sequence[LinkTarget]) -> str:
    """Return the links to the other excerpts of the answer."""
    if target not in excerpts or len(excerpts) < 2:
        return ""
    hrefs = [href(excerpt) for excerpt in excerpts]
    at = excerpts.index(target)
    numbers = "".join(
        f'<a class="number" href="{each}"{" aria-current=true" if number == at + 1 else ""} '
        f'title="Show excerpt {number}">{number}</a>'
        for number, each in enumerate(hrefs, start=1)
    )
    before, after = hrefs[at - 1], hrefs[(at + 1) % len(hrefs)]
    return (
        f'<nav class="excerpts" aria-label="Excerpts of this answer"><a class="previous" href="{before}" '
        f'title="Previous excerpt (p)">Previous</a>{numbers}'
        f'<a class="next" href="{after}" title="Next excerpt (n)">Next</a></nav>'
    )


def _notice(notice: notices.Notice) -> str:
    return f'<p class="notice">{escape(notice.sentence())}</p>'


def _pane(bar: str, body: str, href: str = ARTICLES) -> str:
    return f'<div class="source" data-link="{href}">{bar}<div class="page" tabindex="0">{body}</div></div>'
