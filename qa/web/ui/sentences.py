"""A generated answer -> HTML, sentence by sentence: each with its verdict, beside its excerpts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.claims import Claim, Generation
from qa.output.text import VERDICT_WORDS
from qa.types import Citation, Document
from qa.web.ui.excerpts import excerpt_html
from qa.web.ui.markup import cite_link, escape, escape_with_code


def sentences_html(generated: Generation, citations: Sequence[Citation], documents: Mapping[str, Document]) -> str:
    """Return the sentences of an answer beside their excerpts, in a closed disclosure element."""
    by_number = {citation.n: citation for citation in citations}
    rows = [
        f'<li><div class="sentence"><p>{_words(claim)}</p><p class="why">{escape(_why(claim))}</p></div>'
        f"<div>{''.join(_evidence(by_number[n], documents) for n in claim.citations if n in by_number)}</div></li>"
        for claim in generated.claims
        if claim.opens != "heading"
    ]
    return f'<details class="sentences"><summary>Sentence by sentence</summary><ol>{"".join(rows)}</ol></details>'


def _words(claim: Claim) -> str:
    return f"<code>{escape(claim.text)}</code>" if claim.opens == "code" else escape_with_code(claim.text)


def _why(claim: Claim) -> str:
    verdict = ": ".join(filter(None, [VERDICT_WORDS[claim.verdict], claim.missing]))
    source = {"cited": "", "found": "the excerpt was searched for", "none": "no excerpt"}[claim.evidence]
    return "; ".join(filter(None, [verdict, source]))


def _evidence(citation: Citation, documents: Mapping[str, Document]) -> str:
    text = excerpt_html(documents[citation.document], citation.start, citation.end)
    return f'<div class="evidence">{cite_link(citation)}<blockquote class="excerpt">{text}</blockquote></div>'
