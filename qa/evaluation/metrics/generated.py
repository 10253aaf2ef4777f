"""Score of a generated answer: verdicts on its sentences and quotations, calls, tokens and time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from pydantic import ConfigDict

from qa.claims import NOTHING_FOUND
from qa.evaluation.datasets.answers import contains_answer
from qa.types import JSONObject

READ_BACK = ConfigDict(strict=True, extra="forbid", allow_inf_nan=False)
"""How pydantic reads a score from a file."""

_PARTICULARS = re.compile(r"\s*[(:].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GeneratedScore:
    """Score of an answer by a language model. Counts include the sentences of answers that are not shown."""

    __pydantic_config__ = READ_BACK

    fallback: str | None  # why the answer is not shown, without details such as a status code; None if it is
    declined: bool  # whether the model found no answer
    # Sentences by verdict, without headings
    supported: int
    partly: int
    unsupported: int
    not_checked: int
    found: int  # sentences whose evidence was searched for because the model named none
    # Quotations in these sentences by verdict
    verbatim: int
    altered: int
    not_found: int
    # Calls to the models, and the tokens sent and received in all of them
    calls: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None  # duration of all calls; None if unknown
    facts: int = 0  # accepted facts of the question, see `qa.evaluation.metrics.kinds.facts_of`
    facts_found: int = 0  # how many of them the shown answer states

    @property
    def fell_back(self) -> bool:
        """Whether another answer is shown."""
        return self.fallback is not None

    @property
    def sentences(self) -> int:
        """Number of sentences."""
        return self.supported + self.partly + self.unsupported + self.not_checked

    @property
    def judged(self) -> int:
        """Number of sentences with a verdict."""
        return self.supported + self.partly + self.unsupported

    @property
    def quotations(self) -> int:
        """Number of quotations."""
        return self.verbatim + self.altered + self.not_found


def score_generated(prediction: JSONObject, facts: Sequence[Sequence[str]] = ()) -> GeneratedScore | None:
    """Return the score of an answer as JSON; None if no language model was asked.

    Each of the accepted facts of the question is a list of wordings.
    """
    generated = prediction.get("generated")
    if generated is None:
        return None
    sentences = sentences_of(prediction)
    verdicts = Counter(one["verdict"] for one in sentences)
    quoted = Counter(quotation["verdict"] for one in sentences for quotation in one.get("quotations", ()))
    problem = generated["problem"]
    milliseconds = prediction["timings_ms"].get("generate")
    return GeneratedScore(
        fallback=None if problem is None else _PARTICULARS.sub("", problem),
        declined=problem == NOTHING_FOUND,
        supported=verdicts["supported"],
        partly=verdicts["partly"],
        unsupported=verdicts["unsupported"],
        not_checked=verdicts["not_checked"],
        found=sum(one["evidence"] == "found" for one in sentences),
        verbatim=quoted["verbatim"],
        altered=quoted["altered"],
        not_found=quoted["not found"],
        calls=generated["calls"],
        prompt_tokens=generated["prompt_tokens"],
        answer_tokens=generated["answer_tokens"],
        seconds=None if milliseconds is None else milliseconds / 1000,
        facts=len(facts),
        facts_found=sum(contains_answer(prediction["answer"] or "", fact) for fact in facts),
    )


def sentences_of(prediction: JSONObject) -> list[JSONObject]:
    """Return the sentences that a language model wrote, without headings."""
    generated = prediction.get("generated") or {"sentences": []}
    return [one for one in generated["sentences"] if one.get("layout") != "heading"]
