"""Web page reader, on trafilatura."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import islice

from qa.documents.formats.article import Article, counted, left_out, load_error, parsing
from qa.documents.formats.article_blocks import is_on_page, keep_article, left_out_links, left_out_prose
from qa.documents.formats.markup import INVISIBLE
from qa.documents.formats.page_blocks import Page
from qa.documents.formats.text import decode
from qa.documents.formats.zip_formats import Node
from qa.text.lines import one_line

_XML_CHARSET = re.compile(rb"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)")
_META_SEARCH_BYTES = 1024
_META_CHARSET = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)

_METADATA = {"base", "link", "meta", "noscript", "object", "script", "style", "template", "title"}
_MAX_PAGE_WORDS = 200_000  # a longer page is a book, and all of it is kept
_MIN_UNNOTED_SHARE = 0.5  # of the page's words; a note is added if fewer were taken
_MAX_NESTING = 4  # of these elements of trafilatura's tree, each of which repeats the text within it:
_FOUND = ("cell", "code", "head", "item", "p", "quote")
# Trafilatura rejects pages with control characters.
_UNWANTED = re.compile(rf"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|{INVISIBLE.pattern}")


def read_html(data: bytes, source: str) -> Article:
    """Return the main text of a web page, without navigation, comments, scripts, link targets or images.

    Headings become lines with number signs, list items lines with a dash or number, and table rows lines of cells
    separated by bars; paragraphs are separated by blank lines. Nothing is fetched.
    """
    html, notes = decode(data, source, declared_charset(data))
    if not html.strip():
        return Article("", None)
    article = _article(html, source)
    return replace(article, notes=(*notes, *article.notes))


def declared_charset(data: bytes) -> str:
    """Return the charset that a page declares, in XML or HTML; an empty string if there is none."""
    found = _XML_CHARSET.match(data) or _META_CHARSET.search(data[:_META_SEARCH_BYTES])
    name = found[1].decode("ascii", "replace") if found else ""
    # A declaration that is readable as ASCII cannot be in UTF-16.
    return "UTF-8" if name.lower().startswith("utf-16") else name


def _article(html: str, source: str) -> Article:
    import lxml.html  # type: ignore[import-untyped]
    from lxml import etree

    # Without huge_tree, libxml2 silently drops elements nested more than 255 deep.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    with parsing(source, "cannot be parsed as HTML", "save the page again, or as plain text"):
        tree = lxml.html.document_fromstring(html.encode("utf-8"), parser=parser)
        _end_head(tree)
        _clean_text(tree)
        deletions = len(tree.findall(".//del"))
        # Inline XBRL, the form of financial reports, begins with data for programs.
        etree.strip_elements(tree, "del", "ix:header", with_tail=False)
        page, titles = Page.from_tree(tree), _titles(tree)
        is_book = sum(len(block.words) for block in page.blocks) > _MAX_PAGE_WORDS
        found, outermost = ([], []) if is_book else _trafilatura_texts(tree)
        share = keep_article(page, found)
        builder = page.text()
        text = builder.close()
        if not is_on_page(page, outermost):
            # The text comes from a script for search engines.
            text, share = "\n\n".join(outermost), 1.0
    if not text:
        raise load_error(source, "no main text was found in the page", "save the article's text as .txt or .md")
    title = titles[0] or builder.title or titles[1] or next(iter(builder.headings), "")
    notes = (left_out(deletions, "deletion"),) if deletions else ()
    return Article(text, title or None, notes=(*notes, *_notes(page, share)))


def _notes(page: Page, share: float) -> Iterator[str]:
    if share < _MIN_UNNOTED_SHARE:
        yield f"only {share:.0%} of this page's words were kept"
        return
    paragraphs, words = left_out_prose(page)
    if paragraphs:
        what = "paragraph outside the article", "paragraphs outside the article"
        yield f"{left_out(paragraphs, *what)} ({counted(words, 'word')})"
    items, words = left_out_links(page)
    if items:
        what = "linked item within the article", "linked items within the article"
        yield f"{left_out(items, *what)} ({counted(words, 'word')})"


def _titles(tree: Node) -> tuple[str, str]:
    """Return the title for links (Open Graph) and the window title; empty if missing."""
    linked = next(iter(tree.xpath("//meta[@property='og:title']/@content")), "")
    return one_line(linked), one_line(tree.findtext(".//title") or "")


def _trafilatura_texts(tree: Node) -> tuple[list[str], list[str]]:
    """Return the text of each element of trafilatura's article, and of each top-level element.

    The tree is modified.
    """
    from trafilatura import bare_extraction

    for name in ("trafilatura", "htmldate", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    found = bare_extraction(tree, include_comments=False, include_tables=True, with_metadata=False)
    # A dict is returned only on request.
    if found is None or isinstance(found, dict):
        return [], []
    # Bounds how often a text is repeated by nested elements.
    shallow = (
        element
        for element in found.body.iter(*_FOUND)
        if len(list(islice(element.iterancestors(*_FOUND), _MAX_NESTING))) < _MAX_NESTING
    )
    return _texts(shallow), _texts(found.body)


def _texts(elements: Iterable[Node]) -> list[str]:
    return [text for element in elements if (text := one_line(" ".join(element.itertext())))]


def _end_head(tree: Node) -> None:
    """Move the text of a page from its head to its body.

    The tags of the head and the body may be omitted. libxml2 does not know elements of HTML 5, and takes those after
    the title of such a page for metadata.
    """
    from lxml import etree

    head, body = tree.find("head"), tree.find("body")
    children = [] if head is None else list(head)
    first = next((number for number, each in enumerate(children) if each.tag not in _METADATA), len(children))
    moved = children[first:]
    if not moved:
        return
    if body is None:
        body = etree.SubElement(tree, "body")
    moved[-1].tail = (moved[-1].tail or "") + (body.text or "")
    body.text = None
    body[:0] = moved


def _clean_text(tree: Node) -> None:
    for text in tree.xpath("//text()"):
        clean = _UNWANTED.sub("", text)
        if clean == text:
            continue
        if text.is_tail:
            text.getparent().tail = clean
        else:
            text.getparent().text = clean
