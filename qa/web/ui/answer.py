"""Answer -> HTML: the answer, its excerpts, the other passages considered, and the confidence.

The HTML is one line, so that Markdown leaves it alone. Text of articles and models is escaped.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import groupby
from operator import itemgetter

from qa.claims import Claim, Generation, QuotationVerdict
from qa.documents.tables import table_excerpt
from qa.output.text import (
    MORE,
    RECOGNISED,
    VERDICT_WORDS,
    claim_pieces,
    confidence_in_percent,
    confidence_in_words,
    counted,
    hidden_generated_claims,
    mark_of,
    model_unavailable_notice,
    partly_read_notices,
    phrased,
    possible_continuations,
    verification_summary,
)
from qa.text.lines import one_line
from qa.types import NOT_FOUND, Answer, Citation, Document, Passage
from qa.web.ui.excerpts import excerpt_html, opening_html, rows_html, words_html
from qa.web.ui.markup import HELP, cite_link, escape, escape_with_code, first_titles, share_href, span_href

PASSAGES_SHOWN = 3
_MAX_PASSAGE_CHARACTERS = 280  # of a passage that is not cited
_CONFIDENCE_TITLE = "the estimated probability that the first excerpt answers the question"
_SHARE_TITLE = "How many of the sentences their excerpts support, as judged by a model"
_HELP_TITLE = "Excerpts are word for word from the article; how likely the first one answers is estimated"
_RECOGNISED_TITLE = "Read from an image by text recognition: some letters may be wrong"
_QUOTATION_TITLES: Mapping[QuotationVerdict, str] = {
    "altered": "The article says something similar, but not in these words",
    "not found": "The article does not say this",
}
_TITLES = {
    "supported": "Its excerpts support this sentence",
    "partly": "Its excerpts support a part of this sentence",
    "unsupported": "Its excerpts do not support this sentence",
    "not_checked": "Not checked: read the excerpts",
    "found": "The model named no source; this excerpt is the one most like the sentence",
}


def short_answer_html(answer: Answer, documents: Mapping[str, Document]) -> str:
    """Return an incomplete answer: the short answer, or what a language model has written so far."""
    generated = phrased(answer)
    if generated is None:
        first = answer.form == "excerpts" and answer.citations[:1]
        shown = [excerpt_html(documents[each.document], each.start, each.end) for each in first or ()]
        text = "".join(f'<blockquote class="excerpt said">{each}</blockquote>' for each in shown)
        return f'<div class="answer">{_short_answer(answer, documents)}{text}</div>'
    partial = f'<span class="partial">{escape(generated.partial_sentence)}</span>' if generated.partial_sentence else ""
    claims = _claims(generated, answer.citations, partial)
    doing = "Checking each sentence against its excerpts" if generated.judging else f"{generated.model} is writing"
    return f'<div class="answer">{claims}<p class="writing">{escape(doing)}</p></div>'


def stopped_html(generated: Generation, citations: Sequence[Citation]) -> str:
    """Return the complete sentences of a generated answer that the visitor stopped."""
    return f'<div class="answer">{_claims(generated, citations)}<p class="stopped">Stopped before the end</p></div>'


def answer_html(
    answer: Answer,
    documents: Mapping[str, Document],
    cases_file: str = "",
    asked: Collection[str] | None = None,
    *,
    served: bool = False,
    unread: int = 0,
) -> str:
    """Return a complete answer: with its excerpts, and the best passages that it does not cite.

    Parameters
    ----------
    cases_file : str
        File to save test cases in; empty if saving is off.
    asked : collection of str, optional
        Ids of the documents that were asked; None for all.
    served : bool
        Whether all visitors have the cited articles, so that a link to the answer works for others.
    unread : int
        Number of articles that are being added and could not be searched yet.
    """
    parts = [_answer(answer, documents)]
    if answer.abstained and asked is not None and len(asked) < len(documents):
        only = escape(first_titles([documents[name].title for name in asked]))
        parts.append(f'<p class="only">Asked only: {only} ({len(asked)} of {counted(len(documents), "article")}).</p>')
    reading = partly_read_notices(answer, documents)
    if answer.abstained and asked is None and unread:
        reading.append(f"{counted(unread, 'article')} being added could not be searched yet: ask again once added.")
    parts += [f'<p class="partly-read">{escape(notice)}</p>' for notice in reading]
    if one_line(answer.searched_for) != one_line(answer.question):
        edit = '<a class="again" href="#search-again" role="button" title="Search for something else">Edit</a>'
        query = f'<span class="query">{escape(one_line(answer.searched_for))}</span>'
        parts.append(f'<p class="searched">Searched for: {query} {edit}</p>')
    parts += [_excerpt(citation, documents, answer) for citation in answer.citations]
    others = [
        passage
        for passage in answer.passages
        if not any(cited.overlaps(passage.document_id, passage.start, passage.end) for cited in answer.citations)
    ]
    if others:
        listed = "".join(_passage(passage, documents) for passage in others[:PASSAGES_SHOWN])
        name = "Nearest passages" if answer.abstained else "Other passages considered"
        parts.append(f'<details class="nearest"><summary>{name}</summary><ul>{listed}</ul></details>')
    parts.append(_last_line(answer, cases_file, served=served))
    if answer.citations:
        parts.append('<div class="suggestions next"></div>')
    return f'<div class="answer">{"".join(parts)}</div>'


def _last_line(answer: Answer, cases_file: str, *, served: bool) -> str:
    """Return the confidence, and the buttons to copy, share and judge an answer."""
    words = confidence_in_words(answer)
    title = _SHARE_TITLE if phrased(answer) else f"{confidence_in_percent(answer)}: {_CONFIDENCE_TITLE}"
    html = f'<span title="{title}">{words}</span>' if words else ""
    html += (
        f'<a class="help" href="{HELP}" target="_blank" rel="noopener" title="{_HELP_TITLE}">'
        '<span class="hidden">What do verbatim and the confidence mean</span>?</a>'
        '<a class="copy" href="#copy" role="button" title="Copy this answer with its references">Copy</a>'
    )
    if served and answer.citations:
        href = share_href(answer.searched_for, answer.citations[0])
        html += f'<a class="share" href="{href}" role="button" title="Copy a link that asks this question">Share</a>'
    if cases_file:
        title = escape(f"Saves a test case in {cases_file}")
        buttons = "".join(
            f'<a href="#case:{name.lower()}" role="button" title="{title}">{name}</a>' for name in ("Yes", "No")
        )
        html += f'<span class="case">Was this right? {buttons}</span>'
    return f'<p class="confidence">{html}</p>'


def _copy_links(citation: Citation) -> str:
    label = f"excerpt {citation.n} as "
    return (
        f'<span class="copies"><a href="#copy-text" role="button">Copy<span class="hidden"> {label}text</span></a> '
        f'<a href="#copy-markdown" role="button"><span class="hidden">Copy {label}</span>Markdown</a></span>'
    )


def excerpt_links(cited: Sequence[tuple[str, int, int]]) -> list[str]:
    """Return the links that open the first excerpt of an answer, which cites these spans, in the source pane."""
    links = [span_href("cite", *span) for span in cited]
    return [*links[:1], *links]


def _answer(answer: Answer, documents: Mapping[str, Document]) -> str:
    if generated := phrased(answer):
        summary = escape(verification_summary(generated))
        legend = f'<p class="legend">{_legend(generated)}</p>'
        each = _sentences(generated, answer.citations, documents)
        return f'{_claims(generated, answer.citations)}{legend}<p class="phrased">{summary}</p>{each}'
    notice = model_unavailable_notice(answer)
    note = f'<p class="fallback">{escape(notice)}</p>' if notice else ""
    if answer.generated and hidden_generated_claims(answer):
        text = _claims(answer.generated, (), css="left")
        name = escape(one_line(answer.generated.model))
        note += f'<details class="written"><summary>What {name} wrote</summary>{text}</details>'
    return _short_answer(answer, documents) + note


def _short_answer(answer: Answer, documents: Mapping[str, Document]) -> str:
    if answer.text is None:
        return f'<p class="short">{escape(answer.reason or NOT_FOUND)}</p>'
    others = " ".join(cite_link(citation) for citation in possible_continuations(answer))
    more = f'<p class="more">{MORE} {others}</p>' if others else ""
    lead = f'<p class="lead">{escape(answer.lead)}</p>' if answer.lead else ""
    if answer.form == "items":
        return f"{lead}{_items(answer, documents)}{more}"
    if answer.form == "excerpts":
        return lead
    mark = f" {cite_link(answer.citations[0])}" if answer.citations else ""
    text = one_line(answer.text)
    html = words_html(text, documents[answer.citations[0].document]) if answer.citations else escape(text)
    return f'<p class="short">{html}{mark}</p>{lead}{more}'


def _items(answer: Answer, documents: Mapping[str, Document]) -> str:
    """Return the items as a list, each with the number of its excerpt if there are several excerpts."""
    links = {citation.n: f" {cite_link(citation)}" * (len(answer.citations) > 1) for citation in answer.citations}
    sources = {citation.n: documents[citation.document] for citation in answer.citations}
    items = "".join(
        f"<li>{words_html(one_line(part.text), sources[part.citation])}{links[part.citation]}</li>"
        for part in answer.parts
    )
    tag = "ol" if answer.kind == "process" else "ul"
    return f'<{tag} class="items">{items}</{tag}>'


def _claims(generated: Generation, citations: Sequence[Citation], partial: str = "", css: str = "claims") -> str:
    """Return a model's sentences in their layout with their verdicts, and then the unfinished one, `partial`."""
    links = {citation.n: cite_link(citation) for citation in citations}
    blocks: list[tuple[str, str]] = []
    for claim in generated.claims:
        html = _claim(claim, links)
        if claim.opens == "code":
            blocks.append(("pre", html))
        elif claim.opens == "heading":
            blocks.append(("h4", html))
        elif claim.opens in {"bullet", "step"}:
            start = f' value="{claim.number}"' if claim.opens == "step" else ""
            blocks.append(("ol" if claim.opens == "step" else "ul", f"<li{start}>{html}"))
        elif claim.opens or not blocks or blocks[-1][0] in {"pre", "h4"}:
            blocks.append(("p", html))
        else:
            blocks[-1] = (blocks[-1][0], f"{blocks[-1][1]} {html}")
    if partial:
        tag, html = blocks.pop() if blocks and blocks[-1][0] not in {"pre", "h4"} else ("p", "")
        blocks.append((tag, f"{html} {partial}".strip()))
    text = ""
    for tag, group in groupby(blocks, key=itemgetter(0)):
        inner = [html for _, html in group]
        joined = "</li>".join([*inner, ""]) if tag in {"ul", "ol"} else f"</{tag}><{tag}>".join(inner)
        text += f"<{tag}>{joined}</{tag}>"
    return f'<div class="{css}">{text}</div>' if text else ""


