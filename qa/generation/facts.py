"""Numbers and names of a generated sentence that are not in its sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Sequence
from decimal import Decimal
from itertools import chain, combinations, combinations_with_replacement, islice, permutations

from qa.text.dates import date_key, days
from qa.text.lexicon import is_known
from qa.text.names import Name, TokenSet, capitals, names
from qa.text.numbers import Number, numbers
from qa.types import Span

_MAX_SENTENCE_CHARACTERS = 2_000
_MAX_EVIDENCE_CHARACTERS = 400_000
_MAX_COUNT = 12  # a smaller number may count the items of a list or of the answer itself
_MAX_PAIRS = 5_000  # of numbers that are added, subtracted, multiplied and divided
_MAX_ADDENDS = 12  # of which three or four may make a sum; among more numbers, almost any sum exists
_STEPS = 2  # what follows from the evidence, and what follows from that
_FACTORS = (7, 12, 24, 60)  # between units of time
_DIGIT = re.compile(r"\d")
_DECADE, _CENTURY = re.compile(r"'?s\b"), re.compile(r"(?:st|nd|rd|th)?[\s-]centur")
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|nearly|almost|roughly|approximately|some|over|under|above|below|than|least|most|up\sto)\s"
    r"|[\u2248~]\s?)\W?$",
    re.IGNORECASE,
)
# "1 200", "1'200", "1.200,50" and "4,90": 1,200, 1,200.50 and 4.90 in other languages.
_FOREIGN = re.compile(
    r"(?<![\w.,])(?:(?:\d{1,3}(?:[ \u00a0\u2009\u202f'\u2019]\d{3}){1,4}|[1-9]\d{0,2}(?:\.\d{3}){1,4})(?:,\d\d?)?"
    r"|\d{1,9},\d\d?)(?![.,]?\d)"
)
_ENGLISH = str.maketrans(" \u00a0\u2009\u202f'\u2019.,", ",,,,,,,.")
_TIME = re.compile(
    r"(?<![\w.,:])(?:(\d\d?)(?:(?:[:.]([0-5]\d))?\s?([ap])\.?m\b|:([0-5]\d)(?![\d:]))"
    r"|(\d{1,3}|an|one)[\s-]?h(?:ours?|rs?)?\b(?:,?\s(?:and\s)?(\d\d?)[\s-]?m(?:in(?:ute)?s?)?\b)?)",
    re.IGNORECASE,
)
_DATE_IN_DIGITS = re.compile(r"\b(\d\d?)[./](\d\d?)[./](?:\d\d){1,2}\b")


def unknown_facts(
    sentence: str, evidence: Sequence[str], document: Iterable[str], *, english: bool = True
) -> list[Span]:
    """Return the spans of numbers of a sentence that its evidence lacks, and of names that the documents lack.

    Only numbers in digits above 12 are checked, and not those that follow from the evidence: the sum of a few of its
    numbers, a difference, product, quotient, mean or percentage, a multiple by a count ("eight rounds"), another unit
    of time, a decade or century or, after "about" and the like, a rounded value. A name is unknown if none of
    its words is in the documents in any form: it may name what the evidence calls "he". "Step" in "Step 2" is no name.

    Parameters
    ----------
    evidence : sequence of str
        With the question, titles and headings.
    document : iterable of str
        All text of the documents in the prompt.
    english : bool
        False if the sentence is in another language: names are not checked, since German capitalises every noun.
    """
    if len(sentence) > _MAX_SENTENCE_CHARACTERS:
        return []
    own = numbers(_in_english(sentence))
    found = [(one.start, one.end) for one in _unknown_numbers(sentence, own, evidence, english=english)]
    text = "\n".join([*evidence, *document])[:_MAX_EVIDENCE_CHARACTERS]
    called = [
        name
        for name in (names(sentence, capitals([text]), wide=True) if english else ())
        if not any(one.start <= name.start < one.end for one in own) and not _is_label(sentence, name)
    ]
    if called:
        tokens, months = TokenSet(text), _months(text)
        dated = [day for day in days(sentence) if date_key(sentence[slice(*day)])[1] in months]
        found += [
            (name.start, name.end)
            for name in called
            if tokens.missing_fraction(name) == 1 and not any(start <= name.start < end for start, end in dated)
        ]
    # "Su-35" is one fact, not two.
    return sorted(
        one for one in found if not any(other != one and other[0] <= one[0] and one[1] <= other[1] for other in found)
    )


def _is_label(sentence: str, name: Name) -> bool:
    """Return whether a name is a common word beside a number ("Step 2", "3 March") or none ("Don't")."""
    beside = re.search(r"\d\s$", sentence[: name.start]) or re.match(r"\s\d", sentence[name.end :])
    return (beside is not None and all(map(is_known, name.words))) or name.words[-1].endswith(("n't", "n\u2019t"))


def _months(text: str) -> set[int]:
    """Return the months of the dates in a text, for "03/06/2024" both that it may be."""
    written = {date_key(text[start:end])[1] for start, end in days(text)}
    return written.union(*(map(int, found.groups()) for found in _DATE_IN_DIGITS.finditer(text)))


def _in_english(text: str) -> str:
    """Return a text of the same length with its numbers in digits as in English."""
    return _FOREIGN.sub(lambda number: number[0].translate(_ENGLISH), text)


def _times(text: str) -> Iterator[Number]:
    """Yield times of day and durations in hours in minutes; a time may be before or after noon."""
    for found in _TIME.finditer(text):
        hour, minute, half, minute_too, hours, minutes = found.groups()
        if hours:
            total = 60 * (int(hours) if hours.isdecimal() else 1) + int(minutes or 0)
        else:
            total = 60 * int(hour) + int(minute or minute_too or 0)
            total += 720 * ((half or "") in {"p", "P"} and total < 720)
        yield Number(*found.span(), (total, total - 720, total + 720))


def _unknown_numbers(sentence: str, own: Sequence[Number], evidence: Sequence[str], *, english: bool) -> list[Number]:
    """Return the numbers and times of a sentence that do not follow from its evidence."""
    times = {one: time for time in _times(sentence) for one in own if time.start <= one.start < time.end}
    unknown = dict.fromkeys(
        times.get(one, one)
        for one in own
        if _DIGIT.search(sentence, one.start, one.end) and max(one.values) > _MAX_COUNT
    )
    if not unknown:
        return []
    readings = [reading for text in evidence for reading in (text, _in_english(text))]
    if not english:
        # In "186 Millionen", only the digits are read.
        readings += [re.sub(r"[^\W\d_]", "", text) for text in readings]
    known = {value for text in readings for number in numbers(text) for value in number.values}
    known.update(time.values[0] for text in evidence for time in _times(text))
    counts = [one.values[0] for one in own if 1 < max(one.values) <= _MAX_COUNT and one not in times]
    for _ in range(_STEPS):
        derived = _derived(sorted(known), counts)
        following = [one for one in unknown if _follows(one, sentence, known, derived)]
        known.update(value for one in following for value in one.values[:1])
        unknown = dict.fromkeys(one for one in unknown if one not in following)
        if not following or not unknown:
            break
    return list(unknown)


def _derived(known: Sequence[float], counts: Sequence[float]) -> set[float]:
    """Return numbers, and what simple arithmetic gives from them and from their multiples by some counts."""
    terms = sorted({*known, *(count * value for count in counts for value in known)})
    found = set(terms)
    for one, other in islice(combinations_with_replacement(terms, 2), _MAX_PAIRS):
        found |= {one + other, other - one}
    for one, other in islice(combinations_with_replacement(known, 2), _MAX_PAIRS):
        found |= {one * other, (one + other) / 2, other / (one or 1)}
        if 0 < one < 1:  # 4 per cent more or less
            found |= {other * (1 + one), other * (1 - one)}
    found.update(one for value in known for factor in _FACTORS for one in (value * factor, value / factor))
    if len(known) <= _MAX_ADDENDS:
        found |= {sum(addends) for addends in chain(combinations(known, 3), combinations(known, 4))}
    return {round(value, 6) for value in found}


def _follows(number: Number, sentence: str, known: Collection[float], derived: Collection[float]) -> bool:
    """Return whether a number of a sentence follows from the numbers of its evidence."""
    value, after = number.values[0], sentence[number.end :]
    if any(one in derived for one in number.values):
        return True
    if _DECADE.match(after):
        return value / 100 + 1 in known or any(value <= one < value + 10 for one in known)
    if _CENTURY.match(after):
        return any(100 * (value - 1) <= one <= 100 * value for one in known)
    if len(number.values) == 2:  # a percentage
        pairs = islice(permutations(known, 2), _MAX_PAIRS)
        ratios = (100 * one / other for one, other in pairs if other)
        return any(abs(share - value) < 0.5 for ratio in ratios for share in (ratio, ratio - 100, 100 - ratio))
    exponent = int(Decimal(str(value)).normalize().as_tuple().exponent)
    rounded = exponent < 0 or _APPROXIMATE.search(sentence[: number.start]) is not None
    return rounded and any(abs(one - value) < 10.0**exponent for one in derived)
