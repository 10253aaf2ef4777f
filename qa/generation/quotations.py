"""Words between quotation marks, and whether a source has them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher
from heapq import nlargest

from qa.claims import Quotation, QuotationVerdict
from qa.text.verbatim import whole_words

# An apostrophe is inside a word; a quotation mark is at its edge.
_OPENING = re.compile("[\"\u201c\u201e\u00ab]|(?<!\\w)['\u2018]")
_QUOTED = {
    '"': re.compile('([^"\n]++)"'),
    "\u201c": re.compile("([^\u201c\u201d\n]++)\u201d"),
    "\u201e": re.compile("([^\u201e\u201c\u201d\n]++)[\u201c\u201d]"),
    "\u00ab": re.compile("([^\u00ab\u00bb\n]++)\u00bb"),
    "'": re.compile("([^'\n]++(?:'\\w[^'\n]*+)*+)'(?!\\w)"),
    "\u2018": re.compile("([^\u2018\n]+)\u2019(?!\\w)"),
}
"""By the mark that opens a quotation: its words, and the mark that closes it."""
_MARKS = str.maketrans(
    "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2032\u2033\u2010\u2011\u2012\u2013\u2014", '"""""\'\'\'\'"-----'
)
_LETTER = re.compile(r"\w")
_NEAR = 0.6
"""Share of its words found in the source in their order from which a quotation counts as altered."""
_MOST_WORDS = 120  # of a quotation that is compared word by word
_MOST_COMPARISONS = 300_000  # of two words, for a quotation and a source; the likeliest stretches come first


def quotations(text: str, evidence: Sequence[str]) -> tuple[Quotation, ...]:
    """Find the quotations of a sentence in its evidence.

    Parameters
    ----------
    text : str
    evidence : sequence of str

    Returns
    -------
    tuple of Quotation
        In order. One without a letter or digit is left out.
    """
    sources = [normal(each) for each in evidence]
    found = []
    for start, end in quoted_spans(text):
        if _LETTER.search(text, start, end):
            found.append(Quotation(start, end, _verdict(text[start:end], sources)))
    return tuple(found)


def quoted_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of a text that are between quotation marks."""
    start = unclosed_until = 0
    while opening := _OPENING.search(text, start):
        start = opening.end()
        single = opening[0] == "'"
        if single and start < unclosed_until:
            continue
        if match := _QUOTED[opening[0]].match(text, start):
            yield match.span(1)
            start = match.end()
        elif single and text[start : start + 1] != "'":
            # No mark on this line closes a quotation: another start need not look for one again.
            line_end = text.find("\n", start)
            unclosed_until = len(text) if line_end < 0 else line_end


def _verdict(quoted: str, sources: Sequence[str]) -> QuotationVerdict:
    wanted = _bare(quoted)
    if any(whole_words(wanted, source) for source in sources):
        return "verbatim"
    words = re.findall(r"\w+", wanted.lower())[:_MOST_WORDS]
    nearest = max((_nearness(words, re.findall(r"\w+", source.lower())) for source in sources), default=0.0)
    return "altered" if nearest >= _NEAR and len(words) > 1 else "not found"


def _nearness(words: Sequence[str], source: Sequence[str]) -> float:
    """Return the largest share of the words found in their order in an equally long stretch of the source."""
    length = len(words)
    matcher = SequenceMatcher(autojunk=False)
    matcher.set_seq2(words)
    shared = _shared(words, source)
    best = 0
    most = _MOST_COMPARISONS // max(1, length * length)
    for start in nlargest(most, range(len(shared)), key=shared.__getitem__):
        if shared[start] <= best:
            break
        matcher.set_seq1(source[start : start + length])
        best = max(best, sum(block.size for block in matcher.get_matching_blocks()))
    return best / length if length else 0.0


def _shared(words: Sequence[str], source: Sequence[str]) -> list[int]:
    """Return for each equally long stretch of the source how many of the words it has, in any order."""
    lacking = Counter(words)
    count = 0
    found = []
    for position, word in enumerate(source):
        count += lacking[word] > 0
        lacking[word] -= 1
        if position >= len(words):
            left = source[position - len(words)]
            lacking[left] += 1
            count -= lacking[left] > 0
        if position >= len(words) - 1:
            found.append(count)
    return found or [count]


def _bare(quoted: str) -> str:
    """Return the quotation without the point or comma that closes it, which may be the sentence's own."""
    return normal(quoted).strip().rstrip(".,;:!?").strip("\"' ")


def normal(text: str) -> str:
    """Return the text with plain quotation marks and dashes, and single spaces."""
    return " ".join(text.translate(_MARKS).split())