def _claim(claim: Claim, links: Mapping[int, str]) -> str:
    html = escape if claim.opens == "code" else escape_with_code
    text = "".join(
        f"{html(piece)} {_tag(verdict, _QUOTATION_TITLES[verdict], 'tag quoted')}" if verdict else html(piece)
        for piece, verdict in claim_pieces(claim)
    )
    if claim.opens == "code":
        text = f"<code>{text}</code>"
    if claim.verdict == "unsupported":
        title = claim.missing or _TITLES["unsupported"]
        return f"<del>{text}</del> {_tag(mark_of(claim), title)}"
    numbered = " ".join([f'<span class="words">{text}</span>', *(links[n] for n in claim.citations if n in links)])
    if claim.evidence == "found" and claim.citations:
        numbered += f" {_tag('found', _TITLES['found'])}"
    if mark := mark_of(claim):
        numbered += f" {_tag(mark, _TITLES['partly'])}"
    kind = {"partly": "claim partly", "supported": "claim"}.get(claim.verdict, "claim open")
    return f'<span class="{kind}" title="{_TITLES[claim.verdict]}">{numbered}</span>'


def _legend(generated: Generation) -> str:
    """Return a line that explains the marks that this answer has."""
    kept = [claim for claim in generated.claims if claim.opens != "heading"]
    marks = {
        "supported": "plain: supported",
        "partly": '<span class="partly">dotted</span>: partly supported',
        "unsupported": "<s>struck</s>: not supported",
        "not_checked": "numbers: excerpts, not checked" if generated.judge is None else "without number: not checked",
    }
    verdicts = {claim.verdict for claim in kept}
    shown = [words for verdict, words in marks.items() if verdict in verdicts]
    if any(claim.evidence == "found" for claim in kept):
        shown.append("found: the excerpt was searched for")
    return " \u00b7 ".join(shown)


