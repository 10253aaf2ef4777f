"""The sentences of a generated answer, with the verdicts of checking them against its sources."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Support = Literal["supported", "weakly supported", "unsupported"]
QuotationVerdict = Literal["verbatim", "altered", "not found"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a claim in quotation marks.

    Attributes
    ----------
    start, end : int
        Their span in the claim's text, without the quotation marks.
    verdict : str
        "verbatim": in a cited passage, whatever its quotation marks and white space; "altered": similar words are;
        "not found": neither.
    """

    start: int
    end: int
    verdict: QuotationVerdict


@dataclass(frozen=True, slots=True)
class Claim:
    """One sentence of a generated answer.

    Attributes
    ----------
    text : str
        As the model wrote it, without references such as "[2]".
    citations : tuple of int
        Numbers of the answer's citations that support it, ascending; empty if it is unsupported.
    support : str
    score : float
        Probability that the excerpts support it, 0 to 1.
    quotations : tuple of Quotation
        In order.
    """

    text: str
    citations: tuple[int, ...]
    support: Support
    score: float
    quotations: tuple[Quotation, ...] = ()


@dataclass(frozen=True, slots=True)
class Generated:
    """The outcome of generating an answer with a language model.

    Attributes
    ----------
    model, pending : str
        The name of the model; and while the answer is streamed, its incomplete last sentence.
    claims : tuple of Claim
        All its sentences in order, the unsupported ones too.
    problem : str or None
        Why the extractive answer is shown instead; None if this one is shown.
    prompt_tokens, answer_tokens : int
        Tokens (tiktoken cl100k) sent and received in all attempts.
    """

    model: str
    claims: tuple[Claim, ...] = ()
    pending: str = ""
    problem: str | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0

    @property
    def kept(self) -> tuple[Claim, ...]:
        """The claims that are shown: all but the unsupported ones."""
        return tuple(claim for claim in self.claims if claim.support != "unsupported")
