"""Choose among the reader's spans: those about another thing are left out, and one about the very thing preferred."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from qa.answering.evidence import Evidence
from qa.answering.lists.enumerations import clause_around
from qa.answering.questions.asked_terms import asked_noun
from qa.answering.questions.code_names import lacks_asked_code
from qa.answering.questions.kinds import VALUES
from qa.answering.questions.limits import is_of_another_measure, quantities
from qa.answering.reading.short_span import fits, is_time_of_day, phone_number
from qa.answering.sentences.definition import is_rule
from qa.answering.subjects.elsewhere import is_elsewhere
from qa.answering.subjects.means import with_asked_means
from qa.answering.subjects.namesakes import is_of_namesake
from qa.answering.subjects.ordinals import is_of_another_ordinal
from qa.answering.subjects.other_owner import (
    is_contrary,
    is_done_by_another,
    is_of_another_attribute,
    is_of_another_distance,
    is_of_another_name,
    is_of_another_number,
    is_of_another_office,
    is_of_another_rank,
    is_of_part,
)
from qa.answering.subjects.other_speaker import is_of_another_speaker
from qa.answering.subjects.other_subject import (
    VERSION,
    denies_existence,
    is_denied,
    is_of_another,
    is_of_another_code,
    is_of_another_edition,
    is_of_another_part,
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
    is_no_namesake,
    is_of_person_asked_about_relative,
    is_of_relative,
    is_opposite_direction,
    is_predecessor,
    is_swapped,
)
from qa.documents.chunking import needs_antecedent
from qa.protocols import AnswerSpan
from qa.text.lexicon import participle_of
from qa.text.tokens import terms
from qa.text.units import DIMENSIONS
from qa.types import SentenceMatch

MIN_PREFERRED_SHARE = 0.75
"""Share of the best confidence of a span that may be preferred to the best."""
BULLET = re.compile(r"[-*+\u2022]\s+\S")
"""Matches an item of a list."""
# An item, or a line with a label: "Vaccination, dog ..... 52.00".
_ITEM = re.compile(rf"{BULLET.pattern}|[^\n:.]{{1,40}}?(?:: |\.{{3,}}|\s{{3,}}|\t)")
_MIN_ITEM_SHARE = 0.5  # the same, of an item of a list
_MIN_CONSIDERED = 12  # of the best spans; no reply to 1,600 questions used a later one
_ASKS_DEADLINE = re.compile(
    r"\b(?:due|deadline|payable|latest|last (?:day|date))\b"
    r"|\bwhen (?:must|should|do|does) .+\b(?:pay|paid|apply|return|returned)\b",
    re.IGNORECASE,
)
_DEADLINE = re.compile(
    r"\b(?:by|due|before|until|till|payable|within|deadline|closing|latest|last (?:day|date))\b", re.IGNORECASE
)
# "How much is the fine for this?", "What is the weekly rent?"
_ATTRIBUTE = re.compile(
    r"\W*(?:how (?:much|high|large|big)|what) (?:is|are|was|were) (?:the|my|our|its|an?) (?:\w+ ){0,2}?(\w+)"
    r"(?=\s(?:of|for|to|on|in|if|when|per|at|with|without)\b|\W*$)",
    re.IGNORECASE,
)
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
_HEADER = re.compile(r"(?:From|To|Cc|Subject): ")  # of a message
_SENT = re.compile(r"(?:Date|Sent): ")
_ASKS_ABOUT_MESSAGE = re.compile(
    r"\b(?:sen[dt]|wr(?:i|o)te|written|repl(?:y|ied)|answer(?:ed)?|e-?mail(?:ed)?|message|letter|ask(?:ed)?|date)\b",
    re.IGNORECASE,
)
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
_BEFORE = re.compile(r"\s+(before|ago)\b", re.IGNORECASE)
_WORD = re.compile(r"[\w-]+")
_NAME = re.compile(r"(?<=[\w,] )[A-Z][\w-]+")  # not at the start of a question


def suitable(evidence: Evidence) -> Evidence:
    """Return the evidence with the spans that may answer the question, the preferred one first.

    If the question names a section by its number, passages of other sections are left out.
    """
    others = [one for one in evidence.passages if is_of_another_part(evidence.question, one.headings, one.text)]
    if others:
        passages = [one for one in evidence.passages if one not in others]
        spans = [one for one in evidence.spans if evidence.passage(one) not in others]
        evidence = replace(evidence, passages=passages, spans=spans)
    return replace(evidence, spans=_suitable_spans(evidence))


def _suitable_spans(evidence: Evidence) -> list[AnswerSpan]:
    """Return the spans that may answer the question, the preferred one first."""
    if not evidence.spans or _is_unmentioned(evidence, evidence.spans[0]):
        return []
    best = evidence.spans[: max(_MIN_CONSIDERED, evidence.settings.max_citations)]
    spans = _of_titled(evidence, [span for span in best if not _says_otherwise(evidence, span)])
    if not spans:
        return []
    if evidence.asked.kind == "process":
        return with_asked_means(evidence, spans)
    return _with_deadline(evidence, _with_attribute(evidence, _with_named_item(evidence, spans)))


def _of_titled(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans without those of other documents if the question has a title that no other one mentions.

    The salt of "Rye bread" is none for "How much salt do I need for waffles?" beside the recipe "Waffles".
    """
    asked = {*terms(evidence.question)}
    titles = {one: {*terms(evidence.documents[one].title)} for one in {each.document_id for each in evidence.passages}}
    titled = {one: title for one, title in titles.items() if title and title <= asked}
    if not titled:
        return spans
    about = {
        one.document_id
        for one in evidence.passages
        for found in [titles[one.document_id].union(terms(f"{one.headings} {one.text}"))]
        if any(title <= found for title in titled.values())
    }
    return [one for one in spans if one.document_id in about] if about <= titled.keys() else spans


