"""What a language model said, sentence by sentence, and what its sources say of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Support = Literal["supported", "weakly supported", "unsupported"]
QuotationVerdict = Literal["verbatim", "altered", "not found"]


@dataclass(frozen=True, slots=True)
class Quotation:
    """Words of a claim that stand between quotation marks.

    Attributes
    ----------
    start, end : int
        Their span in the claim's text, the quotation marks left out.
    verdict : str
        "verbatim": a passage cited holds them, quotation marks and white space written either way; "altered": words
        near to them; "not found": neither.
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
        As the model wrote it, without its marks such as "[2]".
    citations : tuple of int
        Numbers of the citations of the answer that hold what supports it, ascending; none when it is unsupported.
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
        The name of the model; and while the answer comes in, the words of a sentence that has not ended.
    claims : tuple of Claim
        All its sentences in order, the unsupported ones too.
    problem : str or None
        Why the extractive answer stands in place of this one; None where this one stands.
    prompt_tokens, answer_tokens : int
        Tokens (tiktoken cl100k) sent and received, all tries together.
    """

    model: str
    claims: tuple[Claim, ...] = ()
    pending: str = ""
    problem: str | None = None
    prompt_tokens: int = 0
    answer_tokens: int = 0

    @property
    def kept(self) -> tuple[Claim, ...]:
        """The claims that may be shown as said: all but the unsupported ones."""
        return tuple(claim for claim in self.claims if claim.support != "unsupported")
