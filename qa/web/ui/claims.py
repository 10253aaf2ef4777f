"""What a language model wrote -> HTML: its sentences, each with its numbers and what the excerpts say of it.

All of it is text: nothing that a model writes means anything to HTML or Markdown.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from qa.claims import Claim, Generated, QuotationVerdict
from qa.output.text import claim_in_pieces
from qa.types import Citation
from qa.web.ui.markup import cite_link, escape

_QUOTED: Mapping[QuotationVerdict, str] = {
    "altered": "The article says something similar, but not in these words",
    "not found": "The article does not say this",
}


def claims_html(generated: Generated, citations: Sequence[Citation]) -> str:
    """Return the sentences: the unsupported ones struck, the weakly supported ones and altered quotations tagged."""
    return _paragraph(generated, citations, "")


def writing_html(generated: Generated, citations: Sequence[Citation]) -> str:
    """Return the sentences so far, the words of the one that has not ended, and that more is to come."""
    pending = f'<span class="pending">{escape(generated.pending)}</span>' if generated.pending else ""
    return f'{_paragraph(generated, citations, pending)}<p class="writing">{escape(generated.model)} is writing</p>'


def stopped_claims_html(generated: Generated, citations: Sequence[Citation]) -> str:
    """Return the sentences that were complete when the answer was stopped, and that it was."""
    return f'{_paragraph(generated, citations, "")}<p class="stopped">Stopped before the end</p>'


def _paragraph(generated: Generated, citations: Sequence[Citation], pending: str) -> str:
    links = {citation.n: cite_link(citation) for citation in citations}
    said = [_claim(claim, links) for claim in generated.claims]
    parts = [*said, pending] if pending else said
    return f'<p class="claims">{" ".join(parts)}</p>' if parts else ""


def _claim(claim: Claim, links: Mapping[int, str]) -> str:
    text = "".join(
        f"{escape(piece)} {_tag(verdict, _QUOTED[verdict], 'tag quoted')}" if verdict else escape(piece)
        for piece, verdict in claim_in_pieces(claim)
    )
    figure = f"probability of support {round(100 * claim.score)}%"
    if claim.support == "unsupported":
        tag = _tag("not supported by the article", f"No excerpt supports this sentence ({figure})")
        return f"<del>{text}</del> {tag}"
    numbers = " ".join([text, *(links[n] for n in claim.citations if n in links)])
    if claim.support == "weakly supported":
        tag = _tag("weakly supported", f"The excerpts may not support this sentence ({figure})")
        return f'<span class="weak">{numbers} {tag}</span>'
    return numbers


def _tag(words: str, title: str, kind: str = "tag") -> str:
    return f'<small class="{kind}" title="{title}">{words}</small>'
