"""Tell the spans that are clearly about something else than a question, or contradict it."""

from __future__ import annotations

import re
from typing import NamedTuple

from qa.answering.evidence import Evidence
from qa.answering.lists.enumerations import clause_around
from qa.answering.questions.asked_terms import asked_noun
from qa.answering.questions.code_names import lacks_asked_code
from qa.answering.questions.limits import is_of_another_measure, quantities
from qa.answering.reading.short_span import is_time_of_day, phone_number
from qa.answering.sentences.definition import is_rule
from qa.answering.subjects.elsewhere import is_elsewhere
from qa.answering.subjects.namesakes import is_of_namesake
from qa.answering.subjects.ordinals import is_of_another_ordinal
from qa.answering.subjects.other_owner import (
    is_contrary,
    is_done_by_another,
    is_of_another_attribute,
    is_of_another_distance,
    is_of_another_name,
    is_of_another_number,
    is_of_another_rank,
    is_of_part,
)
from qa.answering.subjects.other_speaker import is_of_another_speaker
from qa.answering.subjects.other_subject import (
    VERSION,
    is_denied,
    is_of_another,
    is_of_another_code,
    is_of_another_edition,
    is_of_another_version,
    is_of_another_weekday,
    is_of_another_year,
    is_of_consequence,
    is_only_intended,
    is_opposite,
    is_opposite_event,
    is_opposite_opinion,
    permits_otherwise,
)
from qa.answering.subjects.participants import (
    is_of_relative,
    is_opposite_direction,
    is_opposite_side,
    is_swapped,
)
from qa.documents.chunking import needs_antecedent
from qa.protocols import AnswerSpan
from qa.text.lexicon import participle_of
from qa.text.numbers import numbers
from qa.text.tokens import terms
from qa.text.units import DIMENSIONS
from qa.types import SentenceMatch

_SUBJECTS = {"factoid", "yes_no", "reason"}  # kinds of questions about one subject
# What asks for a mail address, a phone number or a website, and what one looks like: "info (at) aure.example".
_CONTACTS = [
    (
        re.compile(rf"\W*(?:what|which)\b[^?]*?\b(?:{asked})(?=\s(?:of|for|to|at|is)\b|\W*$)", re.IGNORECASE),
        re.compile(form),
    )
    for asked, form in (
        (r"e-?mail(?:\saddress)?", r"@|\bat\W"),
        (r"(?:(?:tele)?phone|fax)\snumber|telephone", r"\d(?:[\s().-]*\d){2}"),
        (r"web\s?site|web\saddress|url|home\s?page", r"://|\bwww\.|\w\.[a-z]{2,}"),
    )
]
_OWNER = re.compile(r"\bthe [a-z-]+['\u2019]s\b")
_PERSON = re.compile(r"\W*([\w-]+):\W+[A-Z][\w.]* [A-Z]")  # "Secretary: Ann Lee, 0555 21"
_MAY_I = re.compile(
    r"\W*(?:can|may|could|should|must|do|am|are)\s+(?:I|we)\s+(?:have\s+to\s+)?(?P<verb>[\w-]+)\s+(?P<what>.+)",
    re.IGNORECASE,
)
_WHO = re.compile(r"\W*who(?:m|se)?\b(?!.*\bor\b)", re.IGNORECASE)
_CLAUSE = re.compile(r"\s(?:that|what|when|where|which|whether|why|how)\s", re.IGNORECASE)
# "Do not park at the gate" does not say where to park.
_ASKS_WHERE_ALLOWED = re.compile(r"\W*where\s+(?:can|may|could|should|shall|must|do|does|am|are)\b", re.IGNORECASE)
_ASKS_SHARE = re.compile(r"\W*(?:what|which) (?:percentage|proportion|share|per ?cent)\b", re.IGNORECASE)
_BEFORE = re.compile(r"\s+(before|ago)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w-]+")
_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w-]+")  # not at the start of a question


class _Said(NamedTuple):
    """What is read of a span: its excerpt, the part of that before it, its sentence, that part, and the headings."""

    excerpt: str
    excerpt_before: str
    sentence: str
    before: str
    above: str


