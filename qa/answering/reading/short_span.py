"""Short answers: where they end, and whether they have the type that the question expects."""

from __future__ import annotations

import re

from qa.answering.questions.kinds import Expected
from qa.text.dates import WEEKDAYS, is_date
from qa.text.lexicon import (
    CONJUNCTIONS,
    DETERMINERS,
    PREPOSITIONS,
    is_noun,
    is_only_plural,
    is_participle,
    is_role,
    listed,
)
from qa.text.numbers import is_numeral, numbers
from qa.text.spans import overlaps, trim
from qa.text.tokens import terms
from qa.text.units import CURRENCY_SIGNS
from qa.types import Span

MAX_WORDS = 12
"""A longer answer reads better within its sentence."""
_MAX_GROWTH = 40  # characters by which a span grows to close a bracket or a quotation
_MAX_CODE = 60  # characters of inline code that is shown whole
_PAIRS = (("(", ")"), ("[", "]"), ("\u201c", "\u201d"), ("\u00ab", "\u00bb"))
_CODE_MARKS = "`*"  # of Markdown and reStructuredText
_INLINE_CODE = re.compile(r"(?<!`)(?P<mark>`{1,2})(?!`)(?P<code>[^`\n]+)(?P=mark)(?![`_])")
_IN_IDENTIFIER = re.compile(r"[^\W_]_+[^\W_]")
_LINK_TEXT = re.compile(r"`(?P<code>[^`<>\n]+)<[^`<>\n]*>`__?")  # of reStructuredText
# "--force", "-5": the dashes belong to the word.
_DASHES = re.compile(r"(?<![\w)\]-])-{1,2}(?=\w)")
_OPEN_ENDS = listed("a an the of and or to in on at by for from with as than that which its their his her")
_EDGES = " \t\n,;:.\u2013\u2014-"
_CURRENCY = f"[{CURRENCY_SIGNS}]"
_UNIT = re.compile(
    r"[ \u00a0\u202f]?(?:%|\u00b0[CF]?|per ?cent\b|percentage points?\b|"
    r"[ \u00a0-](?:hundred|thousand|million|billion|trillion|dozen|degrees?(?: Celsius| Fahrenheit)?|euros?|dollars?"
    r"|pounds?|francs?|marks?|crowns?|yen|cents?|pence|[kcm]?m|km/h|mph|[km]?g|kW?h?|[MG]B|kB|ml|litres?|liters?|tonnes?|tons?|grams?"
    r"|kilograms?|kilos?|(?:kilo|centi|milli)?met(?:re|er)s?|miles?|feet|foot|inch(?:es)?|acres?|hectares?|knots?|volts?|watts?"
    r"|seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|centur(?:y|ies)|o'clock)\b)"
)
_RANGE = re.compile(
    rf"(?<![\d.,])(?:{_CURRENCY}\s?\d(?:[.,]?\d)*+|\d(?:[.,]?\d)*+\s?%)\s?[-\u2013]\s?"
    rf"(?:{_CURRENCY}\s?)?\d(?:[.,]?\d)*+(?:\s?%)?"
)  # with a unit on both sides, or the first
_WRITTEN_TWICE = re.compile(
    r"(?<![\w-])(?P<word>[^\W\d_][\w-]*+)\s\(\d[\d,]*\)"
)  # as in contracts: "fourteen (14) days"
_COUNTED_TIME = re.compile(r"\d(?P<what>(?:\s[^\W\d_][\w-]*){1,2}?)\s(?:hours|days|nights|weeks|months|years)\b")
TIME = re.compile(
    rf"\b(?:seconds?|minutes?|hours?|days?|nights?|weeks?|months?|years?|decades?|centur(?:y|ies)|{WEEKDAYS}|spring|summer"
    r"|autumn|winter|night|noon|midnight|o'clock|dawn|dusk|morning|evening|am|pm|ago|today|yesterday|daily|weekly)\b|\d:\d\d",
    re.IGNORECASE,
)
"""Matches a time of day or year, or a duration."""
CLOCK = re.compile(r"[012]?\d[:.][0-5]\d(?:\s?[ap]\.?m\.?)?(?:\s?[-\u2013]\s?[012]?\d[:.][0-5]\d)?", re.IGNORECASE)
"""Matches a time of day: "9:30", "14:00-15:30"."""
_PHONE = re.compile(
    r"(?<![\w.,])(?=(?:[ +]?\d){7})(?:\+|0)\d*(?: \d{2,})+"
    r"|(?<![\w.,-])(?:\+?1[ .-]?)?(?:\(\d{3}\) ?|\d{3}[.-])\d{3}[.-]\d{4}(?![\w-])"  # "(555) 201-3100"
)
_MAIL_ADDRESS = re.compile(r"(?<![\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_AMOUNT_OF_MONEY = re.compile(
    rf"{_CURRENCY}|\b(?:euros?|dollars?|pounds?|francs?|marks?|crowns?|yen|cents?|pence|EUR|USD|GBP|CHF|free|nothing)\b",
    re.IGNORECASE,
)
_PRONOUN = re.compile(r"\b(?:I|[Yy]ou|[Hh]e|[Ss]he|[Ii]t|[Ww]e|[Tt]hey|[Ww]ho)\b")
_MOST_OR_LEAST, _AT = re.compile(r"(?:most|least)\b"), re.compile(r"\bat\s\Z", re.IGNORECASE)
_AMOUNT = r"[^\s\w]?\d(?:[\d.,]*\d)?(?:%|\s(?!to\b|on\b|in\b|from\b|and\b|at\b)[a-z]+\b)?"
_CHANGED = re.compile(rf"\bfrom\s+(?P<old>{_AMOUNT})\s+to\s+(?P<new>{_AMOUNT})")
_IS_CHANGE = re.compile(
    r"\b(?:r[aio]s(?:es?|ing|en)|increas\w*|went|go(?:es|ne)?|going|gr[eo]w\w*|f[ae]ll\w*|drop\w*|lower\w*|reduc\w*"
    r"|cut\w*|chang\w*|climb\w*)\b",
    re.IGNORECASE,
)
_ASKS_NEW = re.compile(r"\b(?:will|now|new|currently|today|next)\b", re.IGNORECASE)
_ASKS_OLD = re.compile(r"\b(?:before|formerly|previous(?:ly)?|old|earlier|used to|until)\b", re.IGNORECASE)
_NEXT_CLAUSE = re.compile(r";\s")
HOW_OFTEN = re.compile(r"\b(?i:dai|week|month|year|hour|quarter)ly\b")
"""Matches a frequency in one word."""
_FORMS: dict[Expected, re.Pattern[str]] = {
    "date": re.compile(rf"{TIME.pattern}|\d", re.IGNORECASE),
    "number": re.compile(
        r"\d|\b(?:once|no|none|every|one|never|(?:dai|week|month|year|hour|quarter)ly)\b", re.IGNORECASE
    ),
    "money": _AMOUNT_OF_MONEY,
    # "How long is the bridge?" asks for a length.
    "duration": re.compile(
        rf"{TIME.pattern}|\d[\s-]?(?:[kcm]?m|ft|(?:kilo|centi|milli)?met(?:re|er)s?|miles?|feet|foot|inch(?:es)?|yards?|pages?)\b",
        re.IGNORECASE,
    ),
    "person": re.compile(r"[A-Z]"),
}
_ABBREVIATED = re.compile(r"\b(?:[^\W\d_]\.)+[^\W\d_]$")  # "11 p.m" has lost its last dot
_MEMBER = re.compile(
    r"(?<![\w.,])(?P<value>\d[\d,.]*(?<![,.])(?:\s[a-z]+){0,3}?|free|nothing)"
    r"\s(?:in|at|on|for|by|from|during|before|after|per|an?)\s"
    r"(?P<of>[^\W_][\w-]*(?:\s[\w-]+){0,3}?)(?=\s(?:and|but|or|while)\b|[,;.()]|$)"
)
_SEVERAL_NUMBERS = re.compile(r"\d\D*[,;]\s\D*\d")
_POSSESSIVE = re.compile(r"['\u2019]s\b")
_ROW = re.compile(
    r"(?m)^[^\S\n]*(?P<label>\S(?:[^\S\n]?\S)*)(?:[^\S\n]{2,}|\t)(?P<value>[^\s\d]{0,4}\d(?:[^\S\n]?\S)*)[^\S\n]*$"
)
_INCHES = re.compile(r'\d"')
_GIVEN_TO = re.compile(r"(?:[A-Z][\w'\u2019.-]*\s+){1,3}(?=an?\s+[a-z])")
# "3.9| and later", "10| or more"
_AND_MORE = re.compile(
    r"\+(?![\w+])|\s(?:and|or)\s(?:later|newer|older|earlier|above|below|higher|lower|more|fewer|less|over|under|up"
    r"|upwards?|greater|beyond)\b(?!\s(?:than|a|an|the|in)\b)"
)
_RESTRICTS = re.compile(r"\s(?:at|from|in|of|on|that|under|who|whose|with)\s")
_MODIFIER = re.compile(
    r"\s+(?:(?P<done>[a-z]+)\s+(?:by|with|from|through|without)|by|without)\s(?:(?!\s(?:but|while|because|if|unless|when|which|who|so|is|are)\s)(?:[^.;:()\n]|\.(?=\d)|\n(?!\s*\n)))+"
)


