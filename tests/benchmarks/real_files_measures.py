"""The measures of a text in `real_files.py`, as pairs of counts, so that files can be summed."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from itertools import pairwise

Count = tuple[int, int]
"""A count, and the total that it is a part of."""

_WORD = re.compile(r"\w+")
_MARKED = re.compile(r"(#{1,6} |[-*] |\d{1,3}[.)] |> |```|\|)|.* \| ")
_PROSE = re.compile(r"(?:[^\W\d_]+(?:['\u2019-][^\W\d_]+)*[,;]? ){2}[^\W\d_]+(?:[\s,;.'\u2019-]|$)")
_ROMAN = re.compile("[ivxlc]{1,7}")
_LEADERS = re.compile(r"(?:\. ?){5}")
_TOKEN = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_LEFT = re.compile(r"([^\W\d_]+)-\s+([a-z]+)\b")
_DIVIDED = re.compile(r"([^\W\d_]+)[-\u00ad\u2010]\n\s*([a-z]+)\b(?!-)")
_DIGITS = re.compile(r"\d+")
_COLUMN_GAP = re.compile(r"\s{2,}")
_EDGE_LINES = 2  # lines at the top and at the bottom of a page where a running header or footer may be
_PAGES_REPEATED = 3
_LONGEST_FURNITURE = 100
_FULL = 0.9  # of the longest of three lines of a paragraph
_PREPOSITIONS = "a an and at by for from in into is its of or that the their to was were which with your"
_UNFINISHED = frozenset(_PREPOSITIONS.split())
"""A line that ends in one of these is not the last of its sentence."""
_FUNCTION_WORDS = frozenset(
    _WORD.findall(
        "the of and to in a is that for it as with be on this by are at from or an not you if can"
        " der die das und ist nicht mit von zu den ein für auf le la les de et des un une est que dans pour"
        " el los las en por con una para il di che e per non do da os na o het van een i w z na się og på att som"
    )
)


def words(text: str) -> list[str]:
    """Return the words and numbers of a text, in compatibility form and without case."""
    return _WORD.findall(_plain(text))


def shared_words(one: Sequence[str], other: Sequence[str]) -> int:
    """Return how many words two texts share, each as often as both have it."""
    return (Counter(one) & Counter(other)).total()


def found_in_order(reference: Sequence[str], extracted: Sequence[str], size: int = 4) -> Count:
    """Return how many of the reference's runs of four words the extraction has, and how many there are."""
    wanted = set(zip(*(reference[start:] for start in range(size)), strict=False))
    return len(wanted.intersection(zip(*(extracted[start:] for start in range(size)), strict=False))), len(wanted)


def false_breaks(text: str, plain: str = "") -> Count:
    """Return how many paragraph breaks are certainly inside a sentence, and how many there are.

    Where the text of a PDF by `pdftotext` is given, so are those after a full line of a paragraph of it.
    """
    inside = _inside_paragraphs(plain)
    blocks = [block for block in re.split(r"\n[ \t]*\n\s*", text) if block.strip()]
    false = sum(_runs_on(one, other) or _around(one, other) in inside for one, other in pairwise(blocks))
    return false, max(0, len(blocks) - 1)


def cut_joins(text: str, plain: str, furniture: Container[str]) -> Count:
    """Return how many sentences that run over a page's end the extraction cuts there, and how many there are.

    Where one does is known from the reference, `plain`, with form feeds, without running headers and footers: the three
    words before and after the page's end must follow each other in the extraction, in one paragraph.
    """
    wanted: set[tuple[str, ...]] = set()
    bodies = [without_furniture(page, furniture).strip() for page in plain.split("\f")]
    for before, after in pairwise(filter(None, bodies)):
        if _runs_on(before, after):
            wanted.add(_around(before, after))
    text = _plain(text)
    tokens = [(match.group(), match.start(), match.end()) for match in _WORD.finditer(text)]
    found = set()
    for six in zip(*(tokens[start:] for start in range(6)), strict=False):
        around = tuple(word for word, _, _ in six)
        if around in wanted and "\n\n" not in text[six[2][2] : six[3][1]]:
            found.add(around)
    return len(wanted - found), len(wanted)


def wrong_hyphens(text: str, layout: str) -> Count:
    """Return how many words divided at a line's end were joined wrongly, and of how many that is known.

    It is known where the document has the word elsewhere, either with the hyphen or without one, not both.
    """
    divided = Counter((one.casefold(), other) for one, other in _DIVIDED.findall(layout))
    known = Counter(_TOKEN.findall(layout.casefold()))
    extracted = Counter(_TOKEN.findall(text.casefold()))
    left = Counter(_LEFT.findall(text.casefold()))
    wrong = decided = 0
    for (one, other), count in divided.items():
        joined, hyphenated = one + other, f"{one}-{other}"
        if bool(known[joined]) != bool(known[hyphenated]):
            decided += count
            wrong += min(count, extracted[hyphenated if known[joined] else joined] + left[one, other])
    return wrong, decided