def _tag(words: str, title: str, kind: str = "tag") -> str:
    return f'<small class="{kind}" title="{escape(title)}">{escape(words)}</small>'


def _excerpt(citation: Citation, documents: Mapping[str, Document], answer: Answer) -> str:
    """Return an excerpt with the short answer emphasised, and its source; rows of a table as a table."""
    document, (start, end) = documents[citation.document], (citation.start, citation.end)
    short = answer.span
    emphasised = short if citation.n == 1 and short and short != (start, end) else (0, 0)
    labels = " / ".join(part.label for part in answer.parts if part.label and part.citation == citation.n)
    of_answer = citation.n == 1 or labels or answer.kind == "summary"
    is_answer = answer.form == "excerpts" and phrased(answer) is None and of_answer
    kind = "excerpt said" if is_answer else "excerpt"
    rows = table_excerpt(document, start, end)
    # Rows of a table contain their labels.
    side = f'<p class="side">{escape(labels)}</p>' if labels and not rows else ""
    text = rows_html(document, rows, emphasised) if rows else excerpt_html(document, start, end, emphasised)
    page = f'<span class="page">page {citation.page}</span>' if citation.page else ""
    title = f'<span class="title">{escape(document.title)}</span>'
    recognised = f'<span class="recognised" title="{_RECOGNISED_TITLE}">{RECOGNISED}</span>' * citation.recognised
    return (
        f'{side}<blockquote class="{kind}">{text}</blockquote>'
        f'<p class="source-line">{cite_link(citation)} {title}{page}{recognised}<span class="verdict">verbatim</span>'
        f"{_copy_links(citation)}</p>"
    )


