"""Numbers and names of a generated sentence that are not in its sources."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from decimal import Decimal
from itertools import chain, combinations, combinations_with_replacement, islice, permutations

from qa.text.dates import date_key, days, months, times
from qa.text.lexicon import is_known
from qa.text.names import Name, TokenSet, capitals, names
from qa.text.numbers import Number, numbers, with_english_digits
from qa.text.units import Measure, measures
from qa.types import Span

_MAX_SENTENCE_CHARACTERS = 2_000
_MAX_EVIDENCE_CHARACTERS = 400_000
_MAX_COUNT = 12  # a smaller number may count the items of a list or of the answer itself
_MAX_PAIRS = 5_000  # of numbers that are added, subtracted, multiplied and divided
_MAX_ADDENDS = 12  # of which three or four may make a sum; among more numbers, almost any sum exists
_STEPS = 2  # what follows from the evidence, and what follows from that
_MAX_ROUNDING, _MAX_ROUNDING_ABOUT = 0.02, 0.05  # of a converted measure, without and with "about" before it
_FACTORS = (7, 12, 24, 60)  # between units of time
_DIGIT = re.compile(r"\d")
_DECADE, _CENTURY = re.compile(r"'?s\b"), re.compile(r"(?:st|nd|rd|th)?[\s-]centur")
_APPROXIMATE = re.compile(
    r"(?:\b(?:about|around|nearly|almost|roughly|approximately|some|over|under|above|below|than|least|most|up\sto)\s"
    r"|[\u2248~]\s?)\W?$",
    re.IGNORECASE,
)


def unknown_facts(
    sentence: str, evidence: Sequence[str], document: Iterable[str], *, english: bool = True
) -> list[Span]:
    """Return the spans of numbers of a sentence that its evidence lacks, and of names that the documents lack.

    Only numbers in digits above 12 are checked, and not those that follow from the evidence: the sum of a few of its
    numbers, a difference, product, quotient, mean or percentage, a multiple by a count ("eight rounds"), another
    unit, a decade or century or, after "about" and the like, a rounded value. A name is unknown if none of its words is
    in the documents in any form: it may name what the evidence calls "he". "Step" in "Step 2" is no name.

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
    own = numbers(with_english_digits(sentence))
    found = [(one.start, one.end) for one in _unknown_numbers(sentence, own, evidence, english=english)]
    text = "\n".join([*evidence, *document])[:_MAX_EVIDENCE_CHARACTERS]
    called = [
        name
        for name in (names(sentence, capitals([text]), wide=True) if english else ())
        if not any(one.start <= name.start < one.end for one in own) and not _is_label(sentence, name)
    ]
    if called:
        tokens, written = TokenSet(text), months(text)
        dated = [day for day in days(sentence) if date_key(sentence[slice(*day)])[1] in written]
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
    """Return whether a name is a common word beside a number ("Step 2", "3 March"), a scale ("\u00b0F") or none."""
    before = sentence[: name.start]
    beside = re.search(r"\d\s$", before) or re.match(r"\s\d", sentence[name.end :])
    is_scale = re.search(r"\d\s?(?:\u00b0\s?|degrees\s)$", before) is not None
    is_word = beside is not None and all(map(is_known, name.words))
    return is_scale or is_word or name.words[-1].endswith(("n't", "n\u2019t"))


def _unknown_numbers(sentence: str, own: Sequence[Number], evidence: Sequence[str], *, english: bool) -> list[Number]:
    """Return the numbers and times of a sentence that do not follow from its evidence."""
    timed = {one: time for time in _times(sentence) for one in own if time.start <= one.start < time.end}
    unknown = dict.fromkeys(
        timed.get(one, one)
        for one in own
        if _DIGIT.search(sentence, one.start, one.end) and max(one.values) > _MAX_COUNT
    )
    if not unknown:
        return []
    readings = [reading for text in evidence for reading in (text, with_english_digits(text))]
    if not english:
        # In "186 Millionen", only the digits are read.
        readings += [re.sub(r"[^\W\d_]", "", text) for text in readings]
    known = {value for text in readings for number in numbers(text) for value in number.values}
    known.update(time.values[0] for text in evidence for time in _times(text))
    counts = [one.values[0] for one in own if 1 < max(one.values) <= _MAX_COUNT and one not in timed]
    measured = [one for text in readings for one in measures(text)]
    own_measures = measures(with_english_digits(sentence))
    for _ in range(_STEPS):
        derived = _derived(sorted(known), counts)
        given = [*measured, *(one for one in own_measures if one.number.values[0] in known)]
        following = [
            one
            for one in unknown
            if _follows(one, sentence, known, derived)
            or any(_converts(own, given, sentence) for own in own_measures if own.number == one)
        ]
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


def _times(text: str) -> list[Number]:
    """Return times of day and durations in minutes; a time may be before or after noon."""
    return [Number(start, end, (total, total - 720, total + 720)) for start, end, total in times(text)]


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
    rounded = _step(value) < 1 or _APPROXIMATE.search(sentence[: number.start]) is not None
    return rounded and any(abs(one - value) < _step(value) for one in derived)


def _converts(own: Measure, given: Sequence[Measure], sentence: str) -> bool:
    """Return whether a measure converts one of those given and is rounded by little, as 21 \u00b0C to 70 \u00b0F."""
    about = _APPROXIMATE.search(sentence[: own.number.start]) is not None
    step, share = _step(own.amount), _MAX_ROUNDING_ABOUT if about else _MAX_ROUNDING
    tolerance = max(min(step, 1) / 2, min(step / 2, share * abs(own.amount)))
    return any(
        abs(one.converted(own.unit) - own.amount) <= tolerance
        for one in given
        if one.unit.dimension == own.unit.dimension and one.unit.name != own.unit.name
    )


def _step(value: float) -> float:
    """Return the value of the last digit of a number that is not zero: 10 of 70, 0.1 of 3.2."""
    return 10.0 ** int(Decimal(str(value)).normalize().as_tuple().exponent)