def says_otherwise(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a span is clearly about something else, or contradicts the question."""
    question, text, excerpt, above = (
        evidence.question,
        evidence.text(span),
        evidence.excerpt(span),
        evidence.above(span),
    )
    if lacks_asked_code(question, text) and lacks_asked_code(question, f"{above}\n{span.document_id}"):
        return True
    if is_contrary(question, excerpt) or is_of_relative(question, excerpt):
        return True
    if evidence.asked.kind == "process":
        # "error: invalid format" does not say how to fix that.
        return is_of_another(question, excerpt) or {*terms(excerpt)} <= {*terms(question)}
    sentence = sentence_of(evidence, span)
    said = _Said(excerpt, text[span.excerpt_start : span.start], sentence, _before(sentence, span), above)
    return (
        _says_the_opposite(evidence, span, said)
        or _is_of_another_subject(evidence, span, said)
        or _is_no_value(evidence, span)
        or _is_of_another_time(evidence, said)
        or (evidence.asked.kind == "factoid" and _is_no_fact(evidence, span, said))
    )


def is_denied_fact(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether the sentence of a span denies what the question asks, as `is_denied` tells.

    "Not in |1850| but in 1872" and "not in |1850 but in 1872|" answer.
    """
    corrected = " but " in evidence.text(span)[span.start : span.end + len(" but ")]
    return not corrected and is_denied(evidence.question, _before(sentence_of(evidence, span), span))


def _before(sentence: str, span: AnswerSpan) -> str:
    """Return the part of the sentence of a span before the span."""
    return sentence[: max(0, span.start - span.excerpt_end + len(sentence))]


def _says_the_opposite(evidence: Evidence, span: AnswerSpan, said: _Said) -> bool:
    """Return whether a span is of what is denied, forbidden, disliked or ends if the question asks for the opposite."""
    question, kind = evidence.question, evidence.asked.kind
    return (
        permits_otherwise(question, said.excerpt)
        # A denied fact may stand beside the list that answers: see `qa.answering.reply`.
        or (kind not in {"yes_no", "factoid"} and is_denied_fact(evidence, span))
        or is_opposite_event(question, said.excerpt_before)
        or is_opposite_opinion(question, said.excerpt_before)
        or is_opposite_direction(question, said.excerpt_before)
        # "Not liable for valuables, unless in the safe" tells what is so outside it.
        or (kind != "yes_no" and is_opposite_side(question, _clause(evidence, span)))
        or (kind == "reason" and is_of_consequence(question, said.sentence))
        or is_unmentioned(evidence, span)
        # "No ship could carry it, so the load was shared by two" does not deny the two.
        or (
            (kind == "list" or _ASKS_WHERE_ALLOWED.match(question) is not None)
            and is_opposite(question, _clause(evidence, span))
        )
    )


def _clause(evidence: Evidence, span: AnswerSpan) -> str:
    return evidence.text(span)[slice(*clause_around(evidence.text(span), span))]


def _is_of_another_subject(evidence: Evidence, span: AnswerSpan, said: _Said) -> bool:
    """Return whether a span is of another person, place or thing than the question is about."""
    question, kind, text = evidence.question, evidence.asked.kind, evidence.text(span)
    document = evidence.documents[span.document_id]
    return (
        (kind not in {"comparison", "table"} and is_of_another_code(question, f"{said.above}\n{said.excerpt}"))
        or is_of_another_rank(question, said.excerpt)
        or is_of_part(question, said.excerpt_before)
        or (kind in _SUBJECTS and is_elsewhere(question, said.sentence, said.above, text, said.before))
        or (kind in {"factoid", "definition"} and is_of_another_ordinal(question, said.sentence, said.above))
        or (kind == "definition" and is_rule(question, said.sentence))
        or _is_of_another_role(evidence, span)
        or (kind in _SUBJECTS and is_of_namesake(question, _with_antecedents(evidence, span), text, document.title))
        or _is_of_another_owner(evidence, span)
        or is_of_another_speaker(question, document, span.start)
    )


def _is_no_value(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a span is a value of another kind or measure than the question asks for."""
    question, expected, text = evidence.question, evidence.asked.expected, evidence.text(span)
    return (
        is_of_another_measure(question, text, (span.start, span.end))
        or (expected in {"date", "money", "duration"} and _is_phone_number(text, span))
        or (
            expected == "number"
            and is_of_another_distance(question, "\n".join([evidence.above(span), *_with_antecedents(evidence, span)]))
        )
        or (_ASKS_SHARE.match(question) is not None and _is_no_share(text[span.start : span.end]))
        or (
            expected == "duration" and (is_time_of_day(text[span.start : span.end]) or _is_moment(question, text, span))
        )
    )


def _is_no_share(figure: str) -> bool:
    """Return whether a figure is above a hundred, without a sign for per cent."""
    return "%" not in figure and any(value > 100 for one in numbers(figure) for value in one.values)


def _is_of_another_time(evidence: Evidence, said: _Said) -> bool:
    """Return whether a span is of another year, edition, version or day of the week than the question names."""
    question, expected = evidence.question, evidence.asked.expected
    if expected in {"number", "money", "duration"} and is_of_another_year(question, said.excerpt, said.above):
        return True
    return evidence.asked.kind == "factoid" and (
        is_of_another_edition(question, said.excerpt, said.above)
        or _is_of_another_version(question, said.excerpt, said.above)
        or is_of_another_weekday(question, said.sentence)
    )


def _is_no_fact(evidence: Evidence, span: AnswerSpan, said: _Said) -> bool:
    """Return whether a span is no short fact: it repeats the question, or is only intended, for example."""
    question, text = evidence.question, evidence.text(span)
    return (
        _repeats(question, text[span.start : span.end])
        or is_only_intended(question, said.sentence)
        or any(asked.match(question) and not form.search(said.excerpt) for asked, form in _CONTACTS)
        or _is_of_another_section(evidence, span)
    )


def _is_phone_number(text: str, span: AnswerSpan) -> bool:
    """Return whether a span is only a phone number; opening hours may follow it."""
    phone = phone_number(text, span.start, span.excerpt)
    return phone is not None and span.end <= phone[1]


def _is_of_another_role(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether the line of a span is that of another: "Secretary: 0555 21" for "the treasurer's number"."""
    owner, line = _OWNER.search(evidence.question), _PERSON.match(evidence.excerpt(span))
    return owner is not None and line is not None and {*terms(line[1])}.isdisjoint(terms(evidence.question))


def is_unmentioned(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a sentence has only the verb of "Can I wash silk?", and no passage its object."""
    asked = _MAY_I.match(evidence.question) if evidence.asked.kind == "yes_no" else None
    wanted = {*terms(asked["what"])} if asked else set()
    if asked is None or not wanted:
        return False
    stated = sentence_of(evidence, span)
    verbs = filter(None, map(participle_of, _WORD.findall(stated.lower())))
    if {*terms(asked["verb"])}.isdisjoint(terms(" ".join([stated, *verbs]))):
        return False
    return wanted.isdisjoint(terms("\n".join(f"{one.headings} {one.text}" for one in evidence.passages)))


def _with_antecedents(evidence: Evidence, span: AnswerSpan) -> list[str]:
    """Return the sentence of a span, after those before it to which its pronouns may refer."""
    passage, text = evidence.passage(span), evidence.text(span)
    found: list[str] = []
    for one in reversed(passage.sentences if passage else ()):
        if one.start <= span.start:
            found.insert(0, text[one.start : one.end])
            if not needs_antecedent(text, one.start):
                break
    return found or [evidence.excerpt(span)]


def _is_of_another_version(question: str, excerpt: str, above: str) -> bool:
    """Return whether a question names a version that the excerpt lacks, and the title or a heading has another one."""
    return (
        is_of_another_version(question, above)
        and not any(version in excerpt for version in VERSION.findall(question))
        and not any(one.dimension in DIMENSIONS for one in quantities(question))
    )


def sentence_of(evidence: Evidence, span: AnswerSpan) -> str:
    """Return the sentence of a span, without those before it that its excerpt has."""
    one = _own_sentence(evidence, span)
    return evidence.text(span)[one.start : one.end] if one else evidence.excerpt(span)


def _own_sentence(evidence: Evidence, span: AnswerSpan) -> SentenceMatch | None:
    """Return the sentence of the passage that a span is in."""
    passage = evidence.passage(span)
    return next((one for one in passage.sentences if one.start <= span.start < one.end), None) if passage else None


def _is_of_another_owner(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether the sentence of a span states a value or work of something else than was asked about."""
    expected = evidence.asked.expected
    if expected not in {"person", "number", "money", "duration"}:
        return False
    question, text = evidence.question, evidence.text(span)
    one = _own_sentence(evidence, span)
    if one is None or one.cells:
        return False
    sentence, before = text[one.start : one.end], text[one.start : span.start]
    if is_of_another_attribute(question, sentence, evidence.above(span)):
        return True
    if expected == "person":
        swapped = is_swapped(question, text, (span.start, span.end), (one.start, one.end))
        return swapped or is_done_by_another(question, before, sentence)
    return is_of_another_name(question, before) or is_of_another_number(question, sentence)


def _repeats(question: str, answer: str) -> bool:
    """Return whether an answer only repeats what the question names.

    "Lin" does not say whom Lin met, nor "a Python version" which one is needed.
    """
    found = {*terms(answer)}
    # In "Who said that Lin fell?", Lin may be the speaker: only the words before "that" name somebody else.
    named = _WHO.match(question) is not None and found <= {*terms(_CLAUSE.split(question, maxsplit=1)[0])}
    return named or (len(found) > 1 and found == {*terms(asked_noun(question))})


def _is_moment(question: str, text: str, span: AnswerSpan) -> bool:
    """Return whether a time says when, and not for how long: "two weeks before the visit", not "for 6 hours before"."""
    after = _BEFORE.match(text, span.end)
    lasts = text[span.excerpt_start : span.start].rstrip().endswith("for")
    return after is not None and after[1].lower() not in question.lower() and not lasts


def _is_of_another_section(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a question has a name that the section of a span lacks, and the heading of another one has.

    Both sections must be about things with names: the text has each heading within a sentence, too.
    """
    own = evidence.passage(span)
    wanted = {*_NAME.findall(evidence.question)} - {*_WORD.findall(f"{own.headings} {own.text}")} if own else set()
    if own is None or not wanted:
        return False
    text, here = evidence.text(span), own.headings.split(": ")
    for headings in (one.headings.split(": ") for one in evidence.passages if one.document_id == own.document_id):
        one, other = next((pair for pair in zip(here, headings, strict=False) if pair[0] != pair[1]), ("", ""))
        if wanted & {*_WORD.findall(other)} and min(text.count(f" {one}"), text.count(f" {other}")) > 1:
            return True
    return False
