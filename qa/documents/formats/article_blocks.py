"""The choice of the blocks of a web page that are its article.

Trafilatura finds the article but loses much of it: headings, labels, list items, captions, prose in containers it does
not know, repeated text. We therefore use its result only to decide which blocks of the page belong to the article, and
take their text and structure from the page. Rows and items between those blocks are added; if trafilatura finds most of
the text outside menus and links, all of that text is added.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from qa.documents.formats.page_blocks import Page, PageBlock, units_of, words_of

_ENTRIES = {"dd", "dt", "li", "td", "th", "tr"}
# Blocks are matched with trafilatura's text by phrases of this many words, or characters if there are no spaces.
_PHRASE_WORDS, _PHRASE_CHARS = 4, 8
_MAX_ENTRY_LINK_SHARE = 0.4
_MIN_TEASER_LINK_SHARE, _TEASER_WORDS = 0.6, range(4, 31)  # a paragraph that mainly links to something else
_MAX_FOUND_CHROME_SHARE = 0.3  # of the words found; less chrome than this was found by mistake
_MAX_STRAY_WORDS = 5  # a block this short does not mark the start or end of the article
_MIN_CAPTION_WORDS = 10
_MIN_ROWS = 2  # of which cells are kept; fewer are the layout of a page
_MAX_NAME_WORDS = 4  # on average, of items that are names or terms; headlines are longer
_LINKS_HEADING = re.compile(
    r"^(?:more|read|see|also|explore|further)\b|\b(?:archives?|categor(?:y|ies)|comments?|follow|latest|links|menu"
    r"|navigation|popular|recent|recommended|related|share|tags|topics|trending)\b"
)
_MIN_ANNOUNCEMENT_WORDS = 4  # of a line that ends with a colon, before a list
_MIN_SHARE_ON_PAGE = 0.5  # of the words found; otherwise they come from a script
_MIN_DENSE_SHARE = 0.6  # of the words between the first and last block found
_MIN_PROSE_WORDS = 20  # of a block that is kept because the article is dense
_MIN_MISSED_SHARE = 0.1  # of the words in paragraphs, unless one left out is within the article
_MIN_LEAD_WORDS = 11
_MAX_LEAD_BLOCKS = 12  # between the headline and the text
_MAX_MANUAL_MENU_SHARE = 0.1  # of the words of a page written by hand or generated from a manual
_MIN_PLAIN_SHARE = 0.95  # of all words of a page outside headings, including menus


def keep_article(page: Page, found: Sequence[str]) -> float:
    """Keep the blocks of the article; return its share of the words in it or outside menus and links.

    If trafilatura found only one element, it did not recognise the page's structure, and everything that is neither
    menu nor link is kept.
    """
    if len(found) > 1:
        _keep_found(page.blocks, found)
        _drop_teasers(page.blocks)
    body = [block for block in page.blocks if not block.is_chrome and not block.is_linked()]
    if not _kept_words(page):
        main = [block for block in body if block.in_main]
        for block in main or body:
            block.is_kept = True
    _keep_between(page)
    left_out = _count(block for block in body if not block.is_kept)
    return 1 - left_out / max(1, left_out + _kept_words(page))


def left_out_prose(page: Page) -> tuple[int, int]:
    """Return the number of paragraphs that were left out, and of their words; zeros if a reader would not miss them."""
    kept = {tuple(block.words) for block in page.blocks if block.is_kept}
    numbers = [number for number, block in enumerate(page.blocks) if block.is_kept and not block.is_linked()]
    left = {
        number: len(block.words)
        for number, block in enumerate(page.blocks)
        if len(block.words) >= _MIN_PROSE_WORDS and not block.is_linked() and tuple(block.words) not in kept
    }
    inside = range(min(numbers, default=0) + 1, max(numbers, default=0))
    is_inside = any(number in inside and not page.blocks[number].is_chrome for number in left)
    words = sum(left.values())
    is_missed = is_inside or words >= _MIN_MISSED_SHARE * (words + _kept_words(page))
    return (len(left), words) if is_missed else (0, 0)


def left_out_links(page: Page) -> tuple[int, int]:
    """Return the number of items and cells of links that were left out within the article, and of their words.

    Menus, links to places on the same page, and items that repeat what is kept do not count.
    """
    kept = {tuple(block.words) for block in page.blocks if block.is_kept}
    numbers = [number for number, block in enumerate(page.blocks) if block.is_kept]
    left = [
        block
        for block in page.blocks[min(numbers, default=0) : max(numbers, default=0)]
        if not _ENTRIES.isdisjoint(block.tags)
        and not (block.is_kept or block.is_chrome or tuple(block.words) in kept)
        and block.is_linked()
        and not _is_in_page([block])
    ]
    return len(left), _count(left)


def is_on_page(page: Page, found: Sequence[str]) -> bool:
    """Return whether the text found is on the page, rather than in a script for search engines."""
    words = [word for text in found for word in words_of(text)]
    # A single element may be all the page's text, menus included.
    return _kept_words(page) >= (_MIN_SHARE_ON_PAGE if len(found) > 1 else _MIN_SHARE_ON_PAGE / 2) * len(words)


def _kept_words(page: Page) -> int:
    return _count(block for block in page.blocks if block.is_kept)


def _keep_found(blocks: Sequence[PageBlock], found: Sequence[str]) -> None:
    texts = [units_of(words_of(text))[0] for text in found]
    whole = [unit for units in texts for unit in units]
    phrases = {length: set(_phrases(whole, length)) for length in (_PHRASE_WORDS, _PHRASE_CHARS)}
    short = {tuple(units) for units in texts if 0 < len(units) < _PHRASE_CHARS}
    for block in blocks:
        units, is_unspaced = units_of(block.words)
        length = _PHRASE_CHARS if is_unspaced else _PHRASE_WORDS
        if len(units) < length:
            block.is_kept = tuple(units) in short
        else:
            known = [phrase in phrases[length] for phrase in _phrases(units, length)]
            block.is_kept = 2 * sum(known) >= len(known)


def _drop_teasers(blocks: Sequence[PageBlock]) -> None:
    """Drop menus that were found, unless they are much of the result, and paragraphs that link elsewhere."""
    kept = [block for block in blocks if block.is_kept]
    chrome = [block for block in kept if block.is_chrome]
    if _count(chrome) < _MAX_FOUND_CHROME_SHARE * _count(kept):
        for block in chrome:
            block.is_kept = False
    for block in kept:
        in_text = not block.is_heading and _ENTRIES.isdisjoint(block.tags[-1:])
        if (
            in_text
            and len(block.words) in _TEASER_WORDS
            and block.is_linked(_MIN_TEASER_LINK_SHARE)
            and not block.has_url
        ):
            block.is_kept = False


def _keep_lead(blocks: Sequence[PageBlock], first: int) -> None:
    """Keep prose between the headline and the first block found; without a headline, the block before."""
    above = range(max(0, first - _MAX_LEAD_BLOCKS), first)
    start = next((number + 1 for number in reversed(above) if "h1" in blocks[number].tags), max(0, first - 1))
    for block in blocks[start:first]:
        is_prose = len(block.words) >= _MIN_LEAD_WORDS and not block.links and "figcaption" not in block.tags
        block.is_kept = block.is_kept or (is_prose and not block.is_chrome)


def _keep_between(page: Page) -> None:
    """Keep items, rows, captions and headings of the article that were not found."""
    blocks = page.blocks
    ends = [
        number
        for number, block in enumerate(blocks)
        if block.is_kept and len(block.words) > _MAX_STRAY_WORDS and not block.is_linked() and not block.is_heading
    ]
    if not ends:
        _keep_cells(blocks)
        return
    _keep_lead(page.blocks, ends[0])
    groups = {block.group for block in blocks if block.is_kept and block.group}
    between = blocks[ends[0] : ends[-1] + 1]
    found = _count(block for block in between if block.is_kept)
    is_dense = found >= _MIN_DENSE_SHARE * _count(between)
    body = [block for block in blocks if not block.is_heading]
    menus = _count(block for block in body if block.is_chrome or block.is_linked())
    is_manual = not page.is_published and menus <= _MAX_MANUAL_MENU_SHARE * _count(body)
    is_plain = is_dense and found >= _MIN_PLAIN_SHARE * _count(body)
    for number, block in enumerate(blocks):
        if block.is_kept or block.is_chrome or block.is_heading or block.is_linked(_MAX_ENTRY_LINK_SHARE):
            continue
        inside = ends[0] < number < ends[-1]
        is_entry = not _ENTRIES.isdisjoint(block.tags) and (inside or block.group in groups)
        is_caption = "figcaption" in block.tags and len(block.words) >= _MIN_CAPTION_WORDS
        block.is_kept = (
            is_manual
            or is_entry
            or (inside and (is_plain or (is_dense and len(block.words) >= _MIN_PROSE_WORDS) or is_caption))
        )
    _keep_cells(blocks)
    _keep_lists(blocks, range(len(blocks)) if is_manual else range(ends[0], ends[-1] + 1))
    following, at = None, 0
    for number, block in reversed(list(enumerate(blocks))):
        if not block.is_heading:
            following, at = block, number
        elif number > ends[-1] or (following is not None and not following.is_kept and _is_over_links(block)):
            block.is_kept = False
        elif (
            following is not None
            and following.is_kept
            and (number > ends[0] or is_manual or (is_plain and at == ends[0]))
        ):
            block.is_kept |= block.in_main == following.in_main and not block.is_chrome and not block.is_linked()


def _keep_cells(blocks: Sequence[PageBlock]) -> None:
    """Keep all cells in rows of which others are kept: names, or documents in a register.

    A table of which only one row is kept is the layout of a page.
    """
    rows = defaultdict[int, set[int]](set)
    for block in blocks:
        if block.is_kept and block.table and not block.is_linked():
            rows[block.table].add(block.row)
    read = {block.row for block in blocks if block.is_kept}
    tables = {table for table, found in rows.items() if len(found) >= _MIN_ROWS}
    cells = [block for block in blocks if block.row in read and block.table in tables and not block.is_chrome]
    items = defaultdict[int, list[PageBlock]](list)
    for block in cells:
        items[block.group].append(block)
    for group in items.values():
        if group[0].group == group[0].table or _are_names(group):
            for block in group:
                block.is_kept = True


def _keep_lists(blocks: Sequence[PageBlock], inside: range) -> None:
    """Keep the lists that are mainly links but belong to the text around them.

    Such a list follows a line that ends with a colon. Inside the article, it may instead have items most of which say
    more than the link, or be a list of names below a heading or between paragraphs.
    """
    lists = defaultdict[int, list[int]](list)
    for number, block in enumerate(blocks):
        if block.group != block.table and not block.is_chrome:
            lists[block.group].append(number)
    for numbers in lists.values():
        if _is_content(blocks, numbers, inside):
            for number in numbers:
                blocks[number].is_kept = True


def _is_content(blocks: Sequence[PageBlock], numbers: Sequence[int], inside: range) -> bool:
    """Return whether the blocks of a list, which are not menus, belong to the text around them."""
    entries = [blocks[number] for number in numbers]
    before = blocks[numbers[0] - 1] if numbers[0] else None
    after = blocks[numbers[-1] + 1] if numbers[-1] + 1 < len(blocks) else None
    if before is None or before.is_chrome:
        return False
    is_text = before.is_kept and not before.is_linked() and not before.is_heading
    if is_text and before.announces and len(before.words) >= _MIN_ANNOUNCEMENT_WORDS:
        return True
    if numbers[0] not in inside or numbers[-1] not in inside or _count(entries) == 0:
        return False
    if 2 * sum(entry.has_own_words for entry in entries) > len(entries):
        return True
    if _is_in_page(entries) or not _are_names(entries):
        return False
    is_within = is_text and after is not None and after.is_kept and not after.is_linked()
    return is_within or (before.is_heading and not _is_over_links(before))


def _is_over_links(heading: PageBlock) -> bool:
    """Return whether a heading is one of links to other pages: "Related articles"."""
    return _LINKS_HEADING.search(" ".join(heading.words)) is not None


def _is_in_page(entries: Sequence[PageBlock]) -> bool:
    """Return whether items mainly link to places on the same page, as in a table of contents."""
    return 2 * sum(entry.page_links for entry in entries) > _count(entries)


def _are_names(entries: Sequence[PageBlock]) -> bool:
    """Return whether items are mainly names or terms, and not headlines of other pages."""
    return _count(entries) <= _MAX_NAME_WORDS * len(entries)


def _phrases(units: list[str], length: int) -> Iterator[int]:
    return map(hash, zip(*(units[start:] for start in range(length)), strict=False))


def _count(blocks: Iterable[PageBlock]) -> int:
    return sum(len(block.words) for block in blocks)