def glued_tokens(text: str, layout: str) -> list[str]:
    """Return the tokens of an extraction that are two neighbouring cells of one line of the layout, run together."""
    neighbours: set[str] = set()
    known: set[str] = set()
    for line in layout.splitlines():
        known.update(line.split())
        for one, other in pairwise(cell.split() for cell in _COLUMN_GAP.split(line.strip())):
            neighbours.add((one or [""])[-1] + (other or [""])[0])
    return [token for token in text.split() if token in neighbours and token not in known]


def split_prose(text: str, layout: str) -> int:
    """Return how many rows of six cells and more are a line of the layout without any gap between columns."""
    prose = {" ".join(line.split()) for line in layout.splitlines() if not _COLUMN_GAP.search(line.strip())}
    return sum(line.count(" | ") >= 5 and line.replace(" | ", " ") in prose for line in text.splitlines())


def repeated_lines(layout: str) -> Counter[str]:
    """Return running headers and footers with digits as "#", and how often each is in the layout of a PDF.

    What is as often within pages is text, such as "Example:".
    """
    seen: Counter[str] = Counter()
    inside: Counter[str] = Counter()
    for page in layout.split("\f"):
        lines = [line for line in page.splitlines() if line.strip()]
        seen.update({part for line in lines[:_EDGE_LINES] + lines[-_EDGE_LINES:] for part in _line_forms(line)})
        inside.update(part for line in lines[_EDGE_LINES:-_EDGE_LINES] for part in _line_forms(line))
    return Counter({line: count for line, count in seen.items() if count >= _PAGES_REPEATED and count > inside[line]})


def left_furniture(text: str, furniture: Counter[str]) -> Count:
    """Return how many running lines are in an extraction as lines, beyond one of each, and how many there were."""
    lines = Counter(form for line in text.splitlines() if (form := _normalised(line.lstrip("# "))) in furniture)
    return sum(min(count, furniture[line]) - 1 for line, count in lines.items()), sum(furniture.values())


def without_furniture(text: str, furniture: Container[str]) -> str:
    """Return a text without running headers and footers, page numbers and tables of contents."""
    return "\n".join(line for line in text.replace("\f", "\n").splitlines() if not _is_running(line, furniture))


def looks_like_gibberish(text: str) -> bool:
    """Return whether over 2% of a text are signs that no text has, or a long text has next to no function words."""
    odd = sum(unicodedata.category(sign) in {"Cc", "Co", "Cn", "Cs"} or sign == "\ufffd" for sign in text)
    odd -= sum(map(text.count, "\n\t\f\r"))
    if odd > 0.02 * len(text) or text.count("(cid:") > 20:
        return True
    latin = [word for word in words(text) if word.isascii() and word.isalpha()]
    return len(latin) >= 500 and sum(word in _FUNCTION_WORDS for word in latin) < 0.01 * len(latin)


def _plain(text: str) -> str:
    return unicodedata.normalize("NFKC", text).replace("\u00ad", "").casefold()


def _runs_on(before: str, after: str) -> bool:
    """Whether a sentence certainly runs on: what follows starts with three words, not with an address or a formula."""
    last = before.rstrip().rpartition("\n")[2].strip()
    first = after.strip().partition("\n")[0]
    if last.count(" ") < 3 or _MARKED.match(last) or _MARKED.match(first) or not _PROSE.match(first):
        return False
    unfinished = last.rpartition(" ")[2] in _UNFINISHED
    return unfinished or ((last[-1].islower() or last[-1] == ",") and first[0].islower())


def _around(before: str, after: str) -> tuple[str, ...]:
    return (*words(before[-200:])[-3:], *words(after[:200])[:3])


def _inside_paragraphs(plain: str) -> set[tuple[str, ...]]:
    """Return the words around each line break after a full line of prose that does not end a sentence."""
    inside = set()
    lines = plain.splitlines()
    for previous, line, following in zip(lines, lines[1:], lines[2:], strict=False):
        widths = [len(one.strip()) for one in (previous, line, following)]
        if line.count(" ") >= 5 and _PROSE.match(following) and min(widths) >= _FULL * max(widths):
            last = line.rstrip()[-1]
            if (last.islower() or last == ",") and not _MARKED.match(following):
                inside.add(_around(line, following))
    return inside


def _normalised(line: str) -> str:
    return _DIGITS.sub("#", " ".join(line.split()))


def _is_running(line: str, furniture: Container[str]) -> bool:
    """Whether a line is a running header or footer, a page number, or one of a table of contents."""
    form = _normalised(line)
    return form in furniture or form == "#" or bool(_ROMAN.fullmatch(form) or _LEADERS.search(line))


def _line_forms(line: str) -> Iterator[str]:
    for part in {line, *_COLUMN_GAP.split(line.strip())}:
        form = _normalised(part)
        if 3 < len(form) <= _LONGEST_FURNITURE and any(map(str.isalpha, form)):
            yield form
