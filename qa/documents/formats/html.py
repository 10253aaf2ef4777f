"""Web page -> article, by trafilatura."""

from __future__ import annotations

import logging
import re
from configparser import ConfigParser
from copy import deepcopy
from dataclasses import replace
from typing import Any

from qa.documents.formats.markup import TextBuilder
from qa.documents.formats.parsed import Article, load_error, parsing
from qa.documents.formats.text import decode
from qa.text.lines import one_line

_XML_CHARSET = re.compile(rb"\s*<\?xml\s[^>]*?encoding\s*=\s*[\"']([A-Za-z][\w.-]*)")
_META_SEARCHED = 1024
_META_CHARSET = re.compile(rb"<meta\s[^>]*?charset\s*=\s*[\"']?\s*([\w.:+-]+)", re.IGNORECASE)

_RESCUE_BELOW = 250  # characters
_RESCUE_GAIN = 2
_DIRECT_SHARE = 0.8

# Names in trafilatura's tree, in place of those of HTML.
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_NAMES = {"item": "li", "row": "tr", "cell": "td", "lb": "br", "quote": "blockquote"}
# Trafilatura rejects a page that contains one of these.
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")

# lxml ships no types.
_Node = Any


def read_html(data: bytes, source: str) -> Article:
    """Return the main text of a web page: no navigation, banners, comments, scripts, link addresses or images.

    Headings become lines with number signs, list items lines with a dash or number, table rows lines of cells
    separated by bars, and paragraphs are separated by blank lines. Nothing is fetched.

    Raises
    ------
    LoadError
        If the page looks binary, cannot be parsed or has no main text.
    """
    html, notes = decode(data, source, declared_charset(data))
    return replace(_article(html, source), notes=notes) if html.strip() else Article("", None)


def declared_charset(data: bytes) -> str:
    """Return the charset that a page declares, in XML or HTML; an empty string if none."""
    found = _XML_CHARSET.match(data) or _META_CHARSET.search(data[:_META_SEARCHED])
    name = found[1].decode("ascii", "replace") if found else ""
    # A declaration that can be read cannot be in UTF-16.
    return "UTF-8" if name.lower().startswith("utf-16") else name


def _article(html: str, source: str) -> Article:
    import lxml.html  # type: ignore[import-untyped]
    from trafilatura.settings import DEFAULT_CONFIG

    for name in ("trafilatura", "htmldate", "justext"):
        logging.getLogger(name).setLevel(logging.CRITICAL)
    # Without it libxml2 drops, silently, whatever is nested more than 255 deep.
    parser = lxml.html.HTMLParser(encoding="utf-8", huge_tree=True, remove_comments=True, remove_pis=True)
    # By default trafilatura replaces a short article by a flat dump of the page, menus included.
    structured = deepcopy(DEFAULT_CONFIG)
    structured.set("DEFAULT", "MIN_EXTRACTED_SIZE", "1")
    with parsing(source, "cannot be parsed as HTML", "save the page again, or as plain text"):
        tree = lxml.html.document_fromstring(html.encode("utf-8"), parser=parser)
        _clean_text(tree)
        _mark_article(tree)
        article = _extract_html(tree, structured)
        if len(article.text) < _RESCUE_BELOW:
            rescued = _extract_html(tree, DEFAULT_CONFIG)
            if len(rescued.text) > _RESCUE_GAIN * len(article.text):
                article = rescued
    if not article.text:
        raise load_error(source, "no main text was found in the page", "save the article's text as .txt or .md")
    return article


def _clean_text(tree: _Node) -> None:
    """Remove control characters, and line ends outside preformatted text, where they mean no more than a space."""
    for text in tree.xpath("//text()"):
        owner = text.getparent()
        container = owner.getparent() if text.is_tail else owner
        clean = _CONTROL.sub("", text)
        if "\n" in clean and container.tag != "pre" and next(container.iterancestors("pre"), None) is None:
            clean = clean.replace("\n", " ")
        if text.is_tail:
            owner.tail = clean
        else:
            owner.text = clean


def _mark_article(tree: _Node) -> None:
    """Wrap the body of a hand-written page in an article element.

    Trafilatura looks for the containers that publishing systems write. In a page whose paragraphs lie directly in the
    body it finds none, and then leaves out headings, lists and tables.
    """
    body = tree.find("body")
    if body is None or tree.find(".//article") is not None or tree.find(".//main") is not None:
        return
    container = body
    while len(container) == 1 and container[0].tag == "div" and not (container.text or "").strip():
        container = container[0]
    direct = total = 0
    for paragraph in body.iter("p"):
        length = len(paragraph.text_content())
        total += length
        direct += length if next(paragraph.iterancestors("div", "section", "body")) is container else 0
    if not total or direct < _DIRECT_SHARE * total:
        return
    article = tree.makeelement("article")
    article.text, body.text = body.text, None
    article.extend(list(body))
    body.append(article)


def _extract_html(tree: _Node, config: ConfigParser) -> Article:
    from trafilatura import bare_extraction

    found = bare_extraction(
        tree,
        config=config,
        include_comments=False,
        include_formatting=False,
        include_images=False,
        include_links=False,
        include_tables=True,
        with_metadata=True,
        prune_xpath=["//nav", "//footer[not(ancestor::article)]"],
    )
    # A dict comes only when asked for.
    if found is None or isinstance(found, dict):
        return Article("", None)
    structured = _structured(found.body)
    title = found.title
    # Trafilatura may take a heading outside the article, of a menu or dialogue, for the title.
    if title not in [*structured.headings, *tree.xpath("//meta/@content")]:
        title = one_line(tree.findtext(".//title") or "") or title
    return Article(structured.close(), title or next(iter(structured.headings), None))


def _structured(body: _Node) -> TextBuilder:
    """Build the text of trafilatura's tree."""
    from lxml import etree

    builder = TextBuilder(line_ends=True)
    for event, element in etree.iterwalk(body, events=("start", "end")):
        tag = _html_tag(element)
        if event == "start":
            builder.start(tag, element.attrib)
            builder.data(element.text or "")
        else:
            builder.end(tag)
            builder.data(element.tail or "")
    return builder


def _html_tag(element: _Node) -> str:
    tag, rend = str(element.tag), element.get("rend") or ""
    if tag == "head":
        return str(rend) if rend in _HEADINGS else "h2"
    if tag == "list":
        return "ol" if rend == "ol" else "ul"
    if tag == "code" and "\n" in "".join(element.itertext()):
        return "pre"
    return _NAMES.get(tag, tag)
