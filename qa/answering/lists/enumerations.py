"""Find the items of an enumeration within a sentence: "the Anna, the Berta and two tugs"."""

from __future__ import annotations

import itertools
import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.lists.labelled_lines import MIN_LABELLED, labelled_items, labelled_parts, outside_brackets
from qa.answering.lists.parallel_phrases import parallel_phrases
from qa.answering.questions.asked_terms import LEADS, asked_noun
from qa.protocols import AnswerSpan
from qa.text.lexicon import (
    AUXILIARIES,
    DETERMINERS,
    MODALS,
    NEGATIONS,
    POINTERS,
    POSSESSIVES,
    PREPOSITIONS,
    RELATIVES,
    is_base,
    is_noun,
    is_only_plural,
    is_participle,
    listed,
    parts_of_speech,
    past_of,
    third_person_of,
)
from qa.text.numbers import numbers
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Span

# "Version 10 and later" is one item.
_NEW_ITEM = r"(?!(?:later|newer|earlier|older|above|below|over|under|more|less)\b)"
_CONJUNCTION = r"(?:and(?:\s+also)?|or|but\s+also|as\s+well\s+as|(?:along|together)\s+with)"
# "first in Ry, then in Ho", but not "then the door is greased"
_THEN = r"(?:then|finally|lastly)\s++(?=(?:as|at|by|for|from|in|into|on|to|via|with)\b|[A-Z`])"
_IN_ORDER = rf"(?:{_THEN})?"
# "and, in December, stollen", "and - for a fee - tools"
_ASIDE = r"(?:,\s++[^,;.]{1,50},|\s+[-\u2013\u2014]\s[^.\n\u2013\u2014]{1,30}\s[-\u2013\u2014])\s++"
_AND = (
    rf"(?<!\s)(?:\s*+(?:,\s*+)?\b(?:and|or){_ASIDE}|\s*+,\s*+{_CONJUNCTION}\s++"
    rf"|\s*+(?:,(?!\d)|;)\s*|\s++{_CONJUNCTION}\s++){_IN_ORDER}{_NEW_ITEM}"
)
_SEPARATOR = re.compile(_AND)
_LAST = re.compile(rf"(?<!\s)(?:(?:\s*+,)?\s++{_CONJUNCTION}(?:\s++|{_ASIDE}){_IN_ORDER}|\s*+,\s*+{_THEN}){_NEW_ITEM}")
# "of the Royal Navy" after a name.
_OF_A_NAME = re.compile(r"\s+of(?:\s+the)?(?:\s+[A-Z][\w'\u2019-]*)+")
_SORTS = frozenset({"kind", "type", "sort", "form"})  # stems
# Up to two words of the item may come before the span: "dates and estimated |costs".
_ENDS_WITH_SEPARATOR = re.compile(r"(?:,|;|\band|\bor|\bbut\s+also)\s+(?P<words>(?:[\w'\u2019-]+\s+){0,2})$|[,;]$")
_CLAUSE = re.compile(
    r"[;:!?\u2013\u2014]|\.(?!\w)|\((?![^()\n]{1,40}\)(?:\s*[,;]|\s+(?:and|or)\b))"
    r"|(?<!\s)(?<!\banyone)(?<!\beveryone)(?<!\bthose)(?<!\band(?=,))(?<!\band,),?\s++(?:because|since|although|though|while|whereas|but(?!\s+also\b)|so|when|where|if|which|who|that)\s+"
    rf"|,\s++(?:and\s++)?(?!{_THEN})then\s++"
    r"|,\s+(?:and|but)\s+(?=(?:(?P<noun>the|an?)|it|they|he|she|we)\s)",
)
# Colons and the like after "two purposes" or "some benefits as well".
_INTRODUCES = re.compile(r"(?:\s+[\w-]+){0,2}?\s*(?::|\(|,?\s(?:such\s+as|including|namely))\s*")
_ARTICLE = re.compile(r"(?:an?|the)\s")
_AMOUNT = re.compile(r"\w+\s\d")  # "about 40 metres"
_NUMBER = re.compile(r"\d+(?:\.\d+)+\.?\s+")  # of a clause in a contract
_REST = re.compile(r"(?:[^.,;:()\n]|(?<=\w)[.,](?=\w)|\n(?=[^\S\n]*[a-z]))*")  # of an item or a clause, at most
_BRACKETS = re.compile(r"\([^()]*\)")
_NAMED = re.compile(r"(?:(?:[Tt]he|[Aa]n?) )?(?:[a-z]+ ?)?(?!(?:The|An?) )[A-Z`]")
_WORD = re.compile(r"[\w'\u2019-]+")
_WORD_BEFORE = re.compile(r"([^\W\d_]+)\s+\Z")
_SUCH_AS = re.compile(r"(?:(?:,|;|\band|\bor)\s+|^)(?P<whole>[^,;]{1,40}\b(?:such\s+as|including)\s+)$")
_INCLUDING = ", including "
_MAX_BEFORE = 60  # characters before a span in which the word before it is looked for
_PAIR = re.compile(r".*\b(?:not only|both|either)\s+", re.DOTALL | re.IGNORECASE)
_RELATIVE = re.compile(r"(?:which|who|whose|whom|where)\b", re.IGNORECASE)
_RELATIVE_CLAUSE = re.compile(r"\s(?:who|which|that|where)\b.*", re.DOTALL)
# A mark of a note after a word or what closes it: "the Korean War,[3]", "cod\u00b2".
_NOTE = re.compile(
    r"(?<=[\w)\"'\u2019\u201d][\w)\"'\u2019\u201d][\w)\"'\u2019\u201d,;])"
    r"(?:\[(?:\d{1,3}|[a-z]|(?:note|nb|n)\.?\s\d{1,3}|update|citation\sneeded)\]|[\u00b9\u00b2\u00b3\u2070\u2074-\u2079])+"
)
_SHARED = PREPOSITIONS - NEGATIONS
_VERBS = AUXILIARIES | MODALS | frozenset({"am", "be", "been"})
_FOLLOW_VERBS = (
    PREPOSITIONS - {"of", "for", "from", "in"}
    | DETERMINERS
    | POSSESSIVES
    | listed("out it them him this that these those")
)


