"""Numbers and names of a generated sentence that are not in its sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from itertools import chain, combinations, combinations_with_replacement, islice, permutations

from qa.text.lexicon import is_known
from qa.text.names import Name, TokenSet, capitals, names
from qa.text.numbers import Number, numbers
from qa.types import Span

_MAX_SENTENCE_CHARACTERS = 2_000
_MAX_EVIDENCE_CHARACTERS = 400_000
_MAX_COUNT = 12  # a smaller number may count the items of a list or of the answer itself
_MAX_PAIRS = 5_000  # of numbers that are added, subtracted and multiplied
_MAX_ADDENDS = 12  # of which three or four may make a sum; among more numbers, almost any sum exists
_DIGIT = re.compile(r"\d")
_DECADE, _CENTURY, _CLOCK = re.compile(r"'?s\b"), re.compile(r"(?:st|nd|rd|th)?[\s-]centur"), re.compile(r":\d\d\b")
_APPROXIMATE = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|approximately|some|over|under|above|below|than|least|most|up\sto)\s\W?$",
    re.IGNORECASE,
)


def unknown_facts(
    sentence: str, evidence: Sequence[str], document: Iterable[str], *, with_names: bool = True
) -> list[Span]:
    """Return the spans of numbers of a sentence that its evidence lacks, and of names that the documents lack.

    Only numbers in digits above 12 are checked, and not those that follow from the evidence: the sum of a few of its
    numbers, a difference, product, mean or percentage, a multiple by a count ("eight rounds"), a decade or century, an
    hour after noon or, after "about" and the like, a rounded value. A name is unknown if none of its words is in the
    documents in any form: it may name what the evidence calls "he". "Step" in "Step 2" is no name.

    Parameters
    ----------
    evidence : sequence of str
        With the question, titles and headings.
    document : iterable of str
        All text of the documents in the prompt.
    with_names : bool
        False for a language that capitalises all nouns: names are recognised by their capitals.
    """
    if len(sentence) > _MAX_SENTENCE_CHARACTERS:
        return []
    own = numbers(sentence)
    found: list[Span] = []
    written = [one for one in own if _DIGIT.search(sentence, one.start, one.end) and max(one.values) > _MAX_COUNT]
    if written:
        known = sorted({value for text in evidence for number in numbers(text) for value in number.values})
        counts = [one.values[0] for one in own if 1 < max(one.values) <= _MAX_COUNT]
        derived = _derived(known).union(count * value for count in counts for value in known)
        found += [(one.start, one.end) for one in written if not _follows(one, sentence, known, derived)]
    text = "\n".join([*evidence, *document])[:_MAX_EVIDENCE_CHARACTERS]
    called = [
        name
        for name in (names(sentence, capitals([text]), wide=True) if with_names else ())
        if not any(one.start <= name.start and name.end <= one.end for one in own) and not _is_label(sentence, name)
    ]
    if called:
        tokens = TokenSet(text)
        found += [(name.start, name.end) for name in called if tokens.missing_fraction(name) == 1]
    # "Su-35" is one fact, not two.
    return sorted(
        one for one in found if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in found)
    )


def _is_label(sentence: str, name: Name) -> bool:
    """Return whether a name is a common word beside a number: "Step 2", "3 March"."""
    beside = re.search(r"\d\s$", sentence[: name.start]) or re.match(r"\s\d", sentence[name.end :])
    return beside is not None and all(map(is_known, name.words))


def _derived(known: Sequence[float]) -> set[float]:
    """Return numbers, and what simple arithmetic gives from them."""
    found = set(known)
    for one, other in islice(combinations_with_replacement(known, 2), _MAX_PAIRS):
        found |= {one + other, other - one, one * other, (one + other) / 2}
    if len(known) <= _MAX_ADDENDS:
        found |= {sum(addends) for addends in chain(combinations(known, 3), combinations(known, 4))}
    return {round(value, 6) for value in found}


def _follows(number: Number, sentence: str, known: Sequence[float], derived: Collection[float]) -> bool:
    """Return whether a number of a sentence follows from the numbers of its evidence."""
    value, after = number.values[0], sentence[number.end :]
    if any(one in derived for one in number.values) or (_CLOCK.match(after) and value - 12 in known):
        return True
    if _DECADE.match(after):
        return any(value <= one < value + 10 for one in known)
    if _CENTURY.match(after):
        return any(100 * (value - 1) <= one <= 100 * value for one in known)
    if len(number.values) > 1:  # a percentage
        pairs = islice(permutations(known, 2), _MAX_PAIRS)
        ratios = (100 * one / other for one, other in pairs if other)
        return any(abs(share - value) < 0.5 for ratio in ratios for share in (ratio, ratio - 100, 100 - ratio))
    exponent = Decimal(str(value)).normalize().as_tuple().exponent
    approximate = _APPROXIMATE.search(sentence[: number.start])
    return approximate is not None and any(abs(one - value) < 10.0 ** int(exponent) for one in derived)
