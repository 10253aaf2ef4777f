"""Detection of running headers, footers, page numbers and tables of contents in a PDF."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

from qa.documents.formats.pdf.lines import CAPTION, Line

_DIGITS = re.compile(r"\d+")
_WORD = re.compile(r"[^\W\d_]{2,}")
_WORDS = re.compile(r"\w+")
# At the start or the end of a line:
_PAGE_NUMBER = re.compile(r"^\W*\d+\W+|\W+(?:page|seite|p\.|pag\.)?\s*(?:[A-Z]\W)?\d+\W*$", re.IGNORECASE)
_ROMAN_PAGE_NUMBER = re.compile(r"^[ivxlc]+\W+|\W+[ivxlc]+$")
_ROMAN = re.compile(r"[ivxlc]{1,7}|[IVXLC]{1,7}")
_NUMBER_ALONE = re.compile(r"\W*(?:(?:page|seite|p\.|pag\.)\s*)?0(?:\s*(?:of|/|von|de)\s*0)?\W*", re.IGNORECASE)
# The end of a line in a table of contents:
_LEADER_ENTRY = re.compile(r"(?:\.\s?){4,}\s*(\d{1,4}|[ivxlc]{1,7})$")
_ENTRY = re.compile(r"\S\s(\d{1,4}|[ivxlc]{1,7})$")
_ENTRY_END_CHARS = 24
_CONTENTS = re.compile(r"(?:table of |detailed |brief )?contents|list of (?:figures|tables)", re.IGNORECASE)

_EDGE_ROWS = 4  # at the top and bottom of a page
_MAX_MARGIN = 0.2  # share of the height of the text on a page
_GRID = 6.0  # points; heights on different pages are compared on it
_MIN_REPETITIONS = 3  # pages
_MIN_REPETITIONS_IN_SHORT, _MAX_SHORT_PAGES = 2, 3  # the same in a document of few pages
_MAX_SIZE = 1.3  # ratio to the body's font size, unless the line is on most pages
_MIN_HEADING_SIZE = 1.15  # ratio to the body's font size
_MIN_DISTANCE = 0.4  # font sizes between a running header and the text
_MAX_PAGE_NUMBER_DIGITS = 5
_MAX_CHARS = 150
_MIN_CONTENT_WORDS = 3  # of a line whose numbers do not follow the page count
_MAX_PARTS, _MAX_LINES = 4, 20  # of one row; of all rows at the top or bottom
_MIN_LEADER_ENTRIES, _MIN_ENTRIES = 3, 4  # of a table of contents, with and without dot leaders
_MIN_ENTRY_SHARE = 0.5  # of the rows between its first and last entry


_Key = tuple[str, int]  # text without digits, and position


def find_running_headers(pages: Sequence[Sequence[Line]], body: float) -> list[set[int]]:
    """Return the indices of running headers, footers and page numbers, by page.

    A line is one if the same text, ignoring digits, is at the same height at the edge of at least three pages, unless
    its numbers say something about each page (`_is_content`). `body` is the font size of the text.
    """
    edges = [list(_at_edge(lines)) for lines in pages]
    keys = [{number: _keys(lines[number]) for number, _ in found} for lines, found in zip(pages, edges, strict=True)]
    texts: defaultdict[_Key, dict[int, str]] = defaultdict(dict)
    for page, lines in enumerate(pages):
        for number, both in keys[page].items():
            for key in both:
                texts[key][page] = lines[number].text
    content = {key for key, by_page in texts.items() if _is_content(by_page)}
    few = len(pages) <= _MAX_SHORT_PAGES

    def repeated(line: Line, both: tuple[_Key, _Key]) -> bool:
        for key in both:
            if key in content:
                return False
            count = len(texts[key])
            if count >= _MIN_REPETITIONS and (line.size <= _MAX_SIZE * body or 2 * count > len(pages)):
                return True
            if few and count >= _MIN_REPETITIONS_IN_SHORT and len({*texts[key].values()}) == count:
                return True
        return False

    result = [
        {number for number, both in page_keys.items() if repeated(lines[number], both)}
        for lines, page_keys in zip(pages, keys, strict=True)
    ]
    _add_same_look(pages, edges, result)
    _add_counted(pages, edges, result)
    for page, marked in enumerate(result):
        result[page] = _confirm(pages[page], edges[page], marked)
    if all(len(marked) == len(lines) for marked, lines in zip(result, pages, strict=True)):
        return [set() for _ in pages]
    return result


def _is_content(texts: Mapping[int, str]) -> bool:
    """Return whether lines that are alike but for their numbers are content: "Report for March 2005".

    That is so if each is different, has several words, and has a number that does not follow the page count; or is a
    sentence with several numbers that change.
    """
    first = next(iter(texts.values()))
    if len({*texts.values()}) < max(_MIN_REPETITIONS, len(texts)) or len(_WORD.findall(first)) < _MIN_CONTENT_WORDS:
        return False
    columns = zip(*(map(int, _DIGITS.findall(text)) for text in texts.values()), strict=True)
    changing = [column for column in columns if len({*column}) > 1]
    is_sentence = first.endswith((".", "!", "?")) and len(changing) > 1
    return is_sentence or not all(_follows(column, [*texts]) for column in changing)


def _follows(numbers: Sequence[int], pages: Sequence[int]) -> bool:
    """Return whether most numbers grow by the same for each page: page numbers, perhaps within chapters."""
    steps = Counter(
        (later - earlier) / (page_after - page)
        for (earlier, later), (page, page_after) in zip(pairwise(numbers), pairwise(pages), strict=True)
    )
    step, count = steps.most_common(1)[0]
    return step >= 0 and step == int(step) and 2 * count >= len(numbers) - 1


def _keys(line: Line) -> tuple[_Key, _Key]:
    words = "0" if _ROMAN.fullmatch(line.text) else _DIGITS.sub("0", line.text)
    height = line.top / _GRID
    # Two grids, so that nearby positions are equal in at least one of them.
    return (words, 2 * round(height)), (words, 2 * round(height + 0.5) + 1)


def _at_edge(lines: Sequence[Line]) -> Iterator[tuple[int, bool]]:
    """Yield the index of each line in the top and bottom rows of a page, and whether it is at the top."""
    order = sorted((line.bottom, number) for number, line in enumerate(lines) if not line.apart)
    if not order:
        return
    top, bottom = order[0][0], order[-1][0]
    margin = _MAX_MARGIN * (bottom - top)
    for is_top, ordered in ((True, order), (False, order[::-1])):
        rows, last = 0, None
        for height, number in ordered:
            if last is None or abs(height - last) > 0.5 * lines[number].size:
                rows += 1
                last = height
            if rows > _EDGE_ROWS or abs(height - (top if is_top else bottom)) > margin:
                break
            if len(lines[number].text) <= _MAX_CHARS:
                yield number, is_top


def _add_same_look(
    pages: Sequence[Sequence[Line]], edges: Sequence[Sequence[tuple[int, bool]]], marked: Sequence[set[int]]
) -> None:
    """Mark lines at the position and in the font of most running headers: those of short chapters."""
    totals: Counter[tuple[int, int, bool, bool]] = Counter()
    repeated: Counter[tuple[int, int, bool, bool]] = Counter()

    def look_of(line: Line) -> tuple[int, int, bool, bool]:
        return round(line.top), round(2 * line.size), line.bold, line.fixed

    for page, found in enumerate(edges):
        for number, _ in found:
            look = look_of(pages[page][number])
            totals[look] += 1
            repeated[look] += number in marked[page]
    usual = {look for look, count in repeated.items() if count > 5 and 2 * count > totals[look]}
    for page, found in enumerate(edges):
        marked[page].update(number for number, _ in found if look_of(pages[page][number]) in usual)


def _add_counted(
    pages: Sequence[Sequence[Line]], edges: Sequence[Sequence[tuple[int, bool]]], marked: Sequence[set[int]]
) -> None:
    """Mark numbers that follow the page count, anywhere at the edge."""
    numbers = [
        (page, number, int(text) - page)
        for page, found in enumerate(edges)
        for number, _ in found
        if (text := pages[page][number].text).isdecimal() and len(text) <= _MAX_PAGE_NUMBER_DIGITS
    ]
    offsets = Counter(offset for page, number, offset in numbers if number in marked[page])
    for page, number, offset in numbers:
        if offsets[offset] >= _MIN_REPETITIONS:
            marked[page].add(number)


def _confirm(lines: Sequence[Line], edge: Sequence[tuple[int, bool]], marked: set[int]) -> set[int]:
    """Return the marked lines that are set off from the text, not a table's header, and not most of it."""
    if not marked:
        return marked
    kept = set(marked)
    rest = [line for number, line in enumerate(lines) if number not in marked and not line.apart]
    if rest and len(rest) < len(marked) and len(lines) > 6:
        return set()
    top, bottom = (min(line.top for line in rest), max(line.bottom for line in rest)) if rest else (0.0, 0.0)
    for is_top in (True, False):
        group = [number for number, side in edge if side is is_top and number in marked]
        if len(group) > _MAX_LINES:
            kept.difference_update(group)
            continue
        for number in group if rest else ():
            line = lines[number]
            gap = top - line.bottom if is_top else line.top - bottom
            parts = sum(line.beside(lines[other]) for other in group)
            if _NUMBER_ALONE.fullmatch(_keys(line)[0][0]):
                # A number beside text is part of it.
                is_running = not any(map(line.beside, rest))
            else:
                is_running = gap >= _MIN_DISTANCE * line.size and parts < _MAX_PARTS
            if not is_running:
                kept.discard(number)
    return kept


