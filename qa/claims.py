"""The sentences of a generated answer, each with its evidence and the verdict on it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

Verdict = Literal["supported", "partly", "unsupported", "not_checked"]
"""A judge's verdict on a sentence and its evidence; "not_checked" without a judge, or if it failed."""
EvidenceSource = Literal["cited", "found", "none"]
"""Whether the model cited a sentence's evidence, or it was found by search."""
Opens = Literal["", "paragraph", "bullet", "step", "code", "heading"]
"""The block that a sentence starts; empty if it continues the block of the sentence before."""
NOTHING_FOUND = "it found no answer in the documents"
"""The problem of a generated answer that abstains."""
QuotationVerdict = Literal["verbatim", "altered", "not found"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a claim in quotation marks.

    Attributes
    ----------
    start, end : int
        Their span in the claim's text, without the quotation marks.
    verdict : str
        "verbatim": in the evidence, apart from quotation marks and white space; "altered": the evidence has similar
        words; "not found": neither.
    """

    start: int
    end: int
    verdict: QuotationVerdict


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence, list item, heading or block of code of a generated answer.

    Attributes
    ----------
    text : str
        The model's words, without references such as "[S2]".
    citations : tuple of int
        Numbers of the answer's citations that are its evidence, ascending.
    verdict, evidence : str
    missing : str
        What the evidence lacks, in words; else empty.
    quotations : tuple of Quotation
        In order.
    opens : str
    number : int
        The number of a step.
    """

    text: str
    citations: tuple[int, ...] = ()
    verdict: Verdict = "not_checked"
    evidence: EvidenceSource = "none"
    missing: str = ""
    quotations: tuple[Quotation, ...] = ()
    opens: Opens = ""
    number: int = 0


@dataclass(frozen=True, slots=True)
class Generation:
    """The outcome of generating an answer with a language model.

    Attributes
    ----------
    model : str
        Name of the model.
    claims : tuple of Claim
        All sentences in order, including unsupported ones.
    partial_sentence : str
        The incomplete last sentence while the answer is streamed.
    problem : str or None
        Why the extractive answer is shown instead; None if this one is shown.
    truncated : bool
        Whether the reply reached its limit of tokens; an incomplete last sentence is left out.
    judge : str or None
        Name of the model that judged the sentences; None without a judge.
    judging : bool
        Whether the answer is complete but its verdicts are not.
    calls, prompt_tokens, answer_tokens : int
        Calls of language models, and the tokens (tiktoken cl100k) sent to and received from them.
    """

    model: str
    claims: tuple[Claim, ...] = ()
    partial_sentence: str = ""
    problem: str | None = None
    truncated: bool = False
    judge: str | None = None
    judging: bool = False
    calls: int = 0
    prompt_tokens: int = 0
    answer_tokens: int = 0

    def with_cost(self, calls: int = 0, prompt_tokens: int = 0, answer_tokens: int = 0) -> Generation:
        """Return the same with the cost of further calls added."""
        return replace(
            self,
            calls=self.calls + calls,
            prompt_tokens=self.prompt_tokens + prompt_tokens,
            answer_tokens=self.answer_tokens + answer_tokens,
        )

    @property
    def shown_claims(self) -> tuple[Claim, ...]:
        """The claims that are shown: all but the unsupported ones."""
        return tuple(claim for claim in self.claims if claim.verdict != "unsupported")

    @property
    def judged(self) -> tuple[Claim, ...]:
        """The claims that a judge gave a verdict on."""
        return tuple(claim for claim in self.claims if claim.verdict != "not_checked")

    @property
    def text(self) -> str:
        """The kept claims as Markdown."""
        return claims_markdown([(claim, claim.text) for claim in self.shown_claims])


def claims_markdown(claims: list[tuple[Claim, str]]) -> str:
    """Return claims as Markdown; each comes with the text to write for it."""
    found: list[str] = []
    before: Opens = ""
    for claim, words in claims:
        item = claim.opens in {"bullet", "step"}
        if found and (claim.opens or before in {"heading", "code"}):
            found.append("\n" if item and before in {"bullet", "step"} else "\n\n")
        elif found:
            found.append(" ")
        sign = {"bullet": "- ", "step": f"{claim.number}. ", "heading": "### "}.get(claim.opens, "")
        found.append(f"```\n{words}\n```" if claim.opens == "code" else f"{sign}{words}")
        before = claim.opens or before
    return "".join(found)
