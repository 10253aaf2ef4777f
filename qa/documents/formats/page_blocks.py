"""The blocks of a web page, their structure, and which of them are menus, banners or the like."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from itertools import accumulate
from typing import Any

from qa.documents.formats.markup import BLOCKS, TextBuilder
from qa.documents.formats.zip_formats import Node, feed

_NOT_SHOWN = frozenset(
    {
        *("annotation", "annotation-xml", "audio", "button", "canvas", "datalist", "head", "iframe", "noscript"),
        *("object", "option", "rp", "rt", "script", "select", "style", "svg", "template", "textarea", "title", "video"),
    }
)
_HEADINGS = frozenset({f"h{level}" for level in range(1, 7)})
_PICTURES = {"image", "img", "svg"}
_SELF_LINKS = {"hash-link", "headerlink", "mark"}  # classes of links from a heading to itself
_GROUPS = {"dl", "ol", "table", "ul"}
_USED_ATTRIBUTES = {
    "a": ("href",),
    "ol": ("start", "style", "type"),
    "li": ("value",),
    **dict.fromkeys(("td", "th"), ("colspan", "rowspan")),
}
_CHROME = {"dialog", "menu", "nav"}
_CHROME_ROLES = {"banner", "complementary", "contentinfo", "dialog", "navigation", "search"}
_CHROME_NAMES = re.compile(
    r"(?:^|[\s_-])(?:ads?|advert\w*|banner|breadcrumbs?|comments?|consent|cookies?|foot|footer|login|menu|modal"
    r"|nav|nav(?:bar|footer|header|igation)|newsletter|pager|pagination|popup|promo|recommend\w*|related|share|sharing"
    r"|signup|skip|social|subscribe|tags|toolbar)(?:$|[\s_-])|(?:^|\s)(?:table-of-contents|toc)(?:$|\s)",
    re.IGNORECASE,
)
_SIDE_NAMES = re.compile(r"(?:^|[\s_-])side(?:bar)?(?:$|[\s_-])", re.IGNORECASE)
_NOTES = re.compile(r"admonition|footnote|note|tip|topic|warning", re.IGNORECASE)
# Scripts without spaces between words, and about what a word is in them.
_KANA, _IDEOGRAPHS = "\u3041-\u309f", "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
_KATAKANA, _SOUTH_EAST_ASIAN = "\u30a0-\u30ff", "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
_UNSPACED = _KANA + _IDEOGRAPHS + _KATAKANA + _SOUTH_EAST_ASIAN
_LETTER = re.compile(rf"[^\W{_UNSPACED}]")
_WORD = re.compile(
    rf"[^\W{_UNSPACED}]+|[{_KATAKANA}]+|[{_KANA}]{{1,2}}|[{_IDEOGRAPHS}]{{1,2}}|[{_SOUTH_EAST_ASIAN}]{{1,4}}"
)
_NAME = re.compile(r"[^\W\d_]{2}")
_UNSPACED_WORD = re.compile(f"[{_UNSPACED}]")
_ADDRESS = re.compile(r"[a-zA-Z][\w+.-]*:")
_URL = re.compile(r"https?://|www\.")

_MIN_TOGGLE_WORDS = 3  # of a button that opens a panel of the text, not a menu: "What does it cost?", not "Show more"
_MAX_NAME_CHARS = 1000
_MAX_JOINED_CHARS = 100  # of a word in several elements
_MAX_CHROME_SHARE = 1 / 3  # of the page's words; a larger block is content, whatever its class name says
_MAX_SIDEBAR_LINK_SHARE = 0.2  # of the words of a sidebar that is part of the article
_MAX_LINK_SHARE = 0.5  # of a block's words
_SENTENCE_ENDS = ".!?\u2026\u3002\uff0e\uff01\uff1f"
_COLONS = ":\uff1a"
_MIN_SENTENCE_PIECES = 3  # before, between and after the links of a sentence
_MAX_MANUAL_SCRIPTS = 2  # of a page written by hand or generated from a manual


@dataclass(slots=True)
class PageBlock:
    """Consecutive text with the same innermost block element."""

    tags: tuple[str, ...]  # up to three block elements around it, the innermost last
    group: int  # number of the list or table around it; 0 if none
    table: int  # number of the table around it; 0 if none
    row: int  # number of the row of that table
    in_main: bool  # whether it is in a main element
    words: list[str] = field(default_factory=list)
    links: int = 0  # number of words that are links
    page_links: int = 0  # of these, to a place on the same page
    pieces: int = 0  # number of pieces of text outside links that have words
    ends_sentence: bool = False  # whether its last words are not a link, and end a sentence
    announces: bool = False  # whether it ends with a colon
    has_own_words: bool = False  # whether there are words, not only numbers, outside its links
    is_toggle: bool = False  # whether it is a button that opens a panel
    is_chrome: bool = False  # whether it is in a menu, form, banner or similar
    is_kept: bool = False
    has_url: bool = False
    in_word: bool = False  # whether the text so far ends within a word, as in "CO<sub>2</sub>"

    @property
    def is_heading(self) -> bool:
        """Whether it is in a heading."""
        return not _HEADINGS.isdisjoint(self.tags)

    def is_linked(self, most: float = _MAX_LINK_SHARE) -> bool:
        """Return whether more than a share of its words are links, unless these are within sentences."""
        is_sentence = self.ends_sentence and self.pieces >= _MIN_SENTENCE_PIECES
        return self.links > most * len(self.words) and not is_sentence


@dataclass(slots=True)
class _Open:
    """An open element; its tag is that of a heading for a button that opens a panel."""

    tag: str
    attributes: Mapping[str, Any]
    first_block: int
    in_article: bool
    titles: int


class Page:
    """The blocks of a page, built from the events of lxml's HTML parser or from a tree.

    There is no recursion, and the time is linear in the length of the page.

    Parameters
    ----------
    without : set of str
        Elements to leave out with their content.
    outer_links : bool
        Whether links to other sites count as links.
    """

    def __init__(self, *, without: Set[str] = frozenset(), outer_links: bool = True) -> None:
        self.blocks: list[PageBlock] = []
        self.has_picture = self.is_published = False
        self._without = _NOT_SHOWN | without
        self._outer_links = outer_links
        # Calls to a `TextBuilder`: the start of an element with its attributes, its end, or text with the number of its
        # block.
        self._events: list[tuple[str, str, Any]] = []
        self._block: PageBlock | None = None
        self._open: list[_Open] = []
        self._blocks_around: list[str] = []
        self._groups, self._last_group = [0], 0
        self._tables = [0]  # their numbers as groups
        self._rows, self._last_row = [0], 0
        self._inside = Counter[str]()
        self._titles = self._scripts = self._left_out = 0
        self._candidates: list[tuple[int, int, bool, bool]] = []
        self._heading_level = 1
        self._toggles = 0
        self._is_page_link = False  # whether the last link is to a place on the page
        self._panels: set[str] = set()  # ids of the elements that buttons open

    @classmethod
    def from_tree(cls, tree: Node) -> Page:
        """Return the page for an lxml tree."""
        page = cls()
        feed(tree, page)
        return page.close()

    def start(self, tag: str, attributes: Mapping[str, Any]) -> None:
        """Handle the start of an element."""
        self.has_picture = self.has_picture or tag in _PICTURES
        self._scripts += tag == "script"
        by_system = tag == "article" or (tag == "meta" and str(attributes.get("property")).startswith("og:"))
        self.is_published = self.is_published or by_system or self._scripts > _MAX_MANUAL_SCRIPTS
        if self._left_out or self._is_left_out(tag, attributes):
            self._left_out += 1
            return
        if tag == "button" and not self._is_in_heading():
            tag = f"h{min(self._heading_level + 1, 6)}"
            self._toggles += 1
            self._panels.update(str(attributes.get("aria-controls", "")).split())
        elif tag in _HEADINGS and not self._toggles:
            self._heading_level = int(tag[1])
        self._titles += tag == "h1"
        in_article = self._inside["article"] + self._inside["main"] > 0
        self._open.append(_Open(tag, attributes, len(self.blocks), in_article, self._titles))
        if tag != "a" or (self._outer_links or not _ADDRESS.match(attributes.get("href", "http:"))):
            self._inside[tag] += 1
        if tag == "a":
            self._is_page_link = attributes.get("href", "").startswith("#")
        if tag in BLOCKS:
            self._block = None
            self._blocks_around.append(tag)
        elif tag == "br" and self._block is not None:
            self._block.in_word = False
        if tag in _GROUPS:
            self._last_group += 1
            self._groups.append(self._last_group)
            if tag == "table":
                self._tables.append(self._last_group)
        elif tag == "tr":
            self._last_row += 1
            self._rows.append(self._last_row)
        used = _USED_ATTRIBUTES.get(tag, ())
        self._events.append(("start", tag, {name: attributes[name] for name in used if name in attributes}))

    def end(self, tag: str) -> None:
        """Handle the end of an element."""
        if self._left_out:
            self._left_out -= 1
            return
        element = self._open.pop()
        self._toggles -= tag == "button" and element.tag != tag
        tag = element.tag
        if tag in BLOCKS:
            self._block = None
            self._blocks_around.pop()
        if tag in _GROUPS:
            self._groups.pop()
            if tag == "table":
                self._tables.pop()
        elif tag == "tr":
            self._rows.pop()
        self._inside[tag] = max(0, self._inside[tag] - 1)
        self._events.append(("end", tag, ""))
        has_title = self._titles > element.titles
        panel = element.attributes.get("id") in self._panels
        attributes = dict(element.attributes)
        if self._is_named_by_heading(tag, element):
            del attributes["id"]
        sure, likely, side = _chrome(tag, attributes, panel=panel, in_article=element.in_article, has_title=has_title)
        if sure or likely or side:
            self._candidates.append((element.first_block, len(self.blocks), sure, side and not likely))

    def _is_named_by_heading(self, tag: str, element: _Open) -> bool:
        """Return whether the id of a section repeats its heading, as in `<section id="related-work">`."""
        if tag != "section" and "section" not in element.attributes.get("class", "").split():
            return False
        name = [word.lower() for word in words_of(element.attributes.get("id", "").replace("-", " "))]
        first = self.blocks[element.first_block : element.first_block + 1]
        heading = [word.lower() for block in first if block.is_heading for word in block.words]
        return name != [] and heading[-len(name) :] == name

    def data(self, text: str) -> None:
        """Handle text."""
        if self._left_out or not text:
            return
        if self._block is None and text.strip():
            around = tuple(self._blocks_around[-3:]), self._groups[-1], self._tables[-1], self._rows[-1]
            self._block = PageBlock(*around, self._inside["main"] > 0)
            self._block.is_toggle = self._toggles > 0
            self.blocks.append(self._block)
        if self._block is not None:
            words = words_of(text)
            known = self._block.words
            if self._block.in_word and _LETTER.match(text) and len(known[-1]) < _MAX_JOINED_CHARS:
                known[-1] += words.pop(0)
            known += words
            self._block.in_word = _LETTER.match(text[-1]) is not None
            is_link = self._inside["a"] > 0
            self._block.links += len(words) * is_link
            self._block.page_links += len(words) * (is_link and self._is_page_link)
            self._block.has_own_words |= not is_link and any(map(_NAME.search, words))
            self._block.pieces += len(words) > 0 and not is_link
            if text.strip():
                self._block.ends_sentence = not is_link and text.rstrip()[-1] in _SENTENCE_ENDS
                self._block.announces = text.rstrip()[-1] in _COLONS
            self._block.has_url = self._block.has_url or bool(_URL.match(text.lstrip()))
        self._events.append(("data", text, len(self.blocks) - 1))

    def close(self) -> Page:
        """Mark the blocks that are chrome, and return the page."""
        words = [0, *accumulate(len(block.words) for block in self.blocks)]
        links = [0, *accumulate(block.links for block in self.blocks)]
        depth = Counter[int]()
        for start, end, sure, is_side in self._candidates:
            length = words[end] - words[start]
            is_text = is_side and links[end] - links[start] < _MAX_SIDEBAR_LINK_SHARE * length
            if sure or (length < _MAX_CHROME_SHARE * words[-1] and not is_text):
                depth[start] += 1
                depth[end] -= 1
        inside = 0
        for number, block in enumerate(self.blocks):
            inside += depth[number]
            block.is_chrome = inside > 0 or (block.is_toggle and len(block.words) < _MIN_TOGGLE_WORDS)
        return self

    def _is_left_out(self, tag: str, attributes: Mapping[str, Any]) -> bool:
        if tag == "button" and tag in self._without:
            opens = "aria-expanded" in attributes or "aria-controls" in attributes
            return not (self._is_in_heading() or (opens and "aria-haspopup" not in attributes))
        return tag in self._without or (tag == "a" and attributes.get("class") in _SELF_LINKS)

    def _is_in_heading(self) -> bool:
        return any(self._inside[heading] for heading in _HEADINGS)

    def text(self) -> TextBuilder:
        """Return the kept blocks with the structure of the page."""
        builder = TextBuilder()
        for kind, it, more in self._events:
            if kind == "start":
                builder.start(it, more)
            elif kind == "end":
                builder.end(it)
            elif not it.strip() or self.blocks[more].is_kept:
                builder.data(it)
        return builder


def words_of(text: str) -> list[str]:
    """Return the words of a text in lower case; in scripts without spaces, pieces of about their length."""
    return _WORD.findall(text.lower())


def units_of(words: Iterable[str]) -> tuple[list[str], bool]:
    """Return words, or characters of scripts without spaces, and whether most are of such a script.

    Where a piece of such a script starts depends on the elements around it.
    """
    units: list[str] = []
    unspaced = 0
    for word in words:
        if _UNSPACED_WORD.match(word):
            units += word
            unspaced += len(word)
        else:
            units.append(word)
    return units, 2 * unspaced > len(units)


def _chrome(
    tag: str, attributes: Mapping[str, Any], *, panel: bool, in_article: bool, has_title: bool
) -> tuple[bool, bool, bool]:
    """Return whether an element is certainly chrome, probably chrome unless it is large, and a sidebar.

    A panel that a button opens may be hidden until then.
    """
    name = f"{attributes.get('class', '')} {attributes.get('id', '')}"[:_MAX_NAME_CHARS]
    if tag in {"article", "body", "html", "main"}:
        name = ""
    style = attributes.get("style", "").replace(" ", "").lower()
    hidden = attributes.get("aria-hidden") == "true" or "hidden" in attributes or "display:none" in style
    hidden = hidden and not panel
    in_role = attributes.get("role") in _CHROME_ROLES
    sure = tag in _CHROME or (tag == "footer" and not in_article) or in_role or hidden
    likely = (
        tag == "form"
        or (tag == "header" and not in_article and not has_title)
        or _CHROME_NAMES.search(name) is not None
    )
    side = (tag == "aside" and not _NOTES.search(name)) or _SIDE_NAMES.search(name) is not None
    return sure, likely, side