def found_nowhere_else(
    pages: Sequence[Sequence[Line]], running: Sequence[set[int]], kept: Sequence[Sequence[Line]], body: float
) -> tuple[list[Line], list[str]]:
    """Return what would be lost with the running headers and footers: titles, and the texts of other lines.

    Of lines that differ only in their numbers, it is the first. What the lines of the text say, `kept`, is not lost.
    Titles of slides, and of tables that go on over pages, are at the same height on each page.
    """
    alike: defaultdict[str, list[Line]] = defaultdict(list)
    for lines, marked in zip(pages, running, strict=True):
        for number in sorted(marked):
            alike[_DIGITS.sub("0", _ROMAN_PAGE_NUMBER.sub("", lines[number].text))].append(lines[number])
    groups: dict[str, list[Line]] = {}
    for group in alike.values():
        text = _ROMAN_PAGE_NUMBER.sub("", group[0].text)
        numbered = any(line.text != group[0].text for line in group)
        text = _PAGE_NUMBER.sub("", text) if numbered else text
        if len(_WORD.findall(text)) > numbered and not _ROMAN.fullmatch(text):
            groups.setdefault(text, group)
    missing = {pair for text in groups for pair in _pairs(text)}
    for lines in kept:
        if missing:
            missing.difference_update(_pairs(" ".join(line.text for line in lines)))
            missing.difference_update((word,) for line in lines for word in _WORDS.findall(line.text.lower()))
    titles, last = [], []
    for text, group in groups.items():
        line = group[0]
        if missing.isdisjoint(_pairs(text)):
            continue
        if len(group) == 1 or line.size >= _MIN_HEADING_SIZE * body or CAPTION.match(line.text):
            titles.append(line)
        else:
            last.append(text)
    return titles, last


