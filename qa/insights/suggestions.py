"""Suggest questions about a document, each of which the bot answers."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from qa.documents.overview import overview, sections
from qa.insights.question_generation.candidates import Candidate, candidates
from qa.insights.question_generation.headings import heading_questions, section_questions
from qa.insights.question_generation.patterns import Draft
from qa.retrieval.request_limits import check_documents
from qa.text.lexicon import is_head_noun
from qa.types import Document, Request, Span, Turn

if TYPE_CHECKING:
    from qa.pipeline import QA

_MAX_TRIES_PER_QUESTION = 5
"""Drafts asked for each suggestion wanted; bounds the time for a long article."""
_SUGGESTIONS = 4
_FOLLOW_UPS = 2
_MIN_WORDS, _MAX_WORDS = 5, 14
# "Why is the timetable flexible?" and "When did it open?" have a subject that only a reader of the article knows.
_BARE_SUBJECT = re.compile(r"(?:do|does|did|is|are|was|were|has|have|had|can)\s(?:the|a|an)\s\w+\s")
# Comparisons, pairs and "another" refer outside the question.
_CONTEXT_DEPENDENT = re.compile(
    r"\b(?:the (?:former|latter|first|more|most|others?)|of the (?:two|three))\b"
    r"|\b(?:second|another|then|next|follow|new|old)\b"
)
# "How long do queens often live?", "Why is it still open in part?": true of the sentence, odd in a question. An object
# or date in "Who says be a friend?" and "When do officials say ...?" is not that of the saying.
_ODD = re.compile(
    r"\b(?:often|usually|sometimes|generally|barely|nearly|roughly|already|still|probably|\w+[^lp]ly|in part"
    r"|in \d{4} by"
    r"|[Ii]t['\u2019]s|sa(?:y|ys|id))\b"
)
_MIN_MENTIONS = 3
"""Mentions of a name that is suggested as a topic."""


def suggest(bot: QA, document_id: str) -> tuple[str, ...]:
    """Return up to four questions that the bot answers, made from an article's sentences and headings, in English.

    Each is asked within the article: the bot must answer above its threshold, with the whole sentence that the question
    was made from, or the start of the section, in its first excerpt. If there are too few, sections are suggested, and
    then the names that are mentioned most. Takes one `bot.ask` for each question tried. The questions are in reading
    order, those about names last, and spread over sections and kinds of answer; deterministic.

    Raises
    ------
    QAError
        If the bot has no such document.
    """
    check_documents([document_id], bot.documents)
    document = bot.documents[document_id]
    starts = [section.start for section in sections(document)]
    plain = [one for one in candidates(document) if _is_plain(one.draft.question)]
    chosen: list[Candidate] = []
    for offered in ([*plain, *heading_questions(document)], list(section_questions(document))):
        waiting = offered
        for _ in range(_MAX_TRIES_PER_QUESTION * _SUGGESTIONS):
            if not waiting or len(chosen) == _SUGGESTIONS:
                break
            best = _next(waiting, chosen, starts)
            waiting = [one for one in waiting if one is not best]
            if _answers(bot, best, Request(best.draft.question, documents=[document_id])):
                chosen.append(best)
                asked = {best.start, best.draft.question}
                waiting = [one for one in waiting if asked.isdisjoint((one.start, one.draft.question))]
    chosen.sort(key=lambda one: one.start)
    chosen += islice(_about_names(bot, document), _SUGGESTIONS - len(chosen))
    return tuple(one.draft.question for one in chosen)


def _about_names(bot: QA, document: Document) -> Iterator[Candidate]:
    """Yield a question about each name that is mentioned often, if the bot can quote sentences about it."""
    words = set[str]()
    for name in overview(document).names:
        # "Bill" and "Government" are also words, and "Vision Pro" is part of "Apple Vision Pro".
        known = is_head_noun(name.text.lower()) or not words.isdisjoint(name.text.split())
        if name.count < _MIN_MENTIONS or known:
            continue
        # "the BBC", but not "the" of "the Firefox browser"
        alone = re.findall(rf"(\bthe )?{re.escape(name.text)}(?! \w)", document.text)
        article = "the " if 2 * sum(map(bool, alone)) > len(alone) else ""
        question = f"What is said about {article}{name.text}?"
        [answer] = bot.ask_many([Request(question, documents=[document.id])])
        if answer.kind == "summary" and answer.citations:
            words.update(name.text.split())
            yield Candidate(Draft("name", question, 0, 0), document, name.start, name.end)


def follow_ups(
    bot: QA,
    document_id: str,
    excerpt: Span,
    turns: Sequence[Turn],
    documents: Sequence[str] | None = None,
) -> tuple[str, ...]:
    """Return two questions about the text around an excerpt that the bot answers as the next question, or fewer.

    Nearest first, at most one from each sentence; up to `_MAX_TRIES_PER_QUESTION` times as many are asked to find them.
    Nothing that the turns, oldest first, asked or cited is suggested. `documents` are those to ask; None for all.
    """
    document = bot.documents[document_id]
    cited = [(start, end) for turn in turns for name, start, end in turn.cited if name == document_id] + [excerpt]
    asked = {turn.question.casefold() for turn in turns}
    waiting = sorted(
        (
            one
            for one in candidates(document)
            if _is_plain(one.draft.question)
            and not _BARE_SUBJECT.search(one.draft.question)
            and one.draft.question.casefold() not in asked
            and not any(one.start < end and start < one.end for start, end in cited)
        ),
        key=lambda one: (max(excerpt[0] - one.end, one.start - excerpt[1]), len(one.draft.question)),
    )
    chosen: list[Candidate] = []
    for one in waiting[: _MAX_TRIES_PER_QUESTION * _FOLLOW_UPS]:
        if len(chosen) == _FOLLOW_UPS:
            break
        request = Request(one.draft.question, turns, documents=documents)
        if all(one.start != other.start for other in chosen) and _answers(bot, one, request):
            chosen.append(one)
    return tuple(one.draft.question for one in chosen)


def _is_plain(question: str) -> bool:
    words = len(question.split())
    return (
        _MIN_WORDS <= words <= _MAX_WORDS
        and "," not in question
        and not _CONTEXT_DEPENDENT.search(question)
        and not _ODD.search(question)
    ) or re.fullmatch(r"Who (?:is|was) (?:\S+ ){1,3}\S+", question) is not None


def _next(waiting: Iterable[Candidate], chosen: Sequence[Candidate], starts: Sequence[int]) -> Candidate:
    """Return the plainest candidate from the least used section and kind."""
    sections_used = Counter(_section(one, starts) for one in chosen)
    kinds_used = Counter(one.draft.kind for one in chosen)
    return min(
        waiting,
        key=lambda one: (
            sections_used[_section(one, starts)],
            kinds_used[one.draft.kind],
            _BARE_SUBJECT.search(one.draft.question) is not None,
            len(one.draft.question),
            one.start,
        ),
    )


def _section(candidate: Candidate, starts: Sequence[int]) -> int:
    return sum(start <= candidate.start for start in starts)


def _answers(bot: QA, candidate: Candidate, request: Request) -> bool:
    # No language model is asked: a suggestion leads to an excerpt.
    [answer] = bot.ask_many([request])
    if not answer.citations or answer.citations[0].document != candidate.document.id:
        return False
    first = answer.citations[0]
    return first.start <= candidate.start and candidate.end <= first.end
