"""Questions that headings ask, and requests for sections."""

from __future__ import annotations

import re
from collections.abc import Iterator

from qa.documents.structure import blocks, heading_span
from qa.insights.question_generation.candidates import Candidate
from qa.insights.question_generation.patterns import Draft
from qa.text.lexicon import gerund_of, listed
from qa.text.spans import trim
from qa.types import Document

_LABEL = re.compile(r"\A(?:(?:q|question)\s?\d*\s?[:.)]|\d+(?:\.\d+)*[.)]?)\s+", re.IGNORECASE)
_QUESTION = re.compile(
    r"(?!.*\b(?:it|this|that|these|those|they|he|she)\b)(?:[^\s*_`<>|\[\]]+\s){3,13}[^\s*_`<>|\[\]]+\?"
)
_TITLE = re.compile(r"[^\W\d_][\w'\u2019-]*(?:,?\s[\w'\u2019-]+){0,7}")
# "Crossing the Atlantic" is a task only in a text that tells its readers what to do.
_TASK = re.compile(r"(?!Understanding)([A-Z][a-z]+ing)( (?:up )?(?:an?|the|your|two|multiple|with) .+)")
_TELLS = re.compile(r"\b[Yy]ou\b|^ *(?:```|\d+[.)] )", re.MULTILINE)
# They name a part of any text, not what this one is about.
_OF_ANY_TEXT = listed(
    "abstract acknowledgements acknowledgments appendix background conclusion conclusions contents copyright "
    "description details discussion example examples factors footnotes general index introduction license links list "
    "miscellaneous motivation notes other overview rationale references related results sources summary"
)


def heading_questions(document: Document) -> Iterator[Candidate]:
    """Yield the headings that are questions or tasks, each with the start of the text below it.

    "Writing a test" is the task of "How do I write a test?".
    """
    for heading, start, end in _headings(document):
        question = heading if _QUESTION.fullmatch(heading) else ""
        if (
            (task := _TASK.fullmatch(heading))
            and _TITLE.fullmatch(heading)
            and _TELLS.search(document.text, start, end)
        ):
            verb = gerund_of(task[1].lower())
            question = f"How do I {verb}{re.sub(r' your ', ' my ', task[2])}?" if verb else ""
        if question:
            yield Candidate(Draft("heading", question, 0, 0), document, start, start + 1)


def section_questions(document: Document) -> Iterator[Candidate]:
    """Yield a question for what each section says whose heading is short, with the start of its text."""
    for heading, start, _ in _headings(document):
        is_title = heading == document.title or "\n" not in document.text[:start].strip()
        if _TITLE.fullmatch(heading) and _OF_ANY_TEXT.isdisjoint(heading.lower().split()) and not is_title:
            question = f"What does the section \u201c{heading}\u201d say?"
            yield Candidate(Draft("section", question, 0, 0), document, start, start + 1)


def _headings(document: Document) -> Iterator[tuple[str, int, int]]:
    """Yield each heading with text right below it, without its label, and the start and end of that text."""
    text, found = document.text, list(blocks(document))
    starts = [block.start for block in found if block.kind == "heading"] + [len(text)]
    heading, number = "", 0
    for block in found:
        if block.kind == "heading":
            heading = _LABEL.sub("", " ".join(text[slice(*heading_span(text, block))].split()), count=1)
            number += 1
        elif heading and block.kind != "blank":
            yield heading, trim(text, block.start, block.end)[0], starts[number]
            heading = ""