def _pairs(text: str) -> Iterator[tuple[str, ...]]:
    """Yield the neighbouring words of a text, or its only word."""
    words = _WORDS.findall(text.lower())
    return pairwise(words) if len(words) > 1 else zip(words)


def find_contents(pages: Sequence[Sequence[Line]]) -> list[set[int]]:
    """Find the entries of tables of contents: text followed by a page number. Return line indices by page."""
    result: list[set[int]] = []
    going_on = False
    for lines in pages:
        numbered = sum(line.text[-1].isdigit() or _ROMAN.fullmatch(line.text) is not None for line in lines)
        if numbered < _MIN_LEADER_ENTRIES:
            result.append(set())
            going_on = False
            continue
        rows = _rows(lines)
        texts = [" ".join(lines[number].text for number in row) for row in rows]
        titles = [index for index, text in enumerate(texts[:12]) if _CONTENTS.fullmatch(text)]
        ends = [text[-_ENTRY_END_CHARS:] for text in texts]
        leaders = [index for index, end in enumerate(ends) if _LEADER_ENTRY.search(end)]
        entries = [
            index
            for index, end in enumerate(ends)
            if index > (titles or [-1])[0] and (_ENTRY.search(end) or _LEADER_ENTRY.search(end))
        ]
        found: set[int] = set()
        # The lines of a form end with the number that they start with.
        of_form = 3 * sum(_starts_with_its_number(texts[index], ends[index]) for index in leaders) > len(leaders)
        if len(leaders) >= _MIN_LEADER_ENTRIES and not of_form and _are_ascending(ends, leaders):
            dense = 2 * len(leaders) >= leaders[-1] - leaders[0]
            found = set(range(leaders[0], leaders[-1] + 1) if dense else leaders)
        if (titles or going_on) and len(entries) >= _MIN_ENTRIES and _are_ascending(ends, entries):
            span = range(entries[0], entries[-1] + 1)
            if len(entries) >= _MIN_ENTRY_SHARE * len(span):
                found |= {*span, *titles}
        going_on = bool(found) and 2 * len(found) >= len(rows)
        result.append({number for index in found for number in rows[index]})
    return result


def _rows(lines: Sequence[Line]) -> list[list[int]]:
    """Return the indices of lines that are beside each other and were drawn consecutively."""
    rows: list[list[int]] = []
    for number, line in enumerate(lines):
        if number and line.beside(lines[number - 1]) and line.left >= lines[number - 1].left:
            rows[-1].append(number)
        else:
            rows.append([number])
    return rows


def _starts_with_its_number(text: str, end: str) -> bool:
    entry = _LEADER_ENTRY.search(end)
    return entry is not None and text.split(maxsplit=1)[0].rstrip(".)") == entry[1]


def _are_ascending(ends: Sequence[str], indices: Sequence[int]) -> bool:
    """Return whether the page numbers at the end of entries ascend, with few exceptions."""
    numbers = [
        int(entry[1])
        for index in indices
        if (entry := _LEADER_ENTRY.search(ends[index]) or _ENTRY.search(ends[index])) and entry[1].isdigit()
    ]
    drops = sum(later < earlier for earlier, later in pairwise(numbers))
    return drops <= 0.15 * len(numbers)