def _passage(passage: Passage, documents: Mapping[str, Document]) -> str:
    document = documents[passage.document_id]
    text = opening_html(document, passage, _MAX_PASSAGE_CHARACTERS)
    href = span_href("passage", passage.document_id, passage.start, passage.end)
    page = (f", page {passage.page}" if passage.page else "") + f", {RECOGNISED}" * passage.recognised
    title = escape(document.title)
    return f'<li>{text} <a class="nearby" href="{href}" title="Show this passage">{title}{page}</a></li>'


def _sentences(generated: Generation, citations: Sequence[Citation], documents: Mapping[str, Document]) -> str:
    """Return the sentences of an answer beside their excerpts, in a closed disclosure element."""
    by_number = {citation.n: citation for citation in citations}
    rows = [
        f'<li><div class="sentence"><p>{_sentence_words(claim)}</p><p class="why">{escape(_why(claim))}</p></div>'
        f"<div>{''.join(_evidence(by_number[n], documents) for n in claim.citations if n in by_number)}</div></li>"
        for claim in generated.claims
        if claim.opens != "heading"
    ]
    return f'<details class="sentences"><summary>Sentence by sentence</summary><ol>{"".join(rows)}</ol></details>'


def _sentence_words(claim: Claim) -> str:
    return f"<code>{escape(claim.text)}</code>" if claim.opens == "code" else escape_with_code(claim.text)


def _why(claim: Claim) -> str:
    verdict = ": ".join(filter(None, [VERDICT_WORDS[claim.verdict], claim.missing]))
    source = {"cited": "", "found": "the excerpt was searched for", "none": "no excerpt"}[claim.evidence]
    return "; ".join(filter(None, [verdict, source]))


def _evidence(citation: Citation, documents: Mapping[str, Document]) -> str:
    text = excerpt_html(documents[citation.document], citation.start, citation.end)
    return f'<div class="evidence">{cite_link(citation)}<blockquote class="excerpt">{text}</blockquote></div>'
