"""Turn drafts into yes-or-no questions and into near misses, which the documents should not answer.

In a near miss, one fact of a draft is replaced: a name by another name from the same documents, or a year by one that
occurs in none of them. The documents probably do not answer it; the reviewer decides, and the column `made_from` names
the draft.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from qa.evaluation.datasets.types import Question
from qa.insights.question_generation.candidates import names_in, prose
from qa.insights.question_generation.patterns import persons_in
from qa.text.dates import MONTHS, YEAR
from qa.text.lexicon import PREPOSITIONS
from qa.text.names import names
from qa.text.tokens import terms
from qa.types import Document

NEAR_MISS = "near_miss"
"""The kind of a draft that the documents should not answer."""

_MAX_SHARED = 0.5  # share of a near miss's other words in a sentence that contains the new name
_YEARS_AWAY = (7, 11, -6, 13, -9, 18, -14)
_MIN_NAME_CHARACTERS = 3
_PERSON = "\0person"
_INTRODUCING = PREPOSITIONS | {"the"}
_DATED = re.compile(rf"\b(?:{YEAR}|{MONTHS})\b")
_YEAR = re.compile(rf"\b{YEAR}\b")
_WHEN = re.compile(r"When (?P<verb>did|was|were) (?P<rest>[^?]+)\?")
_BEFORE_DATE = re.compile(r"\b(in|on|during|since|until)\s$", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Facts:
    """Names of a document with the words before them, words of each sentence, and all years in the set.

    `_PERSON` among the words before a name marks a person.
    """

    pool: dict[str, frozenset[str]]
    sentences: tuple[frozenset[str], ...]
    years: frozenset[str]


def with_yes_no(drafts: Sequence[Question], documents: Sequence[Document]) -> tuple[Question, ...]:
    """Turn every third question for a date into yes-or-no questions, alternately with answer yes and no."""
    texts = {document.id: document.text for document in documents}
    found = list(drafts)
    dated = [position for position, one in enumerate(drafts) if one.extra.get("kind") == "date"]
    for turn, position in enumerate(dated[2::3]):
        found[position] = _yes_no(drafts[position], texts, right=turn % 2 == 0) or drafts[position]
    return tuple(found)


def near_misses(drafts: Sequence[Question], documents: Sequence[Document], n: int) -> tuple[Question, ...]:
    """Return at most `n` near misses of drafts, spread over the documents, deterministically."""
    facts = _facts(documents)
    found: list[Question] = []
    used: set[str] = set()
    queues = [[one for one in drafts if one.document == document.id] for document in documents]
    for turn in range(max(map(len, queues), default=0)):
        for queue in queues:
            if turn < len(queue) and len(found) < n and (made := _near_miss(queue[turn], facts, used)):
                found.append(made)
    return tuple(found)


def _yes_no(draft: Question, texts: dict[str, str], *, right: bool) -> Question | None:
    asked = _WHEN.fullmatch(draft.question)
    [span], [date] = draft.evidence, draft.answers
    sentence = texts[span.document][span.start : span.end]
    before = _BEFORE_DATE.search(sentence[: sentence.find(date)])
    year = _YEAR.search(date)
    if asked is None or before is None or (year is None and not right):
        return None
    if year is not None and not right:
        date = date.replace(year[0], str(int(year[0]) + _YEARS_AWAY[len(sentence) % len(_YEARS_AWAY)]))
    question = f"{asked['verb'].capitalize()} {asked['rest']} {before[1].lower()} {date}?"
    return replace(
        draft, question=question, answers=("yes" if right else "no",), extra={**draft.extra, "kind": "yes_no"}
    )


def _near_miss(draft: Question, facts: dict[str, _Facts], used: set[str]) -> Question | None:
    """Return the draft with one fact replaced by one not in `used`, and add that; None if impossible."""
    if draft.document is None or not draft.evidence or draft.extra.get("kind") == "yes_no":
        return None
    known = facts[draft.document]
    made = next((pair for pair in _exchanged(draft, known) if pair[1] not in used), None)
    if made is None:
        return None
    question, put_in = made
    used.add(put_in)
    [span, *_] = draft.evidence
    source = {"question": draft.question, "document": span.document, "start": span.start, "end": span.end}
    extra = {"kind": NEAR_MISS, "draft": True, "made_from": source}
    return Question(f"{draft.id}-{NEAR_MISS}", question, (), False, document=draft.document, extra=extra)


def _exchanged(draft: Question, facts: _Facts) -> Iterator[tuple[str, str]]:
    """Yield questions with one fact replaced, and the new fact: first names, then years."""
    text = draft.question
    for name in names(text):
        old = text[name.start : name.end]
        others = frozenset(terms(text[: name.start] + " " + text[name.end :]))
        if old not in facts.pool:
            continue
        for new in sorted(facts.pool, key=lambda one: hashlib.sha256(f"{text}\0{one}".encode()).digest()):
            own = frozenset(terms(new))
            fits = facts.pool[new] & facts.pool[old] and len(new.split()) == len(old.split())
            if fits and own and not own & frozenset(terms(text + " " + " ".join(draft.answers))):
                about = (sentence for sentence in facts.sentences if own <= sentence)
                if others and all(len(others & one) < _MAX_SHARED * len(others) for one in about):
                    yield text[: name.start] + new + text[name.end :], new
    for found in _YEAR.finditer(text):
        for years in _YEARS_AWAY:
            new = str(int(found[0]) + years)
            if new not in facts.years:
                yield text[: found.start()] + new + text[found.end() :], new


def _facts(documents: Sequence[Document]) -> dict[str, _Facts]:
    texts = {one.id: [one.text[start:end] for start, end in prose(one)] for one in documents}
    everywhere = tuple(frozenset(terms(sentence)) for own in texts.values() for sentence in own)
    years = frozenset(year for document in documents for year in _YEAR.findall(document.text))
    facts = {}
    for document in documents:
        known, persons = names_in(texts[document.id]), persons_in(texts[document.id])
        pool: dict[str, set[str]] = {}
        for sentence in texts[document.id]:
            for name in names(sentence, known):
                words = sentence[name.start : name.end]
                before = sentence[: name.start].split()[-1:]
                if len(words) >= _MIN_NAME_CHARACTERS and not _DATED.search(words):
                    introduced = {word for word in before if word in _INTRODUCING} | (
                        {_PERSON} if words in persons else set()
                    )
                    pool.setdefault(words, set()).update(introduced)
        facts[document.id] = _Facts({name: frozenset(pool[name]) for name in sorted(pool)}, everywhere, years)
    return facts
