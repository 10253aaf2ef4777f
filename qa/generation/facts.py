"""Numbers and names of a generated sentence that are not from its sources."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import combinations, islice

from qa.text.names import TokenSet, capitals, names
from qa.text.numbers import numbers
from qa.types import Span

_LONGEST = 2_000  # characters of a sentence that is compared
_LONGEST_EVIDENCE = 400_000
_MOST_COUNTED = 12  # up to which a number may be a count of what is said, or of a list
_MOST_PAIRS = 5_000  # of numbers whose sums and differences are known too
_DIGIT = re.compile(r"\d")


def unknown_facts(sentence: str, evidence: Sequence[str], document: Iterable[str]) -> list[Span]:
    """Return the spans of numbers of a sentence that its evidence lacks, and of names that the document lacks.

    A number counts where it is written in digits, is no small count, and is not the sum or difference of two numbers of
    the evidence. A name counts where the document has none of its words in any form: it may call by name what the
    evidence calls "he".

    Parameters
    ----------
    sentence : str
    evidence : sequence of str
        Its evidence, with the question, titles and headings.
    document : iterable of str
        All that the model was given of the documents.
    """
    if len(sentence) > _LONGEST:
        return []
    own = numbers(sentence)
    written = [one for one in own if _DIGIT.search(sentence, one.start, one.end) and max(one.values) > _MOST_COUNTED]
    found: list[Span] = []
    if written:
        known = sorted({value for text in evidence for number in numbers(text) for value in number.values})
        pairs = islice(combinations(known, 2), _MOST_PAIRS)
        values = {round(value, 6) for one, other in pairs for value in (one + other, other - one)} | set(known)
        found += [(one.start, one.end) for one in written if not values.intersection(one.values)]
    spans = [(one.start, one.end) for one in own]
    text = "\n".join([*evidence, *document])[:_LONGEST_EVIDENCE]
    called = [
        name
        for name in names(sentence, capitals([text]), wide=True)
        if not any(start <= name.start and name.end <= end for start, end in spans)
    ]
    if called:
        tokens = TokenSet(text)
        found += [(name.start, name.end) for name in called if tokens.missing_fraction(name) == 1]
    # "Su-35" is one fact, not two.
    return sorted(
        one for one in found if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in found)
    )