def value_after_change(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the new or the old value, as asked, of a change: "2.60" of "rises from 2.45 to 2.60" for "will it cost".

    The span is returned if it is elsewhere, or if the question asks for neither, or for the change itself.
    """
    changed = next((one for one in _CHANGED.finditer(text, *sentence) if overlaps(one.span(), span)), None)
    new, old = _ASKS_NEW.search(question), _ASKS_OLD.search(question)
    if changed is None or (new is None) == (old is None) or _IS_CHANGE.search(question):
        return span
    return changed.span("new" if new else "old") if _IS_CHANGE.search(text, sentence[0], changed.start()) else span


def with_modifier(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return a noun with what tells which one is meant: "damage| by frost", "the box| marked with a star".

    What the question says already is not repeated.
    """
    modifier = _MODIFIER.match(text, span[1], sentence[1])
    word = next(reversed(text[slice(*span)].split()), "")
    if modifier is None or not (word.isalpha() and is_noun(word.lower())):
        return span
    if modifier["done"] and not is_participle(modifier["done"]):
        return span
    if not {*terms(question)}.isdisjoint(terms(modifier[0])):
        return span
    end = span[0] + len(text[span[0] : modifier.end()].rstrip(_EDGES))
    return (span[0], end) if len(text[span[0] : end].split()) <= MAX_WORDS else span


def with_counted_time(text: str, span: Span, sentence: Span) -> Span:
    """Return a number with the time that it counts: "4| annual leave hours", "10 paid| vacation days"."""
    counted = _COUNTED_TIME.search(text, max(span[0], span[1] - _MAX_GROWTH), sentence[1])
    if counted is None or counted.start() >= span[1]:
        return span
    joined = (PREPOSITIONS | CONJUNCTIONS | DETERMINERS) & {*counted["what"].lower().split()}
    return span if joined else (span[0], max(span[1], counted.end()))


def whole_words(text: str, start: int, end: int, within: Span) -> Span:
    """Return a span of a sentence widened or trimmed so that it makes sense alone.

    It then ends at a semicolon, and has whole words, numbers with their units, brackets and quotation marks in pairs,
    and no article or preposition at its end.

    Parameters
    ----------
    text : str
    start, end : int
        The span.
    within : (int, int)
        The sentence.
    """
    low, high = within
    if whole := phone_number(text, start, within) or _mail_address(text, end, within):
        start, end = whole
    while start > low and _cuts(text, start):
        start -= 1
    if _MOST_OR_LEAST.match(text, start, end) and (at := _AT.search(text, low, start)):
        start = at.start()
    while end < high and _cuts(text, end) and not _POSSESSIVE.match(text, end, high):
        end += 1
    start, end = _whole_code(text, start, end, within)
    if clause := _NEXT_CLAUSE.search(text, start + 1, end):
        end = clause.start()
    start, end = _with_unit(text, *_trimmed(text, start, end), within)
    for opening, closing in _PAIRS:
        start, end = _closed(text, start, end, within, opening, closing)
    for mark in _CODE_MARKS:
        if text.count(mark, start, end) % 2:
            start, end = start + text.startswith(mark, start), end - text.startswith(mark, end - 1)
    if (text.count('"', start, end) - len(_INCHES.findall(text, start, end))) % 2:
        start, end = _quoted(text, start, end, within)
    if given := _GIVEN_TO.match(text, start, end):
        start = given.end()
    end += text.startswith(".", end) and _ABBREVIATED.search(text[start:end]) is not None
    return trim(text, start, end)


def value_in_series(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the value that a series gives for the year or place asked about: "44" in "31 in 2022, 44 in 2023".

    The span is returned if it is outside of such a series, or if the question names none or several of its members.
    """
    series = list(_MEMBER.finditer(text, *sentence))
    if not series or span[1] <= series[0].start() or span[0] >= series[-1].end():
        return span
    several = len(numbers(text[slice(*span)])) > 1
    if len(series) == 1:
        # "$163 million, up from $123 million in 2010"
        year = series[0]["of"] if several else ""
        return series[0].span("value") if year.isdigit() and year in question else span
    keys = [{*terms(member["of"])} for member in series]
    asked = {*terms(question)} - keys[0].intersection(*keys[1:])
    named = [member for member, key in zip(series, keys, strict=True) if key & asked]
    if len(named) != 1 or (overlaps(named[0].span("value"), span) and not several):
        return span  # with its "up to"
    return named[0].span("value")


def value_in_line(question: str, text: str, span: Span, sentence: Span) -> Span:
    """Return the value at the end of the line that the question names: "11.93" of "VAT   11.93" below "Fee   238.61".

    The span is returned unless one such line of a sentence has most of the question.
    """
    asked = {*terms(question)}
    rows = list(_ROW.finditer(text, *sentence))
    named = [len(asked & {*terms(row["label"])}) for row in rows]
    most = max(named, default=0)
    if not most or named.count(most) > 1:
        return span
    row = rows[named.index(most)]
    return row.span("value") if not row.start() <= span[0] < row.end() or span[1] > row.end("label") else span


def phone_number(text: str, offset: int, within: Span) -> Span | None:
    """Return the span of the phone number around an offset of a sentence: "0555 201 310"."""
    found = (one.span() for one in _PHONE.finditer(text, *within))
    return next((one for one in found if one[0] <= offset < one[1]), None)


def _mail_address(text: str, end: int, within: Span) -> Span | None:
    """Return the span of the mail address in which, or right after which, a span ends."""
    found = (one.span() for one in _MAIL_ADDRESS.finditer(text, *within))
    return next((one for one in found if one[0] < end <= one[1] + 1), None)


def is_time_of_day(words: str) -> bool:
    """Return whether words are a time such as "10:00" or "14:30-16:00"; "4:30" may be minutes and seconds."""
    return CLOCK.fullmatch(words) is not None and words[1] not in ":."


def is_clause(expected: Expected, words: str) -> bool:
    """Return whether words that should be a place, a number or a person say what somebody does: "Visby she worked"."""
    clause = _PRONOUN.match(words) if expected == "person" else _PRONOUN.search(words)
    return expected in {"person", "place", "number", "money"} and clause is not None


def is_part_of_person(text: str, span: Span, sentence: Span) -> bool:
    """Return whether words only begin to say who is meant: "people| on night shifts", "a committee| of forty"."""
    words = text[slice(*span)]
    noun = words.rsplit(maxsplit=1)[-1]
    is_general = words.islower() and noun.isalpha() and is_noun(noun) and (is_only_plural(noun) or not is_role(noun))
    return is_general and _RESTRICTS.match(text, span[1], sentence[1]) is not None


def fits(expected: Expected, words: str) -> bool:
    """Return whether the form of the words allows the type."""
    if len(words.split()) > MAX_WORDS or not re.search(r"\w", words):
        return False
    if is_clause(expected, words):
        return False
    form = _FORMS.get(expected)
    fitting = form is None or form.search(words) is not None
    if expected in {"number", "money"}:
        return not _SEVERAL_NUMBERS.search(words) and (fitting or bool(numbers(words)))
    if expected == "date":
        return fitting or is_date(words)
    return fitting or (expected == "person" and any(map(is_role, re.findall(r"[a-z]+", words))))


def _cuts(text: str, offset: int) -> bool:
    """Return whether an offset is inside a word or a number: "3|.5", "twenty|-five"."""
    before, after = text[offset - 1], text[offset]
    if before.isalnum() and after.isalnum():
        return True
    joins = ".,-/:" if before.isdigit() else ".-'\u2019"
    if "_" in {before, after}:
        return 1 < offset < len(text) - 1 and bool(_IN_IDENTIFIER.match(text, offset - (2 if before == "_" else 1)))
    if before.isalnum() and after in joins and offset + 1 < len(text):
        if after == "." and before.islower() and text[offset + 1].isupper():
            return False  # a space is missing after a sentence
        return text[offset + 1].isalnum() and (not before.isdigit() or text[offset + 1].isdigit())
    if before in ":/" and offset > 1:
        return text[offset - 2].isdigit() and after.isdigit()
    return (
        offset > 1
        and after.isalnum()
        and before in ".,-'\u2019"
        and text[offset - 2].isalnum()
        and not (before == "," and not after.isdigit())
    )


def _whole_code(text: str, start: int, end: int, within: Span) -> Span:
    """Return a span widened to the whole option, inline code or text of a link that it is a part of."""
    low, high = within
    dashes = next((one for one in _DASHES.finditer(text, max(low, start - 2), start + 1) if one.end() == start), None)
    start = dashes.start() if dashes else start
    for link in _LINK_TEXT.finditer(text, low, high):
        if link.start("code") <= start and end <= link.end("code"):
            return trim(text, *link.span("code"))
    for code in _INLINE_CODE.finditer(text, low, high):
        if code.end() - code.start() > _MAX_CODE or code.end() <= start or end <= code.start():
            continue
        if code.start() <= start and end <= code.end():
            return code.span() if (start, end) == code.span() else code.span("code")
        start, end = min(start, code.start()), max(end, code.end())
    return start, end


def _trimmed(text: str, start: int, end: int) -> Span:
    first, last = start, end
    while first < last and text[first] in _EDGES and not _DASHES.match(text, first):
        first += 1
    while last > first and text[last - 1] in _EDGES:
        last -= 1
    while (words := text[first:last].rsplit(maxsplit=1)) and len(words) == 2 and words[1].lower() in _OPEN_ENDS:
        last = first + len(text[first:last].rstrip()) - len(words[1])
        last = first + len(text[first:last].rstrip(_EDGES))
    return (first, last) if first < last else (start, end)


def _with_unit(text: str, start: int, end: int, within: Span) -> Span:
    if text[start].isdigit():
        sign = re.search(rf"{_CURRENCY}[ \u00a0]?$", text[max(within[0], start - 2) : start])
        start -= len(sign[0]) if sign else 0
    while text[end - 1].isdigit() or re.search(r"\b(?:hundred|thousand|million|billion)$", text[start:end]):
        unit = _UNIT.match(text, end, within[1])
        if unit is None:
            break
        end = unit.end()
    if text[end - 1].isdigit() and (more := _AND_MORE.match(text, end, within[1])):
        end = more.end()
    for both in _RANGE.finditer(text, *within):
        if overlaps(both.span(), (start, end)):
            start, end = min(start, both.start()), max(end, both.end())
    for number in _WRITTEN_TWICE.finditer(text, *within):
        if is_numeral(number["word"]) and overlaps(number.span(), (start, end)):
            unit = _UNIT.match(text, number.end(), within[1])
            return (min(start, number.start()), max(end, unit.end())) if unit else (start, end)
    return start, end


def _closed(text: str, start: int, end: int, within: Span, opening: str, closing: str) -> Span:
    depth = text.count(opening, start, end) - text.count(closing, start, end)
    if depth > 0:
        offset = text.find(closing, end, min(within[1], end + _MAX_GROWTH))
        return (start, offset + 1) if offset >= 0 else _longer(text, start, text.rfind(opening, start, end), end)
    if depth < 0:
        offset = text.rfind(opening, max(within[0], start - _MAX_GROWTH), start)
        return (offset, end) if offset >= 0 else _longer(text, start, text.find(closing, start, end), end)
    return start, end


def _quoted(text: str, start: int, end: int, within: Span) -> Span:
    if text.count('"', within[0], start) % 2:
        offset = text.rfind('"', max(within[0], start - _MAX_GROWTH), start)
        return (offset, end) if offset >= 0 else _longer(text, start, text.find('"', start, end), end)
    offset = text.find('"', end, min(within[1], end + _MAX_GROWTH))
    return (start, offset + 1) if offset >= 0 else _longer(text, start, text.rfind('"', start, end), end)


def _longer(text: str, start: int, mark: int, end: int) -> Span:
    """Return the longer of the parts before and after an unpaired mark."""
    before, after = trim(text, start, mark), trim(text, mark + 1, end)
    return max(before, after, key=lambda span: span[1] - span[0])
