"""Score of a generated answer: verdicts on its sentences and quotations, calls, tokens and time."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import MISSING, dataclass, fields
from typing import TYPE_CHECKING, Any

from qa.claims import NOTHING_FOUND
from qa.evaluation.datasets.answers import contains_answer

if TYPE_CHECKING:
    from qa.types import JSONObject

_PARTICULARS = re.compile(r"\s*[(:].*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class GeneratedScore:
    """Score of an answer by a language model.

    Attributes
    ----------
    fallback : str or None
        Why the generated answer is not shown, without details such as a status code; None if it is.
    declined : bool
        Whether the model found no answer.
    supported, partly, unsupported, not_checked : int
        Sentences by verdict, without headings; includes those of answers that are not shown.
    found : int
        Sentences whose evidence was searched for because the model named none.
    verbatim, altered, not_found : int
        Quotations in these sentences by verdict.
    calls, prompt_tokens, answer_tokens : int
        Calls to the models, and the tokens sent and received in all of them.
    seconds : float or None
        Duration of all calls; None if unknown.
    facts, facts_found : int
        Accepted facts of the question, see `qa.evaluation.metrics.kinds.facts_of`, and how many of them the shown
        answer states.
    """

    fallback: str | None
    declined: bool
    supported: int
    partly: int
    unsupported: int
    not_checked: int
    found: int
    verbatim: int
    altered: int
    not_found: int
    calls: int
    prompt_tokens: int
    answer_tokens: int
    seconds: float | None
    facts: int = 0
    facts_found: int = 0

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


def generated_from_json(value: Any) -> GeneratedScore | None:  # noqa: ANN401 -- any JSON value
    """Return the score from a JSON object with its attributes; None for any other value."""
    names = {field.name for field in fields(GeneratedScore)}
    required = {field.name for field in fields(GeneratedScore) if field.default is MISSING}
    if not isinstance(value, dict) or not required <= value.keys() <= names:
        return None
    counts = {name: int for name in value if name not in {"fallback", "seconds", "declined"}}
    if not _has(value, fallback=str | None, declined=bool, seconds=int | float | None, **counts):
        return None
    return GeneratedScore(**value)


def _has(value: JSONObject, **kinds: Any) -> bool:  # noqa: ANN401 -- a type, or several
    return all(name in value and isinstance(value[name], kind) for name, kind in kinds.items())