def enumeration(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the items of the enumeration around a span, in order; empty without one.

    The marks of notes separate nothing, and no item ends with one.
    """
    if _NOTE.search(text, *span.excerpt):
        excerpt = _NOTE.sub(lambda mark: " " * len(mark[0]), text[span.excerpt_start : span.excerpt_end])
        text = f"{text[: span.excerpt_start]}{excerpt}{text[span.excerpt_end :]}"
    items = (
        _introduced(text, span)
        or parallel_phrases(text, span)
        or _labelled(text, span)
        or _separated(text, span)
        or _in_brackets(text, span)
    )
    # "The lid rattles, which disturbs" has no items.
    return () if any(_RELATIVE.match(text, start) for start, _ in items) else items


def _introduced(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the items after a span that only counts them or says what they are: "|two purposes|: food and play"."""
    last = text[span.start : span.end].rsplit(maxsplit=1)[-1]
    begins = _INTRODUCES.match(text, span.end, span.excerpt_end) if is_only_plural(last.lower()) else None
    first = _WORD.search(text, begins.end(), span.excerpt_end) if begins else None
    if begins is None or first is None or _SEPARATOR.search(text, span.start, span.end):
        return ()
    inside = replace(span, start=first.start(), end=first.end())
    return _in_brackets(text, inside) or _separated(text, replace(inside, excerpt_start=begins.end()))


def _in_brackets(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the items between the brackets around a span: "any benefits (telephone, health, travel)"."""
    start, end = text.rfind("(", span.excerpt_start, span.start) + 1, text.find(")", span.end - 1, span.excerpt_end)
    if not start or end < 0 or ")" in text[start : span.start]:
        return ()
    items = labelled_items(text, start, end, end)[1]
    return tuple(item for item in items if not text.startswith("etc", item[0]))


def _separated(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    clause = clause_around(text, span)
    if begin := _after_preposition(text, span):
        span, clause = replace(span, start=begin), (begin, clause[1])
    elif (including := text.rfind(_INCLUDING, clause[0], span.start)) >= 0:
        clause = including + len(_INCLUDING), clause[1]
    start, end = _widened(text, span, clause)
    cuts = _cuts(text, start, end)
    if not cuts or not _LAST.search(text, start, end):
        return ()
    articles = [_ARTICLE.match(text, at) is not None for at in (span.start, *(cut.end() for cut in cuts))]
    if articles[0] and any(articles[1:]) and not any("," in cut[0] for cut in cuts):
        # "a red and white flag and a horn"
        cuts = [cut for cut, is_article in zip(cuts, articles[1:], strict=True) if is_article]
    edges = [start, *(edge for cut in cuts for edge in cut.span()), end]
    items = [trim(text, *edges[index : index + 2]) for index in range(0, len(edges), 2)]
    items = [item for item in items if item[0] < item[1] and not text.startswith("including ", item[0])]
    if len(items) < 2:
        return ()
    if not has_verb(text[clause[0] : items[0][1]]):
        items[-1] = _without_predicate(text, items[-1])
    passed_over = items[0][0] == clause[0] and items[1][0] == span.start
    if passed_over and text[slice(*items[0])].split(maxsplit=1)[0].lower() in PREPOSITIONS:
        items = items[1:]  # "In May, |bread|, cakes and honey are sold."
    first = items[0]
    items = _without_shared(text, items, span)
    if pair := _PAIR.match(text, *items[0]):
        items[0] = pair.end(), items[0][1]
    elif start < span.start and items[0] == first:
        items[0] = _without_lead(text, items[0])
        if (counted := numbers(text[slice(*items[0])])) and len(items) - 1 in counted[0].values and len(items) > 2:
            # "two ships, the Anna and the Berta"
            items = items[1:]
    if text[items[0][1] - 1].isdigit() and all(text[slice(*item)].isdigit() for item in items[1:]):
        # "numbers 6, 14 and 22"
        items[0] = items[0][0] + text[slice(*items[0])].rfind(" ") + 1, items[0][1]
    alike = _parallel(text, items, span)
    return tuple(alike) if len(alike) > 1 else ()


def _after_preposition(text: str, span: AnswerSpan) -> int:
    """Return the end of a preposition that only the first item has: "with |two oaks, a pond"; 0 without one."""
    first, separator = _WORD.match(text, span.start), _SEPARATOR.search(text, span.start, span.excerpt_end)
    # "without a job, available and looking": the first item would say the opposite.
    if first is None or separator is None or first.end() + 1 >= span.end or first[0] not in _SHARED:
        return 0
    return 0 if text.startswith(f"{first[0]} ", separator.end()) else first.end() + 1


def _cuts(text: str, start: int, end: int) -> list[re.Match[str]]:
    """Return what separates items, outside brackets; an "or" before a comma is within an item: "A or B, C and D"."""
    cuts = outside_brackets(text, _SEPARATOR, start, end)
    commas = {cut.end() for cut in cuts if cut[0].lstrip()[0] in ",;"}
    last = max(commas) if commas and not has_verb(text[max(commas) : end]) else start
    return [cut for cut in cuts if cut.end() in commas or cut.start() > last]


def clause_around(text: str, span: AnswerSpan) -> Span:
    """Return the clause of its excerpt that a span is in."""
    behind = [one.end() for one in _CLAUSE.finditer(text, span.excerpt_start, span.start) if _begins_clause(one)]
    ahead = (one.start() for one in _CLAUSE.finditer(text, span.end, span.excerpt_end) if _begins_clause(one))
    number = _NUMBER.match(text, span.excerpt_start, span.start)
    start = number.end() if number else span.excerpt_start
    return behind[-1] if behind else start, next(ahead, span.excerpt_end)


def _begins_clause(boundary: re.Match[str]) -> bool:
    """Return whether a clause follows, and not the last item of an enumeration: "Ann, Bo, and the twins"."""
    return boundary["noun"] is None or has_verb(_REST.match(boundary.string, boundary.end())[0])  # type: ignore[index]


def _labelled(text: str, span: AnswerSpan) -> tuple[Span, ...]:
    """Return the items of the line that a span is in: "Present: Ann Lee (chair), Bo Ek, Cy Fox", or without a label."""
    start = text.rfind("\n", span.excerpt_start, span.start) + 1 or span.excerpt_start
    end = text.find("\n", span.end, span.excerpt_end)
    parts = labelled_parts(text, start, end if end >= 0 else span.excerpt_end)
    start, end = next(part for part in parts if span.start < part[1])
    label, items = labelled_items(text, start, end, span.excerpt_end)
    # "Outside: The garden is large, with two oaks and a pond" has a sentence after its label.
    if not items or span.start < items[0][0] or _VERBS & {*text[slice(*items[0])].split()}:
        return ()
    line = text[items[0][0] : items[-1][1]]
    if not label and (len(items) == MIN_LABELLED or has_verb(line) or _LAST.search(line)):
        return ()
    return items


def of_asked_noun(question: str, text: str, items: Sequence[Span], span: AnswerSpan) -> list[Span]:
    """Return the items that end with the noun that the question asks for, if one in the span does; names are kept.

    Of "Su-35 fighter jets and an air defence system", "Which fighter jets ...?" asks for the first.
    """
    # "Which protective clothing ...?" asks for more than ear protection.
    head = terms(asked_noun(question).partition(" of ")[0])[-1:]
    last = [text[slice(*item)].rsplit(maxsplit=1)[-1] for item in items]
    named = [bool(head) and terms(word) == head for word in last]
    own = [start < span.end and end > span.start for start, end in items]
    if not any(map(all, zip(named, own, strict=True))) or _SORTS.issuperset(head):
        return list(items)
    return [item for item, word, is_named in zip(items, last, named, strict=True) if is_named or not word.islower()]


def item_of_asked_noun(question: str, text: str, span: AnswerSpan) -> Span:
    """Return the one item of a span that has all words of "Which air defence system ...?", and ends with the last.

    The whole span is returned if it has none or several of these, or if the question asks in one word or the plural.
    """
    whole, asked = (span.start, span.end), terms(asked_noun(question))
    found = []
    for start, end in of_asked_noun(question, text, enumeration(text, span), span) if len(asked) > 1 else ():
        last = text[start:end].rsplit(maxsplit=1)[-1]
        # "School clubs" may be of both items in "the chess and other school clubs".
        if terms(last) == asked[-1:] and not is_only_plural(last) and {*asked} <= {*terms(text[start:end])}:
            found.append((start, end))
    (start, end), *others = found or [whole]
    return (start, end) if not others and span.start <= start < end <= span.end else whole


def _widened(text: str, span: AnswerSpan, clause: Span) -> Span:
    """Return the span of the enumeration around a span, within its clause."""
    start, end = span.start, span.end
    floor, limit = clause
    rest = _SEPARATOR.match(text, end, limit)
    if rest or not _LAST.search(text, start, end):
        last = list(_LAST.finditer(text, start, limit))
        if last:
            item = _REST.match(text, last[-1].end(), limit)
            end = max(end, item.end() if item else end)
    if name := _OF_A_NAME.match(text, end, limit):
        end = name.end()
    before = _ENDS_WITH_SEPARATOR.search(text[floor:start])
    words = (before["words"] or "").lower() if before else ""
    if words and is_participle(words.split()[-1]):
        words = " ".join(words.split()[:-1])  # "estimated |costs"
    example = _SUCH_AS.search(text[floor:start])
    if example and not has_verb(example["whole"]) and example["whole"].split()[0].lower() not in POINTERS:
        # "syrup, strong pills such as |morphine, or tea"
        return floor if example.start() else floor + example.start("whole"), end
    # "at the library or at |the hall", but "large, with |two oaks, a pond"
    shared = len(words.split()) == 1 and (words.strip() not in PREPOSITIONS or text.count(words, floor, start) > 1)
    cut = before is not None and not has_verb(words) and (shared or not PREPOSITIONS.intersection(words.split()))
    return (floor if cut else _with_modifiers(text, (start, end), clause)), end


def _with_modifiers(text: str, span: Span, clause: Span) -> int:
    """Return where the first item of an enumeration starts: "drawing |instruments", "Metal |spoons ... damage it"."""
    start, end = span
    before = list(_WORD.finditer(text, clause[0], start))
    after = _WORD.match(text, end + 1, clause[1])
    is_subject = after and (after[0] in _VERBS or is_base(after[0]) or past_of(after[0])) and len(before) < 3
    for word in reversed(before[-2:]):
        plain, tags = word[0].lower(), parts_of_speech(word[0].lower())
        if text[word.end() : start].strip() or plain in LEADS | POINTERS:
            break
        if plain in DETERMINERS | POSSESSIVES:
            return word.start()
        is_verb = is_base(plain) or third_person_of(plain, unless_noun=False)
        if (is_verb and not is_subject) or not tags & {"ADJ", "NOUN"} or "ADV" in tags:
            break
        start = word.start()
    return start


def _without_lead(text: str, item: Span) -> Span:
    """Return the first item without the words before it: "coal" in "It carried coal"."""
    words = list(re.finditer(r"\S+", text[slice(*item)]))
    for index in reversed(range(len(words) - 1)):
        word, before = words[index], words[index - 1][0] if index else ""
        plain = word[0].lower().strip(":")
        leads = plain in LEADS or word[0].endswith(":") or (before in MODALS and is_base(plain))
        if leads or past_of(plain) or third_person_of(plain, unless_noun=False):
            return item[0] + word.end() + 1, item[1]
    return item


def _without_predicate(text: str, item: Span) -> Span:
    """Return the last item without the verb of its sentence: "those who smoke" of "those who smoke must pay"."""
    words = list(_WORD.finditer(text, *item))
    for before, word in itertools.pairwise(words):
        if word[0] in _VERBS and not _RELATIVE.fullmatch(before[0]):
            return item[0], before.end()
    return item


def _without_shared(text: str, items: Sequence[Span], span: AnswerSpan) -> list[Span]:
    """Return the items without the preposition before the span: "as |a pianist|, then as a copyist"."""
    before = _WORD_BEFORE.search(text, max(span.excerpt_start, span.start - _MAX_BEFORE), span.start)
    if before is None or before[1] not in PREPOSITIONS or text.endswith("such as ", 0, span.start):
        return [*items]
    shared = f"{before[1]} "
    found = [(start + len(shared), end) if text.startswith(shared, start) else (start, end) for start, end in items]
    lead = text.rfind(f" {shared}", *found[0])
    if lead >= 0 and found[0][1] < span.start:
        found[0] = lead + 1 + len(shared), found[0][1]
    return found


def _parallel(text: str, items: Sequence[Span], span: AnswerSpan) -> Sequence[Span]:
    """Return the items in the span and the adjoining ones that are like it."""
    own = [index for index, (start, end) in enumerate(items) if start < span.end and end > span.start]
    if not own:
        return ()
    count = len(items)
    items = _from_verb(text, items, own[0], span)
    first, last = (index - count + len(items) for index in (own[0], own[-1]))
    answer = text[span.start : min(span.end, items[first][1])]
    plain = answer[1:].islower() and "NOUN" in parts_of_speech(answer.split()[0].lower())
    if span.start == span.excerpt_start and plain:
        answer = answer.lower()  # no name
    tail = text[span.end : items[last][1]]
    whole = text[items[first][0] : items[last][1]]
    while first > 0 and _is_like(text[slice(*items[first - 1])], answer, whole):
        first -= 1
    if has_verb(tail):
        # "two platoons refused to shoot and were dismissed"
        return [*items[first:last], (items[last][0], span.end)]
    for item in items[last + 1 :]:
        if not _is_like(text[slice(*item)], answer, whole) or not _follows(text[slice(*item)], tail):
            break
        last += 1
    return items[first : last + 1]


def _from_verb(text: str, items: Sequence[Span], index: int, span: AnswerSpan) -> Sequence[Span]:
    """Return the items from the one with the span on, if a verb precedes it there: "borders |the village of Ry|"."""
    start, end = items[index]
    begins = _with_modifiers(text, (span.start, span.end), (start, end)) if start < span.start else start
    words = text[start:begins].split()
    # "Dates and estimated |costs|" has no verb.
    words = words[:-1] if words and is_participle(words[-1]) else [*words, text[begins:end].split(maxsplit=1)[0]]
    return [(begins, end), *items[index + 1 :]] if start < begins and has_verb(" ".join(words)) else items


def _is_like(item: str, answer: str, whole: str) -> bool:
    """Return whether an item is of the same form as the span: a name, a verb phrase, or words after a preposition.

    `whole` is the text of the items that the span is in.
    """
    own, first = ("" if _AMOUNT.match(words) else words.split()[0].lower() for words in (item, answer))
    verbs = [has_verb(_RELATIVE_CLAUSE.sub("", words)) for words in (item, answer)]
    if (own in _SHARED) != (first in _SHARED) or verbs[0] != verbs[1]:
        return False
    if own == first and first in PREPOSITIONS:
        return True
    counted = [re.search(r"\d", _BRACKETS.sub("", words)) is not None for words in (whole, item)]
    return not _NAMED.match(answer) or bool(_NAMED.match(item) and (counted[0] or not counted[1]))


def _follows(item: str, tail: str) -> bool:
    """Return whether an item has a preposition or a clause, too, if words like "in 1967" follow the span."""
    words = tail.split()
    alone = not words or words[0].lower() not in PREPOSITIONS - {"of"}
    return alone or not (PREPOSITIONS | RELATIVES).isdisjoint(item.lower().split())


def has_verb(words: str) -> bool:
    """Return whether the words have a finite verb, as far as the lexicon tells without a parser."""
    found = [word.strip(",;()\"'") for word in words.split()]
    for index, word in enumerate(found):
        if word in _VERBS:
            return True
        if index and found[index - 1].lower() in DETERMINERS | POSSESSIVES:
            continue  # "the signed declaration"
        if word.islower() and (past_of(word) or third_person_of(word, unless_noun=False)):
            after = found[index + 1] if index + 1 < len(found) else ""
            if not is_noun(word) or (not index and after in _FOLLOW_VERBS):
                return True
    return False
