"""Answer -> HTML: the short answer, the excerpts it cites, what else was looked at, and how sure it is.

One line without a line end, which Markdown leaves alone.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from qa.claims import Generated
from qa.output.text import (
    MORE,
    confidence_in_words,
    model_unavailable_notice,
    phrased,
    possible_continuations,
    verification_summary,
)
from qa.text.lines import one_line
from qa.types import NOT_FOUND, Answer, Citation, Document, Passage
from qa.web.ui.claims import claims_html, stopped_claims_html, writing_html
from qa.web.ui.markup import cite_link, escape, span_href

PASSAGES_SHOWN = 3
_LONGEST_GLIMPSE = 280  # characters of a passage that is shown without being a citation
_HEADING_LINE = re.compile(r"^#{1,6}[^\S\n]+.*\n", re.MULTILINE)
_MEANING = "Probability that the first excerpt answers the question"


def short_answer_html(answer: Answer) -> str:
    """Return the answer as it first appears, without its excerpts: what a language model writes as it comes in."""
    generated = phrased(answer)
    said = writing_html(generated, answer.citations) if generated else _short_answer(answer)
    return f'<div class="answer">{said}</div>'


def stopped_html(generated: Generated, citations: Sequence[Citation]) -> str:
    """Return what a language model had written of an answer when it was stopped."""
    return f'<div class="answer">{stopped_claims_html(generated, citations)}</div>'


def answer_html(answer: Answer, documents: Mapping[str, Document], cases_file: str = "") -> str:
    """Return an answer with its excerpts and, apart from them, the passages that it does not cite.

    Parameters
    ----------
    answer : Answer
    documents : mapping of str to Document
        Those that the answer was found in, by id.
    cases_file : str
        Where the answer may be kept as a test case; nowhere if empty.
    """
    parts = [_words(answer)]
    if answer.searched_for != answer.question:
        edit = '<a class="again" href="#search-again" role="button" title="Search for something else">Edit</a>'
        query = f'<span class="query">{escape(one_line(answer.searched_for))}</span>'
        parts.append(f'<p class="searched">Searched for: {query} {edit}</p>')
    parts += [_excerpt(citation, documents, answer.text or "") for citation in answer.citations]
    others = [
        passage
        for passage in answer.passages
        if not any(cited.overlaps(passage.document_id, passage.start, passage.end) for cited in answer.citations)
    ]
    if others:
        listed = "".join(_nearest(passage, documents) for passage in others[:PASSAGES_SHOWN])
        name = "Nearest passages" if answer.abstained else "Other passages considered"
        parts.append(f'<details class="nearest"><summary>{name}</summary><ul>{listed}</ul></details>')
    sure = f'<span title="{_MEANING}">{confidence_in_words(answer)}</span>'
    copy = '<a class="copy" href="#copy" role="button" title="Copy this answer with its references">Copy</a>'
    where = f"Save as a test case in {cases_file}"
    case = f'<a class="case" href="#case" role="button" title="{escape(where)}">Save as a test case</a>'
    parts.append(f'<p class="confidence">{sure}{copy}{case if cases_file else ""}</p>')
    return f'<div class="answer">{"".join(parts)}</div>'


def excerpt_links(answer: Answer) -> list[str]:
    """Return what asks the source pane for an answer's first excerpt among its others; empty when it declines."""
    links = [span_href("cite", citation.document, citation.start, citation.end) for citation in answer.citations]
    return [*links[:1], *links]


def _words(answer: Answer) -> str:
    """Return what is said, by whom where a language model was asked, or why it was not."""
    if generated := phrased(answer):
        said = claims_html(generated, answer.citations)
        return f'{said}<p class="phrased">{escape(verification_summary(generated))}</p>'
    problem = answer.generated.problem if answer.generated else None
    note = f'<p class="fallback">{escape(model_unavailable_notice(problem))}</p>' if problem is not None else ""
    return _short_answer(answer) + note


def _short_answer(answer: Answer) -> str:
    if answer.text is None:
        return f'<p class="short">{escape(answer.reason or NOT_FOUND)}</p>'
    mark = f" {cite_link(answer.citations[0])}" if answer.citations else ""
    others = " ".join(cite_link(citation) for citation in possible_continuations(answer))
    more = f'<p class="more">{MORE} {others}</p>' if others else ""
    return f'<p class="short">{escape(one_line(answer.text))}{mark}</p>{more}'


def _excerpt(citation: Citation, documents: Mapping[str, Document], short: str) -> str:
    """Return an excerpt with the words of the short answer emphasised where it is a part of it."""
    text = escape(citation.text)
    if citation.n == 1 and short and short != citation.text and short in citation.text:
        before, after = citation.text.split(short, 1)
        text = f"{escape(before)}<strong>{escape(short)}</strong>{escape(after)}"
    page = f'<span class="page">page {citation.page}</span>' if citation.page else ""
    title = f'<span class="title">{escape(documents[citation.document].title)}</span>'
    return (
        f'<blockquote class="excerpt">{text}</blockquote>'
        f'<p class="place">{cite_link(citation)} {title}{page}<span class="verdict">verbatim</span></p>'
    )


def _nearest(passage: Passage, documents: Mapping[str, Document]) -> str:
    text = one_line(_HEADING_LINE.sub("", passage.text))
    if len(text) > _LONGEST_GLIMPSE:
        text = text[:_LONGEST_GLIMPSE].rsplit(" ", 1)[0] + " \u2026"
    href = span_href("passage", passage.document_id, passage.start, passage.end)
    page = f", page {passage.page}" if passage.page else ""
    title = escape(documents[passage.document_id].title)
    return f'<li>{escape(text)} <a class="nearby" href="{href}" title="Show this passage">{title}{page}</a></li>'
