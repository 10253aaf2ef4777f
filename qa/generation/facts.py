"""Numbers and names of a generated sentence that are not in its sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from itertools import chain, combinations, combinations_with_replacement, islice

from qa.text.names import TokenSet, capitals, names
from qa.text.numbers import Number, numbers
from qa.types import Span

_MAX_SENTENCE_CHARACTERS = 2_000
_MAX_EVIDENCE_CHARACTERS = 400_000
_MAX_COUNT = 12  # a smaller number may count the items of a list or of the answer itself
_MAX_PAIRS = 5_000  # of numbers that are added, subtracted and multiplied
_MAX_ADDENDS = 12  # of which three or four may make a sum; among more numbers, almost any sum exists
_DIGIT = re.compile(r"\d")
_APPROXIMATE = re.compile(
    r"\b(?:about|around|nearly|almost|roughly|approximately|some|over|under|above|below|than|least|most|up\sto)\s\W?$",
    re.IGNORECASE,
)


def unknown_facts(
    sentence: str, evidence: Sequence[str], document: Iterable[str], *, with_names: bool = True
) -> list[Span]:
    """Return the spans of numbers of a sentence that its evidence lacks, and of names that the documents lack.

    Only numbers in digits above 12 are checked, and not those that simple arithmetic gives from the evidence: the sum
    of a few of its numbers, a difference, a product or, after "about" and the like, a rounded value. A name is unknown
    if none of its words is in the documents in any form: it may name what the evidence calls "he".

    Parameters
    ----------
    sentence : str
    evidence : sequence of str
        Its evidence, with the question, titles and headings.
    document : iterable of str
        All text of the documents in the prompt.
    with_names : bool
        Check names, which are told by their capitals: False for a language that capitalises all nouns.
    """
    if len(sentence) > _MAX_SENTENCE_CHARACTERS:
        return []
    own = numbers(sentence)
    found: list[Span] = []
    written = [one for one in own if _DIGIT.search(sentence, one.start, one.end) and max(one.values) > _MAX_COUNT]
    if written:
        derived = _derived([number for text in evidence for number in numbers(text)])
        found += [(one.start, one.end) for one in written if not _is_known(one, sentence, derived)]
    text = "\n".join([*evidence, *document])[:_MAX_EVIDENCE_CHARACTERS]
    called = [
        name
        for name in (names(sentence, capitals([text]), wide=True) if with_names else ())
        if not any(one.start <= name.start and name.end <= one.end for one in own)
    ]
    if called:
        tokens = TokenSet(text)
        found += [(name.start, name.end) for name in called if tokens.missing_fraction(name) == 1]
    # "Su-35" is one fact, not two.
    return sorted(
        one for one in found if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in found)
    )


def _derived(given: Iterable[Number]) -> Collection[float]:
    """Return the values of some numbers, and what simple arithmetic gives from them."""
    known = sorted({value for number in given for value in number.values})
    found = set(known)
    for one, other in islice(combinations_with_replacement(known, 2), _MAX_PAIRS):
        found |= {one + other, other - one, one * other}
    if len(known) <= _MAX_ADDENDS:
        found |= {sum(addends) for addends in chain(combinations(known, 3), combinations(known, 4))}
    return {round(value, 6) for value in found}


def _is_known(number: Number, sentence: str, derived: Collection[float]) -> bool:
    if any(value in derived for value in number.values):
        return True
    if not _APPROXIMATE.search(sentence[: number.start]):
        return False
    exponent = Decimal(str(number.values[0])).normalize().as_tuple().exponent
    return any(abs(value - number.values[0]) < 10.0 ** int(exponent) for value in derived)
