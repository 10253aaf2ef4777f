"""Score of a generated answer: support of its sentences and quotations, tokens and time."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qa.types import JSONObject

_PARTICULARS = re.compile(r"\s*[(:].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GeneratedScore:
    """Score of an answer by a language model.

    Attributes
    ----------
    fallback : str or None
        Why the extractive answer is shown instead, without details such as a status code; None if the generated one is.
    supported, weakly_supported, unsupported : int
        Sentences by verdict, those of answers that fell back included.
    verbatim, altered, not_found : int
        Quotations in these sentences by verdict.
    prompt_tokens, answer_tokens : int
        Sent and received, all attempts together.
    seconds : float or None
        Time that the model took; None if unknown.
    """

    fallback: str | None
    supported: int
    weakly_supported: int
    unsupported: int
    verbatim: int
    altered: int
    not_found: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None

    @property
    def sentences(self) -> int:
        """Number of sentences."""
        return self.supported + self.weakly_supported + self.unsupported

    @property
    def quotations(self) -> int:
        """Number of quotations."""
        return self.verbatim + self.altered + self.not_found


def score_generated(prediction: JSONObject) -> GeneratedScore | None:
    """Return the score of an answer as JSON; None if no language model was asked."""
    generated = prediction.get("generated")
    if generated is None:
        return None
    support = Counter(claim["support"] for claim in generated["claims"])
    verdicts = Counter(quotation["verdict"] for claim in generated["claims"] for quotation in claim["quotations"])
    milliseconds = prediction["timings_ms"].get("generate")
    return GeneratedScore(
        fallback=None if generated["problem"] is None else _PARTICULARS.sub("", generated["problem"]),
        supported=support["supported"],
        weakly_supported=support["weakly supported"],
        unsupported=support["unsupported"],
        verbatim=verdicts["verbatim"],
        altered=verdicts["altered"],
        not_found=verdicts["not found"],
        prompt_tokens=generated["prompt_tokens"],
        answer_tokens=generated["answer_tokens"],
        seconds=None if milliseconds is None else milliseconds / 1000,
    )


def generated_from_json(value: Any) -> GeneratedScore | None:  # noqa: ANN401 -- any JSON value
    """Return the score from a JSON object with its attributes; None for any other value."""
    names = [field.name for field in fields(GeneratedScore)]
    if not isinstance(value, dict) or value.keys() != set(names):
        return None
    counts = {name: int for name in names if name not in {"fallback", "seconds"}}
    if not _has(value, fallback=str | None, seconds=int | float | None, **counts):
        return None
    return GeneratedScore(**value)


def _has(value: JSONObject, **kinds: Any) -> bool:  # noqa: ANN401 -- a type, or several
    return all(name in value and isinstance(value[name], kind) for name, kind in kinds.items())
