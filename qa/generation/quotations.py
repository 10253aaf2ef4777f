"""The quotations of a sentence, and whether its evidence contains them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from qa.claims import Quotation, QuotationVerdict
from qa.text.verbatim import whole_words

# An apostrophe is inside a word, a quotation mark at its edge.
_OPENING = re.compile("[\"\u201c\u201e\u00ab]|(?<!\\w)['\u2018]")
_QUOTED = {
    '"': re.compile('([^"\n]++)"'),
    "\u201c": re.compile("([^\u201c\u201d\n]++)\u201d"),
    "\u201e": re.compile("([^\u201e\u201c\u201d\n]++)[\u201c\u201d]"),
    "\u00ab": re.compile("([^\u00ab\u00bb\n]++)\u00bb"),
    "'": re.compile("([^'\n]++(?:'\\w[^'\n]*+)*+)'(?!\\w)"),
    "\u2018": re.compile("([^\u2018\n]+)\u2019(?!\\w)"),
}
"""By opening mark: the text of the quotation and its closing mark."""
_MARKS = str.maketrans(
    "\u201c\u201d\u201e\u00ab\u00bb\u2018\u2019\u201a\u2032\u2033\u2010\u2011\u2012\u2013\u2014", '"""""\'\'\'\'"-----'
)
_LETTER = re.compile(r"\w")
_MIN_SHARE = 0.6  # of its words in a stretch of the evidence as long as itself: it is altered, not invented
_MAX_WORDS = 120  # of a quotation that are compared


def quotations(text: str, evidence: Sequence[str]) -> tuple[Quotation, ...]:
    """Return the quotations of a sentence in order, those with a letter or digit, with a verdict from its evidence."""
    sources = [normal(each) for each in evidence]
    return tuple(
        Quotation(start, end, _verdict(text[start:end], sources))
        for start, end in quoted_spans(text)
        if _LETTER.search(text, start, end)
    )


def quoted_spans(text: str) -> Iterator[tuple[int, int]]:
    """Yield the spans of the quotations in a text, without their quotation marks."""
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
            # Nothing closes it on this line, so later opening marks on the line need not search again.
            line_end = text.find("\n", start)
            unclosed_until = len(text) if line_end < 0 else line_end


def _verdict(quoted: str, sources: Sequence[str]) -> QuotationVerdict:
    # A full stop or comma at the end may belong to the sentence around it.
    wanted = normal(quoted).rstrip(".,;:!?").strip("\"' ")
    if any(whole_words(wanted, source) for source in sources):
        return "verbatim"
    words = re.findall(r"\w+", wanted.lower())[:_MAX_WORDS]
    shared = max((_shared(words, re.findall(r"\w+", source.lower())) for source in sources), default=0)
    return "altered" if len(words) > 1 and shared >= _MIN_SHARE * len(words) else "not found"


def _shared(words: Sequence[str], source: Sequence[str]) -> int:
    """Return how many of the words occur within some stretch of the source as long as they are, in any order."""
    lacking = Counter(words)
    count = best = 0
    for position, word in enumerate(source):
        count += lacking[word] > 0
        lacking[word] -= 1
        if position >= len(words):
            left = source[position - len(words)]
            lacking[left] += 1
            count -= lacking[left] > 0
        best = max(best, count)
    return best


def normal(text: str) -> str:
    """Return the text with ASCII quotation marks and dashes, and single spaces."""
    return " ".join(text.translate(_MARKS).split())
