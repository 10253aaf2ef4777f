"""What a person says in minutes, a transcript, a chat or a mail, for "What did Anna say about the budget?"."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from qa.answering.evidence import Evidence, Reply
from qa.answering.lists.search import Items
from qa.answering.questions.statements import AskedStatement, asked_speaker, asked_statement
from qa.answering.replies.lists import values_reply
from qa.documents.chunking import sentence_spans
from qa.documents.turns import Turn, turns
from qa.text.lines import BULLETS
from qa.text.spans import trim
from qa.text.tokens import terms
from qa.types import Document, Span

_MAX_WHOLE_CHARACTERS = 400  # of what is said, to be shown as a whole
_MAX_TURNS = 5
_ABOVE, _BEFORE = 0.75, 0.5  # worth of a term in the heading, and in the turn before, beside one in the turn
_LINE = re.compile(r"[^\n]+")
_CAPITALISED = re.compile(r"\b[A-Z][\w]*")
_ITEM = re.compile(rf"\s*[{BULLETS}]\s+")
_MAX_SURE_CONFIDENCE = 0.5  # of the reader: "Tom suggested a ramp" tells who suggested it, too


class _Said(NamedTuple):
    """A turn of the person, how well it fits the topic, whether it has a term of that, and the terms it lacks."""

    document: Document
    turn: Turn
    score: float
    is_about: bool
    missing: frozenset[str]


def statement_reply(evidence: Evidence) -> Reply | None:
    """Return what the person whom a question names says about its topic; None if no turn of theirs is about it."""
    asked = asked_statement(evidence.question)
    is_read = asked is not None and asked.fact and evidence.confidence >= _MAX_SURE_CONFIDENCE
    found = [*_said(evidence, asked)] if asked and not asked.reason and not is_read else []
    best = max(found, key=lambda one: one.score, default=None)
    if asked is None or best is None or (best.score == 0 and len(found) > 1):
        return None
    document, topic = best.document, _topic(asked)
    equal = [one for one in found if one.score == best.score]
    # What everything is about does not tell the turns apart.
    if len(equal) > _MAX_TURNS:
        return None
    # A mail quotes the one that it replies to.
    different = {_plain(one): one for one in reversed(equal) if one.document is document and one.is_about}
    equal = [*reversed(different.values())] or [best]
    shown = [_parts(document, one.turn, topic) for one in equal]
    spans = [span for each in shown for span in each]
    excerpts = [_excerpt(one.turn, each) for one, each in zip(equal, shown, strict=True)]
    reply = values_reply(evidence, Items(document.id, tuple(spans), excerpts[0]), excerpts)
    reply = reply if len(spans) > 1 else replace(reply, form="excerpts")
    strength = best.score / len(topic) if topic else 1.0
    return evidence.with_confidence(reply, "cell", missing=len(best.missing), strength=strength)


def speaker_reply(evidence: Evidence) -> Reply | None:
    """Return the only person in whose turn everything is that a question says ("Who asked about the insurance?")."""
    asked = asked_speaker(evidence.question)
    if asked is None or evidence.confidence >= _MAX_SURE_CONFIDENCE:
        return None
    topic = frozenset(terms(asked.topic))
    found = [one for one in _turns(evidence, asked.topic, topic, questions=asked.question) if not one.missing]
    highest = max((one.score for one in found), default=0.0)
    found = [one for one in found if one.score == highest]
    labels = [(one, start) for one in found if (start := _label(one)) >= 0]
    if len({one.turn.speaker for one in found}) != 1 or not labels:
        return None
    best, start = labels[0]
    span = start, start + len(best.turn.speaker)
    reply = values_reply(evidence, Items(best.document.id, (span,), (best.turn.start, best.turn.end)))
    return evidence.with_confidence(reply, "cell", missing=0, strength=best.score / max(1, len(topic)))


def _label(said: _Said) -> int:
    """Return where the name of the speaker starts in the label of a turn; -1 in mails, which have none."""
    return said.document.text.find(said.turn.speaker, said.turn.start, said.turn.words)


def _plain(said: _Said) -> str:
    """Return what is said without quotation marks and line ends."""
    words = said.document.text[said.turn.words : said.turn.end]
    return " ".join(words.replace(">", " ").split())


def _topic(asked: AskedStatement) -> frozenset[str]:
    return frozenset(terms(asked.topic)) - {*terms(asked.who)}


def _said(evidence: Evidence, asked: AskedStatement) -> Iterator[_Said]:
    """Yield the turns of a person."""
    found = _turns(evidence, asked.topic, _topic(asked), questions=None if asked.question else False)
    return (one for one in found if one.turn.is_by(asked.who))


def _turns(evidence: Evidence, words_asked: str, topic: frozenset[str], *, questions: bool | None) -> Iterator[_Said]:
    """Yield the turns in the documents of the passages; only those that are questions, or only the others, or all."""
    names = {term: word for word in _CAPITALISED.findall(words_asked) for term in terms(word)}
    for name in dict.fromkeys(one.document_id for one in evidence.passages):
        document, before = evidence.documents[name], ""
        for turn in turns(document):
            words = document.text[turn.words : turn.end]
            if questions is None or _is_question(words) is questions:
                own = _found(topic, names, words)
                above = _found(topic, names, turn.above) - own
                asked_before = _found(topic, names, before) - own - above if _is_question(before) else set()
                score = len(own) + _ABOVE * len(above) + _BEFORE * len(asked_before)
                yield _Said(document, turn, score, bool(own | above), topic - own - above - asked_before)
            before = words


def _found(topic: frozenset[str], names: Mapping[str, str], text: str) -> set[str]:
    """Return the terms of a topic that a text has; "Go" is not "going"."""
    found = topic.intersection(terms(text))
    return {one for one in found if one not in names or names[one][0].isdigit() or re.search(rf"\b{names[one]}", text)}


def _is_question(words: str) -> bool:
    return words.rstrip("*_ )]").endswith("?")


def _parts(document: Document, turn: Turn, topic: frozenset[str]) -> list[Span]:
    """Return what to show of a turn: its items, all that is said if that is short, or the sentence about the topic."""
    text = document.text
    lines = list(_LINE.finditer(text, text.rfind("\n", 0, turn.words) + 1, turn.end))
    if turn.end - turn.words <= _MAX_WHOLE_CHARACTERS:
        marks = [mark for line in lines if (mark := _ITEM.match(line[0]))]
        if len(lines) > 1 and len(marks) == len(lines):
            return [trim(text, one.start() + mark.end(), one.end()) for one, mark in zip(lines, marks, strict=True)]
        return [(turn.words, turn.end)]
    pieces = [
        (turn.words + first, turn.words + last)
        for first, last in sentence_spans(text[turn.words : turn.end], document.language)
    ]
    return [max(pieces, key=lambda one: len(topic.intersection(terms(text[slice(*one)]))))]


def _excerpt(turn: Turn, shown: Sequence[Span]) -> Span:
    """Return what to cite of a turn: with its label unless what is shown is only a part of it."""
    return (turn.start if turn.end - turn.words <= _MAX_WHOLE_CHARACTERS else shown[0][0]), shown[-1][1]