def _with_attribute(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, first the value of the attribute asked for: "a fine of |50|", not "the permit costs |20|"."""
    asked = _ATTRIBUTE.match(evidence.question) if evidence.asked.expected in VALUES else None
    if asked is None or {*terms(asked[1])} & {*terms(_sentence(evidence, spans[0]))}:
        return spans
    of = re.compile(rf"\b{asked[1]} of\s\Z", re.IGNORECASE)
    least = MIN_PREFERRED_SHARE * spans[0].confidence
    stated = (one for one in spans if of.search(evidence.text(one), one.excerpt_start, one.start))
    first = next((one for one in stated if one.confidence >= least), spans[0])
    return [first, *(one for one in spans if one is not first)]


def _with_deadline(evidence: Evidence, spans: list[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, first one after words such as "pay by" if the question asks for a deadline."""
    if evidence.asked.expected != "date" or not _ASKS_DEADLINE.search(evidence.question):
        return spans
    least = _MIN_ITEM_SHARE * spans[0].confidence
    likely = [one for one in spans if one.confidence >= least and fits("date", evidence.text(one)[one.start : one.end])]
    until = [one for one in likely if _DEADLINE.search(evidence.text(one), one.excerpt_start, one.end)]
    return [until[0], *(one for one in spans if one is not until[0])] if until else spans


def _says_otherwise(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a span is clearly about something else, or contradicts the question."""
    question, kind, expected = evidence.question, evidence.asked.kind, evidence.asked.expected
    text, excerpt, above = evidence.text(span), evidence.excerpt(span), evidence.above(span)
    if lacks_asked_code(question, text) and lacks_asked_code(question, f"{above}\n{span.document_id}"):
        return True
    if kind == "process":
        # "error: invalid format" does not say how to fix that.
        return (
            is_of_another(question, excerpt)
            or is_contrary(question, excerpt)
            or is_of_relative(question, excerpt)
            or {*terms(excerpt)} <= {*terms(question)}
        )
    answer, sentence = text[span.start : span.end], _sentence(evidence, span)
    document = evidence.documents[span.document_id]
    before = sentence[: max(0, span.start - span.excerpt_end + len(sentence))]
    return (
        permits_otherwise(question, excerpt)
        or denies_existence(question, sentence)
        or (kind != "yes_no" and is_denied(question, before))
        or is_opposite_event(question, text[span.excerpt_start : span.start])
        or (kind not in {"comparison", "table"} and is_of_another_code(question, f"{above}\n{excerpt}"))
        or (
            kind == "factoid"
            and (
                _repeats(question, answer)
                or is_only_intended(question, sentence)
                or any(asked.match(question) and not form.search(excerpt) for asked, form in _CONTACTS)
                or _is_of_another_section(evidence, span)
                or is_of_another_edition(question, excerpt, above)
            )
        )
        or is_of_another_measure(question, text, (span.start, span.end))
        or (expected in {"date", "money", "duration"} and _is_phone_number(text, span))
        or (expected == "date" and not _ASKS_ABOUT_MESSAGE.search(question) and _is_when_sent(text, span))
        or is_of_another_rank(question, excerpt)
        or is_contrary(question, excerpt)
        or is_of_part(question, text[span.excerpt_start : span.start])
        or (
            expected == "number"
            and is_of_another_distance(question, "\n".join([above, *_with_antecedents(evidence, span)]))
        )
        or is_opposite_opinion(question, text[span.excerpt_start : span.start])
        or is_opposite_direction(question, text[span.excerpt_start : span.start])
        or is_of_relative(question, excerpt)
        or (kind in _SUBJECTS and is_elsewhere(question, sentence, above, text, before))
        or (kind in {"factoid", "definition"} and is_of_another_ordinal(question, sentence, above))
        or (kind == "factoid" and _is_of_another_participant(evidence, span, sentence, before))
        or (kind == "reason" and is_of_consequence(question, sentence))
        or (kind == "definition" and is_rule(question, sentence))
        or _is_of_another_role(evidence, span)
        or _is_unmentioned(evidence, span)
        or (expected == "duration" and (is_time_of_day(answer) or _is_moment(question, text, span)))
        or (expected in {"number", "money", "duration"} and is_of_another_year(question, excerpt, above))
        or (kind == "factoid" and _is_of_another_version(question, excerpt, above))
        or (kind == "factoid" and is_of_another_weekday(question, sentence))
        or (kind in _SUBJECTS and is_of_namesake(question, _with_antecedents(evidence, span), text, document.title))
        or _is_of_another_owner(evidence, span)
        or is_of_another_speaker(question, document, span.start)
        # "No ship could carry it, so the load was shared by two" does not deny the two.
        or (
            (kind == "list" or _ASKS_WHERE_ALLOWED.match(question) is not None)
            and is_opposite(question, text[slice(*clause_around(text, span))])
        )
    )


def _is_phone_number(text: str, span: AnswerSpan) -> bool:
    """Return whether a span is only a phone number; opening hours may follow it."""
    phone = phone_number(text, span.start, (span.excerpt_start, span.excerpt_end))
    return phone is not None and span.end <= phone[1]


def _is_when_sent(text: str, span: AnswerSpan) -> bool:
    """Return whether a span is in the line of a message's headers that says when it was sent."""
    start, end = text.rfind("\n", 0, span.start) + 1, text.find("\n", span.start)
    before = text.rfind("\n", 0, max(0, start - 1)) + 1
    near = _HEADER.match(text, before) or (end >= 0 and _HEADER.match(text, end + 1))
    return bool(_SENT.match(text, start) and near)


def _is_of_another_role(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether the line of a span is that of another: "Secretary: 0555 21" for "the treasurer's number"."""
    owner, line = _OWNER.search(evidence.question), _PERSON.match(evidence.excerpt(span))
    return owner is not None and line is not None and {*terms(line[1])}.isdisjoint(terms(evidence.question))


def _is_unmentioned(evidence: Evidence, span: AnswerSpan) -> bool:
    """Return whether a sentence has only the verb of "Can I wash silk?", and no passage its object."""
    asked = _MAY_I.match(evidence.question) if evidence.asked.kind == "yes_no" else None
    wanted = {*terms(asked["what"])} if asked else set()
    if asked is None or not wanted:
        return False
    stated = _sentence(evidence, span)
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


def _is_of_another_participant(evidence: Evidence, span: AnswerSpan, sentence: str, before: str) -> bool:
    """Return whether a span is the predecessor for the successor, another's office, or the thing for its namesake."""
    question, text = evidence.question, evidence.text(span)
    return (
        is_predecessor(question, before)
        or is_of_person_asked_about_relative(question, sentence, before)
        or is_of_another_office(question, sentence, evidence.above(span))
        or is_no_namesake(question, text, (span.start, span.end), (span.excerpt_start, span.excerpt_end))
    )


def _is_of_another_version(question: str, excerpt: str, above: str) -> bool:
    """Return whether a question names a version that the excerpt lacks, and the title or a heading has another one."""
    return (
        is_of_another_version(question, above)
        and not any(version in excerpt for version in VERSION.findall(question))
        and not any(one.dimension in DIMENSIONS for one in quantities(question))
    )


def _sentence(evidence: Evidence, span: AnswerSpan) -> str:
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
    # "Who said that Lin fell?": Lin may have said so.
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


def _with_named_item(evidence: Evidence, spans: Sequence[AnswerSpan]) -> list[AnswerSpan]:
    """Return the spans, that first whose item has most of the question: "For a boat: S 2", not "For a cellar: D 8".

    A label that is the noun asked for counts once more: "Period: May to July" for "Which period does the bill cover?".
    """
    asked, noun = {*terms(evidence.question)}, {*terms(asked_noun(evidence.question))}
    shares = []
    for span in spans:
        excerpt = evidence.excerpt(span)
        item = _ITEM.match(excerpt)
        shares.append(len(asked & {*terms(excerpt)}) + bool(noun and noun == {*terms(item[0])}) if item else -1)
    best = shares.index(max(shares))
    preferred = shares[0] >= 0 and spans[best].confidence >= _MIN_ITEM_SHARE * spans[0].confidence
    return [spans[best], *spans[:best], *spans[best + 1 :]] if preferred else [*spans]
